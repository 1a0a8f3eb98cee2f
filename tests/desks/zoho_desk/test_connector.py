"""Zoho Desk as its documents describe it, played by a scripted server."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.base import Ports
from connectors.errors import AuthFailed, InvalidRequest, NotFound, RateLimited, Unsupported
from connectors.sandbox import running
from connectors.types import Draft, File, Message, Note, Requester, Status
from connectors.zoho_desk.config import Config
from connectors.zoho_desk.connector import ZohoDesk
from connectors.zoho_desk.sandbox import harness
from tests.connectors.scripted import Answer, Script, server
from tests.contract.desk import Desk, draft, now

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
TOKEN, TICKETS, TICKET = "/oauth/v2/token", "/api/v1/tickets", "/api/v1/tickets/204"
COMMENTS, THREADS, SEARCH = f"{TICKET}/comments", f"{TICKET}/threads", "/api/v1/tickets/search"
FIELDS, UPLOADS = "/api/v1/organizationFields", "/api/v1/uploads"
FORM = {
    "data_center": "eu",
    "org_id": "60001280",
    "client_id": "1000.X",
    "client_secret": "hush-hush",
    "refresh_token": "1000.refresh",
    "department_id": "77",
}
RAW = {
    "id": "204",
    "ticketNumber": "110",
    "subject": "Refund",
    "status": "Open",
    "statusType": "Open",
    "contactId": "5",
    "assigneeId": None,
    "webUrl": "https://desk.zoho.eu/support/acme/ShowHomePage.do#Cases/dv/204",
    "createdTime": "2026-11-22T09:00:00.000Z",
    "modifiedTime": "2026-11-22T09:59:00.500Z",
    "cf": {"cf_escalation_id": "esc_1"},
}
SENT = {
    "id": "31",
    "direction": "out",
    "status": "SUCCESS",
    "visibility": "public",
    "author": {"type": "AGENT", "name": "Ann"},
    "createdTime": "2026-11-22T09:59:00.000Z",
}
COMMENT = {
    "id": "41",
    "content": "Take care",
    "contentType": "plainText",
    "isPublic": False,
    "commentedTime": "2026-11-22T09:58:00.000Z",
    "commenter": {"type": "AGENT", "name": "Ben"},
}
HELLO = Message(id="m1", role="customer", text="I want\na <refund>", at=NOW, name="Zoë")
DRAFT = Draft(
    key="esc_1",
    subject="Refund",
    transcript=(HELLO,),
    requester=Requester(id="u1", name="Zoë van Müller", email="zoe@example.com"),
)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/zoho_desk") as script:
        script.at("POST", TOKEN, {"access_token": "t1", "expires_in": 3600})
        script.at("POST", TICKETS, RAW)
        script.at("GET", TICKET, RAW)
        script.at("POST", COMMENTS, {"id": "42"})
        script.at("POST", UPLOADS, {"id": "u9"})
        script.at("GET", SEARCH, Answer(status=204))
        script.at("GET", COMMENTS, Answer(status=204))
        script.at("GET", THREADS, Answer(status=204))
        yield script


@pytest.fixture
def desk(vendor: Script) -> ZohoDesk:
    return zoho(vendor)


def zoho(vendor: Script, at: datetime = NOW, **more: Any) -> ZohoDesk:
    config = Config(**FORM, base_url=vendor.url, **more)
    return ZohoDesk(config, Ports(now=lambda: at, timeout=(1.0, 2.0)))


def sent(vendor: Script, method: str, path: str) -> Any:
    return vendor.to(method, path)[-1].json


# --- the way in ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("centre", "desk_host", "accounts"),
    [
        ("com", "desk.zoho.com", "accounts.zoho.com"),
        ("eu", "desk.zoho.eu", "accounts.zoho.eu"),
        ("in", "desk.zoho.in", "accounts.zoho.in"),
        ("com.au", "desk.zoho.com.au", "accounts.zoho.com.au"),
        ("jp", "desk.zoho.jp", "accounts.zoho.jp"),
        ("com.cn", "desk.zoho.com.cn", "accounts.zoho.com.cn"),
        ("sa", "desk.zoho.sa", "accounts.zoho.sa"),
        ("ca", "desk.zohocloud.ca", "accounts.zohocloud.ca"),
    ],
)
def test_each_data_centre_has_its_hosts(centre: str, desk_host: str, accounts: str) -> None:
    config = Config(**FORM | {"data_center": centre})
    assert (config.root, config.accounts) == (f"https://{desk_host}", f"https://{accounts}")


@pytest.mark.parametrize(
    "wrong",
    [{"data_center": "evil.example"}, {"org_id": "../1"}, {"key_field": "x&y"}, {"client_id": ""}],
)
def test_a_form_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Config(**FORM | wrong)


def test_one_token_serves_many_calls_and_says_whose_organization(
    vendor: Script, desk: ZohoDesk
) -> None:
    desk.read_ticket("204")
    desk.read_ticket("204")
    (grant,) = vendor.to("POST", TOKEN)
    assert b"grant_type=refresh_token" in grant.body and "orgid" not in grant.headers
    for asked in vendor.to("GET", TICKET):
        assert asked.headers["authorization"] == "Zoho-oauthtoken t1"
        assert asked.headers["orgid"] == "60001280"


@pytest.mark.parametrize("error", ["invalid_code", "invalid_client", "access_denied"])
def test_a_refusal_with_status_200_is_a_refusal(vendor: Script, desk: ZohoDesk, error: str) -> None:
    vendor.at("POST", TOKEN, {"error": error})
    with pytest.raises(AuthFailed, match=error):
        desk.read_ticket("204")


def test_too_many_tokens_are_waited_for_and_do_not_pause_the_connection(
    vendor: Script, desk: ZohoDesk
) -> None:
    words = "You have made too many requests continuously. Please try again after some time."
    refusal = Answer({"error": "Access Denied", "error_description": words}, 400)
    vendor.at("POST", TOKEN, refusal)
    with pytest.raises(RateLimited) as problem:
        desk.read_ticket("204")
    assert problem.value.retry_after == 600


def test_credentials_of_another_organization_are_told(vendor: Script, desk: ZohoDesk) -> None:
    vendor.at("GET", "/api/v1/organizations", {"data": [{"id": 9, "companyName": "Else"}]})
    with pytest.raises(AuthFailed, match="9"):
        desk.verify()
    assert "orgid" not in vendor.to("GET", "/api/v1/organizations")[0].headers


def test_a_missing_scope_and_a_missing_field_are_named(vendor: Script, desk: ZohoDesk) -> None:
    vendor.at("GET", "/api/v1/organizations", {"data": [{"id": 60001280, "companyName": "Acme"}]})
    vendor.at("GET", "/api/v1/myinfo", {"id": "1", "name": "Hub"})
    vendor.at("GET", FIELDS, {"data": [{"apiName": "status"}]})
    vendor.at("GET", "/api/v1/webhooks", Answer({"errorCode": "SCOPE_MISMATCH"}, 403))
    account = desk.verify()
    assert account.name == "Hub at Acme" and len(account.missing) == 2
    assert "Desk.events.ALL" in account.missing[0] and "cf_escalation_id" in account.missing[1]


def test_daily_credits_say_when_and_too_many_at_once_are_soon_over(
    vendor: Script, desk: ZohoDesk
) -> None:
    daily = Answer({"errorCode": "THRESHOLD_EXCEEDED"}, 429, {"Retry-After": "3600"})
    vendor.at("GET", TICKET, daily, Answer({"errorCode": "TOO_MANY_REQUESTS"}, 429))
    waits = []
    for _ in range(2):
        with pytest.raises(RateLimited) as problem:
            desk.read_ticket("204")
        waits.append(problem.value.retry_after)
    assert waits == [3600, 2]


# --- tickets ------------------------------------------------------------------------------------


def test_a_ticket_carries_key_contact_department_and_transcript(
    vendor: Script, desk: ZohoDesk
) -> None:
    ticket = desk.create_ticket(DRAFT)
    form = sent(vendor, "POST", TICKETS)
    assert form["cf"] == {"cf_escalation_id": "esc_1"} and form["departmentId"] == "77"
    assert form["contact"] == {
        "firstName": "Zoë van",
        "lastName": "Müller",
        "email": "zoe@example.com",
    }
    assert "&nbsp;&nbsp;I want<br>&nbsp;&nbsp;a &lt;refund&gt;" in form["description"]
    assert "uploads" not in form  # empty lists are refused
    assert (ticket.id, ticket.key, ticket.status) == ("204", "esc_1", Status.OPEN)
    assert ticket.url == RAW["webUrl"]


def test_the_mappings_fields_win_but_never_over_the_key(vendor: Script, desk: ZohoDesk) -> None:
    mapped = {"subject": "Mine", "cf": {"cf_escalation_id": "x", "cf_order": "7"}, "contactId": "5"}
    desk.create_ticket(Draft(**_fields(DRAFT) | {"fields": mapped}))
    form = sent(vendor, "POST", TICKETS)
    assert form["subject"] == "Mine" and "contact" not in form
    assert form["cf"] == {"cf_escalation_id": "esc_1", "cf_order": "7"}


def test_a_customer_without_a_name_gets_one_and_nothing_empty_is_sent(
    vendor: Script, desk: ZohoDesk
) -> None:
    desk.create_ticket(Draft(**_fields(DRAFT) | {"requester": Requester(phone="+49151")}))
    contact = sent(vendor, "POST", TICKETS)["contact"]
    assert contact == {"lastName": "Customer", "phone": "+49151"}


def test_an_empty_conversation_has_no_empty_description(vendor: Script, desk: ZohoDesk) -> None:
    desk.create_ticket(Draft(**_fields(DRAFT) | {"transcript": ()}))
    assert "description" not in sent(vendor, "POST", TICKETS)


def test_a_long_transcript_comes_whole_as_a_file(vendor: Script, desk: ZohoDesk) -> None:
    long = Message(id="m1", role="ai", text="&" * 10_000 + " the end", at=NOW)
    desk.create_ticket(Draft(**_fields(DRAFT) | {"transcript": (long,)}))
    form = sent(vendor, "POST", TICKETS)
    assert form["uploads"] == ["u9"] and len(form["description"].encode()) <= 32_000
    assert b"the end" in vendor.to("POST", UPLOADS)[0].body


def test_a_key_that_only_begins_alike_is_another_ticket(vendor: Script, desk: ZohoDesk) -> None:
    other = RAW | {"id": "205", "cf": {"cf_escalation_id": "esc_12"}}
    vendor.at("GET", SEARCH, {"data": [other]})
    assert desk.find_ticket("esc_1") is None
    assert vendor.to("GET", SEARCH)[0].query == {"customField1": "cf_escalation_id:esc_1"}
    vendor.at("GET", SEARCH, {"data": [other, RAW]})
    found = desk.find_ticket("esc_1")
    assert found is not None and found.id == "204"


def test_complaints_are_told_by_field(vendor: Script, desk: ZohoDesk) -> None:
    errors = [{"fieldName": "/cf/cf_order", "errorType": "missing", "errorMessage": ""}]
    refusal = {"errorCode": "INVALID_DATA", "message": "The data is invalid", "errors": errors}
    vendor.at("POST", TICKETS, Answer(refusal, 422))
    with pytest.raises(InvalidRequest) as problem:
        desk.create_ticket(DRAFT)
    assert problem.value.fields == {"cf/cf_order": "missing"}
    assert "INVALID_DATA" in str(problem.value)


@pytest.mark.parametrize(
    ("words", "wanted", "word"),
    [
        (["Open", "On Hold", "Closed"], Status.SOLVED, "Closed"),
        (["Open", "On Hold", "Resolved", "Closed"], Status.SOLVED, "Resolved"),
        (["Open", "On Hold", "Closed"], Status.PENDING, "On Hold"),
        (["Open", "Waiting on Customer", "On Hold"], Status.PENDING, "Waiting on Customer"),
        (["Open", "Done", "Closed"], Status.CLOSED, "Closed"),
    ],
)
def test_a_status_is_written_in_the_accounts_own_words(
    vendor: Script, desk: ZohoDesk, words: list[str], wanted: Status, word: str
) -> None:
    allowed = [{"value": one, "statusType": "Open"} for one in words]
    vendor.at("GET", FIELDS, {"data": [{"apiName": "status", "allowedValues": allowed}]})
    vendor.at("PATCH", TICKET, RAW)
    desk.set_status("204", wanted)
    assert sent(vendor, "PATCH", TICKET) == {"status": word}


@pytest.mark.parametrize(
    ("wanted", "word"),
    [(Status.OPEN, "Offen"), (Status.ON_HOLD, "Wartend"), (Status.SOLVED, "Geschlossen")],
)
def test_an_account_that_renamed_its_words_is_written_to_by_their_types(
    vendor: Script, desk: ZohoDesk, wanted: Status, word: str
) -> None:
    types = {"Offen": "Open", "Wartend": "On Hold", "Geschlossen": "Closed", "Zu": "Closed"}
    allowed = [{"value": one, "statusType": kind} for one, kind in types.items()]
    vendor.at("GET", FIELDS, {"data": [{"apiName": "status", "allowedValues": allowed}]})
    vendor.at("PATCH", TICKET, RAW)
    desk.set_status("204", wanted)
    assert sent(vendor, "PATCH", TICKET) == {"status": word}


def test_an_unknown_word_is_understood_by_its_type(vendor: Script, desk: ZohoDesk) -> None:
    vendor.at("GET", TICKET, RAW | {"status": "In transit", "statusType": "On Hold"})
    ticket = desk.read_ticket("204")
    assert (ticket.status, ticket.word) == (Status.ON_HOLD, "In transit")


def test_a_ticket_in_the_recycle_bin_is_gone(vendor: Script, desk: ZohoDesk) -> None:
    vendor.at("GET", TICKET, RAW | {"isTrashed": True})
    with pytest.raises(NotFound):
        desk.read_ticket("204")


# --- entries ------------------------------------------------------------------------------------


def test_a_customers_words_are_a_public_comment_that_says_so(
    vendor: Script, desk: ZohoDesk
) -> None:
    assert desk.append_message("204", HELLO) == "42"
    form = sent(vendor, "POST", COMMENTS)
    assert form["isPublic"] is True and form["contentType"] == "plainText"
    assert form["content"].startswith("Customer wrote:\nI want\na <refund>\n\n[#")
    desk.add_note("204", Note(id="n1", text="A summary"))
    form = sent(vendor, "POST", COMMENTS)
    assert form["isPublic"] is False and form["content"].startswith("A summary\n\n[#")


def test_our_own_comments_are_no_news(vendor: Script, desk: ZohoDesk) -> None:
    desk.append_message("204", HELLO)
    ours = COMMENT | {"content": sent(vendor, "POST", COMMENTS)["content"], "isPublic": True}
    customers = COMMENT | {"id": "43", "commenter": {"type": "END_USER", "name": "Zoë"}}
    vendor.at("GET", SEARCH, {"data": [RAW]})
    vendor.at("GET", COMMENTS, {"data": [COMMENT, ours, customers]})
    told = desk.fetch_changes(NOW - timedelta(minutes=5)).changes
    assert [(c.kind, c.message_id) for c in told] == [("note", "41"), ("status", None)]


def test_a_file_that_is_too_large_stays_a_link(vendor: Script, desk: ZohoDesk) -> None:
    data = b"x" * (desk.can.attachments + 1)
    film = File(name="film.mp4", data=data, url="https://files.example.com/film.mp4")
    desk.append_message("204", Message(id="m2", role="customer", text="See", at=NOW, files=(film,)))
    form = sent(vendor, "POST", COMMENTS)
    assert "https://files.example.com/film.mp4" in form["content"]
    assert "attachmentIds" not in form and vendor.to("POST", UPLOADS) == []
    with pytest.raises(Unsupported):
        desk.attach("204", film)


# --- polling ------------------------------------------------------------------------------------


def test_a_replys_text_is_fetched_once_and_read_from_its_html(
    vendor: Script, desk: ZohoDesk
) -> None:
    draft = SENT | {"id": "32", "status": "DRAFT"}
    incoming = SENT | {"id": "33", "direction": "in"}
    first = SENT | {"id": "30", "isDescriptionThread": True}
    body = {"content": "<div>Found &amp;<br/>sent</div>", "contentType": "text/html"}
    vendor.at("GET", SEARCH, {"data": [RAW]})
    vendor.at("GET", THREADS, {"data": [incoming, draft, SENT, first]})
    vendor.at("GET", f"{THREADS}/31", SENT | body)
    for _ in range(2):
        told = desk.fetch_changes(NOW - timedelta(minutes=5)).changes
        (message,) = [change for change in told if change.kind == "message"]
        assert (message.id, message.text, message.author) == ("thread:31", "Found &\nsent", "Ann")
    assert len(vendor.to("GET", f"{THREADS}/31")) == 1


def test_a_full_page_goes_on_from_its_last_rows_time(vendor: Script, desk: ZohoDesk) -> None:
    foreign = [_foreign(f"2026-11-22T09:{n:02d}:00.250Z") for n in range(30, 55)]
    vendor.at("GET", SEARCH, {"data": foreign}, Answer(status=204))
    page = desk.fetch_changes(NOW - timedelta(hours=1))
    assert page.more and page.changes == ()
    page = desk.fetch_changes(page.cursor)
    asked = vendor.to("GET", SEARCH)
    assert not page.more
    assert asked[0].query["modifiedTimeRange"].startswith("2026-11-22T09:00:00.000Z,")
    assert asked[1].query["modifiedTimeRange"].startswith("2026-11-22T09:54:00.250Z,")
    assert asked[0].query["sortBy"] == "modifiedTime" and asked[1].query["from"] == "0"


def test_tickets_that_changed_in_one_millisecond_are_walked_by_row(
    vendor: Script, desk: ZohoDesk
) -> None:
    same = {"data": [_foreign("2026-11-22T09:50:00.000Z")] * 25}
    vendor.at("GET", SEARCH, same, same, Answer(status=204))
    page = desk.fetch_changes(datetime(2026, 11, 22, 9, 50, tzinfo=UTC))
    page = desk.fetch_changes(page.cursor)
    assert page.more
    page = desk.fetch_changes(page.cursor)
    assert [asked.query["from"] for asked in vendor.to("GET", SEARCH)] == ["0", "25", "50"]


def test_the_end_of_a_poll_asks_the_last_five_minutes_again(vendor: Script, desk: ZohoDesk) -> None:
    page = desk.fetch_changes(NOW - timedelta(minutes=30))
    desk.fetch_changes(page.cursor)
    asked = vendor.to("GET", SEARCH)[-1].query["modifiedTimeRange"]
    assert asked.startswith("2026-11-22T09:55:00.000Z,")


def test_the_last_five_minutes_are_asked_again_after_a_full_page_too(
    vendor: Script, desk: ZohoDesk
) -> None:
    """A ticket that the index hears of late stands before the page's last row."""
    full = [_foreign(f"2026-11-22T09:59:{n:02d}.000Z") for n in range(25)]
    vendor.at("GET", SEARCH, {"data": full}, Answer(status=204), {"data": [RAW]})
    page = desk.fetch_changes(NOW - timedelta(minutes=30))
    page = desk.fetch_changes(page.cursor)
    assert not page.more
    desk.fetch_changes(page.cursor)
    asked = vendor.to("GET", SEARCH)[-1].query["modifiedTimeRange"]
    assert asked.startswith("2026-11-22T09:55:00.000Z,")


