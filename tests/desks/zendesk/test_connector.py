"""Zendesk as its documentation describes it, played by a scripted server."""

import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Ports
from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
    Unsupported,
)
from connectors.types import Draft, File, Message, Note, Requester, Status
from connectors.zendesk.config import Config
from connectors.zendesk.connector import Zendesk
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKENS, TICKETS, TICKET = "/oauth/tokens", "/api/v2/tickets", "/api/v2/tickets/35436"
COMMENTS, UPLOADS, EXPORT = (
    f"{TICKET}/comments",
    "/api/v2/uploads",
    "/api/v2/incremental/tickets/cursor",
)
RAW = {
    "id": 35436,
    "url": "https://acme.zendesk.com/api/v2/tickets/35436.json",
    "external_id": "esc_1",
    "subject": "Refund",
    "description": "help",
    "status": "open",
    "requester_id": 5,
    "assignee_id": None,
    "created_at": "2026-11-22T09:00:00Z",
    "updated_at": "2026-11-22T09:30:00Z",
}
REPLY = {
    "id": 900,
    "author_id": 7,
    "body": "We are on it",
    "public": True,
    "attachments": [],
    "created_at": "2026-11-22T09:30:00Z",
    "metadata": {"system": {}, "custom": {}},
}
USERS = [{"id": 5, "name": "Zoë", "role": "end-user"}, {"id": 7, "name": "Ann", "role": "agent"}]
ADMIN = {"user": {"id": 7, "name": "Ann", "role": "admin"}}
CLOSED = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {"status": [{"description": "Status: closed prevents ticket update"}]},
}
HELLO = Message(id="m1", role="customer", text="I want a refund", at=NOW, name="Zoë")
DRAFT = Draft(
    key="esc_1",
    subject="Refund",
    transcript=(HELLO,),
    requester=Requester(id="u1", name="Zoë", email="zoe@example.com"),
)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/zendesk", drop=".json") as script:
        script.at(
            "POST", TOKENS, {"access_token": "t1", "token_type": "bearer", "expires_in": 7200}
        )
        yield script


@pytest.fixture
def desk(vendor: Script) -> Zendesk:
    return zendesk(vendor)


def zendesk(vendor: Script, **more: Any) -> Zendesk:
    way = more or {"client_id": "hub", "client_secret": "hush-hush"}
    config = Config(subdomain="acme", base_url=vendor.url, **way)
    return Zendesk(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0)))


def raw(**more: Any) -> dict[str, Any]:
    return RAW | more


def written(comment_id: int = 901, **more: Any) -> dict[str, Any]:
    """The answer to a create or update: the ticket and its audit."""
    events = [{"id": 1, "type": "Change"}, {"id": comment_id, "type": "Comment"}]
    return {"ticket": raw(**more), "audit": {"id": 2, "events": events}}


def sent(vendor: Script, method: str, path: str) -> dict[str, Any]:
    """The ticket of the last request of this kind."""
    ticket: dict[str, Any] = vendor.to(method, path)[-1].json["ticket"]
    return ticket


