"""A caller of the API whose every answer is held against the description."""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from pydantic import TypeAdapter
from werkzeug.test import TestResponse

from hub import admin
from hub.api import NOUNS, openapi
from hub.api.table import Operation
from hub.house import House
from hub.store import Row
from webhooks.events import Event


@dataclass
class Api:
    """Calls the API by key; `expect` is the status that the answer must have."""

    client: FlaskClient
    house: House
    workspace: str
    keys: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        role: str = "owner",
        **query: Any,
    ) -> Any:
        answer = self.client.open(
            f"/v1{path}", method=method, json=body, query_string=query, headers=self.headers(role)
        )
        assert answer.status_code == expect, f"{method} {path}: {answer.status} {answer.text}"
        check(method, f"/v1{path}", answer)
        return answer.json

    def raw(self, method: str, path: str, data: bytes = b"", **headers: str) -> TestResponse:
        """Any bytes; the answer is a described one all the same."""
        answer = self.client.open(
            f"/v1{path}", method=method, data=data, headers=self.headers() | headers
        )
        assert answer.status_code < 500, answer.text
        check(method, f"/v1{path}", answer)
        return answer

    def headers(self, role: str = "owner") -> dict[str, str]:
        """The key of a role."""
        return {"Authorization": f"Bearer {self.key(role)}"}

    def key(self, role: str = "owner") -> str:
        """A key of the workspace, one a role."""
        if role not in self.keys:
            with self.house.store.transaction() as tx:
                self.keys[role] = admin.create_key(tx, self.workspace, role, role)["key"]
        return self.keys[role]

    def row(self, sql: str, **values: Any) -> Row:
        """What the database holds."""
        with self.house.store.transaction() as tx:
            return tx.one(sql, **values)


def check(method: str, path: str, answer: TestResponse) -> None:
    """The answer has the shape that the table promises for its status."""
    operation = described(method, path.partition("?")[0])
    status = answer.status_code
    if operation is not None and status in (operation.status, *operation.also):
        assert answer.content_type == "application/json"
        model: Any = operation.also.get(status, operation.answer)
        rows = answer.json["data"] if operation.many and status == operation.status else None
        TypeAdapter(model if rows is None else list[model]).validate_json(
            answer.data if rows is None else json_of(rows)
        )
        return
    assert operation is None or str(status) in told(operation.method, operation.path), (
        f"{status} is not described"
    )
    assert answer.content_type == "application/problem+json", answer.content_type
    problem: Any = answer.json
    assert problem["status"] == status
    assert problem["title"] and problem["detail"]
    for error in problem.get("errors", []):
        assert set(error) == {"field", "message"}
    assert ("errors" in problem) == (status == 422), problem


@functools.cache
def told(method: str, path: str) -> Iterable[str]:
    """The statuses that the description names for an operation."""
    described = openapi.document(NOUNS, "")["paths"][re.sub(r"<(\w+)>", r"{\1}", path)]
    answers: dict[str, Any] = described[method.casefold()]["responses"]
    return answers.keys()


def described(method: str, path: str) -> Operation | None:
    """The row of the table for a path; words win over parts that may be anything."""
    found = [
        operation
        for noun in NOUNS
        for operation in noun.operations
        if operation.method == method
        and re.fullmatch(re.sub(r"<\w+>", "[^/]+", operation.path), path)
    ]
    return min(found, key=lambda operation: operation.path.count("<"), default=None)


def json_of(value: Any) -> bytes:
    """JSON again."""
    return TypeAdapter(Any).dump_json(value)


@pytest.fixture
def api(client: FlaskClient, house: House, workspace: str) -> Api:
    """A caller with an owner's key."""
    return Api(client, house, workspace)


@pytest.fixture
def strangers(client: FlaskClient, house: House, workspace: str) -> Api:
    """A caller from another workspace."""
    with house.store.transaction() as tx:
        return Api(client, house, admin.add_workspace(tx, house, "others", "Others"))


@pytest.fixture
def source(api: Api) -> dict[str, Any]:
    """A source of the workspace."""
    made: dict[str, Any] = api("POST", "/sources", {"name": "bot"}, expect=201)
    return made


@pytest.fixture
def chat(api: Api, source: dict[str, Any]) -> dict[str, Any]:
    """A live conversation with two messages."""
    event = {
        "id": "evt-1",
        "conversation": {"id": "chat-1", "language": "en", "channel": "web"},
        "requester": {"name": "Ada", "email": "ada@example.com"},
        "transcript": [
            {"id": "m1", "author": {"role": "customer"}, "text": "My parcel 4711 is lost."},
            {"id": "m2", "author": {"role": "ai"}, "text": "I am sorry, I cannot find it."},
        ],
    }
    return tell(api, source, event)


def tell(api: Api, source: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """Have a source tell something; its conversation."""
    from hub.pipeline.intake import Inbox

    now = api.house.store.now()
    told = {"type": "conversation.started", "occurred_at": now.isoformat()} | event
    row = api.row("select * from sources where id = :id", id=source["id"])
    Inbox(api.house, row).accept([(event["id"], Event.model_validate(told))], event["id"])
    found: dict[str, Any] = api("GET", f"/conversations/{event['conversation']['id']}")
    return found


@pytest.fixture
def zendesk(api: Api, sandbox_url: str) -> dict[str, Any]:
    """A config with which the sandbox's Zendesk lets us in."""
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    config: dict[str, Any] = next(
        desk["accounts"][0]["config"] for desk in told if desk["desk"] == "zendesk"
    )
    return config
