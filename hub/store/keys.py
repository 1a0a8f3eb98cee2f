"""API keys: stored as a hash, shown once."""

from datetime import datetime

from hub import ids
from hub.store import Row, Tx
from hub.store.schema import keys


def add(
    tx: Tx,
    workspace_id: str,
    *,
    name: str,
    role: str,
    prefix: str,
    hashed: bytes,
    expires_at: datetime | None,
) -> str:
    """A new key; its id."""
    key_id = ids.new("key")
    tx.run(
        keys.insert().values(
            id=key_id,
            workspace_id=workspace_id,
            name=name,
            role=role,
            prefix=prefix,
            hash=hashed,
            expires_at=expires_at,
            created_at=tx.now,
        )
    )
    return key_id


def by_hash(tx: Tx, hashed: bytes) -> Row | None:
    """The key with this hash that has not expired."""
    return tx.first(
        "select * from keys where hash = :hash and (expires_at is null or expires_at > :now)",
        hash=hashed,
        now=tx.now,
    )


def used(tx: Tx, key_id: str) -> None:
    """Remember that the key was used now."""
    tx.run("update keys set last_used_at = :now where id = :id", id=key_id, now=tx.now)


def remove(tx: Tx, workspace_id: str, key_id: str) -> str | None:
    """Take a key away; its name, None when there is none."""
    name: str | None = tx.value(
        "delete from keys where id = :id and workspace_id = :workspace returning name",
        id=key_id,
        workspace=workspace_id,
    )
    return name
