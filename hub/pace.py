"""How fast each source may post, counted in the memory of one web process: it costs no query.

GCRA (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): a key's next turn is due at a
moment that each turn moves on, and it may be taken up to a minute early.
"""

import time
from collections.abc import Callable

BURST = 60.0  # seconds' worth of requests that may come at once


class Pace:
    """Turns by key, `rate` a minute over `processes` that share them evenly."""

    def __init__(self, processes: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.processes = processes
        self.clock = clock
        self._due: dict[str, float] = {}

    def take(self, key: str, rate: int) -> float:
        """Take a turn: 0, or the seconds until there is one."""
        now = self.clock()
        gap = 60.0 * self.processes / rate
        due = max(self._due.get(key, now), now) + gap
        early = due - now - max(BURST, gap)
        if early > 0:
            return early
        self._due[key] = due
        return 0.0
