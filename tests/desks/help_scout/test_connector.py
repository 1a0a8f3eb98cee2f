"""Help Scout as its documentation describes it, played by a scripted server."""

import base64
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
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
    Unsupported,
)
from connectors.help_scout.config import Config
from connectors.help_scout.connector import HelpScout
from connectors.types import Draft, File, Message, Note, Requester, Status
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKEN, ALL, ONE = "/v2/oauth2/token", "/v2/conversations", "/v2/conversations/123"
THREADS, HOOKS = f"{ONE}/threads", "/v2/webhooks"
RAW = {
    "id": 123,
    "number": 349,
    "type": "email",
    "status": "active",
    "state": "published",
    "subject": "Refund",
    "mailboxId": 85,
    "primaryCustomer": {"id": 238604, "type": "customer", "email": "zoe@example.com"},
    "tags": [{"id": 8, "tag": "vip"}, {"id": 9, "tag": "esc_1"}],
    "createdAt": "2026-11-22T09:00:00Z",
    "userUpdatedAt": "2026-11-22T09:30:00Z",
}
REPLY = {
    "id": 8881,
    "type": "message",
    "state": "published",
    "body": "<p>Done &amp; sent</p>",
    "createdBy": {"id": 4, "type": "user", "first": "Ann", "last": "Agent"},
    "createdAt": "2026-11-22T09:30:00Z",
}
HELLO = Message(id="m1", role="customer", text="I want a refund", at=NOW, name="Zoë")
SORRY = Message(id="m2", role="ai", text="I cannot do that", at=NOW)
DRAFT = Draft(
    key="esc_1",
    subject="Refund",
    transcript=(HELLO, SORRY),
    requester=Requester(id="u1", name="Zoë von Müller", email="zoe@example.com"),
)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server() as script:
        grant = {"access_token": "t1", "token_type": "bearer", "expires_in": 172_800}
        script.at("POST", TOKEN, grant)
        script.at("POST", ALL, made(123))
        script.at("GET", ONE, RAW)
        yield script


@pytest.fixture
def desk(vendor: Script) -> HelpScout:
    return help_scout(vendor)


def help_scout(vendor: Script, now: datetime = NOW, **more: Any) -> HelpScout:
    form = {"app_id": "app", "app_secret": "hush-hush", "mailbox_id": 85, "base_url": vendor.url}
    return HelpScout(Config(**form | more), Ports(now=lambda: now, timeout=(1.0, 2.0)))


def made(number: int) -> Answer:
    return Answer(None, 201, {"Resource-ID": str(number)})


def page(name: str, *rows: Any, total: int | None = None, pages: int = 1) -> dict[str, Any]:
    """A HAL page; without rows it has no `_embedded`."""
    size = len(rows) if total is None else total
    told = {"page": {"size": 25, "totalElements": size, "totalPages": pages, "number": 1}}
    return told | ({"_embedded": {name: list(rows)}} if rows else {})


def sent(vendor: Script) -> Any:
    """The body of the create."""
    return vendor.to("POST", ALL)[-1].json


# --- the way in ---------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"mailbox_id": 0}, {"mailbox_id": "support"}, {"app_id": ""}])
def test_a_form_that_cannot_work_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Config(**{"app_id": "app", "app_secret": "x", "mailbox_id": 85} | wrong)


def test_a_token_is_got_once_and_renewed_after_two_days(vendor: Script) -> None:
    clock = [NOW]
    desk = help_scout(vendor)
    desk.api.ports = desk.ports = replace(desk.ports, now=lambda: clock[0])
    for days in (0, 1, 2):
        clock[0] = NOW + timedelta(days=days)
        desk.read_ticket("123")
    grants = vendor.to("POST", TOKEN)
    assert len(grants) == 2 and b"grant_type=client_credentials" in grants[0].body
    assert "authorization" not in grants[0].headers


def test_a_wrong_secret_is_told_as_such(vendor: Script, desk: HelpScout) -> None:
    vendor.at("POST", TOKEN, Answer({"error": "invalid_client"}, 400))
    with pytest.raises(AuthFailed, match="invalid_client"):
        desk.read_ticket("123")


