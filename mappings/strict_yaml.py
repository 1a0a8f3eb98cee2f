"""A small, safe part of YAML: maps, lists, text, numbers, true and false.

Nothing is constructed and nothing is expanded: tags, anchors and aliases are refused where they
stand. YAML 1.1 reads `no` as false, `012` as ten and `2026-11-22` as a date; here they are text.
"""

import re
from collections.abc import Iterator

import yaml

from mappings.errors import FieldError, MappingError

MAX_BYTES = 64 * 1024
MAX_DEPTH = 12

_STANDARD = "tag:yaml.org,2002:"
_CONSTANTS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}
# Numbers are bounded, so that none becomes infinite or takes long to read; longer ones are text.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
# PostgreSQL's jsonb refuses NUL, and UTF-8 has no surrogates; YAML escapes can write both.
_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")


def read(text: str) -> tuple[object, list[FieldError]]:
    """The document as dictionaries (keys are text), lists and scalars, with what was refused.

    Raises MappingError when there is no document to speak of: too large, too deep, not YAML.
    """
    if len(text.encode("utf-8", errors="replace")) > MAX_BYTES:
        raise _refusal(f"is larger than {MAX_BYTES // 1024} KB: remove what is not needed")
    document = _Document(yaml.parse(text, Loader=yaml.BaseLoader))
    try:
        return document.read(), document.errors
    except yaml.YAMLError as error:
        raise _refusal(_syntax(error)) from error


def _refusal(message: str) -> MappingError:
    return MappingError([FieldError("mapping", message)])


def _syntax(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
    return (
        f"is not YAML{where} ({problem}): indent with spaces, "
        'and put a text that has { } : or # in quotes, as in text: "{summary.subject}"'
    )


class _Document:
    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events
        self.errors: list[FieldError] = []

    def read(self) -> object:
        next(self.events)  # the stream starts
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return None
        data = self.node(next(self.events), "", 0)
        next(self.events)  # the document ends
        if not isinstance(next(self.events), yaml.StreamEndEvent):
            self.refuse("mapping", "has a second document after `---`: keep one")
        return data

    def node(self, event: yaml.Event, field: str, depth: int) -> object:
        if depth > MAX_DEPTH:
            raise _refusal(f"is nested deeper than {MAX_DEPTH} levels: flatten it")
        self.check(event, field)
        if isinstance(event, yaml.MappingStartEvent):
            return self.map(field, depth)
        if isinstance(event, yaml.SequenceStartEvent):
            return self.list(field, depth)
        return _scalar(event) if isinstance(event, yaml.ScalarEvent) else None

    def check(self, event: yaml.Event, field: str) -> None:
        if anchor := getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            self.refuse(field, f"anchors and aliases are not read: write `{sign}{anchor}` out")
        if tag := getattr(event, "tag", None):
            self.refuse(field, f"tags are not read: remove `{tag.replace(_STANDARD, '!!')}`")
        if _UNSENDABLE.search(getattr(event, "value", "")):
            self.refuse(field, "has a character that no desk accepts (NUL or half a pair)")

    def map(self, field: str, depth: int) -> dict[str, object]:
        data: dict[str, object] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self.key(event, field, depth)
            inner = f"{field}.{key}" if field else key
            if key in data:
                self.refuse(inner, "is written twice: keep one")
            data[key] = self.node(next(self.events), inner, depth + 1)
        return data

    def key(self, event: yaml.Event, field: str, depth: int) -> str:
        self.node(event, field, depth + 1)
        if isinstance(event, yaml.ScalarEvent) and event.value:
            return str(event.value)
        self.refuse(field, "has a name that is not a plain word: write `name: rule`")
        return "?"

    def list(self, field: str, depth: int) -> list[object]:
        data: list[object] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            data.append(self.node(event, f"{field}[{len(data)}]", depth + 1))
        return data

    def refuse(self, field: str, message: str) -> None:
        self.errors.append(FieldError(field or "mapping", message))


def _scalar(event: yaml.ScalarEvent) -> object:
    text = str(event.value)
    if event.style is not None:  # quoted or a block: always text
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _DECIMAL.fullmatch(text) else text
