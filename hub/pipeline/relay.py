"""What the customer writes while a human has the conversation goes to the ticket, in order.

One relay job per ticket at a time: `tickets.relaying` is set by whoever enqueues it, under the
conversation's lock, and cleared by the run that finds nothing left.
"""

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


def unsent(conversation_id: str, seq: int) -> Question:
    """The customer's first message after `seq`."""
    return question(
        "select m.* from messages m where m.conversation_id = :conversation and m.seq > :seq"
        " and m.role = 'customer' and m.origin = 'source' order by m.seq limit 1",
        conversation=conversation_id,
        seq=seq,
    )


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
    return next(iter(tx.rows(unsent(ticket["conversation_id"], ticket["relayed_seq"]))), None)


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
        ticket = tx.one("select * from tickets where id = :id", id=job.subject)
        connector = house.desks.open(connections.get(tx, ticket["connection_id"]))
    done = Status(ticket["status"]).done
    state, word = (None, None) if done else _solve(connector, ticket)
    crashpoint("close.desk_committed", job.subject)
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        conversations.lock(tx, ticket["conversation_id"])
        ticket = tx.one("select * from tickets where id = :id for update", id=job.subject)
        tx.run(
            "update tickets set tries = 0, last_error = null, due_at = null where id = :id",
            id=job.subject,
        )
        if state is not None and state != ticket["status"]:  # else the desk's news was faster
            record_status(tx, ticket, state, word=word, called=calls.taken())


def _solve(connector: Connector, ticket: Row) -> tuple[Status, str | None]:
    place = ticket["external_id"]
    try:
        try:
            solved = connector.set_status(place, Status.SOLVED)
        except Conflict:  # closed meanwhile, most likely
            solved = connector.read_ticket(place)
            if not solved.status.done:
                raise
    except NotFound:  # deleted meanwhile: that is what we wanted
        return Status.CLOSED, None
    return solved.status, solved.word


def record_status(
    tx: Tx,
    ticket: Row,
    status: Status,
    *,
    word: str | None,
    called: escalations.Calls = None,
) -> None:
    """The ticket's new status, and the news of it; `called` is how we brought it there."""
    closed_at = tx.now if status.done else None
    tx.run(
        tickets.update()
        .where(tickets.c.id == ticket["id"])
        .values(status=status, word=word, closed_at=closed_at)
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
