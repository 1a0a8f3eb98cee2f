"""Runs jobs; the only catcher of connector errors, sorted by what to do next."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors import calls
from connectors.errors import (
    AuthFailed,
    ConnectorError,
    InvalidRequest,
    Permanent,
    Retryable,
    Unavailable,
    in_short,
)
from connectors.text import clean
from hub import jobs
from hub.house import House
from hub.jobs import Job
from hub.pipeline import (
    catch_up,
    escalate,
    ladder,
    parking,
    poll,
    privacy,
    publish,
    relay,
    replay,
    retrying,
    strays,
    sync,
)
from hub.pipeline.case import Unsure
from hub.store import Fenced, Row, Tx, connections, passing, publications, traces, work
from hub.store.schema import (
    changes,
    deliveries,
    erasures,
    escalations,
    replays,
    retries,
    tickets,
)
from hub.store.schema import connections as connections_table
from hub.summary import language
from hub.taking import LANES_EVERY, Worker
from hub.telemetry import crashpoint
from mappings.errors import MappingError

log = structlog.get_logger()

NICE = 10  # answering platforms comes before working off
POOL = 4  # database connections; a job holds one for a few milliseconds at a time
LISTENING = 1  # database connection beside those, from which jobs are taken
M_ARENA_MAX = -8  # of malloc.h
HUB_WIDTH = 16  # jobs in flight that call nobody
FIRST_DELAY, LONGEST_DELAY = 1.0, 300.0  # seconds between tries
SHORTEST_DELAY = 1.0  # seconds, whatever a desk asks for: some say 0


@dataclass(frozen=True)
class Story:
    """A kind of job: what runs, the table of its rows, how often it may fail."""

    run: Callable[[House, Job], None]
    table: Table
    tries: int
    parks: bool = True  # what is not worth a person's time is left undone instead


STORIES: Mapping[str, Story] = {
    "escalate": Story(escalate.escalate, escalations, 12),
    "relay": Story(relay.relay, tickets, 12),
    "catch_up": Story(catch_up.catch_up, tickets, 12, parks=False),
    "close": Story(relay.close, tickets, 12),
    "sync": Story(sync.sync, changes, 12),
    "deliver": Story(publish.deliver, deliveries, 12),
    "replay": Story(replay.replay, replays, 12),
    "climb": Story(ladder.climb, escalations, 12),
    "stray": Story(strays.meet, changes, 12),
    "close_stray": Story(strays.close, changes, strays.TRIES),
    retrying.STORY: Story(retrying.retry_many, retries, 12),
    privacy.STORY: Story(privacy.erase, erasures, 12),
    "poll": Story(poll.poll, connections_table, 1),
}


def run(house: House, job: Job) -> None:
    """Run one job to its end, its next try, or its parking place."""
    with calls.recorded():
        _run(house, job, STORIES[job.story])


def _run(house: House, job: Job, story: Story) -> None:
    crashpoint("job.claimed", job.subject)
    try:
        with _traced(house, job):
            story.run(house, job)
        crashpoint("job.done", job.subject)
        house.metrics.jobs.labels(job.story, "done").inc()
    except Fenced as news:
        log.info("job.fenced", story=job.story, subject=job.subject, why=str(news))
    except (DBAPIError, PoolTimeout) as problem:
        if passing(problem):  # the queue takes the job up again
            why = str(problem.orig if isinstance(problem, DBAPIError) else problem)
            log.warning("job.again", story=job.story, subject=job.subject, why=why)
            raise
        _failed(house, job, story, problem)
    except Exception as problem:
        _failed(house, job, story, problem)


def _traced(house: House, job: Job) -> AbstractContextManager[None]:
    """The job's span in the trace of its escalation, where there is one."""
    if not house.tracing.on:
        return nullcontext()
    with house.store.transaction() as tx:
        parent = traces.of(tx, job.subject)
    if parent is None:
        return nullcontext()
    name = traces.SPANS.get(job.story, job.story)
    return house.tracing.begin(name, parent, "consumer", subject=job.subject)


def _failed(house: House, job: Job, story: Story, problem: Exception) -> None:
    """Record the failure and what follows from it, with the end of this job."""
    if not isinstance(problem, ConnectorError | MappingError):
        log.exception("job.bug", story=job.story, subject=job.subject)
    else:
        log.warning("job.failed", story=job.story, subject=job.subject, why=in_short(problem))
    with house.store.transaction() as tx:
        jobs.finish(tx, job)
        here = story.table.c.id == job.subject
        row = tx.first(story.table.select().where(here).with_for_update())
        if row is not None and not _has_left(job, row):
            end = _settle(tx, house, job, story, row, problem)
            house.metrics.jobs.labels(job.story, end).inc()
        crashpoint("job.before_put_off", job.subject)
    crashpoint("job.put_off", job.subject)


