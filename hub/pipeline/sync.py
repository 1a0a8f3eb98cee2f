"""What happens at the desk comes home: webhook, poll and native desk meet in one inbox.

Doubles collide on the change's id, our own words are echoes, an old status never overwrites a
newer one, and a change whose ticket is not linked yet waits for the link.
"""

from collections.abc import Callable

from connectors.types import Change, Status
from hub import jobs, links, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import brief, files, hint, writing
from hub.pipeline.handover import hand_over
from hub.pipeline.publish import publish
from hub.pipeline.relay import record_status, relay_soon
from hub.store import Row, Tx, audit, changes, connections, conversations, escalations, work
from hub.store.schema import changes as table
from hub.store.schema import tickets
from hub.telemetry import crashpoint

NOT_NOW = "we are writing to this ticket"
OLDER = "older than what we know"
# An unknown word may have come after the end: then only a status that is open takes it back.
ENDED = (Status.SOLVED, Status.CLOSED, Status.UNKNOWN)


def sync(house: House, job: Job) -> None:
    """Apply all that waits for the change's ticket, oldest first."""
    with house.store.transaction() as tx:
        row = work.begin(tx, table, job.subject)
        if row is None or row["state"] != "waiting":
            jobs.finish(tx, job)
            return
        hinted = row["kind"] == "hint" and _linked(tx, row)
    if hinted:
        hint.follow(house, job, row)
        return
    with house.store.transaction() as tx:
        ending = _apply_waiting(tx, house, row, to_the_end=house.llm is None)
        if ending is None:
            jobs.finish(tx, job)
            return
    writing.brief_ahead(house, ending)
    with house.store.transaction() as tx:
        _apply_waiting(tx, house, row)
        jobs.finish(tx, job)


def _linked(tx: Tx, row: Row) -> Row | None:
    return escalations.ticket_at_desk(tx, row["connection_id"], row["external_ticket_id"])


def _apply_waiting(tx: Tx, house: House, row: Row, *, to_the_end: bool = True) -> str | None:
    """Apply them in order; the escalation's id where it stopped before one that may end it."""
    ticket = _linked(tx, row)
    if ticket is not None:  # always the conversation first
        conversations.lock(tx, ticket["conversation_id"])
    changes.lock_ticket(tx, row["connection_id"], row["external_ticket_id"])
    ticket = _linked(tx, row)
    if ticket is None:
        _keep_or_forget(tx, row)
        return None
    for waiting in changes.waiting(tx, row["connection_id"], row["external_ticket_id"]):
        change = links.through_us(house, waiting["id"], changes.as_change(waiting))
        if _may_end(change) and not to_the_end:
            return str(ticket["escalation_id"])
        outcome = _apply(tx, ticket["id"], change)
        if outcome == NOT_NOW:  # whoever writes goes on with what is left: `after_writing`
            return None
        state = "applied" if outcome == "applied" else "dropped"
        changes.settle(tx, waiting["id"], state, outcome)
    crashpoint("sync.before_commit", ticket["id"])
    return None


def _may_end(change: Change) -> bool:
    """Whether the AI may have the conversation again by it."""
    return change.kind in ("deleted", "merged") or (change.status or Status.UNKNOWN).done


def _keep_or_forget(tx: Tx, row: Row) -> None:
    """An early change waits for its link; one of a ticket that isn't ours is forgotten."""
    key = row["body"].get("key")
    ours = escalations.get(tx, key) if key is not None else None
    if ours is not None and ours["workspace_id"] == row["workspace_id"]:
        if row["connection_id"] in ours["given_up"]:
            jobs.enqueue(tx, jobs.HUB, "stray", row["id"])
    elif key is not None or not changes.may_be_ours(tx, row):
        changes.forget(tx, row["id"])


def _apply(tx: Tx, ticket_id: str, change: Change) -> str:
    """Carry one change out; "applied", `NOT_NOW`, or why it was dropped."""
    ticket = tx.one("select * from tickets where id = :id for update", id=ticket_id)
    conversation = conversations.lock(tx, ticket["conversation_id"])
    return APPLY[change.kind](tx, ticket, conversation, change)


