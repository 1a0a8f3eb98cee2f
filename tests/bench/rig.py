"""The hub that is measured: real processes, a PostgreSQL, and sandbox desks without limits."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from connectors import registry
from connectors.sandbox import Harness
from hub import admin, migrate
from hub.postgres import Embedded
from hub.store import Store
from tests.bench import clients, machine
from tests.e2e.town import ROOT, Town, eventually, free_port

CONNECTIONS = 32
WIDTH = 32  # jobs in flight of the measured connection
DESK = "sandbox"  # plays the vendor: its cost is told beside ours, not in it
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
        self.desks: dict[str, Harness] = {}
        self.zendesk = self.connected("zendesk")
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
        return {DESK: self.desk.pid}

    def memory(self) -> dict[str, float]:
        """Megabytes (PSS) of each process."""
        return {name: machine.memory(pid) for name, pid in (self.pids() | self.also()).items()}

    def connected(self, name: str) -> Harness:
        """A desk, which is connected when it is first asked for."""
        if name not in self.desks:
            self.desks[name] = self.town.connect(name)
        return self.desks[name]

    def connect_all(self) -> None:
        """Every desk that has an API; the hub's own is there anyway."""
        for name in registry.names():
            if name != "live_chat":
                self.connected(name)

    def opened(self) -> list[tuple[str, float]]:
        """The tickets at Zendesk: the escalation of each, and when."""
        rows = self.zendesk.ledger(call="create_ticket")
        return [(row["key"], epoch(row["at"])) for row in rows]

    def tickets(self) -> int:
        """Those of our time: ids of a filled database are smaller."""
        with self.store.transaction() as tx:
            return int(tx.value("select count(*) from tickets where id > 'tic_01'"))

    def escalations(self) -> int:
        """Those of our time."""
        with self.store.transaction() as tx:
            return int(tx.value("select count(*) from escalations where id > 'esc_01'"))

    def ticket_times(self, number: int) -> list[float]:
        """When the last so many tickets were linked, oldest first; seconds since 1970."""
        with self.store.transaction() as tx:
            rows = tx.all("select created_at from tickets order by id desc limit :n", n=number)
        return sorted(row["created_at"].timestamp() for row in rows)

    def settled(self) -> None:
        """Returns once no job waits or runs."""
        eventually(self.town.idle, "no job is left", 300)

    def requests(self, number: int, targets: Sequence[str] = ()) -> list[bytes]:
        self.runs += 1
        host, name = f"127.0.0.1:{self.town.port}", f"bench{self.runs}"
        return clients.events(self.town.source, host, number, name=name, targets=targets)

    def send(self, number: int) -> tuple[float, list[float]]:
        return clients.burst(self.town.port, self.requests(number), CONNECTIONS)

    def wait(self, number: int, seconds: float = 300) -> None:
        eventually(lambda: self.tickets() >= number, f"{number} tickets", seconds)


@contextmanager
def standing(folder: Path, database: Embedded) -> Iterator[Bench]:
    """A bench whose processes run."""
    process = database.process
    assert process is not None
    bench = Bench(folder, database.url, process.pid)
    try:
        for name in ("web", "worker", "clock"):
            bench.town.start(name)
        yield bench
    finally:
        bench.close()


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which that part of all lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def epoch(at: str) -> float:
    """Seconds since 1970 of a time in a ledger."""
    return datetime.fromisoformat(at).timestamp()


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/_desks", timeout=2).ok
    except requests.ConnectionError:
        return False
