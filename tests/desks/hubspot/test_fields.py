"""Fields of HubSpot, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.hubspot.config import Config
from connectors.hubspot.connector import HubSpot
from connectors.types import Choice, Field
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server() as script:
        script.at("GET", "/crm/pipelines/2026-09/tickets", {"results": PIPELINES})
        script.at("GET", OWNERS, {"results": []})
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(
        access_token="pat-na1-x", client_secret="x", portal_id="33", base_url=vendor.url
    )
    found = HubSpot(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


OWNERS, PROPERTIES = "/crm/owners/2026-09", "/crm/properties/2026-09/tickets"
PIPELINES = [
    {"id": "0", "label": "Support", "displayOrder": 0, "stages": [
        {"id": "1", "label": "New", "displayOrder": 0, "metadata": {"ticketState": "OPEN"}}]},
]  # fmt: skip


def raw(name: str, kind: str = "string", shape: str = "text", **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"name": name, "label": name.title(), "type": kind, "fieldType": shape}
    plain |= {"options": [], "hidden": False, "archived": False}
    return plain | {"modificationMetadata": {"readOnlyValue": False}} | more


def test_pipelines_stages_and_owners_are_the_accounts(vendor: Script) -> None:
    rows = [raw(name) for name in ("hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id")]
    vendor.at("GET", PROPERTIES, {"results": rows})
    one = {"id": "9", "firstName": "Ann", "lastName": "Agent", "email": "ann@acme.example"}
    first = {"results": [one], "paging": {"next": {"after": "9"}}}
    vendor.at("GET", OWNERS, first, {"results": [{"id": "10", "email": "ben@acme.example"}]})
    known = listed(vendor)
    assert known["hs_pipeline_stage"].choices == (Choice(value="1", label="Support: New"),)
    assert known["hs_pipeline_stage"].required and known["hs_pipeline_stage"].filled
    labels = [choice.label for choice in known["hubspot_owner_id"].choices]
    assert labels == ["Ann Agent", "ben@acme.example"]


def test_what_nobody_may_write_is_not_listed(vendor: Script) -> None:
    fixed = {"modificationMetadata": {"readOnlyValue": True}}
    rows = [
        raw("createdate", "datetime", "date", **fixed),
        raw("old", archived=True),
        raw("secret", hidden=True),
        raw("sum", calculated=True),
        raw("escalation_ref"),
        raw("order_number"),
    ]
    vendor.at("GET", PROPERTIES, {"results": rows})
    assert list(listed(vendor)) == ["order_number"]


def test_checkboxes_take_several_values_and_true_or_false_is_a_kind_of_its_own(
    vendor: Script,
) -> None:
    options = [
        {"value": "a", "label": "A", "hidden": False},
        {"value": "b", "label": "B", "hidden": True},
    ]
    rows = [
        raw("topics", "enumeration", "checkbox", options=options),
        raw("vip", "bool", "booleancheckbox", options=options),
    ]
    vendor.at("GET", PROPERTIES, {"results": rows})
    known = listed(vendor)
    assert known["topics"].type == "choices"
    assert known["topics"].choices == (Choice(value="a", label="A"),)
    assert (known["vip"].type, known["vip"].choices) == ("boolean", ())


def test_without_the_scope_for_owners_their_ids_are_not_checked(vendor: Script) -> None:
    vendor.at("GET", PROPERTIES, {"results": [raw("hubspot_owner_id")]})
    vendor.at("GET", OWNERS, Answer({"status": "error", "category": "MISSING_SCOPES"}, 403))
    assert listed(vendor)["hubspot_owner_id"].choices == ()
