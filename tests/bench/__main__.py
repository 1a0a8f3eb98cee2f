"""`make bench`: the main job measured on this machine, with what the machine can do beside it.

    python -m tests.bench [--backlog 1000] [--only outage|cold|...] [--json FILE]

Figures from one run compare with each other only; the ratios are what to look at.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from hub.postgres import Embedded
from tests.bench import (
    bare,
    big,
    bulkhead,
    cold,
    flow,
    idle,
    least,
    limited,
    machine,
    outage,
    pages,
    scale,
    slope,
)
from tests.bench.report import table
from tests.bench.rig import Bench, Figures, standing

PARTS = ("floor", "steady", "burst", "backlog", "outage", "limited", "memory", "bulkhead", "idle",
         "cold", "pages", "big", "scale")  # fmt: skip
ALONE = "scale"  # ten minutes of its own, for docs/scale.md


def run(given: argparse.Namespace) -> Figures:
    """Everything, or what is wanted `only`, in one run on one machine."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)
        with Embedded(folder) as database:
            figures: Figures = {
                "machine": machine.name(),
                "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
                "load_before": os.getloadavg()[0],
                "floor": _floor(folder, database),
            }
            with standing(folder, database) as bench:
                bench.send(50)  # warm
                bench.wait(50)
                for title, step in _steps(bench, given, folder).items():
                    _say(f"{title} ...")
                    figures[title] = step()
                    _say(f"{title}: {json.dumps(figures[title], default=round)}")
                figures["memory_mb"] = bench.memory()
                figures["floor_after"] = _floor(folder, database)
    return figures


def _steps(
    bench: Bench, given: argparse.Namespace, folder: Path
) -> Mapping[str, Callable[[], Figures]]:
    """What is wanted, in its order: the last have a database of their own."""
    steps: dict[str, Callable[[], Figures]] = {
        "floor_of_the_queue": lambda: bare.measure(bench, given.jobs),
        "floor_of_a_ticket": lambda: least.measure(bench, given.jobs),
        "steady": lambda: flow.steady(bench, 20, given.seconds),
        "steady_50": lambda: flow.steady(bench, 50, given.seconds),
        "burst": lambda: flow.burst(bench, given.burst),
        "backlog_0_ms": lambda: flow.backlog(bench, given.backlog, 0),
        "backlog_200_ms": lambda: flow.backlog(bench, given.backlog // 2, 200),
        "outage": lambda: outage.measure(bench, given.outage_rate, given.outage),
        "limited": lambda: limited.measure(bench, given.limited),
        "memory": lambda: slope.measure(bench, given.memory),
        "bulkhead": lambda: bulkhead.measure(
            bench, bulkhead.Plan(given.escalations, given.rate, given.rounds, given.limit)
        ),
        "idle": lambda: idle.measure(bench, given.idle),
        "cold": lambda: cold.measure(folder / "cold", given.cold),
        "pages": lambda: pages.run(given.conversations),
        "big": lambda: big.measure(folder / "big", given.big, given.seconds, given.burst),
        "scale": lambda: scale.measure(bench, given.backlog),
    }
    wanted = given.only or [part for part in PARTS if part != ALONE]
    return {title: step for title, step in steps.items() if title.startswith(tuple(wanted))}


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)


def _floor(folder: Path, database: Embedded) -> Figures:
    return {
        "fdatasync_per_second": machine.fdatasyncs(folder),
        "commits_per_second": machine.commits(database.url),
    }


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--burst", type=int, default=2000)
    parser.add_argument("--backlog", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30, help="of the steady rate")
    parser.add_argument("--escalations", type=int, default=200, help="of a bulkhead's phase")
    parser.add_argument("--rate", type=float, default=4, help="of their arrivals, a second")
    parser.add_argument("--limit", type=int, default=60, help="calls a minute of the limited desk")
    parser.add_argument("--rounds", type=int, default=5, help="of its phases")
    parser.add_argument("--conversations", type=int, default=100_000, help="of the pages")
    parser.add_argument("--jobs", type=int, default=2000, help="of the bare queue")
    parser.add_argument("--outage", type=float, default=30, help="seconds that the desk is down")
    parser.add_argument("--outage-rate", type=float, default=5, help="arrivals a second meanwhile")
    parser.add_argument("--limited", type=int, default=100, help="escalations to a limited desk")
    parser.add_argument("--memory", type=int, default=6000, help="escalations, in three parts")
    parser.add_argument("--idle", type=float, default=60, help="seconds at rest")
    parser.add_argument("--cold", type=int, default=100_000, help="escalations before a cold start")
    parser.add_argument("--big", type=int, default=1_000_000, help="escalations of the past")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part, and no other")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    figures = run(given)
    print(table(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, default=float))


if __name__ == "__main__":
    main()
