"""`make bench`: the main job measured on this machine, with what the machine can do beside it.

    python -m tests.bench [--backlog 1000] [--only bulkhead|scale|pages] [--json FILE]

Figures from one run compare with each other only; the ratios are what to look at.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import requests

from hub.postgres import Embedded
from tests.bench import bulkhead, clients, machine, pages, scale
from tests.bench.report import table
from tests.bench.rig import CONNECTIONS, WIDTH, Bench, Figures, epoch, quantile, standing

PARTS = ("steady", "burst", "backlog", "bulkhead", "scale", "pages")
CALLS = 3  # calls to the desk for one ticket: create, earlier tickets, note


def measure_burst(bench: Bench, number: int) -> Figures:
    """Acks of a burst while worker and desk work off what is acknowledged."""
    before = bench.tickets()
    floor_seconds, _ = clients.burst(
        bench.town.port, [clients.plain("h", "GET", "/healthz")] * number, CONNECTIONS
    )
    seconds, times = bench.send(number)
    bench.wait(before + number)
    return {
        "acks_per_second": number / seconds,
        "p50_ms": 1000 * statistics.median(times),
        "p99_ms": 1000 * quantile(times, 0.99),
        "bare_route_per_second": number / floor_seconds,
    }


def measure_backlog(bench: Bench, number: int, delay_ms: int) -> Figures:
    """Tickets a second of a backlog, and what each costs."""
    bench.town.stop("worker")
    before = bench.tickets()
    bench.send(number)
    if delay_ms:
        bench.zendesk.fault("latency", ms=delay_ms)
    bench.town.start("worker")
    bench.wait(before + max(1, number // 20))  # the worker is warm
    began, first, spent = time.perf_counter(), bench.tickets(), bench.cpu()
    bench.wait(before + number)
    done = before + number - first
    seconds = time.perf_counter() - began
    cost = {n: (v - spent[n]) * 1000 / done for n, v in bench.cpu().items()}
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    figures = {"tickets_per_second": done / seconds, "cpu_seconds_per_1000": cost}
    if delay_ms:
        ideal = WIDTH / (CALLS * delay_ms / 1000)
        figures |= {"ideal_per_second": ideal, "of_ideal": done / seconds / ideal}
    return figures


def measure_latency(bench: Bench, rate: float, seconds: float) -> Figures:
    """From the webhook's first byte to the ticket in the desk, at a steady rate."""
    number = int(rate * seconds)
    spent = bench.cpu()
    pending = bench.requests(number)
    first = bench.tickets()
    sent = clients.steady(bench.town.port, ((n / rate, r) for n, r in enumerate(pending)))
    bench.wait(first + number)
    rows = bench.zendesk.ledger(call="create_ticket")
    delays = [epoch(r["at"]) - sent[r["key"]] for r in rows if r["key"] in sent]
    cost = {n: (v - spent[n]) * 1000 / number for n, v in bench.cpu().items()}
    return {
        "p50_ms": 1000 * statistics.median(delays),
        "p99_ms": 1000 * quantile(delays, 0.99),
        "tickets": len(delays),
        "cpu_seconds_per_1000": cost,
    }


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
                for title, step in _steps(bench, given).items():
                    figures[title] = step()
                    print(f"{title}: {json.dumps(figures[title], default=round)}", flush=True)
                everybody = bench.pids() | bench.also()
                figures["memory_mb"] = {n: machine.memory(pid) for n, pid in everybody.items()}
                figures["floor_after"] = _floor(folder, database)
    return figures


def _steps(bench: Bench, given: argparse.Namespace) -> Mapping[str, Callable[[], Figures]]:
    steps: dict[str, Callable[[], Figures]] = {
        "steady": lambda: measure_latency(bench, 20, given.seconds),
        "burst": lambda: measure_burst(bench, given.burst),
        "backlog_0_ms": lambda: measure_backlog(bench, given.backlog, 0),
        "backlog_200_ms": lambda: measure_backlog(bench, given.backlog // 2, 200),
        "bulkhead": lambda: bulkhead.measure(bench, given.escalations, given.rate, given.pairs),
        "scale": lambda: scale.measure(bench, given.backlog),
        "pages": lambda: pages.run(given.conversations),
    }
    return {title: step for title, step in steps.items() if title.startswith(given.only)}


def _floor(folder: Path, database: Embedded) -> Figures:
    return {
        "fdatasync_per_second": machine.fdatasyncs(folder),
        "commits_per_second": machine.commits(database.url),
    }


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--burst", type=int, default=2000)
    parser.add_argument("--backlog", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30, help="of the steady rate")
    parser.add_argument("--escalations", type=int, default=1000, help="of the bulkhead")
    parser.add_argument("--rate", type=float, default=10, help="of their arrivals, a second")
    parser.add_argument("--pairs", type=int, default=2, help="of its phases")
    parser.add_argument("--conversations", type=int, default=100_000, help="of the pages")
    parser.add_argument("--only", choices=PARTS, default="", help="measure this part alone")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    figures = run(given)
    print(table(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, default=float))


if __name__ == "__main__":
    main()
