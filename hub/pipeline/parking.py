"""Work that cannot go on without a person: visible, with its reason, and replayable once."""

from typing import Any

from sqlalchemy import Table

from hub import jobs, views
from hub.pipeline.publish import publish
from hub.store import Row, Tx, audit, connections
from hub.store import changes as inbox
from hub.store import escalations as cases
from hub.store.schema import (
    changes,
    deliveries,
    erasures,
    escalations,
    replays,
    retries,
    tickets,
)

LONGEST = 500  # characters of an error on a timeline


def park(
    tx: Tx,
    table: Table,
    row: Row,
    reason: dict[str, Any],
    calls: cases.Calls = None,
    *,
    closing: bool = False,
) -> None:
    """Put the work aside with its reason; what concerns an escalation is news for subscribers.

    `calls` is what was called at the desk meanwhile; `closing` tells a ticket's solution there
    from the customer's words for it.
    """
    noun = "close" if closing else _noun(table)
    reason = reason | {"work": noun}
    values: dict[str, Any] = {"parked": reason, "last_error": reason["text"], "due_at": None}
    if table is escalations and row["state"] != "returned":
        values["state"] = "parked"
    if table is changes:
        values["state"] = "parked"
    if table is deliveries:
        values["state"] = "failed"
    if table is replays:
        values["state"] = "stopped"
    tx.run(table.update().where(table.c.id == row["id"]).values(**values))
    about = _about(tx, table, row)
    audit.record(
        tx, row["workspace_id"], f"{noun}.parked", reason["text"], subject_id=row["id"],
        calls=calls, **about,
    )  # fmt: skip
    if about["escalation_id"] is not None:
        news = {"escalation_id": about["escalation_id"], "work": noun, "reason": reason}
        publish(tx, row["workspace_id"], "escalation.parked", news, **about)


def tried(
    tx: Tx, table: Table, row: Row, error: str, calls: cases.Calls, *, closing: bool = False
) -> None:
    """A try failed that is not the last: a line on the escalation's timeline, with its calls."""
    about = _about(tx, table, row)
    if calls and about["escalation_id"] is not None:
        noun = "close" if closing else _noun(table)
        audit.record(
            tx, row["workspace_id"], f"{noun}.tried", error[:LONGEST], subject_id=row["id"],
            calls=calls, **about,
        )  # fmt: skip


def _about(tx: Tx, table: Table, row: Row) -> dict[str, Any]:
    """Whose news it is; a change is its ticket's."""
    if table is escalations:
        return {"conversation_id": row["conversation_id"], "escalation_id": row["id"]}
    if table is changes:
        at_desk = (row["connection_id"], row["external_ticket_id"])
        row = cases.ticket_at_desk(tx, *at_desk) or row
    return {name: row.get(name) for name in ("conversation_id", "escalation_id")}


def retry(tx: Tx, escalation: Row, *, actor: str) -> bool:
    """Let all that is parked of an escalation go on as what it was; False if nothing is.

    The conversation is locked by the caller. Asked twice, it goes on once.
    """
    sql = "select * from tickets where escalation_id = :id for update"
    ticket = tx.first(sql, id=escalation["id"])
    went_on = _retry_escalation(tx, escalation, ticket)
    if ticket is not None:
        went_on = _retry_ticket(tx, ticket) or went_on
        went_on = bool(inbox.unpark(tx, ticket)) or went_on
    if went_on:
        audit.record(
            tx, escalation["workspace_id"], "escalation.retried", actor=actor,
            subject_id=escalation["id"], conversation_id=escalation["conversation_id"],
            escalation_id=escalation["id"],
        )  # fmt: skip
    return went_on


def _retry_escalation(tx: Tx, escalation: Row, ticket: Row | None) -> bool:
    state = _state_before(escalation, ticket)
    changed = tx.run(
        "update escalations set state = :state, parked = null, tries = 0, last_error = null"
        " where id = :id and parked is not null",
        id=escalation["id"],
        state=state,
    )
    if changed:
        jobs.enqueue(tx, _lane(escalation["connection_id"]), "escalate", escalation["id"])
    return bool(changed)


def _state_before(escalation: Row, ticket: Row | None) -> str:
    if escalation["returned_at"] is not None:
        return "returned"
    if ticket is not None:
        return "ticketed"
    return "received" if escalation["summary"] is None else "summarised"


def _retry_ticket(tx: Tx, ticket: Row) -> bool:
    """The customer's words, or the solution unless the conversation is with a human again."""
    if ticket["parked"] is None:
        return False
    closing = ticket["parked"].get("work") == "close"
    over = tx.value(
        "update tickets t set parked = null, tries = 0, last_error = null,"
        " relaying = relaying or :words from escalations e"
        " where t.id = :id and e.id = t.escalation_id returning e.state = 'returned'",
        id=ticket["id"],
        words=not closing,
    )
    if closing and over:
        jobs.enqueue(tx, _lane(ticket["connection_id"]), "close", ticket["id"])
    if not closing or ticket["relaying"]:
        jobs.enqueue(tx, _lane(ticket["connection_id"]), "relay", ticket["id"])
    return True


def pause_connection(tx: Tx, connection_id: str, reason: str, *, actor: str = audit.HUB) -> None:
    """The desk refuses us: stop calling, keep the jobs, tell the owner."""
    if not connections.pause(tx, connection_id, reason):
        return
    connection = connections.get(tx, connection_id)
    workspace = connection["workspace_id"]
    audit.record(tx, workspace, "connection.paused", reason, actor=actor, subject_id=connection_id)
    news = {
        "connection": {key: connection[key] for key in ("id", "desk", "name", "state")},
        "reason": reason,
        "at": views.moment(tx.now),
    }
    publish(tx, workspace, "connection.paused", news)


def _noun(table: Table) -> str:
    nouns = {escalations: "escalation", tickets: "relay", changes: "change", retries: "retry",
             replays: "replay", erasures: "erasure"}  # fmt: skip
    return nouns.get(table, "delivery")


def _lane(connection_id: str | None) -> str:
    return connections.lane(connection_id) if connection_id else jobs.HUB
