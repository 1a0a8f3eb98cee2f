"""From a document to rules: every problem is collected, and each message says what to do."""

import difflib
import re
from types import MappingProxyType
from typing import Any

from mappings.errors import FieldError
from mappings.facts import FACTS, OPEN
from mappings.rules import OTHERWISE, From, Group, Items, Node, Path, Rule, Text, Value, fold

KINDS = ("from", "text", "value")
OPTIONS = ("lookup", "slug", "default", "max", "required")
TOP = ("desk", "ticket")
SUGGESTIONS = 50  # a suggestion takes a millisecond: a document of nonsense gets no more of them

_KNOWN = sorted({path.rsplit(".", cut)[0] for path in FACTS for cut in range(path.count(".") + 1)})
_DESK = re.compile(r"[a-z][a-z0-9_]{0,63}")
_PIECE = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class Draft:
    """A document under examination: `errors` is complete once `read` returned."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def read(self, data: object) -> tuple[str, Group]:
        """The desk's name and its fields, as far as they could be read."""
        document = data if isinstance(data, dict) else {}
        for name in document:
            if name not in TOP:
                self.wrong(name, f"is not known here{_did_you_mean(name, TOP)}")
        return self.desk(document.get("desk")), self.ticket(document.get("ticket"))

    def desk(self, name: object) -> str:
        if isinstance(name, str) and _DESK.fullmatch(name):
            return name
        self.wrong("desk", "is missing: name the desk, as in `desk: zendesk`")
        return ""

    def ticket(self, data: object) -> Group:
        if isinstance(data, dict) and data:
            return self.group("ticket", data)
        self.wrong("ticket", "is missing: add at least one field with a rule")
        return Group(())

    def node(self, field: str, data: object, *, item: bool = False) -> Node | None:
        if isinstance(data, list):
            return self.items(field, data)
        if not isinstance(data, dict):
            self.wrong(field, _needs_a_rule(field, data))
            return None
        if not data:
            self.wrong(field, "is empty: give it a rule, or remove it")
            return None
        if _kinds(data) or _options(data):
            return self.rule(field, data)
        if all(value is None for value in data.values()):  # {path} without quotes is a map
            self.wrong(field, 'needs a rule; for a text with { } use quotes: text: "{path}"')
            return None
        return self.group(field, data, whole=item)

    def group(self, field: str, data: dict[str, object], *, whole: bool = False) -> Group:
        nodes = ((name, self.node(f"{field}.{name}", inner)) for name, inner in data.items())
        return Group(tuple((name, node) for name, node in nodes if node is not None), whole)

    def items(self, field: str, data: list[object]) -> Items | None:
        if not data:
            self.wrong(field, "is an empty list: give it a rule, or remove it")
            return None
        nodes = [self.node(f"{field}[{at}]", inner, item=True) for at, inner in enumerate(data)]
        return Items(tuple(node for node in nodes if node is not None))

    def rule(self, field: str, data: dict[str, Any]) -> Rule | None:
        kinds = _kinds(data)
        if len(kinds) != 1:
            self.wrong(field, _not_one_kind(data, kinds))
            return None
        kind = kinds[0]
        for name in (name for name in data if name not in (kind, *OPTIONS)):
            self.wrong(f"{field}.{name}", _not_an_option(name, kind))
        options = {name: data[name] for name in OPTIONS if name in data}
        checked = {name: getattr(self, name)(f"{field}.{name}", options[name]) for name in options}
        source = self.source(f"{field}.{kind}", kind, data[kind])
        return None if source is None else Rule(source=source, **checked)

    def source(self, field: str, kind: str, data: object) -> From | Text | Value | None:
        if kind == "value":
            return Value(self.constant(field, data))
        if not isinstance(data, str) or not data.strip():
            example = "summary.subject" if kind == "from" else '"{summary.subject}"'
            self.wrong(field, f"names no fact: write one, as in `{kind}: {example}`")
            return None
        return From(self.path(field, data)) if kind == "from" else self.text(field, data)

    def text(self, field: str, data: str) -> Text:
        before = len(self.errors)
        text = Text(tuple(tuple(self.pieces(field, line)) for line in data.splitlines()))
        if not text.paths and len(self.errors) == before:
            self.wrong(field, "has no {path}: use `from` for a fact, `value` for a constant")
        return text

    def pieces(self, field: str, line: str) -> list[str | Path]:
        pieces: list[str | Path] = []
        end = 0
        for match in _PIECE.finditer(line):
            pieces += [line[end : match.start()], self.piece(field, match)]
            end = match.end()
        return [piece for piece in [*pieces, line[end:]] if piece != ""]

    def piece(self, field: str, match: re.Match[str]) -> str | Path:
        if match[1] is not None:
            return self.path(field, match[1])
        if len(match[0]) == 1:
            self.wrong(field, f"has a single {match[0]}: close it, or double it to mean itself")
        return match[0][0]

    def path(self, field: str, raw: str) -> Path:
        name = raw.strip()
        below = name.removeprefix(f"{OPEN}.")
        if name not in _KNOWN and (below == name or not all(below.split("."))):
            close = _close_fact(name) if len(self.errors) < SUGGESTIONS else ""
            self.wrong(field, f"there is no fact `{name[:80]}`{close}")
        return Path(name)

    def constant(self, field: str, data: object) -> object:
        items = data if isinstance(data, list) else [data]
        if items and not any(_is_nothing(item) for item in items):
            return tuple(items) if isinstance(data, list) else data
        self.wrong(field, "is empty: write a text, a number, true, false, or a list of them")
        return None

    def lookup(self, field: str, data: object) -> object:
        if not isinstance(data, dict) or not data:
            self.wrong(field, "needs a table, as in {low: 1, high: 3}")
            return None
        rows = {fold(word): self.row(f"{field}.{word}", to) for word, to in data.items()}
        if len(rows) < len(data):
            self.wrong(field, "has a word twice (upper and lower case are the same): keep one")
        return MappingProxyType(rows)

    def row(self, field: str, data: object) -> object:
        if _is_nothing(data):
            self.wrong(field, "needs what the word becomes: a text, number, true or false")
            return None
        return data

    default = constant

    def max(self, field: str, data: object) -> object:
        if isinstance(data, int) and not isinstance(data, bool) and data >= 1:
            return data
        self.wrong(field, "needs a whole number from 1: characters of a text, or list items")
        return None

    def required(self, field: str, data: object) -> object:
        if not isinstance(data, bool):
            self.wrong(field, "write true, or remove it")
        return data

    slug = required

    def wrong(self, field: str, message: str) -> None:
        self.errors.append(FieldError(field, message))


