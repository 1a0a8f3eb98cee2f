"""The Freshdesk sandbox against Freshdesk's own facts."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from connectors.freshdesk import sandbox_text
from connectors.sandbox import running
from tests.contract.desk import eventually, inbox

KEY = "freshdesk-sandbox-api-key"
TICKET = {"email": "zoe@example.com", "name": "Zoë", "subject": "Hi", "description": "Hello"}


class Freshdesk:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.http.auth = (KEY, "X")

    def control(self, path: str, **wish: Any) -> Any:
        told = requests.post(f"{self.origin}{path}", json={"desk": "freshdesk", **wish}, timeout=10)
        assert told.ok, told.text
        return told.json()

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        return self.http.request(method, f"{self.origin}/freshdesk/api/v2{path}", timeout=10, **how)

    def create(self, **fields: Any) -> dict[str, Any]:
        told = self.call("POST", "/tickets", json=TICKET | fields)
        assert told.status_code == 201, told.text
        ticket: dict[str, Any] = told.json()
        return ticket

    def codes(self, **fields: Any) -> list[tuple[str, str]]:
        told = self.call("POST", "/tickets", json=TICKET | fields)
        assert told.status_code == 400 and told.json()["description"] == "Validation failed"
        return [(error["field"], error["code"]) for error in told.json()["errors"]]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["freshdesk"]) as base_url:
        yield base_url


@pytest.fixture
def freshdesk(origin: str) -> Freshdesk:
    client = Freshdesk(origin)
    client.control("/_reset")
    client.control("/_settings", search_lag=120, rate_per_minute=700, creates_per_minute=280)
    return client


def test_the_api_key_is_the_user_name_and_any_password_will_do(freshdesk: Freshdesk) -> None:
    freshdesk.http.auth = (KEY, "anything")
    assert freshdesk.call("GET", "/agents/me").json()["contact"]["name"] == "Hub Integration"
    freshdesk.http.auth = ("wrong", "X")
    no = freshdesk.call("GET", "/agents/me")
    assert (no.status_code, no.json()["code"]) == (401, "invalid_credentials")


def test_a_restricted_agent_sees_only_their_own_tickets(freshdesk: Freshdesk) -> None:
    ticket = freshdesk.create()["id"]
    freshdesk.http.auth = ("freshdesk-sandbox-restricted-key", "X")
    no = freshdesk.call("GET", f"/tickets/{ticket}")
    assert (no.status_code, no.json()["code"]) == (403, "access_denied")
    assert freshdesk.call("GET", "/tickets").json() == []


def test_a_new_ticket_is_flat_with_its_defaults_and_its_place(freshdesk: Freshdesk) -> None:
    told = freshdesk.call("POST", "/tickets", json=TICKET | {"description": "<p>a<br>b</p>&amp;"})
    ticket = told.json()
    assert (ticket["status"], ticket["priority"], ticket["source"]) == (2, 1, 2)
    assert ticket["description_text"] == "a\nb\n&"
    assert told.headers["Location"].endswith(f"/api/v2/tickets/{ticket['id']}")
    contact = freshdesk.call("GET", f"/contacts/{ticket['requester_id']}").json()
    assert contact["email"] == "zoe@example.com"


def test_each_mark_of_a_requester_makes_one_contact(freshdesk: Freshdesk) -> None:
    first, second = freshdesk.create(), freshdesk.create(email="ZOE@example.com")
    other = freshdesk.create(email=None, unique_external_id="u-1")
    assert first["requester_id"] == second["requester_id"] != other["requester_id"]
    no = freshdesk.call("POST", "/contacts", json={"name": "Z", "email": "zoe@example.com"})
    (error,) = no.json()["errors"]
    assert (no.status_code, error["code"]) == (409, "duplicate_value")
    assert error["additional_info"]["user_id"] == first["requester_id"]


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"email": None}, "requester_id", "missing_field"),
        ({"email": None, "name": None, "phone": "+49151"}, "name", "missing_field"),
        ({"email": "not an address"}, "email", "invalid_value"),
        ({"subject": ""}, "subject", "missing_field"),
        ({"subject": "x" * 256}, "subject", "invalid_value"),
        ({"status": 1}, "status", "invalid_value"),
        ({"status": "2"}, "status", "datatype_mismatch"),
        ({"tags": ["x" * 33]}, "tags", "invalid_value"),
        ({"colour": "red"}, "colour", "invalid_field"),
        ({"custom_fields": {"cf_unknown": "x"}}, "cf_unknown", "invalid_field"),
        ({"custom_fields": {"cf_order_number": 7}}, "cf_order_number", "datatype_mismatch"),
        ({"due_by": "2026-12-01T00:00:00Z"}, "fr_due_by", "missing_field"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    freshdesk: Freshdesk, fields: dict[str, Any], field: str, code: str
) -> None:
    assert freshdesk.codes(**fields) == [(field, code)]


def test_other_refusals_have_the_vendors_shapes(freshdesk: Freshdesk) -> None:
    nobody = freshdesk.call("GET", "/tickets/999")
    assert (nobody.status_code, nobody.content) == (404, b"")
    text = freshdesk.call("POST", "/tickets", data="{", headers={"Content-Type": "text/plain"})
    assert text.status_code == 415
    broken = freshdesk.call(
        "POST", "/tickets", data="{", headers={"Content-Type": "application/json"}
    )
    assert (broken.status_code, broken.json()["code"]) == (400, "invalid_json")
    assert freshdesk.call("PUT", "/tickets", json={}).status_code == 405


def test_limits_are_told_and_embedding_costs_more(freshdesk: Freshdesk) -> None:
    freshdesk.control("/_settings", rate_per_minute=5)
    first = freshdesk.call("GET", "/tickets?include=stats,requester")
    assert first.headers["X-RateLimit-Used-CurrentRequest"] == "5"
    assert (first.headers["X-RateLimit-Total"], first.headers["X-RateLimit-Remaining"]) == (
        "5",
        "0",
    )
    late = freshdesk.call("GET", "/agents/me")
    assert late.status_code == 429 and 0 < int(late.headers["Retry-After"]) <= 60
    assert list(late.json()) == ["message"]


def test_new_tickets_have_a_limit_of_their_own(freshdesk: Freshdesk) -> None:
    freshdesk.control("/_settings", creates_per_minute=1)
    freshdesk.create()
    assert freshdesk.call("POST", "/tickets", json=TICKET).status_code == 429
    assert freshdesk.call("GET", "/tickets").status_code == 200


def test_lists_have_a_limit_of_their_own(freshdesk: Freshdesk) -> None:
    freshdesk.control("/_settings", ticket_lists_per_minute=20)  # Growth
    told = [freshdesk.call("GET", "/tickets") for _ in range(21)]
    freshdesk.control("/_settings", ticket_lists_per_minute=200)
    assert [r.status_code for r in told] == [200] * 20 + [429]
    assert 0 < int(told[20].headers["Retry-After"]) <= 60
    ticket = freshdesk.create()["id"]
    assert freshdesk.call("PUT", f"/tickets/{ticket}", json={"status": 3}).status_code == 200


def test_lists_go_by_page_with_a_link_to_the_next(freshdesk: Freshdesk) -> None:
    made = [freshdesk.create()["id"] for _ in range(3)]
    asked = {"per_page": 2, "order_by": "updated_at", "order_type": "asc"}
    asked |= {"updated_since": "2020-01-01T00:00:00Z"}
    first = freshdesk.call("GET", "/tickets", params=asked)
    second = freshdesk.http.get(first.links["next"]["url"], timeout=10)
    assert [t["id"] for t in first.json() + second.json()] == made
    assert "Link" not in second.headers and "description" not in first.json()[0]
    for wrong in ("per_page=101", "page=0", "page=301"):
        assert freshdesk.call("GET", f"/tickets?{wrong}").status_code == 400


def test_a_list_tells_what_changed_since(freshdesk: Freshdesk) -> None:
    freshdesk.create()
    later = (datetime.now(UTC) + timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert freshdesk.call("GET", f"/tickets?updated_since={later}").json() == []
    assert freshdesk.call("GET", "/tickets?updated_since=yesterday").status_code == 400


def test_the_search_is_late_and_knows_tags_and_own_fields(freshdesk: Freshdesk) -> None:
    ticket = freshdesk.create(tags=["esc_1"], custom_fields={"cf_order_number": "A 7"})["id"]
    query = {"query": "\"tag:'esc_1' AND (status:3 OR cf_order_number:'A 7')\""}
    assert freshdesk.call("GET", "/search/tickets", params=query).json()["total"] == 0
    freshdesk.control("/_settings", search_lag=0)
    told = freshdesk.call("GET", "/search/tickets", params=query).json()
    assert (told["total"], [row["id"] for row in told["results"]]) == (1, [ticket])
    for wrong in ("tag:'esc_1'", '"tag:"', '"colour:3"', f'"{"x" * 513}"'):
        no = freshdesk.call("GET", "/search/tickets", params={"query": wrong})
        assert no.status_code == 400, wrong


def test_a_customers_note_is_incoming_and_a_reply_is_the_agents(freshdesk: Freshdesk) -> None:
    ticket = freshdesk.create()
    notes, who = f"/tickets/{ticket['id']}/notes", ticket["requester_id"]
    said = {"body": "Hm", "private": False, "incoming": True, "user_id": who}
    assert freshdesk.call("POST", notes, json=said).status_code == 201
    assert freshdesk.call("POST", notes, json={"body": "x"}).json()["private"] is True
    freshdesk.control("/_act", ticket_id=str(ticket["id"]), reply="a < b\nc")
    told = freshdesk.call("GET", f"/tickets/{ticket['id']}/conversations").json()
    shown = [(one["source"], one["incoming"], one["private"], one["body_text"]) for one in told]
    assert shown == [
        (2, True, False, "Hm"),
        (2, False, True, "x"),
        (0, False, False, "a < b\nc"),
    ]
    whole = freshdesk.call("GET", f"/tickets/{ticket['id']}?include=conversations,requester")
    assert len(whole.json()["conversations"]) == 3
    assert whole.json()["requester"]["email"] == "zoe@example.com"


def test_files_come_as_multipart_and_their_addresses_die(freshdesk: Freshdesk) -> None:
    ticket, data = freshdesk.create()["id"], bytes(range(256))
    freshdesk.control("/_settings", attachment_bytes=300)
    form = {"body": "See", "private": "false"}
    where = f"/tickets/{ticket}/notes"
    told = freshdesk.call("POST", where, data=form, files={"attachments[]": ("ä.png", data)})
    (file,) = told.json()["attachments"]
    assert (told.status_code, told.json()["private"]) == (201, False)
    assert (file["name"], file["size"]) == ("ä.png", 256)
    more = freshdesk.call("POST", where, data=form, files={"attachments[]": ("b.png", data)})
    assert more.status_code == 400  # all files of a ticket together
    assert requests.get(file["attachment_url"], timeout=10).content == data
    freshdesk.control("/_settings", attachment_url_life=-1)
    (late,) = freshdesk.call("GET", f"/tickets/{ticket}/conversations").json()
    (file,) = late["attachments"]
    assert requests.get(file["attachment_url"], timeout=10).status_code == 403
    freshdesk.control("/_settings", attachment_url_life=300, attachment_bytes=20 * 1024 * 1024)


def test_a_deleted_ticket_is_listed_by_its_filter_and_takes_nothing(freshdesk: Freshdesk) -> None:
    ticket = freshdesk.create()["id"]
    assert freshdesk.call("DELETE", f"/tickets/{ticket}").status_code == 204
    assert freshdesk.call("GET", "/tickets").json() == []
    (row,) = freshdesk.call("GET", "/tickets?filter=deleted").json()
    assert (row["id"], row["deleted"]) == (ticket, True)
    assert freshdesk.call("PUT", f"/tickets/{ticket}", json={"status": 3}).status_code == 405
    note = freshdesk.call("POST", f"/tickets/{ticket}/notes", json={"body": "x"})
    assert note.status_code == 405
    assert freshdesk.call("PUT", f"/tickets/{ticket}/restore").status_code == 204
    assert freshdesk.call("PUT", f"/tickets/{ticket}", json={"status": 3}).json()["status"] == 3


def test_a_rules_webhook_carries_strings_and_its_secret_and_is_tried_again(
    freshdesk: Freshdesk,
) -> None:
    ticket = freshdesk.create()["id"]
    with inbox() as box:
        freshdesk.control("/_hooks", url=box.url, secret="s3cret")
        freshdesk.control("/_act", ticket_id=str(ticket), status="Resolved")
        (told,) = eventually(lambda: box.requests, "the webhook")
        freshdesk.control("/_hooks", url=f"{freshdesk.origin}/nowhere", secret="s3cret")
        freshdesk.control("/_settings", webhook_retry_pace=0)
        freshdesk.control("/_act", ticket_id=str(ticket), note="Hm")
        sent = eventually(lambda: tries(freshdesk, 404), "four tries")
    freshdesk.control("/_settings", webhook_retry_pace=0.001)
    assert told.headers["x-hub-secret"] == "s3cret"
    assert f'"ticket_id":"{ticket}"'.encode() in told.body and b'"Resolved"' in told.body
    assert sent == [1, 2, 3, 4]


def tries(freshdesk: Freshdesk, status: int) -> list[int]:
    asked = {"desk": "freshdesk", "call": "webhook_sent"}
    told = requests.get(f"{freshdesk.origin}/_ledger", params=asked, timeout=10).json()["data"]
    found = [entry["attempt"] for entry in told if entry["status"] == status]
    return found if len(found) == 4 else []


@pytest.mark.parametrize("text", ["a\nb", "<b>&amp;", "a\n\nb", "語 👍", "x < y > z"])
def test_an_agents_words_become_html_and_back(text: str) -> None:
    assert sandbox_text.plain(sandbox_text.rich(text)) == text


def test_html_reads_as_a_browser_shows_it() -> None:
    markup = "<div>a\n  b</div>\n<p>c&nbsp;d<br/>\ne</p><pre>f\n g</pre>"
    assert sandbox_text.plain(markup) == "a b\nc\xa0d\ne\nf\n g"
