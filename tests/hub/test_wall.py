"""The second wall: what a statement that forgot its workspace finds behind it."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub import admin
from hub.house import House
from hub.store import Store, Tx, engine, wall
from tests.console.office import Office

UNCOVERED = """
    select relname from pg_class
    where relkind = 'r' and relnamespace = 'public'::regnamespace and relname = any(:names)
      and not (relrowsecurity and exists (select from pg_policy where polrelid = pg_class.oid))"""
OF_TENANTS = """
    select table_name from information_schema.columns
    where table_schema = 'public' and column_name = 'workspace_id'"""


@pytest.fixture
def others(house: House) -> str:
    with house.store.transaction() as tx:
        return admin.add_workspace(tx, house, "others", "Others")


@pytest.fixture
def asked(house: House, workspace: str, others: str) -> Iterator[Store]:
    """The store as a request of the workspace uses it."""
    house.store.tenant = lambda: workspace
    yield house.store
    house.store.tenant = lambda: None


def test_every_table_with_a_workspace_has_its_policy(house: House) -> None:
    with house.store.transaction() as tx:
        names = [row["table_name"] for row in tx.all(OF_TENANTS)]
        assert len(names) > 15
        assert tx.all(UNCOVERED, names=[*names, "workspaces"]) == []


def test_a_statement_that_forgot_its_workspace_finds_nothing_of_others(
    house: House, workspace: str, others: str
) -> None:
    Office(house, others).escalate("theirs")
    Office(house, workspace).escalate("ours")
    house.store.tenant = lambda: workspace
    forgotten = {
        table: "id" if table == "workspaces" else "workspace_id"
        for table in ("workspaces", "connections", "sources", "conversations", "messages",
                      "escalations", "events", "audit")
    }  # fmt: skip
    with house.store.transaction() as tx:
        for table, column in forgotten.items():
            seen = {row["of"] for row in tx.all(f"select {column} as of from {table}")}
            assert seen == {workspace}, table
    with house.store.reading() as tx:
        assert tx.value("select count(*) from conversations") == 1


def test_what_is_not_seen_is_neither_changed_nor_made(asked: Store, others: str) -> None:
    with asked.transaction() as tx:
        assert tx.run("update connections set name = 'mine'") == 1
        assert tx.run("delete from audit where workspace_id = :id", id=others) == 0
        assert tx.first("select * from connections where workspace_id = :id for update",
                        id=others) is None  # fmt: skip
    with pytest.raises(DBAPIError) as refused, asked.transaction() as tx:
        tx.insert("audit", id="aud_1", workspace_id=others, actor="me", what="x")
    assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)


def test_the_wall_ends_with_its_transaction(asked: Store, others: str) -> None:
    with asked.transaction() as tx:
        assert tx.value("select count(*) from workspaces") == 1
    asked.tenant = lambda: None
    for _ in range(10):  # whichever connection of the pool
        with asked.transaction() as tx:
            assert tx.value("select count(*) from workspaces") == 2
            assert tx.value("select current_user") != "hub_tenant"


def test_a_tenants_transaction_is_one(asked: Store) -> None:
    with asked.transaction() as tx:
        tx.run("update connections set name = 'kept'")
    with pytest.raises(RuntimeError), asked.transaction() as tx:
        tx.run("update connections set name = 'lost'")
        raise RuntimeError
    with asked.transaction() as tx:
        assert tx.value("select name from connections") == "kept"


def test_a_tenants_transaction_makes_no_round_trip_more(
    house: House, workspace: str, tmp_path: Path
) -> None:
    assert house.store.walled
    trips = {}
    for name, tenant in (("system", None), ("tenant", workspace)):
        engine = house.store.engine if tenant is None else house.store.autocommit
        with engine.begin() as connection, (tmp_path / name).open("w") as trace:
            driver = connection.connection.driver_connection
            driver.pgconn.trace(trace.fileno())
            tx = Tx(connection, house.store.now())
            if tenant is not None:
                tx.begin_for(tenant)
            tx.all("select 1")
            driver.commit()
            driver.pgconn.untrace()
        sides = [line.split("\t")[1] for line in (tmp_path / name).read_text().splitlines()]
        trips[name] = sum(pair == ("F", "B") for pair in pairwise(sides))
    assert trips == {"system": 3, "tenant": 3}  # BEGIN, the statement, COMMIT


def test_a_later_upgrade_covers_what_a_migration_added(house: House, workspace: str) -> None:
    database = engine(house.store.url, pool=1)
    with database.begin() as connection:
        connection.execute(text("create table parcels (id text, workspace_id text)"))
        connection.execute(text("insert into parcels values ('a', 'wsp_others')"))
        wall.build(connection)
    database.dispose()
    house.store.tenant = lambda: workspace
    with house.store.transaction() as tx:
        assert tx.all("select * from parcels") == []


def test_a_search_goes_without_the_wall(asked: Store) -> None:
    """Row security would keep the planner from the index of words: `hub.store.search`."""
    with asked.transaction() as tx:
        assert tx.value("select current_user::text") == "hub_tenant"
    with asked.transaction(walled=False) as tx:
        assert tx.value("select current_user::text") != "hub_tenant"