def _kinds(data: dict[str, Any]) -> list[str]:
    """The kinds of rule in a map; a name whose content has rules in it is a field of that name."""
    return [kind for kind in KINDS if kind in data and not _has_rules(data[kind])]


def _options(data: dict[str, Any]) -> list[str]:
    """The options of a rule in a map, told in the same way from fields of that name."""
    table = data.get("lookup")
    is_table = isinstance(table, dict) and not _kinds(table) and not _has_rules([*table.values()])
    plain = [name for name in OPTIONS if name in data and not _has_rules(data[name])]
    return ["lookup", *plain] if is_table else plain


def _has_rules(data: object) -> bool:
    inner = data if isinstance(data, list) else [data]
    return any(isinstance(item, dict | list) for item in inner)


def _is_nothing(data: object) -> bool:
    return isinstance(data, dict | list) or data is None or str(data).strip() == ""


def _needs_a_rule(field: str, data: object) -> str:
    if data is None:
        return "has no rule: add one, as in {from: summary.subject}, or remove it"
    name = field.rsplit(".")[-1]
    shown = str(data).lower() if isinstance(data, bool) else str(data)[:40]
    return f"needs a rule; a constant is {{value: {shown}}}{_did_you_mean(name, KINDS)}"


def _not_one_kind(data: dict[str, Any], kinds: list[str]) -> str:
    if kinds:
        return f"has both `{kinds[0]}` and `{kinds[1]}`: keep one"
    close = (_did_you_mean(name, KINDS) for name in data if name not in OPTIONS)
    return f"has no `from`, `text` or `value`: add one{next(filter(None, close), '')}"


def _not_an_option(name: str, kind: str) -> str:
    if name == OTHERWISE or difflib.get_close_matches(name[:20], OPTIONS, n=1):
        return f"is not a word of a rule{_did_you_mean(name, OPTIONS)}"
    return (
        f"is not a word of a rule ({', '.join(OPTIONS)}); "
        f"if `{kind}` is a field of the desk here, give it a rule of its own"
    )


def _did_you_mean(name: str, words: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(name[:20], words, n=1)
    return f"; did you mean `{close[0]}`?" if close else ""


def _close_fact(name: str) -> str:
    """The fact of the same last name or the most similar one, as a question."""
    last = name.rsplit(".")[-1]
    same = [path for path in FACTS if path.rsplit(".")[-1] == last]
    close = same or difflib.get_close_matches(name[:80], _KNOWN, n=1)
    return f"; did you mean `{close[0]}`?" if close else "; the README lists all facts"
