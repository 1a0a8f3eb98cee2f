"""Databases of tests: copies of the migrated template, and the one that tests lend each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import text

from hub.store import engine

# Any statement that changes more than rows is noted by the database itself.
# https://www.postgresql.org/docs/18/event-trigger-definition.html: not for TRUNCATE, not for what
# belongs to the server (databases, roles).
WATCH = """
create schema lent;
create table lent.reshaped (by text);
create function lent.note() returns event_trigger language plpgsql security definer as
    $$ begin insert into lent.reshaped values (tg_tag); end $$;
create event trigger lent on ddl_command_end execute function lent.note();
create event trigger lent_drop on sql_drop execute function lent.note();
"""
RESHAPED = """
select 1 from lent.reshaped union all select 1 from pg_db_role_setting where setdatabase =
    (select oid from pg_database where datname = current_database())
"""
OTHERS_END = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
"""
EMPTY = """
do $$ declare
    name text; filled bool; names text[] := '{}';
begin
    for name in select format('%I', relname) from pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'r'
            and relname <> 'alembic_version'
    loop
        execute 'select exists (select 1 from ' || name || ')' into filled;
        if filled then names := names || name; end if;
    end loop;
    if names <> '{}' then
        execute 'truncate ' || array_to_string(names, ', ') || ' restart identity cascade';
    end if;
end $$
"""


class Lent:
    """One copy of the template: emptied after each test, and made anew when one changed its shape.

    A copy is four hundred files and takes a tenth of a second.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._url = server_url.replace("///hub?", "///hub_test?")
        self._held: psycopg.Connection[Any] | None = None

    def take(self) -> str:
        """Its URL; it is as after the migrations."""
        if self._held is None:
            sql(self._server_url, "create database hub_test template hub_template")
            self._held = psycopg.connect(self._url, autocommit=True)
            self._held.execute(WATCH)
        return self._url

    def give_back(self) -> None:
        """The test is over: who is still connected ends, and its rows go."""
        assert self._held is not None
        try:
            self._held.execute(OTHERS_END)
            reshaped = self._held.execute(RESHAPED).fetchone()
            if not reshaped:
                self._held.execute(EMPTY)
        except psycopg.OperationalError:  # the test ended every connection, or the server
            reshaped = True
        if reshaped:
            self.drop()

    def drop(self) -> None:
        """Give it up; the next test gets another."""
        if self._held is not None:
            self._held.close()
            self._held = None
            sql(self._server_url, "drop database if exists hub_test with (force)")


@contextmanager
def copied(server_url: str, name: str, template: str = "hub_template") -> Iterator[str]:
    """A database of a name for a while; migrated and empty, unless another template is."""
    sql(server_url, f"create database {name} template {template}")
    yield server_url.replace("///hub?", f"///{name}?")
    sql(server_url, f"drop database {name} with (force)")


def sql(url: str, statement: str) -> None:
    """Carry out one statement that no transaction may hold."""
    database = engine(url, pool=1)
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(statement))
    database.dispose()
