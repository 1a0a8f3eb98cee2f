"""Sources, connections, routes, mappings, subscribers, users and the rest, over the API."""

from typing import Any

import pytest

from tests.hub.api.conftest import Api
from tests.hub.api.test_conversations import work


def test_a_source_is_added_changed_rotated_and_removed(api: Api) -> None:
    made = api("POST", "/sources", {"name": " Website bot "}, expect=201)
    assert made["name"] == "Website bot"
    assert made["url"] == f"http://127.0.0.1:8000/webhooks/sources/{made['id']}"
    assert made["secret"].startswith("whsec_")
    words = {"handoff_message": {"de": "Ich hole Hilfe.", "default": "Help is coming."}}
    assert api("PATCH", f"/sources/{made['id']}", words)["handoff_message"]["de"]
    assert made["rate"] == 60_000
    assert api("PATCH", f"/sources/{made['id']}", {"rate": 600})["rate"] == 600
    rotated = api("POST", f"/sources/{made['id']}/rotate")
    assert rotated["secret"] != made["secret"]
    assert rotated["previous_secret"] is True
    clean = api("POST", f"/sources/{made['id']}/rotate", {"keep_previous": False})
    assert clean["previous_secret"] is False
    assert "secret" not in api("GET", f"/sources/{made['id']}")
    api("DELETE", f"/sources/{made['id']}")
    api("GET", f"/sources/{made['id']}", expect=404)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "bot", "dialect": "klingon"}, "dialect"),
        ({"name": "bot", "secret": "not whsec"}, "secret"),
        ({"name": "bot", "dialect": "bookbag", "handoff_message": {"de": " "}},
         "handoff_message.de"),
        ({"name": "bot", "rate": 0}, "rate"),
        ({"name": 7}, "name"),
        ({"name": "bot", "colour": "red"}, "colour"),
        ({}, "name"),
    ],
)  # fmt: skip
def test_a_wrong_field_of_a_source_is_named(api: Api, body: dict[str, Any], field: str) -> None:
    problem = api("POST", "/sources", body, expect=422)
    assert field in [error["field"] for error in problem["errors"]]


def test_two_sources_cannot_have_one_name(api: Api, source) -> None:
    problem = api("POST", "/sources", {"name": "bot"}, expect=422)
    assert problem["errors"] == [{"field": "name", "message": "bot is taken."}]
    other = api("POST", "/sources", {"name": "second"}, expect=201)
    api("PATCH", f"/sources/{other['id']}", {"name": "bot"}, expect=422)


def test_a_source_with_conversations_stays(api: Api, source, chat) -> None:
    api("DELETE", f"/sources/{source['id']}", expect=409)


def test_a_connection_is_tried_before_it_is_kept(api: Api, zendesk) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk}
    made = api("POST", "/connections", body, expect=201)
    assert made["ok"] and made["account"]["name"]
    assert made["connection"]["webhook_id"]
    wrong = body | {"name": "Wrong", "config": zendesk | {"client_secret": "wrong"}}
    problem = api("POST", "/connections", wrong, expect=422)
    assert problem["errors"][0]["field"] == "config"
    assert [c["name"] for c in api("GET", "/connections", desk="zendesk")["data"]] == ["Support"]


def test_no_answer_shows_the_credentials(api: Api, zendesk) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk}
    made = api("POST", "/connections", body, expect=201)
    shown = str(made) + str(api("GET", f"/connections/{made['connection']['id']}"))
    assert zendesk["client_secret"] not in shown
    stored = api.row("select config from connections where name = 'Support'")
    assert zendesk["client_secret"].encode() not in bytes(stored["config"])


def test_wrong_fields_of_a_config_are_named(api: Api) -> None:
    body = {"desk": "zendesk", "name": "S", "config": {"subdomain": "not a subdomain"}}
    problem = api("POST", "/connections", body, expect=422)
    assert "config.subdomain" in [error["field"] for error in problem["errors"]]
    for desk in ("nodesk", "live_chat"):
        body = {"desk": desk, "name": "S", "config": {}}
        assert api("POST", "/connections", body, expect=422)["errors"][0]["field"] == "desk"


