"""Erasures: whose conversations are forgotten, and how far that is."""

from collections.abc import Mapping, Sequence

from sqlalchemy.dialects.postgresql import insert

from hub import ids
from hub.store import Row, Tx, work
from hub.store.schema import erasures

LEFT = """
select c.id, c.source_id, c.external_id from erasures r
join conversations c on c.id = any(r.conversation_ids)
where r.id = :id and c.forgotten_at is null order by c.id
"""
PROGRESS = """
select r.*, cardinality(r.conversation_ids) as total, (select count(*) from conversations c
    where c.id = any(r.conversation_ids) and c.forgotten_at is not null) as done
from erasures r where r.workspace_id = :workspace
"""


def begin(
    tx: Tx,
    workspace_id: str,
    conversation_ids: Sequence[str],
    counts: Mapping[str, int],
    actor: str,
) -> str:
    """A new erasure of these conversations; its id."""
    erasure_id = ids.new("erasure")
    tx.run(
        insert(erasures).values(
            id=erasure_id,
            workspace_id=workspace_id,
            actor=actor,
            conversation_ids=list(conversation_ids),
            counts=dict(counts),
            created_at=tx.now,
        )
    )
    return erasure_id


def left(tx: Tx, erasure_id: str) -> Sequence[Row]:
    """The conversations that are not forgotten yet."""
    return tx.all(LEFT, id=erasure_id)


def waits(tx: Tx, row: Row, conversation_id: str | None) -> None:
    """Say what it waits for, None while it goes on."""
    why = conversation_id and f"{conversation_id} is not over: hand it back to the AI."
    work.write(tx, erasures, row["id"], row["run"], last_error=why, tries=0)


def end(tx: Tx, row: Row) -> None:
    """All are forgotten."""
    work.write(tx, erasures, row["id"], row["run"], ended_at=tx.now, last_error=None, tries=0)


def one(tx: Tx, workspace_id: str, erasure_id: str) -> Row | None:
    """An erasure with its progress."""
    return tx.first(f"{PROGRESS} and r.id = :id", workspace=workspace_id, id=erasure_id)


def page(tx: Tx, workspace_id: str, *, limit: int, cursor: str | None) -> Sequence[Row]:
    """The newest erasures before `cursor`, each with its progress."""
    return tx.all(
        f"{PROGRESS} and (:cursor ::text is null or r.id < :cursor)"
        " order by r.id desc limit :limit",
        workspace=workspace_id,
        limit=limit,
        cursor=cursor,
    )
