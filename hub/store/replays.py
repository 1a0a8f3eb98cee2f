"""Replays: many events of a range sent once more to one subscriber, a batch at a time."""

from datetime import datetime

from hub import ids
from hub.store import Row, Tx

BATCH = 100  # of a replay's deliveries wait at once at most, so that news does not queue behind

WHICH = {
    "failed": "d.state in ('failed', 'dropped')",
    "missing": "d.id is null",
    "all": "d.state is distinct from 'pending'",
}
MEANT = """
from events e join subscribers s on s.id = :subscriber and s.workspace_id = e.workspace_id
left join deliveries d on d.subscriber_id = s.id and d.event_id = e.id
where e.workspace_id = :workspace and e.direction = 'out' and e.payload is not null
    and e.id > :cursor and e.at >= :since and e.at < :until and e.type <> 'subscriber.test'
    and (s.events is null or e.type = any(s.events))
    and (s.source_id is null or exists (select 1 from conversations c
        where c.id = e.conversation_id and c.source_id = s.source_id))
    and {which}
"""
SEND = """
insert into deliveries (id, workspace_id, subscriber_id, event_id, created_at, replay_id)
select d.id, :workspace, :subscriber, d.event, :now, :replay
from unnest(:ids ::text[], :events ::text[]) as d(id, event)
on conflict (subscriber_id, event_id) do update set state = 'pending', tries = 0, parked = null,
    due_at = null, held = false, delivered_at = null, replay_id = excluded.replay_id
    where deliveries.state <> 'pending'
returning id
"""
PROGRESS = """
select r.*, count(d.id) filter (where d.state = 'delivered') as delivered,
    count(d.id) filter (where d.state = 'pending') as pending,
    count(d.id) filter (where d.state in ('failed', 'dropped')) as failed
from replays r left join deliveries d on d.replay_id = r.id
where r.workspace_id = :workspace and r.subscriber_id = :subscriber
    and (cast(:only as text) is null or r.id = :only)
    and (cast(:cursor as text) is null or r.id < :cursor)
group by r.id order by r.id desc limit :limit
"""


def add(tx: Tx, subscriber: Row, which: str, since: datetime, until: datetime) -> str:
    """A replay of the events told from `since` to before `until`; its id."""
    replay_id = ids.new("replay")
    told = {"since": since, "until": until}
    owner = {"workspace_id": subscriber["workspace_id"], "subscriber_id": subscriber["id"]}
    total = tx.value(
        "select count(*) " + MEANT.format(which=WHICH[which]),
        workspace=subscriber["workspace_id"],
        subscriber=subscriber["id"],
        cursor=ids.first("event", since),
        **told,
    )
    tx.insert("replays", id=replay_id, which=which, total=total, created_at=tx.now,
              cursor=ids.first("event", since), **owner, **told)  # fmt: skip
    return replay_id


def running(tx: Tx, subscriber_id: str) -> bool:
    """True while one is under way for the subscriber."""
    sql = "select 1 from replays where subscriber_id = :id and state = 'running' limit 1"
    return tx.value(sql, id=subscriber_id) is not None


def send(tx: Tx, replay: Row) -> tuple[list[str], bool]:
    """Make the next batch ready; its deliveries, and whether it was the last."""
    waiting = "select count(*) from deliveries where replay_id = :id and state = 'pending'"
    room = BATCH - int(tx.value(waiting, id=replay["id"]))
    if room <= 0:
        return [], False
    names = {name: replay[f"{name}_id"] for name in ("workspace", "subscriber")}
    found = tx.all(
        f"select e.id {MEANT.format(which=WHICH[replay['which']])} order by e.id limit :room",
        room=room,
        **names,
        **{name: replay[name] for name in ("cursor", "since", "until")},
    )
    told = [row["id"] for row in found]
    new = [ids.new("delivery") for _ in told]
    sent = tx.all(SEND, ids=new, events=told, now=tx.now, replay=replay["id"], **names)
    tx.run(
        "update replays set sent = sent + :sent, cursor = coalesce(:last, cursor) where id = :id",
        id=replay["id"],
        sent=len(sent),
        last=told[-1] if told else None,
    )
    return sorted(row["id"] for row in sent), len(told) < room


def end(tx: Tx, replay_id: str, state: str, why: str | None = None) -> bool:
    """Done, or stopped; False when it was over already."""
    return bool(tx.run(
        "update replays set state = :state, last_error = :why, ended_at = :now, due_at = null"
        " where id = :id and state = 'running'",
        id=replay_id,
        state=state,
        why=why,
        now=tx.now,
    ))  # fmt: skip


def of(
    tx: Tx, subscriber: Row, *, limit: int = 50, cursor: str | None = None, only: str | None = None
) -> list[Row]:
    """The subscriber's replays with what became of their deliveries, the newest first."""
    return list(tx.all(
        PROGRESS,
        workspace=subscriber["workspace_id"],
        subscriber=subscriber["id"],
        limit=limit,
        cursor=cursor,
        only=only,
    ))  # fmt: skip