def test_a_walk_that_was_interrupted_is_looked_at_again_from_its_begin(
    vendor: Script, desk: ZohoDesk
) -> None:
    full = [_foreign(f"2026-11-22T09:59:{n:02d}.000Z") for n in range(25)]
    vendor.at("GET", SEARCH, {"data": full}, {"data": full}, Answer(status=204))
    page = desk.fetch_changes(NOW - timedelta(minutes=30))
    page = zoho(vendor, NOW + timedelta(minutes=20)).fetch_changes(page.cursor)
    later = zoho(vendor, NOW + timedelta(minutes=40))
    page = later.fetch_changes(page.cursor)
    assert not page.more
    later.fetch_changes(page.cursor)
    asked = vendor.to("GET", SEARCH)[-1].query["modifiedTimeRange"]
    assert asked.startswith("2026-11-22T09:55:00.000Z,")


def test_a_cursor_of_an_older_hub_is_understood(vendor: Script, desk: ZohoDesk) -> None:
    desk.fetch_changes("1795341000000:0:1795341000000")
    asked = vendor.to("GET", SEARCH)[0].query["modifiedTimeRange"]
    assert asked.startswith("2026-11-22T09:50:00.000Z,")


def test_every_three_hours_open_tickets_are_read_whether_they_changed_or_not(
    vendor: Script, desk: ZohoDesk
) -> None:
    done = RAW | {"id": "205", "status": "Closed", "statusType": "Closed"}
    vendor.at("GET", SEARCH, Answer(status=204), {"data": [RAW, done]}, Answer(status=204))
    vendor.at("GET", COMMENTS, {"data": [COMMENT]})
    page = desk.fetch_changes(NOW - timedelta(hours=4))
    assert [change.message_id for change in page.changes] == ["41"]
    assert vendor.to("GET", SEARCH)[1].query["customField1"] == "cf_escalation_id:esc_*"
    assert desk.fetch_changes(page.cursor).changes == ()
    assert len(vendor.to("GET", SEARCH)) == 3