# --- the form -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "way",
    [
        {},
        {"client_id": "hub"},
        {"email": "a@example.com"},
        {"client_id": "hub", "client_secret": "x", "email": "a@example.com", "api_token": "y"},
        {"client_id": "", "client_secret": ""},
    ],
)
def test_exactly_one_way_to_sign_in_must_be_complete(way: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config(subdomain="acme", **way)


@pytest.mark.parametrize("name", ["", "acme.zendesk.com", "a/b", "evil.com#", "-a", "a" * 64])
def test_only_a_bare_subdomain_is_accepted(name: str) -> None:
    with pytest.raises(ValidationError):
        Config(subdomain=name, client_id="hub", client_secret="x")


def test_every_field_of_the_form_explains_itself() -> None:
    for field in Config.model_json_schema()["properties"].values():
        assert field["title"] and field["description"]


def test_without_a_sandbox_the_host_is_zendesk_s() -> None:
    assert Config(subdomain="acme", client_id="a", client_secret="b").root == (
        "https://acme.zendesk.com"
    )


# --- who we are ---------------------------------------------------------------------------------


def test_an_oauth_client_gets_a_token_once(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", "/api/v2/users/me", ADMIN)
    assert desk.verify().missing == ()
    desk.verify()
    (asked,) = vendor.to("POST", TOKENS)
    assert asked.json["grant_type"] == "client_credentials"
    assert (asked.json["client_id"], asked.json["client_secret"]) == ("hub", "hush-hush")
    assert "authorization" not in asked.headers
    assert vendor.asked[-1].headers["authorization"] == "Bearer t1"


def test_a_client_without_token_lifetimes_works(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", TOKENS, {"access_token": "old", "token_type": "bearer"})
    vendor.at("GET", "/api/v2/users/me", ADMIN)
    assert desk.verify().name == "Ann (admin) at acme.zendesk.com"


def test_a_token_that_zendesk_ended_is_renewed(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", TOKENS, {"access_token": "t1"}, {"access_token": "t2"})
    vendor.at("GET", TICKET, Answer({"error": "invalid_token"}, 401), {"ticket": RAW})
    assert desk.read_ticket("35436").id == "35436"
    assert vendor.asked[-1].headers["authorization"] == "Bearer t2"


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_client_secret_is_an_auth_failure_without_the_secret(
    vendor: Script, desk: Zendesk, status: int
) -> None:
    words = {"error": "invalid_client", "error_description": "hush-hush is wrong"}
    vendor.at("POST", TOKENS, Answer(words, status))
    with pytest.raises(AuthFailed, match="invalid_client") as caught:
        desk.verify()
    assert "hush" not in str(caught.value)


def test_a_stranger_s_200_is_an_auth_failure(vendor: Script, desk: Zendesk) -> None:
    for user in ({"id": None, "role": "end-user"}, {"id": 9, "role": "end-user", "name": "Eve"}):
        vendor.at("GET", "/api/v2/users/me", {"user": user})
        with pytest.raises(AuthFailed):
            desk.verify()


def test_an_agent_is_told_what_only_an_admin_can(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", "/api/v2/users/me", {"user": {"id": 7, "name": "Ann", "role": "agent"}})
    (missing,) = desk.verify().missing
    assert "no admin" in missing


def test_an_api_token_works_and_is_warned_about(vendor: Script) -> None:
    desk = zendesk(vendor, email="ann@example.com", api_token="tok")
    vendor.at("GET", "/api/v2/users/me", ADMIN)
    (missing,) = desk.verify().missing
    assert "2027-04-30" in missing
    # printf 'ann@example.com/token:tok' | base64
    expected = "Basic YW5uQGV4YW1wbGUuY29tL3Rva2VuOnRvaw=="
    assert vendor.asked[-1].headers["authorization"] == expected


# --- create and find ----------------------------------------------------------------------------


def test_a_ticket_is_made_in_one_request_with_key_and_transcript(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("POST", TICKETS, Answer(written(), 201))
    ticket = desk.create_ticket(replace(DRAFT, fields={"priority": "high", "tags": ["ai"]}))
    assert (ticket.id, ticket.status, ticket.key) == ("35436", Status.OPEN, "esc_1")
    assert ticket.url == f"{vendor.url}/agent/tickets/35436"
    assert [a.path for a in vendor.asked] == [TOKENS, TICKETS]
    assert vendor.asked[-1].headers["idempotency-key"] == "esc_1"
    comment = sent(vendor, "POST", TICKETS).pop("comment")
    assert comment["public"] is True
    assert "Zoë (customer):\n  I want a refund" in comment["body"]
    assert {k: v for k, v in sent(vendor, "POST", TICKETS).items() if k != "comment"} == {
        "external_id": "esc_1",
        "subject": "Refund",
        "requester": {"name": "Zoë", "email": "zoe@example.com"},
        "priority": "high",
        "tags": ["ai"],
    }


def test_the_mapping_s_fields_go_as_they_are_and_win(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", TICKETS, Answer(written(), 201))
    fields = {
        "subject": "Mapped",
        "requester_id": 12,
        "assignee_id": None,
        "custom_fields": [{"id": 1, "value": None}, {"id": 2, "value": "2026-11-22T10:00:00Z"}],
        "collaborators": [3, "b@example.com"],
        "external_id": "theirs",
    }
    desk.create_ticket(replace(DRAFT, fields=fields))
    ticket = sent(vendor, "POST", TICKETS)
    assert ticket.pop("comment")
    assert ticket == fields | {"external_id": "esc_1"}


def test_a_customer_without_email_becomes_a_user_with_the_bot_s_id(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("POST", "/api/v2/users/create_or_update", {"user": {"id": 88}})
    vendor.at("POST", TICKETS, Answer(written(), 201))
    desk.create_ticket(replace(DRAFT, requester=Requester(id="u1", phone="+49 30 1")))
    user = vendor.to("POST", "/api/v2/users/create_or_update")[0].json["user"]
    assert user == {"name": "Customer", "external_id": "bot:u1", "details": "Phone: +49 30 1"}
    assert sent(vendor, "POST", TICKETS)["requester_id"] == 88


@pytest.mark.parametrize("email", ["zoe at example.com", "zoe@example", "zoe m@example.com"])
def test_an_email_that_is_none_stands_in_the_user_s_details(
    vendor: Script, desk: Zendesk, email: str
) -> None:
    vendor.at("POST", "/api/v2/users/create_or_update", {"user": {"id": 88}})
    vendor.at("POST", TICKETS, Answer(written(), 201))
    who = Requester(id="u1", name="Zoë", email=email, phone="+49 30 1")
    desk.create_ticket(replace(DRAFT, requester=who))
    user = vendor.to("POST", "/api/v2/users/create_or_update")[0].json["user"]
    details = f"Email as the customer typed it: {email}\nPhone: +49 30 1"
    assert user == {"name": "Zoë", "external_id": "bot:u1", "details": details}
    assert sent(vendor, "POST", TICKETS)["requester_id"] == 88
    vendor.at("GET", "/api/v2/users/search", {"users": []})
    assert desk.previous_tickets(who) == []
    assert vendor.asked[-1].query == {"external_id": "bot:u1"}


def test_a_long_transcript_is_attached_whole(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 1}}})
    vendor.at("POST", TICKETS, Answer(written(), 201))
    long = tuple(replace(HELLO, text=f"{n} " + "ü€😀" * 300) for n in range(100))
    desk.create_ticket(replace(DRAFT, transcript=long))
    comment = sent(vendor, "POST", TICKETS)["comment"]
    assert comment["uploads"] == ["up1"]
    assert len(comment["body"].encode()) < 65_535
    assert comment["body"].endswith("[… transcript.txt]\n\n[esc_1]")
    (upload,) = vendor.to("POST", UPLOADS)
    assert upload.query == {"filename": "transcript.txt"}
    assert upload.headers["content-type"] == "text/plain; charset=utf-8"
    assert upload.body.decode().count("Zoë (customer):") == 100


def test_files_with_bytes_are_uploaded_and_others_linked(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 1}}})
    vendor.at("POST", TICKETS, Answer(written(), 201))
    files = (
        File(name="rés&umé #1.pdf", content_type="application/pdf", data=b"%PDF"),
        File(name="photo.png", url="https://bot.example/photo.png"),
    )
    desk.create_ticket(replace(DRAFT, transcript=(replace(HELLO, text="a\0b", files=files),)))
    comment = sent(vendor, "POST", TICKETS)["comment"]
    assert comment["uploads"] == ["up1"]
    assert "  ab\n" in comment["body"]
    assert "[file: photo.png] https://bot.example/photo.png" in comment["body"]
    (upload,) = vendor.to("POST", UPLOADS)
    assert (upload.query, upload.body) == ({"filename": "rés&umé #1.pdf"}, b"%PDF")
    assert upload.headers["content-type"] == "application/pdf"


def test_a_key_that_zendesk_has_seen_with_another_body_gives_its_ticket(
    vendor: Script, desk: Zendesk
) -> None:
    again = Answer({"error": "IdempotentRequestError", "description": "another body"}, 400)
    vendor.at("POST", TICKETS, again)
    vendor.at("GET", TICKETS, {"tickets": []}, {"tickets": [RAW]})
    with pytest.raises(InvalidRequest):
        desk.create_ticket(DRAFT)
    assert desk.create_ticket(DRAFT).id == "35436"


def test_a_suspended_customer_is_an_invalid_request_by_field(vendor: Script, desk: Zendesk) -> None:
    words = "Requester: Zoë is suspended."
    complaint = {"requester": [{"description": words, "error": "UserSuspended"}]}
    body = {
        "error": "RecordInvalid",
        "description": "Record validation errors",
        "details": complaint,
    }
    vendor.at("POST", TICKETS, Answer(body, 422))
    with pytest.raises(InvalidRequest, match="suspended") as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.fields == {"requester": words}


def test_a_ticket_is_found_by_its_key_without_the_search_index(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("GET", TICKETS, {"tickets": [raw(id=9), raw(id=4), raw(id=1, external_id="esc_10")]})
    ticket = desk.find_ticket("esc_1")
    assert ticket is not None and ticket.id == "4"
    assert vendor.asked[-1].query["external_id"] == "esc_1"
    vendor.at("GET", TICKETS, {"tickets": []})
    assert desk.find_ticket("esc_1") is None


# --- talk ---------------------------------------------------------------------------------------


def test_a_message_goes_in_the_customer_s_name_and_its_id_comes_back(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, written(901), written(902))
    assert desk.append_message("35436", HELLO) == "901"
    assert desk.append_message("35436", HELLO) == "902"
    comment = sent(vendor, "PUT", TICKET)["comment"]
    assert comment == {"body": "I want a refund", "public": True, "author_id": 5}
    assert len(vendor.to("GET", TICKET)) == 1  # the requester is asked for once


def test_after_a_creation_nobody_asks_for_the_requester(vendor: Script, desk: Zendesk) -> None:
    vendor.at("POST", TICKETS, Answer(written(), 201))
    vendor.at("PUT", TICKET, written(requester_id=6))
    desk.create_ticket(DRAFT)
    desk.append_message("35436", HELLO)
    desk.append_message("35436", HELLO)
    authors = [a.json["ticket"]["comment"]["author_id"] for a in vendor.to("PUT", TICKET)]
    assert authors == [5, 6]  # an agent gave the ticket to another requester
    assert not vendor.to("GET", TICKET)


NO_AUTHOR = {
    "error": "RecordInvalid",
    "description": "Record validation errors",
    "details": {"author": [{"description": "Comment author: is invalid"}]},
}


def test_a_customer_who_was_merged_speaks_as_who_they_are_now(
    vendor: Script, desk: Zendesk
) -> None:
    """How Zendesk refuses an author who is gone is not documented: as every other complaint."""
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 44}}})
    gone = Answer(NO_AUTHOR, 422)
    vendor.at("GET", TICKET, {"ticket": RAW}, {"ticket": raw(requester_id=6)})
    vendor.at("PUT", TICKET, written(901), gone, written(902, requester_id=6))
    file = File(id="f1", name="a.png", data=b"png")
    assert desk.append_message("35436", HELLO) == "901"
    assert desk.append_message("35436", replace(HELLO, files=(file,))) == "902"
    vendor.at("GET", TICKET, {"ticket": raw(requester_id=8)})
    vendor.at("PUT", TICKET, gone, written(903, requester_id=8))
    assert desk.attach("35436", file) == "44"
    said = [a.json["ticket"] for a in vendor.to("PUT", TICKET)]
    assert [one["comment"]["author_id"] for one in said] == [5, 5, 6, 6, 8]
    assert said[1]["metadata"] == said[2]["metadata"] == {"hub_entry": "m1"}
    assert said[2]["comment"]["uploads"] == said[4]["comment"]["uploads"] == ["up1"]


