"""What all work has in common: it begins, it is put off, it is parked, and a person replays it.

`run` counts the beginnings. Whoever writes later names the run it began, and a run that has been
overtaken by another writes nothing (`Fenced`).
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Table

from hub.store import Fenced, Row, Tx


def begin(tx: Tx, table: Table, row_id: str, *only: ColumnElement[bool]) -> Row | None:
    """Begin a run; the row with its new `run`, None when there is none for which `only` holds."""
    row = table.c
    statement = (
        table.update()
        .where(row.id == row_id, *only)
        .values(run=row.run + 1, due_at=None)
        .returning(*table.c)
    )
    return tx.first(statement)


def write(tx: Tx, table: Table, row_id: str, run: int, **values: Any) -> None:
    """Update the row for the run that began it; `Fenced` when another run has begun since."""
    row = table.c
    if not tx.run(table.update().where(row.id == row_id, row.run == run).values(**values)):
        raise Fenced(f"{table.name} {row_id}: run {run} was overtaken")


def put_off(tx: Tx, table: Table, row_id: str, *, seconds: float, error: str, failed: bool) -> None:
    """Say when the work goes on and why not now; `failed` counts as a try."""
    row = table.c
    statement = (
        table.update()
        .where(row.id == row_id)
        .values(
            due_at=tx.now + timedelta(seconds=seconds),
            last_error=error,
            tries=row.tries + (1 if failed else 0),
        )
    )
    tx.run(statement)


def _moment(tx: Tx) -> str:
    return tx.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def reason(tx: Tx, code: str, text: str, fields: dict[str, str] | None = None) -> dict[str, Any]:
    """Why work is parked: a code to sort by, a sentence for a person, the desk's fields."""
    return {"code": code, "text": text, "fields": fields or {}, "at": _moment(tx)}
