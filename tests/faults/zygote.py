"""A process that has imported everything and forks: a life of a worker begins in milliseconds.

Reads orders as lines of JSON from standard input and says who was born and who died, and how.
Killed with its process group, it leaves nobody behind. Web is not among its children: gunicorn
forks by itself.
"""

import functools
import gc
import json
import os
import signal
import sys
from argparse import Namespace
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from uuid import UUID

WITH_THE_FIRST_JOB = ("anyio._backends._asyncio", "hub.room", "hubspot.crm.objects",
                      "hubspot.discovery.crm.objects.discovery")  # fmt: skip
QUIET = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")  # threads do not survive a fork


def _say(**told: Any) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def _bury(*_signal: object) -> None:
    """Tell of every child that has died."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say(dead=pid, code=os.waitstatus_to_exitcode(status))


def _live(order: dict[str, Any]) -> None:
    """Be one of the hub's processes until the end."""
    from hub import taking, telemetry, worker
    from hub.commands import processes, upkeep

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
        os.dup2(file, number)
    os.environ.update(order["environ"])
    telemetry.CRASH = order["crash"] or None
    worker.NICE = 0  # who waits for a death does not wait for the whole machine
    named = functools.partial(_named, taking.QueueManager, UUID(order["owner"]))
    taking.QueueManager = named  # type: ignore[misc, assignment]
    roles = {"worker": processes.worker, "clock": processes.clock,
             "rotate_keys": upkeep.rotate_keys, "migrate": upkeep.migrate}  # fmt: skip
    roles[order["role"]](Namespace())


def _named(make: Callable[..., Any], owner: UUID, *args: Any) -> Any:
    """A queue's manager under the name by which those who bury it know a worker."""
    manager = make(*args)
    manager.queue_manager_id = owner
    return manager


def _preload() -> None:
    import hub.clock  # noqa: F401
    import hub.migrate  # noqa: F401
    import hub.rotation  # noqa: F401
    import hub.worker  # noqa: F401
    from connectors import registry
    from hub.summary import language

    for desk in registry.names():
        registry.get(desk)
    libraries = [f"connectors.{desk}.library" for desk in registry.names()]
    for name in [*filter(find_spec, libraries), *WITH_THE_FIRST_JOB]:
        import_module(name)
    language.detect(["Where is my order?"])
    # A life would copy every page whose objects its garbage collector looks at.
    gc.collect()
    gc.freeze()


def main() -> None:
    """Fork on demand until standard input ends."""
    os.environ.update(dict.fromkeys(QUIET, "1"))
    _preload()
    signal.signal(signal.SIGCHLD, _bury)
    _say(ready=os.getpid())
    left = b""
    while data := os.read(0, 65536):
        *lines, left = (left + data).split(b"\n")
        for line in lines:
            order = json.loads(line)
            pid = os.fork()
            if pid == 0:
                code = 1
                try:
                    _live(order)
                    code = 0
                except SystemExit as end:
                    code = end.code if isinstance(end.code, int) else 1
                except BaseException:
                    sys.excepthook(*sys.exc_info())
                finally:
                    sys.stderr.flush()
                    os._exit(code)
            _say(born=pid, order=order["owner"])
    os.killpg(0, signal.SIGKILL)  # who gave the orders is gone: nobody is left behind


if __name__ == "__main__":
    main()
