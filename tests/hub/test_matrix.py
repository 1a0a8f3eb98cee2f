"""Every route, as every role, in one's own workspace and at another's; see `who_may`."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from hub import admin
from hub.house import House
from tests.hub import who_may
from tests.hub.company import THEIR_WORDS, Caller, Company, form_token, own_rows, path
from tests.hub.who_may import Route

ROLES = ("viewer", "agent", "admin", "owner")
ASKED_BY_SCRIPTS = {  # who is signed out is told so in a word, not by a page
    ("GET", "/live"),
    ("GET", "/notices"),
    ("GET", "/conversations/<conversation_id>/canned-texts"),
    ("POST", "/conversations/<conversation_id>/presence"),
}
# What the API must be given before it looks for the row.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/conversations/<id>/control": {"epoch": 0},
    "/v1/conversations/<id>/messages": {"role": "customer", "text": "x"},
    "/v1/subscribers/<id>/replays": {"since": "2026-01-01T00:00:00Z"},
    "/v1/team/<id>/hours": {"shifts": []},
    "/v1/team/<id>/days-off": {"first_day": "2040-01-01"},
}


@pytest.fixture
def company(app: Flask, house: House, workspace: str) -> Company:
    return Company(app, house, workspace)


@pytest.fixture
def stranger(app: Flask, house: House) -> Company:
    with house.store.transaction() as tx:
        return Company(app, house, admin.add_workspace(tx, house, "others", "Others"))


def test_every_route_is_in_the_table_and_served(app: Flask) -> None:
    served = {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("api_strays.")
        if not rule.endpoint.partition(".")[2].startswith("not_")
    }
    listed = [
        *who_may.routes(who_may.ANYONE), *who_may.routes(who_may.SIGNED),
        *(route for table in (who_may.API, who_may.CONSOLE) for route, _ in who_may.by_role(table)),
    ]  # fmt: skip
    assert len(listed) == len(set(listed)) > 180
    assert set(listed) == served


@pytest.mark.parametrize("kind", ["key", "person"])
def test_every_route_is_for_its_role_and_for_those_above(company: Company, kind: str) -> None:
    callers = {role: getattr(company, kind)(role) for role in ROLES}
    table = who_may.API if kind == "key" else who_may.CONSOLE
    for route, least in who_may.by_role(table):
        for rank, role in enumerate(ROLES):
            answer = callers[role](route, path(route[1]), {"nothing": "that anybody knows"})
            refused = answer.status_code == 403
            assert refused == (rank < ROLES.index(least)), (route, role, answer.status)
            assert answer.status_code < 500, (route, role)
            assert answer.status_code not in (401, 405), (route, role)


def test_nobody_comes_in_without_a_key_or_a_session_that_is_good(company: Company) -> None:
    for caller in without_key(company):
        for place, (route, _) in enumerate(who_may.by_role(who_may.API)):
            # From everywhere: wrong keys have a rate by address.
            caller.client.environ_base["REMOTE_ADDR"] = f"2001:db8:0:{place:x}::1"
            answer = caller(route, path(route[1]))
            assert answer.status_code == 401, (route, caller.headers)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.content_type == "application/problem+json"
    for caller in (*without_session(company), company.key("owner")):
        for route, _ in who_may.by_role(who_may.CONSOLE):
            answer = caller(route, path(route[1]))
            told = 401 if route in ASKED_BY_SCRIPTS else 303
            assert answer.status_code == told, (route, caller.headers)
            assert told == 401 or answer.headers["Location"].startswith("/sign-in"), route


def test_a_form_without_its_token_changes_nothing(company: Company) -> None:
    owner = company.person("owner")
    owner.token = None
    for route, _ in who_may.by_role(who_may.CONSOLE):
        if route[0] == "POST":
            assert owner(route, path(route[1])).status_code == 400, route


def test_what_must_be_signed_is_refused_to_everybody_who_only_knows_the_address(
    company: Company,
) -> None:
    ids = company.found()
    for caller in (company.key("owner"), company.person("owner")):
        for route in who_may.routes(who_may.SIGNED):
            answer = caller(route, path(route[1], ids))
            assert answer.status_code in (401, 403, 404), (route, answer.status)


def test_ones_own_is_found(company: Company) -> None:
    ids = company.found()
    callers = (company.key("viewer"), who_may.API), (company.person("viewer"), who_may.CONSOLE)
    for caller, table in callers:
        for route in who_may.routes(table["viewer"]):
            if route[0] == "GET" and "<file_id>" not in route[1]:
                answer = caller(route, path(route[1], ids))
                assert answer.status_code in (200, 303), (route, answer.text)


@pytest.mark.parametrize("walls", ["both walls", "the first wall alone"])
def test_another_workspace_is_neither_seen_nor_changed(
    company: Company, stranger: Company, walls: str
) -> None:
    ids = company.found()
    stranger.house.store.walled = walls == "both walls"
    callers = (stranger.key("owner"), who_may.API), (stranger.person("owner"), who_may.CONSOLE)
    before = company.all_rows()
    for caller, table in callers:
        for route, _ in who_may.by_role(table):
            body = body_at(route, ids)
            answer = caller(route, path(route[1], ids), body)
            if own_rows(route[1]):
                assert answer.status_code == 404, (route, answer.status, answer.text)
            assert answer.status_code < 500
            assert THEIR_WORDS not in answer.text, route
            if route[0] == "GET" and not own_rows(route[1]):
                assert not [one for one in ids.values() if one in answer.text], route
    assert company.all_rows() == before


def body_at(route: Route, ids: dict[str, str]) -> dict[str, Any]:
    """What a request must hold to get as far as the row; where it names rows, others' ones."""
    named: dict[str, dict[str, Any]] = {
        "/v1/routes": {"to": [ids["connections"]]},
        "/v1/mappings": {"connection_id": ids["connections"], "text": "desk: live_chat"},
        "/v1/mappings/preview": {
            "connection_id": ids["connections"], "conversation_id": ids["conversations"],
        },
        "/v1/escalations": {"conversation_id": ids["conversations"]},
        "/conversations/<conversation_id>/status": {"status": "solved"},
        "/conversations/<conversation_id>/assignee": {"assignee": ids["users"]},
        "/conversations/<conversation_id>/entries": {"text": "x"},
        "/routes": {"to": ids["connections"]},
        "/canned-texts": {"id": ids["canned_texts"], "name": "Mine", "text": "Mine"},
        "/escalations/retries": {"id": ids["escalations"]},
        "/conversations/<conversation_id>/presence": {"doing": "reading"},
    }  # fmt: skip
    return BODIES.get(route[1]) or (named.get(route[1], {}) if route[0] == "POST" else {})


def without_key(company: Company) -> Iterator[Caller]:
    """Nobody, a made-up key, a removed one, an expired one."""
    client = company.app.test_client()
    yield Caller(client, {})
    yield Caller(client, {"Authorization": "Bearer hub_" + "x" * 43})
    expired, removed = company.key("owner"), company.key("admin")
    with company.house.store.transaction() as tx:
        tx.run("update keys set expires_at = now() - interval '1 s' where role = 'owner'")
        tx.run("delete from keys where role = 'admin'")
    yield expired
    yield removed


def without_session(company: Company) -> Iterator[Caller]:
    """Nobody, and who was signed in until now."""
    gone = company.person("owner")
    client = company.app.test_client()
    yield Caller(client, {}, form_token(client))
    with company.house.store.transaction() as tx:
        tx.run("update sessions set expires_at = now() - interval '1 s'")
    yield gone
