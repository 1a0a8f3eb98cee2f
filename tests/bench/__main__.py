"""`make bench`: the main job measured on this machine, with what the machine can do beside it.

    python -m tests.bench [--burst 2000] [--backlog 1000] [--json FILE]

Figures from one run compare with each other only; the ratios are what to look at.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from hub import admin, migrate
from hub.postgres import Embedded
from hub.store import Store
from tests.bench import clients, machine
from tests.bench.report import table
from tests.e2e.town import ROOT, Town, eventually, free_port

CONNECTIONS = 32
WIDTH = 32  # jobs in flight of the measured connection
CALLS = 3  # calls to the desk for one ticket: create, earlier tickets, note
NOBODY = {"rate_per_minute": 1e9, "updates_per_minute": 1e9, "updates_per_ticket": 1e9}
Figures = dict[str, Any]


class Bench:
    """A town whose desk has no limits, and its figures."""

    def __init__(self, folder: Path, url: str, database: int) -> None:
        self.sandbox_port = free_port()
        self.desk = subprocess.Popen(
            [sys.executable, "-m", "hub", "sandbox", "--port", str(self.sandbox_port)], cwd=ROOT
        )
        sandbox = f"http://127.0.0.1:{self.sandbox_port}"
        eventually(lambda: _answers(sandbox), "the sandbox answers", 30)
        self.town = Town(url, sandbox, folder)
        self.town.environ |= {"WEB_CONCURRENCY": "2", "HUB_POLL_SECONDS": "3600"}
        self.town.environ |= {"HUB_LOG_FORMAT": "json", "MALLOC_ARENA_MAX": "2"}  # as `up` does
        migrate.upgrade(url)
        self.town.set_up()
        self.zendesk = self.town.connect("zendesk")
        requests.post(f"{sandbox}/_settings", json={"desk": "zendesk"} | NOBODY, timeout=10)
        self.store = Store(url, pool=2)
        with self.store.transaction() as tx:
            admin.add_route(tx, self.town.workspace, ["zendesk"])
            tx.run("update subscribers set state = 'disabled'")
            tx.run("update connections set rate = null, concurrency = :w where desk = 'zendesk'",
                   w=WIDTH)  # fmt: skip
        self.database = database
        self.runs = 0

    def close(self) -> None:
        self.town.close()
        self.desk.terminate()
        self.desk.wait()
        self.store.close()

    def pids(self) -> dict[str, int]:
        """The processes of the hub, by name; the desk is not one of them."""
        return {n: p.pid for n, p in self.town.processes.items()} | {"postgres": self.database}

    def cpu(self) -> dict[str, float]:
        return {name: machine.cpu(pid) for name, pid in (self.pids() | self.also()).items()}

    def also(self) -> dict[str, int]:
        return {"sandbox": self.desk.pid}

    def tickets(self) -> int:
        with self.store.transaction() as tx:
            return int(tx.value("select count(*) from tickets"))

    def requests(self, number: int) -> list[bytes]:
        self.runs += 1
        host = f"127.0.0.1:{self.town.port}"
        return clients.events(self.town.source, host, number, name=f"bench{self.runs}")

    def send(self, number: int) -> tuple[float, list[float]]:
        return clients.burst(self.town.port, self.requests(number), CONNECTIONS)

    def wait(self, number: int, seconds: float = 300) -> None:
        eventually(lambda: self.tickets() >= number, f"{number} tickets", seconds)


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
        "p99_ms": 1000 * _quantile(times, 0.99),
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
    sent: dict[str, float] = {}
    number = int(rate * seconds)
    spent = bench.cpu()
    pending = bench.requests(number)
    first = bench.tickets()
    session = _Session(bench.town.port)
    began = time.time()
    for n, request in enumerate(pending):
        time.sleep(max(0.0, began + n / rate - time.time()))
        at = time.time()
        sent[session.ask(request)["accepted"][0]["escalation_id"]] = at
    bench.wait(first + number)
    rows = bench.zendesk.ledger(call="create_ticket")
    delays = [_epoch(r["at"]) - sent[r["key"]] for r in rows if r["key"] in sent]
    cost = {n: (v - spent[n]) * 1000 / number for n, v in bench.cpu().items()}
    return {
        "p50_ms": 1000 * statistics.median(delays),
        "p99_ms": 1000 * _quantile(delays, 0.99),
        "tickets": len(delays),
        "cpu_seconds_per_1000": cost,
    }


class _Session:
    """One request at a time over one connection."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ask(self, request: bytes) -> Any:
        with socket.create_connection(("127.0.0.1", self.port)) as sock:
            sock.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
            answer = b""
            while chunk := sock.recv(65536):
                answer += chunk
        return json.loads(answer.partition(b"\r\n\r\n")[2])


def run(burst: int, backlog: int, seconds: float) -> Figures:
    """Everything, in one run on one machine."""
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)
        with Embedded(folder) as database:
            figures: Figures = {
                "machine": machine.name(),
                "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
                "floor": {
                    "fdatasync_per_second": machine.fdatasyncs(folder),
                    "commits_per_second": machine.commits(database.url),
                },
            }
            with _bench(folder, database) as bench:
                steps: dict[str, Callable[[], Figures]] = {
                    "steady": lambda: measure_latency(bench, 20, seconds),
                    "burst": lambda: measure_burst(bench, burst),
                    "backlog_0_ms": lambda: measure_backlog(bench, backlog, 0),
                    "backlog_200_ms": lambda: measure_backlog(bench, backlog // 2, 200),
                }
                bench.send(50)  # warm
                bench.wait(50)
                for title, step in steps.items():
                    figures[title] = step()
                    print(f"{title}: {json.dumps(figures[title], default=round)}", flush=True)
                everybody = bench.pids() | bench.also()
                figures["memory_mb"] = {n: machine.memory(pid) for n, pid in everybody.items()}
                figures["floor_after"] = {
                    "fdatasync_per_second": machine.fdatasyncs(folder),
                    "commits_per_second": machine.commits(database.url),
                }
    return figures


@contextmanager
def _bench(folder: Path, database: Embedded) -> Iterator[Bench]:
    process = database.process
    assert process is not None
    bench = Bench(folder, database.url, process.pid)
    try:
        for name in ("web", "worker", "clock"):
            bench.town.start(name)
        yield bench
    finally:
        bench.close()


def _quantile(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def _epoch(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_desks", timeout=2).ok
    except requests.ConnectionError:
        return False


def main() -> None:
    """Measure, print a table, and write JSON where asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--burst", type=int, default=2000)
    parser.add_argument("--backlog", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=30, help="of the steady rate")
    parser.add_argument("--json", type=Path, help="write the figures there")
    given = parser.parse_args()
    figures = run(given.burst, given.backlog, given.seconds)
    print(table(figures))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1, default=float))


if __name__ == "__main__":
    main()
