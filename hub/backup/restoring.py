"""`python -m hub restore FILE`: into an empty database, whole or not at all."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg.sql import SQL, Identifier

from hub import migrate
from hub.backup import aftermath, archive, catalog
from hub.backup.archive import BadArchive, Reader
from hub.backup.catalog import PASSING, Table
from hub.backup.taking import Say, copying
from hub.house import House
from hub.store import Tx

# What no hub has that nobody has used: `migrate` makes a workspace with its Help Desk.
USED = ("users", "sources", "conversations", "subscribers", "keys", "routes", "mappings")
USED_DESK = "select 1 from connections where desk <> 'live_chat' limit 1"
LEAVING = 5.0  # seconds
OTHERS = """
select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
    and usename = current_user and backend_type = 'client backend'
"""


def restore(house: House, path: Path, say: Say) -> dict[str, Any]:
    """Bring everything back, and have what happened since looked for; what the archive says."""
    with archive.opened(path) as reader:
        manifest = reader.manifest
        _check_keys(manifest["keys"], house.vault.marks)
        _check_revision(manifest["revision"])
        reader.check()
        _check_alone(house)
        migrate.upgrade(house.store.url)
        with house.store.transaction() as tx:
            tables = _check_database(tx, manifest)
            _empty(tx, tables)
            for table in tables:
                _fill(tx, reader, table, say)
            for name, value in manifest["sequences"].items():
                tx.run("select setval(cast(:name as text)::regclass, :value)",
                       name=name, value=value)  # fmt: skip
            found = aftermath.settle(tx, manifest["made_at"])
    say(f"{found} open escalations: their desks are looked at before anything is written there.")
    return dict(manifest)


def _check_keys(needed: dict[str, str | None], here: dict[str, str]) -> None:
    for name, mark in needed.items():
        if name not in here:
            raise BadArchive(
                f"This backup needs the key {name!r}, which HUB_KEYS does not have: put it in."
            )
        if mark is not None and here[name] != mark:
            raise BadArchive(
                f"The key {name!r} here is another than the one of this backup: put that very key"
                " into HUB_KEYS, or back into the file keys of HUB_DATA_DIR."
            )


def _check_revision(stands_at: str) -> None:
    head = migrate.head()
    if stands_at != head:
        raise BadArchive(
            f"This backup is of schema {stands_at}, this hub's is {head}: restore it with the"
            " release that made it, then upgrade."
        )


def _check_alone(house: House) -> None:
    """Who has just left is counted for a moment longer."""
    end = time.monotonic() + LEAVING
    while True:
        with house.store.reading() as tx:
            others = tx.value(OTHERS)
        if not others:
            return
        if time.monotonic() > end:
            raise BadArchive(
                f"{others} others are connected to this database: stop web, worker and clock first."
            )
        time.sleep(0.1)


def _check_database(tx: Tx, manifest: dict[str, Any]) -> Sequence[Table]:
    """The tables to fill, of a database that nobody uses."""
    tx.run("select pg_advisory_xact_lock(:lock)", lock=migrate.LOCK)
    asked = {name: f"select 1 from {name} limit 1" for name in USED} | {"connections": USED_DESK}
    for name, question in asked.items():
        if tx.value(question):
            raise BadArchive(
                f"This database is in use (it has {name}): restore into an empty one, by"
                " DATABASE_URL or HUB_DATA_DIR."
            )
    tables = catalog.tables(tx)
    theirs = {name: one["columns"] for name, one in manifest["tables"].items()}
    ours = {one.name: one.columns for one in tables}
    if {n: sorted(c) for n, c in ours.items()} != {n: sorted(c) for n, c in theirs.items()}:
        raise BadArchive("This backup has other tables than this hub: was its schema changed?")
    return [Table(one.name, theirs[one.name]) for one in tables]


def _empty(tx: Tx, tables: Sequence[Table]) -> None:
    names = [one.name for one in tables] + [one for one in PASSING if one != "alembic_version"]
    with tx.driver() as driver:
        driver.execute(SQL("truncate {} cascade").format(SQL(", ").join(map(Identifier, names))))


def _fill(tx: Tx, reader: Reader, table: Table, say: Say) -> None:
    with tx.driver() as driver, driver.cursor() as cursor:
        with cursor.copy(copying(table, "from stdin")) as copy:
            for piece in reader.table(table.name):
                copy.write(piece)
        say(f"{table.name}: {cursor.rowcount} rows")
