"""Fields of Zoho Desk, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.types import Field
from connectors.zoho_desk.config import Config
from connectors.zoho_desk.connector import ZohoDesk
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/zoho_desk") as script:
        script.at("POST", "/oauth/v2/token", {"access_token": "t1", "expires_in": 3600})
        departments = {"data": [{"id": "77", "name": "Support"}, {"id": "78", "name": "Sales"}]}
        script.at("GET", "/api/v1/departments", departments)
        script.at("GET", "/api/v1/layouts", Answer(status=204))
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(**FORM, base_url=vendor.url)
    found = ZohoDesk(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


FORM: dict[str, Any] = {
    "data_center": "eu",
    "org_id": "60001280",
    "client_id": "1000.X",
    "client_secret": "hush",
    "refresh_token": "1000.refresh",
    "department_id": "77",
}


def raw(name: str, kind: str, **more: Any) -> dict[str, Any]:
    plain = {"id": "1", "apiName": name, "displayLabel": name.title(), "type": kind}
    return plain | {"isCustomField": name.startswith("cf_"), "isMandatory": False} | more


def test_standard_fields_take_their_labels_and_values_from_the_account(vendor: Script) -> None:
    values = [{"value": "Low"}, {"value": "Blocker"}]
    rows = [
        raw("priority", "Picklist", allowedValues=values),
        raw("category", "Text", isMandatory=True, maxLength=120),
        raw("cf_escalation_id", "Text"),
        raw("cf_seats", "Number"),
        raw("sharedDepartments", "LookUp"),
    ]
    vendor.at("GET", "/api/v1/organizationFields", {"data": rows})
    known = listed(vendor)
    assert [choice.value for choice in known["priority"].choices] == ["Low", "Blocker"]
    assert (known["category"].required, known["category"].max) == (True, 120)
    assert known["cf.cf_seats"].type == "number"
    assert "cf.cf_escalation_id" not in known  # ours
    assert "sharedDepartments" not in known  # nothing that a create takes


def test_departments_are_a_list_and_an_edition_without_layouts_is_no_fault(vendor: Script) -> None:
    vendor.at("GET", "/api/v1/organizationFields", {"data": [raw("subject", "Text")]})
    known = listed(vendor)
    assert [choice.label for choice in known["departmentId"].choices] == ["Support", "Sales"]
    assert (known["layoutId"].type, known["layoutId"].choices) == ("text", ())