def test_a_message_that_is_refused_whoever_says_it_is_sent_once(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, written(901), Answer(NO_AUTHOR, 422))
    desk.append_message("35436", HELLO)
    with pytest.raises(InvalidRequest):
        desk.append_message("35436", HELLO)
    assert len(vendor.to("PUT", TICKET)) == 2


def test_a_note_is_private(vendor: Script, desk: Zendesk) -> None:
    vendor.at("PUT", TICKET, written(901))
    assert desk.add_note("35436", Note(id="n1", text="VIP")) == "901"
    assert sent(vendor, "PUT", TICKET)["comment"] == {"body": "VIP", "public": False}


def test_a_message_of_files_only_has_words_too(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, written())
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 1}}})
    files = (File(name="a.png", data=b"png"), File(name="empty.txt", data=b""))
    desk.append_message("35436", replace(HELLO, text="", files=files[:1]))
    assert sent(vendor, "PUT", TICKET)["comment"]["body"] == "a.png"
    desk.append_message("35436", replace(HELLO, text="", files=files[1:]))
    assert sent(vendor, "PUT", TICKET)["comment"]["body"] == "[file: empty.txt]"


def test_a_long_message_is_attached_whole(vendor: Script, desk: Zendesk) -> None:
    vendor.at("PUT", TICKET, written())
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 1}}})
    desk.add_note("35436", Note(id="n1", text="ü" * 65_000))
    comment = sent(vendor, "PUT", TICKET)["comment"]
    assert len(comment["body"].encode()) < 65_535 and comment["uploads"] == ["up1"]
    assert vendor.to("POST", UPLOADS)[0].body.decode() == "ü" * 65_000


