"""Every page, every role: who is let in, who is told that their role does not allow it."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import Rule

from hub import admin as administration
from tests.console.office import Browser, Office

ROLES = ("viewer", "agent", "admin", "owner")
PUBLIC = "public"

# The least role for each page. A page that is missing here fails the first test.
NEEDS = {
    "GET /": "viewer",
    "GET /conversations/<conversation_id>": "viewer",
    "GET /conversations/files/<file_id>": "viewer",
    "POST /conversations/<conversation_id>/takeover": "agent",
    "POST /conversations/<conversation_id>/resume": "agent",
    "POST /conversations/<conversation_id>/entries": "agent",
    "POST /conversations/<conversation_id>/status": "agent",
    "POST /conversations/<conversation_id>/assignee": "agent",
    "GET /tickets/<ticket_id>": "viewer",
    "GET /escalations": "viewer",
    "GET /escalations/<escalation_id>": "viewer",
    "POST /escalations/<escalation_id>/retry": "agent",
    "GET /routes": "viewer",
    "POST /routes": "admin",
    "POST /routes/<route_id>/move/<way>": "admin",
    "POST /routes/<route_id>/remove": "admin",
    "POST /routes/time-zone": "admin",
    "GET /connections": "viewer",
    "GET /connections/new": "admin",
    "GET /connections/new/<desk>": "admin",
    "POST /connections/new/<desk>": "admin",
    "GET /connections/<connection_id>/authorize": "admin",
    "POST /connections/<connection_id>/authorize": "admin",
    "POST /connections/<connection_id>/activate": "admin",
    "POST /connections/<connection_id>/pause": "admin",
    "POST /connections/<connection_id>/verify": "admin",
    "GET /connections/<connection_id>/mapping": "viewer",
    "POST /connections/<connection_id>/mapping": "viewer",  # a preview; saving is an admin's
    "POST /connections/<connection_id>/mapping/<mapping_id>/restore": "admin",
    "GET /oauth/callback": "admin",
    "GET /sources": "viewer",
    "GET /sources/new": "admin",
    "POST /sources/new": "admin",
    "GET /sources/<source_id>": "viewer",
    "POST /sources/<source_id>": "admin",
    "POST /sources/<source_id>/state/<state>": "admin",
    "POST /sources/<source_id>/rotate": "admin",
    "POST /sources/<source_id>/end-previous": "admin",
    "POST /sources/<source_id>/remove": "admin",
    "GET /subscribers": "viewer",
    "GET /subscribers/new": "admin",
    "POST /subscribers/new": "admin",
    "GET /subscribers/<subscriber_id>": "viewer",
    "POST /subscribers/<subscriber_id>": "admin",
    "POST /subscribers/<subscriber_id>/state/<state>": "admin",
    "POST /subscribers/<subscriber_id>/rotate": "admin",
    "POST /subscribers/<subscriber_id>/test": "admin",
    "POST /subscribers/<subscriber_id>/replay": "admin",
    "POST /subscribers/<subscriber_id>/remove": "admin",
    "GET /subscribers/<subscriber_id>/deliveries/<delivery_id>": "viewer",
    "GET /keys": "admin",
    "POST /keys": "admin",
    "POST /keys/<key_id>/revoke": "admin",
    "GET /people": "viewer",
    "POST /people": "admin",
    "GET /people/<user_id>": "viewer",
    "POST /people/<user_id>": "admin",
    "POST /people/<user_id>/link": "admin",
    "POST /people/<user_id>/state/<state>": "admin",
    "POST /people/<user_id>/remove": "admin",
    "GET /audit": "admin",
    "GET /audit.csv": "admin",
    "GET /account": "viewer",
    "POST /account": "viewer",
    "POST /account/password": "viewer",
    "POST /account/sessions/end": "viewer",
    "POST /account/sessions/<session_id>/end": "viewer",
    "GET /sign-in": PUBLIC,
    "POST /sign-in": PUBLIC,
    "GET /sign-in/oidc": PUBLIC,
    "GET /sign-in/oidc/callback": PUBLIC,
    "POST /sign-out": PUBLIC,
    "GET /setup": PUBLIC,
    "POST /setup": PUBLIC,
    "GET /join/<token>": PUBLIC,
    "POST /join/<token>": PUBLIC,
}
BEHIND = [call for call, role in NEEDS.items() if role != PUBLIC]
NOT_PAGES = ("/v1", "/webhooks", "/files/", "/docs", "/openapi.json", "/healthz", "/readyz",
             "/metrics", "/console/static", "/bootstrap")  # fmt: skip
WORDS = {"way": "up", "state": "active", "desk": "zendesk", "mapping_id": "1"}
NOBODYS = {"session_id": "00"}


def pages(app: Flask) -> Iterator[tuple[str, Rule]]:
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith(NOT_PAGES):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield f"{method} {rule.rule}", rule


def test_every_page_says_who_may_see_it_and_no_other_is_told_of(app: Flask) -> None:
    assert {call for call, _ in pages(app)} == set(NEEDS)


def at(call: str, ids: dict[str, str]) -> tuple[str, str]:
    """Method and path, with words where words stand and ids of `ids`, or such that nothing has."""
    method, rule = call.split()
    known = WORDS | NOBODYS | ids
    path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: known.get(found[1], f"{found[1]}_x"), rule)
    return method, path


def ask(browser: Browser, method: str, path: str, token: str) -> int:
    data = {"csrf_token": token, "status": "open"} if method == "POST" else None
    return browser.client.open(path, method=method, data=data).status_code


def token_of(browser: Browser, path: str) -> str:
    return browser.get(path).text.split('name="csrf_token" value="')[1].split('"')[0]


@pytest.mark.parametrize("role", ROLES)
def test_every_page_asks_for_its_role_and_for_no_more(
    app: Flask, office: Office, role: str
) -> None:
    office.hire("one@example.com", role)
    browser = Browser.signed_in(app, "one@example.com")
    token = token_of(browser, "/")
    for call in BEHIND:
        method, path = at(call, {})
        status = ask(browser, method, path, token)
        lacks = ROLES.index(role) < ROLES.index(NEEDS[call])
        assert (status == 403) == lacks, (call, role, status)
        assert status not in (400, 401, 405) and status < 500 or call == ODD, (call, status)


ODD = "GET /oauth/callback"  # 400: this visit to a desk was never begun


def test_whoever_is_signed_out_sees_the_sign_in_page_instead(app: Flask, office: Office) -> None:
    office.hire("one@example.com", "owner")
    browser = Browser(app.test_client())
    token = token_of(browser, "/sign-in")
    for call in BEHIND:
        method, path = at(call, {})
        answer = browser.client.open(path, method=method, data={"csrf_token": token})
        assert answer.status_code == 303, call
        assert answer.location.startswith("/sign-in"), call


def test_what_belongs_to_another_workspace_is_not_there_even_for_an_owner(
    app: Flask, office: Office, strangers: Office
) -> None:
    office.hire("one@example.com", "owner")
    theirs = belongings(strangers)
    browser = Browser.signed_in(app, "one@example.com")
    token = token_of(browser, "/")
    before = everything(strangers)
    asked = [call for call in BEHIND if set(re.findall(r"<(\w+)>", call)) & set(theirs)]
    for call in asked:
        method, path = at(call, theirs)
        assert ask(browser, method, path, token) == 404, call
    assert len(asked) > 30
    assert everything(strangers) == before


def belongings(office: Office) -> dict[str, str]:
    """One of everything, in a workspace."""
    house, workspace = office.house, office.workspace
    user = office.hire("theirs@example.com")
    Browser.signed_in(app_of(office), "theirs@example.com")
    escalation = office.escalate("theirs-1")
    subscriber = administration.add_subscriber(house, workspace, "http://127.0.0.1:9999/theirs")
    with house.store.transaction() as tx:
        key = administration.create_key(tx, workspace, "theirs", "agent")
        route = administration.add_route(tx, workspace, ["Help Desk"])
        delivery = administration.send_test_event(tx, workspace, subscriber["id"])["id"]
    session = office.row("select encode(token_hash, 'hex') as id from sessions")
    ids = {
        "user_id": user, "escalation_id": escalation, "subscriber_id": subscriber["id"],
        "key_id": key["id"], "route_id": route["id"], "delivery_id": delivery,
        "session_id": session["id"], "connection_id": office.connect(),
        "source_id": office.source["id"],
    }  # fmt: skip
    row = office.row("select conversation_id as id from escalations where id = :id", id=escalation)
    return ids | {"conversation_id": row["id"]}


def app_of(office: Office) -> Flask:
    from hub.app import create_app

    return create_app(office.house)


def everything(office: Office) -> list[str]:
    """The rows of a workspace, as text."""
    tables = ("users", "sources", "subscribers", "deliveries", "keys", "routes", "conversations",
              "connections", "escalations", "sessions")  # fmt: skip
    with office.house.store.transaction() as tx:
        return [
            str(row["one"])
            for table in tables
            for row in tx.all(
                f"select to_jsonb(t) as one from {table} t"
                " where workspace_id = :w order by to_jsonb(t)::text",
                w=office.workspace,
            )  # fmt: skip
        ]
