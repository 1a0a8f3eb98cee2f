"""Two workers under load, all eight desks, and a hand that kills: workers, clock and web."""

import contextlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import psycopg
import requests
from sqlalchemy.exc import DBAPIError

from connectors import registry
from hub.child import die_with_parent
from hub.postgres import Embedded
from hub.telemetry import CRASHPOINTS
from tests.e2e.desks import Outside
from tests.e2e.town import ROOT, eventually
from tests.faults.lives import Life
from tests.faults.stage import Stage

SLOTS = ("worker", "worker", "clock")
SHORTEST, LONGEST = 0.05, 1.0  # seconds between blows
POLLED = 4.0  # seconds in which every desk is polled
LATE = 2.0  # seconds: what a desk tells so long after the last deed
# 127.0.0.1, the same as an address of IPv6, and nobody, as /proc/net writes them: proc_net_tcp(5).
OURS = {"0100007F", "0000000000000000FFFF00000100007F", "0" * 8, "0" * 32}
BACKLOG = 250  # jobs; with more the platform waits
# Web's lines need an armed gunicorn, and a command is no worker; a killed renewal of a token that
# is good for one use pauses its connection, as docs/architecture.md says.
ELSEWHERE = ("intake.", "webhook.", "rotation.", "migration.", "token.")
LINES = [line for line in CRASHPOINTS if not line.startswith(ELSEWHERE)]


