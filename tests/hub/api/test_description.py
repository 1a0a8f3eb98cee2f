"""The description is true: it has every operation, and its examples are taken."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.api import NOUNS, openapi, outgoing
from tests.pages import event_examples
from webhooks.events import OUTGOING, Event

TABLE = [operation for noun in NOUNS for operation in noun.operations]


@pytest.fixture
def description(client: FlaskClient) -> dict[str, Any]:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def test_every_rule_of_the_application_is_described(app: Flask, description) -> None:
    served = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
        if rule.rule.startswith(("/v1/", "/webhooks/")) and method not in ("HEAD", "OPTIONS")
        if not rule.endpoint.partition(".")[2].startswith("not_") and "stray" not in rule.endpoint
    }
    described = {
        (method.upper(), path) for path, one in description["paths"].items() for method in one
    }
    assert served == described
    assert len(described) > 50


def test_every_reference_leads_somewhere(description) -> None:
    for reference in set(re.findall(r"'\$ref': '#/([^']+)'", str(description))):
        place: Any = description
        for step in reference.split("/"):
            place = place[step]


def test_operations_have_one_name_each_and_all_say_what_can_go_wrong(description) -> None:
    operations = [one for path in description["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    for one in operations:
        assert one["summary"]
        open_to_all = one["operationId"] == "get_webhooks_desks"
        assert ({"503"} if open_to_all else {"401", "503"}) <= set(one["responses"])
        assert any(status.startswith("2") for status in one["responses"])


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi.document(NOUNS, "http://hub.example")


@pytest.mark.parametrize("operation", TABLE, ids=lambda o: f"{o.method} {o.path}")
def test_the_examples_are_what_the_models_take(document, operation) -> None:
    path = document["paths"][re.sub(r"<(\w+)>", r"{\1}", operation.path)]
    described = path[operation.method.lower()]
    if operation.body is not None:
        content = described["requestBody"]["content"]["application/json"]
        operation.body.model_validate(content["example"])
    example = described["responses"][str(operation.status)]["content"]["application/json"][
        "example"
    ]
    for one in example["data"] if operation.many else [example]:
        operation.answer.model_validate(one)


def test_the_example_of_a_source_is_an_event_that_we_take(description) -> None:
    sent = description["paths"]["/webhooks/sources/{source_id}"]["post"]["requestBody"]
    example = sent["content"]["application/json"]["example"]
    implied = {"id": "evt-1", "occurred_at": example["timestamp"], "type": example["type"]}
    event = Event.model_validate(implied | example["data"])
    assert event.transcript[0].role == "customer"


def test_every_event_to_subscribers_is_described_and_its_example_is_one(description) -> None:
    assert set(description["webhooks"]) == set(OUTGOING)
    examples = event_examples()
    for type_, model in outgoing.MODELS.items():
        assert model.model_validate(examples[type_])  # a field too many is refused
    sent = description["webhooks"]["conversation.resumed"]["post"]["requestBody"]["content"]
    assert sent["application/json"]["schema"] == {"$ref": "#/components/schemas/Resumed"}


def test_the_page_to_try_it_runs_no_foreign_code(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert not re.search(r"<script(?![^>]* src=\"/docs/)", page.text)
    assert " onclick" not in page.text and "style=" not in page.text
    for path in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page.text):
        assert client.get(path).status_code == 200
        assert "http" not in client.get(path).text
    assert client.get("/docs/../table.py").status_code == 404
    assert client.get("/docs/none").status_code == 404
