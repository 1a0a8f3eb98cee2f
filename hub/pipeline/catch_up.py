"""What a customer adds while nobody has answered extends the note at the desk.

The first note is never rewritten. A further private note, "Since then", follows when

- the customer wrote something of substance that the ticket has and no note has told of,
- no agent has answered yet, and
- the customer has been quiet for a minute, or it is five minutes since the first such message.

So a burst of messages makes one note, and a message without substance costs nothing at all. The
embedded writer makes it: after a lost answer the note is looked for by its words, which must be
the same again.
"""

from collections.abc import Sequence
from datetime import datetime

import structlog

from connectors.base import Connector
from connectors.errors import Refused, in_short
from connectors.types import Note
from hub import jobs, summary
from hub.house import House
from hub.jobs import Job
from hub.pipeline import degraded
from hub.store import Row, Tx, audit, changes, connections, conversations, escalations
from hub.summary.substance import has_substance
from hub.telemetry import crashpoint

log = structlog.get_logger()

QUIET, LONGEST = 60.0, 300.0  # seconds
KIND = "delta"  # of the entry; its message is the last that the note tells of

ANSWERED = """
select 1 from messages where conversation_id = :conversation and seq > :seq
    and role = 'agent' and origin = 'desk' limit 1
"""
NOTES = """
select e.*, m.seq from entries e join messages m on m.id = e.message_id
where e.ticket_id = :ticket and e.kind = :kind order by m.seq
"""
UNTOLD = """
select m.*, e.sent_at from (select *, row_number() over (order by seq) as number from messages
    where conversation_id = :conversation) m
join entries e on e.ticket_id = :ticket and e.kind = 'message' and e.message_id = m.id
where m.seq > :after and e.state = 'sent' order by m.seq
"""


def plan(tx: Tx, ticket: Row, text: str) -> None:
    """A customer's message is in the ticket now: have a look at it when they are done writing."""
    if has_substance(text) and not _is_answered(tx, ticket):
        _look_again(tx, ticket, QUIET)


def catch_up(house: House, job: Job) -> None:
    """Extend the ticket's note once, if there is something to tell."""
    with house.store.transaction() as tx:
        ticket, escalation = _lock(tx, job.subject)
        entry, told = _pending(tx, ticket)
        if entry is None:
            told = _untold(tx, ticket, escalation, told)
            wait = _wait(tx.now, told)
            if wait or not told:
                jobs.finish(tx, job)
                if wait:
                    _look_again(tx, ticket, wait)
                return
            entry = dict(escalations.intend_entry(tx, ticket, KIND, told[-1]["id"]))
            entry["older"] |= escalation["restored_at"] is not None
        connector = house.desks.open(connections.get(tx, ticket["connection_id"]))
    known = _summary(told, escalation)
    state, external_id, refusal = _write(connector, ticket, entry, _text(known, told))
    crashpoint("catch_up.desk_committed", job.subject)
    with house.store.transaction() as tx:
        ticket, _ = _lock(tx, job.subject)
        escalations.entry_sent(tx, entry["id"], external_id, state)
        changes.after_writing(tx, ticket, external_id)
        jobs.finish(tx, job)
        tx.run("update tickets set tries = 0, last_error = null, due_at = null"
               " where id = :id and tries > 0 and not relaying", id=ticket["id"])  # fmt: skip
        if state == "failed":
            why = f"The desk did not take a further note: {refusal}"
            degraded.tell(tx, ticket, "note_refused", why)
        if entry["older"]:  # what was written since waits for a look of its own
            _look_again(tx, ticket, QUIET)
        if state == "sent":
            audit.record(
                tx, ticket["workspace_id"], "summary.extended", known.subject,
                subject_id=ticket["id"], conversation_id=ticket["conversation_id"],
                escalation_id=ticket["escalation_id"],
            )  # fmt: skip


def _look_again(tx: Tx, ticket: Row, seconds: float) -> None:
    lane = connections.lane(ticket["connection_id"])
    jobs.enqueue_once(tx, lane, "catch_up", ticket["id"], delay=seconds)


def _lock(tx: Tx, ticket_id: str) -> tuple[Row, Row]:
    """Conversation, then ticket: the order in which every step locks."""
    escalation = tx.one(
        "select e.* from escalations e join tickets t on t.escalation_id = e.id where t.id = :id",
        id=ticket_id,
    )
    conversations.lock(tx, escalation["conversation_id"])
    return tx.one("select * from tickets where id = :id for update", id=ticket_id), escalation


def _pending(tx: Tx, ticket: Row) -> tuple[Row | None, Sequence[Row]]:
    """A note that an earlier run began, and what it tells; else what no note tells of."""
    notes = tx.all(NOTES, ticket=ticket["id"], kind=KIND)
    begun = next((note for note in notes if note["state"] == "sending"), None)
    ends = [note["seq"] for note in notes if note is not begun]
    after = max([ticket["transcript_seq"], *ends])
    rows = tx.all(UNTOLD, conversation=ticket["conversation_id"], ticket=ticket["id"], after=after)
    if begun is None:
        return None, rows
    return {**begun, "older": True}, [row for row in rows if row["seq"] <= begun["seq"]]


def _untold(tx: Tx, ticket: Row, escalation: Row, rows: Sequence[Row]) -> Sequence[Row]:
    """The messages, if a note is wanted for them."""
    if escalation["state"] != "ticketed" or _is_answered(tx, ticket):
        return ()
    return rows if any(has_substance(row["text"]) for row in rows) else ()


def _wait(now: datetime, rows: Sequence[Row]) -> float:
    """The seconds until the customer may be done writing."""
    if not rows:
        return 0.0
    ages = [(now - row["sent_at"]).total_seconds() for row in rows]
    return 0.0 if ages[0] >= LONGEST else max(0.0, min(QUIET - ages[-1], LONGEST - ages[0]))


def _is_answered(tx: Tx, ticket: Row) -> bool:
    at = {"conversation": ticket["conversation_id"], "seq": ticket["transcript_seq"]}
    return tx.first(ANSWERED, **at) is not None


def _summary(rows: Sequence[Row], escalation: Row) -> summary.Summary:
    turns = [summary.Turn(id=row["id"], role="customer", text=row["text"]) for row in rows]
    return summary.summarise(turns, escalation["summary"]["language"], certain=True)


def _text(known: summary.Summary, rows: Sequence[Row]) -> str:
    numbers = {row["id"]: row["number"] for row in rows}
    lines = [f"Since then ({known.method}, {known.language})"]
    for sentence in known.sentences:
        marks = ", ".join(f"#{numbers[one]}" for one in sentence.message_ids)
        lines.append(f"- {sentence.text} [{marks}]")
    return "\n".join(lines)


def _write(connector: Connector, ticket: Row, entry: Row, text: str) -> tuple[str, str | None, str]:
    """Add the note, unless an earlier run did; (state, the desk's id, why it refuses)."""
    note = Note(id=entry["id"], text=text)
    try:
        if entry["older"]:
            known = connector.find_entry(ticket["external_id"], note)
            if known is not None:
                return "sent", known, ""
        return "sent", connector.add_note(ticket["external_id"], note), ""
    except Refused as refusal:
        log.warning("note.refused", ticket=ticket["id"], why=in_short(refusal))
        return "failed", None, str(refusal)
