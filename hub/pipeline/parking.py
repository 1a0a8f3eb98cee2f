"""Work that cannot go on without a person: visible, with its reason, and replayable once."""

from typing import Any

from sqlalchemy import Table

from hub import jobs, views
from hub.pipeline.publish import publish
from hub.store import Row, Tx, audit, connections
from hub.store.schema import changes, deliveries, escalations, tickets


def park(tx: Tx, table: Table, row: Row, reason: dict[str, Any]) -> None:
    """Put the work aside with its reason; an escalation's parking is news for subscribers."""
    values: dict[str, Any] = {"parked": reason, "last_error": reason["text"], "due_at": None}
    if table is escalations:
        values["state"] = "parked"
    if table is changes:
        values["state"] = "parked"
    if table is deliveries:
        values["state"] = "failed"
    tx.run(table.update().where(table.c.id == row["id"]).values(**values))
    escalation_id = row["id"] if table is escalations else row.get("escalation_id")
    about: dict[str, Any] = {
        "conversation_id": row.get("conversation_id"),
        "escalation_id": escalation_id,
    }
    audit.record(
        tx, row["workspace_id"], f"{_noun(table)}.parked", reason["text"],
        subject_id=row["id"], **about,
    )  # fmt: skip
    if escalation_id is not None:
        news = {"escalation_id": escalation_id, "work": _noun(table), "reason": reason}
        publish(tx, row["workspace_id"], "escalation.parked", news, **about)


def retry(tx: Tx, escalation: Row, *, actor: str) -> bool:
    """Let a parked escalation go on, once however often it is asked; False if it isn't parked."""
    ticket = tx.first("select * from tickets where escalation_id = :id", id=escalation["id"])
    went_on = _retry_escalation(tx, escalation, ticket) or _retry_relay(tx, ticket)
    if went_on:
        audit.record(
            tx, escalation["workspace_id"], "escalation.retried", actor=actor,
            subject_id=escalation["id"], conversation_id=escalation["conversation_id"],
            escalation_id=escalation["id"],
        )  # fmt: skip
    return went_on


def _retry_escalation(tx: Tx, escalation: Row, ticket: Row | None) -> bool:
    state = "ticketed" if ticket is not None else _state_before(escalation)
    changed = tx.run(
        "update escalations set state = :state, parked = null, tries = 0, last_error = null"
        " where id = :id and parked is not null",
        id=escalation["id"],
        state=state,
    )
    if changed:
        jobs.enqueue(tx, _lane(escalation["connection_id"]), "escalate", escalation["id"])
    return bool(changed)


def _state_before(escalation: Row) -> str:
    return "received" if escalation["summary"] is None else "summarised"


def _retry_relay(tx: Tx, ticket: Row | None) -> bool:
    if ticket is None:
        return False
    changed = tx.run(
        "update tickets set parked = null, tries = 0, last_error = null, relaying = true"
        " where id = :id and parked is not null",
        id=ticket["id"],
    )
    if changed:
        jobs.enqueue(tx, _lane(ticket["connection_id"]), "relay", ticket["id"])
    return bool(changed)


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
    return {escalations: "escalation", tickets: "relay", changes: "change"}.get(table, "delivery")


def _lane(connection_id: str | None) -> str:
    return connections.lane(connection_id) if connection_id else jobs.HUB
