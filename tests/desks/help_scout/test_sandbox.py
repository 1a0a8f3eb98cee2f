"""The Help Scout sandbox against Help Scout's own facts."""

import base64
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from connectors.help_scout.sandbox_webhooks import sign
from connectors.sandbox import running
from tests.contract.desk import eventually, inbox

APP = {"client_id": "hub-app", "client_secret": "help-scout-sandbox-secret"}
SAID = {"type": "customer", "text": "My parcel is lost.", "customer": {"email": "zoe@example.com"}}
WISH = {
    "subject": "Lost",
    "mailboxId": 85,
    "type": "email",
    "status": "active",
    "customer": {"email": "zoe@example.com", "firstName": "Zoë", "lastName": "Müller"},
    "threads": [SAID],
    "tags": ["esc_1"],
}


class HelpScout:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()
        self.control("/_reset")
        self.control("/_settings", search_lag=30, rate_per_minute=800, token_lifetime=172_800)
        self.sign_in()

    def control(self, path: str, **wish: Any) -> Any:
        url = f"{self.origin}{path}"
        told = self.http.post(url, json={"desk": "help_scout", **wish}, timeout=10)
        assert told.ok, told.text
        return told.json()

    def token(self, **wish: Any) -> requests.Response:
        url = f"{self.origin}/help_scout/v2/oauth2/token"
        form = APP | {"grant_type": "client_credentials"} | wish
        return self.http.post(url, data=form, timeout=10)

    def sign_in(self) -> None:
        self.http.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        url = f"{self.origin}/help_scout/v2{path}"
        return self.http.request(method, url, timeout=10, allow_redirects=False, **how)

    def create(self, **more: Any) -> str:
        made = self.call("POST", "/conversations", json=WISH | more)
        assert made.status_code == 201 and made.content == b"", made.text
        return made.headers["Resource-ID"]

    def found(self, **query: str) -> list[str]:
        told = self.call("GET", "/conversations", params=query).json()
        return [str(one["id"]) for one in told.get("_embedded", {}).get("conversations", [])]


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["help_scout"]) as base_url:
        yield base_url


@pytest.fixture
def desk(origin: str) -> HelpScout:
    return HelpScout(origin)


def test_the_signature_matches_the_known_vector() -> None:
    body = b'{"id":123,"subject":"Need Help"}'
    assert sign("test-secret", body) == "PvrWx8LJB0QNCvkDvUM2KrS9BfM="


def test_a_token_lives_two_days_and_a_wrong_secret_gets_none(desk: HelpScout) -> None:
    assert desk.token().json()["expires_in"] == 172_800
    no = desk.token(client_secret="wrong")
    assert (no.status_code, no.json()["error"]) == (401, "invalid_client")
    assert desk.token(grant_type="refresh_token").json()["error"] == "invalid_grant"


def test_a_dead_token_is_refused(desk: HelpScout) -> None:
    desk.control("/_settings", token_lifetime=1)
    desk.sign_in()
    assert desk.call("GET", "/users/me").status_code == 200
    time.sleep(1.1)
    assert desk.call("GET", "/users/me").status_code == 401


