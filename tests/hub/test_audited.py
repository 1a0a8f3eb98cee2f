"""Every change of state stands in the audit, but for what `UNRECORDED` gives a reason."""

import re
from datetime import date
from typing import Any

from flask import Flask

from hub import admin
from hub.house import House
from tests.console.office import PASSWORD, Office
from tests.hub import who_may
from tests.hub.company import Company, noun, path
from tests.hub.who_may import Route

LATER = "another horse, another battery"  # a password
LEAVING = "leaving@x.example"  # a customer whose data is asked for
UNRECORDED: dict[str, set[Route]] = {
    "they change nothing": {
        ("POST", "/v1/conversations/<id>/control"),
        ("POST", "/v1/routes/preview"),
        ("POST", "/v1/mappings/preview"),
        ("POST", "/v1/sources/preview"),
        ("POST", "/sources/preview"),
        ("POST", "/sources/<source_id>/preview"),
        ("POST", "/v1/privacy/preview"),
        ("POST", "/privacy/customer"),
    },
    "what comes of the way to a desk's own page is recorded when they are back": {
        ("POST", "/connections/new/<desk>"),
        ("POST", "/connections/<connection_id>/authorize"),
    },
    "a desk is asked first; they are kept by what keeps `/v1/connections`": {
        ("POST", "/connections/new/<desk>/credentials"),
        ("POST", "/connections/<connection_id>/credentials"),
    },
    "words are kept with their author and their time": {
        ("POST", "/v1/conversations/<id>/messages"),
        ("POST", "/conversations/<conversation_id>/entries"),
        ("POST", "/playground"),
        ("POST", "/playground/<conversation_id>/say"),
        ("POST", "/playground/<conversation_id>/hear"),
    },
    "who looks at a conversation is forgotten in a moment": {
        ("POST", "/conversations/<conversation_id>/presence"),
    },
}
MAPPING = admin.default_mapping("live_chat")
# Every change of state with what it needs, in an order in which all of them can be made.
CHANGES: list[tuple[Route, dict[str, Any]]] = [
    (("POST", "/v1/conversations/<id>/takeover"), {}),
    (("POST", "/v1/conversations/<id>/resume"), {}),
    (("POST", "/v1/escalations"), {"conversation_id": "conversations"}),
    (("POST", "/v1/escalations/<id>/retry"), {}),
    (("POST", "/v1/escalations/retries"), {}),
    (("POST", "/v1/sources"), {"name": "another"}),
    (("PATCH", "/v1/sources/<id>"), {"name": "renamed"}),
    (("POST", "/v1/sources/<id>/rotate"), {}),
    (
        ("POST", "/v1/connections"),
        {
            "desk": "freshdesk",
            "name": "Untried",
            "verify": False,
            "config": {"domain": "acme", "api_key": "x" * 20},
        },
    ),
    (("PATCH", "/v1/connections/<id>"), {"name": "Desk"}),
    (("POST", "/v1/connections/<id>/verify"), {}),
    (("POST", "/v1/connections/<id>/pause"), {}),
    (("POST", "/v1/connections/<id>/activate"), {}),
    (("POST", "/v1/routes"), {"to": ["Desk"], "when": "language = de"}),
    (("PATCH", "/v1/routes/<id>"), {"give_up_after": 5}),
    (
        ("POST", "/v1/mappings"),
        {"connection_id": "connections", "text": MAPPING, "check": "syntax"},
    ),
    (("POST", "/v1/mappings/<id>/restore"), {"check": "syntax"}),
    (("POST", "/v1/subscribers"), {"url": "https://y.example/h"}),
    (("PATCH", "/v1/subscribers/<id>"), {"url": "https://z.example/h"}),
    (("POST", "/v1/subscribers/<id>/rotate"), {}),
    (("POST", "/v1/subscribers/<id>/test"), {}),
    (("POST", "/v1/subscribers/<id>/replays"), {"since": "2026-01-01T00:00:00Z"}),
    (("POST", "/v1/subscribers/<subscriber_id>/replays/<id>/stop"), {}),
    (("POST", "/v1/subscribers/deliveries/<id>/retry"), {}),
    (("POST", "/v1/subscribers/<subscriber_id>/deliveries/<id>/retry"), {}),
    (("POST", "/v1/users"), {"email": "new@x.example"}),
    (("PATCH", "/v1/users/<id>"), {"name": "Renamed"}),
    (("POST", "/v1/users/<id>/link"), {}),
    (("PUT", "/v1/team/<id>/hours"), {"shifts": []}),
    (("POST", "/v1/team/<id>/days-off"), {"first_day": "2040-02-01"}),
    (("DELETE", "/v1/team/<id>/days-off/<days_off_id>"), {}),
    (("POST", "/v1/keys"), {"name": "new"}),
    (("POST", "/conversations/<conversation_id>/takeover"), {}),
    (("POST", "/conversations/<conversation_id>/assignee"), {"assignee": ""}),
    (("POST", "/conversations/<conversation_id>/status"), {"status": "pending"}),
    (("POST", "/conversations/<conversation_id>/resume"), {}),
    (("POST", "/escalations/<escalation_id>/retry"), {}),
    (("POST", "/escalations/retries"), {"id": "escalations"}),
    (("POST", "/canned-texts"), {"name": "Farewell", "text": "Bye!"}),
    (("POST", "/canned-texts/<canned_id>/remove"), {}),
    (("PATCH", "/v1/privacy"), {"transcript_days": 90}),
    (("POST", "/privacy"), {"transcript_days": "100", "payload_days": ""}),
    (("POST", "/v1/privacy/export"), {"email": LEAVING}),
    (("POST", "/privacy/export"), {"email": LEAVING}),
    (("POST", "/v1/privacy/erasures"), {"email": LEAVING}),
    (("POST", "/privacy/erasures"), {"email": LEAVING, "conversations": "1"}),
    (("POST", "/routes"), {"to": "connections", "when": "language = fr", "give_up_after": "5"}),
    (("POST", "/routes/<route_id>"), {"to": "connections", "give_up_after": "5"}),
    (("POST", "/routes/<route_id>/switch/<way>"), {}),
    (("POST", "/routes/<route_id>/move/<way>"), {}),
    (("POST", "/routes/<route_id>/remove"), {}),
    (("POST", "/routes/time-zone"), {"time_zone": "Europe/Berlin"}),
    (("POST", "/connections/<connection_id>/pause"), {}),
    (("POST", "/connections/<connection_id>/activate"), {}),
    (("POST", "/connections/<connection_id>/verify"), {}),
    (("POST", "/connections/<connection_id>/settings"), {"name": "Help"}),
    (("POST", "/connections/<connection_id>/webhook"), {}),
    (("POST", "/connections/<connection_id>/secret"), {"webhook_secret": "s" * 20}),
    (("POST", "/connections/<connection_id>/mapping"), {"text": MAPPING, "unchecked": "1"}),
    (("POST", "/connections/<connection_id>/mapping/<mapping_id>/restore"), {}),
    (("POST", "/connections/<connection_id>/remove"), {}),
    (("POST", "/team/rule"), {"rule": "manual"}),
    (("POST", "/team/<user_id>/available"), {"available": "0"}),
    (("POST", "/team/<user_id>/hours"), {"mon": "09:00-17:00"}),
    (("POST", "/team/<user_id>/days-off"), {"first_day": "2040-03-01"}),
    (("POST", "/team/<user_id>/days-off/<days_off_id>/remove"), {}),
    (("POST", "/sources/new"), {"name": "third", "dialect": "standard"}),
    (("POST", "/sources/<source_id>"), {"name": "named", "rate": "100"}),
    (("POST", "/sources/<source_id>/state/<state>"), {}),
    (("POST", "/sources/<source_id>/rotate"), {}),
    (("POST", "/sources/<source_id>/end-previous"), {}),
    (
        ("POST", "/sources/<source_id>/callback"),
        {"callback_url": "https://chat.example", "callback_token": "token"},
    ),
    (("POST", "/sources/<source_id>/callback/end"), {}),
    (("POST", "/sources/<source_id>/remove"), {}),
    (("POST", "/subscribers/new"), {"url": "https://w.example/h"}),
    (("POST", "/subscribers/<subscriber_id>"), {"url": "https://v.example/h"}),
    (("POST", "/subscribers/<subscriber_id>/state/<state>"), {}),
    (("POST", "/subscribers/<subscriber_id>/rotate"), {}),
    (("POST", "/subscribers/<subscriber_id>/test"), {}),
    (("POST", "/subscribers/<subscriber_id>/replay"), {"delivery": "deliveries"}),
    (
        ("POST", "/subscribers/<subscriber_id>/replays"),
        {"which": "all", "since": "2026-01-01T00:00"},
    ),
    (("POST", "/subscribers/<subscriber_id>/replays/<replay_id>/stop"), {}),
    (("POST", "/subscribers/<subscriber_id>/remove"), {}),
    (("POST", "/keys"), {"name": "another", "role": "agent", "expires": ""}),
    (("POST", "/keys/<key_id>/revoke"), {}),
    (("POST", "/people"), {"email": "newer@x.example", "role": "agent"}),
    (("POST", "/people/<user_id>"), {"name": "One", "role": "agent"}),
    (("POST", "/people/<user_id>/link"), {}),
    (("POST", "/people/<user_id>/state/<state>"), {}),
    (("POST", "/people/<user_id>/remove"), {}),
    (("POST", "/playground/<conversation_id>/agent"), {"deed": "take"}),
    (("POST", "/playground/<conversation_id>/reset"), {}),
    (("POST", "/account"), {"name": "Me", "appearance": "dark"}),
    (("POST", "/account/sessions/<session_id>/end"), {}),
    (("POST", "/account/sessions/end"), {}),
    (
        ("POST", "/account/password"),
        {"current": PASSWORD, "password": LATER, "again": LATER},
    ),
    (("DELETE", "/v1/routes/<id>"), {}),
    (("DELETE", "/v1/connections/<id>"), {}),
    (("DELETE", "/v1/subscribers/<id>"), {}),
    (("DELETE", "/v1/users/<id>"), {}),
    (("DELETE", "/v1/keys/<id>"), {}),
    (("DELETE", "/v1/sources/<id>"), {}),
]


