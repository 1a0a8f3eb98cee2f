"""Keeps the hub's processes running and stops them together.

`Supervisor.run` belongs in the main thread: signal handlers can be set only there, and Linux
sends the parent-death signal when the *thread* that started a child ends (prctl(2)).
"""

import errno
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from typing import TextIO

from hub.child import HOPELESS_DEATHS, HOPELESS_WITHIN, Child, Life

__all__ = ["Child", "Supervisor", "port_free", "prefixed"]

TICK = 0.5  # seconds between two calls of the keepers
IN_EARNEST = 0.3  # timeout(1) sends every signal twice; a person's second Ctrl-C is slower
COLOURS = (36, 33, 35, 32, 34, 31)

OnLine = Callable[[str, str], None]


def port_free(host: str, port: int) -> bool:
    """Whether a server could listen there now; connections in TIME_WAIT do not count."""
    family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, proto) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as problem:
            if problem.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def prefixed(names: Sequence[str], out: TextIO) -> OnLine:
    """Writes lines as `name | line`, each name in its colour when `out` is a terminal."""
    width = max(map(len, names))
    colourful = out.isatty() and "NO_COLOR" not in os.environ  # https://no-color.org
    colours = dict(zip(names, COLOURS * len(names), strict=False)) if colourful else {}

    def write(name: str, line: str) -> None:
        label = f"{name:<{width}} |"
        if name in colours:
            label = f"\x1b[{colours[name]}m{label}\x1b[0m"
        with suppress(OSError):  # the terminal may be gone; the children still need us
            print(label, line, file=out, flush=True)

    return write


class Supervisor:
    """Starts `children` in order, restarts what dies, and stops them all within their grace.

    `keepers` are called twice a second and whenever a process of ours ends; an exception from one
    stops everything and is raised by `run`. `closers` are called when all children are gone.
    Lines go to `on_line(name, line)`, else to the file `log`, else to standard output.
    """

    def __init__(
        self,
        children: Sequence[Child],
        *,
        on_line: OnLine | None = None,
        log: Path | None = None,
        keepers: Sequence[Callable[[], None]] = (),
        closers: Sequence[Callable[[], None]] = (),
    ) -> None:
        self._selector = selectors.DefaultSelector()
        self._lives = [Life(child, self._selector) for child in children]
        self._keepers, self._closers = keepers, closers
        self._say = on_line or prefixed(
            [*(child.name for child in children), "hub"], log.open("a") if log else sys.stdout
        )
        self._next_tick = 0.0
        self._asked_at = inf  # when we were first asked to stop
        self._hurry = False
        self._fault = ""

    def run(self) -> int:
        """0 when asked to stop; 1, after saying why, when a child died again and again."""
        with self._signals():
            try:
                while self._asked_at == inf and not self._fault:
                    self._turn()
            finally:
                self.stop()
                self._end_children()
                for close in self._closers:
                    close()
        if self._fault:
            print(self._fault, file=sys.stderr)
        return 1 if self._fault else 0

    def stop(self) -> None:
        """Asks `run` to stop everything; for keepers and signal handlers."""
        self._asked_at = min(self._asked_at, time.monotonic())

    def _turn(self) -> None:
        now = time.monotonic()
        for life in self._lives:
            if life.due <= now:
                life.start()
        if self._next_tick <= now:
            self._next_tick = now + TICK
            for keep in self._keepers:
                keep()
        self._listen(until=min([self._next_tick, *(life.due for life in self._lives)]))
        for life in self._lives:
            if life.over():
                self._bury(life)

    def _end_children(self) -> None:
        begun = time.monotonic()
        for life in self._lives:
            life.terminate()
        while living := [life for life in self._lives if life.process]:
            self._listen(until=time.monotonic() + 0.1)
            for life in living:
                if self._hurry or time.monotonic() > begun + life.child.grace:
                    life.kill()
                if life.over():
                    self._bury(life)

    def _bury(self, life: Life) -> None:
        ending = life.bury()
        while self._hear(life):
            pass
        life.hang_up()
        if self._asked_at < inf or life.child.once:
            return
        if life.hopeless():
            said = " / ".join(life.last_lines) or "nothing"
            self._fault = (
                f"{life.child.name} {ending}, {HOPELESS_DEATHS} times within"
                f" {HOPELESS_WITHIN:.0f} s, so everything stops; it said: {said}"
            )
            return
        pause = life.rest()
        self._say("hub", f"{life.child.name} {ending}; it starts again in {pause:.1f} s")

    def _listen(self, *, until: float) -> None:
        for key, _ in self._selector.select(max(0.0, until - time.monotonic())):
            if isinstance(key.data, Life):
                self._hear(key.data)
            else:
                os.read(key.fd, 4096)
                self._next_tick = 0.0

    def _hear(self, life: Life) -> bool:
        """Passes on what a child wrote; False when there is no more to read now."""
        lines = life.read()
        for line in lines or ():
            self._say(life.child.name, line)
        return lines is not None

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Signals end a wait of ours: each puts a byte into a socket that we listen to."""
        ear, bell = socket.socketpair()
        bell.setblocking(False)
        self._selector.register(ear, selectors.EVENT_READ)
        signals = [signal.SIGINT, signal.SIGTERM, signal.SIGCHLD]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup(1) had it ignored
            signals.append(signal.SIGHUP)
        before = {signum: signal.signal(signum, self._on_signal) for signum in signals}
        signal.set_wakeup_fd(bell.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(-1)
            for signum, handler in before.items():
                signal.signal(signum, handler)
            self._selector.close()
            ear.close()
            bell.close()

    def _on_signal(self, signum: int, _frame: object) -> None:
        if signum == signal.SIGCHLD:
            return
        if signum == signal.SIGINT and time.monotonic() > self._asked_at + IN_EARNEST:
            self._hurry = True
        self.stop()
