"""The database: one engine, short transactions, and a module a noun.

Functions of the noun modules take a `Tx` first and say in one sentence what they read or write.
Statements are text with `:names` and go straight to the driver, which costs half of what the way
through SQLAlchemy does; those that are built from the schema's tables go through it.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import JsonbDumper
from sqlalchemy import Connection, Executable, create_engine, event
from sqlalchemy.engine import Engine, ExceptionContext
from sqlalchemy.exc import DBAPIError, NoResultFound, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hub.store import pooler, wall

Row = Mapping[str, Any]  # by column name
Rows = Sequence[Row]
Writer = Callable[["Tx", list[dict[str, Any]]], None]


# In a pipeline the driver's own `commit` waits for an answer before all is sent, and so for ever
# when a write is larger than the socket takes at once (psycopg 3.3.9, `_sync_gen`). The end of the
# pipeline sends all.
COMMIT = b"commit"


class Fenced(Exception):
    """Another run of the same work has begun: this one must not write any more."""


def passing(problem: Exception) -> bool:
    """Whether the same may succeed in a moment.

    The database is away or ended a deadlock, or no connection came free.
    """
    broken = isinstance(problem, DBAPIError) and problem.connection_invalidated
    return broken or isinstance(problem, OperationalError | PoolTimeout)


class Question(NamedTuple):
    """A statement that returns rows, wanted alone (`Tx.rows`) or with others (`Tx.ask`)."""

    statement: str
    values: Mapping[str, Any]


def question(statement: str, **values: Any) -> Question:
    """A statement that returns rows, with its values."""
    return Question(statement, values)


@dataclass(frozen=True, slots=True)
class Tx:
    """One transaction at one moment."""

    connection: Connection
    now: datetime
    kept: dict[Writer, list[dict[str, Any]]] = field(default_factory=dict)

    def later(self, write: Writer, row: dict[str, Any]) -> None:
        """Have `write(tx, rows)` called once at the end with all rows that were kept for it."""
        self.kept.setdefault(write, []).append(row)

    def soon(self, statement: str, **values: Any) -> None:
        """Execute at the end of the transaction; nobody asks what it touched."""
        self.later(_send_all, {"statement": statement, "values": values})

    def begin_for(self, workspace_id: str) -> None:
        """BEGIN, and see this workspace alone until the end: one message, one round trip."""
        with self.driver() as driver:
            driver.execute(wall.begin_for(workspace_id))

    def finish(self) -> None:
        """Write what was kept and commit, in as few round trips as its answers allow."""
        if not self.kept:
            return
        with self.driver() as driver, driver.pipeline():
            self._write_kept()
            driver.cursor().execute(COMMIT, prepare=False)

    def write(self) -> None:
        """Write what was kept, for a statement that is to see it."""
        if self.kept:
            with self.driver() as driver, driver.pipeline():
                self._write_kept()

    def _write_kept(self) -> None:
        while self.kept:
            write = next(iter(self.kept))
            write(self, self.kept.pop(write))

    def ask(self, *questions: Question) -> list[Rows]:
        """The rows of every question, in one round trip."""
        with self.driver() as driver:
            with driver.pipeline():
                cursors = [
                    driver.cursor(row_factory=dict_row).execute(_native(text), values)
                    for text, values in questions
                ]
            return [cursor.fetchall() for cursor in cursors]

    def rows(self, asked: Question) -> Rows:
        """The rows of one question."""
        return self.all(asked.statement, **asked.values)

    def send(self, statement: str, **values: Any) -> None:
        """Execute; nobody asks what it touched."""
        with self.driver() as driver:
            driver.cursor().execute(_native(statement), values)

    def insert(self, table: str, **values: Any) -> None:
        """Insert one row, by column."""
        names = ", ".join(values)
        self.send(
            f"insert into {table} ({names}) values ({', '.join(f':{n}' for n in values)})", **values
        )

    def run(self, statement: Executable | str, **values: Any) -> int:
        """Execute; the number of rows touched."""
        if isinstance(statement, str):
            with self.driver() as driver:
                return driver.cursor().execute(_native(statement), values).rowcount
        return self.connection.execute(statement, values or None).rowcount

    def first(self, statement: Executable | str, **values: Any) -> Row | None:
        """The first row or None."""
        return next(iter(self.all(statement, **values)), None)

    def one(self, statement: Executable | str, **values: Any) -> Row:
        """The one row; `sqlalchemy.exc.NoResultFound` when there is none."""
        row = self.first(statement, **values)
        if row is None:
            raise NoResultFound(str(statement))
        return row

    def all(self, statement: Executable | str, **values: Any) -> Rows:
        """Every row."""
        if isinstance(statement, str):
            with self.driver() as driver:
                cursor = driver.cursor(row_factory=dict_row)
                return cursor.execute(_native(statement), values).fetchall()
        return cast(Rows, self.connection.execute(statement, values or None).mappings().all())

    def value(self, statement: Executable | str, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.first(statement, **values)
        return None if row is None else next(iter(row.values()))

    @contextmanager
    def driver(self) -> Iterator[psycopg.Connection[Any]]:
        """The driver's connection; its errors come as SQLAlchemy's, a broken one is replaced."""
        driver = cast("psycopg.Connection[Any]", self.connection.connection.driver_connection)
        try:
            yield driver
        except psycopg.Error as problem:
            _tell_no_values(problem)
            broken = driver.broken or driver.closed
            if broken:
                self.connection.invalidate(problem)
            raise DBAPIError.instance(
                None, None, problem, psycopg.Error,
                hide_parameters=True, connection_invalidated=bool(broken),
                dialect=self.connection.dialect,
            ) from problem  # fmt: skip


class Store:
    """The connection pool of one process."""

    def __init__(
        self, url: str, *, pool: int = 8, now: Callable[[], datetime] | None = None
    ) -> None:
        self.url = url
        self.now = now or utc_now
        self.tenant: Callable[[], str | None] = lambda: None  # the workspace of who asks, if any
        self.engine = engine(url, pool=pool)
        self.autocommit = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(self, *, walled: bool = True) -> Iterator[Tx]:
        """One transaction: committed at the end, rolled back by an exception.

        A search goes without the second wall (`walled`): see `hub.store.search`.
        """
        tenant = self.tenant() if walled else None
        if tenant is not None and not self.walled:
            tenant = None
        with (self.engine if tenant is None else self.autocommit).begin() as connection:
            tx = Tx(connection, self.now())
            if tenant is not None:
                tx.begin_for(tenant)
            yield tx
            tx.finish()

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """For one statement that only reads: no transaction is begun for it, but for a tenant's."""
        if self.tenant() is not None:
            with self.transaction() as tx:
                yield tx
            return
        with self.autocommit.connect() as connection:
            yield Tx(connection, self.now())

    @functools.cached_property
    def walled(self) -> bool:
        """True when a tenant's transactions run behind the second wall."""
        with self.autocommit.connect() as connection:
            return wall.stands(connection)

    @functools.cached_property
    def pooled(self) -> bool:
        """True when a pooler such as PgBouncer stands before the database."""
        with self.autocommit.connect() as connection:
            driver = connection.connection.driver_connection
            return pooler.stands_before(cast("psycopg.Connection[Any]", driver))

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


