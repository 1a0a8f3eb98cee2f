"""Does a mapping fit its desk's real fields? Problems by field, each saying what is allowed.

`misfits` looks at the rules: whatever the facts will be. `refused` looks at one rendered ticket.
Both are pure and ask of a field only what `Field` names.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mappings.engine import Mapping
from mappings.errors import FieldError
from mappings.facts import LENGTHS
from mappings.rules import Facts, From, Group, Node, Rule, Text, Value
from mappings.values import complaint, told

SUGGESTIONS = 20  # a suggestion takes a while where a desk has a thousand fields


class Choice(Protocol):
    """A value that a field takes, as it is sent, and what people call it."""

    @property
    def value(self) -> str | int: ...
    @property
    def label(self) -> str: ...


class Field(Protocol):
    """A field of a desk, as much as a mapping must know of it."""

    @property
    def path(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def required(self) -> bool: ...
    @property
    def filled(self) -> bool: ...
    @property
    def choices(self) -> Sequence[Choice]: ...
    @property
    def others(self) -> bool: ...
    @property
    def max(self) -> int | None: ...
    @property
    def as_text(self) -> bool: ...


@dataclass(frozen=True)
class Use:
    """A rule, where it stands in the mapping, and which field of the desk it fills."""

    place: str
    path: str
    rule: Rule
    item: bool = False  # one of a list of rules


def misfits(mapping: Mapping, fields: Sequence[Field]) -> list[FieldError]:
    """What the desk would refuse of this mapping's tickets, or take for nothing."""
    known = {field.path: field for field in fields}
    used = list(uses(mapping))
    errors = [error for use in used if (error := _misfit(use, known)) is not None]
    return _unknown(used, known) + errors + list(_lacking(used, fields))


def refused(mapping: Mapping, fields: Sequence[Field], facts: Facts) -> list[FieldError]:
    """What the desk would refuse of the ticket that these facts make."""
    known = {field.path: field for field in fields}
    errors = []
    for use in uses(mapping):
        field = known.get(use.path)
        value = use.rule.render(facts)
        wrong = _no_list(use, field, value) or complaint(field, value) if field else None
        if wrong:
            errors.append(FieldError(use.place, wrong))
    return errors


def uses(mapping: Mapping) -> Iterator[Use]:
    """Every rule with the field of the desk that it fills."""
    yield from _uses("ticket", "", mapping.ticket)


def _uses(place: str, path: str, node: Node) -> Iterator[Use]:
    if isinstance(node, Rule):
        yield Use(place, path, node)
        return
    if isinstance(node, Group):
        for name, inner in node.fields:
            yield from _uses(f"{place}.{name}", f"{path}.{name}" if path else name, inner)
        return
    for number, item in enumerate(node.items):
        yield from _item(f"{place}[{number}]", path, item)


def _item(place: str, path: str, node: Node) -> Iterator[Use]:
    """An item of a list: a value of it, or the part of it that has an `id`."""
    if isinstance(node, Rule):
        yield Use(place, path, node, item=True)
        return
    parts = dict(node.fields) if isinstance(node, Group) else {}
    number, value = parts.get("id"), parts.get("value")
    if value is None or not isinstance(number, Rule) or not isinstance(number.source, Value):
        yield from _uses(place, path, node)
        return
    yield from _uses(f"{place}.value", f"{path}[{number.source.constant}]", value)


def _misfit(use: Use, known: dict[str, Field]) -> FieldError | None:
    field = known.get(use.path)
    if field is None:
        return None
    wrong = (complaint(field, value) for value in _possible(use.rule))
    message = _no_list(use, field, _shape(use.rule)) or next(filter(None, wrong), None)
    message = message or _too_long(use, field)
    if message is None and _may_be_empty(use.rule, field):
        message = (
            "may be empty, and the desk refuses a ticket without it: add a `default`, or"
            " `required: true` to park such an escalation"
        )
    return FieldError(use.place, message) if message else None


def _shape(rule: Rule) -> Any:
    """A value as the rule surely makes one: a text or a list; None where the fact decides."""
    sure = "" if isinstance(rule.source, Text) else rule.default
    sure = rule.source.constant if isinstance(rule.source, Value) else sure
    return list(sure) if isinstance(sure, tuple) else sure


def _no_list(use: Use, field: Field, value: Any) -> str | None:
    """Tags go as a list, which a single rule makes only of a list."""
    if field.type != "tags" or use.item or value is None or isinstance(value, list):
        return None
    return f"makes one text, and `{field.path}` takes a list: put a `-` before the rule"


def _possible(rule: Rule) -> list[Any]:
    """The values that stand in the rule itself."""
    values = [rule.source.constant] if isinstance(rule.source, Value) else []
    if rule.lookup:
        values = list(rule.lookup.values())
    values = values if rule.default is None else [*values, rule.default]
    return [list(value) if isinstance(value, tuple) else value for value in values]


def _too_long(use: Use, field: Field) -> str | None:
    """A text from facts has no end, unless the rule gives it one; of a list `max` counts items."""
    rule = use.rule
    if field.type != "text" and not use.item:
        return None
    if field.max is None or field.choices or field.type not in ("text", "tags"):
        return None
    if rule.lookup or isinstance(rule.source, Value) or (rule.max or field.max + 1) <= field.max:
        return None
    name = rule.source.path.name if isinstance(rule.source, From) else ""
    if rule.max is None and LENGTHS.get(name, field.max + 1) <= field.max:
        return None
    return f"may be longer than the {field.max} characters that it takes: add `max: {field.max}`"


def _may_be_empty(rule: Rule, field: Field) -> bool:
    sure = rule.required or rule.default is not None or isinstance(rule.source, Value)
    return field.required and not field.filled and not sure


def _unknown(used: Sequence[Use], known: dict[str, Field]) -> list[FieldError]:
    wrong = [use for use in used if use.path not in known and not _inside(use.path, known)]
    told_of = list({use.path: use for use in wrong}.values())
    return [
        FieldError(use.place, _no_such_field(use.path, known if at < SUGGESTIONS else {}))
        for at, use in enumerate(told_of)
    ]


def _inside(path: str, known: dict[str, Field]) -> bool:
    """True for a part of a field whose parts nobody lists."""
    ends = [at for at, sign in enumerate(path) if sign in ".["]
    outer = (known.get(path[:end]) for end in ends)
    return any(field is not None and field.type == "other" for field in outer)


def _no_such_field(path: str, known: dict[str, Field]) -> str:
    by_title = {field.title.casefold(): name for name, field in known.items()}
    lower = {name.casefold(): name for name in known} | by_title
    close = difflib.get_close_matches(path.casefold()[:80], lower, n=1)
    if not close:
        return f"the desk has no field `{path[:80]}`"
    field = known[lower[close[0]]]
    return f"the desk has no field `{path[:80]}`; did you mean `{field.path}` ({field.title})?"


def _lacking(used: Sequence[Use], fields: Sequence[Field]) -> Iterator[FieldError]:
    paths = {use.path for use in used}
    for field in fields:
        if field.required and not field.filled and field.path not in paths:
            allowed = f", one of {told(field)}" if field.choices else ""
            yield FieldError(
                f"ticket.{field.path}",
                f"is missing, and the desk refuses a ticket without it ({field.title}{allowed})",
            )
