"""What the customer writes while a human has the conversation goes to the ticket, in order.

One relay job per ticket at a time: `tickets.relaying` is set by whoever enqueues it, under the
conversation's lock, and cleared by the run that finds nothing left.
"""

from datetime import datetime

from connectors import calls
from connectors.base import Connector
from connectors.errors import Conflict, NotFound, Refused
from connectors.types import Status
from hub import jobs, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import catch_up, degraded, files
from hub.pipeline.publish import publish
from hub.store import (
    Fenced,
    Question,
    Row,
    Tx,
    audit,
    changes,
    connections,
    conversations,
    escalations,
    question,
    work,
)
from hub.store.files import begin_next
from hub.store.schema import tickets
from hub.telemetry import crashpoint

REFUSED = "The desk did not take the customer's message; the conversation has it."
AT_ONCE = 20  # messages of one ticket in one job, then others have their turn


# Once the escalation is over, what the customer says is for the AI, or for the next one's ticket.
UNSENT = """
select m.* from messages m where m.conversation_id = :conversation and m.seq > :seq
    and m.role = 'customer' and m.origin = 'source'
    and not exists (select 1 from escalations e join conversations c on c.id = e.conversation_id
        where e.id = :escalation and e.state = 'returned'
        and (c.speaker = 'human' or m.seq > c.speaker_seq))
order by m.seq limit 1
"""


def unsent(escalation_id: str, conversation_id: str, seq: int) -> Question:
    """The customer's first message after `seq` that is for the escalation's ticket."""
    values = {"escalation": escalation_id, "conversation": conversation_id, "seq": seq}
    return question(UNSENT, **values)


def relay_soon(tx: Tx, ticket: Row, *, waiting_files: bool = False) -> None:
    """Have the customer's new messages and files brought to the ticket; its conversation is locked.

    `waiting_files` says that files of messages which stand there already are to follow.
    """
    if not ticket["relaying"] and (waiting_files or _next(tx, ticket) is not None):
        begin_relay(tx, ticket)


def begin_relay(tx: Tx, ticket: Row) -> None:
    """The relay's job, for a ticket that has none."""
    tx.send("update tickets set relaying = true where id = :id", id=ticket["id"])
    jobs.enqueue(tx, connections.lane(ticket["connection_id"]), "relay", ticket["id"])


def relay(house: House, job: Job) -> None:
    """Write the customer's messages to the ticket, oldest first, each once."""
    with house.store.transaction() as tx:
        ticket = work.begin(tx, tickets, job.subject)
        if ticket is None or ticket["parked"] is not None:
            jobs.finish(tx, job)
            return
        connector = house.desks.open(connections.get(tx, ticket["connection_id"]))
    for _ in range(AT_ONCE):
        if not _relay_one(house, job, connector, ticket["id"], ticket["run"]):
            return
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        jobs.enqueue(tx, connections.lane(ticket["connection_id"]), "relay", ticket["id"])


def _relay_one(house: House, job: Job, connector: Connector, ticket_id: str, run: int) -> bool:
    """Bring the next file or message; False when there is none, and the job is finished."""

    def lock(tx: Tx) -> Row:
        return _lock(tx, ticket_id, run)

    with house.store.transaction() as tx:
        ticket = lock(tx)
        file = begin_next(tx, ticket)  # of a message that stands there: before the next message
        message = _next(tx, ticket) if file is None else None
        if file is None and message is None:
            work.write(tx, tickets, ticket_id, run, relaying=False, tries=0, last_error=None)
            jobs.finish(tx, job)
            return False
        if message is not None:
            entry = escalations.intend_entry(tx, ticket, "message", message["id"])
    if file is not None:
        files.carry(house, connector, ticket, file, lock)
    elif message is not None:
        _relay_message(house, connector, ticket, message, entry, lock)
    return True


def _relay_message(
    house: House,
    connector: Connector,
    ticket: Row,
    message: Row,
    entry: Row,
    lock: files.Lock,
) -> None:
    """Write the message, unless an earlier run has; its files are to follow."""
    ticket_id, run = ticket["id"], ticket["run"]
    if entry["state"] == "sending":
        crashpoint("relay.before_request", ticket_id)
        with house.tracing.span("desk.append_message", "client", desk=connector.name):
            state, external_id, refusal = _write(connector, ticket, message, entry)
        crashpoint("relay.desk_committed", ticket_id)
        with house.store.transaction() as tx:
            lock(tx)
            escalations.entry_sent(tx, entry["id"], external_id, state, calls.taken())
            changes.after_writing(tx, ticket, external_id)
            if state == "failed":
                text = f"{REFUSED} {refusal}".strip()
                degraded.tell(tx, ticket, "message_refused", text, message=message)
            else:
                files.expect(tx, ticket, [message])
                if connector.can.notes:
                    catch_up.plan(tx, ticket, message["text"])
            work.write(tx, tickets, ticket_id, run, relayed_seq=message["seq"])
        crashpoint("relay.committed", ticket_id)
        return
    with house.store.transaction() as tx:
        work.write(tx, tickets, ticket_id, run, relayed_seq=message["seq"])


