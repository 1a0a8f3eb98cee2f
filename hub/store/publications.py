"""Events to subscribers, and their deliveries."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
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
        " returning id, workspace_id, type, conversation_id)"
        " select told.id as event_id, s.id as subscriber_id, s.workspace_id from told"
        " join subscribers s on s.workspace_id = told.workspace_id and s.state = 'active'"
        " and (s.events is null or told.type = any(s.events)) and (s.source_id is null or exists"
        "   (select 1 from conversations c where c.id = told.conversation_id"
        "   and c.source_id = s.source_id)) order by told.id, s.id",
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


def tell_one(tx: Tx, subscriber: Row, type_: str, data: dict[str, Any]) -> str:
    """Store an event that one subscriber gets, whatever it listens to; its delivery's id."""
    event_id, delivery_id = ids.new("event"), ids.new("delivery")
    owner = {"workspace_id": subscriber["workspace_id"]}
    tx.insert("events", id=event_id, direction="out", type=type_, payload=data, at=tx.now, **owner)
    tx.insert("deliveries", id=delivery_id, subscriber_id=subscriber["id"], event_id=event_id,
              created_at=tx.now, **owner)  # fmt: skip
    return delivery_id


def delivery(tx: Tx, delivery_id: str) -> Row | None:
    """A delivery with its subscriber and its event."""
    return tx.first(
        "select d.*, s.url, s.secret, s.previous_secret, s.previous_until, s.signing_key,"
        " s.previous_signing_key, s.source_id, s.version, s.ordered, s.warned,"
        " s.state as subscriber_state, s.failing_since, e.type, e.payload, e.at as event_at,"
        " e.conversation_id from deliveries d join subscribers s on s.id = d.subscriber_id"
        " join events e on e.id = d.event_id where d.id = :id",
        id=delivery_id,
    )


def platform(tx: Tx, row: Row) -> Row:
    """Whom a source's own line speaks to: its dialect and the platform's name of the chat."""
    return tx.one(
        "select s.dialect, c.external_id from sources s"
        " join conversations c on c.source_id = s.id and c.id = :conversation where s.id = :id",
        id=row["source_id"],
        conversation=row["conversation_id"],
    )


# The answer is kept with the delivery, in the statement that settles it.
ATTEMPT = """attempts = case when jsonb_array_length(attempts) < 20 then attempts
    else attempts - 0 end || cast(:attempt as jsonb)"""


def delivered(tx: Tx, row: Row, status: int | None, attempt: dict[str, Any]) -> None:
    """The subscriber has it, unless another run was faster."""
    tx.run(  # first, here and in `failed`: `disable` locks it before its deliveries
        "update subscribers set failing_since = null, warned = 0"
        " where id = :id and failing_since is not null",
        id=row["subscriber_id"],
    )
    tx.run(
        "update deliveries set state = 'delivered', delivered_at = :now, last_status = :status,"
        f" last_error = null, due_at = null, {ATTEMPT} where id = :id and run = :run",
        id=row["id"],
        now=tx.now,
        status=status,
        run=row["run"],
        attempt=attempt,
    )


def failed(tx: Tx, row: Row, attempt: dict[str, Any], *, again: timedelta | None) -> bool:
    """Count the attempt, unless the delivery was dropped meanwhile or another run has it.

    `again` says when the next is due, None that it was the last.
    """
    tx.run(
        "update subscribers set failing_since = coalesce(failing_since, :now) where id = :id",
        id=row["subscriber_id"],
        now=tx.now,
    )
    done = tx.run(
        "update deliveries set tries = tries + 1, last_error = :error, last_status = :status,"
        f" due_at = :due, state = :state, {ATTEMPT}"
        " where id = :id and run = :run and state = 'pending'",
        id=row["id"],
        run=row["run"],
        error=attempt["error"] or "",
        status=attempt["status"],
        due=tx.now + again if again is not None else None,
        state="pending" if again is not None else "failed",
        attempt=attempt,
    )
    return bool(done)


def bodiless(tx: Tx, delivery_id: str) -> None:
    """The event's body was deleted before it could go out."""
    tx.run(
        "update deliveries set state = 'dropped', last_error = 'The body is deleted: too old.',"
        " due_at = null where id = :id",
        id=delivery_id,
    )


def warn(tx: Tx, subscriber_id: str, stage: int) -> bool:
    """Note that the others are told of its failing for the `stage`th time; False if they were."""
    sql = "update subscribers set warned = :stage where id = :id and warned < :stage"
    return bool(tx.run(sql, id=subscriber_id, stage=stage))


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


# One conversation's events to a subscriber that wants them in order. The lock comes before any
# row's, so that who holds back and who lets go never miss each other, nor wait for each other.
EARLIER = """
select 1 from events e join deliveries d on d.event_id = e.id and d.subscriber_id = :subscriber
where e.conversation_id = :conversation and d.state = 'pending' and d.id < :id limit 1
"""
NEXT = """
update deliveries set held = false where id = (
    select d.id from events e
    join deliveries d on d.event_id = e.id and d.subscriber_id = :subscriber
    where e.conversation_id = :conversation and d.state = 'pending' and d.held and d.id <> :id
    order by d.id limit 1)
returning id
"""


def in_line(row: Row) -> bool:
    """True when a delivery has to keep to the order of its conversation."""
    return bool(row["ordered"] and row["conversation_id"])


def lock_line(tx: Tx, row: Row) -> None:
    """Nobody else looks at this conversation's deliveries to the subscriber until the commit."""
    line = f"{row['subscriber_id']}/{row['conversation_id']}"
    tx.run("select pg_advisory_xact_lock(hashtextextended(:line, 0))", line=line)


def hold(tx: Tx, row: Row) -> bool:
    """Hold a delivery back while one before it waits; False when it is its turn."""
    if tx.value(EARLIER, **_line(row)) is None:
        return False
    tx.run("update deliveries set held = true where id = :id", id=row["id"])
    return True


def let_go(tx: Tx, row: Row) -> str | None:
    """The delivery whose turn it is after this one, if it was held back."""
    freed: str | None = tx.value(NEXT, **_line(row))
    return freed


def _line(row: Row) -> dict[str, str]:
    names = {"subscriber": "subscriber_id", "conversation": "conversation_id", "id": "id"}
    return {name: row[column] for name, column in names.items()}


# As old as the workspace says, or the installation where that is less.
FORGET_BODIES = """
update events set payload = null where id in (
    select o.id from workspaces w cross join lateral (
        select e.id from events e where e.workspace_id = w.id and e.direction = 'out'
            and e.payload is not null
            and e.at < :now - least(:days, coalesce(w.payload_days, :days)) * interval '1 day'
            and not exists (select 1 from subscribers s join deliveries d
                on d.subscriber_id = s.id and d.event_id = e.id
                where s.workspace_id = e.workspace_id and s.state = 'active'
                and d.state = 'pending')
        order by e.at limit :limit) o
    limit :limit)
"""


def forget_bodies(tx: Tx, days: int, *, limit: int = 10_000) -> int:
    """Delete the bodies of events that are kept no longer and wait for nobody; how many."""
    return tx.run(FORGET_BODIES, now=tx.now, days=days, limit=limit)


def forget_keys(tx: Tx, before: datetime, *, limit: int) -> int:
    """Forget the ids by which events from `before` then are known again, `limit` at most."""
    return tx.run(
        "update events set dedupe_key = null where id in (select id from events"
        " where dedupe_key is not null and at < :before limit :limit)",
        before=before,
        limit=limit,
    )
