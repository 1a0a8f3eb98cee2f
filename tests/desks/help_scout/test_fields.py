"""Fields of Help Scout, from answers as its documentation shows them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.base import Ports
from connectors.help_scout.config import Config
from connectors.help_scout.connector import HelpScout
from connectors.types import Choice, Field
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server() as script:
        script.at("POST", "/v2/oauth2/token", {"access_token": "t1", "expires_in": 172_800})
        for name in ("tags", "mailboxes", "users"):
            script.at("GET", f"/v2/{name}", rows(name))
        yield script


def listed(vendor: Script) -> dict[str, Field]:
    config = Config(app_id="app", app_secret="x", mailbox_id=85, base_url=vendor.url)
    found = HelpScout(config, Ports(now=lambda: NOW, timeout=(1.0, 2.0))).fields()
    return {field.path: field for field in found}


FIELDS = "/v2/mailboxes/85/fields"


def rows(name: str, *some: dict[str, Any], pages: int = 1) -> dict[str, Any]:
    told: dict[str, Any] = {"_embedded": {name: list(some)}} if some else {}
    return told | {"page": {"size": 50, "totalElements": 9, "totalPages": pages, "number": 1}}


def test_a_dropdown_takes_the_numbers_of_its_options_as_text(vendor: Script) -> None:
    options = [{"id": 168, "order": 1, "label": "IPA"}, {"id": 170, "order": 2, "label": "Stout"}]
    beers = {"id": 104, "required": True, "order": 1, "type": "dropdown", "name": "Beers"}
    vendor.at("GET", FIELDS, rows("fields", beers | {"options": options}))
    field = listed(vendor)["fields[104]"]
    assert field.choices[0] == Choice(value="168", label="IPA")
    assert not field.required  # the web page asks for it, the API does not


def test_kinds_are_known_in_either_spelling_and_texts_have_their_limits(vendor: Script) -> None:
    some = [
        {"id": n, "name": kind, "type": kind, "required": False, "order": n}
        for n, kind in enumerate(("SINGLE_LINE", "multi_line", "NUMBER", "date", "brand-new"))
    ]
    vendor.at("GET", FIELDS, rows("fields", *some))
    known = listed(vendor)
    told = [(known[f"fields[{n}]"].type, known[f"fields[{n}]"].max) for n in range(5)]
    assert told == [
        ("text", 255),
        ("text", 65_535),
        ("number", None),
        ("date", None),
        ("text", None),
    ]


def test_tags_are_suggestions_and_a_long_list_is_cut(vendor: Script) -> None:
    tags = [{"id": n, "name": f"tag{n}"} for n in range(50)]
    vendor.at("GET", FIELDS, rows("fields"))
    vendor.at("GET", "/v2/tags", rows("tags", *tags, pages=999))
    field = listed(vendor)["tags"]
    assert field.others and len(field.choices) == 500
    assert len(vendor.to("GET", "/v2/tags")) <= 11


def test_an_inbox_without_users_to_read_has_fields_all_the_same(vendor: Script) -> None:
    vendor.at("GET", FIELDS, rows("fields"))
    vendor.at("GET", "/v2/users", Answer({"message": "no"}, 403))
    assert listed(vendor)["assignTo"].choices == ()