class Load:
    """Everybody around a hub that is hit again and again; drawn from one seed."""

    def __init__(self, stage: Stage, database: Embedded, seed: int, pause: float = LONGEST) -> None:
        self.stage = stage
        self.pause = pause
        self.database = database
        self.seed = seed
        self.chance = random.Random(seed)
        self.lives: list[Life | None] = [None] * len(SLOTS)
        self.kills: Counter[str] = Counter()
        self.hold = stage.folder / "hold"
        self.sender: subprocess.Popen[bytes] | None = None
        self.stopping = threading.Event()
        self.last = 0  # line of the ledger that an agent has seen
        self.seen = 0  # bytes of the acknowledged events that the Help Desk has seen
        self.arrived: deque[dict[str, Any]] = deque()  # of these, what nobody has looked at
        self.strangers: set[str] = set()  # addresses to which a process of the hub had a connection

    def send(self, name: str, events: int, longest: int = 12) -> None:
        """Have the platform post so many events from now on."""
        order = {
            "name": name, "events": events, "seed": f"{self.seed}/{name}", "longest": longest,
            "desks": registry.names(), "source": dict(self.stage.source),
            "hold": str(self.hold), "acknowledged": str(self.stage.acknowledged.path),
        }  # fmt: skip
        path = self.stage.folder / f"{name}.json"
        path.write_text(json.dumps(order))
        self.sender = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sender", str(path)],
            cwd=ROOT, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip

    @property
    def sending(self) -> bool:
        """True until the platform has nothing more to say."""
        return self.sender is not None and self.sender.poll() is None

    def kill_until(self, kills: int, deadline: float) -> None:
        """Blow after blow, until there were so many or the time is over, and all is sent."""
        goal = sum(self.kills.values()) + kills
        agents = threading.Thread(target=self._agents)
        agents.start()
        try:
            while time.monotonic() < deadline and sum(self.kills.values()) < goal:
                self._blow()
        finally:
            self.stopping.set()
            agents.join()
            self.stopping.clear()
            self._rest()

    def finish(self) -> None:
        """The platform says the rest, and all is worked off."""
        self.hold.unlink(missing_ok=True)
        lives = [self.stage.begin(role) for role in SLOTS]
        self.settle(lives)

    def settle(self, lives: Sequence[Life]) -> None:
        """These go on until all is sent, polled and worked off; then they are killed, too."""
        if self.sender is not None:
            self.sender.wait(600)
        time.sleep(POLLED)
        for life in lives:
            assert life.alive, f"a {life.role} ended by itself: {self.stage.last_words()}"
            life.kill()
        self.stage.bury(*lives)
        self.stage.finish(600)
        time.sleep(LATE)
        self.stage.finish(600)

    def _blow(self) -> None:
        """Somebody dies, or has died, and is replaced."""
        for slot, role in enumerate(SLOTS):
            life = self.lives[slot]
            if life is None or not life.alive:
                self._buried(life)
                self.lives[slot] = self.stage.begin(role, *self._armed(role))
        with contextlib.suppress(DBAPIError):
            self.stage.waits_no_longer()
            self._pace()
        self._look_around()
        time.sleep(self.chance.uniform(SHORTEST, self.pause))
        victim = self.chance.choices((0, 1, 2, "web", None), (30, 30, 3, 4, 33))[0]
        if victim == "web":
            for process in self.stage.web_workers():
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.kill()
                    self.kills["web"] += 1
        elif victim is not None:
            life = self.lives[victim]
            if life is not None and life.alive:
                life.kill()

    def _armed(self, role: str) -> Sequence[str]:
        """Half of the workers' lives end at a line of their own."""
        if role == "clock" or self.chance.random() < 0.5:
            return []
        return [f"{self.chance.choice(LINES)}:{self.chance.randint(1, 4)}"]

    def _buried(self, life: Life | None) -> None:
        if life is not None:
            with contextlib.suppress(DBAPIError):  # it is away, and will notice by itself
                self.stage.bury(life)
            self.kills[life.role if life.code == -9 else f"{life.role}, by itself"] += 1

    def _rest(self) -> None:
        """Nobody is hit any more, and nobody works."""
        for slot, life in enumerate(self.lives):
            if life is not None:
                life.kill()
                self._buried(life)
                self.lives[slot] = None

    def _pace(self) -> None:
        row = self.stage.row("select count(*) as n from pgqueuer")
        if row and row["n"] > BACKLOG:
            self.hold.touch()
        else:
            self.hold.unlink(missing_ok=True)

    def _look_around(self) -> None:
        """To whom the hub's processes talk at this moment."""
        if not _somebody_talks_to_others():  # else each process costs a tenth of a second
            return
        pids = [life.pid for life in self.lives if life is not None]
        for process in [*map(_process, pids), *self.stage.web_workers()]:
            if process is None:
                continue
            with contextlib.suppress(psutil.Error):
                for one in process.net_connections("inet"):
                    if one.raddr and one.raddr.ip != "127.0.0.1":
                        self.strangers.add(one.raddr.ip)

    def _agents(self) -> None:
        """People at the desks take, answer and solve about half of what arrives."""
        chance = random.Random(f"{self.seed}/agents/{self.last}")
        while not self.stopping.wait(0.2):
            with contextlib.suppress(requests.RequestException, AssertionError):
                rows = self._ledger(self.last)
                self.last = rows[-1]["seq"] if rows else self.last
                for row in rows:
                    if row["call"] == "create_ticket":
                        self._at_a_desk(chance, row["desk"], row["ticket_id"])
                self._at_the_help_desk(chance)

    def _at_a_desk(self, chance: random.Random, name: str, ticket: str) -> None:
        desk = self.stage.desks[name]
        assert isinstance(desk, Outside)
        if chance.random() < 0.5:
            desk.harness.act(ticket, reply=f"Ich sehe nach: {ticket}.")
        if chance.random() < 0.4:
            desk.harness.act(ticket, status=desk.solved)

    def _at_the_help_desk(self, chance: random.Random) -> None:
        some, self.seen = self.stage.acknowledged.since(self.seen)
        self.arrived += some
        while self.arrived:
            one = self.arrived[0]
            if one["event"] == "conversation.escalated" and one["desk"] == "live_chat":
                path = f"/conversations/{one['conversation']}"
                self.stage.api("POST", f"{path}/takeover")
                if chance.random() < 0.4:
                    self.stage.api("POST", f"{path}/resume")
            self.arrived.popleft()

    def _ledger(self, after: int) -> list[dict[str, Any]]:
        asked = {"after": after}
        told = requests.get(f"{self.stage.control}/_ledger", params=asked, timeout=30).json()
        return list(told["data"])

    def restart_database(self) -> float:
        """An immediate shutdown, as by a power cut; the seconds until a row is there again."""
        assert self.database.process
        began = time.monotonic()
        self.database.process.send_signal(3)  # SIGQUIT: immediate
        self.database.process.wait(30)
        self.database.ensure()
        eventually(self._database_answers, "PostgreSQL answers", 60)
        self.stage.house.store.engine.dispose()  # the watcher's own connections are dead, too
        return time.monotonic() - began

    def _database_answers(self) -> bool:
        self.database.ensure()
        try:
            with psycopg.connect(self.database.url, connect_timeout=2) as connection:
                return connection.execute("select count(*) from events").fetchone() is not None
        except psycopg.Error:
            return False


def _process(pid: int) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid)
    return None


def _somebody_talks_to_others() -> bool:
    """Whether any process on this machine has a connection to another address than ours."""
    return any(
        line.split()[2].partition(":")[0] not in OURS
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
    )


def sandbox(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """The desks, in a process of their own that nobody kills."""
    with open(folder / "sandbox.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "hub", "sandbox", "--port", str(port)],
            cwd=ROOT, stdout=log, stderr=log, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
