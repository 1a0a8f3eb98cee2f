"""Authorisations: people who were sent to a desk's own page, until they come back."""

from typing import Any

from hub.store import Row, Tx
from hub.store.schema import authorizations


def begin(tx: Tx, workspace_id: str, **values: Any) -> None:
    """Remember that somebody was sent."""
    tx.run(authorizations.insert().values(workspace_id=workspace_id, created_at=tx.now, **values))


def find(tx: Tx, workspace_id: str, session_hash: bytes, state_hash: bytes) -> Row | None:
    """Who was sent with this state from this very session, locked."""
    return tx.first(
        "select * from authorizations where state_hash = :state and session_hash = :session"
        " and workspace_id = :workspace for update",
        state=state_hash,
        session=session_hash,
        workspace=workspace_id,
    )


def use(tx: Tx, state_hash: bytes) -> None:
    """They came back: the state is worth nothing any more, and its secrets are forgotten."""
    tx.run(
        "update authorizations set used_at = :now, config = null, verifier = null"
        " where state_hash = :state",
        state=state_hash,
        now=tx.now,
    )
