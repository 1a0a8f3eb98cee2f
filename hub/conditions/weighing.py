"""Conditions weighed on an escalation's facts.

Nothing here raises, whatever the facts are. The answer is True, False, or None while a fact that
is not known yet decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

FIELD = "fields."
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONG_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LONGEST_TOLD = 60  # characters of a fact in a sentence
MOST_BITS = 10_000  # Python writes no number of more than 4300 digits

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: the words or the spans of time (in minutes) in which the fact must be."""

    name: str
    wanted: bool
    words: frozenset[str] = frozenset()
    spans: tuple[tuple[int, int], ...] = ()

    def holds(self, facts: Facts, zone: str | None = None) -> bool | None:
        """Whether the facts satisfy it; None when the fact is not known yet."""
        if self.name in ("weekday", "time"):
            now = _local(facts, zone)
            if now is None:
                return None
            inside = DAYS[now.weekday()] in self.words or _in_spans(now, self.spans)
            return inside is self.wanted
        value = _value(self.name, facts)
        if self.name == "language" and not _words(value):
            return None
        found = _tags(value) if self.name == "language" else _words(value)
        return bool(self.words & (found or {""})) is self.wanted

    def told(self, facts: Facts, zone: str | None = None) -> str:
        """The fact in words: `language is de-AT`."""
        if self.name in ("weekday", "time"):
            now = _local(facts, zone)
            when = now and f"{LONG_DAYS[now.weekday()]} {now:%H:%M} ({now.tzinfo})"
            return f"it is {when or 'an unknown time'}"
        value = ", ".join(sorted(_words(_value(self.name, facts), fold=False)))
        return f"{self.name} is {value[:LONGEST_TOLD] or 'not set'}"


@dataclass(frozen=True, slots=True)
class Condition:
    """Terms that must all hold, and whose clock they mean."""

    terms: tuple[Term, ...]
    zone: str | None = None

    def holds(self, facts: Facts) -> bool | None:
        """False as soon as one term fails, None while one cannot be told."""
        found = [term.holds(facts, self.zone) for term in self.terms]
        if False in found:
            return False
        return None if None in found else True

    def told(self, facts: Facts, holds: bool | None) -> str:
        """The facts that made the difference: those of the terms with this outcome."""
        decisive = [t for t in self.terms if t.holds(facts, self.zone) is holds]
        return " and ".join(dict.fromkeys(term.told(facts, self.zone) for term in decisive))


@lru_cache(maxsize=1)
def zones() -> Mapping[str, str]:
    """The time zones' names by their folded ones."""
    return {name.casefold(): name for name in available_timezones()}


def _value(name: str, facts: Facts) -> Any:
    """The fact; `fields.customer.plan` walks dictionaries only."""
    if not name.startswith(FIELD):
        return facts.get(name)
    inside = facts.get("fields")
    path = name.removeprefix(FIELD)
    if isinstance(inside, Mapping) and path in inside:
        return inside[path]
    for step in path.split("."):
        inside = inside.get(step) if isinstance(inside, Mapping) else None
    return inside


def _words(value: Any, *, fold: bool = True) -> frozenset[str]:
    """A fact as conditions spell it: a list as its items, `true`, `0`, and nothing for nothing."""
    items = value if isinstance(value, list | tuple) else [value]
    texts = (_text(item) for item in items)
    return frozenset(text.casefold() if fold else text for text in texts if text)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if value.bit_length() < MOST_BITS else ""
    return str(value) if isinstance(value, str | float) else ""


def _tags(value: Any) -> frozenset[str]:
    """`de-AT` is `de-at` and `de`, as in RFC 4647, section 3.3.1."""
    parts = [word.replace("_", "-").split("-") for word in _words(value)]
    return frozenset("-".join(one[:n]) for one in parts for n in range(1, len(one) + 1))


def _local(facts: Facts, zone: str | None) -> datetime | None:
    """The escalation's moment on the clock of the condition's zone, or of the workspace's."""
    at = facts.get("at")
    if not isinstance(at, datetime) or at.tzinfo is None:
        return None
    try:
        return at.astimezone(clock(zone or facts.get("zone")))
    except OverflowError:  # the first and the last day of the calendar
        return at


@lru_cache(maxsize=64)
def clock(zone: str | None) -> tzinfo:
    """The zone's clock; UTC for a zone that this machine does not know."""
    known = zones().get(zone.casefold()) if isinstance(zone, str) else None
    return UTC if known is None else ZoneInfo(known)


def _in_spans(now: datetime, spans: Sequence[tuple[int, int]]) -> bool:
    minute = now.hour * 60 + now.minute
    return any(
        start <= minute < end if start < end else minute >= start or minute < end
        for start, end in spans
    )
