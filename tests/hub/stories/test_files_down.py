"""An agent's file comes home as an address of the hub's, which streams it from the desk."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from connectors.errors import NotFound
from connectors.types import File
from hub import admin
from hub.store import utc_now
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_relay_and_sync import tell, ticketed

FORM = b"%PDF" + bytes(range(256)) * 4


def replies(zendesk: Stories, ticket: str, name: str = "form.pdf", data: bytes = FORM) -> None:
    """An agent sends a file to the customer."""
    file = {"name": name, "content_type": "application/pdf"}
    file["data"] = base64.b64encode(data).decode()
    told = {"desk": "zendesk", "ticket_id": ticket, "reply": "Please sign.", "files": [file]}
    requests.post(f"{zendesk.sandbox}/_act", json=told, timeout=10).raise_for_status()


def attachments(zendesk: Stories) -> list[dict[str, Any]]:
    """What subscribers were told of files."""
    rows = zendesk.rows("select payload from events where type = 'message.created' order by id")
    return [one for row in rows for one in row["payload"]["message"]["attachments"]]


def path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


@pytest.fixture
def told(zendesk: Stories) -> dict[str, Any]:
    """A file that an agent sent, as subscribers hear of it."""
    ticket = ticketed(zendesk)
    replies(zendesk, ticket)
    zendesk.poll()
    (one,) = attachments(zendesk)
    return one


def test_an_agents_file_comes_home_byte_for_byte(zendesk: Stories, told: dict[str, Any]) -> None:
    assert (told["name"], told["content_type"], told["size"]) == (
        "form.pdf",
        "application/pdf",
        len(FORM),
    )
    assert told["url"].startswith(f"{zendesk.house.settings.public_url}/files/chg_")
    answer = zendesk.client.get(path(told["url"]))
    assert (answer.status_code, answer.data) == (200, FORM)
    assert answer.headers["Content-Length"] == str(len(FORM))


def test_a_file_is_saved_and_never_shown(zendesk: Stories, told: dict[str, Any]) -> None:
    headers = zendesk.client.get(path(told["url"])).headers
    assert headers["Content-Disposition"].startswith('attachment; filename="form.pdf"')
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_the_brief_has_the_agents_last_words_though_a_file_came_after_them(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    replies(zendesk, ticket)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    resumed = zendesk.row("select payload from events where type = 'conversation.resumed'")
    assert resumed["payload"]["brief"]["text"] == "Please sign."


WRONG = {
    "no signature": ("&signature=", "&x="),
    "another file": ("/0?", "/1?"),
    "a later end": ("until=1", "until=2"),
    "strange letters": ("signature=", "signature=%C3%BC"),
}


@pytest.mark.parametrize("how", WRONG)
def test_nobody_guesses_an_address(zendesk: Stories, told: dict[str, Any], how: str) -> None:
    old, new = WRONG[how]
    wrong = path(told["url"]).replace(old, new)
    assert wrong != path(told["url"])
    assert zendesk.client.get(wrong).status_code == 403


def test_an_address_dies_after_a_week_and_the_api_gives_a_new_one(
    zendesk: Stories, told: dict[str, Any]
) -> None:
    zendesk.house.store.now = lambda: utc_now() + timedelta(days=7, minutes=1)
    assert zendesk.client.get(path(told["url"])).status_code == 403
    with zendesk.house.store.transaction() as tx:
        key = admin.create_key(tx, zendesk.workspace, "reader", "viewer")
    conversation = zendesk.row("select id from conversations")["id"]
    listed = zendesk.client.get(
        f"/v1/conversations/{conversation}/messages",
        headers={"Authorization": f"Bearer {key['key']}"},
    )
    (fresh,) = [one for m in listed.json["data"] for one in m["attachments"]]  # type: ignore[index]
    assert zendesk.client.get(path(fresh["url"])).data == FORM


def test_a_file_that_the_desk_has_no_more_is_not_found(
    zendesk: Stories, told: dict[str, Any]
) -> None:
    requests.post(f"{zendesk.sandbox}/_reset", json={"desk": "zendesk"}, timeout=10)
    assert zendesk.client.get(path(told["url"])).status_code == 404


def test_a_file_of_a_connection_that_was_removed_is_not_found(
    zendesk: Stories, told: dict[str, Any]
) -> None:
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set archived_at = :now, config = ''", now=tx.now)
    assert zendesk.client.get(path(told["url"])).status_code == 404


def test_a_desk_that_is_away_says_when_to_come_back(zendesk: Stories, told: dict[str, Any]) -> None:
    zendesk.fault("server_error", rate=1)
    answer = zendesk.client.get(path(told["url"]))
    assert answer.status_code == 503 and "Retry-After" in answer.headers


def test_a_name_harms_no_header(zendesk: Stories) -> None:
    replies(zendesk, ticketed(zendesk), name='../ü"\r\nX-Evil: 1.pdf')
    zendesk.poll()
    (one,) = attachments(zendesk)
    headers = zendesk.client.get(path(one["url"])).headers
    assert "X-Evil" not in headers and "filename*=UTF-8''" in headers["Content-Disposition"]


def test_a_desk_cannot_lead_us_to_an_internal_address(
    zendesk: Stories, told: dict[str, Any]
) -> None:
    connection = zendesk.row("select * from connections where desk = 'zendesk'")
    connector = zendesk.house.desks.open(connection)
    with pytest.raises(NotFound, match="not public"):
        b"".join(connector.ports.download("http://169.254.169.254/latest/meta-data"))


def test_a_file_larger_than_we_give_keeps_the_desks_link_and_everybody_hears_it(
    zendesk: Stories,
) -> None:
    film = File(name="film.mp4", url="https://desk.example/film", size=60_000_000, id="7")
    tell(zendesk, ticketed(zendesk), kind="message", message_id="9", text="See", files=(film,))
    zendesk.work()
    (one,) = attachments(zendesk)
    assert one["url"] == "https://desk.example/film"
    row = zendesk.row("select payload from events where type = 'delivery.degraded'")
    assert row["payload"]["code"] == "too_large"
