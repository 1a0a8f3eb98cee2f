"""Every route, as every role, in one's own workspace and at another's; see `who_may`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import admin, auth
from hub.console.shell import TOKEN
from hub.house import House
from hub.pipeline import takeover
from hub.store import conversations
from tests.console.office import Office
from tests.hub import who_may
from tests.hub.who_may import Route

ROLES = ("viewer", "agent", "admin", "owner")
THEIR_WORDS = "Rosalind Franklin"  # a customer's name, which no stranger may read
READING = {  # they are asked by POST and change nothing
    ("POST", "/v1/conversations/<id>/control"),
    ("POST", "/v1/routes/preview"),
    ("POST", "/v1/mappings/preview"),
}
COMES_BACK = {  # the way to a desk's own page: what comes of it is recorded when they are back
    ("POST", "/connections/new/<desk>"),
    ("POST", "/connections/<connection_id>/authorize"),
}
KEPT_THEMSELVES = {  # words, which are kept with their author and their time
    ("POST", "/v1/conversations/<id>/messages"),
    ("POST", "/conversations/<conversation_id>/entries"),
}
MAPPING = admin.default_mapping("live_chat")
# Every change of state with what it needs, in an order in which all of them can be made.
CHANGES: list[tuple[Route, dict[str, Any]]] = [
    (("POST", "/v1/conversations/<id>/takeover"), {}),
    (("POST", "/v1/conversations/<id>/messages"), {"role": "customer", "text": "Hello?"}),
    (("POST", "/v1/conversations/<id>/resume"), {}),
    (("POST", "/v1/escalations"), {"conversation_id": "conversations"}),
    (("POST", "/v1/escalations/<id>/retry"), {}),
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
    (("POST", "/v1/subscribers/deliveries/<id>/retry"), {}),
    (("POST", "/v1/subscribers/<subscriber_id>/deliveries/<id>/retry"), {}),
    (("POST", "/v1/users"), {"email": "new@x.example"}),
    (("PATCH", "/v1/users/<id>"), {"name": "Renamed"}),
    (("POST", "/v1/keys"), {"name": "new"}),
    (("POST", "/conversations/<conversation_id>/takeover"), {}),
    (("POST", "/conversations/<conversation_id>/entries"), {"text": "Hello!"}),
    (("POST", "/conversations/<conversation_id>/assignee"), {"assignee": ""}),
    (("POST", "/conversations/<conversation_id>/status"), {"status": "pending"}),
    (("POST", "/conversations/<conversation_id>/resume"), {}),
    (("POST", "/escalations/<escalation_id>/retry"), {}),
    (("POST", "/routes"), {"to": "connections", "when": "language = fr", "give_up_after": "5"}),
    (("POST", "/routes/<route_id>/move/<way>"), {}),
    (("POST", "/routes/time-zone"), {"time_zone": "Europe/Berlin"}),
    (("POST", "/connections/<connection_id>/pause"), {}),
    (("POST", "/connections/<connection_id>/activate"), {}),
    (("POST", "/connections/<connection_id>/verify"), {}),
    (("POST", "/connections/new/<desk>"), {}),
    (("POST", "/connections/<connection_id>/authorize"), {}),
    (("POST", "/connections/<connection_id>/mapping"), {"text": MAPPING, "unchecked": "1"}),
    (("POST", "/connections/<connection_id>/mapping/<mapping_id>/restore"), {}),
    (("POST", "/routes/<route_id>/remove"), {}),
    (("DELETE", "/v1/routes/<id>"), {}),
    (("DELETE", "/v1/subscribers/<id>"), {}),
    (("DELETE", "/v1/users/<id>"), {}),
    (("DELETE", "/v1/keys/<id>"), {}),
    (("DELETE", "/v1/sources/<id>"), {}),
]
# What the API must be given before it looks for the row.
BODIES: dict[str, dict[str, Any]] = {
    "/v1/conversations/<id>/control": {"epoch": 0},
    "/v1/conversations/<id>/messages": {"role": "customer", "text": "x"},
}
NAMES = {"<name>", "<desk>", "<path:filename>"}  # what is the same for all workspaces
WAYS = {"<way>": "up", "<int:place>": "0"}


@dataclass
class Caller:
    """Somebody who sends requests: with a key, with a session, or with neither."""

    client: FlaskClient
    headers: dict[str, str]
    token: str | None = None  # of forms

    def __call__(self, route: Route, path: str, body: Any = None) -> TestResponse:
        method, rule = route
        if rule.startswith("/v1/"):
            return self.client.open(path, method=method, json=body or {}, headers=self.headers)
        form = (body or {}) | ({"csrf_token": self.token} if self.token else {})
        return self.client.open(path, method=method, data=form, headers=self.headers)


@dataclass
class Company:
    """A workspace with one of everything, and callers with every role."""

    app: Flask
    house: House
    workspace: str

    def key(self, role: str) -> Caller:
        """Who holds an API key."""
        with self.house.store.transaction() as tx:
            made = admin.create_key(tx, self.workspace, role, role)
        return Caller(self.app.test_client(), {"Authorization": f"Bearer {made['key']}"})

    def person(self, role: str) -> Caller:
        """Who is signed in."""
        client = self.app.test_client()
        with self.house.store.transaction() as tx:
            email = f"{role}@{self.workspace[4:]}.example"
            user_id = admin.add_user(tx, self.workspace, email, role=role)
            user = tx.one("select * from users where id = :id", id=user_id)
            token = auth.begin_session(tx, user)
        with client.session_transaction() as session:
            session[TOKEN] = token
        return Caller(client, {}, form_token(client))

    def found(self) -> dict[str, str]:
        """The ids of one of everything, by the path that leads to it."""
        office = Office(self.house, self.workspace)
        connection = self.value("select id from connections where workspace_id = :w")
        with self.house.store.transaction() as tx:
            user = admin.add_user(tx, self.workspace, f"one@{self.workspace[4:]}.example")
            key = admin.create_key(tx, self.workspace, "one")["id"]
            route = admin.add_route(tx, self.workspace, [connection])["id"]
        admin.save_mapping(
            self.house, self.workspace, connection,
            admin.default_mapping("live_chat"), check="syntax",
        )  # fmt: skip
        chat = office.tell("conversation.escalated", "chat-1", requester={"name": THEIR_WORDS})
        with self.house.store.transaction() as tx:
            mine = tx.one("select * from users where id = :id", id=user)
            takeover.take_over(tx, conversations.lock(tx, chat), user=mine, actor="me")
        office.work()
        subscriber = admin.add_subscriber(self.house, self.workspace, "https://x.example/h")["id"]
        with self.house.store.transaction() as tx:
            takeover.resume(tx, conversations.lock(tx, chat), actor="me")
        first = {
            noun: self.value(f"select id from {noun} where workspace_id = :w order by id limit 1")
            for noun in ("conversations", "escalations", "tickets", "events", "mappings",
                         "deliveries", "native_tickets")
        }  # fmt: skip
        return first | {
            "sources": office.source["id"], "connections": connection, "users": user,
            "keys": key, "routes": route, "subscribers": subscriber, "files": "fil_none",
        }  # fmt: skip

    def make_ready(self, route: Route, ids: dict[str, str]) -> None:
        """Run what waits, and have something there that the change can be made of."""
        self.run_jobs()
        with self.house.store.transaction() as tx:
            if "/deliveries/" in route[1]:
                tx.run("update deliveries set state = 'failed'")
            if "/escalations/" in route[1]:
                tx.run("update escalations set parked = '{}' where id = :id", id=ids["escalations"])
            if route == ("DELETE", "/v1/routes/<id>"):
                ids["routes"] = admin.add_route(tx, self.workspace, [ids["connections"]])["id"]
        if route == ("DELETE", "/v1/sources/<id>"):
            made = admin.add_source(self.house, self.workspace, "unused", "standard")
            ids["sources"] = made["id"]

    def run_jobs(self) -> None:
        """Everything but deliveries, which would leave the house."""
        with self.house.store.transaction() as tx:
            tx.run("delete from pgqueuer where convert_from(payload, 'UTF8') like 'deliver:%'")
        Office(self.house, self.workspace).work()

    def value(self, sql: str) -> Any:
        """One value out of the database."""
        with self.house.store.transaction() as tx:
            return tx.value(sql, w=self.workspace)

    def all_rows(self) -> dict[str, Any]:
        """Everything that the workspace has, as it is now."""
        with self.house.store.transaction() as tx:
            tables = tx.all(
                "select table_name as name from information_schema.columns"
                " where column_name = 'workspace_id' and table_schema = 'public'"
            )
            return {
                table["name"]: tx.value(
                    f"select jsonb_agg(to_jsonb(t) order by to_jsonb(t)) from {table['name']} t"
                    " where workspace_id = :w", w=self.workspace,
                )
                for table in tables
            }  # fmt: skip


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
    assert len(listed) == len(set(listed)) > 90
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
            assert answer.status_code < 500 and answer.status_code != 401, (route, role)


def test_nobody_comes_in_without_a_key_or_a_session_that_is_good(company: Company) -> None:
    for caller in without_key(company):
        for route, _ in who_may.by_role(who_may.API):
            answer = caller(route, path(route[1]))
            assert answer.status_code == 401, (route, caller.headers)
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert answer.content_type == "application/problem+json"
    for caller in (*without_session(company), company.key("owner")):
        for route, _ in who_may.by_role(who_may.CONSOLE):
            answer = caller(route, path(route[1]))
            assert answer.status_code == (303 if caller.token or route[0] == "GET" else 400), route
            assert answer.status_code == 400 or answer.headers["Location"].startswith("/sign-in")


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
            own_rows = set(re.findall(r"<[^>]+>", route[1])) - NAMES
            if own_rows:
                assert answer.status_code == 404, (route, answer.status, answer.text)
            assert answer.status_code < 500
            assert THEIR_WORDS not in answer.text, route
            if route[0] == "GET" and not own_rows:
                assert not [one for one in ids.values() if one in answer.text], route
    assert company.all_rows() == before


def test_every_change_of_state_stands_in_the_audit(company: Company) -> None:
    ids = company.found()
    key, person = company.key("owner"), company.person("owner")
    changing = {route for route, _ in every_route() if route[0] != "GET"} - READING
    assert {route for route, _ in CHANGES} == changing
    silent = []
    for route, body in CHANGES:
        if route in COMES_BACK:
            continue
        company.make_ready(route, ids)
        before = company.value("select count(*) from audit where workspace_id = :w")
        caller = key if route[1].startswith("/v1/") else person
        given = {name: ids.get(str(value), value) for name, value in body.items()}
        answer = caller(route, path(route[1], ids), given)
        assert answer.status_code in (200, 201, 202, 303), (route, answer.status, answer.text)
        company.run_jobs()  # what is done at the Help Desk comes back as a desk's news does
        after = company.value("select count(*) from audit where workspace_id = :w")
        if after == before:
            silent.append(route)
    assert set(silent) <= KEPT_THEMSELVES


def every_route() -> list[tuple[Route, str]]:
    """The routes that are for a role."""
    return [*who_may.by_role(who_may.API), *who_may.by_role(who_may.CONSOLE)]


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
    client = company.app.test_client()
    yield Caller(client, {}, form_token(client))
    gone = company.person("owner")
    with company.house.store.transaction() as tx:
        tx.run("update sessions set expires_at = now() - interval '1 s'")
    yield gone


def form_token(client: FlaskClient) -> str:
    """The token without which no form counts."""
    return client.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]


def path(rule: str, ids: dict[str, str] | None = None) -> str:
    """The rule's path to one of everything, or to ids that nothing has."""

    def part(match: re.Match[str]) -> str:
        name = match[0]
        if name in WAYS:
            return WAYS[name]
        if name in NAMES:
            return "live_chat"
        return (ids or {}).get(noun(rule, name), "xyz_" + "0" * 26)

    return re.sub(r"<[^>]+>", part, rule)


def noun(rule: str, name: str) -> str:
    """What an id in a path is the id of: it says so itself, else the word before it does."""
    if name == "<ticket_id>":
        return "native_tickets"
    if name != "<id>":
        return name.strip("<>").removesuffix("_id") + "s"
    return rule.partition(name)[0].rstrip("/").rpartition("/")[2]
