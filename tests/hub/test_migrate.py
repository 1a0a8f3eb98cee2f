"""The schema: upgraded with what is in it, and as `hub.store.schema` says."""

from collections.abc import Iterator
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, Engine, text

from hub import migrate
from hub.store import engine
from hub.store.schema import metadata
from tests.databases import copied

TABLES = """
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace
      and relname not like 'pgqueuer%' and relname <> 'alembic_version'
    order by 1"""
NEEDED = """
    select attname, format_type(atttypid, null) from pg_attribute
    where attrelid = cast(:name as regclass) and attnum > 0 and attnotnull
      and not atthasdef and attidentity = '' order by attnum"""
SHAPE = """
    select attrelid::regclass::text || '.' || attname, concat_ws(' ',
        format_type(atttypid, atttypmod), attnotnull, attidentity, attcollation,
        pg_get_expr(adbin, adrelid))
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = any(cast(:names as regclass[])) and attnum > 0 and not attisdropped
    union all
    select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    from pg_constraint where conrelid = any(cast(:names as regclass[]))
    union all
    select indrelid::regclass || '.' || indexrelid::regclass, pg_get_indexdef(indexrelid)
    from pg_index where indrelid = any(cast(:names as regclass[]))
    order by 1, 2"""
OF_A_TYPE = {
    "text": "a word", "bytea": b"bytes", "text[]": ["a word"], "integer": 7, "bigint": 7,
    "date": "2026-11-23",
}  # fmt: skip


@pytest.fixture
def empty(server_url: str) -> Iterator[Engine]:
    """A database with nothing in it."""
    with copied(server_url, "hub_empty", template="template0") as url:
        database = engine(url, pool=2)
        yield database
        database.dispose()


def test_an_upgrade_from_the_first_version_keeps_every_row(empty: Engine) -> None:
    with empty.begin() as connection:
        upgrade(connection, "0001")
        connection.execute(text("set session_replication_role = replica"))  # in any order
        tables = list(connection.scalars(text(TABLES)))
        for table in tables:
            fill(connection, table)
        connection.execute(text("set session_replication_role = origin"))
        before = rows(connection, tables)
    migrate.upgrade(empty.url.render_as_string(hide_password=False))
    with empty.connect() as connection:
        after = rows(connection, tables)
    assert len(tables) == 20 and before.keys() == after.keys()
    for table, row in before.items():
        assert row.items() <= after[table].items(), table


def test_the_migrations_end_in_the_schema_that_the_code_goes_by(
    empty: Engine, database_url: str
) -> None:
    with empty.begin() as connection:
        metadata.create_all(connection)
        meant = shape(connection)
    database = engine(database_url, pool=1)
    with database.connect() as connection:
        made = shape(connection)
    database.dispose()
    assert made == meant


def upgrade(connection: Connection, revision: str) -> None:
    """To a version that is not the newest."""
    config = migrate.scripts()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def fill(connection: Connection, table: str) -> None:
    """One row with a value in each column that needs one."""
    needed = connection.execute(text(NEEDED), {"name": table}).all()
    row = {name: OF_A_TYPE[kind] for name, kind in needed}
    places = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"insert into {table} ({', '.join(row)}) values ({places})"), row)


def rows(connection: Connection, tables: list[str]) -> dict[str, dict[str, Any]]:
    """The row of each table."""
    ask = "select to_jsonb(one) from {} one"
    return {table: connection.scalars(text(ask.format(table))).one() for table in tables}


def shape(connection: Connection) -> dict[str, str]:
    """Each column, constraint and index of our tables, in PostgreSQL's own words."""
    names = list(connection.scalars(text(TABLES)))
    return dict(connection.execute(text(SHAPE), {"names": names}).all())
