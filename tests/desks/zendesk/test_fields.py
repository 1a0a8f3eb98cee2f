"""Fields of Zendesk, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.types import Choice, Field
from connectors.zendesk.config import Config
from connectors.zendesk.connector import Zendesk
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server(prefix="/zendesk", drop=".json") as script:
        for name in ("ticket_fields", "groups", "brands", "ticket_forms"):
            script.at("GET", f"/api/v2/{name}", {name: [], "meta": {"has_more": False}})
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(subdomain="acme", email="hub@acme.example", api_token="x", base_url=vendor.url)
    found = Zendesk(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


def raw(number: int, kind: str, **more: Any) -> dict[str, Any]:
    plain = {"id": number, "type": kind, "title": f"Field {number}", "active": True}
    return plain | {"removable": True} | more


def test_a_long_form_is_read_page_by_page(vendor: Script) -> None:
    first = {"ticket_fields": [raw(7, "text")], "meta": {"has_more": True, "after_cursor": "abc"}}
    last = {"ticket_fields": [raw(8, "integer")], "meta": {"has_more": False}}
    vendor.at("GET", "/api/v2/ticket_fields", first, last)
    known = listed(vendor)
    assert known["custom_fields[7]"].type == "text"
    assert known["custom_fields[8]"].type == "number"
    asked = vendor.to("GET", "/api/v2/ticket_fields")
    assert [one.query.get("page[after]") for one in asked] == [None, "abc"]


def test_a_list_that_never_ends_is_left(vendor: Script) -> None:
    endless = {"ticket_fields": [], "meta": {"has_more": True, "after_cursor": "again"}}
    vendor.at("GET", "/api/v2/ticket_fields", endless)
    assert "tags" in listed(vendor)
    assert len(vendor.to("GET", "/api/v2/ticket_fields")) == 20


def test_options_are_told_by_their_tags(vendor: Script) -> None:
    options = [{"id": 1, "name": "Web app", "raw_name": "Web app", "value": "web_app"}]
    system = [{"name": "High", "value": "high"}]
    rows = [
        raw(7, "tagger", custom_field_options=options),
        raw(8, "multiselect", custom_field_options=options),
        raw(9, "priority", removable=False, system_field_options=system),
        raw(10, "checkbox", active=False),
    ]
    vendor.at("GET", "/api/v2/ticket_fields", {"ticket_fields": rows})
    known = listed(vendor)
    assert known["custom_fields[7]"].choices == (Choice(value="web_app", label="Web app"),)
    assert [known[f"custom_fields[{n}]"].type for n in (7, 8)] == ["choice", "choices"]
    assert known["priority"].choices == (Choice(value="high", label="High"),)
    assert "custom_fields[10]" not in known


def test_a_plan_without_forms_and_brands_has_fields_all_the_same(vendor: Script) -> None:
    vendor.at("GET", "/api/v2/ticket_forms", Answer({"error": "Forbidden"}, 403))
    vendor.at("GET", "/api/v2/brands", Answer({"error": "RecordNotFound"}, 404))
    known = listed(vendor)
    assert (known["ticket_form_id"].type, known["ticket_form_id"].choices) == ("number", ())
    assert known["brand_id"].type == "number"
