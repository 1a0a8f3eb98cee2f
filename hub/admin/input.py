"""What all of `hub.admin` has in common: how input is refused, and how a name is taken."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql import insert

from hub.store import Row, Tx, listing

MAX_NAME = 255
# What PostgreSQL cannot store (NUL, half a surrogate pair), and what hides in a name.
UNFIT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class BadInput(ValueError):
    """Input that cannot be used; `errors` maps its fields to sentences."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("\n".join(f"{field}: {text}" for field, text in errors.items()))
        self.errors = dict(errors)


class Conflict(Exception):
    """The state of things forbids it; the message says what to do instead."""


class Unknown(LookupError):
    """Something that this workspace does not have; the message says what."""


def name(value: str, field: str = "name") -> str:
    """A name without blanks around it; `BadInput` for an empty, long or unprintable one."""
    text = value.strip()
    if not text:
        raise BadInput({field: "It must not be empty."})
    if len(text) > MAX_NAME or UNFIT.search(text):
        raise BadInput({field: f"At most {MAX_NAME} printable characters."})
    return text


def fitting(value: str) -> str:
    """As much as `name` takes of a name that somebody else's system gave; it may be empty."""
    return " ".join(UNFIT.sub(" ", value).split())[:MAX_NAME].strip()


def add(tx: Tx, table: Table, field: str, **values: Any) -> None:
    """Insert a row whose `field` nobody else may have; `BadInput` when it is taken."""
    statement = insert(table).values(**values).on_conflict_do_nothing()
    if tx.first(statement.returning(table.c.id)) is None:
        raise taken(field, values[field])


def taken(field: str, value: str) -> BadInput:
    """The refusal of a value that somebody else has."""
    return BadInput({field: f"{value} is taken."})


def find(tx: Tx, table: Table, workspace_id: str, row_id: str, noun: str) -> Row:
    """The workspace's row, locked; `Unknown` for any other, and for what is archived."""
    row = tx.first(
        listing.wanted(table, workspace_id).where(table.c.id == row_id).with_for_update()
    )
    if row is None:
        raise Unknown(f"There is no {noun} {row_id} here.")
    return row


def change(tx: Tx, table: Table, row_id: str, **values: Any) -> Row:
    """Write the values; the row as it is then."""
    here = table.c.id == row_id
    if not values:
        return tx.one(table.select().where(here))
    return tx.one(table.update().where(here).values(**values).returning(*table.c))
