"""How fast a source, a key or an address may ask, counted in the memory of one web process.

It costs no query: a limit that is to keep load away must not be load itself.

GCRA (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): a key's next turn is due at a
moment that each turn moves on, and it may be taken up to a minute early.
"""

import time
from collections.abc import Callable
from ipaddress import ip_address, ip_network

BURST = 60.0  # seconds' worth of requests that may come at once
MOST = 20_000  # keys that are remembered; strangers choose their addresses
KEY_RATE = 12_000  # requests a minute of one API key
REFUSED_RATE = 120  # a minute that one address may be refused for want of a good key


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
        if len(self._due) > MOST:
            self._forget(now)
        return 0.0

    def _forget(self, now: float) -> None:
        """Those whose turn is due know no more than those who never asked; then the least busy."""
        self._due = {key: due for key, due in self._due.items() if due > now}
        for key in sorted(self._due, key=self._due.__getitem__)[: len(self._due) - MOST // 2]:
            del self._due[key]


def neighbourhood(address: str | None) -> str:
    """An address as it is counted: of IPv6 the /64, which one customer has to himself."""
    try:
        ip = ip_address(address or "")
    except ValueError:
        return "unknown"
    return str(ip) if ip.version == 4 else str(ip_network((ip, 64), strict=False))
