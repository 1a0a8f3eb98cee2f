"""Where the parts of a mapping stand in its text, and how a rule for a field begins."""

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from mappings.fit import Field

LARGEST = 64 * 1024  # characters; what is larger is no mapping
PLAIN = re.compile(r"[A-Za-z_][\w ]*")
OFFERED = 3  # rows of a lookup that a suggestion has


def line_of(text: str, place: str) -> int | None:
    """The line (from 1) of the field that an error names, or of what is around it."""
    lines = _lines(text)
    while place:
        if place in lines:
            return lines[place]
        place = re.sub(r"(\.[^.\[]*|\[\d+\])$|^[^.\[]*$", "", place)
    return None


def suggestion(field: "Field") -> tuple[str, str]:
    """The line under which a rule for the field belongs (or nothing), and the rule itself."""
    rule = _rule(field)
    item = re.fullmatch(r"(.*)\[(\d+)\]", field.path)
    if item:
        return f"  {item[1]}:", f"    - id: {{value: {item[2]}}}\n      value: {rule}"
    if field.type == "tags":
        return f"  {field.path}:", f"    - {rule}"
    outer, dot, name = field.path.partition(".")
    if dot:
        return f"  {_word(outer)}:", f"    {_word(name)}: {rule}"
    return "", f"  {_word(field.path)}: {rule}"


def _rule(field: "Field") -> str:
    fact = "escalation.fields." + (re.sub(r"\W+", "_", field.title.casefold()).strip("_") or "name")
    if field.choices and not field.others:
        rows = [(c.label.casefold(), c.value) for c in field.choices[:OFFERED]]
        return (
            f"{{from: {fact}, lookup: {{{', '.join(f'{_word(w)}: {_word(v)}' for w, v in rows)}}}}}"
        )
    if field.max is not None:
        return f"{{from: {fact}, max: {field.max}}}"
    return f"{{from: {fact}}}"


def _word(value: Any) -> str:
    """A key or value as YAML reads it back unchanged."""
    known = isinstance(value, str) and value.casefold() not in ("true", "false", "null")
    plain = known and PLAIN.fullmatch(value) and value == value.strip()
    return str(value) if plain or isinstance(value, int) else json.dumps(value, ensure_ascii=False)


def _lines(text: str) -> dict[str, int]:
    if len(text) > LARGEST:
        return {}
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return {}
    found: dict[str, int] = {}
    _walk(root, "", found, set())
    return found


def _walk(node: Any, place: str, found: dict[str, int], seen: set[int]) -> None:
    if id(node) in seen:  # an alias may lead into itself
        return
    seen.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inner = f"{place}.{key.value}" if place else str(key.value)
            found.setdefault(inner, key.start_mark.line + 1)
            _walk(value, inner, found, seen)
    if isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            inner = f"{place}[{number}]"
            found.setdefault(inner, item.start_mark.line + 1)
            _walk(item, inner, found, seen)
