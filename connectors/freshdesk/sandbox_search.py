"""Freshdesk's search: `"tag:'a' AND (status:2 OR cf_x:'b')"`, thirty results a page, ten pages."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request

from connectors.freshdesk.sandbox_errors import complaint, invalid
from connectors.freshdesk.sandbox_fields import CUSTOM
from connectors.sandbox import Refused

LONGEST, SIZE, PAGES = 512, 30, 10
TOKEN = re.compile(r"\s*(?:(\(|\)|AND\b|OR\b)|(\w+):('(?:[^'\\]|\\.)*'|[\w-]+))")
NAMES = {"agent_id": "responder_id"} | {
    name: name for name in ("group_id", "priority", "status", "type")
}
Fits = Callable[[Mapping[str, Any]], bool]


def found(request: Request, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One page of the tickets that fit, with their number."""
    query, page = request.args.get("query", ""), request.args.get("page", "1")
    if not page.isdigit() or not 1 <= int(page) <= PAGES:
        told = f"It should be a Positive Integer less than or equal to {PAGES}"
        raise invalid(complaint("page", told, "invalid_value"))
    fits = _read(query)
    fitting = [row for row in rows if fits(row)]
    start = (int(page) - 1) * SIZE
    return {"total": len(fitting), "results": fitting[start : start + SIZE]}


def _read(query: str) -> Fits:
    if len(query) > LONGEST + 2 or len(query) < 3 or query[0] != '"' or query[-1] != '"':
        raise _bad("Given query is invalid: at most 512 characters between double quotes")
    tokens = _tokens(query[1:-1])
    fits = _either(tokens)
    if tokens:
        raise _bad("Given query is invalid")
    return fits


def _tokens(text: str) -> list[tuple[str, str, str]]:
    found, place = [], 0
    while text[place:].strip():
        token = TOKEN.match(text, place)
        if token is None:
            raise _bad("Given query is invalid")
        found.append((token[1] or "", token[2] or "", token[3] or ""))
        place = token.end()
    return found


def _either(tokens: list[tuple[str, str, str]]) -> Fits:
    parts = [_both(tokens)]
    while tokens and tokens[0][0] == "OR":
        tokens.pop(0)
        parts.append(_both(tokens))
    return lambda row: any(part(row) for part in parts)


def _both(tokens: list[tuple[str, str, str]]) -> Fits:
    parts = [_one(tokens)]
    while tokens and tokens[0][0] == "AND":
        tokens.pop(0)
        parts.append(_one(tokens))
    return lambda row: all(part(row) for part in parts)


def _one(tokens: list[tuple[str, str, str]]) -> Fits:
    if not tokens:
        raise _bad("Given query is invalid")
    word, name, value = tokens.pop(0)
    if word == "(":
        inner = _either(tokens)
        if not tokens or tokens.pop(0)[0] != ")":
            raise _bad("Given query is invalid")
        return inner
    if not name or name not in (*NAMES, *CUSTOM, "tag"):
        raise _bad(f"Field {name!r} cannot be searched")
    wanted = value.strip("'") if value != "null" else None
    return lambda row: wanted in _values(row, name)


def _values(row: Mapping[str, Any], name: str) -> list[str | None]:
    if name == "tag":
        return list(row["tags"])
    value = row["custom_fields"][name] if name in CUSTOM else row[NAMES[name]]
    return [None if value is None else str(value)]


def _bad(words: str) -> Refused:
    return invalid(complaint("query", words, "invalid_value"))
