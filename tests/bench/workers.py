"""Several workers, what they may take, and how fast."""

from collections.abc import Sequence

from tests.bench.rig import Bench
from tests.e2e.town import eventually


def hold(bench: Bench, hold: bool) -> None:
    """Close the desk's lane, or open it: workers look at it once a second."""
    with bench.store.transaction() as tx:
        tx.run("update connections set state = :s where desk = 'zendesk'",
               s="paused" if hold else "active")  # fmt: skip


def pace(bench: Bench, rate: int | None) -> None:
    """So many calls a minute of ours; None: as many as it likes."""
    with bench.store.transaction() as tx:
        tx.run(
            "update connections set rate = :rate, version = version + 1 where desk = 'zendesk'",
            rate=rate,
        )


def start(bench: Bench, number: int) -> Sequence[str]:
    """So many workers, each of which is up."""
    names = [f"worker-{n}" for n in range(number)]
    before = {name: _starts(bench, name) for name in names}
    for name in names:
        bench.town.start(name)
    for name in names:
        eventually(lambda n=name: _starts(bench, n) > before[n], f"{name} is up")  # type: ignore[misc]
    return names


def _starts(bench: Bench, name: str) -> int:
    log = bench.town.folder / f"{name}.log"
    return log.read_bytes().count(b"worker.started") if log.exists() else 0


def stop(bench: Bench, names: Sequence[str]) -> None:
    """Kill them."""
    for name in names:
        bench.town.stop(name)