def test_closed_tickets_do_not_hide_an_older_open_one_from_that_look() -> None:
    """Closed ones fill the first page of the search; a reply does not bring the open one up."""
    with running(["zoho_desk"]) as base_url:
        zoho = Desk("zoho_desk", harness(base_url))
        zoho.harness.reset()
        zoho.harness.set(entry_bumps_modified=0)
        today = zoho.connector()
        ticket = today.create_ticket(draft())
        for _ in range(100):
            today.create_ticket(draft(fields={"status": "Closed"}))
        (reply,) = zoho.act(ticket.id, reply="We have found it.")
        later = now() + timedelta(hours=6)
        told = zoho.connector(now=lambda: later).fetch_changes(later - timedelta(hours=4)).changes
    assert [change.message_id for change in told] == [reply]


@pytest.mark.parametrize("cursor", ["", "x:0:0", "1:2", "1:2:3:4:5", "-1:0:0"])
def test_a_cursor_of_another_desk_is_refused(desk: ZohoDesk, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        desk.fetch_changes(cursor)


def test_rows_of_a_search_that_are_not_whole_tickets_are_read(
    vendor: Script, desk: ZohoDesk
) -> None:
    bare = {name: RAW[name] for name in ("id", "status", "cf")}
    vendor.at("GET", SEARCH, {"data": [bare] * 25}, Answer(status=204))
    page = desk.fetch_changes(NOW - timedelta(minutes=5))
    assert page.changes[0].status is Status.OPEN and page.more
    desk.fetch_changes(page.cursor)
    asked = vendor.to("GET", SEARCH)[1].query["modifiedTimeRange"]
    assert asked.startswith("2026-11-22T09:59:00.500Z,")


# --- webhooks -----------------------------------------------------------------------------------


def test_without_the_right_a_person_is_told_the_secret_address(
    vendor: Script, desk: ZohoDesk
) -> None:
    vendor.at("GET", "/api/v1/webhooks", Answer({"errorCode": "LICENSE_ACCESS_LIMITED"}, 403))
    told = desk.ensure_webhooks("https://hub.example/webhooks/desks/cxn_1", "shh")
    assert told.secret is None
    assert any("https://hub.example/webhooks/desks/cxn_1?token=shh" in s for s in told.steps)


def test_the_webhook_is_made_once_and_others_are_left_alone(vendor: Script, desk: ZohoDesk) -> None:
    here, elsewhere = "https://hub.example/a", {"id": "1", "url": "https://else.example/"}
    vendor.at("GET", "/api/v1/webhooks", {"data": [elsewhere]})
    vendor.at("POST", "/api/v1/webhooks", {"id": 7})
    told = desk.ensure_webhooks(here, "shh")
    form = sent(vendor, "POST", "/api/v1/webhooks")
    assert (told.id, told.secret, form["url"]) == ("7", "7.shh", f"{here}?token=shh")
    assert "ignoreSourceId" not in form and len(form["name"]) <= 50
    vendor.at("GET", "/api/v1/webhooks", {"data": [elsewhere, form | {"id": "7"}]})
    assert desk.ensure_webhooks(here, "7.shh").secret == "7.shh"
    assert len(vendor.to("POST", "/api/v1/webhooks")) == 1


def test_importing_the_desk_loads_no_cryptography() -> None:
    code = "import sys, connectors.zoho_desk; sys.exit('jwt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def _fields(draft: Draft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in Draft.__dataclass_fields__}


def _foreign(modified: str) -> dict[str, Any]:
    return RAW | {"id": "9", "modifiedTime": modified, "cf": {"cf_escalation_id": None}}
