"""What the overview tells of a range: escalations, how long they took, why the AI spoke again.

Each is counted on the day on which it happened, by the workspace's clock. Days that are over are
counted once, by the clock, into `figures`; what is younger is counted when somebody asks. So a
month is read from a few thousand rows, however many escalations it had.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.store import Row, Tx

KEPT = timedelta(days=40)  # the overview goes back 30
SETTLED = timedelta(hours=1)  # after midnight; until then a slow commit may belong to yesterday
STEP = 1.05  # seconds are counted by size: a median is told to 2.5 %
SHORTEST = 0.01  # seconds

# Looked up one by one: a few rows of large tables, which a join would read from end to end.
DESK = """coalesce((select desk from tickets where escalation_id = e.id),
  (select desk from connections where id = e.connection_id), 'live_chat')"""
FACTS = f"""
select 'begun' as what, {DESK} as name, e.created_at as at, null::interval as took
from escalations e
where e.workspace_id = :workspace and e.created_at >= :since and e.created_at < :until
union all
select 'ticket', t.desk, t.created_at,
  t.created_at - (select created_at from escalations where id = t.escalation_id)
from tickets t
where t.workspace_id = :workspace and t.created_at >= :since and t.created_at < :until
union all
select 'reply', {DESK}, a.at, a.at - e.created_at
from audit a cross join lateral
  (select * from escalations where id = a.escalation_id offset 0) e
where a.workspace_id = :workspace and a.what = 'agent.replied'
  and a.at >= :since and a.at < :until
  and not exists (select 1 from audit b where b.escalation_id = a.escalation_id
    and b.what = 'agent.replied' and b.id < a.id offset 0)
union all
select 'resumed', coalesce(detail, ''), at, null from audit
where workspace_id = :workspace and what = 'conversation.resumed'
  and at >= :since and at < :until
"""
SECONDS = "extract(epoch from took)::float8"  # a logarithm of a numeric takes 100 times as long
COUNTED = f"""
select what, name, date_trunc(:unit, at at time zone :zone) as step,
  coalesce(floor(ln(greatest({SECONDS}, {SHORTEST})) / ln({STEP}::float8)), 0)::int as size,
  count(*) as n
from ({FACTS}) facts group by 1, 2, 3, 4
"""
# Of times it does not matter when they were: their days are added up.
TOLD = f"""
select what, name, case when what = 'begun' then step end as step, size, sum(n)::int as n
from (
  select what, name, day::timestamp as step, size, n from figures
  where workspace_id = :workspace and day >= (:from at time zone :zone)::date and :unit = 'day'
  union all {COUNTED}
) told group by 1, 2, 3, 4 order by 1, 3, 2, 4
"""
# One whose clock is being changed waits for the next time: its days are others then.
UNCOUNTED = """
select id, time_zone, counted_to,
  date_trunc('day', cast(:settled as timestamptz), time_zone) as today
from workspaces
where counted_to is null
  or counted_to < date_trunc('day', cast(:settled as timestamptz), time_zone)
for no key update skip locked
"""


def told(tx: Tx, workspace: Row, since: datetime, unit: str) -> Sequence[Row]:
    """What happened since then, as `what`, `name`, `step`, `size` and how many (`n`).

    `begun` and `ticket` and `reply` are named by the desk, `resumed` by the reason. `step` is the
    hour or day (`unit`) of what has begun, by the workspace's clock; `size` is of seconds.
    """
    counted = workspace["counted_to"]
    by_day = unit == "day" and counted is not None
    return tx.all(
        TOLD, workspace=workspace["id"], zone=workspace["time_zone"], unit=unit, until=tx.now,
        since=max(since, counted) if by_day else since, **{"from": since},
    )  # fmt: skip


def quantile(rows: Sequence[Row], part: float) -> float:
    """So many of the times (0.5: half of them) were as long as this or shorter; in seconds."""
    wanted = part * sum(row["n"] for row in rows)
    for row in sorted(rows, key=lambda row: row["size"]):
        wanted -= row["n"]
        if wanted <= 0:
            break
    middle: float = STEP ** (row["size"] + 0.5)
    return middle


def count_days(tx: Tx) -> None:
    """Count the days that are over since the last time, of every workspace, by its own clock."""
    for workspace in tx.all(UNCOUNTED, settled=tx.now - SETTLED):
        _count(tx, workspace, workspace["counted_to"] or workspace["today"] - KEPT)


def count_anew(tx: Tx, workspace_id: str) -> None:
    """Forget what was counted, as after a change of the clock: it is counted again soon."""
    tx.run("delete from figures where workspace_id = :id", id=workspace_id)
    tx.run("update workspaces set counted_to = null where id = :id", id=workspace_id)


def _count(tx: Tx, workspace: Row, since: datetime) -> None:
    tx.run(
        "insert into figures (workspace_id, what, name, day, size, n)"
        f" select :workspace, what, name, step, size, n from ({COUNTED}) counted",
        workspace=workspace["id"], zone=workspace["time_zone"], unit="day", since=since,
        until=workspace["today"],
    )  # fmt: skip
    tx.run("update workspaces set counted_to = :today where id = :id",
           id=workspace["id"], today=workspace["today"])  # fmt: skip
    tx.run("delete from figures where workspace_id = :id and day < :old",
           id=workspace["id"], old=(workspace["today"] - KEPT).date())  # fmt: skip
