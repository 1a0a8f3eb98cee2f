"""What the subscribers' pages read: endpoints with their health, deliveries with their events."""

from hub.console.queries import SIZE, Page
from hub.store import Row, Tx

LATEST = 100  # deliveries by which an endpoint's health is told

SUBSCRIBER = """
select s.id, s.url, s.events, s.state, s.state_reason, s.failing_since, s.previous_until,
  s.created_at, s.source_id, o.name as source_name, h.* from subscribers s
  left join sources o on o.id = s.source_id left join lateral (
    select count(*) as total, max(delivered_at) as delivered_at,
      count(*) filter (where state = 'delivered') as delivered,
      count(*) filter (where state in ('failed', 'dropped')) as failed,
      count(*) filter (where state = 'pending' and tries > 0) as again
    from (select state, tries, delivered_at from deliveries
      where subscriber_id = s.id order by id desc limit :latest) d) h on true
where s.workspace_id = :workspace
"""
DELIVERIES = """
select d.*, e.type from deliveries d join events e on e.id = d.event_id
where d.workspace_id = :workspace and d.subscriber_id = :subscriber
"""
SHOW = {  # written out, so that the index of what failed is used
    "all": "",
    "failed": " and d.state in ('failed', 'dropped')",
    "pending": " and d.state = 'pending'",
    "delivered": " and d.state = 'delivered'",
}


def subscribers(tx: Tx, workspace_id: str, *, after: str | None) -> Page:
    """Subscribers without their secrets, the oldest first."""
    values = {"workspace": workspace_id, "latest": LATEST, "after": after or "", "most": SIZE + 1}
    rows = tx.all(SUBSCRIBER + " and s.id > :after order by s.id limit :most", **values)
    return Page(rows[:SIZE], rows[SIZE - 1]["id"] if len(rows) > SIZE else None)


def subscriber(tx: Tx, workspace_id: str, subscriber_id: str) -> Row | None:
    """One subscriber without its secrets."""
    return tx.first(
        SUBSCRIBER + " and s.id = :id", workspace=workspace_id, id=subscriber_id, latest=LATEST
    )


def deliveries(
    tx: Tx, workspace_id: str, subscriber_id: str, show: str, *, after: str | None
) -> Page:
    """A subscriber's deliveries of one chip, the newest first."""
    below = " and d.id < :after" if after else ""
    rows = tx.all(
        f"{DELIVERIES}{SHOW[show]}{below} order by d.id desc limit :most",
        workspace=workspace_id,
        subscriber=subscriber_id,
        most=SIZE + 1,
        **({"after": after} if after else {}),
    )
    return Page(rows[:SIZE], rows[SIZE - 1]["id"] if len(rows) > SIZE else None)


def delivery(tx: Tx, workspace_id: str, subscriber_id: str, delivery_id: str) -> Row | None:
    """A delivery with its event."""
    return tx.first(
        "select d.*, e.type, e.payload, e.at as event_at, e.conversation_id, e.escalation_id,"
        " s.url, s.state as subscriber_state"
        " from deliveries d join events e on e.id = d.event_id"
        " join subscribers s on s.id = d.subscriber_id"
        " where d.workspace_id = :workspace and d.subscriber_id = :subscriber and d.id = :id",
        workspace=workspace_id,
        subscriber=subscriber_id,
        id=delivery_id,
    )
