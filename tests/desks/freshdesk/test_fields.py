"""Fields of Freshdesk, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.freshdesk.config import Config
from connectors.freshdesk.connector import Freshdesk
from connectors.types import Choice, Field
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/freshdesk") as script:
        script.at("GET", "/api/v2/groups", [{"id": 8, "name": "Billing"}])
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(domain="acme", api_key="x", base_url=vendor.url)
    found = Freshdesk(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


def raw(name: str, kind: str, **more: Any) -> dict[str, Any]:
    plain = {"id": 1, "name": name, "label": name.title(), "type": kind, "default": False}
    return plain | {"required_for_agents": False} | more


def test_choices_come_in_three_shapes(vendor: Script) -> None:
    rows = [
        raw("status", "default_status", default=True, choices={"2": ["Open", "Being processed"]}),
        raw("priority", "default_priority", default=True, choices={"Low": 1, "High": 3}),
        raw("ticket_type", "default_ticket_type", default=True, choices=["Question", "Refund"]),
        raw("group", "default_group", default=True),
    ]
    vendor.at("GET", "/api/v2/ticket_fields", rows)
    known = listed(vendor)
    assert known["status"].choices == (Choice(value=2, label="Open"),)
    assert [choice.value for choice in known["priority"].choices] == [1, 3]
    assert [choice.value for choice in known["type"].choices] == ["Question", "Refund"]
    assert known["group_id"].choices == (Choice(value=8, label="Billing"),)


def test_fields_that_depend_on_another_are_told_with_their_values(vendor: Script) -> None:
    places = {"Germany": {"Berlin": ["Mitte"], "Köln": []}, "Japan": {"Tokyo": ["Ueno"]}}
    below = [
        {"name": "cf_part", "label": "Part", "level": 3},
        {"name": "cf_city", "label": "City", "level": 2},
    ]
    country = raw("cf_country", "nested_field", choices=places, nested_ticket_fields=below)
    vendor.at("GET", "/api/v2/ticket_fields", [country])
    known = listed(vendor)

    def values(name: str) -> list[object]:
        return [choice.value for choice in known[f"custom_fields.{name}"].choices]

    assert values("cf_country") == ["Germany", "Japan"]
    assert values("cf_city") == ["Berlin", "Köln", "Tokyo"]
    assert values("cf_part") == ["Mitte", "Ueno"]


def test_what_agents_must_fill_is_required(vendor: Script) -> None:
    vendor.at(
        "GET", "/api/v2/ticket_fields", [raw("cf_n", "custom_number", required_for_agents=True)]
    )
    field = listed(vendor)["custom_fields.cf_n"]
    assert (field.required, field.filled, field.type) == (True, False, "number")


def test_groups_that_the_key_may_not_read_are_not_checked(vendor: Script) -> None:
    vendor.at("GET", "/api/v2/groups", Answer({"code": "access_denied", "message": "No"}, 403))
    vendor.at("GET", "/api/v2/ticket_fields", [raw("group", "default_group", default=True)])
    assert (listed(vendor)["group_id"].type, listed(vendor)["group_id"].choices) == ("number", ())
