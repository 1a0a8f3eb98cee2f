"""A workspace with one of everything, callers with every role, and the way to each route."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import admin, auth, ids
from hub.console.shell import TOKEN
from hub.house import House
from hub.pipeline import takeover
from hub.playground import Platform
from hub.store import canned, conversations, retries
from tests.console.office import Office
from tests.hub.who_may import Route

THEIR_WORDS = "Rosalind Franklin"  # a customer's name, which no stranger may read
ERASED = "erased@x.example"
SAME = {"<name>", "<desk>", "<path:filename>"}  # what is the same for all workspaces
WAYS = {"<way>": "up", "<state>": "active", "<int:place>": "0", "<operation>": "x", "<token>": "x"}
TABLES = {  # where the word before an id is not its table's name
    "<ticket_id>": "native_tickets", "<days_off_id>": "days_off", "<canned_id>": "canned_texts",
    "<delivery_id>": "deliveries", "<retry_id>": "retries",
}  # fmt: skip


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
        answer = self.client.open(path, method=method, data=form, headers=self.headers)
        if answer.content_type == "text/event-stream":  # a stream would not end by itself
            next(answer.iter_encoded())
            answer.close()
        return answer


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

    def person(self, role: str, password: str | None = None) -> Caller:
        """Who is signed in."""
        client = self.app.test_client()
        with self.house.store.transaction() as tx:
            email = f"{role}@{self.workspace[4:]}.example"
            user_id = admin.add_user(tx, self.workspace, email, role=role, password=password)
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
            mine = tx.one("select * from users where id = :id", id=user)
            canned.save(tx, self.workspace, None, "Greeting", "Hello!")
            off = admin.add_days_off(tx, self.workspace, user, date(2040, 1, 1))["id"]
        admin.save_mapping(
            self.house, self.workspace, connection,
            admin.default_mapping("live_chat"), check="syntax",
        )  # fmt: skip
        chat = office.tell("conversation.escalated", "chat-1", requester={"name": THEIR_WORDS})
        with self.house.store.transaction() as tx:
            takeover.take_over(tx, conversations.lock(tx, chat), user=mine, actor="me")
        office.work()
        subscriber = admin.add_subscriber(self.house, self.workspace, "https://x.example/h")["id"]
        with self.house.store.transaction() as tx:
            takeover.resume(tx, conversations.lock(tx, chat), actor="me")
        first = {
            noun: self.value(f"select id from {noun} where workspace_id = :w order by id limit 1")
            for noun in ("conversations", "escalations", "tickets", "events", "mappings",
                         "deliveries", "native_tickets", "canned_texts")
        }  # fmt: skip
        with self.house.store.transaction() as tx:
            retry = retries.begin(tx, self.workspace, [first["escalations"]], "me")
        return first | {
            "sources": office.source["id"], "connections": connection, "users": user,
            "keys": key, "routes": route, "subscribers": subscriber, "files": "fil_none",
            "days_off": off, "retries": retry, "sessions": self.another_session(user),
            "replays": self.begin_replay(subscriber), "erasures": self.begin_erasure(),
            "playground": Platform(self.house, self.workspace).begin("en"),
        }  # fmt: skip

    def another_session(self, user_id: str) -> str:
        """Somebody is signed in elsewhere, too; the session as pages name it."""
        with self.house.store.transaction() as tx:
            user = tx.one("select * from users where id = :id", id=user_id)
            return auth.hashed(auth.begin_session(tx, user)).hex()

    def begin_replay(self, subscriber_id: str) -> str:
        """A replay of the last hour that no job has carried out yet."""
        with self.house.store.transaction() as tx:
            since = tx.now - timedelta(hours=1)
            made = admin.start_replay(tx, self.workspace, subscriber_id, "all", since=since)
        return str(made["id"])

    def begin_erasure(self) -> str:
        """An erasure of somebody else that no job has carried out yet."""
        self.customer(ERASED)
        with self.house.store.transaction() as tx:
            return admin.erase_customer(tx, self.workspace, admin.customer(email=ERASED))

    def customer(self, email: str) -> None:
        """A conversation of a customer whom nobody has."""
        with self.house.store.transaction() as tx:
            chat = ids.new("conversation")
            tx.run(
                "insert into conversations (id, workspace_id, source_id, external_id, requester)"
                " select :id, workspace_id, id, :id, jsonb_build_object('email', :email ::text)"
                " from sources where workspace_id = :w order by id limit 1",
                id=chat, w=self.workspace, email=email,
            )  # fmt: skip

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


def form_token(client: FlaskClient) -> str:
    """The token without which no form counts."""
    return client.get("/sign-in").text.split('name="csrf_token" value="')[1].split('"')[0]


def path(rule: str, ids: dict[str, str] | None = None) -> str:
    """The rule's path to one of everything, or to ids that nothing has."""

    def part(match: re.Match[str]) -> str:
        name = match[0]
        if name in WAYS:
            return WAYS[name]
        if name in SAME:
            return "live_chat"
        return (ids or {}).get(noun(rule, name), "xyz_" + "0" * 26)

    return re.sub(r"<[^>]+>", part, rule)


def own_rows(rule: str) -> set[str]:
    """What in a path belongs to one workspace."""
    return set(re.findall(r"<[^>]+>", rule)) - SAME - WAYS.keys()


def noun(rule: str, name: str) -> str:
    """What an id in a path is the id of: it says so itself, else the word before it does."""
    if rule.startswith("/playground/"):
        return "playground"
    if rule.startswith("/v1/team/") and name == "<id>":
        return "users"
    if name != "<id>":
        return TABLES.get(name, name.strip("<>").removesuffix("_id") + "s")
    return rule.partition(name)[0].rstrip("/").rpartition("/")[2]