def test_a_closed_ticket_takes_no_message(vendor: Script, desk: Zendesk) -> None:
    vendor.at("PUT", TICKET, Answer(CLOSED, 422))
    vendor.at("GET", TICKET, {"ticket": raw(status="closed")})
    with pytest.raises(Conflict, match="closed prevents"):
        desk.append_message("35436", HELLO)
    vendor.at("GET", TICKET, {"ticket": RAW})
    with pytest.raises(InvalidRequest):
        desk.append_message("35436", HELLO)


def test_a_file_is_attached_in_the_customer_s_name(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, written())
    vendor.at("POST", UPLOADS, {"upload": {"token": "up1", "attachment": {"id": 44}}})
    assert desk.attach("35436", File(name="a.png", data=b"png")) == "44"
    assert sent(vendor, "PUT", TICKET)["comment"] == {
        "body": "a.png",
        "uploads": ["up1"],
        "public": True,
        "author_id": 5,
    }
    with pytest.raises(Unsupported):
        desk.attach("35436", File(name="a.png", url="https://bot.example/a.png"))


def test_after_a_lost_answer_an_entry_is_known_by_its_mark(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, written())
    desk.append_message("35436", HELLO)
    mark = sent(vendor, "PUT", TICKET)["metadata"]
    mine = REPLY | {"id": 902, "author_id": 5, "body": HELLO.text, "metadata": {"custom": mark}}
    vendor.at("GET", COMMENTS, {"comments": [REPLY, mine], "users": USERS})
    assert desk.find_entry("35436", HELLO) == "902"
    assert desk.find_entry("35436", replace(HELLO, id="m2")) is None  # the same words again
    assert vendor.asked[-1].query["sort"] == "-created_at"


def test_the_newest_hundred_comments_are_read_in_small_pages(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", EXPORT, export(RAW))
    same = [REPLY | {"id": number, "author_id": 7} for number in range(900, 790, -1)]
    pages = [
        {
            "comments": same[n : n + 20],
            "users": USERS if n == 20 else [],
            "meta": {"has_more": True, "after_cursor": f"p{n + 20}"},
        }
        for n in range(0, 120, 20)
    ]
    vendor.at("GET", COMMENTS, *pages)
    told = desk.fetch_changes(NOW - timedelta(hours=1)).changes
    ids = [change.message_id for change in told if change.kind == "message"]
    assert ids == [str(number) for number in range(801, 901)]  # all in one second
    queries = [a.query for a in vendor.to("GET", COMMENTS)]
    assert {q["page[size]"] for q in queries} == {"20"}
    assert [q.get("page[after]") for q in queries] == [None, "p20", "p40", "p60", "p80"]


def test_without_a_mark_an_entry_is_known_by_words_author_and_time(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW})
    at = "2026-11-22T10:00:03Z"
    said = {"id": 902, "author_id": 5, "body": f"{HELLO.text}\n", "created_at": at, "public": True}
    vendor.at("GET", COMMENTS, {"comments": [said]})
    assert desk.find_entry("35436", HELLO) == "902"
    for other in (
        {"author_id": 7},
        {"public": False},
        {"body": "else"},
        {"created_at": "2026-11-22T09:00:00Z"},
    ):
        vendor.at("GET", COMMENTS, {"comments": [said | other]})
        assert desk.find_entry("35436", HELLO) is None
    vendor.at("GET", COMMENTS, {"comments": [said | {"public": False, "author_id": 7}]})
    assert desk.find_entry("35436", Note(id="n1", text=HELLO.text)) == "902"


