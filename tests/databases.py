"""Databases of tests: copies of the migrated template, and the one that tests lend each other."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

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
OTHERS_END = """
select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %(name)s
"""
RESHAPED = """
select 1 from lent.reshaped union all select 1 from pg_db_role_setting where setdatabase =
    (select oid from pg_database where datname = current_database())
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

    A copy is four hundred files and takes a tenth of a second. After each test it gets another
    name, so that what the test has left running finds it no more, and holds no lock on it.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._number = 0
        self._exists = False

    def take(self) -> str:
        """Its URL; it is as after the migrations."""
        if not self._exists:
            sql(self._server_url, f"create database {self._name} template hub_template")
            sql(self._url, WATCH)
            self._exists = True
        return self._url

    def give_back(self) -> None:
        """The test is over: who is still connected is cut off, and its rows go."""
        if not self._cut_off() or sql(self._url, RESHAPED):
            self.drop()
        else:
            sql(self._url, EMPTY)

    def drop(self) -> None:
        """Give it up; the next test gets another."""
        if self._exists:
            sql(self._server_url, f"drop database {self._name} with (force)")
            self._exists = False
            self._number += 1

    def _cut_off(self) -> bool:
        """Whether nobody knows its name now: somebody may come back before it has another."""
        before = self._name
        sql(self._server_url, OTHERS_END, name=before)
        try:
            sql(self._server_url, f"alter database {before} rename to hub_test_{self._number + 1}")
        except psycopg.errors.ObjectInUse:
            return False
        self._number += 1
        return True

    @property
    def _name(self) -> str:
        return f"hub_test_{self._number}"

    @property
    def _url(self) -> str:
        return self._server_url.replace("///hub?", f"///{self._name}?")


@contextmanager
def copied(server_url: str, name: str, template: str = "hub_template") -> Iterator[str]:
    """A database of a name for a while; migrated and empty, unless another template is."""
    sql(server_url, f"create database {name} template {template}")
    try:
        yield server_url.replace("///hub?", f"///{name}?")
    finally:
        sql(server_url, f"drop database {name} with (force)")


def sql(url: str, statement: str, **values: str) -> list[Any]:
    """Carry out one statement, or several without values, in no transaction; its rows, if any."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement, values or None)  # type: ignore[arg-type]
        return done.fetchall() if done.description else []
