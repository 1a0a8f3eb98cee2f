"""Freshdesk as its documentation describes it, played by a scripted server."""

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from werkzeug.wrappers import Request

from connectors.base import Ports
from connectors.errors import (
    AuthFailed,
    Conflict,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
    Unsupported,
)
from connectors.freshdesk.config import Config
from connectors.freshdesk.connector import Freshdesk
from connectors.http import Unthrottled
from connectors.types import Draft, File, Message, Note, Requester, Status
from mappings.engine import load, render
from mappings.facts import SAMPLE
from tests.connectors.scripted import Answer, Asked, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
API = "/api/v2"
TICKETS, TICKET, SEARCH = f"{API}/tickets", f"{API}/tickets/7", f"{API}/search/tickets"
NOTES, SAID, FIELDS = f"{TICKET}/notes", f"{TICKET}/conversations", f"{API}/ticket_fields"
RAW = {
    "id": 7,
    "subject": "Refund",
    "status": 2,
    "priority": 1,
    "source": 2,
    "requester_id": 5,
    "responder_id": None,
    "tags": ["vip", "esc_1"],
    "created_at": "2026-11-22T09:00:00Z",
    "updated_at": "2026-11-22T09:30:00Z",
}
REPLY = {
    "id": 900,
    "body": "<div>We are on it</div>",
    "body_text": "We are on it",
    "incoming": False,
    "private": False,
    "user_id": 43,
    "source": 0,
    "attachments": [],
    "created_at": "2026-11-22T09:30:00Z",
    "updated_at": "2026-11-22T09:30:00Z",
}
CHOICES = {
    "2": ["Open", "Being Processed"],
    "3": ["Pending", "Awaiting your Reply"],
    "7": ["Waiting on Third Party", "Being Processed"],
    "8": ["With the Warehouse", "Being Processed"],
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
    with server(prefix="/freshdesk") as script:
        script.at("GET", FIELDS, [{"name": "status", "choices": CHOICES}])
        script.at("GET", f"{API}/agents/43", {"id": 43, "contact": {"name": "Ann Agent"}})
        yield script


@pytest.fixture
def desk(vendor: Script) -> Freshdesk:
    return freshdesk(vendor)


def freshdesk(vendor: Script, **more: Any) -> Freshdesk:
    config = Config(domain="acme", api_key="hush-hush", base_url=vendor.url, **more)
    return Freshdesk(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0)))


def raw(**more: Any) -> dict[str, Any]:
    return RAW | more


def sent(asked: Asked) -> tuple[list[tuple[str, str]], list[tuple[str | None, str, bytes]]]:
    """The fields and files of a form: (name, value) and (file name, type, bytes)."""
    told = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": asked.headers["content-type"]}
    form = Request(
        {**told, "CONTENT_LENGTH": str(len(asked.body)), "wsgi.input": BytesIO(asked.body)}
    )
    form.max_form_memory_size = None
    files = [(f.filename, f.mimetype, f.read()) for f in form.files.getlist("attachments[]")]
    return list(form.form.items(multi=True)), files


# --- the form, who we are -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "acme.freshdesk.com", "a/b", "evil.com#", "-a", "a" * 64])
def test_only_a_bare_account_name_is_accepted(name: str) -> None:
    with pytest.raises(ValidationError):
        Config(domain=name, api_key="x")


def test_without_a_sandbox_the_host_is_freshdesks() -> None:
    assert Config(domain="acme", api_key="x").root == "https://acme.freshdesk.com"


def test_the_key_is_the_name_of_basic_authentication(vendor: Script, desk: Freshdesk) -> None:
    me = {"id": 1, "ticket_scope": 1, "contact": {"name": "Hub"}}
    vendor.at("GET", f"{API}/agents/me", me, me | {"ticket_scope": 2})
    account = desk.verify()
    assert (account.id, account.name, account.missing) == ("1", "Hub at acme.freshdesk.com", ())
    expected = "Basic " + base64.b64encode(b"hush-hush:X").decode()
    assert vendor.asked[-1].headers["authorization"] == expected
    assert "Global Access" in " ".join(desk.verify().missing)


