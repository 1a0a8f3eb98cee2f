"""Requests that come at the same time are worked for together, and none pays for another."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import psycopg
import pytest
from sqlalchemy.exc import DataError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.crowd import MOST, Crowd


class Clerk:
    """Works for batches; the first waits until `go`."""

    def __init__(self) -> None:
        self.go = Event()
        self.busy = Event()
        self.batches: list[list[int]] = []

    def work(self, items: Sequence[int]) -> list[int | Exception]:
        self.busy.set()
        assert self.go.wait(60)
        self.batches.append(list(items))
        if 13 in items:
            raise DataError(None, None, ValueError("13 cannot be stored"))
        if 99 in items:
            raise OperationalError(None, None, OSError("gone"), connection_invalidated=True)
        if 98 in items:  # as psycopg tells that nothing answers at the address
            raise OperationalError(None, None, psycopg.OperationalError("timeout expired"))
        if 97 in items:
            raise PoolTimeout("no connection is free")
        return [ValueError("odd") if item == 7 else item * 2 for item in items]


def together(items: Sequence[int]) -> tuple[Clerk, dict[int, int | Exception]]:
    """Item 0 first, and the others while it is worked for."""
    clerk, crowd = Clerk(), Crowd[int, int]()
    with ThreadPoolExecutor(len(items) + 1) as pool:
        tasks = {0: pool.submit(crowd.do, 0, clerk.work)}
        assert clerk.busy.wait(60)
        tasks |= {item: pool.submit(crowd.do, item, clerk.work) for item in items}
        while len(crowd._waiting) < len(items):
            pass
        clerk.go.set()
        return clerk, {n: t.exception() or t.result() for n, t in tasks.items()}  # type: ignore[misc]


def test_who_comes_during_a_commit_shares_the_next() -> None:
    clerk, answers = together(range(1, 6))
    assert answers == {item: item * 2 for item in range(6)}
    assert clerk.batches[0] == [0] and sorted(clerk.batches[1]) == [1, 2, 3, 4, 5]


def test_a_batch_has_an_end() -> None:
    clerk, answers = together(range(100, 100 + MOST + 5))
    assert len(answers) == MOST + 6 and [len(b) for b in clerk.batches] == [1, MOST, 5]


def test_an_exception_as_an_answer_is_that_items_alone() -> None:
    _, answers = together([1, 7, 2])
    assert isinstance(answers.pop(7), ValueError) and answers == {0: 0, 1: 2, 2: 4}


def test_what_one_item_breaks_is_done_for_each_of_the_others() -> None:
    _, answers = together([1, 13, 2])
    assert isinstance(answers.pop(13), DataError) and answers == {0: 0, 1: 2, 2: 4}


@pytest.mark.parametrize("away", [97, 98, 99])
def test_a_database_that_is_away_is_not_asked_for_each(away: int) -> None:
    clerk, answers = together([1, away, 2])
    assert all(isinstance(answers[n], OperationalError | PoolTimeout) for n in (1, away, 2))
    assert len(clerk.batches) == 2


def test_who_waits_is_told_when_the_worker_is_interrupted() -> None:
    crowd = Crowd[int, int]()

    def interrupted(items: Sequence[int]) -> list[int | Exception]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crowd.do(1, interrupted)
    assert crowd.do(2, lambda items: list(items)) == 2
