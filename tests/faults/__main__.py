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
from pathlib import Path

from hub import migrate
from hub.postgres import Embedded
from tests.bench import machine
from tests.e2e.town import ROOT, free_port
from tests.faults import evidence, report
from tests.faults.load import Load, sandbox
from tests.faults.parts import PARTS, Run
from tests.faults.proxy import Proxy
from tests.faults.stage import standing


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
                    load = Load(stage, database, given.seed, given.pause)
                    yield Run(stage, load, proxy, given)
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
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between blows, at most")
    parser.add_argument("--batch", type=int, default=500, help="events until everybody counts")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--seeds", type=int, default=2, help="of every crash point")
    parser.add_argument("--round", type=int, default=500, help="events of a round of endurance")
    parser.add_argument("--restarts", type=int, default=20, help="of PostgreSQL")
    parser.add_argument(
        "--only", choices=list(PARTS), action="append", help="this part, and no other"
    )
    parser.add_argument("--report", type=Path, help="write the report between its marks there")
    given = parser.parse_args()
    print(f"seed {given.seed}: repeat with --seed {given.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with standing_run(given) as run:
        for part in given.only or PARTS:
            PARTS[part](run)
        seen = evidence.gather(run.stage)
        run.figures |= {"events": len(seen.acknowledged), "escalations": len(seen.escalated()),
                        "minutes": (time.monotonic() - began) / 60}  # fmt: skip
    told = report.text(run.figures, run.broken, command=_command(), commit=_commit(),
                       where=machine.name(), seed=given.seed)  # fmt: skip
    print(told)
    if given.report:
        report.write(given.report, told)
    return 1 if run.broken else 0


def _command() -> str:
    return " ".join(["python -m tests.faults", *sys.argv[1:]])


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
