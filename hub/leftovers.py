"""What a server that was not shut down leaves behind: processes, and files that name their pids.

PostgreSQL believes any living process with such a pid to be a server, after a crash of the machine
another program's too. We look at its command line.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from hub.cluster import PORT, EmbeddedError, Place

PATIENCE = 4.0  # seconds after each signal


def clear(place: Place) -> None:
    """Ends what an earlier server left behind, so that a new one can start; needs the lock."""
    for signum in (signal.SIGQUIT, signal.SIGKILL):
        if not _await_end(place, signum):
            break
    else:
        raise EmbeddedError(
            f"An earlier PostgreSQL on {place.data} does not end: kill its processes"
            f" {_leftovers(place)}."
        )
    # Their pids may be another program's by now, and PostgreSQL would take that for a server.
    # Shared memory in use still keeps it from starting, whatever these files say.
    (place.data / "postmaster.pid").unlink(missing_ok=True)
    (place.socket / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)


def _await_end(place: Place, signum: int) -> list[int]:
    """Signals the leftovers and waits for their end; those that are still there."""
    for pid in _leftovers(place):
        with suppress(ProcessLookupError):
            os.kill(pid, signum)
    deadline = time.monotonic() + PATIENCE
    while (left := _leftovers(place)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def _leftovers(place: Place) -> list[int]:
    """The processes of a server of this folder, ours or one that was started by hand."""
    noted = _noted_pid(place)
    return [
        pid
        for pid, command in _commands()
        if f"cluster_name={place.name} " in command
        or command.startswith(f"postgres: {place.name}: ")
        or (pid == noted and "postgres" in command and str(place.data) in command)
    ]


def _noted_pid(place: Place) -> int:
    with suppress(FileNotFoundError):
        first = (place.data / "postmaster.pid").read_text(errors="replace").partition("\n")[0]
        return int(first) if first.isdecimal() else 0
    return 0


def _commands() -> Iterator[tuple[int, str]]:
    """Every process with its command line."""
    if sys.platform != "linux":
        listing = subprocess.run(["/bin/ps", "-axo", "pid=,command="], capture_output=True)
        for line in listing.stdout.decode(errors="replace").splitlines():
            pid, _, command = line.strip().partition(" ")
            yield int(pid), command
        return
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):  # it has just ended, or is hidden from us and so not ours
            command = Path("/proc", pid, "cmdline").read_bytes()
            yield int(pid), command.replace(b"\0", b" ").decode(errors="replace")
