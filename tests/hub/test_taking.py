"""A worker's loop around a database that goes away."""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from hub import jobs, taking
from hub.jobs import Job
from hub.taking import Worker
from tests.databases import sql
from tests.hub.wire import Wire, before

ONE_JOB = (
    "insert into pgqueuer (priority, entrypoint, payload, execute_after, status)"
    f" select 0, '{jobs.HUB}', 'sync:chg_1', now(), 'queued'"
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
    (trouble,) = served(database_url, lanes)
    assert isinstance(trouble, DBAPIError)
    assert lanes.asked >= 3


def test_a_worker_that_asks_for_lanes_in_vain_for_another_reason_ends_with_it(
    database_url: str,
) -> None:
    asked: list[None] = []

    def lanes() -> Mapping[str, int]:
        asked.append(None)
        if len(asked) > 1:
            raise ArithmeticError("a fault of ours")
        return {jobs.HUB: 1}

    worker = Worker(database_url, threads=1, lanes=lanes, run=lambda job: None)
    with pytest.raises(ArithmeticError):
        asyncio.run(asyncio.wait_for(worker.serve(lambda problem: None), 60))


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


def test_a_job_of_which_nothing_is_left_to_do_leaves_the_queue(database_url: str) -> None:
    worked(database_url, lambda _job: None)
    assert sql(database_url, "select id from pgqueuer") == []


READ = "select seq_tup_read from pg_stat_user_tables where relname = 'pgqueuer'"
INDEXED = "select idx_scan from pg_stat_user_tables where relname = 'pgqueuer'"


def test_a_worker_reads_no_more_of_a_burst_than_it_takes(database_url: str) -> None:
    sql(database_url, f"{ONE_JOB} from generate_series(1, 5000)".replace("values (", "select "))
    ((read,),), ((looked,),) = sql(database_url, READ), sql(database_url, INDEXED)
    worked(database_url, lambda _job: None)
    deadline = time.monotonic() + 30  # a session's figures are told when it ends
    while sql(database_url, INDEXED)[0][0] == looked:
        assert time.monotonic() < deadline, "nobody looked for jobs"
        time.sleep(0.05)
    assert sql(database_url, READ) == [(read,)], "the whole queue was read"


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


PICKED = """
insert into pgqueuer (priority, entrypoint, payload, execute_after, status, heartbeat,
    queue_manager_id)
values (0, 'hub', convert_to(%s, 'UTF8'), now() - interval '1 min', 'picked',
    now() - make_interval(secs => %s), %s)
"""


def test_only_a_silent_worker_loses_its_job_and_who_works_is_not_silent(database_url: str) -> None:
    taken: list[str] = []
    asked: list[bool] = []

    def run(job: Job) -> None:
        """Work until the queue has heard that somebody does."""
        taken.append(job.subject)
        deadline = time.monotonic() + 30
        with psycopg.connect(database_url, autocommit=True) as connection:
            heard = "select heartbeat > updated from pgqueuer where id = %s"
            while connection.execute(heard, [job.number]).fetchone() != (True,):
                assert time.monotonic() < deadline, "no sign of life"
                time.sleep(0.05)
        worker.stop()

    def lanes() -> Mapping[str, int]:
        """Right before the worker looks for the first time, two are silent for a while."""
        if not asked:
            asked.append(True)
            with psycopg.connect(database_url, autocommit=True) as connection:
                for subject, silent in (("slow", 5), ("dead", 11)):  # the first would come first
                    connection.execute(PICKED, [f"poll:{subject}", silent, uuid.uuid4()])
        return {jobs.HUB: 2}

    worker = Worker(database_url, threads=1, lanes=lanes, run=run)
    asyncio.run(asyncio.wait_for(worker.serve(lambda _: None), 60))
    assert taken[0] == "dead"


OVERTAKE = (
    "update pgqueuer set queue_manager_id = coalesce(%s, queue_manager_id), heartbeat = now(),"
    " updated = now() where id = %s"
)


def test_a_worker_that_was_overtaken_leaves_the_job_to_the_other(database_url: str) -> None:
    other = uuid.uuid4()
    left = {"overtaken", "overtaken, and troubled", "overtaken, and taken back", "ours"}

    def run(job: Job) -> None:
        """As a story whose writes were refused: it ends, and takes nothing out of the queue."""
        left.discard(job.subject)
        if not left:
            worker.stop()
        if job.subject != "ours":
            with psycopg.connect(database_url, autocommit=True) as connection:
                owner = None if job.subject.endswith("back") else other
                connection.execute(OVERTAKE, [owner, job.number])
        if job.subject == "overtaken, and troubled":
            raise OSError("the database was away")

    with psycopg.connect(database_url, autocommit=True) as connection:
        for subject in sorted(left):
            connection.execute(PICKED, [f"poll:{subject}", 60, uuid.uuid4()])
    worker = Worker(database_url, threads=4, lanes=lambda: {jobs.HUB: 4}, run=run)
    asyncio.run(asyncio.wait_for(worker.serve(lambda _: None), 60))
    with psycopg.connect(database_url) as connection:
        asked = "select convert_from(payload, 'UTF8'), status::text, queue_manager_id from pgqueuer"
        rows = connection.execute(asked).fetchall()
    found = {name.removeprefix("poll:"): (status, owner) for name, status, owner in rows}
    back = found.pop("overtaken, and taken back")  # to be done anew, when it is silent
    assert (back[0], back[1] != other) == ("picked", True)
    assert found == {
        "overtaken": ("picked", other), "overtaken, and troubled": ("picked", other)
    }  # fmt: skip
