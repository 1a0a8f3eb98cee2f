"""How fast the console's lists are with many conversations, and that no big table is read whole.

On a machine that others use, time tells of them too: so each list has its CPU, of Python and of
PostgreSQL, and the load beside which it was measured.
"""

import base64
import os
import statistics
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from flask import Flask
from pydantic import SecretStr

from hub import admin, auth, migrate, postgres
from hub import house as houses
from hub.app import create_app
from hub.console import shell
from hub.settings import Settings
from hub.store import Row, Rows, Store, Tx
from tests.bench.filling import fill
from tests.bench.rig import Figures, quantile

BIG = {"conversations", "messages", "escalations", "tickets", "events", "audit", "native_tickets"}
EMAIL = "bench@example.com"
LISTS = {
    "conversations": "/",
    "conversations, far down": "/?after={middle}",
    "conversations, waiting": "/?show=waiting",
    "conversations, ended": "/?show=ended",
    "ended, in one language": "/?show=ended&language=fi",
    "ended, of one channel": "/?show=ended&channel=mail",
    "ended, at one desk": "/?show=ended&desk={desk}",
    "ended, a rare word": "/?show=ended&q=order+777",
    "ended, a common word": "/?show=ended&q=the",
    "ended, two words": "/?show=ended&q=parcel+refund",
    "ended, no such word": "/?show=ended&q=xylophone",
    "ended, a customer": "/?show=ended&q=customer+4242",
    "inbox, mine": "/inbox?show=mine",
    "inbox, unassigned": "/inbox?show=unassigned",
    "inbox, all": "/inbox?show=all",
    "inbox, closed": "/inbox?show=closed",
    "inbox, closed, a rare word": "/inbox?show=closed&q=order+777",
    "inbox, closed, a common word": "/inbox?show=closed&q=the",
    "inbox, one desk": "/inbox?show=all&desk={desk}",
    "one conversation": "/conversations/{middle}",
    "escalations": "/escalations",
    "overview, 30 days": "/overview?show=month",
    "overview, 7 days": "/overview?show=week",
    "overview, 24 hours": "/overview?show=day",
}
OURS = [name for name in LISTS if name != "escalations"]  # without a big table read whole
EXPLAINED = ("select", "with", "insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class Explained(Tx):
    """A transaction that asks for the plan of each statement before it runs it."""

    plans: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def all(self, statement: Any, **values: Any) -> Rows:
        self._explain(statement, values)
        return Tx.all(self, statement, **values)

    def run(self, statement: Any, **values: Any) -> int:
        self._explain(statement, values)
        return Tx.run(self, statement, **values)

    def _explain(self, statement: Any, values: Mapping[str, Any]) -> None:
        if isinstance(statement, str) and statement.lstrip().startswith(EXPLAINED):
            (plan,) = Tx.all(self, f"explain (format json) {statement}", **values)
            self.plans.append((statement, plan["QUERY PLAN"][0]["Plan"]))


class ExplainingStore(Store):
    """A store that keeps the plans of what was read."""

    def __init__(self, url: str, *, pool: int) -> None:
        super().__init__(url, pool=pool)
        self.plans: list[tuple[str, dict[str, Any]]] = []

    @contextmanager
    def transaction(self, *, walled: bool = True) -> Iterator[Tx]:
        with self.engine.begin() as connection:
            tx = Explained(connection, self.now(), plans=self.plans)
            yield tx
            tx.finish()


def whole(plan: Mapping[str, Any]) -> Iterator[str]:
    """The big tables that a plan reads from end to end."""
    for part in parts(plan):
        if part["Node Type"] == "Seq Scan" and part["Relation Name"] in BIG:
            yield part["Relation Name"]


def parts(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """A plan's nodes, itself among them."""
    yield plan
    for part in plan.get("Plans", ()):
        yield from parts(part)


def run(conversations: int) -> Figures:
    """The figures of a database of its own."""
    key = base64.b64encode(b"k" * 32).decode()
    with postgres.throwaway() as url:
        migrate.upgrade(url)
        settings = Settings(
            database_url=url,
            data_dir=Path(),
            port=0,
            public_url="http://127.0.0.1",
            keys=(("bench", SecretStr(key)),),
            secret_key=SecretStr(key),
        )
        return measure(settings, conversations)


def measure(settings: Settings, conversations: int, times: int = 30) -> Figures:
    """Fill the database, and time each list; the figures by list."""
    store = ExplainingStore(settings.database_url, pool=4)
    house = houses.build(settings, store=Store(settings.database_url, pool=4))
    explaining = houses.build(settings, store=store)
    with house.store.transaction() as tx:
        workspace = admin.add_workspace(tx, house, "bench", "Bench")
        other = admin.add_workspace(tx, house, "other", "Other")
        me = admin.add_user(tx, workspace, EMAIL, "Bench", "owner", "a password for it")
    began = time.perf_counter()
    known = fill(house.store, workspace, other, me, conversations)
    figures: Figures = {
        "conversations": conversations,
        "filled_seconds": time.perf_counter() - began,
        "lists": {},
    }
    page, explained = visitor(create_app(house)), visitor(create_app(explaining))
    for name, path in LISTS.items():
        address = path.format(**known)
        store.plans.clear()
        explained(address)
        scanned = sorted({table for _, plan in store.plans for table in whole(plan)})
        page(address)
        spent = cpu(house.store)
        took = sorted(page(address) for _ in range(times))
        spent = cpu(house.store) - spent
        figures["lists"][name] = {
            "p50_ms": statistics.median(took),
            "p95_ms": quantile(took, 0.95),
            "cpu_ms": 1000 * spent / times,
            "load": os.getloadavg()[0],
            "read_whole": scanned,
        }
    house.close()
    explaining.close()
    return figures


def cpu(store: Store) -> float:
    """CPU seconds of this process, and of the PostgreSQL processes that serve its database."""
    with store.transaction() as tx:
        serving = tx.all("select pid from pg_stat_activity where datname = current_database()")
    theirs = [psutil.Process(row["pid"]).cpu_times() for row in serving]
    return time.process_time() + sum(times.user + times.system for times in theirs)


def visitor(app: Flask) -> Any:
    """A signed-in teammate who opens pages; what each took, in milliseconds."""
    house = app.extensions["house"]
    with house.store.transaction() as tx:
        user: Row = tx.one("select * from users where email = :email", email=EMAIL)
        token = auth.begin_session(tx, user)
    client = app.test_client()
    with client.session_transaction() as session:
        session[shell.TOKEN] = token

    def visit(path: str) -> float:
        began = time.perf_counter()
        answer = client.get(path)
        took = 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, (path, answer.status_code)
        return took

    return visit
