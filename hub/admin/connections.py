"""Connections are paused, activated and removed by a person."""

from connectors import registry
from hub import jobs
from hub.admin.input import Conflict, change, find
from hub.house import House
from hub.pipeline import parking
from hub.store import Row, Tx, audit
from hub.store import connections as store
from hub.store.schema import connections
from hub.vault import Place

BY_HAND = "Paused by a person."
REMOVED = "Removed by a person."


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


def remove_connection(
    tx: Tx, house: House, workspace_id: str, connection_id: str, *, actor: str = audit.HUB
) -> Row:
    """Forget its credentials and show it no more; its tickets keep their links.

    `Conflict` while something still needs it; the message says what.
    """
    row = find(tx, connections, workspace_id, connection_id, "connection")
    needed = _needed(tx, row)
    if needed is not None:
        raise Conflict(needed)
    place = Place(workspace_id, "connections", connection_id, "config")
    row = change(
        tx, connections, connection_id,
        archived_at=tx.now, state="paused", state_reason=REMOVED,
        name=f"{row['name']} ({connection_id[-6:]})",  # the name is free again
        config=house.vault.seal_json({}, place), token=None, webhook_secret=None,
        version=row["version"] + 1,
    )  # fmt: skip
    jobs.drop_lane(tx, store.lane(connection_id))
    # Nobody can look there any more for a ticket whose create was not answered.
    tx.run(
        "update escalations set create_started_at = null where connection_id = :id"
        " and state = 'returned' and ticketed_at is null",
        id=connection_id,
    )
    audit.record(
        tx, workspace_id, "connection.removed", f"{row['desk']}: {row['name']}", actor=actor,
        subject_id=connection_id,
    )  # fmt: skip
    return row


def _needed(tx: Tx, row: Row) -> str | None:
    """Why the connection cannot go yet, and what to do first."""
    if row["desk"] == registry.NATIVE:
        return "The Help Desk is built in and stays."
    known = {"id": row["id"], "workspace": row["workspace_id"]}
    routes = tx.all(
        "select position from routes where workspace_id = :workspace and :id = any(connection_ids)"
        " order by position",
        **known,
    )
    if routes:
        named = ", ".join(str(route["position"]) for route in routes)
        return f"Routes lead here ({named}). Change or remove them first."
    tickets = tx.value(
        "select count(*) from tickets where connection_id = :id and closed_at is null",
        id=row["id"],
    )
    if tickets:
        return f"{_many(tickets, 'ticket')} not closed yet. Solve or close them at the desk first."
    coming = tx.value(
        "select count(*) from escalations where workspace_id = :workspace and connection_id = :id"
        " and state in ('received', 'summarised', 'parked')",
        **known,
    )
    if coming:
        return f"{_many(coming, 'escalation')} on the way here or parked. Wait, or retry them."
    return None


def _many(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"
