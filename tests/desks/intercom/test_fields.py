"""Fields of Intercom, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.intercom.config import Config
from connectors.intercom.connector import Intercom
from connectors.types import Choice, Field
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/intercom") as script:
        script.at("GET", "/teams", {"teams": [{"id": "5017690", "name": "Billing"}]})
        script.at("GET", "/admins", {"admins": []})
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(access_token="a", client_secret="b", ticket_type_id="1201", base_url=vendor.url)
    found = Intercom(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


def raw(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    plain = {"id": "1", "name": name, "data_type": kind, "order": 0, "archived": False}
    return plain | {"required_to_create": False, "input_options": {}} | more


def of_type(vendor: Script, *attributes: dict[str, Any]) -> dict[str, Field]:
    told = {"id": "1201", "ticket_type_attributes": {"data": list(attributes)}}
    vendor.at("GET", "/ticket_types/1201", told)
    return listed(vendor)


def test_a_list_takes_the_ids_of_its_items(vendor: Script) -> None:
    items = {"list_options": [{"id": "26a9a9ba", "name": "High"}]}
    known = of_type(vendor, raw("Priority", "list", input_options=items))
    field = known["ticket_attributes.Priority"]
    assert (field.type, field.choices) == ("choice", (Choice(value="26a9a9ba", label="High"),))


def test_our_reference_and_what_is_archived_are_not_listed(vendor: Script) -> None:
    known = of_type(
        vendor,
        raw("Escalation ref"),
        raw("Old", archived=True),
        raw("_default_title_", required_to_create=True),
        raw("Order number", required_to_create=True),
    )
    mine = [path for path in known if path.startswith("ticket_attributes.")]
    assert mine == ["ticket_attributes._default_title_", "ticket_attributes.Order number"]
    assert known["ticket_attributes._default_title_"].filled
    assert known["ticket_attributes.Order number"].required


def test_the_ticket_type_is_the_connections_and_no_field(vendor: Script) -> None:
    assert "ticket_type_id" not in of_type(vendor)


def test_teams_that_the_app_may_not_read_are_not_checked(vendor: Script) -> None:
    refused = {"type": "error.list", "errors": [{"code": "token_unauthorized", "message": "No"}]}
    vendor.at("GET", "/teams", Answer(refused, 403))
    field = of_type(vendor)["assignment.team_assignee_id"]
    assert (field.type, field.choices) == ("text", ())
