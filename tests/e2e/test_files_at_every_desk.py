"""Files travel both ways over real processes, byte for byte, at every desk."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors import registry
from tests.e2e.desks import Desk, Outside
from tests.e2e.town import Town, conversation_name, eventually
from tests.hub.stories.file_house import PHOTO, FileHouse

LABEL = b"%PDF-1.7\n" + bytes(range(256)) * 4
OUTSIDE = [name for name in registry.names() if name != "live_chat"]


@pytest.fixture(scope="module", autouse=True)
def worker(town: Town) -> None:
    town.start("worker")


@pytest.fixture(scope="module")
def place() -> Iterator[FileHouse]:
    """Where the platform keeps its customers' files."""
    opened = FileHouse()
    yield opened
    opened.close()


def held(desk: Desk, ticket: str) -> list[bytes]:
    """The files of the ticket at the desk."""
    if isinstance(desk, Outside):
        return [f.data for entry in desk.harness.read(ticket).entries for f in entry.files]
    with desk.town.house.store.transaction() as tx:
        rows = tx.all(
            "select content from native_entries where ticket_id = :ticket and kind = 'file'",
            ticket=ticket,
        )
    return [bytes(row["content"]) for row in rows if row["content"] is not None]


@pytest.mark.parametrize("desk", registry.names(), indirect=True)
def test_a_customers_file_is_at_the_desk_once(desk: Desk, place: FileHouse) -> None:
    conversation = conversation_name()
    ticket = desk.town.ticket(desk.escalate(conversation))["external_id"]
    attached = [{"url": place.put("photo.png")}]
    message = {"role": "user", "content": "So sieht es aus.", "attachments": attached}
    told = desk.town.say("conversation.replied", conversationId=conversation, message=message)
    assert told.status_code == 202, told.text
    eventually(lambda: PHOTO in held(desk, ticket), "the photo is at the desk")
    assert held(desk, ticket).count(PHOTO) == 1
    assert any("So sieht es aus." in comment for comment in desk.comments(ticket))


@pytest.mark.parametrize("desk", OUTSIDE, indirect=True)  # the Help Desk's agents attach none yet
def test_an_agents_file_is_given_at_an_address_of_the_hub(desk: Outside) -> None:
    town, conversation = desk.town, conversation_name()
    ticket = town.ticket(desk.escalate(conversation))["external_id"]
    eventually(lambda: desk.notes(ticket), "the note is written")
    file = {
        "name": "label.pdf",
        "content_type": "application/pdf",
        "data": base64.b64encode(LABEL).decode(),
    }
    desk.harness.act(ticket, reply="Ihr Etikett", files=[file])

    def attached() -> list[dict[str, Any]]:
        told = town.told("message.created", conversation)
        return [file for event in told for file in event["message"]["attachments"]]

    (given,) = eventually(attached, "the file is told")
    assert given["name"] == "label.pdf"
    assert given["url"].startswith(f"{town.url}/files/")
    assert requests.get(given["url"], timeout=20).content == LABEL
