"""The desk's own fields: what a mapping may fill, and with what."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from connectors.base import Connector
from connectors.types import Choice, Field
from hub.pipeline import facts
from mappings import engine, fit
from mappings.facts import SAMPLE
from tests.contract.desk import Desk, draft, poll


@pytest.fixture
def fields(connector: Connector) -> tuple[Field, ...]:
    listed = connector.fields()
    if listed is None:
        pytest.skip("this desk cannot list its fields")
    return listed


def default_of(desk: Desk) -> engine.Mapping:
    return engine.load(facts.default_mapping(desk.name))


def test_every_field_has_one_path_and_a_title(fields: tuple[Field, ...]) -> None:
    paths = [field.path for field in fields]
    assert len(paths) == len(set(paths))
    assert all(field.path and field.title for field in fields)


def test_the_default_mapping_fits_the_desk(desk: Desk, fields: tuple[Field, ...]) -> None:
    mapping = default_of(desk)
    assert fit.misfits(mapping, fields) == []
    assert fit.refused(mapping, fields, SAMPLE) == []


def test_what_a_new_ticket_needs_is_listed_as_required(
    desk: Desk, fields: tuple[Field, ...]
) -> None:
    required = {field.path.casefold() for field in fields if field.required}
    assert {name.casefold() for name in desk.harness.needs} <= required


def test_the_accounts_own_fields_are_listed_with_the_values_that_they_take(
    desk: Desk, fields: tuple[Field, ...]
) -> None:
    known = {field.path: field for field in fields}
    for path, value in desk.harness.own_fields.items():
        field = known[path]
        allowed = [choice.value for choice in field.choices]
        for one in value if isinstance(value, list) else [value]:
            assert not allowed or one in allowed, f"{path}: {one!r} is none of {allowed}"
        kind = {bool: "boolean", int: "number", list: "choices"}.get(type(value))
        assert allowed or kind is None or field.type == kind, path


def test_a_ticket_with_the_accounts_own_fields_is_taken(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft(fields=nested(desk.harness.own_fields)))
    assert desk.harness.read(ticket.id).id == ticket.id


def test_a_value_outside_of_the_list_is_told(desk: Desk, fields: tuple[Field, ...]) -> None:
    closed = next((f for f in fields if f.choices and not f.others and f.type == "choice"), None)
    if closed is None:
        pytest.skip("this desk has no field with a list")
    assert all(isinstance(choice, Choice) for choice in closed.choices)
    text = f"desk: {desk.name}\nticket:\n" + line(closed.path, "no_such_value")
    messages = [str(e) for e in fit.misfits(engine.load(text), fields)]
    assert any("no_such_value" in m and str(closed.choices[0].value) in m for m in messages)


def test_listing_the_fields_changes_nothing_at_the_desk(by_http: Desk) -> None:
    connector = by_http.connector()
    poll(connector)
    before = len(by_http.harness.ledger())
    connector.fields()
    assert [e["call"] for e in by_http.harness.ledger(before)] == []


def line(path: str, value: str) -> str:
    """One rule as the mapping writes it."""
    parts = path.split(".")
    lines = [f"{'  ' * depth}{part}:" for depth, part in enumerate(parts, 1)]
    lines[-1] += f" {{value: {value}}}"
    return "\n".join(lines) + "\n"


def nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """A payload from paths: `cf.x` is a part, `fields[7]` an item with its id."""
    whole: dict[str, Any] = {}
    for path, value in flat.items():
        item = re.fullmatch(r"(\w+)\[(\d+)\]", path)
        name, dot, rest = path.partition(".")
        if item:
            whole.setdefault(item[1], []).append({"id": int(item[2]), "value": value})
        elif dot:
            whole.setdefault(name, {})[rest] = value
        else:
            whole[path] = value
    return whole
