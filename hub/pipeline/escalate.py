"""An escalation becomes one ticket, whatever dies on the way.

begin           the run is counted, summary and route are decided once, and "a create may be
                on its way" is committed before the request leaves
find or create
link            ticket, speaker, news: one transaction
note            the summary and the customer's earlier tickets, for the desk's people
"""

import structlog

from connectors.base import Connector
from connectors.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    Permanent,
    Retryable,
    Unsupported,
)
from connectors.types import Note, Ticket
from hub import jobs, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import facts, files
from hub.pipeline.case import Case, begin
from hub.pipeline.handover import hand_over
from hub.pipeline.publish import publish
from hub.pipeline.relay import relay_soon
from hub.store import Row, Tx, audit, changes, connections, conversations, escalations
from hub.telemetry import crashpoint

log = structlog.get_logger()


class Unsure(Permanent):
    """A create may have landed at a desk that cannot be searched: a person has to look."""


def escalate(house: House, job: Job) -> None:
    """Open the escalation's ticket, once; or flag it for the Help Desk when no desk is routed."""
    with house.store.transaction() as tx:
        case = begin(tx, house, job.subject)
        if case is None:
            jobs.finish(tx, job)
            return
    crashpoint("escalate.summarised")
    connector = house.desks.open(case.connection)
    ticket = case.ticket
    if ticket is None:
        found = _find_or_create(connector, case)
        crashpoint("escalate.desk_committed")
        with house.store.transaction() as tx:
            ticket = _link(tx, house, case, found)
        crashpoint("escalate.linked")
    _add_note(house, job, case, connector, ticket)


def _find_or_create(connector: Connector, case: Case) -> Ticket:
    """Look first whenever an earlier run's create may have landed."""
    if case.attempted_at is not None:
        found = _look(connector, case, (case.now - case.attempted_at).total_seconds())
        if found is not None:
            return found
    crashpoint("escalate.before_request")
    return connector.create_ticket(case.draft)


def _look(connector: Connector, case: Case, seconds: float) -> Ticket | None:
    """The earlier run's ticket; `seconds` have passed since its create."""
    if not connector.can.find_by_key:
        raise Unsure("The ticket may exist already, and this desk cannot be searched for it.")
    if seconds < connector.can.find_lag:
        wait = connector.can.find_lag - seconds
        raise Retryable("a ticket may exist that the desk does not show yet", retry_after=wait)
    return connector.find_ticket(case.draft.key)


def _link(tx: Tx, house: House, case: Case, found: Ticket) -> Row:
    """The ticket is known, the human has the conversation, and everybody hears of it."""
    conversation = conversations.lock(tx, case.conversation["id"])
    changes.lock_ticket(tx, case.connection["id"], found.id)
    state = escalations.mark_ticketed(tx, case.escalation["id"], case.run)
    last = case.transcript[-1]["seq"] if case.transcript else 0
    ticket = escalations.link(tx, case.escalation, case.connection, found, last_seq=last)
    workspace = case.escalation["workspace_id"]
    audit.record(tx, workspace, "ticket.created", found.url, subject_id=ticket["id"], **case.about)
    news = {
        "conversation": views.conversation(conversation),
        "ticket": views.ticket(ticket),
        "summary": case.summary.as_dict(),
    }
    publish(tx, workspace, "ticket.created", news, **case.about)
    if state == "returned":  # handed back while the desk was creating it
        jobs.enqueue(tx, connections.lane(case.connection["id"]), "close", ticket["id"])
    elif case.connection["pause_ai_at"] == "created" or found.assignee:
        why, escalation_id = "ticket.created", case.escalation["id"]
        hand_over(tx, conversation, "human", why=why, escalation_id=escalation_id)
    escalations.intend_entry(tx, ticket, "note", case.escalation["id"])
    if case.connection["failures"]:
        connections.healthy(tx, case.connection["id"])
    _catch_up(tx, case, ticket)
    seconds = (tx.now - case.escalation["created_at"]).total_seconds()
    house.metrics.ticket_seconds.labels(case.connection["desk"]).observe(max(0.0, seconds))
    return ticket


def _catch_up(tx: Tx, case: Case, ticket: Row) -> None:
    """What came in before there was a ticket: the desk's early changes, the customer's words."""
    early = changes.first_waiting(tx, case.connection["id"], ticket["external_id"])
    if early is not None:
        jobs.enqueue(tx, jobs.HUB, "sync", early)
    relay_soon(tx, ticket, waiting_files=files.expect(tx, ticket, case.transcript))


def _add_note(house: House, job: Job, case: Case, connector: Connector, ticket: Row) -> None:
    """The private note, once; a desk that refuses it still has its ticket."""
    if case.ticket is not None and _is_noted(house, case, ticket) or not connector.can.notes:
        with house.store.transaction() as tx:
            jobs.finish(tx, job)
        return
    state, external_id = "sent", None
    try:
        external_id = _write_note(connector, case, ticket)
    except (InvalidRequest, NotFound, Conflict, Unsupported) as refusal:
        state = "failed"
        log.warning("note.refused", ticket=ticket["id"], why=str(refusal))
    crashpoint("escalate.noted")
    with house.store.transaction() as tx:
        escalations.note_sent(tx, ticket["id"], external_id, state)
        changes.after_writing(tx, ticket, external_id)
        jobs.finish(tx, job)


def _is_noted(house: House, case: Case, ticket: Row) -> bool:
    """True when an earlier run has finished the note."""
    with house.store.transaction() as tx:
        entry = escalations.intend_entry(tx, ticket, "note", case.escalation["id"])
    return bool(entry["state"] != "sending")


def _write_note(connector: Connector, case: Case, ticket: Row) -> str:
    ours = {row["external_id"] for row in case.earlier} | {ticket["external_id"]}
    others = [t for t in connector.previous_tickets(case.draft.requester) if t.id not in ours]
    text = facts.note(case.summary, case.escalation, case.transcript, case.earlier, others)
    note = Note(id=case.escalation["id"], text=text)
    written = None
    if case.ticket is not None:  # an earlier run may have written it
        written = connector.find_entry(ticket["external_id"], note)
    return written or connector.add_note(ticket["external_id"], note)
