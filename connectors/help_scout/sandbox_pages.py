"""Help Scout's lists: HAL pages of fixed size, filters, and its search language."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from connectors.help_scout.sandbox_errors import bad

SIZE = 25
TERM = re.compile(r'\(?\s*(?:(AND|OR)\b|(\w+):("(?:[^"\\]|\\.)*"|[^\s()]+))\s*\)?')
STATUSES = {
    "all": ("active", "pending", "closed", "spam"),
    "open": ("active", "pending"),
    "active": ("active",),
    "pending": ("pending",),
    "closed": ("closed",),
    "spam": ("spam",),
}
SORTS = {"modifiedAt": "modified", "createdAt": "createdAt", "number": "number", "status": "status"}

Row = Mapping[str, Any]
Test = Callable[[Row], bool]


def page(request: Request, name: str, rows: Sequence[Row]) -> dict[str, Any]:
    """One page of `rows` under `_embedded`, which is absent when there is nothing."""
    number = request.args.get("page", "1")
    if not number.isdigit() or int(number) < 1:
        raise bad("page", "must be greater than or equal to 1", number)
    at, pages = int(number), math.ceil(len(rows) / SIZE)
    some = list(rows[(at - 1) * SIZE : at * SIZE])
    told: dict[str, Any] = {"_embedded": {name: some}} if some else {}
    told["_links"] = {"self": {"href": _url(request, at)}}
    if at < pages:
        told["_links"]["next"] = {"href": _url(request, at + 1)}
    told["page"] = {"size": SIZE, "totalElements": len(rows), "totalPages": pages, "number": at}
    return told


def _url(request: Request, number: int) -> str:
    return f"{request.base_url}?{urlencode(request.args.to_dict() | {'page': str(number)})}"


def filtered(request: Request, rows: Sequence[Row]) -> list[Row]:
    """The conversations that the query parameters want, in their order.

    A row is `{"modified", "emails", "tags", ...}`: what can be filtered and sorted by.
    """
    args = request.args
    status = args.get("status", "active")
    if status not in STATUSES:
        raise bad("status", "is not a valid status", status)
    wanted = [row for row in rows if row["status"] in STATUSES[status]]
    for name, field in (("mailbox", "mailboxId"), ("number", "number")):
        if name in args:
            wanted = [row for row in wanted if str(row[field]) in args[name].split(",")]
    if "tag" in args:
        tags = set(args["tag"].casefold().split(","))
        wanted = [row for row in wanted if tags & set(row["tags"])]
    if "modifiedSince" in args:
        since = _time(args["modifiedSince"])
        wanted = [row for row in wanted if row["modified"] >= since]
    if "query" in args:
        test = _query(args["query"])
        wanted = [row for row in wanted if test(row)]
    return _sorted(request, wanted)


def _time(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        raise bad("modifiedSince", "must be a time like 2026-11-22T10:00:00Z", value)
    return value


def _sorted(request: Request, rows: list[Row]) -> list[Row]:
    field = request.args.get("sortField", "createdAt")
    order = request.args.get("sortOrder", "desc")
    if field not in SORTS or order not in ("asc", "desc"):
        raise bad("sortField" if field not in SORTS else "sortOrder", "is not valid", field)
    return sorted(rows, key=lambda row: (row[SORTS[field]], row["number"]), reverse=order == "desc")


def terms(query: str) -> list[tuple[str, str]]:
    """The `name:"value"` pairs of a query; `("", "OR")` stands between alternatives."""
    found, place = [], 0
    while query[place:].strip(" ()"):
        match = TERM.match(query, place)
        if match is None:
            raise bad("query", "cannot be understood", query)
        place = match.end()
        joint, name, value = match.groups()
        if joint != "AND":
            found.append(("", joint) if joint else (name, _plain(value)))
    return found


def _plain(value: str) -> str:
    if not value.startswith('"'):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:-1])


def _query(query: str) -> Test:
    """A test from a query such as `(tag:"a" AND email:"b@c")`; brackets do not nest here."""
    groups: list[list[Test]] = [[]]
    for name, value in terms(query):
        if not name:
            groups.append([])
        else:
            groups[-1].append(_term(name, value.casefold()))
    return lambda row: any(all(test(row) for test in tests) for tests in groups)


def _term(name: str, value: str) -> Test:
    simple = {"number": "number", "mailboxid": "mailboxId", "status": "status", "id": "id"}
    if name in simple:
        return lambda row: str(row[simple[name]]).casefold() == value
    if name == "tag":
        return lambda row: value in row["tags"]
    if name == "email":
        return lambda row: value in row["emails"]
    if name == "customerIds":
        return lambda row: str(row["customer"]) == value
    if name == "subject":
        return lambda row: value in row["subject"].casefold()
    if name == "body":
        return lambda row: value in row["kept"].words.casefold()
    raise bad("query", f"{name} is not a search term", value)
