"""HubSpot's JSON in the hub's words, and the mark by which we know our own entries: pure."""

import re
from datetime import UTC, datetime
from typing import Any

from connectors import transcript

MARK = re.compile(r"\[hub:[^\]\s]+\]\s*$")


def mark(entry_id: str) -> str:
    """The last line of what we write; HubSpot has no other place for our own id."""
    return f"[hub:{entry_id}]"


def marked(text: str) -> bool:
    """True for a text of ours."""
    return bool(MARK.search(text))


def text_of(value: Any) -> str:
    """A value of the mapping as a property: HubSpot's are all strings, lists joined by `;`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ";".join(text_of(one) for one in value)
    return transcript.clean(str(value))


def time_of(value: Any) -> datetime:
    """A time in ISO 8601 or in milliseconds, aware; a `ValueError` for anything else."""
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal() and len(value) < 15):
        try:
            return datetime.fromtimestamp(int(value) / 1000, UTC)
        except (OverflowError, OSError) as problem:
            raise ValueError("not a time") from problem
    if not isinstance(value, str):
        raise ValueError("not a time")
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time


def time_or_none(value: Any) -> datetime | None:
    """An aware time, or None where there is none."""
    return time_of(value) if value else None


def in_ms(at: datetime) -> str:
    """A time as HubSpot's properties take it."""
    return str(round(at.timestamp() * 1000))


def to(number: str, kind: int) -> dict[str, Any]:
    """An association for a create request."""
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": kind}]
    return {"to": {"id": number}, "types": types}
