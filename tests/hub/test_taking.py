"""A worker's loop around a database that goes away."""

import asyncio
from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, OperationalError

from hub import jobs
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