def _settle(tx: Tx, house: House, job: Job, story: Story, row: Row, problem: Exception) -> str:
    """The next try, the paused connection, or the parking place."""
    polls = story.table is connections_table
    connection_id = row["id"] if polls else row.get("connection_id")
    called, said = calls.taken(), _said(problem)
    if called and connection_id:
        connections.complained(tx, connection_id, job.story, said)
    if isinstance(problem, Unsure):  # whoever lets it go on has looked
        tx.run("update escalations set create_started_at = null, restored_at = null"
               " where id = :id", id=job.subject)  # fmt: skip
    if isinstance(problem, Unavailable) and connection_id:
        connections.failed(tx, connection_id)
    closing = job.story == "close"
    if isinstance(problem, AuthFailed) and connection_id:
        parking.pause_connection(tx, connection_id, said)
        if not polls:
            parking.tried(tx, story.table, row, said, called, closing=closing)
        # Workers close the lane within `LANES_EVERY`; until then nothing calls in vain.
        lane, pause = connections.lane(connection_id), 2 * LANES_EVERY
        jobs.enqueue(tx, lane, job.story, job.subject, delay=pause)
        return "waiting"
    if polls:
        return "failed"  # polling goes on by the clock
    waits = isinstance(problem, Retryable) and not isinstance(problem, Unavailable)
    last = not waits and row["tries"] + 1 >= story.tries
    if not story.parks and (isinstance(problem, Permanent) or last):
        tx.run(story.table.update().where(story.table.c.id == row["id"]).values(tries=0))
        return "failed"
    if isinstance(problem, Permanent | MappingError) or last:
        reason = _reason(tx, problem)
        parking.park(tx, story.table, row, reason, called, closing=closing)
        house.metrics.parked.labels(_code(problem)).inc()
        return "parked"
    if not waits or said != row["last_error"]:  # the same answer again tells nothing new
        parking.tried(tx, story.table, row, said, called, closing=closing)
    seconds = _delay(house, problem, row["tries"])
    work.put_off(tx, story.table, job.subject, seconds=seconds, error=said, failed=not waits)
    jobs.enqueue(tx, _lane(row, job), job.story, job.subject, delay=seconds)
    return "again"


def _has_left(job: Job, row: Row) -> bool:
    """True when another desk has the escalation meanwhile: what failed is nobody's news."""
    moves = job.story == "escalate" and job.lane
    return bool(moves and job.lane != _lane(row, job))


def _delay(house: House, problem: Exception, tries: int) -> float:
    """What the desk asked for, or twice as long as last time, with jitter."""
    asked = problem.retry_after if isinstance(problem, Retryable) else None
    if asked is not None:
        return max(SHORTEST_DELAY, asked) + house.random.random() * 0.5
    delay = min(LONGEST_DELAY, FIRST_DELAY * 2.0**tries)
    return float(delay * (0.75 + house.random.random() / 2))


def _lane(row: Row, job: Job) -> str:
    if job.story == "deliver":
        return publications.lane(row["subscriber_id"])
    if job.story in ("climb", "stray") or (job.story == "sync" and row["kind"] != "hint"):
        return jobs.HUB
    return connections.lane(row["connection_id"]) if row.get("connection_id") else jobs.HUB


def _reason(tx: Tx, problem: Exception) -> dict[str, Any]:
    fields: dict[str, str] = {}
    if isinstance(problem, InvalidRequest):
        fields = dict(problem.fields)
    if isinstance(problem, MappingError):
        fields = {error.field: error.message for error in problem.errors}
    return work.reason(tx, _code(problem), _said(problem), fields)


def _said(problem: Exception) -> str:
    """What people read of it: whatever a desk put in, and no statement of ours with its values."""
    if isinstance(problem, DBAPIError):
        return f"The database refused what was to be stored ({type(problem.orig).__name__})."
    return clean(str(problem))


def _code(problem: Exception) -> str:
    """The error's class in words that outsiders may rely on."""
    name = type(problem).__name__ if isinstance(problem, ConnectorError | MappingError) else "Bug"
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def lanes(house: House) -> dict[str, int]:
    """Every lane that may be served now, with its limit."""
    with house.store.transaction() as tx:
        return {jobs.HUB: HUB_WIDTH, **connections.lanes(tx), **publications.lanes(tx)}


def serve(house: House) -> None:
    """Work until SIGTERM or SIGINT; the jobs in flight are finished."""
    os.nice(NICE)
    _share_memory()
    language.detect(["Where is my order?"])  # the model takes most of a second to load
    asyncio.run(_serve(house))


def _share_memory() -> None:
    """Have glibc keep two arenas and not one a thread, each with what its thread has freed."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)


async def _serve(house: House) -> None:
    direct = house.settings.direct_url
    worker = Worker(
        direct or house.store.url,
        threads=house.settings.worker_threads,
        pooled=direct is None and house.store.pooled,
        lanes=lambda: lanes(house),
        run=lambda job: run(house, job),
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    log.info("worker.started", threads=house.settings.worker_threads)
    await worker.serve(lambda problem: log.warning("worker.database_away", why=str(problem)))
    house.close()
    log.info("worker.stopped")