def test_a_connection_is_changed_paused_verified_and_activated(api: Api, zendesk) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk}
    one = api("POST", "/connections", body, expect=201)["connection"]
    path = f"/connections/{one['id']}"
    changed = api("PATCH", path, {"rate": 60, "pause_ai_at": "assigned"})["connection"]
    assert (changed["rate"], changed["pause_ai_at"], changed["name"]) == (60, "assigned", "Support")
    assert api("POST", f"{path}/verify")["ok"]
    paused = api("POST", f"{path}/pause", {"reason": "Maintenance"})
    assert (paused["state"], paused["state_reason"]) == ("paused", "Maintenance")
    assert api("GET", "/events", type="connection.paused", direction="out")["data"]
    assert api("GET", "/connections", state="paused")["data"][0]["id"] == one["id"]
    assert api("POST", f"{path}/activate")["state"] == "active"
    wrong = {"config": {"client_secret": "wrong"}}
    api("PATCH", path, wrong, expect=422)
    assert api("POST", f"{path}/verify")["ok"]


def test_a_connection_goes_once_no_route_leads_to_it(api: Api, zendesk: dict[str, Any]) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk, "verify": False}
    one = api("POST", "/connections", body, expect=201)["connection"]
    route = api("POST", "/routes", {"to": ["Support"]}, expect=201)
    problem = api("DELETE", f"/connections/{one['id']}", expect=409)
    assert "Routes lead here (1)" in problem["detail"]
    api("DELETE", f"/routes/{route['id']}")
    api("DELETE", f"/connections/{one['id']}")
    api("GET", f"/connections/{one['id']}", expect=404)
    assert api("GET", "/connections", desk="zendesk")["data"] == []
    api("POST", "/connections", body, expect=201)  # its name is free


def test_a_dead_credential_is_a_verdict_and_pauses_the_connection(api: Api, zendesk) -> None:
    body = {"desk": "zendesk", "name": "S", "verify": False,
            "config": zendesk | {"client_secret": "wrong"}}  # fmt: skip
    one = api("POST", "/connections", body, expect=201)["connection"]
    verdict = api("POST", f"/connections/{one['id']}/verify")
    assert not verdict["ok"] and verdict["error"]
    assert verdict["connection"]["state"] == "paused"


def test_connectors_tell_their_forms(api: Api) -> None:
    names = [one["name"] for one in api("GET", "/connectors")["data"]]
    assert {"zendesk", "live_chat"} <= set(names) and names == sorted(names)
    zendesk = api("GET", "/connectors/zendesk")
    assert "subdomain" in zendesk["config_schema"]["required"]
    assert zendesk["default_mapping"].strip()
    api("GET", "/connectors/nodesk", expect=404)


