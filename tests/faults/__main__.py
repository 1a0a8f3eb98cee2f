"""`make faults`: everything breaks for as long as you like; then everybody counts.

    python -m tests.faults [--kills N] [--events N] [--seed S] [--minutes M] [--report FILE]

Two workers, a clock, web, PostgreSQL and the desks run as processes of their own. Whatever is drawn
by chance comes from the seed, which is printed.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hub import migrate, taking
from hub.postgres import Embedded
from tests.bench import machine
from tests.e2e.town import ROOT, eventually, free_port
from tests.faults import evidence, invariants, report
from tests.faults.load import Load, sandbox
from tests.faults.performing import Play
from tests.faults.proxy import KINDS, Proxy
from tests.faults.stage import VENDORS, Stage, standing
from tests.hub.stories.file_house import FileHouse

BATCH = 500  # events that the platform posts at a time
RESTARTS = 5  # of PostgreSQL, in each round of it
SAMPLES = 7  # of the time to recover
PARTS = ("scenes", "cuts", "restarts", "recovery", "load")


@dataclass
class Run:
    """One run, and what it came to."""

    stage: Stage
    load: Load
    proxy: Proxy
    given: argparse.Namespace
    figures: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)

    def judge(self, part: str) -> None:
        """Look at every invariant; what is broken is told and kept."""
        wrong = invariants.broken(evidence.gather(self.stage, self.load.strangers))
        for name, found in wrong.items():
            self.say(f"BROKEN {name} after {part}: {len(found)}, such as {found[:3]}")
            self.broken.setdefault(name, []).extend(found)
        self.say(f"{part}: every invariant holds" if not wrong else f"{part}: see above")


def scenes(run: Run) -> None:
    """Every crash point, once for each seed."""
    for seed in range(run.given.seeds):
        files = FileHouse()
        play = Play(run.stage, files)
        before = len(run.stage.deaths())
        try:
            play.perform()
        finally:
            files.close()
        died = run.stage.deaths()[before:]
        run.figures["points"] = len({one.split(":")[0] for one in died})
        run.figures["point_kills"] = run.figures.get("point_kills", 0) + len(died)
        run.say(f"seed {seed}: {len(died)} deaths at {run.figures['points']} crash points")
    run.judge("crash points")


def cuts(run: Run) -> None:
    """Each kind of cut at each desk with HTTP, on the create of a ticket."""
    desks = [run.stage.desks[name] for name in VENDORS]
    life = run.stage.begin("worker")
    for kind in KINDS:
        for desk in desks:
            run.proxy.plan(desk.name, kind)
            desk.escalate(f"cut-{kind}-{desk.name}-{run.given.seed}-{time.monotonic_ns()}")
        eventually(lambda: not any(run.proxy.planned.values()), f"{kind} at every desk", 60)
        run.say(f"socket cuts: {kind} at {len(desks)} desks")
    life.kill()
    run.stage.bury(life)
    run.stage.finish(240)
    run.figures["cuts"] = sum(run.proxy.done.values())
    run.figures["cut_kinds"] = len({kind for _, kind in run.proxy.done})
    run.judge("socket cuts")


def restarts(run: Run) -> None:
    """PostgreSQL ends as by a power cut, again and again, while the platform posts."""
    times = []
    lives = [run.stage.begin(role) for role in ("worker", "worker", "clock")]
    run.load.send(f"restarts{time.monotonic_ns()}", run.given.restarts * 200)
    for number in range(run.given.restarts):
        time.sleep(run.load.chance.uniform(3, 8))
        times.append(run.load.restart_database())
        run.say(f"PostgreSQL restart {number + 1}: back after {times[-1]:.2f} s")
    run.load.settle(lives)
    run.figures["restarts"] = len(times)
    run.figures["restart_seconds"] = times
    run.judge("restarts of PostgreSQL")


def recovery(run: Run) -> None:
    """How long a killed worker's job waits for another one, with nobody helping the queue.

    When the other one looks, as seen from the death, is drawn: it is a matter of luck outside, too.
    """
    desk, times = run.stage.desks["freshdesk"], []
    for number in range(SAMPLES):
        escalation = desk.escalate(f"recovery-{number}-{time.monotonic_ns()}")
        life = run.stage.begin("worker", f"escalate.before_request:1:{escalation}")
        eventually(lambda: not life.alive, "it dies", 60)  # noqa: B023
        began = time.monotonic()
        time.sleep(run.load.chance.uniform(0, taking.DEQUEUE_TIMEOUT.total_seconds()))
        other = run.stage.begin("worker")
        run.stage.ticket(escalation)
        times.append(time.monotonic() - began)
        other.kill()
        run.stage.bury(other)
    run.stage.finish()
    run.figures["recovery_seconds"] = times
    run.say(f"after kill -9 of a worker its ticket was there in {[round(t, 1) for t in times]} s")


def load(run: Run) -> None:
    """Random kills of everybody while the platform posts, until there were enough."""
    deadline = time.monotonic() + run.given.minutes * 60
    sent, batch = 0, 0
    while time.monotonic() < deadline and (
        sum(run.load.kills.values()) < run.given.kills or sent < run.given.events
    ):
        batch += 1
        run.load.send(f"load{batch}-{time.monotonic_ns()}", BATCH)
        while run.load.sending and time.monotonic() < deadline:
            run.load.kill_until(20, deadline)
            run.say(f"{sum(run.load.kills.values())} kills, {run.stage.acknowledged.size()} acks")
        run.load.finish()
        sent += BATCH
        run.say(f"{sum(run.load.kills.values())} kills of {dict(run.load.kills)}")
        run.judge(f"random kills, batch {batch}")
    run.figures["kills"] = sum(run.load.kills.values())


@contextmanager
def standing_run(given: argparse.Namespace) -> Iterator[Run]:
    """Everything set up, and taken down whatever happens."""
    with tempfile.TemporaryDirectory(prefix="hub-faults-") as name:
        folder = Path(name)
        os.chmod(folder, 0o711)
        port = free_port()
        desks = sandbox(folder, port)
        control = f"http://127.0.0.1:{port}"
        proxy = Proxy(control)
        try:
            with Embedded(folder) as database:
                migrate.upgrade(database.url)
                with standing(database.url, proxy.url, folder, control) as stage:
                    yield Run(stage, Load(stage, database, given.seed), proxy, given)
        finally:
            proxy.close()
            desks.kill()
            desks.wait()


def main() -> int:
    """Run the parts that are wanted; 1 when an invariant is broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000, help="random kills under load")
    parser.add_argument("--events", type=int, default=100_000, help="acknowledged under load")
    parser.add_argument("--minutes", type=float, default=240, help="the load takes at most")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seeds", type=int, default=2, help="of every crash point")
    parser.add_argument("--restarts", type=int, default=20, help="of PostgreSQL")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part, and no other")
    parser.add_argument("--report", type=Path, help="write the report between its marks there")
    given = parser.parse_args()
    print(f"seed {given.seed}: repeat with --seed {given.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with standing_run(given) as run:
        for part in given.only or PARTS:
            PART[part](run)
        seen = evidence.gather(run.stage)
        run.figures |= {"events": len(seen.acknowledged), "escalations": len(seen.escalated()),
                        "minutes": (time.monotonic() - began) / 60}  # fmt: skip
    told = report.text(run.figures, run.broken, command=_command(), commit=_commit(),
                       where=machine.name(), seed=given.seed)  # fmt: skip
    print(told)
    if given.report:
        report.write(given.report, told)
    return 1 if run.broken else 0


PART = {"scenes": scenes, "cuts": cuts, "restarts": restarts, "recovery": recovery, "load": load}


def _command() -> str:
    return " ".join(["python -m tests.faults", *sys.argv[1:]])


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
