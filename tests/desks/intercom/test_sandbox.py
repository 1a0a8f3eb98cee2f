"""The Intercom sandbox against Intercom's own facts."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.intercom.sandbox_text import as_words, clean, from_words
from connectors.intercom.sandbox_webhooks import sign
from connectors.sandbox import running

TOKEN, WEAK = "intercom-sandbox-token", "intercom-sandbox-token-without-tickets"
HUB, ANN, BEN = "991267001", "991267002", "991267003"
CUSTOMER, BACK_OFFICE = "1201", "1202"
VECTOR = {
    "secret": "intercom-test-client-secret",
    "body": '{"type":"notification_event","app_id":"a86dr8yl","topic":"ticket.state.updated",'
    '"id":"notif_1"}',
    "header": "sha1=866ff9f5a75091a8cfb66c5d70ab5d0bf6ce240f",
}


class Intercom:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.headers["Authorization"] = f"Bearer {TOKEN}"
        self.http.headers["Intercom-Version"] = "2.14"

    def control(self, path: str, **wish: Any) -> Any:
        told = self.http.post(f"{self.origin}{path}", json={"desk": "intercom", **wish}, timeout=10)
        assert told.ok, told.text
        return told.json()

    def call(self, method: str, path: str, wish: Any = None, **how: Any) -> requests.Response:
        url = f"{self.origin}/intercom{path}"
        return self.http.request(method, url, json=wish, timeout=10, allow_redirects=False, **how)

    def create(self, kind: str = CUSTOMER, email: str = "zoe@example.com", **more: Any) -> Any:
        values = {"_default_title_": "Hi", "_default_description_": "Hello"} | more
        wish = {"ticket_type_id": kind, "contacts": [{"email": email}], "ticket_attributes": values}
        told = self.call("POST", "/tickets", wish)
        assert told.status_code == 200, told.text
        return told.json()

    def reply(self, ticket: Any, **wish: Any) -> requests.Response:
        return self.call("POST", f"/tickets/{ticket['id']}/reply", wish)

    def search(self, *filters: Any, **more: Any) -> Any:
        query = {
            "operator": "AND",
            "value": [dict(zip(NAMES, one, strict=True)) for one in filters],
        }
        return self.call("POST", "/tickets/search", {"query": query} | more)

    def ids(self, *filters: Any, **more: Any) -> list[str]:
        return [one["id"] for one in self.search(*filters, **more).json()["tickets"]]

    def reference(self) -> str:
        """The number of the attribute in which references stand."""
        data = self.call("GET", f"/ticket_types/{CUSTOMER}").json()["ticket_type_attributes"][
            "data"
        ]
        return next(one["id"] for one in data if one["name"] == "Escalation ref")


NAMES = ("field", "operator", "value")


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["intercom"]) as base_url:
        yield base_url


@pytest.fixture
def intercom(origin: str) -> Intercom:
    client = Intercom(origin)
    client.control("/_reset")
    client.control("/_settings", search_lag=0, contact_lag=0, rate_per_minute=10_000, flat_parts=0)
    client.control("/_settings", app_version=2.14, endpoints=1, retry_after=0.1, short_tickets=0)
    return client


def code(told: requests.Response) -> tuple[int, str]:
    body = told.json()
    assert body["type"] == "error.list"
    return told.status_code, body["errors"][0]["code"]


def test_the_signature_matches_the_known_vector() -> None:
    assert sign(VECTOR["secret"], VECTOR["body"].encode()) == VECTOR["header"]


def test_a_body_is_html_and_unescaped_words_suffer() -> None:
    assert as_words(clean("<b>bold</b> <x>gone</x> &lt;kept&gt; &amp; 1 < 2")) == (
        "bold gone <kept> & 1 < 2"
    )
    assert clean("a<script>alert(1)</script>b") == "<p>ab</p>"
    assert as_words(from_words("a\n\n<b> & c")) == "a\n\n<b> & c"


def test_only_a_known_token_and_version_come_in(intercom: Intercom) -> None:
    assert intercom.call("GET", "/me").json()["app"]["id_code"] == "a86dr8yl"
    intercom.http.headers["Intercom-Version"] = "9.9"
    assert code(intercom.call("GET", "/me")) == (400, "intercom_version_invalid")
    intercom.http.headers["Authorization"] = "Bearer wrong"
    assert code(intercom.call("GET", "/me")) == (401, "unauthorized")


def test_a_plan_without_tickets_says_so(intercom: Intercom) -> None:
    intercom.http.headers["Authorization"] = f"Bearer {WEAK}"
    assert intercom.call("GET", "/me").status_code == 200
    assert code(intercom.call("GET", f"/ticket_types/{CUSTOMER}")) == (403, "api_plan_restricted")


def test_the_rate_is_dealt_out_in_ten_seconds(intercom: Intercom) -> None:
    intercom.control("/_settings", rate_per_minute=18)
    told = [intercom.call("GET", "/me") for _ in range(4)]
    assert [one.status_code for one in told] == [200, 200, 200, 429]
    assert code(told[3]) == (429, "rate_limit_exceeded")
    assert [one.headers["X-RateLimit-Remaining"] for one in told] == ["2", "1", "0", "0"]
    assert 0 <= int(told[3].headers["X-RateLimit-Reset"]) - time.time() <= 11
    assert "Retry-After" not in told[3].headers


def test_a_ticket_needs_a_type_and_one_contact(intercom: Intercom) -> None:
    one = {"email": "a@example.com"}
    for wish in (
        {"contacts": [one]},
        {"ticket_type_id": 1201, "contacts": [one]},
        {"ticket_type_id": CUSTOMER, "contacts": [one, one]},
        {"ticket_type_id": CUSTOMER, "contacts": [{}]},
    ):
        assert intercom.call("POST", "/tickets", wish).status_code == 400
    strange = {"ticket_type_id": CUSTOMER, "contacts": [{"external_id": "nobody"}]}
    assert intercom.call("POST", "/tickets", strange).status_code == 404


def test_a_tickets_id_is_not_its_number(intercom: Intercom) -> None:
    ticket = intercom.create()
    assert ticket["id"] != ticket["ticket_id"]
    number = intercom.call("GET", f"/tickets/{ticket['ticket_id']}")
    assert code(number) == (404, "ticket_not_found")
    assert intercom.call("GET", f"/tickets/{ticket['id']}").json()["ticket_state"]["category"] == (
        "submitted"
    )


def test_attributes_have_names_and_kinds(intercom: Intercom) -> None:
    who = {"ticket_type_id": CUSTOMER, "contacts": [{"email": "a@example.com"}]}
    for values in ({"Unknown": "x"}, {"_default_title_": 7}, {"Priority": "High"}):
        told = intercom.call("POST", "/tickets", who | {"ticket_attributes": values})
        assert told.status_code == 400
    made = intercom.call(
        "POST",
        f"/ticket_types/{CUSTOMER}/attributes",
        {"name": "Order", "description": "Its number", "data_type": "integer"},
    ).json()
    assert made["id"].isdigit()
    intercom.create(Order=7, Priority="8a5f0c52-4f0e-4b1a-9d5e-0c0a4e0a0002")


def test_an_attribute_is_one_types_until_somebody_adds_it_to_another(intercom: Intercom) -> None:
    wish = {"ticket_type_id": BACK_OFFICE, "contacts": [{"email": "a@example.com"}]}
    wish["ticket_attributes"] = {"Escalation ref": "esc_1"}
    assert code(intercom.call("POST", "/tickets", wish)) == (400, "parameter_not_found")
    form = {"name": "Escalation ref", "description": "A key", "data_type": "string"}
    intercom.call("POST", f"/ticket_types/{BACK_OFFICE}/attributes", form)
    assert intercom.call("POST", "/tickets", wish).status_code == 200


def test_a_ticket_is_found_by_the_number_of_an_attribute_only(intercom: Intercom) -> None:
    ticket = intercom.create(**{"Escalation ref": "esc_1"})
    intercom.create(**{"Escalation ref": "esc_2"})
    number = intercom.reference()
    assert intercom.ids((f"ticket_attribute.{number}", "=", "esc_1")) == [ticket["id"]]
    told = intercom.search(("ticket_attribute.Escalation ref", "=", "esc_1"))
    assert code(told) == (400, "field_not_found")
    assert "not a valid integer" in told.json()["errors"][0]["message"]


def test_search_is_an_index_that_lags(intercom: Intercom) -> None:
    intercom.control("/_settings", search_lag=0.5)
    ticket = intercom.create()
    assert intercom.ids(("id", "=", ticket["id"])) == []
    time.sleep(0.6)
    assert intercom.ids(("id", "=", ticket["id"])) == [ticket["id"]]


def test_search_goes_on_at_a_cursor_and_greater_means_or_equal(intercom: Intercom) -> None:
    ids = {intercom.create()["id"] for _ in range(5)}
    oldest = intercom.call("GET", f"/tickets/{min(ids)}").json()["updated_at"]
    since, seen = ("updated_at", ">", oldest), []
    pages: dict[str, Any] = {"per_page": 2}
    while True:
        told = intercom.search(since, pagination=pages).json()
        seen += [one["id"] for one in told["tickets"]]
        if "next" not in told["pages"]:
            break
        pages["starting_after"] = told["pages"]["next"]["starting_after"]
    assert sorted(seen) == sorted(ids)
    assert intercom.search(since, pagination={"per_page": 151}).status_code == 400


def test_the_categories_of_search_have_words_of_their_own(intercom: Intercom) -> None:
    one, other = intercom.create(), intercom.create(BACK_OFFICE)
    assert (one["category"], other["category"]) == ("Customer", "Back-office")
    assert intercom.ids(("category", "=", "request")) == [one["id"]]
    assert intercom.ids(("category", "=", "task")) == [other["id"]]


def test_a_contact_that_exists_is_a_conflict_with_its_id(intercom: Intercom) -> None:
    wish = {"email": "ada@example.com", "external_id": "u1", "name": "Ada"}
    made = intercom.call("POST", "/contacts", wish).json()
    again = intercom.call("POST", "/contacts", wish)
    assert code(again) == (409, "conflict")
    assert again.json()["errors"][0]["message"].endswith(f"already exists with id={made['id']}")
    found = intercom.call("GET", "/contacts/find_by_external_id/u1").json()
    assert found["id"] == made["id"] and len(made["id"]) == 24
    assert intercom.call("POST", "/contacts", {"name": "Nobody"}).status_code == 400


def test_a_merged_contact_is_gone_and_its_tickets_are_the_others(intercom: Intercom) -> None:
    who = intercom.call("POST", "/contacts", {"email": "ada@example.com", "external_id": "u1"})
    gone = who.json()["id"]
    ticket = intercom.create(email="ada@example.com", **{"Escalation ref": "esc_1"})
    intercom.control("/_act", ticket_id=ticket["id"], merge_customer="ada@new.example")
    assert code(intercom.call("GET", f"/contacts/{gone}")) == (404, "not_found")
    by_id = intercom.call("GET", "/contacts/find_by_external_id/u1")
    now = intercom.call("GET", f"/tickets/{ticket['id']}").json()["contacts"]["contacts"][0]["id"]
    assert code(by_id) == (410, "contact_merged") and now in by_id.headers["Link"]
    assert now != gone and intercom.ids(("contact_ids", "=", now)) == [ticket["id"]]
    say = {"message_type": "comment", "type": "user", "body": "x"}
    assert code(intercom.reply(ticket, **say, intercom_user_id=gone)) == (404, "not_found")
    assert intercom.reply(ticket, **say, intercom_user_id=now).status_code == 200
    url = f"{intercom.origin}/_ledger?desk=intercom&call=merge_contact"
    entry = requests.get(url, timeout=10).json()["data"][-1]
    assert (entry["key"], entry["contact"], entry["into"]) == ("esc_1", gone, now)


def test_contacts_dates_are_searched_by_day(intercom: Intercom) -> None:
    intercom.call("POST", "/contacts", {"role": "lead", "name": "Lea"})
    day = {"field": "created_at", "operator": ">", "value": int(time.time())}
    assert intercom.call("POST", "/contacts/search", {"query": day}).json()["total_count"] == 1
    never = {"query": day | {"operator": ">="}}
    assert intercom.call("POST", "/contacts/search", never).status_code == 400


def test_a_back_office_ticket_refuses_its_customer(intercom: Intercom) -> None:
    ticket = intercom.create(BACK_OFFICE)
    say = {"message_type": "comment", "type": "user", "email": "zoe@example.com", "body": "x"}
    told = intercom.reply(ticket, **say)
    assert code(told) == (400, "parameter_mismatch")
    note = {"message_type": "note", "type": "admin", "admin_id": HUB, "body": "<b>x</b>"}
    assert intercom.reply(ticket, **note).json()["part_type"] == "note"


def test_at_most_ten_files_and_files_win_over_addresses(intercom: Intercom) -> None:
    ticket = intercom.create()
    data = base64.b64encode(b"bytes").decode()
    file = {"content_type": "text/plain", "name": "ä.txt", "data": data}
    say = {"message_type": "comment", "type": "admin", "admin_id": ANN, "body": "See"}
    urls = {"attachment_urls": ["https://files.example/x.pdf"]}
    part = intercom.reply(ticket, **say, **urls, attachment_files=[file]).json()
    (shown,) = part["attachments"]
    assert (shown["name"], shown["filesize"]) == ("ä.txt", 5)
    assert requests.get(shown["url"], timeout=10).content == b"bytes"
    assert intercom.reply(ticket, **say, attachment_files=[file] * 11).status_code == 400


def test_a_state_has_to_belong_to_the_type(intercom: Intercom) -> None:
    ticket = intercom.create()
    url = f"/tickets/{ticket['id']}"
    states = intercom.call("GET", "/ticket_states").json()["data"]
    assert [one["category"] for one in states] == (
        ["submitted", "in_progress", "waiting_on_customer", "resolved"]
    )
    told = intercom.call("PUT", url, {"ticket_state_id": states[3]["id"]}).json()
    assert told["ticket_state"]["category"] == "resolved" and told["open"] is True
    assert intercom.call("PUT", url, {"ticket_state_id": "99"}).status_code == 400


def test_closing_ends_a_snooze_and_the_customer_opens_again(intercom: Intercom) -> None:
    ticket = intercom.create()
    url = f"/tickets/{ticket['id']}"
    later = int(time.time()) + 3600
    assert intercom.call("PUT", url, {"snoozed_until": later}).json()["snoozed_until"] == later
    assert intercom.call("PUT", url, {"snoozed_until": 7}).status_code == 400
    told = intercom.call("PUT", url, {"open": False}).json()
    assert (told["open"], told["snoozed_until"]) == (False, None)
    say = {"message_type": "comment", "type": "user", "email": "zoe@example.com", "body": "x"}
    assert intercom.reply(ticket, **say).status_code == 200
    assert intercom.call("GET", url).json()["open"] is True


def test_an_assignee_is_an_admin_or_nobody(intercom: Intercom) -> None:
    ticket = intercom.create()
    url = f"/tickets/{ticket['id']}"
    wish = {"admin_id": HUB, "assignee_id": BEN}
    assert intercom.call("PUT", url, wish).json()["admin_assignee_id"] == BEN
    assert intercom.call("PUT", url, wish | {"assignee_id": "0"}).json()["admin_assignee_id"] == "0"
    assert intercom.call("PUT", url, wish | {"assignee_id": "7"}).status_code == 404


def test_a_long_ticket_shows_its_newest_500_parts(intercom: Intercom) -> None:
    ticket = intercom.create()
    for number in range(501):
        intercom.control("/_act", ticket_id=ticket["id"], note=str(number))
    told = intercom.call("GET", f"/tickets/{ticket['id']}").json()["ticket_parts"]
    assert (len(told["ticket_parts"]), told["total_count"]) == (500, 502)
    assert told["ticket_parts"][0]["body"] == "<p>1</p>"


def test_a_reply_that_closes_leaves_one_part(intercom: Intercom) -> None:
    ticket = intercom.create()
    (entry,) = intercom.control("/_act", ticket_id=ticket["id"], reply="Bye", status="closed")[
        "ids"
    ]
    parts = intercom.call("GET", f"/tickets/{ticket['id']}").json()["ticket_parts"]["ticket_parts"]
    assert [(one["id"], one["part_type"], one["body"]) for one in parts[1:]] == (
        [(entry, "close", "<p>Bye</p>")]
    )


def test_a_deleted_ticket_is_gone(intercom: Intercom) -> None:
    ticket = intercom.create()
    intercom.control("/_act", ticket_id=ticket["id"], delete=True)
    assert code(intercom.call("GET", f"/tickets/{ticket['id']}")) == (404, "ticket_not_found")
    assert intercom.ids(("id", "=", ticket["id"])) == []


# --- notifications ------------------------------------------------------------------------------


@pytest.fixture
def told(intercom: Intercom, tmp_path: Path) -> Iterator[list[dict[str, Any]]]:
    """What arrives at an endpoint that answers 500 to the first of each and 200 to its retry."""
    from tests.connectors.scripted import Answer, Asked, server

    arrived: list[dict[str, Any]] = []

    def answer(asked: Asked) -> Answer:
        assert asked.headers["x-hub-signature"] == sign(
            "intercom-sandbox-client-secret", asked.body
        )
        arrived.append(json.loads(asked.body))
        twice = [one["id"] for one in arrived].count(arrived[-1]["id"]) > 1
        return Answer(None, 200 if twice or arrived[-1]["topic"] == "ticket.created" else 500)

    with server() as script:
        script.answer = answer  # type: ignore[method-assign]
        intercom.control("/_hooks", url="http://127.0.0.1:9/old", secret="x")
        intercom.control("/_hooks", url=f"{script.url}/hook", secret="x")
        yield arrived


def wait(arrived: list[dict[str, Any]], topic: str, times: int = 1) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        mine = [one for one in arrived if one["topic"] == topic]
        if len(mine) >= times:
            return mine[-1]
        time.sleep(0.02)
    raise AssertionError(f"no {topic} in {[one['topic'] for one in arrived]}")


def test_a_failed_notification_comes_once_more_with_the_same_id(
    intercom: Intercom, told: list[dict[str, Any]]
) -> None:
    ticket = intercom.create()
    (entry,) = intercom.control("/_act", ticket_id=ticket["id"], reply="We are on it")["ids"]
    again = wait(told, "ticket.admin.replied", times=2)
    time.sleep(0.3)
    mine = [one for one in told if one["topic"] == "ticket.admin.replied"]
    assert [one["id"] for one in mine] == [again["id"]] * 2
    item = again["data"]["item"]
    assert item["ticket"]["id"] == ticket["id"]
    assert (item["ticket_part"]["id"], item["ticket_part"]["body"]) == (
        entry,
        "<p>We are on it</p>",
    )


def test_a_state_stands_at_the_item_and_a_close_below_it(
    intercom: Intercom, told: list[dict[str, Any]]
) -> None:
    ticket = intercom.create()
    intercom.control("/_act", ticket_id=ticket["id"], status="resolved")
    item = wait(told, "ticket.state.updated")["data"]["item"]
    assert (item["id"], item["ticket_state"]["category"]) == (ticket["id"], "resolved")
    intercom.control("/_act", ticket_id=ticket["id"], status="closed")
    assert wait(told, "ticket.closed")["data"]["item"]["ticket"]["open"] is False


def test_since_2_15_notifications_hold_plain_words(
    intercom: Intercom, told: list[dict[str, Any]]
) -> None:
    intercom.control("/_settings", app_version=2.15, flat_parts=1)
    ticket = intercom.create()
    intercom.control("/_act", ticket_id=ticket["id"], reply="a\n<b>")
    item = wait(told, "ticket.admin.replied")["data"]["item"]
    assert item["id"] == ticket["id"]
    assert [one["body"] for one in item["ticket_parts"]["ticket_parts"]] == ["a\n<b>"]


def test_a_notified_ticket_may_be_as_short_as_in_the_example(
    intercom: Intercom, told: list[dict[str, Any]]
) -> None:
    intercom.control("/_settings", short_tickets=1)
    ticket = intercom.create()
    intercom.control("/_act", ticket_id=ticket["id"], reply="We are on it")
    item = wait(told, "ticket.admin.replied")["data"]["item"]
    assert set(item["ticket"]) == {"type", "id", "ticket_id", "ticket_state", "open"}
    assert item["ticket_part"]["body"] == "<p>We are on it</p>"


def test_what_the_api_writes_comes_back_too(intercom: Intercom, told: list[dict[str, Any]]) -> None:
    ticket = intercom.create()
    say = {"message_type": "comment", "type": "user", "email": "zoe@example.com", "body": "Hm"}
    part = intercom.reply(ticket, **say).json()
    item = wait(told, "ticket.contact.replied")["data"]["item"]
    assert item["ticket_part"]["id"] == part["id"]
