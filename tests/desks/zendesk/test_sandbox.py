"""The Zendesk sandbox against Zendesk's own facts: who may, how often, and webhooks."""

import base64
import time

import requests

from connectors.zendesk.sandbox_webhooks import sign
from tests.desks.zendesk.sandbox_client import Zendesk, origin, zendesk

__all__ = ["origin", "zendesk"]


def test_the_signature_matches_the_known_vectors() -> None:
    secret, at = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==", "2021-07-25T10:00:00Z"
    body = b'{"say": "hello"}'
    assert sign(secret, at, body) == "gf3v0LzLRHPUnIdhbvwRDVEvzSb07/QN0GYjSNlkBT0="
    assert sign(secret, at, b"") == "Quv38XAfu9ZaMGBsk0NSntquALrZBp815j0203kelQA="


def test_a_token_lives_as_long_as_was_asked(zendesk: Zendesk) -> None:
    told = zendesk.token(expires_in=1800).json()
    assert (told["token_type"], told["expires_in"]) == ("bearer", 1800)
    zendesk.sign_in(expires_in=1)
    assert zendesk.call("GET", "/tickets").status_code == 200
    time.sleep(1.1)
    late = zendesk.call("GET", "/tickets")
    assert (late.status_code, late.json()["error"]) == (401, "invalid_token")


def test_wrong_credentials_get_no_token(zendesk: Zendesk) -> None:
    assert zendesk.token(client_secret="wrong").json()["error"] == "invalid_client"
    assert zendesk.token(grant_type="password").json()["error"] == "unsupported_grant_type"


def test_a_refresh_kills_the_old_pair(zendesk: Zendesk) -> None:
    where = {"client_id": "hub", "redirect_uri": "https://hub.example/oauth/callback"}
    url = f"{zendesk.origin}/zendesk/oauth/authorizations/new"
    said = where | {"state": "s", "decision": "allow"}
    back = requests.post(url, data=said, allow_redirects=False, timeout=10)
    code = back.headers["Location"].split("code=")[1].split("&")[0]
    first = zendesk.token(grant_type="authorization_code", code=code, **where).json()
    wish = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = zendesk.token(**wish).json()
    assert second["refresh_token"] != first["refresh_token"]
    zendesk.http.headers["Authorization"] = f"Bearer {first['access_token']}"
    assert zendesk.call("GET", "/tickets").status_code == 401
    assert zendesk.token(**wish).json()["error"] == "invalid_grant"


def test_legacy_tokens_still_open_the_door(zendesk: Zendesk) -> None:
    for token, status in (("zendesk-sandbox-token", 200), ("wrong", 401)):
        pair = base64.b64encode(f"hub@acme.example/token:{token}".encode()).decode()
        zendesk.http.headers["Authorization"] = f"Basic {pair}"
        assert zendesk.call("GET", "/tickets").status_code == status


def test_nobody_is_answered_with_200_and_no_id(zendesk: Zendesk) -> None:
    del zendesk.http.headers["Authorization"]
    assert zendesk.call("GET", "/users/me.json").json()["user"]["id"] is None
    assert zendesk.call("GET", "/tickets").status_code == 401


def test_an_agent_may_neither_export_nor_register_webhooks(zendesk: Zendesk) -> None:
    zendesk.sign_in(client_id="hub_agent", client_secret="zendesk-sandbox-agent-secret")
    assert zendesk.call("GET", "/users/me").json()["user"]["role"] == "agent"
    for path in ("/incremental/tickets/cursor?start_time=1", "/webhooks"):
        no = zendesk.call("GET", path)
        assert no.status_code == 403 and isinstance(no.json()["error"], dict)


def test_a_scope_to_read_does_not_write(zendesk: Zendesk) -> None:
    who = {"client_id": "hub_readonly", "client_secret": "zendesk-sandbox-readonly-secret"}
    assert zendesk.token(**who).json()["error"] == "invalid_scope"
    zendesk.sign_in(**who, scope="read")
    assert zendesk.call("GET", "/tickets").status_code == 200
    assert zendesk.call("POST", "/tickets", json={"ticket": {}}).status_code == 403


def test_limits_are_told_and_kept(zendesk: Zendesk) -> None:
    zendesk.control("/_reset")
    zendesk.sign_in()
    zendesk.control("/_settings", rate_per_minute=3)
    told = [zendesk.call("GET", "/tickets") for _ in range(4)]
    assert [r.status_code for r in told] == [200, 200, 200, 429]
    assert told[0].headers["X-Rate-Limit"] == told[0].headers["ratelimit-limit"] == "3"
    assert [r.headers["X-Rate-Limit-Remaining"] for r in told] == ["2", "1", "0", "0"]
    assert 0 < int(told[3].headers["Retry-After"]) <= 60


def test_the_export_is_limited_to_ten_a_minute(zendesk: Zendesk) -> None:
    url = "/incremental/tickets/cursor?start_time=1"
    told = [zendesk.call("GET", url).status_code for _ in range(11)]
    assert told == [200] * 10 + [429]


def test_one_user_may_update_one_ticket_thirty_times(zendesk: Zendesk) -> None:
    ticket = zendesk.create()["id"]
    told = [zendesk.update(ticket, subject=str(n)) for n in range(31)]
    assert [r.status_code for r in told] == [200] * 30 + [429]
    assert "updating this ticket again" in told[30].text
    assert 60 < int(told[30].headers["Retry-After"]) <= 600
    assert int(told[30].headers["X-Rate-Limit-Remaining"]) > 0


def test_webhooks_are_checked_shown_and_removed(zendesk: Zendesk) -> None:
    hook = {
        "name": "Hub",
        "endpoint": "http://127.0.0.1:9/hook",
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": ["zen:event-type:ticket.comment_added"],
    }
    made = zendesk.call("POST", "/webhooks", json={"webhook": hook})
    ulid = made.json()["webhook"]["id"]
    assert made.status_code == 201 and len(ulid) == 26
    secret = zendesk.call("GET", f"/webhooks/{ulid}/signing_secret").json()["signing_secret"]
    assert secret["algorithm"] == "SHA256" and secret["secret"]
    mixed = hook | {"subscriptions": [*hook["subscriptions"], "conditional_ticket_events"]}
    no = zendesk.call("POST", "/webhooks", json={"webhook": mixed})
    assert no.status_code == 400 and no.json()["errors"][0]["code"]
    change = {"webhook": {"status": "inactive"}}
    assert zendesk.call("PATCH", f"/webhooks/{ulid}", json=change).status_code == 204
    listed = zendesk.call("GET", "/webhooks", params={"filter[name_contains]": "Hub"}).json()
    assert [h["status"] for h in listed["webhooks"]] == ["inactive"]
    assert zendesk.call("DELETE", f"/webhooks/{ulid}").status_code == 204
    assert zendesk.call("GET", f"/webhooks/{ulid}").status_code == 404
