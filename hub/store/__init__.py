"""The database: one engine, short transactions, and a module a noun.

Functions of the noun modules take a `Tx` first and say in one sentence what they read or write.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Executable, create_engine, text
from sqlalchemy.engine import Engine

Row = Mapping[str, Any]  # by column name
Writer = Callable[["Tx", list[dict[str, Any]]], None]


class Fenced(Exception):
    """Another run of the same work has begun: this one must not write any more."""


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction at one moment."""

    connection: Connection
    now: datetime
    kept: dict[Writer, list[dict[str, Any]]] = field(default_factory=dict)

    def later(self, write: Writer, row: dict[str, Any]) -> None:
        """Have `write(tx, rows)` called once at the end with all rows that were kept for it."""
        self.kept.setdefault(write, []).append(row)

    def flush(self) -> None:
        """Write what was kept."""
        while self.kept:
            write = next(iter(self.kept))
            write(self, self.kept.pop(write))

    def run(self, statement: Executable | str, **values: Any) -> int:
        """Execute; the number of rows touched."""
        return self.connection.execute(_statement(statement), values or None).rowcount

    def many(self, statement: Executable, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute for all of `rows` at once."""
        if rows:
            self.connection.execute(statement, list(rows))

    def first(self, statement: Executable | str, **values: Any) -> Row | None:
        """The first row or None."""
        found = self.connection.execute(_statement(statement), values or None)
        return cast("Row | None", found.mappings().first())

    def one(self, statement: Executable | str, **values: Any) -> Row:
        """The one row; `sqlalchemy.exc.NoResultFound` when there is none."""
        found = self.connection.execute(_statement(statement), values or None)
        return cast(Row, found.mappings().one())

    def all(self, statement: Executable | str, **values: Any) -> Sequence[Row]:
        """Every row."""
        found = self.connection.execute(_statement(statement), values or None)
        return cast("Sequence[Row]", found.mappings().all())

    def value(self, statement: Executable | str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        return self.connection.execute(_statement(statement), values or None).scalar()


class Store:
    """The connection pool of one process."""

    def __init__(
        self, url: str, *, pool: int = 8, now: Callable[[], datetime] | None = None
    ) -> None:
        self.url = url
        self.now = now or utc_now
        self.engine = engine(url, pool=pool)
        self.autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """One transaction: committed at the end, rolled back by an exception."""
        with self.engine.begin() as connection:
            tx = Tx(connection, self.now())
            yield tx
            tx.flush()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """For one statement that only reads: no transaction is begun and none committed."""
        with self.autocommit.connect() as connection:
            yield Tx(connection, self.now())

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def engine(url: str, *, pool: int = 8) -> Engine:
    """An engine whose broken connections are noticed when they are used, and replaced."""
    scheme, _, rest = url.partition("://")
    return create_engine(
        f"postgresql+psycopg://{rest}",
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,  # they are customers' words
        connect_args={"connect_timeout": 5},
    )


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def _statement(statement: Executable | str) -> Executable:
    return _text(statement) if isinstance(statement, str) else statement


@functools.lru_cache(maxsize=512)
def _text(statement: str) -> Executable:
    return text(statement)