def test_a_wrong_key_is_told_in_freshdesks_words(vendor: Script, desk: Freshdesk) -> None:
    words = {"code": "invalid_credentials", "message": "hush-hush is wrong"}
    vendor.at("GET", f"{API}/agents/me", Answer(words, 401))
    with pytest.raises(AuthFailed, match="invalid_credentials") as caught:
        desk.verify()
    assert "hush" not in str(caught.value)


# --- create and find ----------------------------------------------------------------------------


def test_a_ticket_is_made_in_one_request_with_key_and_transcript(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    fields = {"priority": 3, "tags": ["ai"], "custom_fields": {"cf_order": "A-1"}}
    ticket = desk.create_ticket(replace(DRAFT, fields=fields))
    assert (ticket.id, ticket.status, ticket.key) == ("7", Status.OPEN, "esc_1")
    assert ticket.url == f"{vendor.url}/a/tickets/7"
    (asked,) = vendor.asked
    body = asked.json
    assert "Zoë (customer):<br>&nbsp;&nbsp;I want a refund" in body.pop("description")
    assert body == {
        "subject": "Refund",
        "status": 2,
        "priority": 3,
        "email": "zoe@example.com",
        "name": "Zoë",
        "tags": ["ai", "esc_1"],
        "custom_fields": {"cf_order": "A-1"},
    }


def test_a_mapped_description_stands_above_the_conversation(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    desk.create_ticket(replace(DRAFT, fields={"description": "Order <A-1>", "requester_id": 12}))
    body = vendor.asked[0].json
    assert body["description"].startswith("<div>Order &lt;A-1&gt;<br><br>2026-11-22 10:00:00 UTC")
    assert body["requester_id"] == 12 and "email" not in body


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (Requester(email="a@example.com"), {"email": "a@example.com", "name": "a@example.com"}),
        (Requester(id="u1"), {"unique_external_id": "bot:u1", "name": "Customer"}),
        (Requester(phone="+49 1"), {"unique_external_id": "bot:esc_1", "name": "+49 1"}),
        (Requester(), {"unique_external_id": "bot:esc_1", "name": "Customer"}),
    ],
)
def test_every_customer_becomes_a_contact(
    vendor: Script, desk: Freshdesk, who: Requester, expected: dict[str, str]
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    desk.create_ticket(replace(DRAFT, requester=who))
    body = vendor.asked[0].json
    names = ("email", "unique_external_id", "name", "phone")
    assert {name: body[name] for name in names if name in body} == expected
    assert ("Phone: +49 1" in body["description"]) == (who.phone is not None)


@pytest.mark.parametrize(
    ("subject", "sent_as"),
    [("", "(no subject)"), (" a\r\n\tb\0 ", "a b"), ("x" * 300, "x" * 254 + "…")],
)
def test_a_subject_is_one_line_of_255_characters(
    vendor: Script, desk: Freshdesk, subject: str, sent_as: str
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    desk.create_ticket(replace(DRAFT, subject=subject))
    assert vendor.asked[0].json["subject"] == sent_as


def test_a_long_transcript_and_files_travel_in_the_same_request(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    photo = File(name="späť #1.png", content_type="image/png", data=b"png")
    long = [replace(HELLO, text=f"{n} " + "ü€&😀" * 300) for n in range(100)]
    said = (*long, replace(HELLO, files=(photo,)))
    wish = {
        "custom_fields": {"cf_vip": True, "cf_none": None},
        "tags": ["ai"],
        "cc_emails": ["x@y"],
    }
    desk.create_ticket(replace(DRAFT, transcript=said, fields=wish))
    fields, files = sent(vendor.asked[0])
    assert [pair for pair in fields if pair[0] not in ("description", "subject")] == [
        ("status", "2"),
        ("priority", "1"),
        ("email", "zoe@example.com"),
        ("name", "Zoë"),
        ("custom_fields[cf_vip]", "true"),
        ("cc_emails[]", "x@y"),
        ("tags[]", "ai"),
        ("tags[]", "esc_1"),
    ]
    description = dict(fields)["description"]
    assert len(description.encode()) <= 60_000 and description.endswith("[… transcript.txt]</div>")
    (name, kind, whole), picture = files
    assert (name, kind) == ("transcript.txt", "text/plain")
    assert whole.decode().count("ü€&😀" * 300) == 100
    assert picture == ("späť #1.png", "image/png", b"png")


def test_files_above_twenty_megabytes_together_become_links(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("POST", TICKETS, Answer(RAW, 201))
    half = b"x" * (11 * 1024 * 1024)
    files = (
        File(name="one.bin", data=half),
        File(name="two.bin", data=half, url="https://bot.example/two.bin"),
    )
    desk.create_ticket(replace(DRAFT, transcript=(replace(HELLO, files=files),)))
    fields, travelled = sent(vendor.asked[0])
    assert [name for name, _kind, _data in travelled] == ["one.bin"]
    assert "[file: two.bin] https://bot.example/two.bin" in dict(fields)["description"]


def test_a_new_ticket_is_found_in_the_list_without_the_search(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("GET", TICKETS, [raw(id=9, tags=["esc_12"]), raw(id=8), RAW])
    found = desk.find_ticket("esc_1")
    assert found is not None and found.id == "7"  # the first of two
    (asked,) = vendor.asked
    assert (asked.query["order_by"], asked.query["order_type"]) == ("created_at", "desc")


def test_the_list_is_read_as_far_back_as_the_search_may_be_late(
    vendor: Script, desk: Freshdesk
) -> None:
    young = [raw(id=n, tags=[], created_at="2026-11-22T09:50:00Z") for n in range(100)]
    old = [raw(id=n, tags=[], created_at="2026-11-22T09:40:00Z") for n in range(100)]
    vendor.at("GET", TICKETS, young, old)
    vendor.at("GET", SEARCH, {"total": 2, "results": [raw(id=9, tags=["esc_12"]), RAW]})
    found = desk.find_ticket("esc_1")
    assert found is not None and found.id == "7"
    assert [a.query["page"] for a in vendor.to("GET", TICKETS)] == ["1", "2"]
    assert vendor.asked[-1].query == {"query": "\"tag:'esc_1'\""}


def test_a_complaint_is_told_by_field(vendor: Script, desk: Freshdesk) -> None:
    complaint = {
        "field": "cf_order",
        "message": "It should be a Number",
        "code": "datatype_mismatch",
    }
    body = {"description": "Validation failed", "errors": [complaint]}
    vendor.at("POST", TICKETS, Answer(body, 400))
    with pytest.raises(InvalidRequest, match="Validation failed") as caught:
        desk.create_ticket(DRAFT)
    assert caught.value.fields == {"cf_order": "It should be a Number (datatype_mismatch)"}


def test_the_default_mapping_speaks_freshdesks_numbers() -> None:
    text = (Path(__file__).parents[3] / "mappings/defaults/freshdesk.yaml").read_text()
    assert render(load(text), SAMPLE) == {
        "subject": "Rechnung A-20417 doppelt abgebucht, ich möchte mein Geld zurück",
        "priority": 3,
        "tags": ["escalated_by_ai", "lang_de", "customer_request"],
    }


# --- what is said -------------------------------------------------------------------------------


def test_the_customer_speaks_as_the_requester(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("GET", TICKET, RAW)
    vendor.at("POST", NOTES, Answer({"id": 901}, 201))
    assert [desk.append_message("7", HELLO) for _ in range(2)] == ["901", "901"]
    body = vendor.to("POST", NOTES)[0].json
    assert body.pop("body").startswith("<div>I want a refund</div><br><small>ref ")
    assert body == {"private": False, "incoming": True, "user_id": 5}
    assert len(vendor.to("GET", TICKET)) == 1  # the requester is asked for once


def test_a_customer_who_was_merged_speaks_as_who_they_are_now(
    vendor: Script, desk: Freshdesk
) -> None:
    unknown = Answer({"errors": [{"field": "user_id", "message": "no such user"}]}, 400)
    vendor.at("GET", TICKET, RAW, raw(requester_id=6))
    vendor.at("POST", NOTES, Answer({"id": 901}, 201), unknown, Answer({"id": 902}, 201))
    assert [desk.append_message("7", HELLO) for _ in range(2)] == ["901", "902"]
    assert [asked.json["user_id"] for asked in vendor.to("POST", NOTES)] == [5, 5, 6]


def test_a_message_that_is_refused_whoever_says_it_is_sent_once(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("GET", TICKET, RAW)
    vendor.at("POST", NOTES, Answer({"id": 901}, 201), Answer({"description": "no"}, 400))
    desk.append_message("7", HELLO)
    with pytest.raises(InvalidRequest):
        desk.append_message("7", HELLO)
    assert len(vendor.to("POST", NOTES)) == 2


@pytest.mark.parametrize("status", [429, 403])
def test_what_fails_behind_a_create_leaves_it_in_doubt(
    vendor: Script, desk: Freshdesk, status: int
) -> None:
    """The account's own word for status 8 has to be asked for: the ticket is there already."""
    vendor.at("POST", TICKETS, Answer(raw(status=8), 201))
    vendor.at("GET", FIELDS, Answer({"message": "no"}, status))
    with pytest.raises(Unavailable) as problem:
        desk.create_ticket(replace(DRAFT, fields={"status": 8}))
    assert problem.value.sent


def test_a_note_is_private(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("POST", NOTES, Answer({"id": 901}, 201))
    assert desk.add_note("7", Note(id="n1", text="VIP")) == "901"
    assert vendor.asked[-1].json["private"] is True
    assert "incoming" not in vendor.asked[-1].json


def test_a_written_entry_is_known_by_its_mark_on_any_page(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("GET", TICKET, RAW)
    vendor.at("POST", NOTES, Answer({"id": 901}, 201))
    desk.append_message("7", HELLO)
    mine = REPLY | {"id": 901, "incoming": True, "body": vendor.asked[-1].json["body"]}
    vendor.at("GET", SAID, [REPLY] * 30, [mine])
    assert desk.find_entry("7", HELLO) == "901"
    vendor.at("GET", SAID, [mine])
    assert desk.find_entry("7", replace(HELLO, id="m2")) is None  # the same words again
    assert desk.find_entry("7", Note(id="m1", text=HELLO.text)) is None


def test_a_deleted_ticket_and_spam_are_gone(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("POST", NOTES, Answer({"message": "Method not allowed"}, 405))
    for end in ("deleted", "spam"):
        vendor.at("GET", TICKET, raw(**{end: True}))
        for call in (
            lambda: desk.read_ticket("7"),
            lambda: desk.find_entry("7", HELLO),
            lambda: desk.add_note("7", Note(id="n1", text="x")),
        ):
            with pytest.raises(NotFound):
                call()
    vendor.at("GET", TICKET, RAW)
    with pytest.raises(InvalidRequest):
        desk.add_note("7", Note(id="n1", text="x"))


def test_a_404_without_a_body_is_not_found(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("GET", TICKET, Answer(None, 404))
    with pytest.raises(NotFound):
        desk.read_ticket("7")


@pytest.mark.parametrize("name", ["", "1/../2", "../agents/me", "1?x=1", "٣", "x"])
def test_what_is_no_tickets_number_is_never_asked_for(
    vendor: Script, desk: Freshdesk, name: str
) -> None:
    for call in (
        lambda: desk.read_ticket(name),
        lambda: desk.set_status(name, Status.OPEN),
        lambda: desk.find_entry(name, HELLO),
        lambda: desk.append_message(name, HELLO),
    ):
        with pytest.raises(NotFound):
            call()
    assert vendor.asked == []


def test_an_empty_or_too_large_file_is_refused_here(vendor: Script, desk: Freshdesk) -> None:
    for data in (None, b"", b"x" * (20 * 1024 * 1024 + 1)):
        with pytest.raises(Unsupported):
            desk.attach("7", File(name="a", data=data))
    assert vendor.asked == []


def test_what_a_customer_types_is_no_markup(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("POST", NOTES, Answer({"id": 901}, 201))
    desk.add_note("7", Note(id="n1", text="a < b\n  <script>alert(1)</script>"))
    body = vendor.asked[-1].json["body"]
    assert body.startswith(
        "<div>a &lt; b<br>&nbsp;&nbsp;&lt;script&gt;alert(1)&lt;/script&gt;</div><br><small>ref "
    )


# --- status -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "number"),
    [
        (Status.NEW, 2),
        (Status.OPEN, 2),
        (Status.PENDING, 3),
        (Status.ON_HOLD, 7),
        (Status.SOLVED, 4),
        (Status.CLOSED, 5),
    ],
)
def test_a_status_is_set_by_its_number(
    vendor: Script, desk: Freshdesk, status: Status, number: int
) -> None:
    vendor.at("PUT", TICKET, raw(status=number))
    desk.set_status("7", status)
    assert vendor.to("PUT", TICKET)[0].json == {"status": number}


def test_without_a_status_for_on_hold_the_ticket_is_pending(
    vendor: Script, desk: Freshdesk
) -> None:
    vendor.at("GET", FIELDS, [{"name": "status", "choices": {"3": ["Pending", "Pending"]}}])
    vendor.at("PUT", TICKET, raw(status=3))
    assert desk.set_status("7", Status.ON_HOLD).status is Status.PENDING
    with pytest.raises(Unsupported):
        desk.set_status("7", Status.UNKNOWN)


def test_an_accounts_own_status_is_known_by_its_label(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("GET", TICKET, raw(status=8))
    told = desk.read_ticket("7")
    assert (told.status, told.word) == (Status.UNKNOWN, "with the warehouse")
    desk.read_ticket("7")
    assert len(vendor.to("GET", FIELDS)) == 1
    for words in ({"With the Warehouse": "on_hold"}, {"8": "on_hold"}):
        own = freshdesk(vendor, status_words=words)
        assert own.read_ticket("7").status is Status.ON_HOLD


# --- changes ------------------------------------------------------------------------------------


def polled(vendor: Script, *pages: list[Any], deleted: Any = (), spam: Any = ()) -> None:
    """Play the list of changed tickets, and the lists of deleted ones and of spam."""
    waiting = list(pages)

    def play(asked: Asked) -> Answer:
        if asked.path == TICKETS and asked.method == "GET":
            vendor.asked.append(asked)
            gone = {"deleted": deleted, "spam": spam}.get(asked.query.get("filter", ""))
            return Answer(list(gone) if gone is not None else waiting.pop(0))
        return known(asked)

    known = vendor.answer
    vendor.answer = play  # type: ignore[method-assign]


def test_a_poll_tells_replies_notes_status_and_assignment(vendor: Script, desk: Freshdesk) -> None:
    polled(vendor, [raw(status=3, responder_id=43), raw(id=1, tags=["other"])])
    note = REPLY | {"id": 899, "private": True, "source": 2, "created_at": "2026-11-22T09:20:00Z"}
    spoken = REPLY | {"id": 901, "source": 2}
    customer = REPLY | {"id": 898, "incoming": True}
    forward = REPLY | {"id": 897, "source": 8, "private": True}
    tweet = REPLY | {"id": 896, "source": 5}
    vendor.at("GET", SAID, [customer, forward, tweet, note, REPLY, spoken])
    page = desk.fetch_changes(NOW - timedelta(hours=1))
    assert [change.id for change in page.changes] == [
        "conversation:899",
        "conversation:900",
        "conversation:901",
        "status:7:pending:1795339800",  # date -ud 2026-11-22T09:30:00Z +%s
        "assignment:7:43:1795339800",
    ]
    said = page.changes[1]
    assert (said.kind, said.text, said.author, said.message_id) == (
        "message",
        "We are on it",
        "Ann Agent",
        "900",
    )
    assert [change.kind for change in page.changes][:3] == ["note", "message", "message"]
    assert {change.key for change in page.changes} == {"esc_1"}
    assert vendor.asked[0].query == {
        "updated_since": "2026-11-22T09:00:00Z",
        "order_by": "updated_at",
        "order_type": "asc",
        "per_page": "100",
        "page": "1",
    }
    assert not [a for a in vendor.asked if a.path == f"{API}/tickets/1/conversations"]
    assert len(vendor.to("GET", f"{API}/agents/43")) == 1


def test_a_key_that_may_not_read_agents_tells_their_number(vendor: Script, desk: Freshdesk) -> None:
    polled(vendor, [RAW])
    vendor.at("GET", SAID, [REPLY])
    vendor.at("GET", f"{API}/agents/43", Answer({"code": "access_denied"}, 403))
    assert desk.fetch_changes(NOW).changes[0].author == "43"


def test_an_agents_file_comes_with_its_address(vendor: Script, desk: Freshdesk) -> None:
    url = "https://attachment.freshdesk.example/x?sig=1"
    file = {"id": 4, "name": "form.pdf", "content_type": "application/pdf", "size": 3}
    polled(vendor, [RAW])
    vendor.at("GET", SAID, [REPLY | {"attachments": [file | {"attachment_url": url}]}])
    (told,) = desk.fetch_changes(NOW).changes[0].files
    assert (told.name, told.url, told.size) == ("form.pdf", url, 3)


def test_deleted_tickets_and_spam_are_told_once_by_id(vendor: Script, desk: Freshdesk) -> None:
    polled(vendor, [], deleted=[RAW, raw(id=1, tags=[])], spam=[raw(id=8)])
    found = desk.fetch_changes(NOW).changes
    assert [(c.id, c.kind) for c in found] == [("deleted:7", "deleted"), ("deleted:8", "deleted")]


def others(count: int, *times: str) -> list[dict[str, Any]]:
    rows = [raw(id=n, tags=[], updated_at=times[0]) for n in range(count - len(times) + 1)]
    return rows + [raw(id=900 + n, tags=[], updated_at=at) for n, at in enumerate(times[1:])]


def test_a_full_page_is_followed_by_a_list_from_its_last_second(
    vendor: Script, desk: Freshdesk
) -> None:
    """A ticket that changes meanwhile leaves its place, and the next page would miss one."""
    polled(vendor, others(100, "2026-11-22T09:10:00Z", "2026-11-22T09:20:00Z"), [])
    first = desk.fetch_changes(NOW - timedelta(hours=1))
    assert first.more
    second = desk.fetch_changes(first.cursor)
    assert not second.more
    lists = [a.query for a in vendor.asked if "filter" not in a.query]
    assert [(q["updated_since"], q["page"]) for q in lists] == [
        ("2026-11-22T09:00:00Z", "1"),
        ("2026-11-22T09:19:59Z", "1"),
    ]


def test_a_page_within_one_second_goes_on_by_number(vendor: Script, desk: Freshdesk) -> None:
    same = others(100, "2026-11-22T09:00:01Z")
    polled(vendor, same, same, [])
    page = desk.fetch_changes(NOW - timedelta(hours=1))
    page = desk.fetch_changes(page.cursor)
    page = desk.fetch_changes(page.cursor)
    lists = [a.query for a in vendor.asked if "filter" not in a.query]
    assert [(q["updated_since"], q["page"]) for q in lists] == [
        ("2026-11-22T09:00:00Z", "1"),
        ("2026-11-22T09:00:00Z", "2"),
        ("2026-11-22T09:00:00Z", "3"),
    ]
    assert not page.more


def test_the_next_poll_overlaps_by_two_minutes_and_not_for_ever(
    vendor: Script, desk: Freshdesk
) -> None:
    polled(vendor, [raw(tags=[], updated_at="2026-11-22T09:59:30Z")], [raw(tags=[])])
    lately = desk.fetch_changes(NOW - timedelta(hours=1)).cursor
    assert lately == f"{int(datetime(2026, 11, 22, 9, 57, 30, tzinfo=UTC).timestamp())}:1"
    quiet = desk.fetch_changes(NOW - timedelta(hours=1)).cursor
    assert quiet == f"{int(datetime(2026, 11, 22, 9, 53, tzinfo=UTC).timestamp())}:1"


@pytest.mark.parametrize("cursor", ["", "abc", "1", "1:x", ":1", "-1:1"])
def test_a_cursor_of_another_desk_is_refused(desk: Freshdesk, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        desk.fetch_changes(cursor)


# --- earlier tickets, trouble -------------------------------------------------------------------


def test_earlier_tickets_reach_back_for_more_than_a_month(vendor: Script, desk: Freshdesk) -> None:
    vendor.at("GET", TICKETS, [raw(id=n) for n in range(12)])
    assert len(desk.previous_tickets(Requester(id="u1", email="zoe@example.com"))) == 10
    query = vendor.asked[-1].query
    assert query["email"] == "zoe@example.com" and query["order_type"] == "desc"
    assert query["updated_since"] < "2011"
    desk.previous_tickets(Requester(id="u1"))
    assert vendor.asked[-1].query["unique_external_id"] == "bot:u1"


def test_a_stranger_has_no_earlier_tickets(vendor: Script, desk: Freshdesk) -> None:
    words = "There is no contact matching the given email"
    complaint = {"field": "email", "message": words, "code": "invalid_value"}
    vendor.at(
        "GET", TICKETS, Answer({"description": "Validation failed", "errors": [complaint]}, 400)
    )
    assert desk.previous_tickets(Requester(email="zoe@example.com")) == []
    assert desk.previous_tickets(Requester(name="Zoë")) == []
    with pytest.raises(InvalidRequest):
        desk.previous_tickets(Requester(id="u1"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (
            Answer({"message": "Too many"}, 429, {"Retry-After": "40"}),
            RateLimited,
        ),
        (Answer({"description": "Validation failed"}, 409), Conflict),
        (Answer({"code": "require_feature", "message": "no"}, 403), AuthFailed),
        (Answer([1, 2]), Unavailable),
        (Answer({"tickets": []}), Unavailable),
        (Answer(None), Unavailable),
    ],
)
def test_trouble_is_told_in_our_words(
    vendor: Script, desk: Freshdesk, answer: Answer, error: type[Exception]
) -> None:
    vendor.answer = lambda _asked: answer  # type: ignore[method-assign]
    for call in (
        lambda: desk.find_ticket("esc_1"),
        lambda: desk.create_ticket(DRAFT),
        lambda: desk.fetch_changes(NOW),
        lambda: desk.previous_tickets(Requester(email="a@example.com")),
    ):
        with pytest.raises(error):
            call()


class Told(Unthrottled):
    """A throttle that keeps what it was told."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def limited(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.mark.parametrize(
    ("call", "waits"),
    [
        (lambda desk: desk.fetch_changes(NOW), []),
        (lambda desk: desk.find_ticket("esc_1"), []),
        (lambda desk: desk.previous_tickets(Requester(id="u1")), []),
        (lambda desk: desk.set_status("7", Status.OPEN), []),
        (lambda desk: desk.create_ticket(DRAFT), [40]),
        (lambda desk: desk.read_ticket("7"), [40]),
        (lambda desk: desk.add_note("7", Note(id="n1", text="x")), [40]),
    ],
)
def test_a_list_or_an_update_at_its_own_limit_holds_no_other_call_up(
    vendor: Script, call: Callable[[Freshdesk], Any], waits: list[float]
) -> None:
    throttle = Told()
    config = Config(domain="acme", api_key="hush-hush", base_url=vendor.url)
    desk = Freshdesk(config, Ports(now=lambda: NOW, throttle=throttle))
    no = Answer({"message": "Too many"}, 429, {"Retry-After": "40"})
    vendor.answer = lambda _asked: no  # type: ignore[method-assign]
    with pytest.raises(RateLimited):
        call(desk)
    assert throttle.waits == waits


def test_the_connector_does_without_its_sandbox() -> None:
    code = "import sys, connectors.freshdesk; sys.exit('werkzeug' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
