"""Intercom's search: an index that lags, a query of nested filters, pages with a cursor."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.intercom.sandbox_errors import invalid

DEEPEST, WIDEST, LARGEST = 2, 15, 150
DAY = 86_400
DATES = ("created_at", "updated_at", "snoozed_until")

Field = Callable[[Mapping[str, Any], str], Any]


class Index:
    """What search knows of each record: its state some seconds ago."""

    def __init__(
        self, now: Callable[[], datetime], settings: Mapping[str, float], lag: str
    ) -> None:
        self.now = now
        self.settings = settings
        self.lag = lag
        self.known: dict[str, Mapping[str, Any]] = {}
        self.coming: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def touch(self, record_id: str, record: Mapping[str, Any]) -> None:
        """The record has changed; search hears of it later."""
        self.coming[record_id] = self.now().timestamp(), dict(record)

    def rows(self, alive: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """The records as the index has them, without those that are gone."""
        due = self.now().timestamp() - self.settings[self.lag]
        for record_id, (at, record) in list(self.coming.items()):
            if at <= due:
                self.known[record_id] = record
                del self.coming[record_id]
        return [row for record_id, row in self.known.items() if record_id in alive]


def found_page(
    wish: Mapping[str, Any],
    rows: Sequence[Mapping[str, Any]],
    field: Field,
    names: Sequence[str],
    *,
    days: bool = False,
) -> tuple[list[str], dict[str, Any]]:
    """The ids on the page that is asked for, and what Intercom tells of the pages."""
    query = wish.get("query")
    if not isinstance(query, Mapping):
        raise invalid("query is needed", "parameter_not_found", "query")
    found = [row for row in rows if _matches(row, query, field, names, days=days)]
    by, backwards = _order(wish)
    found.sort(key=lambda row: _place(row, by), reverse=backwards)
    size = _size(wish)
    rest = _after(found, wish, by, backwards)
    some = [str(row["id"]) for row in rest[:size]]
    pages: dict[str, Any] = {"type": "pages", "page": 1, "per_page": size}
    pages["total_pages"] = -(-len(found) // size)
    if len(rest) > size:
        cursor = json.dumps(_place(rest[size - 1], by)).encode()
        pages["next"] = {"page": 2, "starting_after": base64.b64encode(cursor).decode()}
    return some, {"total_count": len(found), "pages": pages}


def _order(wish: Mapping[str, Any]) -> tuple[str, bool]:
    sort = wish.get("sort") or {}
    name = sort.get("field", "updated_at")
    if name not in DATES:
        raise invalid(f"cannot sort by {name}", field="sort")
    return str(name), sort.get("order", "descending") == "descending"


def _place(row: Mapping[str, Any], by: str) -> tuple[float, str]:
    return float(row[by] or 0), str(row["id"])


def _size(wish: Mapping[str, Any]) -> int:
    size = (wish.get("pagination") or {}).get("per_page", 20)
    if not isinstance(size, int) or not 1 <= size <= LARGEST:
        raise invalid(f"per_page must be between 1 and {LARGEST}", field="per_page")
    return size


def _after(
    found: list[Mapping[str, Any]], wish: Mapping[str, Any], by: str, backwards: bool
) -> list[Mapping[str, Any]]:
    cursor = (wish.get("pagination") or {}).get("starting_after")
    if not cursor:
        return found
    try:
        at, record_id = json.loads(base64.b64decode(cursor, validate=True))
        last = float(at), str(record_id)
    except (ValueError, TypeError):
        raise invalid("starting_after is not a cursor", field="starting_after") from None
    if backwards:
        return [row for row in found if _place(row, by) < last]
    return [row for row in found if _place(row, by) > last]


def _matches(
    row: Mapping[str, Any],
    query: Mapping[str, Any],
    field: Field,
    names: Sequence[str],
    *,
    days: bool,
    depth: int = 0,
) -> bool:
    how, value = query.get("operator"), query.get("value")
    if how in ("AND", "OR"):
        if depth >= DEEPEST or not isinstance(value, list) or len(value) > WIDEST:
            raise invalid("at most 2 levels with 15 filters each", "parameter_invalid", "query")
        each = [_matches(row, one, field, names, days=days, depth=depth + 1) for one in value]
        return all(each) if how == "AND" else any(each)
    name = str(query.get("field"))
    if name.startswith("ticket_attribute.") and "ticket_attribute." in names:
        number = name.removeprefix("ticket_attribute.")
        if not number.isdigit():
            raise invalid(f"{number} is not a valid integer", "field_not_found")
    elif name not in names:
        raise invalid(f"{name} is not a valid field", "field_not_found")
    if days and name in DATES:
        return _by_day(row[name], str(how), value)
    return _compare(field(row, name), str(how), value)


def _by_day(have: Any, how: str, value: Any) -> bool:
    """Contacts' dates: whole days, and only before or after."""
    if how not in ("<", ">", "="):
        raise invalid(f"{how} is not supported for dates", field="operator")
    return _compare(int(have) // DAY, how if how == "=" else f"{how}=", int(value) // DAY)


def _compare(have: Any, how: str, value: Any) -> bool:
    if isinstance(have, list):
        inside = str(value) in have if how in ("=", "~") else False
        inside = inside or (how == "IN" and bool({str(one) for one in value} & set(have)))
        return inside if how in ("=", "~", "IN") else not _compare(have, "=", value)
    if how == "IN":
        return any(_same(have, one) for one in value)
    if how == "NIN":
        return not any(_same(have, one) for one in value)
    if how in ("=", "!="):
        return _same(have, value) is (how == "=")
    if how in (">", ">=", "<", "<="):
        # Documented: "greater or equal", "lower or equal" for whole numbers and dates.
        one, other = float(have or 0), float(value)
        return one >= other if how.startswith(">") else one <= other
    words, sought = str(have or "").casefold(), str(value).casefold()
    tests = {
        "~": sought in words,
        "!~": sought not in words,
        "^": words.startswith(sought),
        "$": words.endswith(sought),
    }
    if how not in tests:
        raise invalid(f"{how} is not an operator", field="operator")
    return tests[how]


def _same(have: Any, value: Any) -> bool:
    if isinstance(have, bool) or isinstance(value, bool):
        return str(have).lower() == str(value).lower()
    return value is not None and have is not None and str(have) == str(value)
