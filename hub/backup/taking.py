"""`python -m hub backup FILE`: one moment of the whole database, whoever writes meanwhile."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from psycopg.sql import SQL, Composed, Identifier

from hub import rotation
from hub.backup import archive, catalog
from hub.backup.archive import BadArchive, Sink, Writer
from hub.backup.catalog import Table
from hub.house import House
from hub.store import Tx

Say = Callable[[str], None]

SNAPSHOT = "set transaction isolation level repeatable read, read only"
SAY_EVERY = 5.0  # seconds


def take(house: House, path: Path, say: Say) -> dict[str, Any]:
    """Write the archive; what it says of itself."""
    with house.store.transaction() as tx:
        tx.run(SNAPSHOT)
        stands_at = catalog.revision(tx)
        if stands_at is None:
            raise BadArchive("The database has no schema: there is nothing to back up.")
        with archive.written(path) as writer:
            tables = {one.name: _copy(tx, writer, one, say) for one in catalog.tables(tx)}
            manifest = {
                "made_at": tx.now.isoformat(timespec="seconds"),
                "revision": stands_at,
                "tables": tables,
                # They count on outside of the snapshot: never less than what the tables have.
                "sequences": catalog.sequences(tx),
                "keys": _keys(tx, house),
            }
            writer.finish(manifest)
    return manifest


def copying(table: Table, way: str) -> Composed:
    """COPY of a table's columns, `to stdout` or `from stdin`."""
    columns = SQL(", ").join(map(Identifier, table.columns))
    return SQL("copy {} ({}) " + way).format(Identifier(table.name), columns)  # type: ignore[arg-type]


def _copy(tx: Tx, writer: Writer, table: Table, say: Say) -> dict[str, Any]:
    with (
        writer.table(table.name) as sink,
        tx.driver() as driver,
        driver.cursor().copy(copying(table, "to stdout")) as copy,
    ):
        _pour(copy, sink, table.name, say)
    say(f"{table.name}: {sink.rows} rows")
    columns = list(table.columns)
    return {"columns": columns, "rows": sink.rows, "sha256": sink.digest.hexdigest()}


def _pour(copy: Any, sink: Sink, name: str, say: Say) -> None:
    told = time.monotonic()
    for data in copy:
        sink.write(data)
        if time.monotonic() - told > SAY_EVERY:
            say(f"{name}: {sink.rows} rows so far")
            told = time.monotonic()


def _keys(tx: Tx, house: House) -> dict[str, str | None]:
    """The ids of the keys that have sealed something here, each with its mark."""
    return {name: house.vault.marks.get(name) for name in sorted(rotation.key_ids(tx))}
