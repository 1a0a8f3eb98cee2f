"""New Desk's form of a new ticket: what it lists, and what it refuses."""

from collections.abc import Mapping
from typing import Any

PRIORITIES = ("low", "normal", "high", "urgent")
# WRITE: the fields of the vendor's tickets, and some that an account may have made itself.
FORM: tuple[Mapping[str, Any], ...] = (
    {"name": "subject", "title": "Subject", "type": "text", "required": True, "max": 255},
    {"name": "priority", "title": "Priority", "type": "list", "values": PRIORITIES},
    {"name": "tags", "title": "Tags", "type": "tags"},
    {"name": "custom.order", "title": "Order number", "type": "text", "max": 40},
    {"name": "custom.seats", "title": "Seats", "type": "number"},
)
# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS = {"custom.order": "A-20417", "custom.seats": 12}
KINDS: Mapping[str, Any] = {"text": str, "list": str, "tags": list, "number": int}


def complaints(wish: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with the fields of a new ticket, by name."""
    custom = wish.get("custom") or {}
    if not isinstance(custom, dict):
        return {"custom": "has to be an object"}
    whole = dict(wish) | {f"custom.{name}": value for name, value in custom.items()}
    told = {field["name"]: _complaint(field, whole.get(field["name"])) for field in FORM}
    told |= {f"custom.{n}": "is unknown" for n in custom if f"custom.{n}" not in told}
    return {name: words for name, words in told.items() if words}


def _complaint(field: Mapping[str, Any], value: Any) -> str:
    if value is None or value == "":
        return "may not be empty" if field.get("required") else ""
    if not isinstance(value, KINDS[field["type"]]):
        return f"has to be a {field['type']}"
    if field["type"] == "text" and len(value) > field["max"]:
        return f"may have {field['max']} characters"
    allowed = field.get("values")
    return f"must be one of {', '.join(allowed)}" if allowed and value not in allowed else ""
