"""What so many escalations a second would take, calculated from measured figures.

    python -m tests.bench --only scale --json FILE
    python -m tests.bench.plan --figures FILE [--rate 1000]

It multiplies what one escalation costs here, in CPU, commits and bytes, by the rate. It knows
nothing of what only shows at that size: locks, caches that are too small, networks, other
processors. So it says what to begin with, not what will be reached.
"""

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub import clock, worker, wsgi

FULL = 0.6  # of a core that is planned with: the rest is for peaks and for what fails
THREADS = 64  # jobs in flight of a worker
CALLS, ANSWER = 3, 0.2  # calls to a desk for a ticket, and seconds that one takes
LARGEST = 16  # cores of one database server
SERVERS_A_CORE = 4  # connections that a pooler holds open to PostgreSQL, for each of its cores
DAY = 86_400
MONTH = 30


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one escalation costs: CPU in ms, commits, KB of the log and on disk."""

    web: float
    worker: float
    database: float
    commits: float
    wal: float
    disk: float


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a rate takes."""

    webs: int
    workers: int
    database_cores: float
    databases: int
    commits: float
    wal_mb: float
    disk_gb_a_day: float
    connections: int
    pooled: int


def cost(figures: Mapping[str, Any]) -> Cost:
    """One escalation's, by what `--only scale` measured: its acknowledgement and its ticket."""
    ack, ticket = figures["acks"][0], figures["quick"][0]
    both = ack["database"], ticket["database"]
    return Cost(
        web=ack["cpu_ms"]["web"] + ticket["cpu_ms"].get("web", 0.0),
        worker=ticket["cpu_ms"]["workers"],
        database=ack["cpu_ms"]["postgres"] + ticket["cpu_ms"]["postgres"],
        commits=sum(one["commits"] for one in both),
        wal=sum(one["wal_kb"] for one in both),
        disk=sum(one["kb"] for one in both),
    )


def plan(one: Cost, rate: float) -> Plan:
    """Processes, cores and bytes for `rate` escalations a second."""
    in_flight = rate * CALLS * ANSWER
    webs = _cores(one.web, rate)
    workers = max(_cores(one.worker, rate), math.ceil(in_flight / THREADS))
    cores = rate * one.database / 1000 / FULL
    databases = max(1, math.ceil(cores / LARGEST))
    listening = workers * worker.LISTENING
    return Plan(
        webs=webs,
        workers=workers,
        database_cores=cores,
        databases=databases,
        commits=rate * one.commits,
        wal_mb=rate * one.wal / 1024,
        disk_gb_a_day=rate * one.disk * DAY / 2**20,
        connections=webs * wsgi.POOL + workers * worker.POOL + listening + clock.POOL,
        pooled=math.ceil(cores * SERVERS_A_CORE) + listening,
    )


def _cores(milliseconds: float, rate: float) -> int:
    """Processes of Python, each of which fills one core at most."""
    return max(1, math.ceil(rate * milliseconds / 1000 / FULL))


def table(one: Cost, rate: float) -> str:
    """Lines of Markdown."""
    rows = [("for", f"{rate:g} escalations a second"), ("---", "---"), *_rows(one, plan(one, rate))]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _rows(one: Cost, made: Plan) -> Iterator[tuple[str, str]]:
    each = f"{one.web:.1f} / {one.worker:.1f} / {one.database:.1f} ms"
    yield "CPU of one: web / worker / database", each
    yield "processes of web, a core each", f"{made.webs}"
    yield "processes of worker, a core each", f"{made.workers}"
    yield "cores of PostgreSQL", f"{made.database_cores:.0f}"
    yield f"databases of {LARGEST} cores, by workspace", f"{made.databases}"
    yield "commits a second", f"{made.commits:,.0f}"
    yield "write-ahead log", f"{made.wal_mb:.0f} MB/s"
    yield "rows and indexes on disk", f"{made.disk_gb_a_day:,.0f} GB a day"
    yield "- in a month's partition", f"{made.disk_gb_a_day * MONTH / 1024:,.1f} TB"
    yield "connections without a pooler", f"{made.connections}"
    yield "- behind poolers, those that listen included", f"{made.pooled}"


def main() -> None:
    """Print what a rate takes."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.plan", description=__doc__)
    parser.add_argument("--figures", type=Path, required=True, help="of --only scale --json")
    parser.add_argument("--rate", type=float, default=1000, help="escalations a second")
    given = parser.parse_args()
    print(table(cost(json.loads(given.figures.read_text())["scale"]), given.rate))


if __name__ == "__main__":
    main()
