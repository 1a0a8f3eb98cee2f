"""Files on a conversation's page: links with sizes, and what became of each."""

from collections.abc import Iterator

import pytest

from hub.pipeline import takeover
from hub.store import conversations
from tests.console.office import Browser, Office
from tests.hub.stories.file_house import PHOTO, FileHouse


@pytest.fixture
def place() -> Iterator[FileHouse]:
    """Where the platform keeps files."""
    opened = FileHouse()
    yield opened
    opened.close()


def shown(office: Office, place: FileHouse) -> str:
    """A conversation whose customer sent a photo and a program; its id."""
    files = [
        {"name": "photo.png", "url": place.put("photo.png"), "size": len(PHOTO)},
        {"name": "setup.exe", "url": place.put("setup.exe"), "size": 41984},
    ]
    author = {"role": "customer"}
    turns = [{"id": "t1", "author": author, "text": "See the damage", "attachments": files}]
    office.escalate("chat-1", transcript=turns)
    office.work()
    with office.house.store.transaction() as tx:
        row = conversations.get(tx, office.workspace, "chat-1")
        assert row is not None
        takeover.take_over(tx, conversations.lock(tx, row["id"]), user=None, actor="test")
    office.work()
    return str(row["id"])


def test_a_file_is_a_link_with_its_size_and_its_fate(
    agent: Browser, office: Office, place: FileHouse
) -> None:
    page = agent.get(f"/conversations/{shown(office, place)}").text
    assert f'href="{place.url}/photo.png"' in page and "2.1 kB" in page
    assert "copied to the ticket" in page
    assert "Link only" in page and "programs are not copied." in page
