"""Reading lists page by page: a cursor is the last row's place, so new rows shift nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, Select, Table

from hub.store import Row, Tx

BIGGEST = 2**63 - 1


class BadCursor(ValueError):
    """A cursor that we did not give out."""


@dataclass(frozen=True)
class Page:
    """Some rows, and the cursor of the next ones if there are any."""

    rows: Sequence[Row]
    next_cursor: str | None


def page(
    tx: Tx,
    table: Table,
    workspace_id: str,
    values: Mapping[str, Any],
    *,
    limit: int,
    cursor: str | None,
    order: str = "id",
    ascending: bool = False,
) -> Page:
    """The workspace's rows with these `values` (None: any), newest first unless ascending."""
    place = table.c[order]
    statement = wanted(table, workspace_id)
    for name, value in values.items():
        if value is not None:
            statement = statement.where(table.c[name] == value)
    if cursor is not None:
        last = _place(place, cursor)
        statement = statement.where(place > last if ascending else place < last)
    statement = statement.order_by(place if ascending else place.desc()).limit(limit + 1)
    rows = tx.all(statement)
    more = len(rows) > limit
    return Page(rows[:limit], str(rows[limit - 1][order]) if more else None)


def get(tx: Tx, table: Table, workspace_id: str, row_id: str) -> Row | None:
    """The workspace's row with this id."""
    return tx.first(wanted(table, workspace_id).where(table.c.id == row_id))


def wanted(table: Table, workspace_id: str) -> Select[Any]:
    """The workspace's rows, without those that are archived."""
    statement = table.select().where(table.c.workspace_id == workspace_id)
    archived = table.c.get("archived_at")
    return statement if archived is None else statement.where(archived.is_(None))


def _place(column: Column[Any], cursor: str) -> str | int:
    if not isinstance(column.type, Integer | BigInteger):
        return cursor
    if not (cursor.isascii() and cursor.isdecimal()) or int(cursor[:20]) > BIGGEST:
        raise BadCursor(cursor)
    return int(cursor)
