"""HubSpot's search: filter groups, sorts and caps over an index that lags."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from connectors.hubspot.sandbox_errors import bad
from connectors.hubspot.sandbox_records import Record, Records
from connectors.hubspot.sandbox_schema import KINDS, NAMES, TIMES
from connectors.hubspot.sandbox_times import time_or_none

CAP = 10_000
LONGEST_BODY = 3000  # characters
LARGEST_PAGE = 200

Values = Mapping[str, str]


def search(records: Records, kind: str, wish: Mapping[str, Any], body: str) -> dict[str, Any]:
    """`total`, the matching `records` of one page, and `after` of the next one or None."""
    groups = _groups(wish, body)
    limit, after = _number(wish.get("limit", 10)), _number(wish.get("after") or 0)
    if not 1 <= limit <= LARGEST_PAGE:
        raise bad(f"limit has to be between 1 and {LARGEST_PAGE}")
    if after + limit > CAP:
        raise bad(f"paging beyond {CAP} results is not supported")
    rows = [(r, v) for r, v in _index(records, kind) if _fits(records, kind, r, v, groups)]
    words = str(wish.get("query") or "").casefold()
    rows = [(r, v) for r, v in rows if words in " ".join(v.values()).casefold()]
    rows.sort(key=lambda row: int(row[0].id))
    for name, down in reversed(list(_sorts(wish))):
        rows.sort(key=lambda row, name=name: _place(name, row[1].get(name, "")), reverse=down)  # type: ignore[misc]
    page = rows[after : after + limit]
    more = after + limit < min(len(rows), CAP)
    return {"total": len(rows), "rows": page, "after": str(after + limit) if more else None}


def _groups(wish: Mapping[str, Any], body: str) -> list[list[Mapping[str, Any]]]:
    if len(body) > LONGEST_BODY:
        raise bad(f"the request is longer than {LONGEST_BODY} characters")
    groups = [list(group["filters"]) for group in wish.get("filterGroups") or ()]
    if wish.get("filters"):
        groups.append(list(wish["filters"]))
    sizes = [len(group) for group in groups]
    if len(sizes) > 5 or sum(sizes) > 18 or max(sizes, default=0) > 6:
        raise bad("at most 5 groups of 6 filters, 18 in all")
    return groups


def _index(records: Records, kind: str) -> Iterable[tuple[Record, Values]]:
    """Every object as the index knows it: as it was `search_lag` seconds ago."""
    lag = records.settings["search_lag"]
    if not lag:
        yield from ((record, record.values) for record in records.live(kind))
        return
    then = records.now() - timedelta(seconds=lag)
    for record in records.live(kind):
        if record.made <= then:
            known = {
                name: [value for value, at, _by in told if at <= then]
                for name, told in record.history.items()
            }
            yield record, {name: told[-1] for name, told in known.items() if told}


def _fits(records: Records, kind: str, record: Record, values: Values, groups: Any) -> bool:
    if not groups:
        return True
    return any(all(_holds(records, kind, record, values, one) for one in group) for group in groups)


def _holds(
    records: Records, kind: str, record: Record, values: Values, one: Mapping[str, Any]
) -> bool:
    name, operator = str(one.get("propertyName")), str(one.get("operator"))
    if name.startswith("associations."):
        other = name.removeprefix("associations.")
        linked = record.linked(NAMES.get(other, other))
        wanted = one.get("values") or [one.get("value")]
        return operator in ("EQ", "IN") and bool({str(w) for w in wanted} & set(linked))
    if name not in records.properties[kind]:
        raise bad(f"There was a problem with the request: unknown property {name}")
    if operator not in OPERATORS:
        raise bad(f"Invalid operator {operator}")
    return OPERATORS[operator](name, values.get(name, ""), one)


def _compare(test: Callable[[Any, Any], bool]) -> Callable[[str, str, Mapping[str, Any]], bool]:
    def holds(name: str, value: str, one: Mapping[str, Any]) -> bool:
        return bool(value) and test(_place(name, value), _place(name, str(one.get("value"))))

    return holds


def _between(name: str, value: str, one: Mapping[str, Any]) -> bool:
    low, high = _place(name, str(one.get("value"))), _place(name, str(one.get("highValue")))
    return bool(value) and low <= _place(name, value) <= high


def _in(name: str, value: str, one: Mapping[str, Any]) -> bool:
    return value.casefold() in {str(w).casefold() for w in one.get("values") or ()}


OPERATORS: Mapping[str, Callable[[str, str, Mapping[str, Any]], bool]] = {
    "EQ": _compare(lambda a, b: bool(a == b)),
    "NEQ": _compare(lambda a, b: bool(a != b)),
    "LT": _compare(lambda a, b: bool(a < b)),
    "LTE": _compare(lambda a, b: bool(a <= b)),
    "GT": _compare(lambda a, b: bool(a > b)),
    "GTE": _compare(lambda a, b: bool(a >= b)),
    "BETWEEN": _between,
    "IN": _in,
    "NOT_IN": lambda name, value, one: not _in(name, value, one),
    "HAS_PROPERTY": lambda _name, value, _one: bool(value),
    "NOT_HAS_PROPERTY": lambda _name, value, _one: not value,
    "CONTAINS_TOKEN": lambda _name, value, one: _token(value, one),
    "NOT_CONTAINS_TOKEN": lambda _name, value, one: not _token(value, one),
}


def _token(value: str, one: Mapping[str, Any]) -> bool:
    wanted = str(one.get("value")).casefold()
    if "*" in wanted:
        return wanted.strip("*") in value.casefold()
    return wanted in value.casefold().split()


def _place(name: str, value: str) -> Any:
    """A value as it is compared: times and numbers by size, words without case."""
    if name in TIMES:
        time = time_or_none(value)
        return time.timestamp() if time else 0.0
    if name == "hs_object_id":
        return int(value) if value.isdecimal() else 0
    return value.casefold()


def _sorts(wish: Mapping[str, Any]) -> Iterable[tuple[str, bool]]:
    for one in wish.get("sorts") or ():
        if isinstance(one, str):
            yield one.removeprefix("-"), one.startswith("-")
        else:
            yield one["propertyName"], one.get("direction") == "DESCENDING"


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise bad(f"{value} is not a number") from None


def shown_names(kind: str) -> tuple[str, ...]:
    """The properties that an answer has when none are asked for."""
    one = KINDS[kind]
    return (*one.shown, one.created, one.changed, "hs_object_id")
