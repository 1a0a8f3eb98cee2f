"""Asking a desk what happened, for the webhooks that never came."""

from datetime import timedelta

from hub import desk_webhooks, jobs
from hub.house import House
from hub.jobs import Job
from hub.store import changes, connections
from hub.telemetry import crashpoint

OVERLAP = timedelta(minutes=2)  # the first question reaches back so far


def poll(house: House, job: Job) -> None:
    """Fetch all changes since the last cursor into the inbox; doubles collide there."""
    with house.store.transaction() as tx:
        connection = connections.get(tx, job.subject)
    connector = house.desks.open(connection)
    if not connector.can.polling:
        _finish(house, job)
        return
    after = connection["poll_cursor"] or connection["created_at"] - OVERLAP
    more = True
    while more:
        page = connector.fetch_changes(after)
        crashpoint("poll.fetched", job.subject)
        with house.store.transaction() as tx:
            changes.receive(
                tx, connection["workspace_id"], connection["id"], page.changes, via="poll"
            )
            tx.run(
                "update connections set poll_cursor = :cursor, polled_at = :now where id = :id",
                id=connection["id"],
                cursor=page.cursor,
                now=tx.now,
            )
        crashpoint("poll.committed", job.subject)
        after, more = page.cursor, page.more
    desk_webhooks.look_after(house, connection)
    _finish(house, job)


def _finish(house: House, job: Job) -> None:
    with house.store.transaction() as tx:
        connections.healthy(tx, job.subject)
        jobs.finish(tx, job)