def _lock(tx: Tx, ticket_id: str, run: int) -> Row:
    """Conversation, then ticket: the order in which every step locks."""
    conversation_id = tx.value("select conversation_id from tickets where id = :i", i=ticket_id)
    conversations.lock(tx, conversation_id)
    ticket = tx.one("select * from tickets where id = :id for update", id=ticket_id)
    if ticket["run"] != run:
        raise Fenced(f"relay {ticket_id}: run {run} was overtaken")
    return ticket


def _next(tx: Tx, ticket: Row) -> Row | None:
    whose = ticket["escalation_id"], ticket["conversation_id"]
    return next(iter(tx.rows(unsent(*whose, ticket["relayed_seq"]))), None)


def _write(
    connector: Connector, ticket: Row, message: Row, entry: Row
) -> tuple[str, str | None, str]:
    """Append the message, unless an earlier run did; (state, the desk's id, why it refuses)."""
    words = conversations.as_message(message)
    try:
        if entry["older"]:
            known = connector.find_entry(ticket["external_id"], words)
            if known is not None:
                return "sent", known, ""
        return "sent", connector.append_message(ticket["external_id"], words), ""
    except Refused as refusal:
        # The ticket takes no more (closed, deleted). The words stay in the conversation, and the
        # news says that the desk did not get them.
        return "failed", None, str(refusal)


def close(house: House, job: Job) -> None:
    """Solve the ticket at its desk, after the conversation went back to the AI."""
    with house.store.transaction() as tx:
        ticket = _ending(tx, job)
        if ticket is None:
            return
        connector = house.desks.open(connections.get(tx, ticket["connection_id"]))
    state, word, at = _solve(connector, ticket)
    crashpoint("close.desk_committed", job.subject)
    with house.store.transaction() as tx:
        ticket = _ending(tx, job, called=True)
        if ticket is not None:
            record_status(tx, ticket, state, word=word, at=at, called=calls.taken())


def _ending(tx: Tx, job: Job, *, called: bool = False) -> Row | None:
    """The ticket, locked, if it is still to be closed; the job is finished, unless it goes on.

    If the desk's news was faster, it is closed; or a human has it again, who keeps it. What we
    `called` for meanwhile, the desk tells then.
    """
    conversation_id = tx.value("select conversation_id from tickets where id = :i", i=job.subject)
    conversations.lock(tx, conversation_id)
    ticket = tx.one(
        "select t.*, e.state = 'returned' as is_over from tickets t"
        " join escalations e on e.id = t.escalation_id where t.id = :id for update of t",
        id=job.subject,
    )
    goes_on = ticket["is_over"] and not Status(ticket["status"]).done
    if called or not goes_on:
        jobs.finish(tx, job)
        tx.run(
            "update tickets set tries = 0, last_error = null, due_at = null where id = :id",
            id=job.subject,
        )
    return ticket if goes_on else None


def _solve(connector: Connector, ticket: Row) -> tuple[Status, str | None, datetime | None]:
    place = ticket["external_id"]
    try:
        try:
            solved = connector.set_status(place, Status.SOLVED)
        except Conflict:  # closed meanwhile, most likely
            solved = connector.read_ticket(place)
            if not solved.status.done:
                raise
    except NotFound:  # deleted meanwhile: that is what we wanted
        return Status.CLOSED, None, None
    return solved.status, solved.word, solved.updated_at


def record_status(
    tx: Tx,
    ticket: Row,
    status: Status,
    *,
    word: str | None,
    at: datetime | None,
    called: escalations.Calls = None,
) -> None:
    """The ticket's new status since `at`, and the news of it; `called` is how we brought it there.

    `at` is by the desk's clock, None where it did not say.
    """
    closed_at = tx.now if status.done else None
    tx.run(
        "update tickets set status = :status, word = :word, closed_at = :closed_at,"
        " status_at = greatest(status_at, cast(:at as timestamptz)) where id = :id",
        id=ticket["id"],
        status=status,
        word=word,
        closed_at=closed_at,
        at=at,
    )
    about = {
        "conversation_id": ticket["conversation_id"],
        "escalation_id": ticket["escalation_id"],
    }
    workspace = ticket["workspace_id"]
    detail = f"{ticket['status']} -> {status}"
    audit.record(
        tx, workspace, "ticket.status_changed", detail, subject_id=ticket["id"], calls=called,
        **about,
    )  # fmt: skip
    told = {"status": status, "word": word}
    shown = views.ticket(ticket) | told | {"closed_at": views.moment(closed_at)}
    news = {"ticket": shown, "previous": ticket["status"]}
    publish(tx, workspace, "ticket.status_changed", news, **about)
    if status.done:
        audit.record(tx, workspace, "ticket.closed", status, subject_id=ticket["id"], **about)
        publish(tx, workspace, "ticket.closed", news, **about)