def test_a_refresh_token_is_good_for_one_use(desk: HelpScout) -> None:
    where = f"{desk.origin}/help_scout/authentication/authorizeClientApplication"
    said = {"client_id": "hub-app", "state": "s", "decision": "allow"}
    said["redirect_uri"] = "https://hub.example/oauth/callback"
    back = requests.post(where, data=said, allow_redirects=False, timeout=10)
    code = back.headers["Location"].split("code=")[1].split("&")[0]
    first = desk.token(grant_type="authorization_code", code=code).json()["refresh_token"]
    second = desk.token(grant_type="refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    no = desk.token(grant_type="refresh_token", refresh_token=first)
    assert no.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("gone", ["subject", "mailboxId", "type", "status", "customer", "threads"])
def test_what_is_required_is_asked_for_by_name(desk: HelpScout, gone: str) -> None:
    no = desk.call("POST", "/conversations", json=WISH | {gone: None})
    assert no.status_code == 400
    assert no.headers["Content-Type"].startswith("application/vnd.error+json")
    assert no.json()["_embedded"]["errors"][0]["path"] == gone


def test_a_strangers_customer_id_is_refused(desk: HelpScout) -> None:
    no = desk.call("POST", "/conversations", json=WISH | {"customer": {"id": 1}})
    assert no.status_code == 400


def test_a_101st_thread_is_refused(desk: HelpScout) -> None:
    assert (
        desk.call("POST", "/conversations", json=WISH | {"threads": [SAID] * 101}).status_code
        == 412
    )
    full = desk.create(threads=[SAID] * 100)
    more = {"text": "More", "customer": {"email": "zoe@example.com"}}
    assert desk.call("POST", f"/conversations/{full}/customer", json=more).status_code == 412


def test_what_is_too_large_is_refused(desk: HelpScout) -> None:
    long = SAID | {"text": "x" * 100_001}
    assert desk.call("POST", "/conversations", json=WISH | {"threads": [long]}).status_code == 413
    data = base64.b64encode(b"x" * (10 * 1024 * 1024 + 1)).decode()
    file = {"fileName": "a.bin", "mimeType": "application/octet-stream", "data": data}
    large = SAID | {"attachments": [file]}
    assert desk.call("POST", "/conversations", json=WISH | {"threads": [large]}).status_code == 413


def test_a_file_comes_back_as_it_was(desk: HelpScout) -> None:
    number = desk.create()
    (thread,) = desk.call("GET", f"/conversations/{number}/threads").json()["_embedded"]["threads"]
    file = {
        "fileName": "ü.png",
        "mimeType": "image/png",
        "data": base64.b64encode(b"\x00p").decode(),
    }
    where = f"/conversations/{number}/threads/{thread['id']}/attachments"
    made = desk.call("POST", where, json=file)
    assert made.status_code == 201
    told = desk.call("GET", f"/conversations/{number}?embed=threads").json()
    (shown,) = told["_embedded"]["threads"][0]["_embedded"]["attachments"]
    assert (shown["filename"], shown["size"]) == ("ü.png", 2)
    data = desk.http.get(shown["_links"]["data"]["href"], timeout=10).json()["data"]
    assert data == file["data"]


def test_the_search_index_lags_and_the_list_does_not(desk: HelpScout) -> None:
    number = desk.create()
    assert desk.found(status="all") == [number]
    assert desk.found(status="all", query='(tag:"esc_1")') == []
    desk.control("/_settings", search_lag=0)
    assert desk.found(status="all", query='(tag:"esc_1")') == [number]
    assert desk.found(status="all", query='(tag:"esc_")') == []
    assert desk.found(status="all", query='(email:"zoe@example.com")') == [number]


def test_only_active_ones_are_listed_unless_all_are_wanted(desk: HelpScout) -> None:
    number = desk.create()
    desk.control("/_act", ticket_id=number, status="closed")
    assert desk.found() == [] and desk.found(status="all") == [number]


def test_a_page_holds_25_and_an_empty_one_has_no_list(desk: HelpScout) -> None:
    assert "_embedded" not in desk.call("GET", "/conversations").json()
    made = [desk.create() for _ in range(27)]
    query = {"status": "all", "sortField": "modifiedAt", "sortOrder": "asc"}
    assert desk.found(**query) == made[:25] and desk.found(**query, page="2") == made[25:]
    told = desk.call("GET", "/conversations", params=query).json()
    assert told["page"] == {"size": 25, "totalElements": 27, "totalPages": 2, "number": 1}


def test_a_patch_takes_one_operation(desk: HelpScout) -> None:
    number = desk.create()
    change = {"op": "replace", "path": "/status", "value": "closed"}
    assert desk.call("PATCH", f"/conversations/{number}", json=change).status_code == 204
    assert desk.call("GET", f"/conversations/{number}").json()["status"] == "closed"
    assert desk.call("PATCH", f"/conversations/{number}", json=[change]).status_code == 400


def test_the_customers_message_reopens_unless_it_is_imported(desk: HelpScout) -> None:
    number = desk.create()
    said = {"text": "Hello?", "customer": {"email": "zoe@example.com"}}
    for more, status in (({"imported": True}, "closed"), ({}, "active")):
        desk.control("/_act", ticket_id=number, status="closed")
        made = desk.call("POST", f"/conversations/{number}/customer", json=said | more)
        assert made.status_code == 201 and made.headers["Resource-ID"]
        assert desk.call("GET", f"/conversations/{number}").json()["status"] == status


def test_only_users_move_the_time_of_the_users_last_deed(desk: HelpScout) -> None:
    def moved() -> str:
        return str(desk.call("GET", f"/conversations/{number}").json()["userUpdatedAt"])

    number = desk.create()
    desk.control("/_act", ticket_id=number, status="closed")
    closed = moved()
    time.sleep(1.1)
    said = {"text": "Hello?", "customer": {"email": "zoe@example.com"}}
    desk.call("POST", f"/conversations/{number}/customer", json=said)
    assert moved() == closed
    desk.control("/_act", ticket_id=number, reply="Here we are")
    assert moved() > closed


def test_tags_are_replaced_and_not_added(desk: HelpScout) -> None:
    number = desk.create(tags=["one", "two"])
    desk.call("PUT", f"/conversations/{number}/tags", json={"tags": ["Three"]})
    tags = desk.call("GET", f"/conversations/{number}").json()["tags"]
    assert [tag["tag"] for tag in tags] == ["three"]


def test_a_merged_conversation_has_moved_and_a_deleted_one_is_gone(desk: HelpScout) -> None:
    one, other, third = desk.create(), desk.create(), desk.create()
    desk.control("/_act", ticket_id=one, merge=other)
    moved = desk.call("GET", f"/conversations/{one}")
    assert moved.status_code == 301 and moved.headers["Location"].endswith(f"/{other}")
    change = {"op": "replace", "path": "/status", "value": "closed"}
    assert desk.call("PATCH", f"/conversations/{one}", json=change).status_code == 404
    assert desk.call("GET", f"/conversations/{one}/threads").status_code == 404
    desk.control("/_act", ticket_id=third, delete=True)
    assert desk.call("GET", f"/conversations/{third}").status_code == 404
    assert desk.found(status="all") == [other]


def test_a_write_costs_two_and_the_limit_has_its_own_headers(desk: HelpScout) -> None:
    desk.control("/_reset")
    desk.sign_in()
    desk.control("/_settings", rate_per_minute=4)
    made = desk.call("POST", "/conversations", json=WISH)
    assert made.headers["X-RateLimit-Limit-Minute"] == "4"
    assert made.headers["X-RateLimit-Remaining-Minute"] == "2"
    assert [desk.call("GET", "/users/me").status_code for _ in range(3)] == [200, 200, 429]
    no = desk.call("GET", "/users/me")
    assert no.json()["message"] == "API rate limit exceeded" and "Retry-After" not in no.headers
    assert 0 < int(no.headers["X-RateLimit-Retry-After"]) <= 60


def test_a_webhooks_secret_is_short_and_never_shown(desk: HelpScout) -> None:
    hook = {"url": "http://127.0.0.1:9/", "events": ["convo.status"], "secret": "s" * 41}
    assert desk.call("POST", "/webhooks", json=hook).status_code == 400
    made = desk.call("POST", "/webhooks", json=hook | {"secret": "s" * 40, "payloadVersion": "V2"})
    number = made.headers["Resource-ID"]
    shown = desk.call("GET", f"/webhooks/{number}").json()
    assert shown["state"] == "enabled" and "s" * 40 not in str(shown)
    assert desk.call("PUT", f"/webhooks/{number}", json=hook | {"secret": "x"}).status_code == 204
    assert desk.call("DELETE", f"/webhooks/{number}").status_code == 204
    assert desk.call("GET", f"/webhooks/{number}").status_code == 404


def test_an_agents_reply_is_told_with_its_event_and_signature(desk: HelpScout) -> None:
    with inbox() as box:
        events = ["convo.agent.reply.created", "convo.deleted"]
        hook = {"url": box.url, "events": events, "secret": "shh", "payloadVersion": "V2"}
        desk.call("POST", "/webhooks", json=hook)
        number = desk.create()
        desk.control("/_act", ticket_id=number, reply="Found <it>")
        desk.control("/_act", ticket_id=number, delete=True)
        eventually(lambda: len(box.requests) == 2, "two webhooks")
        told, gone = box.requests
        assert told.headers["x-helpscout-event"] == "convo.agent.reply.created"
        assert told.headers["x-helpscout-signature"] == sign("shh", told.body)
        assert b"<p>Found &lt;it&gt;</p>" in told.body
        assert gone.body == b'{"id": %s}' % number.encode()
