"""What many requests bring at the same time is done at once: a commit serves all who wait for one.

This is the database's own group commit
(https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-COMMIT-DELAY) a step earlier,
where it saves the statements and round trips too. Alone, a request waits for nobody.
"""

import time
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Work = Callable[[Sequence[Item]], Sequence[Answer | Exception]]

MOST = 32  # items that are done at once
PAUSE = 0.001  # seconds for which the door stays open once two are in


class _Place(Generic[Item, Answer]):
    """An item that waits for its answer or its problem."""

    def __init__(self, item: Item) -> None:
        self.item = item
        self.done = False
        self.answer: Answer | None = None
        self.problem: Exception | None = RuntimeError("Who worked for it was interrupted.")


class Crowd(Generic[Item, Answer]):
    """Items of one kind: whoever has the turn works for all who wait."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._door = Lock()
        self._waiting: list[_Place[Item, Answer]] = []

    def do(self, item: Item, work: Work[Item, Answer]) -> Answer:
        """The item's answer, once `work`, the same for all, was done for it and others.

        It gives an answer for each item in their order, or an exception as one item's answer. What
        it raises is everybody's, unless it may be the fault of one: then each is worked for alone.
        """
        place = _Place[Item, Answer](item)
        with self._door:
            self._waiting.append(place)
        while not place.done:
            with self._turn:
                if not place.done:
                    _do(self._next(), work)
        if place.problem is not None:
            raise place.problem
        return place.answer  # type: ignore[return-value]

    def _next(self) -> list[_Place[Item, Answer]]:
        """Who waits; where two do, others are on their way, and a moment lets them in."""
        if len(self._waiting) > 1:
            time.sleep(PAUSE)
        with self._door:
            places, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
        return places


def _do(places: Sequence[_Place[Item, Answer]], work: Work[Item, Answer]) -> None:
    try:
        answers = work([place.item for place in places])
    except Exception as problem:
        if len(places) > 1 and _may_be_one_of_them(problem):
            for place in places:
                _do([place], work)
            return
        for place in places:
            place.problem = problem
    else:
        for place, answer in zip(places, answers, strict=True):
            _settle(place, answer)
    finally:
        for place in places:
            place.done = True


def _settle(place: _Place[Item, Answer], answer: Answer | Exception) -> None:
    if isinstance(answer, Exception):
        place.problem = answer
    else:
        place.answer, place.problem = answer, None


def _may_be_one_of_them(problem: Exception) -> bool:
    """Not when the database is away: then nobody's would be stored, each after its own wait."""
    if isinstance(problem, OperationalError) and getattr(problem.orig, "sqlstate", None) is None:
        return False  # no answer of the server has come: it was not reached
    away = isinstance(problem, DBAPIError) and problem.connection_invalidated
    return not away and not isinstance(problem, PoolTimeout)