def test_verify_says_when_the_user_does_not_see_the_mailbox(vendor: Script) -> None:
    vendor.at("GET", "/v2/users/me", {"id": 4, "firstName": "Hub", "lastName": "User"})
    for status in (403, 404):
        vendor.at("GET", "/v2/mailboxes/85", Answer({"message": "no"}, status))
        account = help_scout(vendor).verify()
        assert (account.id, account.name) == ("4", "Hub User")
        assert "85" in account.missing[0]


# --- a ticket -----------------------------------------------------------------------------------


def test_a_ticket_is_made_in_one_call_with_its_key_as_a_tag(
    vendor: Script, desk: HelpScout
) -> None:
    fields = {"subject": "Geld zurück", "tags": ["escalated_by_ai"], "assignTo": 256}
    ticket = desk.create_ticket(replace(DRAFT, fields=fields))
    body = sent(vendor)
    assert (ticket.id, ticket.key, ticket.status) == ("123", "esc_1", Status.OPEN)
    assert body["tags"] == ["esc_1", "escalated_by_ai"]
    assert (body["subject"], body["assignTo"], body["mailboxId"]) == ("Geld zurück", 256, 85)
    assert body["customer"] == {
        "email": "zoe@example.com",
        "firstName": "Zoë",
        "lastName": "von Müller",
    }
    assert [thread["type"] for thread in body["threads"]] == ["customer", "note"]
    assert body["threads"][0]["text"].startswith("I want a refund")
    assert "I cannot do that" in body["threads"][1]["text"]
    assert ticket.url == f"{vendor.url}/conversation/123/349/"


@pytest.mark.parametrize(
    "who", [Requester(id="u1"), Requester(id="u1", name="Z"), Requester(id="u1", phone="+49")]
)
def test_a_customer_without_an_address_gets_always_the_same_that_takes_no_mail(
    vendor: Script, desk: HelpScout, who: Requester
) -> None:
    desk.create_ticket(replace(DRAFT, requester=who))
    address = sent(vendor)["customer"]["email"]
    desk.create_ticket(replace(DRAFT, requester=Requester(id="u1"), key="esc_2"))
    assert address == sent(vendor)["customer"]["email"] and address.endswith(".invalid")
    desk.create_ticket(replace(DRAFT, requester=Requester(id="u2")))
    assert address != sent(vendor)["customer"]["email"]


def test_nobody_in_particular_is_a_customer_of_one_ticket(vendor: Script, desk: HelpScout) -> None:
    addresses = set()
    for key in ("esc_1", "esc_2"):
        desk.create_ticket(replace(DRAFT, requester=Requester(), key=key))
        addresses.add(sent(vendor)["customer"]["email"])
    assert len(addresses) == 2 and desk.previous_tickets(Requester()) == []


def test_names_are_cut_where_help_scout_cuts_them(vendor: Script, desk: HelpScout) -> None:
    who = Requester(email="a@example.com", name=f"{'a' * 60} {'b' * 60}")
    desk.create_ticket(replace(DRAFT, requester=who))
    customer = sent(vendor)["customer"]
    assert (customer["firstName"], customer["lastName"]) == ("a" * 40, "b" * 40)


