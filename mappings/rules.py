"""The four kinds of rule and how each turns facts into a field's value. None means empty."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

Facts = dict[str, Any]
OTHERWISE = "default"  # the row of a lookup for every word that the table does not list


@dataclass(frozen=True)
class Path:
    """Where a fact is: `escalation.reason.code`."""

    name: str
    steps: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", tuple(self.name.split(".")))

    def find(self, facts: Facts) -> Any:
        """The fact, or None where it is empty or a step is missing or not a dictionary."""
        found: Any = facts
        for step in self.steps:
            if not isinstance(found, dict):
                return None
            found = found.get(step)
        return None if is_empty(found) else found


@dataclass(frozen=True)
class From:
    """`from`: one fact, in its own type."""

    path: Path

    @property
    def paths(self) -> tuple[Path, ...]:
        return (self.path,)

    def read(self, facts: Facts) -> Any:
        return _without_empty(self.path.find(facts))


@dataclass(frozen=True)
class Text:
    """`text`: a string with facts in it; a line whose facts are all empty is left out."""

    lines: tuple[tuple[str | Path, ...], ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(piece for line in self.lines for piece in line if isinstance(piece, Path))

    def read(self, facts: Facts) -> str | None:
        if all(path.find(facts) is None for path in self.paths):
            return None
        lines = (_line(pieces, facts) for pieces in self.lines)
        return "\n".join(line for line in lines if line is not None).strip() or None


@dataclass(frozen=True)
class Value:
    """`value`: always the same."""

    constant: Any
    paths: tuple[Path, ...] = ()

    def read(self, facts: Facts) -> Any:
        return _constant(self.constant)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One field: where its value comes from and what is done to it, in this order."""

    source: From | Text | Value
    lookup: Mapping[str, object] | None = None
    slug: bool = False
    default: Any = None
    max: int | None = None
    required: bool = False

    def render(self, facts: Facts) -> Any:
        """The field's value, or None when it is empty."""
        value = self.source.read(facts)
        if self.lookup:
            value = _each(partial(look_up, self.lookup), value)
        if self.slug:
            value = _each(slug, value)
        value = _constant(self.default) if is_empty(value) else value
        return value if self.max is None else shorten(value, self.max)

    def why_empty(self, facts: Facts) -> str:
        """The reason why a required field got nothing, for the person who wrote the rule."""
        paths = dict.fromkeys(path.name for path in self.source.paths)
        names = " and ".join(paths)
        read = self.source.read(facts)
        if is_empty(read):
            return f"{names} {'is' if len(paths) == 1 else 'are'} empty"
        shown = shorten(to_text(read), 40)
        if self.lookup and is_empty(_each(partial(look_up, self.lookup), read)):
            return f'{names} is "{shown}", which the lookup does not list: add it, or a `default`'
        return f'{names} is "{shown}", which has no letter or digit'


@dataclass(frozen=True)
class Group:
    """Fields by name; a `whole` group (an item of a list) needs all of them or is left out."""

    fields: tuple[tuple[str, "Node"], ...]
    whole: bool = False


@dataclass(frozen=True)
class Items:
    """A list of rules makes a list; empty items are left out."""

    items: tuple["Node", ...]


Node = Rule | Group | Items


def rules(node: Node) -> Iterator[Rule]:
    """Every rule under a node, in the order of the document."""
    if isinstance(node, Rule):
        yield node
        return
    inner = node.items if isinstance(node, Items) else tuple(child for _, child in node.fields)
    for child in inner:
        yield from rules(child)


def is_empty(value: object) -> bool:
    """True for None, blank text and empty collections; 0 and false are values."""
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, list | dict | tuple) and not value)


def to_text(value: object) -> str:
    """A value as a person would write it: no None, no Python."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(to_text(item) for item in value if not is_empty(item))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {to_text(v)}" for key, v in value.items() if not is_empty(v))
    return "" if value is None else str(value)


def look_up(table: Mapping[str, object], word: object) -> object:
    """The word's row, whatever its case; else the row `default`; else None."""
    return table.get(fold(to_text(word)), table.get(OTHERWISE))


def fold(word: str) -> str:
    """A word as lookups compare it."""
    return word.strip().casefold()


def slug(value: object) -> str:
    """Letters and digits of any script in lower case, with one `_` for whatever else is between."""
    kept = (c if unicodedata.category(c)[0] in "LMN" else " " for c in to_text(value).casefold())
    return "_".join("".join(kept).split())


def shorten(value: Any, limit: int) -> Any:
    """A text of at most `limit` characters or a list of at most `limit` items; else as it was."""
    if isinstance(value, str):
        return _cut(value, limit)
    return value[:limit] if isinstance(value, list) else value


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    # A space in the first third is too far back: scripts without spaces, or one long link.
    ends = range(limit - 1, limit // 3, -1)
    end = next((at for at in ends if text[at].isspace()), None) or _between(text, limit - 1)
    return re.sub(r"[\s,;:–—-]+\Z", "", text[:end]) + "…"


def _between(text: str, end: int) -> int:
    while end > 0 and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return end


def _joins(character: str) -> bool:
    """True for accents, vowel signs, joiners and skin tones: they belong to what is before."""
    return (
        unicodedata.category(character)[0] == "M"
        or character == "\u200d"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )


def _line(pieces: tuple[str | Path, ...], facts: Facts) -> str | None:
    found = [p.find(facts) if isinstance(p, Path) else p for p in pieces]
    told = [fact for p, fact in zip(pieces, found, strict=True) if isinstance(p, Path)]
    if told and all(fact is None for fact in told):
        return None
    return "".join(to_text(piece) for piece in found).rstrip()


def _each(change: Any, value: Any) -> Any:
    if not isinstance(value, list):
        return None if is_empty(value) else change(value)
    changed = (change(item) for item in value if not is_empty(item))
    return [item for item in changed if not is_empty(item)]


def _without_empty(value: Any) -> Any:
    """A copy, so that a payload never shares a list with the facts."""
    if isinstance(value, dict):
        kept = {name: _without_empty(inner) for name, inner in value.items()}
        return {name: inner for name, inner in kept.items() if not is_empty(inner)}
    if isinstance(value, list):
        return [item for item in map(_without_empty, value) if not is_empty(item)]
    return value


def _constant(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