# A network that loses everything, or forgets a silent connection, tells nobody: else the kernel
# waits for a quarter of an hour, or for ever. Of no effect on a Unix socket.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-TCP-USER-TIMEOUT
NOTICE_SILENCE = {
    "keepalives_idle": 15,  # seconds
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


def engine(url: str, *, pool: int = 8) -> Engine:
    """An engine whose broken connections are noticed when they are used, and replaced."""
    scheme, _, rest = url.partition("://")
    made = create_engine(
        f"postgresql+psycopg://{rest}",
        pool_size=pool,
        max_overflow=0,
        pool_use_lifo=True,  # a connection at rest keeps its server process small
        pool_timeout=10,
        pool_pre_ping=False,
        hide_parameters=True,  # they are customers' words
        connect_args={"connect_timeout": 5, **NOTICE_SILENCE},
    )
    event.listen(made, "connect", _dictionaries_are_json)
    event.listen(made, "connect", _times_are_utc)
    event.listen(made, "connect", pooler.adapt)
    event.listen(made, "handle_error", _without_values)
    return made


def _without_values(context: ExceptionContext) -> None:
    if isinstance(context.original_exception, psycopg.Error):
        _tell_no_values(context.original_exception)


def _tell_no_values(problem: psycopg.Error) -> None:
    """PostgreSQL's DETAIL repeats the row that it refused, and with it a customer's words."""
    if problem.diag.message_primary is not None:
        problem.args = (problem.diag.message_primary,)


def _dictionaries_are_json(driver: psycopg.Connection[Any], _record: object) -> None:
    driver.adapters.register_dumper(dict, JsonbDumper)


def _times_are_utc(driver: psycopg.Connection[Any], _record: object) -> None:
    """The driver tells times in the server's own zone, which is somebody else's choice."""
    if driver.info.parameter_status("TimeZone") not in ("UTC", "Etc/UTC"):
        driver.execute("set timezone to 'UTC'")
        driver.commit()


def utc_now() -> datetime:
    """The current time."""
    return datetime.now(UTC)


def _send_all(tx: Tx, kept: list[dict[str, Any]]) -> None:
    for one in kept:
        tx.send(one["statement"], **one["values"])


NAMES = re.compile(r"(?<![:\w]):(\w+)")


@functools.lru_cache(maxsize=512)
def _native(statement: str) -> bytes:
    """The statement as the driver spells it: `%(name)s` for `:name`."""
    return NAMES.sub(r"%(\1)s", statement.replace("%", "%%")).encode()
