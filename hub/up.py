"""`python -m hub up`: database, web, worker, clock and sandbox desks in one command."""

import json
import os
import subprocess
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from hub import settings, unsafe
from hub.commands.upkeep import NOBODY
from hub.postgres import Embedded, EmbeddedError
from hub.setting_values import BadSetting
from hub.supervisor import Child, Supervisor, port_free

PYTHON = [sys.executable, "-m", "hub"]


class CannotStart(Exception):
    """One sentence that says why, and what to do."""


def run(args: Namespace) -> int:
    """Start everything, keep it running, stop it together; the exit code."""
    environ = dict(os.environ)
    host = settings.bind(environ, "127.0.0.1")
    try:
        port = args.port or settings.port(environ)
        ports = [port, port + 1] if args.sandbox or args.demo else [port]
        _check_ports(host, ports)
        environ |= _environment(environ, port, sandbox=len(ports) == 2)
        os.environ.update(environ)
        chosen = settings.read(environ)
        unsafe.refuse(chosen, host)
        database = Embedded(chosen.data_dir) if chosen.embedded else None
        if database is not None:
            database.start()
        told = _migrate()
    except (CannotStart, EmbeddedError, BadSetting) as problem:
        print(problem, file=sys.stderr)
        return 1
    logs = _fresh_log(chosen.data_dir)
    print(f"The hub starts at {chosen.public_url} (its log: {logs}). Ctrl-C stops it.", flush=True)
    if NOBODY in told and not args.demo:  # the demo makes an owner of its own
        print(told[told.index(NOBODY) :].strip(), flush=True)
    supervisor = Supervisor(
        _children(host, port, sandbox=len(ports) == 2, demo=args.demo),
        on_line=_writer(logs),
        keepers=[database.ensure] if database is not None else [],
        closers=[database.stop, _word(chosen.data_dir, environ)] if database is not None else [],
    )
    return supervisor.run()


def _check_ports(host: str, ports: list[int]) -> None:
    other = ports[0] + 1000 if ports[0] < 60000 else settings.DEFAULT_PORT
    for port in ports:
        trouble = _trouble(host, port)
        if trouble:
            raise CannotStart(
                f"Port {port} {trouble}, or choose another with --port (make run PORT={other})."
            )


def _trouble(host: str, port: int) -> str | None:
    """Why nothing of ours can listen there, and what to do."""
    if port > 65535:
        return "does not exist: the sandbox desks take the next one; do without them"
    try:
        return None if port_free(host, port) else "is in use: stop what listens there"
    except PermissionError as problem:
        return f"on {host} is refused ({problem.strerror}): ask for the right to it"
    except OSError as problem:  # a name that nobody knows, or an address of somebody else
        raise CannotStart(
            f"{host} is no address of this machine ({problem.strerror}): set HUB_BIND to one that"
            " is, such as 127.0.0.1, or 0.0.0.0 for all."
        ) from None


def _environment(environ: dict[str, str], port: int, *, sandbox: bool) -> dict[str, str]:
    """What the children are told beyond our own environment."""
    data_dir = Path(environ.get("HUB_DATA_DIR", "var")).absolute()
    told = {"PORT": str(port), "HUB_DATA_DIR": str(data_dir)}
    # A memory pool for each of the worker's threads would cost more than it gains.
    told["MALLOC_ARENA_MAX"] = environ.get("MALLOC_ARENA_MAX", "2")
    if "DATABASE_URL" not in environ:
        metrics = data_dir / "metrics"
        _make_folder(metrics)
        for old in metrics.glob("*.db"):
            old.unlink()
        told["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
    if sandbox:
        told["HUB_SANDBOX_URL"] = f"http://127.0.0.1:{port + 1}"
        told.setdefault(
            "HUB_ALLOW_PRIVATE_NETWORKS", environ.get("HUB_ALLOW_PRIVATE_NETWORKS", "127.0.0.0/8")
        )
    return told


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise CannotStart(
            f"{folder.parent} cannot be written ({problem.strerror}): set HUB_DATA_DIR to a folder"
            " of yours."
        ) from None


def _word(data_dir: Path, environ: dict[str, str]) -> Callable[[], None]:
    """Tell the commands that are run beside us where we are; what is returned takes it back."""
    word = data_dir / settings.WORD
    fresh = word.with_suffix(".new")
    fresh.write_text(json.dumps({name: environ[name] for name in environ.keys() & settings.SHARED}))
    fresh.replace(word)  # nobody reads half of it
    return lambda: word.unlink(missing_ok=True)


def _migrate() -> str:
    """What `migrate` said, in a process of its own: this one, which stays, stays small."""
    done = subprocess.run([*PYTHON, "migrate"], capture_output=True, text=True)
    if done.returncode:
        raise CannotStart(done.stderr.strip() or "The database cannot be migrated.")
    return done.stderr


def _children(host: str, port: int, *, sandbox: bool, demo: bool) -> list[Child]:
    children = [
        Child("web", [*PYTHON, "web"], env={"HUB_BIND": host}),
        Child("worker", [*PYTHON, "worker"]),
        Child("clock", [*PYTHON, "clock"]),
    ]
    if sandbox:
        children.insert(0, Child("sandbox", [*PYTHON, "sandbox", "--port", str(port + 1)]))
    if demo:
        children.append(Child("demo", [*PYTHON, "demo", "--once"], once=True))
    return children


def _fresh_log(data_dir: Path) -> Path:
    """The log of this run; the last run's is kept beside it."""
    log = data_dir / "hub.log"
    if log.exists():
        log.replace(data_dir / "hub.log.1")
    return log


def _writer(path: Path) -> Callable[[str, str], None]:
    """The demo speaks to the terminal, everybody else to the log."""
    log = path.open("a", buffering=1)

    def write(name: str, line: str) -> None:
        if name == "demo":
            print(line, flush=True)
            return
        log.write(f"{name:<7} | {line}\n")

    return write
