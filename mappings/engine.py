"""Mappings: the facts of an escalation become the fields of a desk's ticket, as data.

`load` reads the YAML that a person wrote, `render` applies it, `paths` names the facts it uses.
All are pure; every problem is a MappingError that names the field.
"""

from dataclasses import dataclass
from typing import Any

from mappings.errors import FieldError, MappingError
from mappings.loading import Draft
from mappings.rules import Facts, Group, Items, Node, rules
from mappings.strict_yaml import read

__all__ = ["FieldError", "Mapping", "MappingError", "load", "paths", "render"]

MOST_ERRORS = 50


@dataclass(frozen=True)
class Mapping:
    """The rules for one desk's ticket."""

    desk: str
    ticket: Group


def load(text: str) -> Mapping:
    """The mapping that this YAML describes, or MappingError with all that is wrong with it."""
    data, refused = read(text)
    draft = Draft()
    mapping = Mapping(*draft.read(data))
    errors = refused + [error for error in draft.errors if not _told(error, refused)]
    if errors:
        raise MappingError(list(dict.fromkeys(errors))[:MOST_ERRORS])
    return mapping


def render(mapping: Mapping, facts: Facts) -> dict[str, Any]:
    """The ticket's fields, without the empty ones; MappingError if a required one is empty."""
    errors: list[FieldError] = []
    fields = _fill("ticket", mapping.ticket, facts, errors)
    if errors:
        raise MappingError(errors)
    return fields or {}


def paths(mapping: Mapping) -> set[str]:
    """The paths of all facts that the mapping may use."""
    return {path.name for rule in rules(mapping.ticket) for path in rule.source.paths}


def _fill(field: str, node: Node, facts: Facts, errors: list[FieldError]) -> Any:
    if isinstance(node, Group):
        return _fill_group(field, node, facts, errors)
    if isinstance(node, Items):
        filled = [_fill(f"{field}[{i}]", n, facts, errors) for i, n in enumerate(node.items)]
        return [value for value in filled if value is not None] or None
    value = node.render(facts)
    if value is None and node.required:
        errors.append(FieldError(field, f"required, but {node.why_empty(facts)}"))
    return value


def _fill_group(field: str, group: Group, facts: Facts, errors: list[FieldError]) -> Any:
    filled = {name: _fill(f"{field}.{name}", n, facts, errors) for name, n in group.fields}
    present = {name: value for name, value in filled.items() if value is not None}
    if group.whole and len(present) < len(filled):
        return None
    return present or None


def _told(error: FieldError, refused: list[FieldError]) -> bool:
    """True if this place, or one around it, was refused already: one problem, one message."""
    return any(f"{error.field}.".startswith(f"{earlier.field}.") for earlier in refused)
