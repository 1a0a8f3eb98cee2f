"""The record of every change of state; an escalation's timeline is its part of it."""

from collections.abc import Sequence

from hub import ids
from hub.store import Row, Tx
from hub.store.schema import audit

HUB = "hub"


def record(
    tx: Tx,
    workspace_id: str,
    what: str,
    detail: str | None = None,
    *,
    actor: str = HUB,
    subject_id: str | None = None,
    conversation_id: str | None = None,
    escalation_id: str | None = None,
) -> None:
    """Write one line: who did what, to what."""
    tx.run(
        audit.insert().values(
            id=ids.new("audit"),
            workspace_id=workspace_id,
            at=tx.now,
            actor=actor,
            what=what,
            detail=detail,
            subject_id=subject_id,
            conversation_id=conversation_id,
            escalation_id=escalation_id,
        )
    )


def timeline(tx: Tx, escalation_id: str) -> Sequence[Row]:
    """An escalation's lines, oldest first."""
    return tx.all(
        "select at, actor, what, detail from audit where escalation_id = :id order by id",
        id=escalation_id,
    )
