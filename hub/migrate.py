"""Bring the schema up to date; safe to run from several processes at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hub.store import engine, wall
from hub.telemetry import crashpoint

SCRIPTS = Path(__file__).parent / "store" / "migrations"
LOCK = 4_112_026  # any number of ours


def upgrade(url: str) -> None:
    """Create the schema, or upgrade it to this version's."""
    database = engine(url, pool=2)
    try:
        with database.connect() as guard:
            guard.exec_driver_sql("select pg_advisory_lock(%s)", (LOCK,))
            guard.commit()
            with database.begin() as connection:
                config = scripts()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                wall.build(connection)
                crashpoint("migration.before_commit")
    finally:
        database.dispose()


def pending(url: str) -> bool:
    """True when the schema is missing or older than this version's."""
    database = engine(url, pool=1)
    try:
        with database.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    finally:
        database.dispose()
    return here != ScriptDirectory.from_config(scripts()).get_current_head()


def scripts() -> Config:
    """Where Alembic finds the migrations."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
