"""The rule of migrations (docs/deploy.md): the release before goes on working beside each of them.

What a migration did is read from PostgreSQL, not from its words: which tables and columns are gone
or stricter, which tables were written anew, which rows were touched, which locks it holds.
"""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from structlog.testing import capture_logs

from hub import migrate
from hub.store import engine
from tests.databases import copied
from tests.hub.test_migrate import TABLES, fill, upgrade

BEFORE_THE_RULE = "0013"
INDEX_BIG_TABLES = {
    "0016",
    "0017",
    "0020",
    "0021",
    "0022",
    "0023",
}  # made before anybody ran a release
BIG = {
    "audit", "changes", "conversations", "deliveries", "entries", "escalations", "events", "files",
    "messages", "native_entries", "native_tickets", "pgqueuer", "tickets",
}  # fmt: skip
COLUMNS = """
    select c.relname || '.' || a.attname, (format_type(a.atttypid, a.atttypmod), a.attnotnull,
        c.relname, a.atthasdef or a.attidentity <> '')::text
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0
      and not a.attisdropped and c.relname <> 'alembic_version'"""
FILES = "select relname, relfilenode from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"  # noqa: E501
CONSTRAINTS = """
    select conrelid::regclass::text || '.' || conname, convalidated from pg_constraint
    where connamespace = 'public'::regnamespace and contype in ('c', 'f', 'u', 'x', 'p')"""
TOUCHED = "select relname, n_tup_upd + n_tup_del from pg_stat_xact_user_tables"
LOCKED = """
    select distinct relation::regclass::text, mode from pg_locks
    where pid = pg_backend_pid() and locktype = 'relation' and mode = 'ShareLock'"""


class Before(NamedTuple):
    columns: dict[str, str]
    files: dict[str, int]
    constraints: dict[str, bool]
    touched: dict[str, int]
    locked: dict[str, str]


@pytest.fixture(scope="module")
def database(server_url: str) -> Iterator[Engine]:
    """At the last version before the rule, with a row in each table."""
    with copied(server_url, "hub_rule", template="template0") as url:
        made = engine(url, pool=1)
        with made.begin() as connection:
            upgrade(connection, BEFORE_THE_RULE)
            connection.execute(text("set local session_replication_role = replica"))
            for table in connection.scalars(text(TABLES)).all():
                fill(connection, table)
        yield made
        made.dispose()


def test_the_release_before_works_beside_every_migration(database: Engine) -> None:
    script = ScriptDirectory.from_config(migrate.scripts())
    newer = [one.revision for one in script.walk_revisions(base=BEFORE_THE_RULE, head="heads")]
    with database.connect() as connection:
        for revision in reversed([one for one in newer if one != BEFORE_THE_RULE]):
            before = look(connection)
            upgrade(connection, revision)
            found = offences(connection, before)
            if revision in INDEX_BIG_TABLES:
                found = [one for one in found if not one.endswith("cannot be written meanwhile")]
            assert found == [], f"{revision}: see the rule in docs/deploy.md"
        connection.rollback()


@pytest.mark.parametrize(
    ("statement", "offence"),
    [
        ("alter table messages drop column name", "messages.name is gone"),
        ("alter table messages rename column name to called", "messages.name is gone"),
        ("drop table shifts", "shifts.id is gone"),
        ("alter table users rename to people", "users.id is gone"),
        ("alter table messages alter column name type varchar(20)", "messages.name has changed"),
        ("alter table users alter column time_zone set not null", "users.time_zone has changed"),
        ("alter table canned_texts add column age integer not null", "canned_texts.age is needed"),
        ("alter table messages add column at2 timestamptz default clock_timestamp()",
         "messages is written anew"),
        ("alter table messages add constraint c check (role <> '')", "messages.c is checked"),
        ("create index concurrently_not on messages (role)", "messages cannot be written"),
        ("update messages set role = 'customer'", "rows of messages are touched"),
        ("delete from deliveries", "rows of deliveries are touched"),
        ("lock table messages in share mode", "messages cannot be written"),
    ],
)  # fmt: skip
def test_what_the_rule_forbids_is_noticed(database: Engine, statement: str, offence: str) -> None:
    with database.connect() as connection:
        connection.execute(text("update users set time_zone = 'UTC'; delete from canned_texts"))
        before = look(connection)
        connection.execute(text(statement))
        assert offence in "; ".join(offences(connection, before)), statement
        connection.rollback()


@pytest.mark.parametrize(
    "statement",
    [
        "alter table messages add column mood text",
        "alter table messages add column mood text not null default 'calm'",
        "alter table messages add constraint c check (role <> '') not valid",
        "create table moods (id text primary key); create index on moods (id)",
        "create index on users (name)",
        "update users set name = 'Ada'",
        "alter table messages alter column name drop not null",
    ],
)
def test_what_the_rule_allows_is_let_pass(database: Engine, statement: str) -> None:
    with database.connect() as connection:
        before = look(connection)
        connection.execute(text(statement))
        assert offences(connection, before) == []
        connection.rollback()


def test_an_upgrade_does_not_make_everybody_wait_behind_a_long_query(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    with database.connect() as reader:
        reader.execute(text("select 1 from escalations"))  # and its transaction stays open

        def pause(seconds: float) -> None:
            pauses.append(seconds)
            reader.rollback()

        monkeypatch.setattr(migrate, "PATIENCE", "50ms")
        monkeypatch.setattr(migrate, "time", SimpleNamespace(sleep=pause))
        url = database.url.render_as_string(hide_password=False)
        with capture_logs() as logged:
            migrate.upgrade(url)
    assert pauses == [migrate.PAUSE] and not migrate.pending(url)
    assert [line["event"] for line in logged] == ["migration.waits"]


def look(connection: Connection) -> Before:
    def pairs(sql: str) -> dict[str, Any]:
        return dict(connection.execute(text(sql)).all())

    return Before(*map(pairs, (COLUMNS, FILES, CONSTRAINTS, TOUCHED, LOCKED)))


def offences(connection: Connection, before: Before) -> list[str]:
    """What the release before, or whoever writes meanwhile, would suffer from."""
    after = look(connection)
    return [
        *(f"{name} is gone" for name in before.columns if name not in after.columns),
        *(f"{name} has changed" for name in _stricter(before, after)),
        *(f"{name} is needed" for name in _needed(before, after)),
        *(f"{name} is written anew" for name, file in before.files.items()
          if name in BIG and after.files.get(name, file) != file),
        *(f"{name} is checked while nobody can write" for name, valid in after.constraints.items()
          if valid and name not in before.constraints and name.partition(".")[0] in BIG),
        *(f"rows of {name} are touched" for name, rows in after.touched.items()
          if name in BIG and rows > before.touched.get(name, 0)),
        *(f"{name} cannot be written meanwhile" for name in after.locked
          if name in BIG and name not in before.locked),
    ]  # fmt: skip


def _stricter(before: Before, after: Before) -> list[str]:
    """Columns whose type is another, or that must be filled where they need not before."""
    return [
        name
        for name, was in before.columns.items()
        if name in after.columns
        and _kind(was) != _kind(after.columns[name])
        and not (",t," in was and was.replace(",t,", ",f,", 1) == after.columns[name])
    ]


def _needed(before: Before, after: Before) -> list[str]:
    """New columns of old tables that the release before would not fill."""
    return [
        name
        for name, told in after.columns.items()
        if name not in before.columns
        and name.partition(".")[0] in before.files
        and ",t," in told
        and told.endswith(",f)")
    ]


def _kind(told: str) -> str:
    return told.rpartition(",")[0]
