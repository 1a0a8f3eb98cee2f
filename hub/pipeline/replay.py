"""A range of events once more for one subscriber: batch after batch, wherever it was left."""

from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.store import publications, replays, work
from hub.store.schema import replays as table
from hub.store.schema import subscribers
from hub.telemetry import crashpoint

PAUSE = 1.0  # seconds between looks at how much of the batch is through


def replay(house: House, job: Job) -> None:
    """Make the next batch ready, and come back while there is more."""
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        row = work.begin(tx, table, job.subject)
        if row is None or row["state"] != "running":
            return
        state = tx.value(subscribers.select().with_only_columns(subscribers.c.state)
                         .where(subscribers.c.id == row["subscriber_id"]))  # fmt: skip
        if state != "active":
            replays.end(tx, row["id"], "stopped", "The subscriber is disabled.")
            return
        ready, last = replays.send(tx, row)
        lane = publications.lane(row["subscriber_id"])
        jobs.enqueue_all(tx, [(lane, one) for one in ready], "deliver")
        if last:
            replays.end(tx, row["id"], "done")
        else:
            jobs.enqueue(tx, jobs.HUB, "replay", row["id"], delay=PAUSE)
        crashpoint("replay.before_commit", row["id"])
