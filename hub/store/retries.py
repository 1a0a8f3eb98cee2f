"""Bulk retries: parked escalations that somebody lets go on at once, and how far that is."""

from collections.abc import Sequence

from hub import ids
from hub.store import Fenced, Row, Tx
from hub.store.schema import retries

MOST = 10_000  # escalations of one bulk retry
PARKED = """
select id from escalations where workspace_id = :workspace and state = 'parked'
union select escalation_id from tickets where workspace_id = :workspace and parked is not null
union select k.escalation_id from changes g
  join tickets k on k.connection_id = g.connection_id and k.external_id = g.external_ticket_id
  where g.workspace_id = :workspace and g.state = 'parked'
"""


def parked(
    tx: Tx, workspace_id: str, *, among: Sequence[str] | None, connection_id: str | None
) -> list[str]:
    """Parked escalations, the oldest first: all, or those of some ids, or of one connection."""
    rows = tx.all(
        "select e.id from escalations e left join tickets t on t.escalation_id = e.id"
        f" where e.workspace_id = :workspace and e.id in ({PARKED})"
        " and (cast(:among as text[]) is null or e.id = any(:among))"
        " and (cast(:at as text) is null or coalesce(t.connection_id, e.connection_id) = :at)"
        " order by e.id limit :most",
        workspace=workspace_id,
        among=None if among is None else list(among),
        at=connection_id,
        most=MOST,
    )
    return [row["id"] for row in rows]


def begin(tx: Tx, workspace_id: str, escalation_ids: Sequence[str], actor: str) -> str:
    """A new bulk retry of these escalations, in this order; its id."""
    retry_id = ids.new("retry")
    tx.insert(
        "retries",
        id=retry_id,
        workspace_id=workspace_id,
        actor=actor,
        escalation_ids=list(escalation_ids),
        created_at=tx.now,
    )
    return retry_id


def next_one(tx: Tx, retry_id: str, run: int) -> str | None:
    """The next escalation, while the retry is locked; None at the end."""
    row = tx.one(
        "select run, escalation_ids[done + 1] as next from retries where id = :id for update",
        id=retry_id,
    )
    if row["run"] != run:
        raise Fenced(f"retry {retry_id}: run {run} was overtaken")
    following: str | None = row["next"]
    return following


def count(tx: Tx, retry_id: str, *, went_on: bool) -> None:
    """One more is done."""
    tx.send(
        "update retries set done = done + 1, went_on = went_on + :more where id = :id",
        id=retry_id,
        more=int(went_on),
    )


def end(tx: Tx, retry_id: str) -> None:
    """All are done."""
    tx.run(retries.update().where(retries.c.id == retry_id).values(ended_at=tx.now))


def progress(tx: Tx, workspace_id: str, retry_id: str) -> Row | None:
    """How far it is, and where its escalations stand now."""
    return tx.first(
        "select r.id, r.actor, r.done, r.went_on, r.created_at, r.ended_at, r.parked,"
        " cardinality(r.escalation_ids) as total, now.* from retries r cross join lateral ("
        "  select count(*) filter (where e.state = 'parked' or t.parked is not null) as stuck,"
        "  count(*) filter (where e.state in ('received', 'summarised')) as coming"
        "  from escalations e left join tickets t on t.escalation_id = e.id"
        "  where e.id = any(r.escalation_ids)) now"
        " where r.workspace_id = :workspace and r.id = :id",
        workspace=workspace_id,
        id=retry_id,
    )


def running(tx: Tx, workspace_id: str) -> Sequence[Row]:
    """The retries that are not done yet."""
    return tx.all(
        "select id, done, cardinality(escalation_ids) as total from retries"
        " where workspace_id = :workspace and ended_at is null order by id desc limit 5",
        workspace=workspace_id,
    )
