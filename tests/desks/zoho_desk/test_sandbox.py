"""The Zoho Desk sandbox against Zoho's own facts."""

import base64
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from connectors.sandbox import running
from tests.contract.desk import eventually, inbox

ORG, DEPARTMENT = "60001280", "204000000006"
FORM = {
    "grant_type": "refresh_token",
    "client_id": "1000.SANDBOXHUB",
    "client_secret": "zoho-sandbox-secret",
    "refresh_token": "1000.refresh-of-the-hub",
}
PERSON = {"lastName": "Müller", "firstName": "Zoë", "email": "zoe@example.com"}
TICKET = {"subject": "Hi", "departmentId": DEPARTMENT, "contact": PERSON}
TICK = 0.002  # times are whole milliseconds: two calls can have the same, and no order
FOREVER = "2020-01-01T00:00:00.000Z,2099-01-01T00:00:00.000Z"


class Zoho:
    """A plain HTTP client of the sandbox."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = requests.Session()

    def control(self, path: str, **wish: Any) -> Any:
        wish = {"desk": "zoho_desk", **wish}
        told = self.http.post(f"{self.origin}{path}", json=wish, timeout=10)
        assert told.ok, told.text
        return told.json()

    def token(self, **over: Any) -> requests.Response:
        url = f"{self.origin}/zoho_desk/oauth/v2/token"
        return self.http.post(url, data=FORM | over, timeout=10)

    def sign_in(self, **over: Any) -> None:
        access = self.token(**over).json()["access_token"]
        self.http.headers.update({"Authorization": f"Zoho-oauthtoken {access}", "orgId": ORG})

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        url = f"{self.origin}/zoho_desk/api/v1{path}"
        return self.http.request(method, url, timeout=10, **how)

    def create(self, **fields: Any) -> dict[str, Any]:
        told = self.call("POST", "/tickets", json=TICKET | fields)
        assert told.status_code == 200, told.text
        return dict(told.json())


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    with running(["zoho_desk"]) as base_url:
        yield base_url


@pytest.fixture
def zoho(origin: str) -> Zoho:
    client = Zoho(origin)
    client.control("/_reset")
    client.control("/_settings", search_lag=0, concurrency=25, credits_per_day=100_000)
    client.control("/_settings", token_lifetime=3600, mandatory_category=0, jwt_in_ms=0)
    client.sign_in()
    return client


def test_errors_of_oauth_come_with_200(zoho: Zoho) -> None:
    for over, word in (
        ({"refresh_token": "1000.nobody"}, "invalid_code"),
        ({"client_id": "1000.NOBODY"}, "invalid_client"),
    ):
        told = zoho.token(**over)
        assert (told.status_code, told.json()["error"]) == (200, word)


def test_a_token_lives_an_hour_and_the_refresh_token_stays(zoho: Zoho) -> None:
    told = zoho.token().json()
    assert told["expires_in"] == 3600 and "refresh_token" not in told
    zoho.control("/_settings", token_lifetime=1)
    zoho.sign_in()
    assert zoho.call("GET", "/myinfo").status_code == 200
    time.sleep(1.1)
    late = zoho.call("GET", "/myinfo")
    assert (late.status_code, late.json()["errorCode"]) == (401, "INVALID_OAUTH")


def test_ten_tokens_in_ten_minutes_and_no_more(zoho: Zoho) -> None:
    told = [zoho.token().json() for _ in range(10)]  # the fixture took the first
    assert ["access_token" in one for one in told] == [True] * 9 + [False]


def test_an_authorization_code_works_once(zoho: Zoho) -> None:
    redirect = {"redirect_uri": "https://hub.example/oauth/callback"}
    said = redirect | {"client_id": FORM["client_id"], "decision": "allow"}
    url = f"{zoho.origin}/zoho_desk/oauth/v2/auth"
    back = requests.post(url, data=said, allow_redirects=False, timeout=10).headers["Location"]
    code = back.split("code=")[1].split("&")[0]
    form = redirect | {"grant_type": "authorization_code", "code": code}
    assert zoho.token(**form).json()["refresh_token"].startswith("1000.")
    assert zoho.token(**form).json() == {"error": "invalid_code"}


def test_the_organisation_stands_in_a_header(zoho: Zoho) -> None:
    del zoho.http.headers["orgId"]
    assert zoho.call("GET", "/organizations").json()["data"][0]["id"] == ORG
    refused = zoho.call("GET", "/tickets?orgId=60001280")
    assert (refused.status_code, refused.json()["errorCode"]) == (403, "OAUTH_ORG_MISMATCH")


def test_a_missing_scope_is_told(zoho: Zoho) -> None:
    zoho.sign_in(refresh_token="1000.refresh-without-rights")
    for path in ("/tickets/search?status=Open", "/webhooks"):
        refused = zoho.call("GET", path)
        assert (refused.status_code, refused.json()["errorCode"]) == (403, "SCOPE_MISMATCH")
    assert zoho.call("GET", "/tickets").status_code == 204


def test_a_ticket_needs_subject_department_and_contact(zoho: Zoho) -> None:
    assert zoho.create()["statusType"] == "Open"
    for name, field in (("subject", "subject"), ("departmentId", "departmentId")):
        refused = zoho.call("POST", "/tickets", json={n: v for n, v in TICKET.items() if n != name})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["fieldName"] == f"/{field}"
        assert refused.json()["errors"][0]["errorType"] == "missing"
    for wrong in (
        {"subject": ""},
        {"departmentId": "7"},
        {"surprise": "x"},
        {"cf": {"cf_unknown": "x"}},
        {"status": "Dreaming"},
        {"priority": "Urgent"},
        {"contact": {"email": "no-last-name@example.com"}},
    ):
        refused = zoho.call("POST", "/tickets", json=TICKET | wrong)
        assert (refused.status_code, refused.json()["errorCode"]) == (422, "INVALID_DATA"), wrong


def test_mandatory_fields_of_the_layout_are_enforced(zoho: Zoho) -> None:
    zoho.control("/_settings", mandatory_category=1)
    refused = zoho.call("POST", "/tickets", json=TICKET)
    assert refused.json()["errors"][0] == {
        **{"fieldName": "/category", "errorType": "missing", "errorMessage": ""}
    }


def test_an_inline_contact_is_reused_by_email(zoho: Zoho) -> None:
    one = zoho.create()
    time.sleep(TICK)
    other = zoho.create(contact=PERSON | {"email": "ZOE@example.com"})
    assert one["contactId"] == other["contactId"]
    path = f"/contacts/{one['contactId']}/tickets"
    rows = zoho.call("GET", path, params={"sortBy": "-createdTime"}).json()["data"]
    assert [row["id"] for row in rows] == [other["id"], one["id"]]


def test_a_change_is_a_patch(zoho: Zoho) -> None:
    path = f"/tickets/{zoho.create()['id']}"
    assert zoho.call("PUT", path, json={"status": "Closed"}).status_code == 405
    told = zoho.call("PATCH", path, json={"status": "Resolved"}).json()
    assert (told["status"], told["statusType"]) == ("Resolved", "Closed")


def test_the_search_lags_and_an_empty_answer_has_no_body(zoho: Zoho) -> None:
    zoho.control("/_settings", search_lag=0.5)
    ticket = zoho.create(cf={"cf_escalation_id": "esc_1"})
    asked = {"customField1": "cf_escalation_id:esc_1"}
    none = zoho.call("GET", "/tickets/search", params=asked)
    assert (none.status_code, none.content) == (204, b"")
    time.sleep(0.6)
    (row,) = zoho.call("GET", "/tickets/search", params=asked).json()["data"]
    assert row["id"] == ticket["id"]


def test_the_search_walks_a_window_of_time_and_not_for_ever(zoho: Zoho) -> None:
    ids = [zoho.create()["id"] for _ in range(3)]
    time.sleep(TICK)
    zoho.call("PATCH", f"/tickets/{ids[0]}", json={"priority": "High"})
    asked = {"modifiedTimeRange": FOREVER, "sortBy": "modifiedTime", "limit": "2"}
    pages = [
        zoho.call("GET", "/tickets/search", params=asked | {"from": str(start)}).json()["data"]
        for start in (0, 2)
    ]
    assert [row["id"] for page in pages for row in page] == [ids[1], ids[2], ids[0]]
    for wrong in ({"from": "1000"}, {"limit": "101"}, {"sortBy": "surprise"}):
        assert zoho.call("GET", "/tickets/search", params=asked | wrong).status_code == 422
    strange = zoho.call("GET", "/tickets?modifiedTimeRange=x")
    assert strange.status_code == 422 and "Extra query parameter" in strange.json()["message"]


def test_the_list_of_threads_has_no_content(zoho: Zoho) -> None:
    ticket = zoho.create(description="<p>1 &lt; 2</p>")["id"]
    (entry,) = zoho.control("/_act", ticket_id=ticket, reply="Hello <you>")["ids"]
    rows = zoho.call("GET", f"/tickets/{ticket}/threads?sortBy=-sendDateTime").json()["data"]
    assert [(r["direction"], r["isDescriptionThread"]) for r in rows] == [
        ("out", False),
        ("in", True),
    ]
    assert rows[0]["author"]["type"] == "AGENT" and not [r for r in rows if "content" in r]
    whole = zoho.call("GET", f"/tickets/{ticket}/threads/{entry}").json()
    assert whole["content"] == "<div>Hello &lt;you&gt;</div>"


def test_comments_are_the_token_users_own_and_have_a_limit(zoho: Zoho) -> None:
    path = f"/tickets/{zoho.create()['id']}/comments"
    wish = {"content": "x" * 32_000, "contentType": "plainText", "isPublic": False}
    told = zoho.call("POST", path, json=wish).json()
    assert told["commenter"]["name"] == "Escalation Hub" and told["isPublic"] is False
    long = zoho.call("POST", path, json=wish | {"content": "x" * 32_001})
    assert long.status_code == 422


def test_an_upload_is_used_once_and_a_large_file_refused(zoho: Zoho) -> None:
    made = zoho.call("POST", "/uploads", files={"file": ("a.txt", b"abc", "text/plain")}).json()
    path = f"/tickets/{zoho.create()['id']}/comments"
    wish = {"content": "see", "attachmentIds": [made["id"]]}
    told = zoho.call("POST", path, json=wish).json()
    href = told["attachments"][0]["href"]
    assert zoho.http.get(href, timeout=10).content == b"abc"
    assert zoho.call("POST", path, json=wish).status_code == 422
    large = {"file": ("b", b"x" * (20 * 1024 * 1024 + 1))}
    assert zoho.call("POST", "/uploads", files=large).status_code == 413


def test_credits_and_concurrency_are_limited_each_in_its_own_way(zoho: Zoho) -> None:
    told = zoho.call("GET", "/tickets/search?status=Open")
    assert told.headers["X-Rate-Limit-Request-Weight-v3"] == "3"
    zoho.control("/_settings", credits_per_day=0)
    spent = zoho.call("GET", "/myinfo")
    assert (spent.status_code, spent.json()["errorCode"]) == (429, "THRESHOLD_EXCEEDED")
    assert 0 < int(spent.headers["Retry-After"]) <= 86_401
    zoho.control("/_settings", concurrency=0)
    crowded = zoho.call("GET", "/myinfo")
    assert crowded.json()["errorCode"] == "TOO_MANY_REQUESTS"
    assert "Retry-After" not in crowded.headers


def hook(url: str, **over: Any) -> dict[str, Any]:
    update = {"fields": ["status"], "includePrevState": True}
    return {"name": "Hub", "url": url, "subscriptions": {"Ticket_Update": update}} | over


def test_a_webhook_must_answer_a_get_and_be_spelt_right(zoho: Zoho) -> None:
    refused = zoho.call("POST", "/webhooks", json=hook("http://127.0.0.1:9/none"))
    assert (refused.status_code, refused.json()["errors"][0]["fieldName"]) == (422, "/url")
    with inbox() as box:
        for update in ({"ignoreSourceId": "1"}, {"fields": list("abcdef")}):
            wish = hook(box.url, subscriptions={"Ticket_Update": update})
            assert zoho.call("POST", "/webhooks", json=wish).status_code == 422
        assert zoho.call("POST", "/webhooks", json=hook(box.url, name="x" * 51)).status_code == 422
        for _ in range(10):
            assert zoho.call("POST", "/webhooks", json=hook(box.url)).status_code == 200
        last = zoho.call("POST", "/webhooks", json=hook(box.url))
        assert last.json()["errorCode"] == "LICENSE_ACCESS_LIMITED"


@pytest.mark.parametrize("in_ms", [0, 1])
def test_a_delivery_is_an_array_with_a_token_that_the_published_key_proves(
    zoho: Zoho, in_ms: int
) -> None:
    zoho.control("/_settings", jwt_in_ms=in_ms)
    ticket = zoho.create()["id"]
    with inbox() as box:
        made = zoho.call("POST", "/webhooks", json=hook(box.url)).json()["id"]
        zoho.control("/_act", ticket_id=ticket, status="Closed")
        sent = eventually(lambda: box.requests, "a webhook")[0]
    (event,) = json.loads(sent.body)
    assert (event["eventType"], event["payload"]["id"]) == ("Ticket_Update", ticket)
    assert event["prevState"]["status"] == "Open"
    head, claims, signature = (_bytes(part) for part in sent.headers["x-zdesk-jwt"].split("."))
    key = requests.get(f"{zoho.origin}/zoho_desk/.well-known/jwks.json", timeout=10).json()["keys"]
    assert json.loads(head)["alg"] == "RS256" and json.loads(head)["kid"] == key[0]["kid"]
    n, e = (int.from_bytes(_bytes(key[0][name]), "big") for name in ("n", "e"))
    public = rsa.RSAPublicNumbers(e, n).public_key()
    text = sent.headers["x-zdesk-jwt"].rpartition(".")[0].encode()
    public.verify(signature, text, padding.PKCS1v15(), SHA256())
    with pytest.raises(InvalidSignature):
        public.verify(signature, text + b"x", padding.PKCS1v15(), SHA256())
    told = json.loads(claims)
    assert (told["iss"], told["aud"]) == (f"orgId:{ORG}", f"webhookId:{made}")
    assert (told["exp"] > 10**12) is bool(in_ms)


def _bytes(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
