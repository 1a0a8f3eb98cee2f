"""The fields of a Zendesk ticket: what may stand in them."""

from datetime import UTC, datetime
from typing import Any

from connectors.zendesk.sandbox_errors import bad, invalid

ALLOWED = {
    "status": ("new", "open", "pending", "hold", "solved", "closed"),
    "priority": ("urgent", "high", "normal", "low"),
    "type": ("problem", "incident", "question", "task"),
}
CATEGORIES = {1: "new", 2: "open", 3: "pending", 4: "hold", 5: "solved", 6: "hold"}
CUSTOM_STATUSES = {word: number for number, word in CATEGORIES.items() if number < 6}
PLAIN = ("subject", "priority", "type", "external_id", "group_id", "ticket_form_id", "brand_id")
EMPTY = (
    *("subject", "priority", "type", "external_id", "group_id", "problem_id", "due_at"),
    *("assignee_id", "organization_id", "recipient", "satisfaction_rating"),
)


def blank(number: int, at: str, url: str) -> dict[str, Any]:
    """A ticket with nothing in it; `url` is its address in the API."""
    shown: dict[str, Any] = dict.fromkeys(EMPTY)
    shown |= {"id": number, "url": url, "created_at": at, "updated_at": at}
    shown |= {"brand_id": 8447320466430, "ticket_form_id": 8447320466431}
    shown |= {"allow_channelback": False, "has_incidents": False}
    return shown | {"follower_ids": [], "email_cc_ids": []}


def custom_status(wish: dict[str, Any]) -> dict[str, Any]:
    """What a custom status sets: itself and its category."""
    number = wish.get("custom_status_id")
    if not number:
        return {}
    if number not in CATEGORIES:
        raise invalid("custom_status_id", "Custom status: is invalid")
    return {"custom_status_id": number, "status": CATEGORIES[number]}


def check(wish: dict[str, Any]) -> None:
    """Raise `Refused` for a word that Zendesk does not know."""
    for name, words in ALLOWED.items():
        if wish.get(name) is not None and wish[name] not in words:
            raise invalid(name, f"{name.title()}: {wish[name]} is not valid")
    for name in ("tags", "custom_fields"):
        if not isinstance(wish.get(name) or [], list):
            raise invalid(name, f"{name}: has to be a list")


def check_stamp(shown: dict[str, Any], wish: dict[str, Any]) -> None:
    """409 when somebody changed the ticket after the caller last read it."""
    if not wish.get("safe_update"):
        return
    try:
        stamp = datetime.fromisoformat(str(wish["updated_stamp"]).replace("Z", "+00:00"))
    except (KeyError, ValueError):
        raise bad("BadRequest", "safe_update needs an updated_stamp") from None
    now = datetime.strptime(shown["updated_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    if now > stamp:
        raise bad("UpdateConflict", "Safe Update prevented the update", 409)


def string(value: Any) -> str | None:
    """Text, or None for null."""
    return None if value is None else str(value)
