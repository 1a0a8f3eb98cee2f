"""A teammate takes a conversation over, and hands it back."""

from sqlalchemy import case, null

from connectors.types import Status
from hub import ids, jobs
from hub.pipeline import brief
from hub.pipeline.handover import hand_over
from hub.pipeline.relay import relay_soon
from hub.pipeline.sync import return_to_ai
from hub.store import Row, Tx, audit, connections, escalations
from hub.store.schema import escalations as table


def take_over(tx: Tx, conversation: Row, *, user: Row | None, actor: str) -> str:
    """Pause the AI at once; open a native ticket unless a desk has one. The escalation's id.

    The conversation is locked by the caller. `user` gets the ticket; without one the assignment
    rule of the Help Desk chooses.
    """
    escalation = escalations.current(tx, conversation["id"])
    escalation_id = escalation["id"] if escalation is not None else _begin(tx, conversation)
    native = connections.native(tx, conversation["workspace_id"])
    if not _is_elsewhere(tx, escalation, native):
        tx.run(
            table.update()
            .where(table.c.id == escalation_id)
            .values(
                connection_id=native["id"],
                given_up=_given_up(escalation, native),  # a ticket that appears there is a stray
                run=table.c.run + 1,
                leaving=None,
                promised_at=None,
                taken_by=user["id"] if user is not None else None,
                taken_over_at=tx.now,
                create_started_at=None,
                parked=null(),
                state=case((table.c.summary.is_(None), "received"), else_="summarised"),
            )
        )
        jobs.enqueue_once(tx, connections.lane(native["id"]), "escalate", escalation_id)
    audit.record(
        tx,
        conversation["workspace_id"],
        "conversation.taken_over",
        user["name"] if user is not None else None,
        actor=actor,
        subject_id=conversation["id"],
        conversation_id=conversation["id"],
        escalation_id=escalation_id,
    )
    hand_over(tx, conversation, "human", why="takeover", actor=actor, escalation_id=escalation_id)
    ticket = escalations.open_ticket(tx, conversation["id"])
    if ticket is not None:
        relay_soon(tx, ticket)
    return str(escalation_id)


def _is_elsewhere(tx: Tx, escalation: Row | None, native: Row) -> bool:
    """True when a desk has the ticket, or is about to; not when that desk's way is blocked."""
    if escalation is None:
        return False
    if escalations.ticket_of(tx, escalation["id"]) is not None:
        return True
    routed = escalation["connection_id"] not in (None, native["id"])
    taken = escalation["taken_over_at"] is not None
    return (routed or taken) and escalation["parked"] is None


def _given_up(escalation: Row | None, native: Row) -> list[str]:
    """The desks that had the escalation before."""
    if escalation is None:
        return []
    before: list[str] = escalation["given_up"]
    left = escalation["connection_id"]
    return before if left in (None, native["id"], *before) else [*before, left]


def _begin(tx: Tx, conversation: Row) -> str:
    """An escalation that a person began, not the AI."""
    escalation_id = ids.new("escalation")
    reason = {"code": "takeover", "text": "A teammate took over."}
    escalations.add(tx, conversation, escalation_id, reason=reason)
    tx.write()
    return escalation_id


def resume(tx: Tx, conversation: Row, *, actor: str, words: str | None = None) -> str | None:
    """Hand the conversation back to the AI and close its ticket; the escalation's id, if any.

    The conversation is locked by the caller. `words` is what the teammate tells the AI.
    """
    escalation = escalations.current(tx, conversation["id"])
    if escalation is None:
        told = brief.write(tx, conversation, words=words)
        hand_over(tx, conversation, "ai", why="resume", actor=actor, brief=told)
        return None
    ticket = escalations.ticket_of(tx, escalation["id"])
    return_to_ai(tx, conversation, escalation, ticket, why="resume", actor=actor, words=words)
    if ticket is not None and not Status(ticket["status"]).done:
        jobs.enqueue(tx, connections.lane(ticket["connection_id"]), "close", ticket["id"])
    return str(escalation["id"])
