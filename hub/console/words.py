"""The hub's codes in a teammate's words."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from markupsafe import Markup, escape

from connectors import registry
from hub.store import Row
from hub.summary.shown import TITLES

STATUS = {
    "new": "New",
    "open": "Open",
    "pending": "Pending",
    "on_hold": "On hold",
    "solved": "Solved",
    "closed": "Closed",
    "unknown": "Unknown",
}
STATE = {
    "received": "Received",
    "summarised": "On its way to the desk",
    "ticketed": "With a human",
    "returned": "Back with the AI",
    "parked": "Parked",
}
TONE = {  # a state's or a status's colour; its word always stands beside it
    "parked": "danger",
    "failed": "danger",
    "disabled": "danger",
    "paused": "warning",
    "waiting": "warning",
    "pending": "warning",
    "on_hold": "warning",
    "new": "info",
    "open": "info",
    "ticketed": "info",
    "human": "info",
    "active": "success",
    "delivered": "success",
}
ROLE = {"customer": "Customer", "ai": "AI", "agent": "Agent", "system": "Automatic message"}
PARKED = {
    "invalid_request": "The desk refused the ticket because of what is in its fields.",
    "mapping_error": "The desk's field mapping does not fit this escalation.",
    "unsure": "The ticket may exist at the desk already, and the desk cannot be searched for it."
    " Look there first; a retry may open a second one.",
    "unavailable": "The desk did not answer, however often we asked.",
    "rate_limited": "The desk kept telling us to slow down.",
    "auth_failed": "The desk refuses our credentials.",
    "not_found": "The desk does not know the ticket any more.",
    "conflict": "The ticket is in a state in which the desk accepts no change.",
    "unsupported": "The desk cannot do what was asked of it.",
    "bug": "Something went wrong inside the hub; its log has the details.",
}
DO = {  # what a person does about it before the retry
    "invalid_request": "Read below what the desk says to each field. Correct the mapping, or make"
    " the field at the desk; then retry.",
    "mapping_error": "Correct the mapping at the places named below; then retry.",
    "unsure": "Look for the ticket at the desk. If it is there, close this escalation there; if it"
    " is not, retry.",
    "unavailable": "See whether the desk works again: its vendor's status page, or Check on its"
    " connection. Then retry.",
    "rate_limited": "Lower the connection's calls a minute, or raise the desk's own limit; then"
    " retry.",
    "auth_failed": "Give the connection credentials that work; then retry.",
    "not_found": "The ticket was deleted or merged at the desk. Reply from the Help Desk, or retry"
    " once the ticket is restored.",
    "conflict": "Open the ticket at the desk and reopen it, or leave it closed; then retry.",
    "unsupported": "Take the conversation over in the Help Desk, or route it to a desk that can.",
    "bug": "Retry once. If it is parked again, report it with the lines below.",
}
WAITS = {  # what is parked, above its reason
    "relay": "Messages to the desk are parked",
    "close": "The ticket is still open at the desk",
    "change": "News from the desk is parked",
}


def desk(name: str | None) -> str:
    """A desk's title; its bare name when it is not installed any more."""
    if name is None:
        return "Help Desk"
    return "Help Desk" if name == registry.NATIVE else _title(name)


def status(value: str | None) -> str:
    """A ticket's status."""
    return STATUS.get(value or "unknown", value or "Unknown")


def parked(reason: Mapping[str, Any]) -> str:
    """Why work cannot go on, in plain words."""
    return PARKED.get(str(reason.get("code")), "This cannot go on without a person.")


def to_do(reason: Mapping[str, Any]) -> str:
    """What a person does about it."""
    return DO.get(str(reason.get("code")), "Read below what was reported; then retry.")


def waits(reason: Mapping[str, Any]) -> str:
    """What is parked."""
    return WAITS.get(str(reason.get("work")), "Parked")


def customer(requester: Mapping[str, Any]) -> str:
    """What to call the customer."""
    return requester.get("name") or requester.get("email") or requester.get("id") or "Unknown"


def whose(row: Row) -> str:
    """The customer of a conversation; of one that was forgotten, that it was."""
    return "Deleted customer" if row["forgotten_at"] else customer(row["requester"])


def moment(value: datetime | None, form: str = "clock") -> str | Markup:
    """A time as UTC; `times.js` shows it in the reader's zone, or as "4 min" for `ago`."""
    if value is None:
        return ""
    exact = value.isoformat(timespec="seconds").replace("+00:00", "Z")
    text = value.strftime("%d %b %Y, %H:%M UTC")
    return Markup('<time datetime="{}" data-form="{}">{}</time>').format(exact, form, escape(text))


def speaks(role: str | None) -> str:
    """Who said something."""
    return ROLE.get(role or "", "")


def tone(value: str | None) -> str:
    """The colour of a state or a status."""
    return TONE.get(value or "", "secondary")


def _title(name: str) -> str:
    try:
        return registry.get(name).title
    except KeyError:
        return name


def told_moment(text: str) -> str | Markup:
    """A time that was stored as text."""
    return moment(datetime.fromisoformat(text))


def wrong_in(errors: Mapping[str, str], name: str) -> list[tuple[str, str]]:
    """What is wrong in a text of many fields: where in it, and why."""
    inside = f"{name}."
    return [
        (field.removeprefix(inside) if field != name else "", why)
        for field, why in errors.items()
        if field == name or field.startswith(inside)
    ]


def span(seconds: float | None) -> str:
    """A time as people say it."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def resumed_by(why: str | None) -> str:
    """Why the AI speaks again."""
    return RESUMED.get(why or "", (why or "Unknown").replace(".", " ").replace("_", " "))


RESUMED = {
    "ticket.solved": "The ticket was solved",
    "ticket.closed": "The ticket was closed",
    "ticket.deleted": "The ticket was deleted",
    "resume": "A teammate gave it back",
}
WORKS = {
    "escalate": "Opening a ticket",
    "relay": "Bringing a message",
    "close": "Solving a ticket",
    "sync": "Reading a ticket",
    "poll": "Asking for news",
    "stray": "Looking at a late ticket",
    "close_stray": "Closing a late ticket",
}


def by_kind(facts: list[dict[str, str]]) -> list[tuple[str, list[dict[str, str]]]]:
    """The facts of a stored summary under their titles."""
    grouped = groupby(facts, key=lambda fact: fact["kind"])
    return [(TITLES.get(kind, kind), list(some)) for kind, some in grouped]


FILTERS: dict[str, Callable[..., Any]] = {
    "by_kind": by_kind,
    "customer": customer,
    "desk": desk,
    "moment": moment,
    "parked": parked,
    "speaks": speaks,
    "state": lambda value: STATE.get(value, value),
    "status": status,
    "to_do": to_do,
    "resumed_by": resumed_by,
    "span": span,
    "told_moment": told_moment,
    "tone": tone,
    "waits": waits,
    "whose": whose,
    "wrong_in": wrong_in,
    "work": lambda value: WORKS.get(value, value),
}
