"""The database that tests lend each other is each test's own."""

import threading
from contextlib import suppress

import psycopg
import pytest

from tests.databases import Lent, sql

ROW = "insert into workspaces (id, name, slug) values ('wsp_1', 'One', 'one')"


def test_it_is_empty_however_the_test_before_goes_on(lent: Lent) -> None:
    url, over, inside = lent.take(), threading.Event(), threading.Event()

    def comes_back() -> None:
        while not over.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(url) as connection:
                connection.execute("select from workspaces")  # its lock is held until it is cut off
                inside.set()
                while connection.execute("select pg_sleep(0.01)"):
                    if over.is_set():
                        return

    thread = threading.Thread(target=comes_back)
    thread.start()
    try:
        sql(url, ROW)
        assert inside.wait(10)
        lent.give_back()
        assert sql(lent.take(), "select 1 from workspaces") == []
        lent.give_back()
    finally:
        over.set()
        thread.join()


@pytest.mark.parametrize("change", ["drop table shifts", "alter table users add column age int"])
def test_one_whose_shape_was_changed_is_made_anew(lent: Lent, change: str) -> None:
    sql(lent.take(), change)
    lent.give_back()
    url = lent.take()
    assert sql(url, "select 1 from information_schema.columns where column_name = 'age'") == []
    assert sql(url, "select count(*) from shifts") == [(0,)]
    lent.give_back()
