"""A worker's loop around a database that goes away."""

import asyncio
from collections.abc import Callable, Mapping
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from hub import jobs, taking
from hub.jobs import Job
from hub.taking import Worker
from tests.databases import sql
from tests.hub.wire import Wire, before

ANOTHER = UUID(int=1)  # worker
ONE_JOB = (
    "insert into pgqueuer (priority, entrypoint, payload, execute_after, status)"
    f" values (0, '{jobs.HUB}', 'sync:chg_1', now(), 'queued')"
)


class Lanes:
    """Which lanes are open, asked of a database that is away for some of the questions."""

    def __init__(self, away: set[int]) -> None:
        self.away = away
        self.asked = 0
        self.worker: Worker | None = None

    def __call__(self) -> Mapping[str, int]:
        self.asked += 1
        if self.asked in self.away:
            raise OperationalError("select", {}, Exception("server closed the connection"))
        if self.asked > max(self.away) and self.worker is not None:
            self.worker.stop()
        return {jobs.HUB: 1}


def served(url: str, lanes: Lanes) -> list[Exception]:
    """What troubled a worker that was stopped once the database was there again."""
    troubles: list[Exception] = []

    async def serve() -> None:
        worker = Worker(url, threads=1, lanes=lanes, run=lambda job: None)
        lanes.worker = worker
        await asyncio.wait_for(worker.serve(troubles.append), 60)

    asyncio.run(serve())
    return troubles


def test_a_worker_outlives_a_database_that_goes_away_while_it_asks_for_lanes(
    database_url: str,
) -> None:
    (trouble,) = served(database_url, Lanes({1}))
    assert isinstance(trouble, DBAPIError)


def test_a_worker_that_could_not_ask_for_lanes_begins_anew(
    database_url: str,
) -> None:
    lanes = Lanes({2})
    assert served(database_url, lanes) == []
    assert lanes.asked >= 3


def worked(url: str, run: Callable[[Job], None]) -> None:
    """Put one job into the queue, and have a worker run what is due until `run` has been called."""
    sql(url, ONE_JOB)

    async def serve() -> None:
        def once(job: Job) -> None:
            try:
                run(job)
            finally:
                loop.call_soon_threadsafe(worker.stop)

        loop = asyncio.get_running_loop()
        worker = Worker(url, threads=1, lanes=lambda: {jobs.HUB: 1}, run=once)
        await asyncio.wait_for(worker.serve(lambda problem: None), 60)

    asyncio.run(serve())


def taken_over(url: str) -> list[tuple[object, ...]]:
    """Another worker picks what the first holds, as it may when heartbeats come late."""
    return sql(url, "update pgqueuer set queue_manager_id = %(who)s", who=str(ANOTHER))


@pytest.mark.parametrize("problem", [None, OperationalError("select", {}, Exception("away"))])
def test_a_worker_that_lost_its_job_leaves_it_to_the_one_that_has_it(
    database_url: str, problem: Exception | None
) -> None:
    def late(_job: Job) -> None:
        taken_over(database_url)
        if problem is not None:
            raise problem

    worked(database_url, late)
    held = sql(database_url, "select status::text, queue_manager_id from pgqueuer")
    assert held == [("picked", ANOTHER)]


def test_a_job_of_which_nothing_is_left_to_do_leaves_the_queue(database_url: str) -> None:
    worked(database_url, lambda _job: None)
    assert sql(database_url, "select id from pgqueuer") == []


def test_a_worker_whose_database_falls_silent_connects_anew(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "ANSWER_WITHIN", 0.5)
    troubles: list[Exception] = []

    async def serve(wire: Wire, url: str) -> None:
        def lanes() -> Mapping[str, int]:
            loop.call_soon_threadsafe(connected.set)
            return {jobs.HUB: 1}

        def trouble(problem: Exception) -> None:
            troubles.append(problem)
            sql(database_url, ONE_JOB)

        connected, loop = asyncio.Event(), asyncio.get_running_loop()
        end = lambda _job: loop.call_soon_threadsafe(worker.stop)  # noqa: E731
        worker = Worker(url, threads=1, lanes=lanes, run=end)
        serving = asyncio.create_task(worker.serve(trouble))
        await asyncio.wait_for(connected.wait(), 30)
        wire.silence()
        done, _ = await asyncio.wait({serving}, timeout=30)
        assert done, "it still waits for an answer"

    with before(database_url) as (wire, url):
        asyncio.run(serve(wire, url))
    assert isinstance(troubles[0], TimeoutError)
