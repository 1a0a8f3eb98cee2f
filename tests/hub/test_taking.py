"""A worker's loop around a database that goes away."""

import asyncio
import time
import uuid
from collections.abc import Mapping

import psycopg
from sqlalchemy.exc import DBAPIError, OperationalError

from hub import jobs
from hub.jobs import Job
from hub.taking import Worker


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
