"""The main figures with many escalations of the past in the database, which is a bench's own."""

import statistics
from pathlib import Path

from hub import admin
from hub.app import create_app
from hub.postgres import Embedded
from tests.bench import flow, pages, past
from tests.bench.rig import Bench, Figures, quantile, standing

TIMES = 20  # each page is opened
RATE = 20.0


def measure(folder: Path, number: int, seconds: float, burst: int) -> Figures:
    """Fill a database, then acknowledge, open tickets and show pages."""
    folder.mkdir(mode=0o711)
    with Embedded(folder) as database, standing(folder, database) as bench:
        town = bench.town
        took = past.fill(town.house, town.workspace, town.source["id"], number)
        bench.send(50)  # warm
        bench.wait(50)
        return {
            "escalations": number,
            "filled_seconds": took,
            "database_gb": _size(bench),
            "steady": flow.steady(bench, RATE, seconds),
            "burst": flow.burst(bench, burst),
            "lists": _lists(bench, number),
        }


def _lists(bench: Bench, number: int) -> Figures:
    """The times of each list of the console."""
    house = bench.town.house
    with house.store.transaction() as tx:
        admin.add_user(tx, bench.town.workspace, pages.EMAIL, "Bench", "owner", "a password for it")
        desk = tx.value("select id from connections where desk = 'zendesk'")
    visit = pages.visitor(create_app(house))
    known = {"middle": f"con_{number // 2:026d}", "desk": desk}
    found = {}
    for name, path in pages.LISTS.items():
        visit(path.format(**known))
        took = sorted(visit(path.format(**known)) for _ in range(TIMES))
        found[name] = {"p50_ms": statistics.median(took), "p95_ms": quantile(took, 0.95)}
    return found


def _size(bench: Bench) -> float:
    with bench.store.transaction() as tx:
        return float(tx.value("select pg_database_size(current_database())")) / 2**30
