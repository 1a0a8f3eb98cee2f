"""Zendesk's lists: cursor pages, offset pages, sorting, and its search language."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from connectors.zendesk.sandbox_errors import bad

ORDER = ("new", "open", "pending", "hold", "solved", "closed")
TERM = re.compile(r'(-?)(\w+)(:|<=|>=|<|>)("[^"]*"|\S+)|"([^"]+)"|(\S+)')
SEARCH_CAP = 1000


def page(request: Request, url: str, name: str, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One page of `rows` under `name`: by cursor if the request has `page[…]`, else by offset."""
    if "page[size]" in request.args or "page[after]" in request.args:
        return _cursor_page(request, url, name, rows)
    return _offset_page(request, url, name, rows)


def _cursor_page(
    request: Request, url: str, name: str, rows: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    size = min(100, max(1, int(request.args.get("page[size]", 100))))
    after = request.args.get("page[after]")
    start = 0
    if after:
        last = unpack(after)
        start = next((i + 1 for i, row in enumerate(rows) if str(row["id"]) == last), len(rows))
    some = list(rows[start : start + size])
    more = start + size < len(rows)
    cursor = pack(str(some[-1]["id"])) if some else after
    args = request.args.to_dict() | {"page[size]": str(size), "page[after]": cursor or ""}
    following = f"{url}{request.path}?{urlencode(args)}" if more else None
    meta = {"has_more": more, "after_cursor": cursor, "before_cursor": None}
    return {name: some, "meta": meta, "links": {"next": following, "prev": None}}


def _offset_page(
    request: Request, url: str, name: str, rows: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    size = min(100, max(1, int(request.args.get("per_page", 100))))
    number = max(1, int(request.args.get("page", 1)))
    if number > 100 or number * size > 10_000:
        raise bad("InvalidValue", "Beyond 10,000 rows use cursor pagination")
    start = (number - 1) * size
    args = request.args.to_dict() | {"page": str(number + 1)}
    more = start + size < len(rows)
    following = f"{url}{request.path}?{urlencode(args)}" if more else None
    told = {"next_page": following, "previous_page": None, "count": len(rows)}
    return {name: list(rows[start : start + size])} | told


def pack(text: str) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> str:
    """What `pack` packed, or 400."""
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise bad("InvalidCursor", "The cursor is not valid") from None


def ordered(request: Request, rows: Sequence[dict[str, Any]], default: str) -> list[dict[str, Any]]:
    """Rows by `sort=-name`, or `sort_by` and `sort_order`."""
    sort = request.args.get("sort") or request.args.get("sort_by", "")
    if request.args.get("sort_order") == "desc":
        sort = f"-{sort.lstrip('-') or default}"
    name = sort.lstrip("-") or default
    backwards = sort.startswith("-")
    if rows and name not in rows[0]:
        raise bad("InvalidSort", f"sort cannot be {name}")
    return sorted(rows, key=lambda row: (str(row[name]), row["id"]), reverse=backwards)


Test = Callable[[Mapping[str, Any]], bool]


def search(query: str, requester_of: Callable[[str], int | None]) -> Test:
    """A test of a ticket from a search query; terms are joined by and."""
    tests: list[Test] = []
    for minus, name, how, value, phrase, word in TERM.findall(query):
        if not name:
            tests.append(_mentions((phrase or word).casefold()))
            continue
        test = _term(name.casefold(), how, value.strip('"'), requester_of)
        tests.append(_not(test) if minus else test)
    return lambda ticket: all(test(ticket) for test in tests)


def _not(test: Test) -> Test:
    return lambda ticket: not test(ticket)


def _mentions(words: str) -> Test:
    return lambda ticket: words in f"{ticket['subject']} {ticket['description']}".casefold()


def _term(name: str, how: str, value: str, requester_of: Callable[[str], int | None]) -> Test:
    if name == "type":
        return lambda ticket: value == "ticket" or ticket["type"] == value
    if name in ("requester", "requester_id"):
        wanted = requester_of(value)
        return lambda ticket: ticket["requester_id"] == wanted
    if name in ("tags", "tag"):
        return lambda ticket: value in ticket["tags"]
    if name == "status":
        return lambda ticket: _compare(_rank(ticket["status"]), how, _rank(value))
    field = {"updated": "updated_at", "created": "created_at", "solved": "updated_at"}.get(
        name, name
    )
    return lambda ticket: (
        field in ticket and _compare(str(ticket[field] or "").casefold(), how, value.casefold())
    )


def _rank(word: str) -> int:
    return ORDER.index(word) if word in ORDER else -1


def _compare(one: Any, how: str, other: Any) -> bool:
    if how == ":":
        return bool(one == other)
    if how.startswith(">"):
        return bool(one > other or (how == ">=" and one == other))
    return bool(one < other or (how == "<=" and one == other))
