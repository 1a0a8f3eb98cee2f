"""A customer's file goes to the desk: once, in its place, or as a link with the reason."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from werkzeug.wrappers import Response

from hub.jobs import Job
from hub.pipeline.relay import relay
from hub.settings import Settings
from tests.hub.stories.file_house import PHOTO, FileHouse
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_relay_and_sync import ticketed
from webhooks.download import Downloads
from webhooks.guard import Guard
from webhooks.transport import GuardedSession

USER = "user"


@pytest.fixture
def place() -> Iterator[FileHouse]:
    """Where the platform keeps files."""
    opened = FileHouse()
    yield opened
    opened.close()


def sends(
    zendesk: Stories, text: str, *urls: str, conversation: str = "chat-1", **more: object
) -> None:
    """The customer sends files with some words."""
    files = [{"url": url} | more for url in urls]
    message = {"role": USER, "content": text, "attachments": files}
    told = zendesk.say("conversation.replied", conversationId=conversation, message=message)
    assert told.status_code == 202, told.text


def held(zendesk: Stories, ticket: str) -> list[tuple[str, str]]:
    return [(f["name"], f["content_type"]) for e in zendesk.entries(ticket) for f in e["files"]]


def degraded(zendesk: Stories) -> list[tuple[str, str]]:
    """(code, reason) of every event that says so."""
    rows = zendesk.rows("select payload from events where type = 'delivery.degraded' order by id")
    return [(row["payload"]["code"], row["payload"]["reason"]) for row in rows]


def test_a_file_of_the_conversation_is_copied_to_its_ticket(
    zendesk: Stories, place: FileHouse
) -> None:
    turn = {"role": USER, "content": "Look", "attachments": [{"url": place.put("photo.png")}]}
    zendesk.escalate(transcript=[turn, {"role": USER, "content": "A human please."}])
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    (file,) = [f for e in zendesk.entries(created["ticket_id"]) for f in e["files"]]
    assert (file["name"], file["content_type"]) == ("photo.png", "image/png")
    assert base64.b64decode(file["data"]) == PHOTO
    assert place.asked == ["/photo.png"]
    assert "file.attached" in [row["what"] for row in zendesk.rows("select what from audit")]


def test_files_stand_between_their_message_and_the_next(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    sends(zendesk, "two photos", place.put("a.png"), place.put("b.png"))
    zendesk.customer("and one word more")
    zendesk.work()
    told = [e["text"].split("\n")[0] for e in zendesk.entries(ticket)][-4:]
    assert told == ["two photos", "a.png", "b.png", "and one word more"]
    assert held(zendesk, ticket) == [("a.png", "image/png"), ("b.png", "image/png")]
    assert degraded(zendesk) == []


def test_our_own_file_does_not_come_back_as_an_agents(zendesk: Stories, place: FileHouse) -> None:
    ticketed(zendesk)
    sends(zendesk, "a photo", place.put("a.png"))
    zendesk.work()
    zendesk.poll()
    assert zendesk.rows("select id from messages where role = 'agent'") == []


REASONS = {
    "not there": ("missing.pdf", None, "download_failed", "404"),
    "empty": ("empty.pdf", b"", "empty", "the file is empty"),
    "a program": ("setup.exe", PHOTO, "forbidden_type", "programs"),
}


@pytest.mark.parametrize("case", REASONS)
def test_a_file_that_cannot_travel_stays_a_link_and_everybody_hears_why(
    zendesk: Stories, place: FileHouse, case: str
) -> None:
    name, data, code, words = REASONS[case]
    ticket = ticketed(zendesk)
    url = f"{place.url}/{name}" if data is None else place.put(name, data, "application/pdf")
    sends(zendesk, "here", url)
    zendesk.customer("did you get it?")
    zendesk.work()
    ((told, reason),) = degraded(zendesk)
    assert told == code and reason.startswith(name) and words in reason
    assert held(zendesk, ticket) == []
    texts = [entry["text"] for entry in zendesk.entries(ticket)]
    assert url in texts[-2] and texts[-1] == "did you get it?"
    line = zendesk.row("select detail from audit where what = 'delivery.degraded'")
    assert line["detail"] == reason
    row = zendesk.row("select state, code from files")
    assert (row["state"], row["code"]) == ("degraded", code)


def test_a_web_page_is_not_taken_for_the_file(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    sends(zendesk, "here", place.put("bill.pdf", b"<html>Sign in</html>", "text/html"))
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["download_failed"]
    assert held(zendesk, ticket) == []


def test_a_file_too_large_for_the_desk_stays_a_link(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    sends(zendesk, "by its size", f"{place.url}/film.mp4", size=60_000_000)
    large = {"Content-Length": str(60_000_000)}
    place.files["/movie.mp4"] = Response(iter((b"x",)), headers=large)
    sends(zendesk, "by what comes", f"{place.url}/movie.mp4")
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["too_large", "too_large"]
    assert "/film.mp4" not in place.asked and held(zendesk, ticket) == []


def test_what_the_desk_refuses_stays_a_link(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    zendesk.fault("refuse", status=422, path="uploads")
    sends(zendesk, "here", place.put("a.png"))
    zendesk.customer("did you get it?")
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["refused"]
    assert zendesk.entries(ticket)[-1]["text"] == "did you get it?"


def test_a_missing_right_for_files_stops_nothing_else(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    zendesk.fault("refuse", status=403, path="uploads")
    sends(zendesk, "here", place.put("a.png"))
    zendesk.customer("did you get it?")
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["refused"]
    assert zendesk.entries(ticket)[-1]["text"] == "did you get it?"
    assert zendesk.row("select state from connections where desk = 'zendesk'")["state"] == "active"


@pytest.mark.parametrize("inside", ["http://169.254.169.254/latest", "http://10.0.0.7/a.png"])
def test_no_file_leads_us_to_an_internal_address(
    zendesk: Stories, place: FileHouse, inside: str
) -> None:
    ticket = ticketed(zendesk)
    moved = place.put("moved.png", b"", status=302, headers={"Location": inside})
    sends(zendesk, "straight", inside)
    sends(zendesk, "by a detour", moved)
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["forbidden_address"] * 2
    assert held(zendesk, ticket) == []


def test_loopback_is_called_only_where_the_settings_say_so(
    zendesk: Stories, place: FileHouse
) -> None:
    ticket = ticketed(zendesk)
    zendesk.house.downloads = Downloads(GuardedSession(Guard()), sandbox=zendesk.sandbox)
    sends(zendesk, "here", place.put("a.png"))
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["forbidden_address"]
    assert place.asked == [] and held(zendesk, ticket) == []


def test_a_file_that_moved_is_found(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    there = place.put("cdn/there.png")
    sends(zendesk, "here", place.put("a.png", b"", status=302, headers={"Location": there}))
    zendesk.work()
    assert held(zendesk, ticket) == [("a.png", "image/png")]


def test_a_place_that_is_busy_is_asked_again(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    place.failures = 2
    sends(zendesk, "here", place.put("a.png"))
    zendesk.customer("and a word")
    for _ in range(3):
        zendesk.work()
        zendesk.hurry()
    assert held(zendesk, ticket) == [("a.png", "image/png")]
    assert [e["text"] for e in zendesk.entries(ticket)][-1] == "and a word"
    assert degraded(zendesk) == [] and len(place.asked) == 3


def test_a_place_that_stays_away_costs_the_copy_and_not_the_conversation(
    zendesk: Stories, place: FileHouse
) -> None:
    ticket = ticketed(zendesk)
    place.failures = 100
    sends(zendesk, "here", place.put("a.png"))
    zendesk.customer("and a word")
    for _ in range(6):
        zendesk.work()
        zendesk.hurry()
    assert [code for code, _ in degraded(zendesk)] == ["download_failed"]
    assert len(place.asked) == 5
    assert zendesk.entries(ticket)[-1]["text"] == "and a word"
    assert zendesk.row("select parked, last_error from tickets") == {
        "parked": None,
        "last_error": None,
    }


def test_a_lost_answer_leaves_one_file(zendesk: Stories, place: FileHouse) -> None:
    ticket = ticketed(zendesk)
    sends(zendesk, "here", place.put("a.png"))
    # The first update is the message's, the second the file's.
    zendesk.fault("cut_after_commit", method="PUT", rate=1, times=2)
    for _ in range(4):
        zendesk.work()
        zendesk.hurry()
    assert held(zendesk, ticket) == [("a.png", "image/png")]
    assert [e["text"].split("\n")[0] for e in zendesk.entries(ticket)][-2:] == ["here", "a.png"]


def test_only_the_newest_files_of_a_long_conversation_are_copied(
    zendesk: Stories, place: FileHouse
) -> None:
    urls = [{"url": place.put(f"{number}.png")} for number in range(23)]
    turns = [{"role": USER, "content": f"{n}", "attachments": [u]} for n, u in enumerate(urls)]
    zendesk.escalate(transcript=turns)
    zendesk.work(200)
    (created,) = zendesk.ledger("create_ticket")
    names = [name for name, _ in held(zendesk, created["ticket_id"])]
    assert names == [f"{number}.png" for number in range(3, 23)]
    assert {code for code, _ in degraded(zendesk)} == {"too_many"}


@pytest.mark.parametrize("point", ["files.before_request", "files.desk_committed"])
def test_a_worker_that_dies_while_it_attaches_leaves_one_file(
    zendesk: Stories, place: FileHouse, settings: Settings, point: str
) -> None:
    ticket = ticketed(zendesk)
    sends(zendesk, "here", place.put("a.png"))
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from pgqueuer")
    subject = zendesk.row("select id from tickets")["id"]
    died = _relay_in_another_process(settings, subject, crash=point)
    assert died == -9
    relay(zendesk.house, Job("relay", subject))
    assert held(zendesk, ticket) == [("a.png", "image/png")]
    assert zendesk.row("select state from files")["state"] == "sent"


def _relay_in_another_process(settings: Settings, subject: str, *, crash: str) -> int:
    """Relay there, and die at the crash point; how that process ended."""
    code = (
        "import sys; from hub import house, settings; from hub.jobs import Job;"
        " from hub.pipeline.relay import relay;"
        " relay(house.build(settings.read()), Job('relay', sys.argv[1]))"
    )
    name, key = settings.keys[0]
    env = os.environ | {
        "DATABASE_URL": settings.database_url,
        "HUB_KEYS": f"{name}:{key.get_secret_value()}",
        "HUB_SECRET_KEY": "test secret key",
        "HUB_SANDBOX_URL": str(settings.sandbox_url),
        "HUB_ALLOW_PRIVATE_NETWORKS": "127.0.0.0/8",
        "HUB_CRASH": crash,
    }
    return subprocess.run([sys.executable, "-c", code, subject], env=env, timeout=60).returncode


def test_a_desk_without_files_gets_links(zendesk: Stories, place: FileHouse) -> None:
    ticketed(zendesk)
    sends(zendesk, "here", place.put("a.png"))
    connection = zendesk.row("select * from connections where desk = 'zendesk'")
    connector = zendesk.house.desks.open(connection)
    connector.can = replace(connector.can, attachments=0)  # type: ignore[misc]
    zendesk.work()
    assert [code for code, _ in degraded(zendesk)] == ["no_files"]
    assert place.asked == []
