"""Our webhook at a desk: made or repaired, its secret kept, looked after once a day."""

import secrets
from datetime import timedelta

from connectors import registry
from connectors.errors import ConnectorError
from connectors.types import Registration
from hub.house import House
from hub.store import Row
from hub.store.schema import connections as table
from hub.vault import Place

LOOKED_AFTER = timedelta(days=1)


def look_after(house: House, row: Row) -> None:
    """Make it anew where the desk has switched it off or somebody has deleted it."""
    looked_at = row["webhook_looked_at"]
    due = looked_at is None or house.store.now() - looked_at >= LOOKED_AFTER
    if row["webhook_id"] is None or not due:
        return
    with house.store.transaction() as tx:  # a desk that refuses is asked again tomorrow
        tx.run(table.update().where(table.c.id == row["id"]).values(webhook_looked_at=tx.now))
    register(house, row)


def register(house: House, row: Row) -> tuple[str, ...]:
    """Our webhook at the desk, made or repaired; else what a person should do."""
    if registry.get(row["desk"]).can.webhooks == "none":
        return ()
    try:
        made = _registered(house, row)
    except ConnectorError as problem:
        return (f"The webhook was not made ({problem}); until it is, the desk is polled.",)
    return made.steps


def _registered(house: House, row: Row) -> Registration:
    """Registered at the desk, its secret kept; a secret that is there already is offered again."""
    where = place(row["workspace_id"], row["id"])
    known = row["webhook_secret"]
    # Help Scout takes secrets of at most 40 characters.
    offered = house.vault.open(known, where) if known else secrets.token_urlsafe(30)
    url = f"{house.settings.public_url}/webhooks/desks/{row['id']}"
    made = house.desks.open(row).ensure_webhooks(url, offered)
    secret = made.secret or offered
    with house.store.transaction() as tx:
        tx.run(
            table.update()
            .where(table.c.id == row["id"])
            .values(
                webhook_secret=house.vault.seal(secret, where),
                webhook_id=made.id,
                webhook_looked_at=tx.now,
            )
        )
    return made


def place(workspace_id: str, connection_id: str) -> Place:
    """Where the secret lives with which the desk signs."""
    return Place(workspace_id, "connections", connection_id, "webhook_secret")
