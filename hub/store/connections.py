"""Connections: one account at one desk, its mapping, its pace and its breaker."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.types import Requester
from hub import ids
from hub.store import Question, Row, Tx, question
from hub.store.schema import connections, mappings

BREAKER_AFTER = 5  # failures in a row
BREAKER_SECONDS = 15.0
A_MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)  # without calls: a new account's pace begins rested
BURST = 1 / 12  # of the time over which a desk counts: so much of its calls may come at once
TROUBLES = 5  # errors that are kept of each connection
SOON = 10.0  # seconds that a job may wait for its turn while it holds a thread


def lane(connection_id: str) -> str:
    """The lane of everything that calls this connection's desk."""
    return f"desk:{connection_id}"


def get(tx: Tx, connection_id: str) -> Row:
    """One connection."""
    return tx.one("select * from connections where id = :id", id=connection_id)


def of(escalation_id: str) -> Question:
    """The connection that an escalation goes to."""
    return question(
        "select c.* from connections c join escalations e on e.connection_id = c.id"
        " where e.id = :id",
        id=escalation_id,
    )


def native(tx: Tx, workspace_id: str) -> Row:
    """The workspace's own help desk."""
    return tx.one(
        "select * from connections where workspace_id = :id and desk = 'live_chat'"
        " order by id limit 1",
        id=workspace_id,
    )


def named(tx: Tx, workspace_id: str, name: str) -> Row | None:
    """The workspace's connection of this name."""
    return tx.first(
        "select * from connections where workspace_id = :workspace and name = :name",
        workspace=workspace_id,
        name=name,
    )


def add(tx: Tx, workspace_id: str, desk: str, name: str, **values: Any) -> str:
    """A new connection; its id (given as `id` where the sealed config is bound to it)."""
    values.setdefault("id", ids.new("connection"))
    tx.run(
        connections.insert().values(
            workspace_id=workspace_id, desk=desk, name=name, turn_at=tx.now - A_DAY, **values
        )
    )
    new: str = values["id"]
    return new


def mapping(tx: Tx, connection_id: str) -> Row | None:
    """The newest version of the connection's mapping, None while it uses the desk's default."""
    return tx.first(
        "select * from mappings where connection_id = :id order by version desc limit 1",
        id=connection_id,
    )


def save_mapping(tx: Tx, connection: Row, body: str, author: str, *, checked: bool = False) -> int:
    """A new version of the mapping; its number."""
    version: int = tx.value(
        "select coalesce(max(version), 0) + 1 from mappings where connection_id = :id",
        id=connection["id"],
    )
    tx.run(
        mappings.insert().values(
            id=ids.new("mapping"),
            workspace_id=connection["workspace_id"],
            connection_id=connection["id"],
            version=version,
            body=body,
            author=author,
            checked=checked,
        )
    )
    return version


def turn(tx: Tx, connection_id: str, over: int = 60, soon: float = SOON) -> float:
    """The seconds until the next turn (GCRA), which is taken if that is `soon`.

    The row says when the next call is due; each taker moves it on. After a pause `BURST` of the
    time that the desk counts `over` (seconds) may be used up at once, and the pace is slower by as
    much, so that no such time ever has more than `rate` calls a minute. Who cannot wait takes no
    turn: it would be lost, and with many who ask nobody's would ever come.
    """
    row = tx.first(
        "update connections set turn_at = greatest(turn_at, :idle)"
        " + make_interval(secs => coalesce(:minute / rate, 0))"
        " where id = :id and (closed_until is null or closed_until <= :now) and turn_at <= :soon"
        " returning turn_at - make_interval(secs => coalesce(:minute / rate, 0)) as at",
        id=connection_id,
        now=tx.now,
        idle=tx.now - timedelta(seconds=BURST * over),
        minute=60.0 * (1 + BURST),
        soon=tx.now + timedelta(seconds=soon),
    )
    if row is not None:
        wait: timedelta = row["at"] - tx.now
        return max(0.0, wait.total_seconds())
    at: datetime | None = tx.value(
        "select case when closed_until > :now then closed_until else turn_at end"
        " from connections where id = :id",
        id=connection_id,
        now=tx.now,
    )
    return max(0.1, float((at - tx.now).total_seconds())) if at else 0.1


def close_for(tx: Tx, connection_id: str, seconds: float) -> None:
    """Call this desk not before `seconds` from now."""
    tx.run(
        "update connections set closed_until = greatest(closed_until, :until) where id = :id",
        id=connection_id,
        until=tx.now + timedelta(seconds=seconds),
    )


def failed(tx: Tx, connection_id: str) -> None:
    """Count a failure; after `BREAKER_AFTER` in a row the desk is left alone for a while."""
    failures: int = tx.value(
        "update connections set failures = failures + 1 where id = :id returning failures",
        id=connection_id,
    )
    if failures >= BREAKER_AFTER:
        close_for(tx, connection_id, BREAKER_SECONDS)


def complained(tx: Tx, connection_id: str, work: str, error: str) -> None:
    """Keep the desk's last errors, with the work that met them."""
    trouble = {"at": tx.now.isoformat(timespec="seconds"), "work": work, "text": error[:500]}
    tx.run(
        "update connections set troubles = jsonb_path_query_array("
        "jsonb_build_array(cast(:trouble as jsonb)) || troubles, :most) where id = :id",
        id=connection_id,
        trouble=trouble,
        most=f"$[0 to {TROUBLES - 1}]",
    )


def heard(tx: Tx, connection: Row) -> None:
    """The desk has posted to us; written once a minute at most."""
    before = connection["heard_at"]
    if before is None or tx.now - before > A_MINUTE:
        tx.soon("update connections set heard_at = :now where id = :id", id=connection["id"],
                now=tx.now)  # fmt: skip


def healthy(tx: Tx, connection_id: str) -> None:
    """Forget the failures."""
    tx.run("update connections set failures = 0 where id = :id and failures > 0", id=connection_id)


def pause(tx: Tx, connection_id: str, reason: str) -> bool:
    """Stop all calls; False when it was paused already."""
    return bool(
        tx.run(
            "update connections set state = 'paused', state_reason = :reason"
            " where id = :id and state = 'active'",
            id=connection_id,
            reason=reason,
        )
    )


def activate(tx: Tx, connection_id: str) -> bool:
    """Let its waiting jobs go on; False when it was active already."""
    return bool(
        tx.run(
            "update connections set state = 'active', state_reason = null, failures = 0,"
            " closed_until = null where id = :id and state = 'paused'",
            id=connection_id,
        )
    )


def lanes(tx: Tx) -> Mapping[str, int]:
    """The lanes that may be served now and their limits.

    One job probes a desk that failed, and a slow pace is not given more than can have a turn soon.
    """
    rows = tx.all(
        "select id, case when failures >= :broken then 1 else"
        " least(concurrency, 1 + floor(:soon * rate / :minute))::int end as width"
        " from connections where state = 'active'"
        " and (closed_until is null or closed_until <= :now)",
        broken=BREAKER_AFTER,
        soon=SOON,
        minute=60.0 * (1 + BURST),
        now=tx.now,
    )
    return {lane(row["id"]): row["width"] for row in rows}


def requester_key(requester: Requester) -> str | None:
    """What makes two requesters the same customer."""
    return requester.email or requester.id
