"""The hub's own PostgreSQL: the server of a PyPI wheel, under our supervision, on a Unix socket.

`hub/cluster.py` knows its folder. `up` starts it; `web`, `worker` and `clock` need only its `url`.
"""

import logging
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from urllib.parse import quote

from hub import cluster, leftovers
from hub.child import HEALTHY_AFTER, LONGEST_PAUSE, SHORTEST_PAUSE
from hub.cluster import EmbeddedError, Place

__all__ = ["Embedded", "EmbeddedError", "throwaway", "url"]

READY_WITHIN = 60.0  # seconds; most goes to replaying max_wal_size after a crash
LOG_LIMIT = 10 * 2**20
# https://www.postgresql.org/docs/18/server-shutdown.html: fast, then immediate.
SHUTDOWN = ((signal.SIGINT, 4.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, 2.0))
# Given on the command line, so that a new version of the hub brings its own to an old folder.
SETTINGS = {
    "listen_addresses": "",
    "port": cluster.PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "16MB",
    "fsync": "on",
    "synchronous_commit": "on",
    "client_connection_check_interval": "5s",  # the query of a killed worker ends
    # After a crash: one call instead of a thousand, seconds faster on a busy disk.
    "recovery_init_sync_method": cluster.SYNC,
    "log_checkpoints": "off",
    "max_wal_size": "256MB",
    "checkpoint_timeout": "15min",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Two cores: no workers that would only wait, no query on both.
    "io_method": "sync",
    "max_logical_replication_workers": "0",
    "max_parallel_workers_per_gather": "0",
    "autovacuum_max_workers": "2",
    "jit": "off",
    # A row's values are customers' words: they stay out of the log.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}

log = logging.getLogger(__name__)


def url(data_dir: Path) -> str:
    """Where the database of `data_dir` answers when it runs, for libpq and SQLAlchemy."""
    return f"postgresql:///hub?host={quote(str(Place(data_dir.resolve()).socket))}&user=hub"


@contextmanager
def throwaway() -> Iterator[str]:
    """The URL of a new server that is deleted afterwards; for tests."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        os.chmod(folder, 0o711)  # the server's account must pass
        with Embedded(Path(folder)) as server:
            yield server.url


class Embedded:
    """The database of one data folder, ours from `start` to `stop`; `start` in the main thread.

    The server ends when this process does. Methods raise `EmbeddedError`.
    """

    def __init__(self, data_dir: Path) -> None:
        self.url = url(data_dir)
        self._place = Place(data_dir.resolve())
        self._lock: int | None = None
        self._account: cluster.Account | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._began, self._pause, self._not_before = -inf, 0.0, -inf

    def __enter__(self) -> "Embedded":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> str:
        """The URL, once the server answers there; makes the database the first time."""
        self._lock = cluster.lock(self._place)
        try:
            self._start()
        except OSError as problem:
            self.stop()
            raise EmbeddedError(
                f"The database in {self._place.root} cannot start ({problem}): put that right, or"
                f" {cluster.OR_ELSEWHERE}."
            ) from problem
        except BaseException:
            self.stop()
            raise
        return self.url

    def ensure(self) -> None:
        """Starts the server again if it died; returns before it answers. For a supervisor."""
        if self._process is None:
            return
        self._trim_log()
        if self.alive() or time.monotonic() < self._not_before:
            return
        leftovers.clear(self._place)
        self._launch()

    @property
    def process(self) -> subprocess.Popen[bytes] | None:
        """The postmaster, while it runs."""
        return self._process

    def alive(self) -> bool:
        """Whether the server runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Shuts the server down, within 4 s unless it hangs, and lets the folder go."""
        if self._process:
            _shut_down(self._process)
            self._process = None
        if self._place.socket != self._place.home:
            with suppress(OSError):  # it is not there, or still in use
                self._place.socket.rmdir()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _start(self) -> None:
        place = self._place
        self._account = cluster.settle(place)
        if place.socket != place.home:
            log.warning("the path of %s does not do for a socket: see %s", place.home, place.socket)
        leftovers.clear(place)
        if not place.data.exists():
            cluster.create(place, self._account)
        self._launch()
        self._wait()

    def _launch(self) -> None:
        assert self._account
        now = time.monotonic()
        healthy = now - self._began > HEALTHY_AFTER
        again = min(max(self._pause * 2, SHORTEST_PAUSE), LONGEST_PAUSE)
        self._pause = 0.0 if healthy else again
        self._began, self._not_before = now, now + self._pause
        with _appending(self._place.log) as file:
            self._log_start = file.tell()
            self._process = subprocess.Popen(
                _command(self._place),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                **self._account.popen(signal.SIGINT),
            )

    def _wait(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready():
            if not self.alive() or time.monotonic() > deadline:
                with self._place.log.open("rb") as file:
                    file.seek(self._log_start)
                    said = cluster.last_lines(file.read())
                raise EmbeddedError(
                    f"PostgreSQL does not start in {self._place.data}: put right what it says in"
                    f" {self._place.log}, or {cluster.OR_ELSEWHERE}. It says: {said}"
                )
            time.sleep(0.01)

    def _ready(self) -> bool:
        """Whether the server says so where pg_ctl(1) looks too: line 8 of postmaster.pid."""
        try:
            lines = (self._place.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        assert self._process
        return lines[:1] == [str(self._process.pid)] and lines[7:8] == ["ready   "]

    def _trim_log(self) -> None:
        """Keeps the last half of a log that is full; the server appends, wherever that is."""
        with _appending(self._place.log) as file:
            if file.tell() > LOG_LIMIT:
                kept = self._place.log.read_bytes()[-LOG_LIMIT // 2 :]
                file.truncate(0)
                file.write(kept)


def _command(place: Place) -> list[str]:
    quoted = str(place.socket).replace('"', '""')
    settings = SETTINGS | {
        "cluster_name": place.name,
        "unix_socket_directories": f'"{quoted}"',
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [str(cluster.binaries() / "postgres"), *options, "-D", str(place.data)]


def _shut_down(process: subprocess.Popen[bytes]) -> None:
    for signum, patience in SHUTDOWN:
        process.send_signal(signum)
        with suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            return


def _appending(path: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
    return open(os.open(path, flags, 0o600), "ab")
