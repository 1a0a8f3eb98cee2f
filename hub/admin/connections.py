"""Connections are paused and activated by a person."""

from hub.admin.input import find
from hub.pipeline import parking
from hub.store import Row, Tx, audit
from hub.store import connections as store
from hub.store.schema import connections

BY_HAND = "Paused by a person."


def pause_connection(
    tx: Tx, workspace_id: str, connection_id: str, reason: str = BY_HAND, *, actor: str = audit.HUB
) -> Row:
    """Call the desk no more; its jobs wait."""
    find(tx, connections, workspace_id, connection_id, "connection")
    parking.pause_connection(tx, connection_id, reason, actor=actor)
    return store.get(tx, connection_id)


def activate_connection(
    tx: Tx, workspace_id: str, connection_id: str, *, actor: str = audit.HUB
) -> Row:
    """Let the waiting jobs go on."""
    row = find(tx, connections, workspace_id, connection_id, "connection")
    if store.activate(tx, connection_id):
        audit.record(
            tx, workspace_id, "connection.activated", row["name"], actor=actor,
            subject_id=connection_id,
        )  # fmt: skip
    return store.get(tx, connection_id)