def test_every_change_of_state_stands_in_the_audit(
    app: Flask, house: House, workspace: str
) -> None:
    company = Company(app, house, workspace)
    ids = company.found()
    key, person = company.key("owner"), company.person("owner", PASSWORD)
    changing = {
        route
        for table in (who_may.API, who_may.CONSOLE)
        for route, _ in who_may.by_role(table)
        if route[0] != "GET"
    }
    assert {route for route, _ in CHANGES} == changing - set.union(*UNRECORDED.values())
    silent = []
    for route, body in CHANGES:
        there = make_ready(company, route, ids)
        before = company.value("select count(*) from audit where workspace_id = :w")
        caller = key if route[1].startswith("/v1/") else person
        given = {name: there.get(str(value), value) for name, value in body.items()}
        answer = caller(route, path(route[1], there), given)
        assert answer.status_code in (200, 201, 202, 303), (route, answer.status, answer.text)
        company.run_jobs()  # what is done at the Help Desk comes back as a desk's news does
        after = company.value("select count(*) from audit where workspace_id = :w")
        if after == before:
            silent.append(route)
    assert not silent


def make_ready(company: Company, route: Route, ids: dict[str, str]) -> dict[str, str]:
    """Run what waits; the ids of what the change can be made of."""
    company.run_jobs()
    method, rule = route
    with company.house.store.transaction() as tx:
        if "/deliveries/" in rule or rule.endswith("/replay"):
            tx.run("update deliveries set state = 'failed'")
        if "/escalations/" in rule:
            tx.run(
                "update escalations set state = 'parked', parked = '{}' where id = :id",
                id=ids["escalations"],
            )
        if rule == "/people/<user_id>/state/<state>":
            tx.run("update users set deactivated_at = now() where id = :id", id=ids["users"])
    if rule.endswith("/stop"):
        return ids | {"replays": company.begin_replay(ids["subscribers"])}
    if "/callback" in rule:
        made = admin.add_source(company.house, company.workspace, rule, "chatwoot")
        return ids | {"sources": made["id"]}
    if "<session_id>" in rule:
        owner = company.value("select id from users where workspace_id = :w and role = 'owner'")
        return ids | {"sessions": company.another_session(owner)}
    if "/privacy/e" in rule:
        company.customer(LEAVING)
    if method == "DELETE" or rule.endswith(("/remove", "/revoke")):
        what = noun(rule, re.findall(r"<[^>]+>", rule)[-1])
        return ids | {what: unused(company, what, ids)}
    return ids


def unused(company: Company, what: str, ids: dict[str, str]) -> str:
    """One that nothing needs, to be taken away."""
    house, workspace, name = company.house, company.workspace, f"unused {what}"
    with house.store.transaction() as tx:
        if what == "routes":
            return str(admin.add_route(tx, workspace, [ids["connections"]])["id"])
        if what == "keys":
            return str(admin.create_key(tx, workspace, name)["id"])
        if what == "users":
            return admin.add_user(tx, workspace, "unused@x.example")
        if what == "days_off":
            return str(admin.add_days_off(tx, workspace, ids["users"], date(2040, 4, 1))["id"])
    if what == "sources":
        return str(admin.add_source(house, workspace, name, "standard")["id"])
    if what == "subscribers":
        return str(admin.add_subscriber(house, workspace, "https://u.example/h")["id"])
    if what == "connections":
        return Office(house, workspace).connect(name=name)
    return ids[what]
