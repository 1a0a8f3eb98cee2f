"""Work that should go on and has no job: the net below everything else.

A job that was deleted by hand leads here, and so does what a desk tells while we write to its
ticket, where that write then fails or waits. Adoption is safe: a job too many finds its work done,
or is fenced.
"""

from datetime import timedelta

from hub import jobs
from hub.store import Row, Tx, connections, publications

LEFT_ALONE = timedelta(minutes=2)  # younger work has its job for certain
AT_ONCE = 1000  # of a story

SEARCHES = {
    "escalate": "select id, connection_id from escalations where parked is null"
    " and state in ('received', 'summarised') and created_at < :old"
    " and (due_at is null or due_at < :old)"
    " and (state = 'received' or (connection_id is not null and (taken_over_at is not null"
    "   or not exists (select 1 from connections c where c.id = connection_id"
    "     and c.desk = 'live_chat'))))"
    # over, and a ticket may stand there all the same: whoever looks for it closes it
    " union all select id, connection_id from escalations where state = 'returned'"
    " and parked is null and create_started_at is not null and ticketed_at is null"
    " and created_at < :old"
    " and (due_at is null or due_at < :old)",
    "relay": "select id, connection_id from tickets where relaying and parked is null"
    " and (due_at is null or due_at < :old) and created_at < :old",
    "sync": "select c.id, case when c.kind = 'hint' then c.connection_id end as connection_id"
    " from changes c join tickets t"
    " on t.connection_id = c.connection_id and t.external_id = c.external_ticket_id"
    " where c.state = 'waiting' and c.received_at < :old and (c.due_at is null or c.due_at < :old)"
    # of a ticket's hints only the oldest has a job
    " and not (c.kind = 'hint' and exists (select 1 from changes o"
    "   where o.connection_id = c.connection_id and o.external_ticket_id = c.external_ticket_id"
    "     and o.kind = 'hint' and o.state = 'waiting' and o.id < c.id))",
    "retry_many": "select id, null as connection_id from retries where ended_at is null"
    " and parked is null and created_at < :old and (due_at is null or due_at < :old)",
    "erase": "select id, null as connection_id from erasures where ended_at is null"
    " and parked is null and created_at < :old and (due_at is null or due_at < :old)",
    "deliver": "select d.id, d.subscriber_id as connection_id from deliveries d"
    " join subscribers s on s.id = d.subscriber_id where d.state = 'pending'"
    " and s.state = 'active' and d.created_at < :old and (d.due_at is null or d.due_at < :old)"
    # who waits for the one before gets a job when that one is over
    " and not (d.held and exists (select 1 from events e join events b"
    "   on b.conversation_id = e.conversation_id join deliveries o"
    "   on o.event_id = b.id and o.subscriber_id = d.subscriber_id"
    "   where e.id = d.event_id and o.state = 'pending' and o.id < d.id))",
    "replay": "select id, null as connection_id from replays where state = 'running'"
    " and created_at < :old and (due_at is null or due_at < :old)",
}


def adopt(tx: Tx) -> int:
    """Enqueue a job for all old work that has none; how many."""
    number = 0
    for story, search in SEARCHES.items():
        lost = tx.all(
            f"select * from ({search}) work where {jobs.NONE_OPEN} limit {AT_ONCE}",
            old=tx.now - LEFT_ALONE,
            story=story,
        )
        jobs.enqueue_all(tx, [(_lane(story, row), row["id"]) for row in lost], story)
        number += len(lost)
    return number


def _lane(story: str, row: Row) -> str:
    if story == "deliver":
        return publications.lane(row["connection_id"])
    return connections.lane(row["connection_id"]) if row["connection_id"] else jobs.HUB