def test_routes_come_in_the_order_in_which_they_are_tried(api: Api) -> None:
    for when in ("language = de", "language = fr", None):
        api("POST", "/routes", {"to": ["Help Desk"], "when": when}, expect=201)
    first = {"to": ["help desk"], "when": "priority = P1", "position": 1}
    made = api("POST", "/routes", first, expect=201)
    order = [one["when"] for one in api("GET", "/routes")["data"]]
    assert order == ["priority = P1", "language = de", "language = fr", None]
    pages, cursor = [], None
    while True:
        page = api("GET", "/routes", limit=2, **({"cursor": cursor} if cursor else {}))
        pages += [one["when"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == order
    assert api("PATCH", f"/routes/{made['id']}", {"when": None})["when"] is None
    api("DELETE", f"/routes/{made['id']}")
    assert len(api("GET", "/routes")["data"]) == 3


def test_wrong_fields_of_a_route_are_named(api: Api) -> None:
    for body, field in (
        ({"to": []}, "to"),
        ({"to": ["Nowhere"]}, "to"),
        ({"to": ["Help Desk"], "when": "moon is full"}, "when"),
        ({"to": ["Help Desk"], "position": 0}, "position"),
        ({"to": ["Help Desk"], "position": 10**12}, "position"),
    ):
        assert api("POST", "/routes", body, expect=422)["errors"][0]["field"] == field


def test_a_mapping_is_checked_previewed_and_kept(api: Api, chat) -> None:
    desk = api("GET", "/connections")["data"][0]
    path = f"/connections/{desk['id']}/mapping"
    assert api("GET", path)["version"] == 0
    text = "desk: live_chat\nticket:\n  subject: {from: summary.subject}\n  team: {value: vip}\n"
    body = {"connection_id": desk["id"], "conversation_id": "chat-1", "text": text}
    seen = api("POST", "/mappings/preview", body)
    assert seen["fields"]["team"] == "vip"
    assert "4711" in seen["fields"]["subject"]
    assert api("POST", "/mappings", {"connection_id": desk["id"], "text": text}, expect=201) == {
        "connection_id": desk["id"], "version": 1, "text": text, "checked": True,
    }  # fmt: skip
    assert api("GET", path)["version"] == 1
    listed = api("GET", "/mappings", connection_id=desk["id"])["data"]
    assert [(one["version"], one["author"]) for one in listed] == [(1, "key:owner")]
    assert api("GET", f"/mappings/{listed[0]['id']}")["text"] == text
    del body["text"]
    assert api("POST", "/mappings/preview", body)["fields"]["team"] == "vip"


def test_a_wrong_mapping_is_told_by_its_fields(api: Api) -> None:
    desk = api("GET", "/connections")["data"][0]
    text = "desk: live_chat\nticket:\n  subject: {from: summary.subjekt}\n"
    problem = api("POST", "/mappings", {"connection_id": desk["id"], "text": text}, expect=422)
    assert problem["errors"][0]["field"].startswith("ticket.subject")
    other = {"connection_id": desk["id"], "text": text.replace("live_chat", "zendesk")}
    api("POST", "/mappings", other, expect=422)


def test_a_subscriber_is_added_changed_rotated_and_removed(api: Api) -> None:
    body = {"url": "https://bots.example/hook", "events": ["ticket.created"]}
    made = api("POST", "/subscribers", body, expect=201)
    assert made["secret"].startswith("whsec_")
    path = f"/subscribers/{made['id']}"
    rotated = api("POST", f"{path}/rotate", {"overlap_hours": 1})
    assert rotated["secret"] != made["secret"] and rotated["previous_until"]
    assert api("PATCH", path, {"events": None})["events"] is None
    assert api("PATCH", path, {"state": "disabled"})["state"] == "disabled"
    assert api("PATCH", path, {"state": "active"})["state_reason"] is None
    api("DELETE", path)
    api("GET", path, expect=404)


def test_an_inner_address_is_no_subscriber(api: Api) -> None:
    for url in ("http://10.0.0.1/hook", "http://169.254.169.254/", "ftp://x.example", "nonsense",
                "https://user:pass@x.example/"):  # fmt: skip
        problem = api("POST", "/subscribers", {"url": url}, expect=422)
        assert problem["errors"][0]["field"] == "url"
    body = {"url": "https://x.example", "events": ["moon.landing"]}
    assert api("POST", "/subscribers", body, expect=422)["errors"][0]["field"] == "events"


def test_a_failed_delivery_is_sent_once_more(api: Api, chat) -> None:
    made = api("POST", "/subscribers", {"url": "http://127.0.0.1:9999/nobody"}, expect=201)
    api("POST", "/conversations/chat-1/takeover")
    with api.house.store.transaction() as tx:
        tx.run("update deliveries set state = 'failed', tries = 10, last_error = 'refused'")
    path = f"/subscribers/{made['id']}"
    failed = api("GET", f"{path}/deliveries", state="failed")["data"]
    assert failed and failed[0]["tries"] == 10
    again = api("POST", f"{path}/deliveries/{failed[0]['id']}/retry")
    assert (again["state"], again["tries"]) == ("pending", 0)
    assert api("POST", f"/subscribers/deliveries/{failed[0]['id']}/retry")["id"] == again["id"]
    work_once = "select count(*) as n from pgqueuer where payload = :p"
    payload = f"deliver:{failed[0]['id']}".encode()
    assert api.row(work_once, p=payload)["n"] == 2  # the first one's job, and the retry's
    api("PATCH", path, {"state": "disabled"})
    with api.house.store.transaction() as tx:
        tx.run("update deliveries set state = 'dropped'")
    api("POST", f"{path}/deliveries/{failed[0]['id']}/retry", expect=409)


def test_users_are_added_changed_and_removed(api: Api) -> None:
    body = {"email": "Ada@X.example", "name": "Ada", "password": "a long phrase"}
    made = api("POST", "/users", body, expect=201)
    assert made["email"] == "ada@x.example" and made["can_sign_in"]
    assert "password" not in str(made)
    changed = api("PATCH", f"/users/{made['id']}", {"available": False, "max_open": 3})
    assert (changed["available"], changed["max_open"]) == (False, 3)
    for wrong, field in (
        ({"email": "nobody"}, "email"),
        ({"email": "ada@x.example"}, "email"),
        ({"email": "b@x.example", "password": "short"}, "password"),
        ({"email": "b@x.example", "role": "king"}, "role"),
    ):
        assert api("POST", "/users", wrong, expect=422)["errors"][0]["field"] == field
    api("PATCH", f"/users/{made['id']}", {"max_open": 0}, expect=422)
    api("DELETE", f"/users/{made['id']}")
    api("GET", f"/users/{made['id']}", expect=404)


def test_the_last_owner_stays(api: Api) -> None:
    first = api("POST", "/users", {"email": "o@x.example", "role": "owner"}, expect=201)
    api("DELETE", f"/users/{first['id']}", expect=409)
    api("PATCH", f"/users/{first['id']}", {"role": "agent"}, expect=409)
    api("POST", "/users", {"email": "p@x.example", "role": "owner"}, expect=201)
    api("DELETE", f"/users/{first['id']}")


def test_a_user_who_worked_can_be_removed(api: Api, chat) -> None:
    ada = api("POST", "/users", {"email": "ada@x.example"}, expect=201)
    api("POST", "/conversations/chat-1/takeover", {"user": ada["id"]})
    work(api)
    api("DELETE", f"/users/{ada['id']}")


def test_every_change_stands_in_the_audit_with_its_actor(api: Api, source) -> None:
    lines = api("GET", "/audit", subject_id=source["id"])["data"]
    assert [(line["what"], line["actor"]) for line in lines] == [("source.added", "key:owner")]
    api("POST", "/sources", {"name": "x"}, role="admin", expect=201)
    assert api("GET", "/audit", actor="key:admin")["data"][0]["what"] == "source.added"


def test_events_tell_both_directions(api: Api, chat) -> None:
    api("POST", "/conversations/chat-1/takeover")
    kinds = {(one["direction"], one["type"]) for one in api("GET", "/events")["data"]}
    assert {("in", "conversation.started"), ("out", "conversation.paused")} <= kinds
    paused = api("GET", "/events", type="conversation.paused")["data"][0]
    assert api("GET", f"/events/{paused['id']}")["data"]["conversation"]["id"] == chat["id"]
    assert api("GET", "/events", conversation_id=chat["id"], direction="in")["data"]


def test_pages_cover_everything_once_newest_first(api: Api) -> None:
    names = [f"bot {number}" for number in range(7)]
    for name in names:
        api("POST", "/sources", {"name": name}, expect=201)
    seen, cursor = [], {}
    while True:
        page = api("GET", "/sources", limit=3, **cursor)
        seen += [one["name"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
        api("POST", "/sources", {"name": f"late {len(seen)}"}, expect=201)  # shifts nothing
    assert seen == names[::-1]


def test_a_subscribers_options_are_set_shown_and_refused_by_field(api: Api) -> None:
    secret = "whsec_" + "QUJD" * 8
    body = {"url": "https://bots.example/hook", "ordered": True, "asymmetric": True,
            "secret": secret}  # fmt: skip
    made = api("POST", "/subscribers", body, expect=201)
    assert (made["secret"], made["ordered"], made["version"]) == (secret, True, 1)
    assert made["public_key"].startswith("whpk_") and made["source_id"] is None
    path = f"/subscribers/{made['id']}"
    rotated = api("POST", f"{path}/rotate", {})
    assert rotated["public_key"] != made["public_key"]
    plain = api("PATCH", path, {"asymmetric": False, "ordered": False})
    assert (plain["public_key"], plain["ordered"]) == (None, False)
    for wrong, field in (({"secret": "whsec_QUJD"}, "secret"), ({"version": 2}, "version")):
        refused = api("POST", "/subscribers", {"url": body["url"]} | wrong, expect=422)
        assert refused["errors"][0]["field"] == field
    api("POST", f"{path}/rotate", {"secret": "whsec_" + "QUJD" * 22}, expect=422)


def test_a_test_event_and_a_replay_are_jobs_that_the_api_shows(api: Api) -> None:
    made = api("POST", "/subscribers", {"url": "https://bots.example/hook"}, expect=201)
    path = f"/subscribers/{made['id']}"
    delivery = api("POST", f"{path}/test", expect=202)
    assert (delivery["state"], delivery["attempts"]) == ("pending", [])
    replay = api("POST", f"{path}/replays", {"which": "all", "since": "2026-01-01T00:00:00Z"},
                 expect=202)  # fmt: skip
    assert (replay["state"], replay["total"], replay["sent"]) == ("running", 0, 0)
    api("POST", f"{path}/replays", {"since": "2026-01-01T00:00:00Z"}, expect=409)
    one = f"{path}/replays/{replay['id']}"
    assert api("GET", one)["id"] == replay["id"]
    stopped = api("POST", f"{one}/stop")
    assert (stopped["state"], stopped["last_error"]) == ("stopped", "A person stopped it.")
    assert [row["id"] for row in api("GET", f"{path}/replays")["data"]] == [replay["id"]]
    late = {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    assert api("POST", f"{path}/replays", late, expect=422)["errors"][0]["field"] == "since"
    api("PATCH", path, {"state": "disabled"})
    for call in ("test", "replays"):
        api("POST", f"{path}/{call}", {"since": late["until"]} if call == "replays" else None,
            expect=409)  # fmt: skip


def test_a_source_has_options_a_preview_and_a_way_back(api: Api) -> None:
    options = {
        "signature": {"kind": "secret", "header": "X-Api-Key"},
        "type": {"value": "conversation.escalated"},
        "fields": {"conversation.id": "chat.id"},
    }
    told = {"name": "Acme", "dialect": "json", "options": options}
    made = api("POST", "/sources", told, expect=201)
    assert made["options"]["signature"]["header"] == "X-Api-Key" and made["callback"] is None
    asked = {"dialect": "json", "options": options, "body": {"chat": {"id": 7}}}
    (event,) = api("POST", "/sources/preview", asked)["events"]
    assert event["conversation"] == {"id": "7"}
    for change, field in (
        ({"body": {}}, "body.chat.id"),
        ({"options": options | {"type": {}}}, "options.type"),
        ({"dialect": "klingon"}, "dialect"),
        ({"dialect": "standard", "options": options}, "options.fields"),
    ):
        refused = api("POST", "/sources/preview", asked | change, expect=422)
        assert refused["errors"][0]["field"] == field
    refused = api("PATCH", f"/sources/{made['id']}", {"options": {}}, expect=422)
    assert refused["errors"][0]["field"].startswith("options.")
    callback = {"url": "https://bp.example/hook", "token": "the-token"}
    bot = {"name": "Bot", "dialect": "botpress", "callback": callback}
    back = api("POST", "/sources", bot, expect=201)
    assert "the-token" not in str(back) and back["callback"]["url"] == callback["url"]
    line = api("GET", f"/subscribers/{back['callback']['subscriber_id']}")
    assert (line["source_id"], line["ordered"]) == (back["id"], True)
    api("POST", f"/subscribers/{line['id']}/rotate", {}, expect=409)
    api("POST", f"/subscribers/{line['id']}/test", expect=409)
    assert api("PATCH", f"/sources/{back['id']}", {"rate": 5})["callback"] is not None
    assert api("PATCH", f"/sources/{back['id']}", {"callback": None})["callback"] is None
    api("DELETE", f"/sources/{back['id']}")
