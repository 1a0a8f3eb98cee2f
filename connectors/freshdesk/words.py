"""Freshdesk's JSON in the hub's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import markup
from connectors.freshdesk.api import Api
from connectors.freshdesk.config import FROM_VENDOR, KEY_PREFIX, NOTE, REPLY, Config
from connectors.types import Change, File, Status, Ticket


def ticket_of(raw: Mapping[str, Any], api: Api) -> Ticket:
    """A ticket with the address where an agent reads it."""
    word = api.label(int(raw["status"]))
    return Ticket(
        id=str(raw["id"]),
        url=f"{api.config.root}/a/tickets/{raw['id']}",
        status=status_of(word, int(raw["status"]), api.config),
        key=key_of(raw),
        word=word,
        subject=raw.get("subject"),
        requester_id=text_or_none(raw.get("requester_id")),
        assignee=text_or_none(raw.get("responder_id")),
        created_at=time_of(raw["created_at"]),
        updated_at=time_of(raw["updated_at"]),
    )


def status_of(word: str, number: int, config: Config) -> Status:
    """What a status means; the account's own words may be its labels or its numbers."""
    own = {name.casefold(): status for name, status in config.status_words.items()}
    return own.get(str(number)) or (FROM_VENDOR | own).get(word.casefold(), Status.UNKNOWN)


def key_of(raw: Mapping[str, Any]) -> str | None:
    """The hub's key among a ticket's tags."""
    return next((tag for tag in raw.get("tags") or () if ours(tag)), None)


def ours(key: Any) -> bool:
    """True for the tag of a ticket that the hub made."""
    return isinstance(key, str) and key.startswith(KEY_PREFIX)


def standing(ticket: Ticket) -> list[Change]:
    """Where a changed ticket stands: its status, and who has it, since its last update."""
    at = ticket.updated_at
    assert at is not None
    stamp = int(at.timestamp())
    status = Change(
        id=f"status:{ticket.id}:{ticket.word}:{stamp}",
        ticket_id=ticket.id,
        kind="status",
        at=at,
        key=ticket.key,
        status=ticket.status,
        word=ticket.word,
    )
    if ticket.assignee is None:
        return [status]
    assignment = Change(
        id=f"assignment:{ticket.id}:{ticket.assignee}:{stamp}",
        ticket_id=ticket.id,
        kind="assignment",
        at=at,
        key=ticket.key,
        assignee=ticket.assignee,
    )
    return [status, assignment]


def deletion(raw: Mapping[str, Any]) -> Change:
    """The ticket lies among the deleted ones, or among spam."""
    return Change(
        id=f"deleted:{raw['id']}",
        ticket_id=str(raw["id"]),
        kind="deleted",
        at=time_of(raw["updated_at"]),
        key=key_of(raw),
    )


def said(raw: Mapping[str, Any], ticket: Ticket, api: Api) -> Change | None:
    """What an agent wrote to the customer or as a note; None for all that is neither."""
    private = bool(raw["private"])
    if raw["incoming"] or raw.get("source") not in (REPLY, NOTE):
        return None
    return Change(
        id=f"conversation:{raw['id']}",
        ticket_id=ticket.id,
        kind="note" if private else "message",
        at=time_of(raw["created_at"]),
        key=ticket.key,
        message_id=str(raw["id"]),
        text=markup.as_text(raw.get("body") or raw.get("body_text") or ""),
        author=api.name(str(raw["user_id"])),
        files=tuple(_file(one) for one in raw.get("attachments") or ()),
    )


def _file(raw: Mapping[str, Any]) -> File:
    """A file by its address, which is signed and soon useless (from memory)."""
    return File(
        name=raw["name"],
        content_type=raw.get("content_type") or "application/octet-stream",
        url=raw["attachment_url"],
        size=raw.get("size"),
        id=str(raw["id"]),
    )


def text_or_none(value: Any) -> str | None:
    """An id as text."""
    return str(value) if value else None


def time_of(value: str) -> datetime:
    """An aware time; a `ValueError` for anything else."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time
