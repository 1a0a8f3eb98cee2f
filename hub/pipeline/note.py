"""The private note of a new ticket: the summary and the customer's earlier tickets."""

from dataclasses import replace

import structlog

from connectors import calls
from connectors.base import Connector
from connectors.errors import Refused, in_short
from connectors.types import Draft, Note, Ticket
from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.pipeline import degraded, facts
from hub.pipeline.case import Case
from hub.store import Row, changes, escalations
from hub.telemetry import crashpoint

log = structlog.get_logger()


def add(house: House, job: Job, case: Case, connector: Connector, ticket: Row) -> None:
    """Write it, once; a desk that refuses it, or a part of the transcript, still has its ticket."""
    again = case.ticket is not None or case.attempted_at is not None  # an earlier run may have
    if case.ticket is not None and connector.can.notes and _is_there(house, case, ticket):
        with house.store.transaction() as tx:
            jobs.finish(tx, job)
        return
    lost: dict[str, str] = {}  # what the desk refuses for good, and its words
    external_id = None
    with house.tracing.span("desk.note", "client", desk=connector.name):
        try:
            if again:
                connector.complete_ticket(ticket["external_id"], _as_created(case, ticket))
        except Refused as refusal:
            log.warning("transcript.refused", ticket=ticket["id"], why=in_short(refusal))
            lost["transcript_refused"] = f"A part of the transcript is not at the desk: {refusal}"
        try:
            if connector.can.notes:
                text = _text(connector, case, ticket)
                text += _missing(house, ticket) if lost else ""
                external_id = _write(connector, case, ticket, text, again)
        except Refused as refusal:
            log.warning("note.refused", ticket=ticket["id"], why=in_short(refusal))
            lost["note_refused"] = f"The desk did not take the note: {refusal}"
    crashpoint("escalate.noted", job.subject)
    with house.store.transaction() as tx:
        at_desk = ticket["connection_id"], ticket["external_id"]
        state = "failed" if "note_refused" in lost else "sent"
        _, _, waiting, mine = tx.ask(
            escalations.noted(tx, ticket, external_id, state, calls.taken()),
            changes.locking(*at_desk),
            changes.still_waiting(*at_desk),
            jobs.finishing(job),
        )
        jobs.finished(job, mine)
        for code, why in lost.items():
            degraded.tell(tx, ticket, code, why)
        changes.go_on(tx, waiting, external_id)


def _is_there(house: House, case: Case, ticket: Row) -> bool:
    """True when an earlier run has finished the note."""
    with house.store.transaction() as tx:
        entry = escalations.intend_entry(tx, ticket, "note", case.escalation["id"])
    return bool(entry["state"] != "sending")


def _text(connector: Connector, case: Case, ticket: Row) -> str:
    ours = {row["external_id"] for row in case.earlier} | {ticket["external_id"]}
    others: list[Ticket] | None = None
    try:
        others = [t for t in connector.previous_tickets(case.draft.requester) if t.id not in ours]
    except Refused as refusal:  # the summary is worth a note without them
        log.warning("earlier_tickets.refused", ticket=ticket["id"], why=in_short(refusal))
    return facts.note(case.summary, case.escalation, case.transcript, case.earlier, others)


def _missing(house: House, ticket: Row) -> str:
    page = f"{house.settings.public_url}/conversations/{ticket['conversation_id']}"
    return f"\nThis desk refused a part of the transcript. All of it: {page}"


def _write(connector: Connector, case: Case, ticket: Row, text: str, again: bool) -> str:
    note = Note(id=case.escalation["id"], text=text)
    written = connector.find_entry(ticket["external_id"], note) if again else None
    return written or connector.add_note(ticket["external_id"], note)


def _as_created(case: Case, ticket: Row) -> Draft:
    """The draft of which the ticket was made: what came in since is relayed to it."""
    said = zip(case.transcript, case.draft.transcript, strict=True)
    shown = (message for row, message in said if row["seq"] <= ticket["transcript_seq"])
    return replace(case.draft, transcript=tuple(shown))