def test_a_create_without_an_id_in_its_answer_may_have_landed(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("POST", ALL, Answer({"id": 123}, 201))
    with pytest.raises(Unavailable) as problem:
        desk.create_ticket(DRAFT)
    assert problem.value.sent


def test_what_is_wrong_is_told_by_field(vendor: Script, desk: HelpScout) -> None:
    errors = [{"path": "mailboxId", "message": "does not exist", "rejectedValue": 85}]
    refusal = {"logRef": "x", "message": "Validation error", "_embedded": {"errors": errors}}
    vendor.at("POST", ALL, Answer(refusal, 400))
    with pytest.raises(InvalidRequest, match="Validation error") as problem:
        desk.create_ticket(DRAFT)
    assert problem.value.fields == {"mailboxId": "does not exist"}


MOVED = Answer(None, 301, {"Location": "https://api.helpscout.net/v2/conversations/456"})


def test_a_merged_conversation_is_not_found_and_says_where_it_went(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("GET", ONE, MOVED)
    with pytest.raises(NotFound, match="merged into 456"):
        desk.append_message("123", HELLO)


def test_a_conversation_with_a_hundred_threads_takes_no_more(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("POST", f"{ONE}/customer", Answer({"message": "too many threads"}, 412))
    with pytest.raises(Conflict, match="too many threads"):
        desk.append_message("123", HELLO)


def test_the_time_to_wait_stands_in_a_header_of_help_scouts_own(
    vendor: Script, desk: HelpScout
) -> None:
    headers = {"X-RateLimit-Retry-After": "17"}
    vendor.at("GET", ONE, Answer({"message": "API rate limit exceeded"}, 429, headers))
    with pytest.raises(RateLimited) as problem:
        desk.read_ticket("123")
    assert problem.value.retry_after == 17


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (Status.OPEN, "active"),
        (Status.PENDING, "pending"),
        (Status.ON_HOLD, "pending"),
        (Status.SOLVED, "closed"),
        (Status.CLOSED, "closed"),
    ],
)
def test_a_status_is_one_operation_on_the_conversation(
    vendor: Script, desk: HelpScout, status: Status, word: str
) -> None:
    vendor.at("PATCH", ONE, Answer(None, 204))
    desk.set_status("123", status)
    (asked,) = vendor.to("PATCH", ONE)
    assert asked.json == {"op": "replace", "path": "/status", "value": word}


def test_there_is_no_unknown_status_to_set(desk: HelpScout) -> None:
    with pytest.raises(Unsupported):
        desk.set_status("123", Status.UNKNOWN)


def test_an_account_may_call_closed_closed(vendor: Script) -> None:
    vendor.at("GET", ONE, RAW | {"status": "closed"})
    assert help_scout(vendor).read_ticket("123").status is Status.SOLVED
    own = help_scout(vendor, status_words={"closed": "closed"})
    assert own.read_ticket("123").status is Status.CLOSED


# --- looking for it -----------------------------------------------------------------------------


def test_a_ticket_that_the_index_does_not_know_yet_is_found_in_the_list(
    vendor: Script, desk: HelpScout
) -> None:
    other = RAW | {"id": 99, "tags": [{"id": 1, "tag": "esc_11"}]}
    vendor.at("GET", ALL, page("conversations"), page("conversations", other, RAW))
    ticket = desk.find_ticket("esc_1")
    assert ticket is not None and ticket.id == "123"
    search, listed = vendor.to("GET", ALL)
    assert (listed.query["sortField"], listed.query["sortOrder"]) == ("createdAt", "desc")
    assert search.query == {"status": "all", "query": '(tag:"esc_1")'}
    assert (listed.query["status"], listed.query["modifiedSince"]) == (
        "all",
        "2026-11-22T09:45:00Z",
    )


def test_a_ticket_is_looked_for_on_every_page_until_it_is_found(
    vendor: Script, desk: HelpScout
) -> None:
    others = page("conversations", RAW | {"id": 99, "tags": []}, total=80, pages=4)
    mine = page("conversations", RAW, total=80, pages=4)
    vendor.at("GET", ALL, page("conversations"), others, others, mine)
    ticket = desk.find_ticket("esc_1")
    assert ticket is not None and ticket.id == "123"
    assert [asked.query.get("page") for asked in vendor.to("GET", ALL)] == [None, "1", "2", "3"]


def test_a_search_cannot_be_widened_by_what_is_searched(vendor: Script, desk: HelpScout) -> None:
    vendor.at("GET", ALL, page("conversations"))
    desk.previous_tickets(Requester(email='a" OR email:"b@example.com'))
    assert vendor.to("GET", ALL)[-1].query["query"] == '(email:"a OR email:b@example.com")'


# --- what is said -------------------------------------------------------------------------------


def test_a_message_goes_in_the_customers_name_as_text_and_not_as_html(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("POST", f"{ONE}/customer", made(8882))
    entry = desk.append_message("123", replace(HELLO, text="1 < 2\n<b>&amp;"))
    (asked,) = vendor.to("POST", f"{ONE}/customer")
    assert entry == "8882" and asked.json["customer"] == {"id": 238604}
    assert asked.json["text"].startswith("1 &lt; 2<br>&lt;b&gt;&amp;amp;")
    assert "imported" not in asked.json  # an imported one would not open a closed conversation


def test_an_entry_is_found_by_its_mark_and_not_by_its_words(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("POST", f"{ONE}/notes", made(8883))
    desk.add_note("123", Note(id="n1", text="yes"))
    text = vendor.to("POST", f"{ONE}/notes")[-1].json["text"]
    note = {"id": 8883, "type": "note", "body": f"<p>{text}</p>"}
    vendor.at("GET", THREADS, page("threads", REPLY, note))
    assert desk.find_entry("123", Note(id="n1", text="yes")) == "8883"
    assert desk.find_entry("123", Note(id="n2", text="yes")) is None
    assert desk.find_entry("123", replace(HELLO, id="n1")) is None  # that would be a message
    assert set(text.removeprefix("yes")) <= set("\u200b\u200c\u200d\u2060")


def test_files_travel_in_the_message_and_a_large_one_as_its_link(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("POST", f"{ONE}/customer", made(8884))
    small = File(name="a.png", content_type="image/png", data=b"png")
    film = File(name="film.mp4", data=b"x" * (10 * 1024 * 1024 + 1), url="https://files/film.mp4")
    desk.append_message("123", replace(HELLO, files=(small, film)))
    body = vendor.to("POST", f"{ONE}/customer")[-1].json
    data = base64.b64encode(b"png").decode()
    assert body["attachments"] == [{"fileName": "a.png", "mimeType": "image/png", "data": data}]
    assert "https://files/film.mp4" in body["text"]


def test_a_long_text_is_a_file_with_its_beginning_above(vendor: Script, desk: HelpScout) -> None:
    vendor.at("POST", f"{ONE}/notes", made(8885))
    desk.add_note("123", Note(id="n1", text="&" * 20_000))
    body = vendor.to("POST", f"{ONE}/notes")[-1].json
    (whole,) = body["attachments"]
    assert base64.b64decode(whole["data"]) == b"&" * 20_000
    assert len(body["text"].encode()) <= 60_000 and body["text"].startswith("&amp;" * 8_000)


# --- what happened ------------------------------------------------------------------------------


def test_a_poll_asks_for_every_status_newest_first_and_goes_on_by_page(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("GET", THREADS, page("threads", REPLY))
    vendor.at("GET", ALL, page("conversations", RAW, total=30, pages=2))
    first = desk.fetch_changes(NOW - timedelta(minutes=30))
    asked = vendor.to("GET", ALL)[-1].query
    assert asked == {
        "status": "all",
        "modifiedSince": "2026-11-22T09:30:00Z",
        "sortField": "modifiedAt",
        "sortOrder": "desc",
        "page": "1",
    }
    assert first.more and {c.kind for c in first.changes} == {"status", "message"}
    second = desk.fetch_changes(first.cursor)
    assert vendor.to("GET", ALL)[-1].query["page"] == "2" and not second.more
    desk.fetch_changes(second.cursor)
    begun_two_minutes_earlier = "2026-11-22T09:58:00Z"
    assert vendor.to("GET", ALL)[-1].query["modifiedSince"] == begun_two_minutes_earlier


def test_a_poll_begins_anew_when_a_deletion_moved_the_pages(
    vendor: Script, desk: HelpScout
) -> None:
    shrunk = page("conversations", total=29, pages=2)
    vendor.at("GET", ALL, page("conversations", total=30, pages=2), shrunk)
    first = desk.fetch_changes(NOW - timedelta(minutes=30))
    again = desk.fetch_changes(first.cursor)
    assert again.more and again.changes == ()
    desk.fetch_changes(again.cursor)
    asked = vendor.to("GET", ALL)[-1].query
    assert (asked["page"], asked["modifiedSince"]) == ("1", "2026-11-22T09:30:00Z")


def test_a_merged_conversation_tells_where_it_goes_on(vendor: Script, desk: HelpScout) -> None:
    vendor.at("GET", ONE, MOVED)
    (change,) = desk.read_changes("123")
    assert (change.kind, change.ticket_id, change.merged_into) == ("merged", "123", "456")
    assert desk.read_changes("123")[0].id == change.id


def test_a_conversation_that_leads_nowhere_is_gone(vendor: Script, desk: HelpScout) -> None:
    vendor.at("GET", ONE, Answer({"message": "Not Found"}, 404))
    with pytest.raises(NotFound):
        desk.read_changes("123")


def test_a_poll_tells_of_a_merge_that_came_after_its_list(vendor: Script, desk: HelpScout) -> None:
    vendor.at("GET", ALL, page("conversations", RAW))
    vendor.at("GET", THREADS, Answer({"message": "Not Found"}, 404))
    vendor.at("GET", ONE, MOVED)
    (change,) = desk.fetch_changes(NOW).changes
    assert (change.kind, change.merged_into) == ("merged", "456")
    vendor.at("GET", ONE, Answer({"message": "Not Found"}, 404))
    assert desk.fetch_changes(NOW).changes == ()


def test_drafts_customers_and_our_own_transcript_are_no_news(
    vendor: Script, desk: HelpScout
) -> None:
    draft = REPLY | {"id": 1, "state": "draft"}
    customer = REPLY | {"id": 2, "type": "customer", "createdBy": {"id": 5, "type": "customer"}}
    transcript = REPLY | {"id": 3, "type": "note", "body": "The whole<br><br>[esc_1]"}
    vendor.at("GET", ALL, page("conversations", RAW))
    vendor.at("GET", THREADS, page("threads", REPLY, draft, customer, transcript))
    told = [c for c in desk.fetch_changes(NOW).changes if c.kind != "status"]
    assert [(c.message_id, c.text, c.author) for c in told] == [
        ("8881", "Done & sent", "Ann Agent")
    ]


@pytest.mark.parametrize("cursor", ["", "1", "1:2:3", "a:b:c:d", "1:2:3:-4", "²:1:1:1"])
def test_a_strange_cursor_is_refused(desk: HelpScout, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        desk.fetch_changes(cursor)


# --- the webhook --------------------------------------------------------------------------------

URL = "https://hub.example/webhooks/desks/cxn_1"


def test_a_webhook_is_made_with_a_secret_that_help_scout_takes(
    vendor: Script, desk: HelpScout
) -> None:
    vendor.at("GET", HOOKS, page("webhooks"))
    vendor.at("POST", HOOKS, made(77))
    told = desk.ensure_webhooks(URL, "s" * 64)
    form = vendor.to("POST", HOOKS)[-1].json
    assert (told.id, told.secret, form["secret"]) == ("77", "s" * 40, "s" * 40)
    assert (form["payloadVersion"], form["notification"]) == ("V2", False)
    assert "convo.agent.reply.created" in form["events"]


def test_our_webhook_is_repaired_and_its_doubles_are_removed(
    vendor: Script, desk: HelpScout
) -> None:
    hooks = [
        {"id": 1, "url": URL, "state": "disabled"},
        {"id": 2, "url": URL, "state": "enabled"},
        {"id": 3, "url": URL, "state": "enabled"},
        {"id": 4, "url": "https://other.example", "state": "enabled"},
    ]
    vendor.at("GET", HOOKS, page("webhooks", *hooks))
    for number in (1, 2, 3, 4):
        vendor.at("PUT", f"{HOOKS}/{number}", Answer(None, 204))
        vendor.at("DELETE", f"{HOOKS}/{number}", Answer(None, 204))
    assert desk.ensure_webhooks(URL, "secret").id == "2"
    writes = [(a.method, a.path) for a in vendor.asked if a.method in ("PUT", "DELETE", "POST")]
    assert [one for one in writes if one[1] != TOKEN] == [
        ("DELETE", f"{HOOKS}/1"),
        ("PUT", f"{HOOKS}/2"),
        ("DELETE", f"{HOOKS}/3"),
    ]


def test_a_person_is_told_the_steps_where_the_user_may_not(vendor: Script, desk: HelpScout) -> None:
    vendor.at("GET", HOOKS, Answer({"message": "Forbidden"}, 403))
    told = desk.ensure_webhooks(URL, "secret")
    assert told.id is None and URL in " ".join(told.steps) and "secret" in " ".join(told.steps)
