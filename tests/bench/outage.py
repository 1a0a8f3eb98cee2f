"""A desk that is down for a while under steady arrivals, and how the hub comes back from it.

Ideal is that the backlog is worked off as fast as one was right before, less what arrives
meanwhile. What the hub adds to it is the time until it asks the desk again: nobody tells it that
the desk is back.
"""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.bench import clients, flow
from tests.bench.rig import Bench, Figures

LEAD = 5.0  # seconds of arrivals before


def measure(bench: Bench, rate: float, down: float) -> Figures:
    """Arrivals before, during and as long after `down` seconds of 503; what the ledger says."""
    pace = flow.backlog(bench, int(rate * down) + 50, 0)["tickets_per_second"]
    pending = bench.requests(int(rate * (LEAD + 2 * down)))
    first = bench.tickets()
    arrivals = [(n / rate, request) for n, request in enumerate(pending)]
    with ThreadPoolExecutor(1) as pool:
        posting = pool.submit(clients.steady, bench.town.port, arrivals)
        time.sleep(LEAD)
        bench.zendesk.fault("server_error")
        time.sleep(down)
        requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
        back = time.time()
        sent = posting.result()
    bench.wait(first + len(pending), 900)
    bench.settled()
    opened = [(key, at) for key, at in bench.opened() if key in sent]
    waited = [at - back for key, at in opened if sent[key] < back <= at]
    times = Counter(key for key, _ in opened)
    return {
        "down_seconds": down,
        "rate": rate,
        "sent": len(pending),
        "waiting": len(waited),
        "seconds": max(waited, default=0.0),
        "pace_per_second": pace,
        "ideal_seconds": len(waited) / (pace - rate) if pace > rate else None,
        "lost": len(set(sent) - set(times)) + len(pending) - len(sent),
        "doubled": sum(number - 1 for number in times.values()),
    }
