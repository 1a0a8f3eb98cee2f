"""What the overview tells: escalations, their times and their ends since a moment."""

from collections.abc import Sequence
from datetime import datetime

from hub.store import Row, Tx

SINCE = "e.workspace_id = :workspace and e.created_at >= :since"
DESK = "coalesce(t.desk, c.desk, 'live_chat')"
WITH_DESK = (
    "escalations e left join tickets t on t.escalation_id = e.id"
    " left join connections c on c.id = e.connection_id"
)


def begun(tx: Tx, workspace_id: str, since: datetime, unit: str, zone: str) -> Sequence[Row]:
    """Escalations by `unit` (hour or day, on the clock of `zone`) and desk."""
    return tx.all(
        f"select date_trunc(:unit, e.created_at, :zone) as at, {DESK} as desk, count(*) as n"
        f" from {WITH_DESK} where {SINCE} group by 1, 2 order by 1, 2",
        workspace=workspace_id,
        since=since,
        unit=unit,
        zone=zone,
    )


def to_ticket(tx: Tx, workspace_id: str, since: datetime) -> Sequence[Row]:
    """Seconds from escalation to ticket by desk: how many, the median, and 19 of 20."""
    return tx.all(
        f"select {DESK} as desk, count(e.ticketed_at) as n,"
        " percentile_cont(0.5) within group (order by s.seconds) as p50,"
        " percentile_cont(0.95) within group (order by s.seconds) as p95"
        f" from {WITH_DESK} cross join lateral"
        " (select extract(epoch from e.ticketed_at - e.created_at)::float as seconds) s"
        f" where {SINCE} group by 1 having count(e.ticketed_at) > 0 order by 1",
        workspace=workspace_id,
        since=since,
    )


def to_reply(tx: Tx, workspace_id: str, since: datetime) -> Sequence[Row]:
    """Seconds from escalation to the first words of a human, by desk."""
    return tx.all(
        f"select {DESK} as desk, count(*) as n,"
        " percentile_cont(0.5) within group (order by s.seconds) as p50,"
        " percentile_cont(0.95) within group (order by s.seconds) as p95"
        f" from {WITH_DESK} cross join lateral"
        " (select extract(epoch from m.at - e.created_at)::float as seconds from messages m"
        "  where m.conversation_id = e.conversation_id and m.role = 'agent'"
        "  and m.at >= e.created_at order by m.at limit 1) s"
        f" where {SINCE} group by 1 order by 1",
        workspace=workspace_id,
        since=since,
    )


def resumed(tx: Tx, workspace_id: str, since: datetime) -> Sequence[Row]:
    """Why the AI got the word again, the most frequent first."""
    return tx.all(
        "select detail, count(*) as n from audit where workspace_id = :workspace"
        " and what = 'conversation.resumed' and at >= :since group by 1 order by n desc, 1",
        workspace=workspace_id,
        since=since,
    )


def failing(tx: Tx, workspace_id: str) -> Row:
    """What does not arrive now: deliveries that are tried again, endpoints that fail or are off."""
    return tx.one(
        "select (select count(*) from deliveries where workspace_id = :workspace"
        "  and due_at is not null and tries > 0) as waiting,"
        " count(*) filter (where failing_since is not null and state = 'active') as failing,"
        " count(*) filter (where state <> 'active') as disabled"
        " from subscribers where workspace_id = :workspace",
        workspace=workspace_id,
    )
