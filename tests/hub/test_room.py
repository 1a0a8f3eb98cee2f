"""How many connections the hub opens, and what it says when PostgreSQL has no room for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hub import room, settings
from hub.house import House
from hub.room import Room
from hub.setting_values import BadSetting
from hub.store import Store
from tests.databases import copied, sql


@pytest.fixture
def limited(server_url: str, template_url: str) -> Iterator[Store]:
    """A database whose administrator allows it 12 connections."""
    with copied(server_url, "hub_room") as url:
        sql(url, "alter database hub_room connection limit 12")
        store = Store(url, pool=8)
        yield store
        store.close()


def test_a_process_that_could_never_have_its_connections_does_not_start(limited: Store) -> None:
    with pytest.raises(BadSetting, match=r"may open 13 .* allows 12.*HUB_DATABASE_CONNECTIONS"):
        room.check(limited, 13)


def test_a_process_for_which_there_is_no_room_now_says_so_and_starts(limited: Store) -> None:
    assert room.look(limited) == Room(most=12, free=11)
    other = Store(limited.url, pool=1)
    with other.engine.connect(), capture_logs() as said:
        room.check(limited, 12)
    other.close()
    assert [line["event"] for line in said] == ["database.little_room"]


def test_with_room_for_all_nothing_is_said(house: House) -> None:
    with capture_logs() as said:
        room.check(house.store, 7)
    assert said == []


@pytest.mark.parametrize("given", ["2", "0", "many"])
def test_too_few_connections_for_a_process_are_refused(given: str, tmp_path: Path) -> None:
    environ = {"HUB_DATABASE_CONNECTIONS": given, "HUB_DATA_DIR": str(tmp_path)}
    with pytest.raises(BadSetting, match="HUB_DATABASE_CONNECTIONS"):
        settings.read(environ)
