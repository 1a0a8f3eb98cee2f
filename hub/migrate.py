"""Bring the schema up to date; safe to run from several processes at once."""

import time
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg.errors import LockNotAvailable
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from hub.store import engine, wall
from hub.telemetry import crashpoint

log = structlog.get_logger()

SCRIPTS = Path(__file__).parent / "store" / "migrations"
LOCK = 4_112_026  # any number of ours
PATIENCE = "3s"  # that requests may wait behind an upgrade
PAUSE = 2.0  # seconds until the next try


def upgrade(url: str) -> None:
    """Create the schema, or upgrade it to this version's."""
    database = engine(url, pool=1)
    try:
        while not _upgraded(database):
            log.warning("migration.waits", why="a long query or a backup uses a table")
            time.sleep(PAUSE)
    finally:
        database.dispose()


def _upgraded(database: Engine) -> bool:
    """False when a table was in use for too long: whoever waits for one holds up all behind it."""
    try:
        with database.begin() as connection:
            # Of the transaction, not of the session: a pooler would keep that one's for ever.
            connection.exec_driver_sql("select pg_advisory_xact_lock(%s)", (LOCK,))
            connection.exec_driver_sql(f"set local lock_timeout = '{PATIENCE}'")
            config = scripts()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            wall.build(connection)
            crashpoint("migration.before_commit")
    except OperationalError as problem:
        if not isinstance(problem.orig, LockNotAvailable):
            raise
        return False
    return True


def pending(url: str) -> bool:
    """True when the schema is missing or older than this version's."""
    database = engine(url, pool=1)
    try:
        with database.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()
    return here != head()


def head() -> str | None:
    """The revision that this version's schema stands at."""
    return ScriptDirectory.from_config(scripts()).get_current_head()


def scripts() -> Config:
    """Where Alembic finds the migrations."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
