"""The queue alone: jobs that do nothing but end, through the worker's own machinery."""

import asyncio
import threading
import time

from hub import jobs
from hub.jobs import Job
from hub.taking import Worker
from tests.bench import machine
from tests.bench.rig import WIDTH, Bench, Figures

LANE = "bench:bare"  # nobody else serves it
THREADS = 64
WITHIN = 300.0  # seconds


def measure(bench: Bench, number: int) -> Figures:
    """Jobs a second, each ended in a transaction of its own, beside the commits of this moment."""
    ends = work_off(bench, number)
    warm = number // 20
    return {
        "jobs_per_second": (number - 1 - warm) / (ends[-1] - ends[warm]),
        "commits_per_second": machine.commits(bench.store.url),
    }


def work_off(bench: Bench, number: int) -> list[float]:
    """When each of so many jobs has ended, by this process alone."""
    with bench.store.transaction() as tx:
        jobs.enqueue_all(tx, [(LANE, str(n)) for n in range(number)], "bench")
    ends: list[float] = []
    lock = threading.Lock()

    def run(job: Job) -> None:
        with bench.store.transaction() as tx:
            jobs.finish(tx, job)
        with lock:
            ends.append(time.perf_counter())
        if len(ends) == number:
            worker.stop()

    worker = Worker(bench.store.url, threads=THREADS, lanes=lambda: {LANE: WIDTH}, run=run)
    asyncio.run(asyncio.wait_for(worker.serve(_raise), WITHIN))
    return ends


def _raise(problem: Exception) -> None:
    raise problem
