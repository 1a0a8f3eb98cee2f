"""Lives of the hub's processes, begun by a zygote and ended by kill -9."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tests.e2e.town import ROOT

KILLED = -signal.SIGKILL  # how a process ends that nobody asked
BORN_WITHIN = 60.0  # seconds; importing everything takes two on a quiet machine


class Life:
    """One process of the hub; `owner` is the worker's name in the queue."""

    def __init__(self, role: str, crash: str) -> None:
        self.role = role
        self.crash = crash
        self.owner = str(uuid.uuid4())
        self.pid = 0
        self.code: int | None = None
        self.began = time.monotonic()
        self.born, self.ended = threading.Event(), threading.Event()

    @property
    def alive(self) -> bool:
        """True until it is known to be dead."""
        return not self.ended.is_set()

    def kill(self) -> None:
        """kill -9, unless it is dead already."""
        self.born.wait(BORN_WITHIN)
        if self.alive:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        self.ended.wait(BORN_WITHIN)


class Zygote:
    """The parent of many lives."""

    def __init__(self, environ: Mapping[str, str], log: Path) -> None:
        self.environ = {n: v for n, v in environ.items() if os.environ.get(n) != v}
        self.log = log
        self.lives: dict[str, Life] = {}
        self.by_pid: dict[int, Life] = {}
        self.ready = threading.Event()
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.zygote"], cwd=ROOT,
                env=os.environ | environ, process_group=0,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file,
            )  # fmt: skip
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def begin(self, role: str, crash: str, environ: Mapping[str, str]) -> Life:
        """A new life, which dies by itself where `crash` says."""
        assert self.ready.wait(BORN_WITHIN) and self.process.stdin
        life = Life(role, crash)
        self.lives[life.owner] = life
        order = {"role": role, "crash": crash, "owner": life.owner,
                 "environ": self.environ | dict(environ), "log": str(self.log)}  # fmt: skip
        self.process.stdin.write(json.dumps(order).encode() + b"\n")
        self.process.stdin.flush()
        assert life.born.wait(BORN_WITHIN), f"no {role} was born"
        return life

    def close(self) -> None:
        """End it and all that it has brought forth."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.thread.join(5)

    def _listen(self) -> None:
        assert self.process.stdout
        early: dict[int, int] = {}  # who died before we heard of the birth
        for line in self.process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self.ready.set()
            elif "born" in told:
                life = self.lives.pop(told["order"])
                life.pid = told["born"]
                self.by_pid[life.pid] = life
                if life.pid in early:
                    self._end(life.pid, early.pop(life.pid))
                life.born.set()
            elif told["dead"] in self.by_pid:
                self._end(told["dead"], told["code"])
            else:
                early[told["dead"]] = told["code"]

    def _end(self, pid: int, code: int) -> None:
        life = self.by_pid.pop(pid)
        life.code = code
        life.ended.set()
