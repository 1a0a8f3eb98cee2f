"""Connections to a database whose server and network are somebody else's."""

import os
import socket
from datetime import timedelta

import pytest

from hub.store import Store
from tests.databases import sql
from tests.hub.wire import before

IN_TOKYO = """
do $$ begin
    execute format('alter database %I set timezone to ''Asia/Tokyo''', current_database());
end $$
"""


def test_times_are_told_in_utc_whatever_zone_the_server_has(database_url: str) -> None:
    sql(database_url, IN_TOKYO)
    store = Store(database_url, pool=1)
    for _ in range(2):  # what a transaction sets, its end may undo
        with store.transaction() as tx:
            assert tx.value("select now()").utcoffset() == timedelta(0)
    store.close()


def test_a_network_that_swallows_everything_is_noticed_within_half_a_minute(
    database_url: str,
) -> None:
    with before(database_url) as (_, url):
        store = Store(url, pool=1)
        with (
            store.transaction() as tx,
            tx.driver() as driver,
            socket.socket(fileno=os.dup(driver.pgconn.socket)) as wire,
        ):
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            idle = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE)
            between = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL)
            asked = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT)
            unanswered = wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        store.close()
    assert idle + between * asked <= 30
    assert 0 < unanswered <= 30_000


@pytest.mark.timeout(60)
@pytest.mark.parametrize("size", [300_000, 1_000_000, 10_000_000])
def test_a_write_that_is_larger_than_a_socket_takes_is_committed(
    database_url: str, size: int
) -> None:
    store = Store(database_url, pool=1)
    with store.transaction() as tx:
        tx.run("create table large (words text)")
    with store.transaction() as tx:
        tx.soon("insert into large values (:words)", words="x" * size)
    with store.transaction() as tx:
        assert tx.value("select length(words) from large") == size
    store.close()
