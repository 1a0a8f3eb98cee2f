"""Many parked escalations go on, one transaction each: a job does it, whoever leaves the page."""

from collections.abc import Sequence

from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.pipeline import parking
from hub.store import Tx, conversations, escalations, retries, work
from hub.store.schema import retries as table
from hub.telemetry import crashpoint

STORY = "retry_many"
AT_ONCE = 50  # escalations in one job, then others have their turn


def begin(tx: Tx, workspace_id: str, escalation_ids: Sequence[str], *, actor: str) -> str:
    """Have these escalations of the workspace go on; the id to follow it by."""
    retry_id = retries.begin(tx, workspace_id, escalation_ids, actor)
    jobs.enqueue(tx, jobs.HUB, STORY, retry_id)
    return retry_id


def retry_many(house: House, job: Job) -> None:
    """Let the next escalations go on; what is not parked any more is counted only."""
    with house.store.transaction() as tx:
        row = work.begin(tx, table, job.subject)
        if row is None or row["ended_at"] is not None or row["parked"] is not None:
            jobs.finish(tx, job)
            return
    for _ in range(AT_ONCE):
        if not next_one(house, job, row["run"], row["workspace_id"], row["actor"]):
            return
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        jobs.enqueue(tx, jobs.HUB, STORY, job.subject)


def next_one(house: House, job: Job, run: int, workspace_id: str, actor: str) -> bool:
    """The next escalation goes on; False at the end, and the job is finished."""
    with house.store.transaction() as tx:
        escalation_id = retries.next_one(tx, job.subject, run)
        if escalation_id is None:
            retries.end(tx, job.subject)
            jobs.finish(tx, job)
            return False
        row = escalations.get(tx, escalation_id)
        ours = row is not None and row["workspace_id"] == workspace_id
        if row is not None and ours:
            conversations.lock(tx, row["conversation_id"])
        retries.count(
            tx,
            job.subject,
            went_on=row is not None and ours and parking.retry(tx, row, actor=actor),
        )
    crashpoint("retry.committed", job.subject, escalation_id)
    return True
