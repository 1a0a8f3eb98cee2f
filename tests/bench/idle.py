"""What the hub costs while nothing happens: every desk connected, each polled as by default."""

import os
import time

from tests.bench.rig import Bench, Figures

POLL = "30"  # seconds; HUB_POLL_SECONDS where nobody sets it
COMES_TO_REST = 10.0  # seconds


def measure(bench: Bench, seconds: float) -> Figures:
    """CPU seconds a minute and memory of each process; the desks are polled from then on."""
    bench.connect_all()
    bench.town.stop("clock")
    bench.town.start("clock", HUB_POLL_SECONDS=POLL)
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
