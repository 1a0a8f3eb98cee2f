"""The only file that knows the queue library (pgqueuer, https://pgqueuer.readthedocs.io).

A job is a story ("escalate") and the id of the row that it is about, in a lane. A lane is one
entrypoint with a limit on the jobs in flight over all workers: a connection's, a subscriber's, or
`HUB` for what calls nobody. Enqueueing joins the caller's transaction, so that a fact and its job
are committed together; `finish` removes the job in the transaction that records its result, and
fails if another worker has taken the job over meanwhile.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import psycopg
from pgqueuer.adapters.drivers.asyncpg import AsyncpgDriver
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.adapters.persistence.queries import Queries, SyncQueries
from pgqueuer.core.qm import QueueManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Job as QueueJob

from hub.store import Fenced, Tx

HUB = "hub"
HEARTBEAT = timedelta(seconds=15)  # a killed worker's jobs go on after 10-18 s
DEQUEUE_TIMEOUT = timedelta(seconds=5)
LANES_EVERY = 1.0  # seconds until a new lane is served
BATCH = 10

# pgqueuer logs each job's traceback itself; the worker's own log line is the one to read.
logging.getLogger("pgqueuer").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work, as its worker holds it."""

    story: str
    subject: str
    number: int = 0
    owner: UUID | None = None


class _Joined:
    """A pgqueuer driver that stays inside the caller's transaction."""

    def __init__(self, tx: Tx) -> None:
        self.raw = tx.connection.connection.driver_connection

    def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        cursor = psycopg.RawCursor(self.raw, row_factory=psycopg.rows.dict_row)  # type: ignore[arg-type]
        return cursor.execute(query, args or None).fetchall()  # type: ignore[call-overload,no-any-return]


def enqueue(tx: Tx, lane: str, story: str, subject: str, *, delay: float = 0) -> None:
    """Have `story` run for the row `subject`, `delay` seconds after the commit at the earliest."""
    enqueue_all(tx, [(lane, subject)], story, delay=delay)


def enqueue_all(tx: Tx, lanes: Sequence[tuple[str, str]], story: str, *, delay: float = 0) -> None:
    """`enqueue` for many (lane, subject) at once."""
    if not lanes:
        return
    SyncQueries(_Joined(tx)).enqueue(
        [lane for lane, _ in lanes],
        [f"{story}:{subject}".encode() for _, subject in lanes],
        [0] * len(lanes),
        [timedelta(seconds=delay)] * len(lanes),
    )


def enqueue_once(tx: Tx, lane: str, story: str, subject: str) -> None:
    """`enqueue`, unless the same story for the same row is waiting or running."""
    name = f"{story}:{subject}"
    SyncQueries(_Joined(tx)).enqueue(lane, name.encode(), dedupe_key=name, on_conflict="skip")


def drop_lane(tx: Tx, lane: str) -> None:
    """Forget the jobs that wait in a lane which nobody will serve again."""
    tx.run("delete from pgqueuer where entrypoint = :lane and status = 'queued'", lane=lane)


def finish(tx: Tx, job: Job) -> None:
    """Remove the job together with what this transaction records; `Fenced` if it is not ours."""
    if job.owner is None:
        return  # run by hand, not by a queue
    mine = tx.run(
        "delete from pgqueuer where id = :id and queue_manager_id = :owner",
        id=job.number,
        owner=job.owner,
    )
    if not mine:
        raise Fenced(f"{job.story} {job.subject}: another worker has taken this job over")


def sizes(tx: Tx) -> Mapping[tuple[str, str], int]:
    """How many jobs there are by (lane, status)."""
    rows = tx.all("select entrypoint, status::text, count(*) as n from pgqueuer group by 1, 2")
    return {(row["entrypoint"], row["status"]): row["n"] for row in rows}


def open_subjects(tx: Tx, subjects: Sequence[str]) -> set[str]:
    """Those of `story:subject` that have a job."""
    rows = tx.all(
        "select convert_from(payload, 'UTF8') as p from pgqueuer"
        " where status in ('queued', 'picked') and payload = any(:wanted)",
        wanted=[s.encode() for s in subjects],
    )
    return {row["p"] for row in rows}


def sweep(tx: Tx) -> None:
    """Empty the library's own log, which nothing of ours reads."""
    tx.run("truncate pgqueuer_log")


def install_sql() -> str:
    """The library's tables, for the migration that creates them."""
    return QueryBuilderEnvironment().build_install_query()


class Worker:
    """Takes jobs lane by lane and runs each in a thread, until stopped."""

    def __init__(
        self,
        url: str,
        *,
        threads: int,
        lanes: Callable[[], Mapping[str, int]],
        run: Callable[[Job], None],
    ) -> None:
        self.url = url
        self.threads = threads
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
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
                on_trouble(problem)
                await asyncio.sleep(0.5)
        self.pool.shutdown(wait=True)

    async def _serve_once(self) -> None:
        connection = await asyncpg.connect(self.url)
        try:
            manager = QueueManager(Queries(AsyncpgDriver(connection)))
            self.manager = manager
            connection.add_termination_listener(lambda _: manager.shutdown.set())
            await self._declare(manager)
            keeping = asyncio.create_task(self._keep_declaring(manager))
            try:
                await manager.run(
                    dequeue_timeout=DEQUEUE_TIMEOUT,
                    batch_size=BATCH,
                    max_concurrent_tasks=max(self.threads, 2 * BATCH),
                    heartbeat_timeout=HEARTBEAT,
                    log_aggregation_interval=timedelta(0),
                )
            finally:
                keeping.cancel()
        finally:
            await connection.close(timeout=2)

    async def _keep_declaring(self, manager: QueueManager) -> None:
        while not manager.shutdown.is_set():
            await asyncio.sleep(LANES_EVERY)
            await self._declare(manager)

    async def _declare(self, manager: QueueManager) -> None:
        """Serve the lanes that are open now; every worker must declare the same limits.

        A lane that is closed costs nothing while its jobs wait.
        """
        loop = asyncio.get_running_loop()
        lanes = await loop.run_in_executor(self.pool, self.lanes)
        for closed in set(manager.entrypoint_registry) - set(lanes):
            del manager.entrypoint_registry[closed]
        for lane, limit in lanes.items():
            executor = manager.entrypoint_registry.get(lane)  # type: ignore[call-overload]
            if executor is not None:
                executor.parameters.concurrency_limit = limit
                continue
            manager.entrypoint(lane, concurrency_limit=limit, on_failure="hold")(self._execute)

    async def _execute(self, job: QueueJob) -> None:
        story, _, subject = (job.payload or b"").decode().partition(":")
        owner = self.manager.queue_manager_id if self.manager else None
        mine = Job(story=story, subject=subject, number=job.id, owner=owner)
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self.pool, self.run, mine)
        except Exception as problem:
            # The worker catches all it can record. What is left is a database that is away: the
            # row stays picked, and is picked again when its heartbeat is stale.
            raise RetryRequested(delay=timedelta(seconds=1), reason=str(problem)) from problem
