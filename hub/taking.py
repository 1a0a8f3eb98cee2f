"""Takes jobs from the queue, lane by lane, and runs each in a thread.

The loop is pgqueuer's. What is ours saves it questions that have only one answer: it costs the
database two statements a job instead of a dozen.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import asyncpg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as QueueJob
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.jobs import Job

# The database is away: for the queue's own connection, or for the question which lanes are open.
AWAY = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, DBAPIError, PoolTimeout)
# A killed worker's jobs go on after DEAD_AFTER and what is left until another one looks: 12.5 s at
# most. A live one's last beat is at most 2.6 s old, since the library collects beats for a quarter
# of BEAT: so a process may stand still for 7 s, on a machine however slow, before it loses a job.
# (The library would beat at half of DEAD_AFTER, which leaves it 3.) Who loses a job is fenced.
BEAT = timedelta(seconds=2)
DEAD_AFTER = timedelta(seconds=10)
DEQUEUE_TIMEOUT = timedelta(seconds=2.5)
UNHEARD = timedelta(seconds=1)  # the same where nobody tells of new jobs
ANSWER_WITHIN = 30.0  # seconds: then the database has gone, and nobody has told us
STATEMENTS = 100  # of the driver's own that it keeps prepared
LANES_EVERY = 1.0  # seconds until a new lane is served
STILL_WAITING = 0.25  # seconds for which jobs that found no place are believed to wait
BATCH = 10
WAKE = json.dumps(
    {
        "channel": "ch_pgqueuer",
        "operation": "delete",
        "sent_at": "2026-01-01T00:00:00Z",
        "table": "pgqueuer",
        "type": "table_changed_event",
    }
)
# The queue's statements find a few rows among however many wait, by indexes that are made for it.
# The planner has to guess how many wait: before a burst has been counted (autovacuum looks once a
# minute) it reads the whole table, 47 ms of 20,000 jobs where 1 ms does; and it weighs the same
# plans anew each time, longer than the statement then takes.
# https://www.postgresql.org/docs/18/runtime-config-query.html
PLANS = """
set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off
"""
# Two steps into an index for each lane, however many jobs wait.
NEXT = """
select bool_or(first.at <= now()) as due, min(later.at) - now() as eta
from unnest($1 ::text[]) as lane
left join lateral (select execute_after as at from pgqueuer
    where status = 'queued' and entrypoint = lane order by execute_after limit 1) first on true
left join lateral (select execute_after as at from pgqueuer
    where status = 'queued' and entrypoint = lane and execute_after > now()
    order by execute_after limit 1) later on true
"""
# A job is ours from one picking to the next, which may be our own again: a worker that stood still
# may lose a job to another, and take it back from the dead while the first run still goes on.
END = """
delete from pgqueuer q
using unnest($1::bigint[], $2::uuid[], $3::timestamptz[]) as mine(id, owner, picked)
where q.id = mine.id and q.queue_manager_id = mine.owner and q.updated = mine.picked
"""
PUT_OFF = """
update pgqueuer set status = 'queued', execute_after = now() + $4::interval,
    attempts = attempts + 1, updated = now(), queue_manager_id = null
where id = $1 and queue_manager_id = $2 and updated = $3
"""

# pgqueuer logs each job's traceback itself; the worker's own log line is the one to read.
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)


class _Questions(Queries):
    """The library's statements, without those whose answer is known."""

    def __init__(self, driver: AsyncpgDriver) -> None:
        super().__init__(driver)
        self.finished: set[int] = set()
        self.waiting = False  # jobs are due and found no place
        self._known_until = 0.0  # when that has to be asked again
        self._short = False
        self._eta: timedelta | None = None

    async def dequeue(self, batch_size: int, *args: Any, **kwargs: Any) -> list[QueueJob]:
        """After a batch that was not full there is nothing more until a place or a job is new.

        Whose worker is dead is ours to say: the library asks with the time between its beats.
        """
        if self._short:
            self._short = False
            return []
        kwargs["heartbeat_timeout"] = DEAD_AFTER
        jobs = await super().dequeue(batch_size, *args, **kwargs)
        self._short = 0 < len(jobs) < batch_size
        return jobs

    async def log_jobs(self, job_status: list[Any]) -> None:
        """Take out what ended and was not taken out by its story, as long as it is ours.

        The library deletes by the job's number alone: a worker that was overtaken would delete the
        job of the one that works on it. What ended badly stays picked, and is picked again when
        its heartbeat is stale.
        """
        ended = [job for job, status, _ in job_status if status == "successful"]
        left = [job for job in ended if job.id not in self.finished]
        self.finished -= {job.id for job in ended}
        if left:
            mine = [(job.id, job.queue_manager_id, job.updated) for job in left]
            await self.driver.execute(END, *map(list, zip(*mine, strict=True)))

    async def retry_job(self, job: QueueJob, delay: timedelta, traceback_record: Any) -> None:
        """Put it off, as long as it is ours."""
        await self.driver.execute(PUT_OFF, job.id, job.queue_manager_id, job.updated, delay)

    async def eligible_queued_work(self, entrypoints: list[Any]) -> int:
        """Whether a job is due, and when the next will be, asked once.

        Where many wait for a place, the one who asks at each end learns nothing new.
        """
        if not (self.waiting and time.monotonic() < self._known_until):
            (row,) = await self.driver.fetch(NEXT, entrypoints)
            self.waiting, self._eta = bool(row["due"]), row["eta"]  # type: ignore[assignment]
            self._known_until = time.monotonic() + STILL_WAITING
        return int(self.waiting)

    async def next_deferred_eta(self, entrypoints: list[Any]) -> timedelta | None:
        return self._eta

    async def queued_work(self, entrypoints: list[Any]) -> int:
        return 0  # the one question above has no gap between its halves


