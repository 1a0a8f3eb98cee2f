"""What all work has in common: it begins, it is put off, it is parked, and a person replays it.

`run` counts the beginnings. Whoever writes later names the run it began, and a run that has been
overtaken by another writes nothing (`Fenced`).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Table

from hub.store import Fenced, Question, Row, Tx, question


def begin(tx: Tx, table: Table, row_id: str) -> Row | None:
    """Begin a run; the row with its new `run`, or None when there is none."""
    return next(iter(tx.rows(beginning(table, row_id))), None)


def beginning(table: Table, row_id: str, only: str = "true", **values: Any) -> Question:
    """`begin` as a question; no row when there is none for which `only` holds."""
    return question(
        f"update {table.name} set run = run + 1, due_at = null"
        f" where id = :id and {only} returning *",
        id=row_id,
        **values,
    )


def write(tx: Tx, table: Table, row_id: str, run: int, **values: Any) -> None:
    """Update the row for the run that began it; `Fenced` when another run has begun since."""
    if not tx.run(_update(table, values), _id=row_id, _run=run, **values):
        raise Fenced(f"{table.name} {row_id}: run {run} was overtaken")


def write_begun(tx: Tx, table: Table, row: Row, **values: Any) -> None:
    """`write` at the end of the transaction that began the run: nobody can overtake it there."""
    tx.soon(_update(table, values), _id=row["id"], _run=row["run"], **values)


def _update(table: Table, values: Mapping[str, Any]) -> str:
    sets = ", ".join(f"{name} = :{name}" for name in values)
    return f"update {table.name} set {sets} where id = :_id and run = :_run"


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
