"""From `python -m hub up` to the first acknowledgement and the first ticket.

The first start of all makes the database. Then a platform posts the same event again and again
from the moment of the start on, as one would whose hub was away, until it is acknowledged; the
desk's ledger says when the ticket came.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from connectors import sandbox
from connectors.sandbox import Harness
from hub import admin, migrate
from hub.child import die_with_parent
from hub.postgres import Embedded
from tests.bench import clients, past
from tests.bench.rig import Figures, epoch
from tests.e2e.town import ROOT, Town, eventually, is_ready

WITHIN = 120.0  # seconds
PATIENCE = 20  # seconds that `up` may take to stop
NOT_OURS = ("DATABASE_URL", "WEB_CONCURRENCY", "HUB_POLL_SECONDS")  # of a town's; `up` as it is


def measure(folder: Path, number: int) -> Figures:
    """Seconds of the first start, one on a database without escalations, and on a full one."""
    folder.mkdir(mode=0o711)
    with sandbox.running(["zendesk"]) as desks:
        with Embedded(folder / "model") as database:
            migrate.upgrade(database.url)
            town = Town(database.url, desks, folder / "model")
            town.set_up()
            desk = town.connect("zendesk")
            with town.house.store.transaction() as tx:
                admin.add_route(tx, town.workspace, ["zendesk"])
                tx.run("update subscribers set state = 'disabled'")
        first = _to_ready(town, folder / "first")
        empty = _to_ticket(town, desk, "empty")
        with Embedded(folder / "model"):
            town.house.store.engine.dispose()  # its connections were to the server before
            past.fill(town.house, town.workspace, town.source["id"], number)
        filled = _to_ticket(town, desk, "filled")
        town.close()
    return {"escalations": number, "first_ready_seconds": first, "empty": empty, "filled": filled}


def _to_ready(town: Town, folder: Path) -> float:
    folder.mkdir()
    with _up(town, folder) as began:
        eventually(lambda: is_ready(town.url), "the first start", WITHIN)
        return time.time() - began


def _to_ticket(town: Town, desk: Harness, name: str) -> Figures:
    (request,) = clients.events(town.source, f"127.0.0.1:{town.port}", 1, name=f"cold-{name}")
    with _up(town, town.folder) as began:
        sent = eventually(lambda: _acknowledged(town, request), "an acknowledgement", WITHIN)
        acknowledged = time.time() - began

        def opened() -> list[float]:
            rows = desk.ledger(call="create_ticket")
            return [epoch(row["at"]) for row in rows if row["key"] in sent]

        (at,) = eventually(opened, "a ticket", WITHIN)
        return {"ack_seconds": acknowledged, "ticket_seconds": at - began}


def _acknowledged(town: Town, request: bytes) -> dict[str, float]:
    with suppress(OSError, ValueError, KeyError):
        return clients.steady(town.port, [(0.0, request)])
    return {}


@contextmanager
def _up(town: Town, folder: Path) -> Iterator[float]:
    """`up` on this folder; the moment at which it was called."""
    environ = {n: v for n, v in town.environ.items() if n not in NOT_OURS}
    environ |= {"HUB_DATA_DIR": str(folder)}
    with open(folder / "up.log", "ab") as log:
        began = time.time()
        process = subprocess.Popen(
            [sys.executable, "-m", "hub", "up", "--port", str(town.port)],
            env=environ, cwd=ROOT, stdout=log, stderr=log, process_group=0,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
    try:
        yield began
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
