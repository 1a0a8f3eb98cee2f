"""What the hub costs while nothing happens: every desk connected, each polled as by default."""

import os
import time
from datetime import datetime

from tests.bench.rig import Bench, Figures
from tests.e2e.town import eventually

POLL = "30"  # seconds; HUB_POLL_SECONDS where nobody sets it
COMES_TO_REST = 10.0  # seconds


def measure(bench: Bench, seconds: float) -> Figures:
    """CPU seconds a minute and memory of each process; the desks are polled from then on."""
    bench.connect_all()
    bench.town.stop("clock")
    with bench.store.transaction() as tx:
        since = tx.now
    bench.town.start("clock", HUB_POLL_SECONDS=POLL)
    eventually(lambda: _polled(bench, since), "every desk has told what happened so far", 900)
    bench.settled()
    time.sleep(COMES_TO_REST)
    before, began = bench.cpu(), time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    spent = {name: (value - before[name]) * 60 / passed for name, value in bench.cpu().items()}
    memory = bench.memory()
    return {
        "desks": len(bench.desks),
        "cpu_seconds_a_minute": spent,
        "memory_mb": memory,
        "load": os.getloadavg()[0],
    }


def _polled(bench: Bench, since: datetime) -> bool:
    """True once each desk was polled to the end; those of a long run have much to tell at first."""
    with bench.store.transaction() as tx:
        polled = tx.value("select count(*) from connections where polled_at >= :at", at=since)
        lanes = tx.value("select count(*) from pgqueuer where convert_from(payload, 'utf8')"
                         " like 'poll:%'")  # fmt: skip
    return bool(polled >= len(bench.desks) and not lanes)