class _Bell(AsyncpgDriver):
    """A driver at which we can ring ourselves, as the database does for a new job."""

    callback: Callable[[str], None] | None = None
    deaf = False  # behind a pooler: what it listened to would be another's connection

    async def add_listener(self, channel: str, callback: Any) -> None:
        self.callback = callback
        if not self.deaf:
            await super().add_listener(channel, callback)

    def ring(self) -> None:
        """Have the loop look for jobs now."""
        if self.callback is not None:
            self.callback(WAKE)


class Worker:
    """Serves the lanes that are open, until stopped."""

    def __init__(
        self,
        url: str,
        *,
        threads: int,
        pooled: bool = False,
        lanes: Callable[[], Mapping[str, int]],
        run: Callable[[Job], None],
    ) -> None:
        self.url = url
        self.threads = threads
        self.pooled = pooled
        self.lanes = lanes
        self.run = run
        self.pool = ThreadPoolExecutor(threads + 8, thread_name_prefix="job")
        self.stopping = asyncio.Event()
        self.manager: QueueManager | None = None

    def stop(self) -> None:
        """Take no more jobs; those in flight are finished."""
        self.stopping.set()
        if self.manager is not None:
            self.manager.shutdown.set()

    async def serve(self, on_trouble: Callable[[Exception], None]) -> None:
        """Work until stopped; when the database goes away, wait for it and begin anew."""
        while not self.stopping.is_set():
            try:
                await self._serve_once()
            except AWAY as problem:
                on_trouble(problem)
                await asyncio.sleep(0.5)
        self.pool.shutdown(wait=True)

    async def _serve_once(self) -> None:
        kept = 0 if self.pooled else STATEMENTS
        connection = await asyncpg.connect(
            self.url, statement_cache_size=kept, command_timeout=ANSWER_WITHIN
        )
        try:
            if not self.pooled:  # a pooler's connection goes on to somebody else
                await connection.execute(PLANS)
            self.bell = _Bell(connection)
            self.bell.deaf = self.pooled
            self.questions = _Questions(self.bell)
            manager = self.manager = QueueManager(self.questions)
            connection.add_termination_listener(lambda _: manager.shutdown.set())
            await self._declare(manager)
            keeping = asyncio.create_task(self._keep_declaring(manager))
            try:
                await manager.run(
                    dequeue_timeout=UNHEARD if self.pooled else DEQUEUE_TIMEOUT,
                    batch_size=BATCH,
                    max_concurrent_tasks=max(self.threads, 2 * BATCH),
                    heartbeat_timeout=2 * BEAT,  # it beats at half of it
                    log_aggregation_interval=timedelta(0),
                )
            finally:
                keeping.cancel()
            if keeping.done():
                keeping.result()  # or what it ended of
        finally:
            await connection.close(timeout=2)

    async def _keep_declaring(self, manager: QueueManager) -> None:
        try:
            while not manager.shutdown.is_set():
                await asyncio.sleep(LANES_EVERY)
                if await self._declare(manager):
                    self.bell.ring()
        finally:
            manager.shutdown.set()  # begin anew: who does not know the lanes serves old ones

    async def _declare(self, manager: QueueManager) -> bool:
        """Serve the lanes that are open now; True when one is new or wider.

        Every worker must declare the same limits. A lane that is closed costs nothing while its
        jobs wait.
        """
        loop = asyncio.get_running_loop()
        lanes = await loop.run_in_executor(self.pool, self.lanes)
        for closed in set(manager.entrypoint_registry) - set(lanes):
            del manager.entrypoint_registry[closed]
        news = False
        for lane, limit in lanes.items():
            executor = manager.entrypoint_registry.get(lane)  # type: ignore[call-overload]
            if executor is None:
                manager.entrypoint(lane, concurrency_limit=limit, on_failure="hold")(self._execute)
                news = True
            elif executor.parameters.concurrency_limit != limit:
                executor.parameters.concurrency_limit = limit
                news = True
        return news

    async def _execute(self, job: QueueJob) -> None:
        story, _, subject = (job.payload or b"").decode().partition(":")
        owner = self.manager.queue_manager_id if self.manager else None
        mine = Job(story, subject, lane=job.entrypoint, number=job.id, owner=owner)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self.pool, self.run, mine)
        except Exception as problem:
            # The worker catches all it can record. What is left is a database that is away: the
            # row stays picked, and is picked again when its heartbeat is stale.
            raise RetryRequested(delay=timedelta(seconds=1), reason=str(problem)) from problem
        if mine.finished:
            self.questions.finished.add(job.id)
        if self.questions.waiting:
            self.bell.ring()
