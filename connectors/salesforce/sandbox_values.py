"""SOQL's smallest parts: tokens, values of records, one comparison."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.salesforce.sandbox_errors import refused
from connectors.salesforce.sandbox_schema import Field

STAMP = "%Y-%m-%dT%H:%M:%S.000+0000"  # Salesforce keeps whole seconds
TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:\\.|[^'\\])*')
    |(?P<time>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d))?)
    |(?P<number>-?\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_][\w.]*)
    |(?P<sign><=|>=|!=|<>|[=<>(),]))""",
    re.VERBOSE,
)
ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}

Row = Mapping[str, Any]
Look = Callable[[str], Row | None]  # a record by its id


def malformed(words: str) -> Exception:
    """The query cannot be read."""
    return refused("MALFORMED_QUERY", words)


def stamp(text: str) -> str:
    """A datetime literal as records keep it."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise malformed(f"line 1: bad datetime '{text}'") from None
    if time.tzinfo is None:
        raise refused("INVALID_FIELD", "value of filter criterion must be of type dateTime")
    return time.astimezone(UTC).strftime(STAMP)


def value_of(row: Row | None, steps: list[Field], look: Look) -> Any:
    """What stands at the end of a path; null behind an empty reference."""
    for step in steps[:-1]:
        row = look(str(row[step.name])) if row and row.get(step.name) else None
    return row.get(steps[-1].name) if row else None


def compare(one: Any, sign: str, other: Any, *, exact: bool = False) -> bool:
    """One condition; ids are compared exactly, other text without regard to case."""
    if sign == "like":
        return bool(_pattern(str(other)).fullmatch(str(one or "")))
    if not exact:
        one, other = same_word(one), same_word(other)
    if sign in ("=", "!="):
        return bool((one == other) == (sign == "="))
    if one is None or other is None:
        return False
    return bool({"<": one < other, ">": one > other, "<=": one <= other, ">=": one >= other}[sign])


def unescaped(text: str) -> str:
    """What stands between the quotes of a text."""
    return re.sub(r"\\(.)", lambda m: ESCAPES.get(m[1], m[1]), text, flags=re.DOTALL)


def same_word(value: Any) -> Any:
    """A text without its case."""
    return value.casefold() if isinstance(value, str) else value


def _pattern(like: str) -> re.Pattern[str]:
    signs = {"%": ".*", "_": "."}
    parts = [
        re.escape(m[1]) if m[1] else signs.get(m[0], re.escape(m[0]))
        for m in re.finditer(r"\\(.)|.", like, flags=re.DOTALL)
    ]
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def tokens(text: str) -> list[tuple[str, str]]:
    """The query's words and signs with their kinds."""
    found, place, end = [], 0, len(text.rstrip())
    while place < end:
        match = TOKEN.match(text, place)
        if match is None:
            raise malformed(f"unexpected token: '{text[place : place + 10]}'")
        found.append((str(match.lastgroup), match[match.lastgroup or 0]))
        place = match.end()
    return found