# --- status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (Status.OPEN, "open"),
        (Status.PENDING, "pending"),
        (Status.ON_HOLD, "hold"),
        (Status.SOLVED, "solved"),
        (Status.CLOSED, "solved"),
    ],
)
def test_a_status_is_set_in_zendesk_s_word(
    vendor: Script, desk: Zendesk, status: Status, word: str
) -> None:
    vendor.at("PUT", TICKET, written(status=word))
    assert desk.set_status("35436", status).word == word
    assert sent(vendor, "PUT", TICKET) == {"status": word}


def test_a_ticket_does_not_become_new_again(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", TICKET, {"ticket": raw(status="new")}, {"ticket": raw(status="pending")})
    vendor.at("PUT", TICKET, written(status="open"))
    assert desk.set_status("35436", Status.NEW).word == "new"
    assert not vendor.to("PUT", TICKET)
    assert desk.set_status("35436", Status.NEW).word == "open"


def test_a_closed_ticket_is_solved_enough(vendor: Script, desk: Zendesk) -> None:
    vendor.at("PUT", TICKET, Answer(CLOSED, 422))
    vendor.at("GET", TICKET, {"ticket": raw(status="closed")})
    assert desk.set_status("35436", Status.SOLVED).status is Status.CLOSED
    with pytest.raises(Conflict):
        desk.set_status("35436", Status.OPEN)
    with pytest.raises(Unsupported):
        desk.set_status("35436", Status.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("new", Status.NEW),
        ("open", Status.OPEN),
        ("pending", Status.PENDING),
        ("hold", Status.ON_HOLD),
        ("solved", Status.SOLVED),
        ("closed", Status.CLOSED),
        ("waiting_for_parts", Status.UNKNOWN),
    ],
)
def test_a_ticket_s_status_is_told_in_our_words(
    vendor: Script, desk: Zendesk, word: str, status: Status
) -> None:
    vendor.at("GET", TICKET, {"ticket": raw(status=word, assignee_id=7)})
    ticket = desk.read_ticket("35436")
    assert (ticket.status, ticket.word, ticket.assignee) == (status, word, "7")
    assert ticket.created_at == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_a_deleted_ticket_is_not_found(desk: Zendesk) -> None:
    with pytest.raises(NotFound):
        desk.read_ticket("35436")


@pytest.mark.parametrize("name", ["", "1/../2", "../users/me", "1?x=1", "٣", "x"])
def test_what_is_no_ticket_s_number_is_never_asked_for(
    vendor: Script, desk: Zendesk, name: str
) -> None:
    with pytest.raises(NotFound):
        desk.read_ticket(name)
    with pytest.raises(NotFound):
        desk.find_entry(name, Note(id="n", text="x"))
    with pytest.raises(NotFound):
        desk.set_status(name, Status.OPEN)
    assert vendor.asked == []


# --- changes ------------------------------------------------------------------------------------


def export(*tickets: dict[str, Any], cursor: str = "c1", end: bool = True) -> dict[str, Any]:
    return {"tickets": list(tickets), "after_cursor": cursor, "end_of_stream": end}


