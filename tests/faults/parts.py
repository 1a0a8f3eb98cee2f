"""The parts of `make faults`: each breaks something for a while, then everybody counts."""

import argparse
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub import taking
from tests.e2e.town import eventually
from tests.faults import evidence, invariants, vitals
from tests.faults.load import Load
from tests.faults.performing import Play
from tests.faults.proxy import KINDS, Proxy
from tests.faults.stage import VENDORS, Stage
from tests.faults.vitals import Vitals
from tests.hub.stories.file_house import FileHouse

RESTARTS = 5  # of PostgreSQL, in each round of it
SAMPLES = 7  # of the time to recover
ROUNDS = 3
SETTLES = 5.0  # seconds until who is done has let go
THREADS = 8  # of such a worker: they all have begun by the end of the first round


@dataclass
class Run:
    """One run, and what it came to."""

    stage: Stage
    load: Load
    proxy: Proxy
    given: argparse.Namespace
    figures: dict[str, Any] = field(default_factory=dict)
    broken: dict[str, list[str]] = field(default_factory=dict)
    held: list[dict[str, Vitals]] = field(default_factory=list)

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S', time.gmtime())} {text}", flush=True)

    def judge(self, part: str) -> None:
        """Look at every invariant; what is broken is told and kept."""
        wrong = invariants.broken(evidence.gather(self.stage, self.load.strangers, self.held))
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


def endurance(run: Run) -> None:
    """The same processes live through the same again and again; in the end they hold no more."""
    run.stage.begin_web()
    before = run.stage.at_work()
    lives = {name: run.stage.begin(name.partition("-")[0], HUB_WORKER_THREADS=str(THREADS))
             for name in ("worker-1", "worker-2", "clock")}  # fmt: skip
    eventually(lambda: run.stage.at_work() >= before + len(lives), "all are at work", 120)
    pids = {name: life.pid for name, life in lives.items()}
    pids["web"] = run.stage.processes["web"].pid
    for number in range(ROUNDS):
        _live_through(run, f"endurance{number}")
        assert all(life.alive for life in lives.values()), run.stage.last_words()
        run.held.append({name: vitals.of(pid) for name, pid in pids.items()})
        run.say(f"round {number + 1} of {run.given.round} events: {run.held[-1]}")
    run.load.settle(list(lives.values()))
    run.figures["held"] = [run.held[0], run.held[-1]]
    run.judge("endurance")


def _live_through(run: Run, name: str) -> None:
    """Events, every kind of cut at every desk, PostgreSQL away; all of it worked off."""
    run.load.send(f"{name}-{time.monotonic_ns()}", run.given.round)
    for kind in KINDS:
        for desk in VENDORS:
            run.proxy.plan(desk, kind)
    time.sleep(run.load.chance.uniform(3, 8))
    run.load.restart_database()
    while run.load.sending:
        time.sleep(0.5)
    eventually(run.stage.done, "all is worked off", 600)
    time.sleep(SETTLES)


def load(run: Run) -> None:
    """Random kills of everybody while the platform posts, until there were enough."""
    deadline = time.monotonic() + run.given.minutes * 60
    sent, batch = 0, 0
    while time.monotonic() < deadline and (
        sum(run.load.kills.values()) < run.given.kills or sent < run.given.events
    ):
        batch += 1
        run.load.send(f"load{batch}-{time.monotonic_ns()}", run.given.batch)
        while run.load.sending and time.monotonic() < deadline:
            run.load.kill_until(20, deadline)
            run.say(f"{sum(run.load.kills.values())} kills, {run.stage.acknowledged.size()} acks")
        run.load.finish()
        sent += run.given.batch
        run.say(f"{sum(run.load.kills.values())} kills of {dict(run.load.kills)}")
        run.judge(f"random kills, batch {batch}")
    run.figures["kills"] = sum(run.load.kills.values())


PARTS: Mapping[str, Callable[[Run], None]] = {
    "scenes": scenes,
    "cuts": cuts,
    "restarts": restarts,
    "recovery": recovery,
    "endurance": endurance,
    "load": load,
}
