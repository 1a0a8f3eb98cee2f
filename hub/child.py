"""One process under supervision: how it starts, what it says, how it ends."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import IO

SHORTEST_PAUSE, LONGEST_PAUSE = 0.2, 5.0  # seconds before a dead child is started again
HEALTHY_AFTER = 30.0  # seconds alive after which the pause is short again
HOPELESS_DEATHS, HOPELESS_WITHIN = 5, 10.0  # so many, so many seconds after the first start
LAST_LINES = 5
LONGEST_LINE = 64 * 1024

PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Child:
    """A process to keep running; `env` is added to ours, `grace` is in seconds."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] | None = None
    nice: int = 0
    grace: float = 4.0
    once: bool = False  # a task: it may end, and is not started again


def die_with_parent(signum: int, nice: int = 0) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `signum` when we die, however we die (Linux only)."""
    parent = os.getpid()

    def before_exec() -> None:
        os.nice(nice)
        if _libc:
            # A change of user clears this setting; subprocess changes it before it calls us.
            _libc.prctl(PR_SET_PDEATHSIG, signum)
            if os.getppid() != parent:  # we died before the kernel knew
                os._exit(1)

    return before_exec


@dataclass(eq=False)
class Life:
    """A child's process, and what its earlier processes came to."""

    child: Child
    selector: selectors.BaseSelector
    process: subprocess.Popen[bytes] | None = None
    output: IO[bytes] | None = None
    due: float = 0.0  # when to start it; never while it runs
    began: float = 0.0
    first_began: float = 0.0
    pause: float = SHORTEST_PAUSE
    early_codes: list[int] = field(default_factory=list)
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=LAST_LINES))
    unfinished: bytes = b""

    def start(self) -> None:
        """Starts the process in a group of its own, out of reach of the terminal's Ctrl-C."""
        self.process = subprocess.Popen(
            self.child.argv,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(self.child.env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            process_group=0,
            preexec_fn=die_with_parent(signal.SIGKILL, self.child.nice),
        )
        self.due, self.began = inf, time.monotonic()
        self.first_began = self.first_began or self.began
        self.output = self.process.stdout
        assert self.output
        os.set_blocking(self.output.fileno(), False)
        self.selector.register(self.output, selectors.EVENT_READ, self)

    def read(self) -> list[str] | None:
        """The lines that came in; None when there is nothing to read now."""
        if self.output is None:
            return None
        try:
            data = os.read(self.output.fileno(), LONGEST_LINE)
        except BlockingIOError:
            return None
        *lines, self.unfinished = (self.unfinished + data).split(b"\n")
        if self.unfinished and (not data or len(self.unfinished) > LONGEST_LINE):
            lines.append(self.unfinished)
            self.unfinished = b""
        if not data:
            self.hang_up()
        texts = [line.decode(errors="replace").rstrip("\r") for line in lines]
        self.last_lines.extend(texts)
        return texts

    def hang_up(self) -> None:
        """Listens no longer."""
        if self.output:
            self.selector.unregister(self.output)
            self.output.close()
            self.output = None

    def over(self) -> bool:
        """Whether the process ended and is not buried yet."""
        return self.process is not None and self.process.poll() is not None

    def terminate(self) -> None:
        """Asks the process to end."""
        if self.process:
            self.process.terminate()

    def kill(self) -> None:
        """Kills the process and all that it started in its group."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a zombie
                os.killpg(self.process.pid, signal.SIGKILL)

    def bury(self) -> str:
        """Kills what the dead process left in its group, which may hold its port; how it died."""
        assert self.process
        self.kill()
        code, self.process = self.process.wait(), None
        if time.monotonic() - self.first_began <= HOPELESS_WITHIN:
            self.early_codes.append(code)
        return f"ended with code {code}" if code >= 0 else f"was killed by signal {-code}"

    def hopeless(self) -> bool:
        """Whether it only ever died, and always in the same way."""
        return len(self.early_codes) >= HOPELESS_DEATHS and len(set(self.early_codes)) == 1

    def rest(self) -> float:
        """Sets when to start again; the seconds until then."""
        if time.monotonic() - self.began >= HEALTHY_AFTER:
            self.pause = SHORTEST_PAUSE
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.due = time.monotonic() + pause
        return pause