def _status(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    status = change.status or Status.UNKNOWN
    if ticket["status_at"] is not None and change.at < ticket["status_at"]:
        return OLDER
    if status == ticket["status"]:
        tx.run(tickets.update().where(tickets.c.id == ticket["id"]).values(status_at=change.at))
        return "known already"
    record_status(tx, ticket, status, word=change.word, at=change.at)
    if status.done:
        _hand_back(tx, ticket, conversation, status)
    elif status is not Status.UNKNOWN and ticket["status"] in ENDED:
        _reopen(tx, ticket, conversation)
    return "applied"


def _hand_back(tx: Tx, ticket: Row, conversation: Row, status: Status) -> None:
    """Solved there: the AI resumes here, and is told what the human said."""
    escalation = _current(tx, ticket, conversation)
    if escalation is not None:
        return_to_ai(tx, conversation, escalation, ticket, why=f"ticket.{status}")


def _current(tx: Tx, ticket: Row, conversation: Row) -> Row | None:
    """The ticket's escalation, while the conversation is with it."""
    escalation = escalations.current(tx, conversation["id"])
    ours = escalation is not None and escalation["id"] == ticket["escalation_id"]
    return escalation if ours else None


def return_to_ai(
    tx: Tx,
    conversation: Row,
    escalation: Row,
    ticket: Row | None,
    *,
    why: str,
    actor: str = audit.HUB,
    words: str | None = None,
) -> None:
    """The escalation is over; `conversation.resumed` carries the brief."""
    tx.run(
        "update escalations set state = 'returned', returned_at = :now, due_at = null,"
        " parked = null where id = :id",
        id=escalation["id"],
        now=tx.now,
    )
    tx.run("update conversations set waiting = false where id = :id", id=conversation["id"])
    if ticket is None and escalation["parked"] and escalation["create_started_at"]:
        # A ticket may stand at the desk: whoever looks for it closes it, or there is none.
        lane = connections.lane(escalation["connection_id"])
        jobs.enqueue(tx, lane, "escalate", escalation["id"])
    hand_over(
        tx,
        conversation,
        "ai",
        why=why,
        actor=actor,
        escalation_id=escalation["id"],
        brief=brief.write(tx, conversation, escalation, ticket, words),
    )


def _reopen(tx: Tx, ticket: Row, conversation: Row) -> None:
    """Reopened there: the human has it again, unless a newer escalation does."""
    newest = tx.one(
        "select id, state from escalations where conversation_id = :id order by id desc limit 1",
        id=conversation["id"],
    )
    if newest["id"] != ticket["escalation_id"] or newest["state"] != "returned":
        return
    tx.run(
        "update escalations set state = 'ticketed', returned_at = null where id = :id",
        id=newest["id"],
    )
    hand_over(tx, conversation, "human", why="ticket.reopened", escalation_id=newest["id"])
    relay_soon(tx, ticket)


def _message(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    if change.message_id and escalations.is_echo(tx, ticket["id"], change.message_id):
        return "our own words"
    if escalations.is_writing(tx, ticket["id"], tx.now - changes.WRITING):
        return NOT_NOW
    message = conversations.add_message(
        tx,
        conversation,
        external_id=f"{ticket['connection_id']}:{change.message_id or change.id}",
        role="agent",
        text=change.text or "",
        origin="desk",
        name=change.author,
        attachments=[{"name": f.name, "url": f.url, "content_type": f.content_type,
                      "size": f.size} for f in change.files],
        at=change.at,
    )  # fmt: skip
    if message is None:
        return "known already"
    about = audit.about(ticket)
    workspace = ticket["workspace_id"]
    audit.record(tx, workspace, "agent.replied", change.author, subject_id=ticket["id"], **about)
    news = {
        "conversation": views.conversation(conversation),
        "message": views.message(message),
        "ticket": views.ticket(ticket),
    }
    publish(tx, workspace, "message.created", news, **about)
    files.stay_at_the_desk(tx, ticket, message, change.files)
    return "applied"


def _note(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    """Notes stay inside: the inbox keeps the text for the ticket's page."""
    if change.message_id and escalations.is_echo(tx, ticket["id"], change.message_id):
        return "our own words"
    if escalations.is_writing(tx, ticket["id"], tx.now - changes.WRITING):
        return NOT_NOW
    audit.record(tx, ticket["workspace_id"], "agent.noted", change.author,
                 subject_id=ticket["id"], **audit.about(ticket))  # fmt: skip
    return "applied"


def _assignment(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    if (change.assignee or None) == ticket["assignee"]:
        return "known already"
    if changes.is_overtaken(tx, ticket, change):
        return OLDER
    tx.run(
        tickets.update()
        .where(tickets.c.id == ticket["id"])
        .values(assignee=change.assignee or None)
    )
    about = audit.about(ticket)
    workspace = ticket["workspace_id"]
    audit.record(tx, workspace, "ticket.assigned", change.assignee or "nobody",
                 subject_id=ticket["id"], **about)  # fmt: skip
    shown = views.ticket(ticket) | {"assignee": change.assignee or None}
    publish(tx, workspace, "ticket.assigned", {"ticket": shown}, **about)
    done = Status(ticket["status"]).done
    if change.assignee and not done and _current(tx, ticket, conversation) is not None:
        hand_over(tx, conversation, "human", why="ticket.assigned",
                  escalation_id=ticket["escalation_id"])  # fmt: skip
        relay_soon(tx, ticket)  # what the customer said to the AI until now
    return "applied"


def _deleted(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    """Nobody at the desk has it any more: the AI resumes."""
    if Status(ticket["status"]).done:
        return "known already"
    record_status(tx, ticket, Status.CLOSED, word="deleted", at=change.at)
    _hand_back(tx, ticket, conversation, Status.CLOSED)
    return "applied"


def _merged(tx: Tx, ticket: Row, conversation: Row, change: Change) -> str:
    """The desk goes on under another ticket; if we know that one already, this one is over."""
    into = change.merged_into
    if into is None or escalations.ticket_at_desk(tx, ticket["connection_id"], into) is not None:
        return _deleted(tx, ticket, conversation, change)
    changes.lock_ticket(tx, ticket["connection_id"], into)
    tx.run(tickets.update().where(tickets.c.id == ticket["id"]).values(external_id=into))
    early = tx.rows(changes.still_waiting(ticket["connection_id"], into))
    changes.linked(tx, ticket["connection_id"], early)
    audit.record(tx, ticket["workspace_id"], "ticket.merged", into,
                 subject_id=ticket["id"], **audit.about(ticket))  # fmt: skip
    return "applied"


APPLY: dict[str, Callable[[Tx, Row, Row, Change], str]] = {
    "status": _status,
    "message": _message,
    "note": _note,
    "assignment": _assignment,
    "deleted": _deleted,
    "merged": _merged,
}
