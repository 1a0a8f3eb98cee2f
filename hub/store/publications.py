"""Events to subscribers, and their deliveries."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from hub import ids, jobs
from hub.store import Row, Tx
from hub.store.schema import subscribers

DISABLED_AFTER = timedelta(hours=120)


def lane(subscriber_id: str) -> str:
    """The lane of everything that calls this subscriber."""
    return f"subscriber:{subscriber_id}"


def add(tx: Tx, told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Store events, with a delivery for each active subscriber that wants one: (lane, delivery)."""
    wanted = tx.all(
        "with told as (insert into events (id, workspace_id, direction, type, payload,"
        " conversation_id, escalation_id, at)"
        " select e.id, e.workspace_id, 'out', e.type, e.payload, e.conversation_id,"
        " e.escalation_id, :now from jsonb_to_recordset(cast(:told as jsonb)) as e(id text,"
        " workspace_id text, type text, payload jsonb, conversation_id text, escalation_id text)"
        " returning id, workspace_id, type)"
        " select told.id as event_id, s.id as subscriber_id, s.workspace_id from told"
        " join subscribers s on s.workspace_id = told.workspace_id and s.state = 'active'"
        " and (s.events is null or told.type = any(s.events)) order by told.id, s.id",
        told=json.dumps(told),
        now=tx.now,
    )
    if not wanted:
        return []
    new = [ids.new("delivery") for _ in wanted]
    tx.send(
        "insert into deliveries (id, workspace_id, subscriber_id, event_id, created_at)"
        " select d.id, d.workspace, d.subscriber, d.event, :now from unnest(:ids ::text[],"
        " :workspaces ::text[], :subscribers ::text[], :events ::text[])"
        " as d(id, workspace, subscriber, event)",
        ids=new,
        workspaces=[row["workspace_id"] for row in wanted],
        subscribers=[row["subscriber_id"] for row in wanted],
        events=[row["event_id"] for row in wanted],
        now=tx.now,
    )
    return [(lane(row["subscriber_id"]), i) for row, i in zip(wanted, new, strict=True)]


def delivery(tx: Tx, delivery_id: str) -> Row | None:
    """A delivery with its subscriber and its event."""
    return tx.first(
        "select d.*, s.url, s.secret, s.previous_secret, s.previous_until,"
        " s.state as subscriber_state, s.failing_since, e.type, e.payload, e.at as event_at"
        " from deliveries d join subscribers s on s.id = d.subscriber_id"
        " join events e on e.id = d.event_id where d.id = :id",
        id=delivery_id,
    )


def delivered(tx: Tx, row: Row, run: int, status: int) -> bool:
    """The subscriber has it; False when another run was faster."""
    done = tx.run(
        "update deliveries set state = 'delivered', delivered_at = :now, last_status = :status,"
        " last_error = null, due_at = null where id = :id and run = :run",
        id=row["id"],
        now=tx.now,
        status=status,
        run=run,
    )
    tx.run(
        "update subscribers set failing_since = null where id = :id and failing_since is not null",
        id=row["subscriber_id"],
    )
    return bool(done)


def failed(tx: Tx, row: Row, error: str, status: int | None, *, again: timedelta | None) -> None:
    """Count the attempt; `again` says when the next is due, None that it was the last."""
    tx.run(
        "update deliveries set tries = tries + 1, last_error = :error, last_status = :status,"
        " due_at = :due, state = :state where id = :id",
        id=row["id"],
        error=error,
        status=status,
        due=tx.now + again if again is not None else None,
        state="pending" if again is not None else "failed",
    )
    tx.run(
        "update subscribers set failing_since = coalesce(failing_since, :now) where id = :id",
        id=row["subscriber_id"],
        now=tx.now,
    )


def disable(tx: Tx, subscriber_id: str, reason: str) -> bool:
    """Send nothing more to a subscriber; False when it was disabled already."""
    changed = tx.run(
        subscribers.update()
        .where(subscribers.c.id == subscriber_id, subscribers.c.state == "active")
        .values(state="disabled", state_reason=reason)
    )
    jobs.drop_lane(tx, lane(subscriber_id))
    tx.run(
        "update deliveries set state = 'dropped', due_at = null"
        " where subscriber_id = :id and state = 'pending'",
        id=subscriber_id,
    )
    return bool(changed)


def lanes(tx: Tx) -> Mapping[str, int]:
    """The lanes of active subscribers: four requests at once each."""
    rows = tx.all("select id from subscribers where state = 'active'")
    return {lane(row["id"]): 4 for row in rows}
