"""Files on a conversation's page: links with sizes, and what became of each."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

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
    assert f'href="{place.url}/setup.exe"' in page
    assert "2.1 kB" in page and "copied to the ticket" in page
    assert "Link only" in page and "programs are not copied." in page


def test_the_help_desks_copy_stays_when_the_platforms_is_gone(
    agent: Browser, office: Office, place: FileHouse
) -> None:
    page = agent.get(f"/conversations/{shown(office, place)}").text
    place.files.clear()
    (link,) = re.findall(r'href="(/conversations/files/fil_\w+)"', page)
    answer = agent.get(link)
    assert (answer.status_code, answer.data) == (200, PHOTO)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="photo.png"')


def test_strangers_see_no_file_of_ours(
    app: Flask, agent: Browser, office: Office, strangers: Office, place: FileHouse
) -> None:
    page = agent.get(f"/conversations/{shown(office, place)}").text
    (link,) = re.findall(r'href="(/conversations/files/fil_\w+)"', page)
    strangers.hire("spy@example.com")
    assert Browser.signed_in(app, "spy@example.com").get(link).status_code == 404