def test_the_export_tells_replies_notes_status_and_assignment(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at(
        "GET", EXPORT, export(raw(status="pending", assignee_id=7), raw(id=1, external_id=None))
    )
    note = REPLY | {"id": 899, "public": False, "created_at": "2026-11-22T09:20:00Z"}
    customer = REPLY | {"id": 898, "author_id": 5}
    opening = REPLY | {"id": 897, "body": "transcript\n\n[esc_1]"}
    stranger = REPLY | {"id": 896, "author_id": -1}
    vendor.at(
        "GET", COMMENTS, {"comments": [REPLY, note, customer, opening, stranger], "users": USERS}
    )
    page = desk.fetch_changes(NOW - timedelta(hours=1))
    assert [change.id for change in page.changes] == [
        "comment:899",
        "status:35436:pending:1795339800",
        "assignment:35436:7:1795339800",
        "comment:900",
    ]
    said = page.changes[-1]
    assert (said.kind, said.text, said.author, said.message_id) == (
        "message",
        "We are on it",
        "Ann",
        "900",
    )
    assert {change.key for change in page.changes} == {"esc_1"}
    assert not page.more
    assert len([a for a in vendor.asked if a.path.endswith("/comments")]) == 1


def test_an_agent_s_files_come_as_changes_of_their_own(vendor: Script, desk: Zendesk) -> None:
    file = {
        "id": 70,
        "file_name": "form.pdf",
        "content_type": "application/pdf",
        "content_url": "https://acme.zendesk.com/attachments/token/x/?name=form.pdf",
        "size": 3,
    }
    vendor.at("GET", EXPORT, export(RAW))
    vendor.at("GET", COMMENTS, {"comments": [REPLY | {"attachments": [file]}], "users": USERS})
    *_, text, sent_file = desk.fetch_changes(NOW - timedelta(hours=1)).changes
    assert (text.id, text.files) == ("comment:900", ())
    assert (sent_file.id, sent_file.kind, sent_file.text) == ("attachment:70", "message", None)
    assert sent_file.files[0].name == "form.pdf"
    assert sent_file.files[0].url == file["content_url"]


def test_the_export_goes_on_at_its_cursor_in_small_pages(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", EXPORT, export(cursor="c1", end=False), export(cursor="c2"))
    first = desk.fetch_changes(NOW - timedelta(hours=1))
    second = desk.fetch_changes(first.cursor)
    assert (first.more, second.more) == (True, False)
    queries = [a.query for a in vendor.to("GET", EXPORT)]
    assert queries == [
        {"start_time": "1795338000", "per_page": "50"},
        {"cursor": "c1", "per_page": "50"},
    ]


def test_the_export_is_never_asked_for_its_last_minute(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", EXPORT, {"tickets": [], "after_cursor": None, "end_of_stream": True})
    page = desk.fetch_changes(NOW)
    assert vendor.asked[-1].query["start_time"] == "1795341539"
    assert desk.fetch_changes(page.cursor).cursor == page.cursor


def test_a_deleted_ticket_is_told(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", EXPORT, export(raw(status="deleted")))
    (change,) = desk.fetch_changes(NOW).changes
    assert (change.kind, change.id) == ("deleted", "deleted:35436")


def test_an_agent_without_admin_rights_reads_the_list(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", EXPORT, Answer({"error": "Forbidden"}, 403))
    old = raw(id=3, updated_at="2026-11-22T08:00:00Z")
    pages = [
        {"tickets": [RAW], "meta": {"has_more": True, "after_cursor": "p2"}},
        {"tickets": [old], "meta": {"has_more": True, "after_cursor": "p3"}},
    ]
    vendor.at("GET", TICKETS, *pages)
    vendor.at("GET", COMMENTS, {"comments": [REPLY], "users": USERS})
    first = desk.fetch_changes(NOW - timedelta(hours=1))
    assert [change.kind for change in first.changes] == ["status", "message"]
    assert first.more
    second = desk.fetch_changes(first.cursor)
    assert (second.changes, second.more) == ((), False)
    queries = [a.query for a in vendor.to("GET", TICKETS)]
    assert [q["sort"] for q in queries] == ["-updated_at", "-updated_at"]
    assert [q.get("page[after]") for q in queries] == [None, "p2"]
    desk.fetch_changes(second.cursor)
    assert len(vendor.to("GET", EXPORT)) == 1  # it does not try the forbidden way each time
    assert "1795339740" in second.cursor  # a minute before the newest ticket that it saw


def test_who_is_no_admin_any_more_goes_on_with_the_list(vendor: Script, desk: Zendesk) -> None:
    later = raw(id=3, external_id=None, updated_at="2026-11-22T09:40:00Z")
    vendor.at("GET", EXPORT, export(later), export(cursor="c2"), Answer({"error": "no"}, 403))
    vendor.at("GET", COMMENTS, {"comments": [REPLY], "users": USERS})
    place = desk.fetch_changes(NOW - timedelta(hours=1)).cursor
    place = desk.fetch_changes(place).cursor  # nothing new
    news = raw(updated_at="2026-11-22T09:39:00Z")  # a minute is told again
    old = raw(id=4, updated_at="2026-11-22T09:38:59Z")
    meta = {"has_more": True, "after_cursor": "p2"}
    vendor.at("GET", TICKETS, {"tickets": [news, old], "meta": meta})
    page = desk.fetch_changes(place)
    assert {change.ticket_id for change in page.changes} == {"35436"}
    assert not page.more
    desk.fetch_changes(page.cursor)
    assert len(vendor.to("GET", EXPORT)) == 3  # it does not try the forbidden way each time


def test_a_place_in_the_export_kept_without_its_time_is_still_read(
    vendor: Script, desk: Zendesk
) -> None:
    refused = Answer({"error": {"title": "Forbidden", "message": "admins only"}}, 403)
    vendor.at("GET", EXPORT, refused, export(cursor="c2"), export(RAW, cursor="c3"), refused)
    vendor.at("GET", COMMENTS, {"comments": [], "users": []})
    vendor.at("GET", TICKETS, {"tickets": [RAW], "meta": {"has_more": False}})
    with pytest.raises(AuthFailed):  # from when on to read the list, nobody knows
        desk.fetch_changes("export:c1")
    page = desk.fetch_changes("export:c1")
    page = desk.fetch_changes(page.cursor)
    assert [a.query["cursor"] for a in vendor.to("GET", EXPORT)] == ["c1", "c1", "c2"]
    assert [change.kind for change in desk.fetch_changes(page.cursor).changes] == ["status"]


def test_a_dead_token_is_no_reason_to_read_the_list(vendor: Script, desk: Zendesk) -> None:
    for path in (EXPORT, TICKETS):
        vendor.at("GET", path, Answer({"error": "invalid_token"}, 401))
    with pytest.raises(AuthFailed):
        desk.fetch_changes("export:1795338000:c1")


def test_a_cursor_of_another_desk_is_refused(desk: Zendesk) -> None:
    for cursor in ("", "abc", "list:x", "since:soon"):
        with pytest.raises(InvalidRequest):
            desk.fetch_changes(cursor)


# --- earlier tickets, webhooks ------------------------------------------------------------------


def test_earlier_tickets_are_the_requester_s_newest_ten(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", "/api/v2/users/search", {"users": [{"id": 5}]})
    days = [raw(id=n, created_at=f"2026-11-{n:02}T09:00:00Z") for n in range(1, 13)]
    vendor.at("GET", "/api/v2/users/5/tickets/requested", {"tickets": days})
    found = desk.previous_tickets(Requester(email="zoe@example.com"))
    assert [ticket.id for ticket in found] == [str(n) for n in range(12, 2, -1)]
    query = vendor.to("GET", "/api/v2/users/search")[0].query
    assert query == {"query": 'email:"zoe@example.com"'}


def test_what_a_customer_types_cannot_change_a_search(vendor: Script, desk: Zendesk) -> None:
    assert desk.previous_tickets(Requester(email='zoe@example.com"role:admin')) == []
    assert vendor.asked == []


def test_a_stranger_has_no_earlier_tickets(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", "/api/v2/users/search", {"users": []})
    assert desk.previous_tickets(Requester(id="u1")) == []
    assert vendor.asked[-1].query == {"external_id": "bot:u1"}
    assert desk.previous_tickets(Requester(name="Zoë")) == []


HOOKS, URL = "/api/v2/webhooks", "https://hub.example/webhooks/desks/cxn_1"
SECRET = {"signing_secret": {"algorithm": "SHA256", "secret": "zendesk-made"}}


def hook(name: str, **more: Any) -> dict[str, Any]:
    kinds = "status_changed comment_added attachment_linked_to_comment agent_assignment_changed"
    more_kinds = "merged soft_deleted permanently_deleted"
    good = [f"zen:event-type:ticket.{kind}" for kind in f"{kinds} {more_kinds}".split()]
    return {"id": name, "endpoint": URL, "status": "active", "subscriptions": good} | more


def test_a_webhook_is_made_and_zendesk_s_secret_is_kept(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", HOOKS, {"webhooks": [hook("A", endpoint="https://else.example/")]})
    vendor.at("POST", HOOKS, Answer({"webhook": {"id": "B"}}, 201))
    vendor.at("GET", f"{HOOKS}/B/signing_secret", SECRET)
    told = desk.ensure_webhooks(URL, "ours")
    assert (told.id, told.secret, told.steps) == ("B", "zendesk-made", ())
    form = vendor.to("POST", HOOKS)[0].json["webhook"]
    assert form["endpoint"] == URL
    assert "zen:event-type:ticket.comment_added" in form["subscriptions"]
    assert not [a for a in vendor.asked if a.method == "DELETE"]


def test_a_good_webhook_stays_and_others_to_us_go(vendor: Script, desk: Zendesk) -> None:
    first = {
        "webhooks": [hook("off", status="inactive")],
        "meta": {"has_more": True, "after_cursor": "x"},
    }
    vendor.at("GET", HOOKS, first, {"webhooks": [hook("good"), hook("twin")]})
    for name in ("off", "twin"):
        vendor.at("DELETE", f"{HOOKS}/{name}", Answer(None, 204))
    vendor.at("GET", f"{HOOKS}/good/signing_secret", SECRET)
    assert desk.ensure_webhooks(URL, "ours").id == "good"
    assert {a.path[-4:] for a in vendor.asked if a.method == "DELETE"} == {"/off", "twin"}
    assert not vendor.to("POST", HOOKS)


def test_without_admin_rights_a_person_is_told_the_steps(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", HOOKS, Answer({"error": {"title": "Forbidden", "message": "no admin"}}, 403))
    told = desk.ensure_webhooks(URL, "ours")
    assert (told.id, told.secret) == (None, None)
    assert any(URL in step for step in told.steps)


# --- trouble, and zenpy's traps -----------------------------------------------------------------


CALLS = {
    "verify": lambda desk: desk.verify(),
    "find_ticket": lambda desk: desk.find_ticket("esc_1"),
    "create_ticket": lambda desk: desk.create_ticket(DRAFT),
    "append_message": lambda desk: desk.append_message("35436", HELLO),
    "add_note": lambda desk: desk.add_note("35436", Note(id="n", text="x")),
    "find_entry": lambda desk: desk.find_entry("35436", Note(id="n", text="x")),
    "attach": lambda desk: desk.attach("35436", File(name="a", data=b"a")),
    "set_status": lambda desk: desk.set_status("35436", Status.OPEN),
    "read_ticket": lambda desk: desk.read_ticket("35436"),
    "fetch_changes": lambda desk: desk.fetch_changes(NOW),
    "previous_tickets": lambda desk: desk.previous_tickets(Requester(email="a@example.com")),
    "ensure_webhooks": lambda desk: desk.ensure_webhooks(URL, "x"),
}
TROUBLE = {
    "limited": (Answer({"error": "TooManyRequests"}, 429, {"Retry-After": "40"}), RateLimited),
    "down": (Answer(b"<html>", 503), Unavailable),
    "html": (Answer(b"<html>welcome</html>"), Unavailable),
    "another shape": (Answer({"hello": "world"}), Unavailable),
    "a list": (Answer([1, 2]), Unavailable),
    "nothing": (Answer(None), Unavailable),
    "half a ticket": (Answer({"ticket": {"id": 1}, "tickets": [{}], "user": None}), Unavailable),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("trouble", TROUBLE)
def test_every_trouble_is_one_of_our_errors_at_once(
    vendor: Script, desk: Zendesk, call: str, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zenpy.lib.api.sleep", lambda _: pytest.fail("zenpy sleeps"))
    answer, error = TROUBLE[trouble]
    vendor.answer = lambda asked: (  # type: ignore[method-assign]
        Answer({"access_token": "t"}) if asked.path == TOKENS else answer
    )
    with pytest.raises(error) as caught:
        CALLS[call](desk)
    if isinstance(caught.value, RateLimited):
        assert caught.value.retry_after == 40


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "Couldn't authenticate you"}, "Couldn't authenticate you"),
        ({"error": {"title": "Forbidden", "message": "You need rights"}}, "You need rights"),
        ({"errors": [{"code": "BadRequest", "detail": "No such thing"}]}, "No such thing"),
        (["what", "is", "this"], "what"),
        ({"error": None, "details": "odd", "errors": {"x": 1}}, "odd"),
    ],
)
def test_zendesk_s_words_are_kept_whatever_their_shape(
    vendor: Script, desk: Zendesk, body: Any, words: str
) -> None:
    vendor.at("GET", TICKET, Answer(body, 422))
    with pytest.raises(ConnectorError, match=words):
        desk.read_ticket("35436")


ME = "/api/v2/users/me"
FORBIDDEN = [
    {"error": "Forbidden", "description": "You do not have access to this page."},
    {"error": {"title": "Forbidden", "message": "You do not have access to this page."}},
]


@pytest.mark.parametrize("body", FORBIDDEN)
def test_a_ticket_that_we_may_not_touch_is_no_failure_of_our_credentials(
    vendor: Script, desk: Zendesk, body: Any
) -> None:
    vendor.at("GET", ME, ADMIN)
    vendor.at("GET", TICKET, {"ticket": RAW})
    vendor.at("PUT", TICKET, Answer(body, 403))
    with pytest.raises(Conflict, match="do not have access"):
        desk.set_status("35436", Status.PENDING)
    assert len(vendor.to("GET", ME)) == 1
    vendor.at("GET", TICKET, Answer(body, 403))
    with pytest.raises(Conflict):
        desk.read_changes("35436")


@pytest.mark.parametrize(
    ("body", "me"),
    [
        (FORBIDDEN[0], {"user": {"id": None, "role": "end-user"}}),
        (FORBIDDEN[0], {"user": {"id": 7, "role": "end-user"}}),
        (FORBIDDEN[1], Answer({"error": "invalid_token"}, 401)),
        ({"error": "Forbidden", "description": "Missing the scope tickets:write."}, ADMIN),
        (b"<html>Forbidden</html>", ADMIN),
    ],
)
def test_a_403_that_is_about_ourselves_stays_an_auth_failure(
    vendor: Script, desk: Zendesk, body: Any, me: Any
) -> None:
    vendor.at("GET", ME, me)
    vendor.at("PUT", TICKET, Answer(body, 403))
    with pytest.raises(AuthFailed, match=r"PUT .*403"):
        desk.add_note("35436", Note(id="n1", text="VIP"))


def test_a_create_that_is_forbidden_is_an_auth_failure(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", ME, ADMIN)
    vendor.at("POST", TICKETS, Answer(FORBIDDEN[1], 403))
    with pytest.raises(AuthFailed):
        desk.create_ticket(DRAFT)


def test_a_poll_goes_on_behind_a_ticket_whose_comments_are_not_for_us(
    vendor: Script, desk: Zendesk
) -> None:
    vendor.at("GET", ME, ADMIN)
    vendor.at("GET", EXPORT, export(RAW))
    vendor.at("GET", COMMENTS, Answer(FORBIDDEN[1], 403))
    page = desk.fetch_changes(NOW - timedelta(hours=1))
    assert [change.kind for change in page.changes] == ["status"]


def test_what_a_ticket_was_is_never_told_from_memory(vendor: Script, desk: Zendesk) -> None:
    vendor.at("GET", TICKET, {"ticket": RAW}, {"ticket": raw(status="solved")})
    assert [desk.read_ticket("35436").word, desk.read_ticket("35436").word] == ["open", "solved"]


def test_threads_do_not_send_each_other_s_words(vendor: Script, desk: Zendesk) -> None:
    vendor.at("PUT", TICKET, written())

    def talk(thread: int) -> None:
        for n in range(25):
            desk.add_note("35436", Note(id="n", text=f"{thread}-{n}"))

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = sorted(a.json["ticket"]["comment"]["body"] for a in vendor.to("PUT", TICKET))
    assert said == sorted(f"{thread}-{n}" for thread in range(4) for n in range(25))


def test_what_customers_write_is_not_logged(
    vendor: Script, desk: Zendesk, caplog: pytest.LogCaptureFixture
) -> None:
    vendor.at("PUT", TICKET, written())
    with caplog.at_level(logging.DEBUG):
        desk.add_note("35436", Note(id="n", text="my-iban"))
    assert "my-iban" not in caplog.text
    assert "t1" not in caplog.text


def test_checking_a_webhook_does_not_load_zenpy() -> None:
    code = "import sys, connectors.zendesk; sys.exit('zenpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
