"""Intercom's JSON in the hub's words: pure, and the same for an answer and for a webhook."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.intercom import bodies
from connectors.intercom.config import (
    CLOSED,
    FROM_VENDOR,
    KEY_PREFIX,
    NOTED,
    REFERENCE,
    SNOOZED,
    SPOKEN,
    Config,
)
from connectors.types import Change, File, Status, Ticket


def ticket_of(raw: Mapping[str, Any], config: Config, now: datetime) -> Ticket:
    """A ticket with the address where an agent reads it."""
    status, word = status_of(raw, config, now)
    attributes = raw["ticket_attributes"]
    contacts = raw["contacts"]["contacts"]
    return Ticket(
        id=str(raw["id"]),
        # "_" stands for the workspace; unsure whether every Back-office ticket opens like this.
        url=f"{config.inbox}/a/inbox/_/inbox/conversation/{raw['id']}",
        status=status,
        key=key_of(raw),
        word=word,
        subject=attributes.get("_default_title_"),
        requester_id=str(contacts[0]["id"]) if contacts else None,
        assignee=id_or_none(raw.get("admin_assignee_id")),
        created_at=time_or_none(raw.get("created_at")),
        updated_at=time_or_none(raw.get("updated_at")),
    )


def status_of(raw: Mapping[str, Any], config: Config, now: datetime) -> tuple[Status, str]:
    """A ticket's status, and the word for it: a label that the account explains, or a category."""
    own = {word.casefold(): status for word, status in config.status_words.items()}
    state = raw["ticket_state"]
    category, label = str(state["category"]), str(state.get("internal_label") or "")
    if label.casefold() in own:
        return own[label.casefold()], label
    if raw.get("open") is False:
        return Status.CLOSED, CLOSED
    snoozed = time_or_none(raw.get("snoozed_until"))
    if snoozed is not None and snoozed > now:
        return Status.ON_HOLD, SNOOZED
    return (FROM_VENDOR | own).get(category.casefold(), Status.UNKNOWN), category


def key_of(raw: Mapping[str, Any]) -> str | None:
    """The key of a ticket, where the desk tells its attributes."""
    attributes = raw.get("ticket_attributes")
    key = attributes.get(REFERENCE) if isinstance(attributes, Mapping) else None
    return key if isinstance(key, str) and key else None


def ours(raw: Mapping[str, Any]) -> bool:
    """True for a ticket that the hub made."""
    return (key_of(raw) or "").startswith(KEY_PREFIX)


def changes_of(
    raw: Mapping[str, Any],
    parts: Iterable[Mapping[str, Any]],
    config: Config,
    now: datetime,
    *,
    sniff: bool = False,
) -> list[Change]:
    """Where a ticket stands, and what its parts say, oldest first."""
    # No other time will do: a notification that comes again would seem newer than what was between.
    at = time_of(raw["updated_at"])
    told = [_status(raw, config, at, now)]
    assignee = id_or_none(raw.get("admin_assignee_id"))
    if assignee is not None:
        told.append(_assignment(raw, assignee, at))
    for part in parts:
        told += _said(raw, part, sniff)
    return sorted(told, key=lambda change: change.at)


def _status(raw: Mapping[str, Any], config: Config, at: datetime, now: datetime) -> Change:
    status, word = status_of(raw, config, now)
    return Change(
        id=f"status:{raw['id']}:{word.casefold()}:{int(at.timestamp())}",
        ticket_id=str(raw["id"]),
        kind="status",
        at=at,
        key=key_of(raw),
        status=status,
        word=word,
    )


def _assignment(raw: Mapping[str, Any], assignee: str, at: datetime) -> Change:
    return Change(
        id=f"assignment:{raw['id']}:{assignee}:{int(at.timestamp())}",
        ticket_id=str(raw["id"]),
        kind="assignment",
        at=at,
        key=key_of(raw),
        assignee=assignee,
    )


def _said(raw: Mapping[str, Any], part: Mapping[str, Any], sniff: bool) -> list[Change]:
    """What a teammate wrote; nothing for what others say, and for our own notes at creation."""
    author, kind = part["author"], part["part_type"]
    text = bodies.text_of(part.get("body"), sniff=sniff)
    files = files_of(part)
    if author["type"] != "admin" or kind not in SPOKEN + NOTED or not (text or files):
        return []
    key = key_of(raw)
    if key and text.rstrip().endswith(bodies.signature_line(key)):
        return []
    change = Change(
        id=f"part:{part['id']}",
        ticket_id=str(raw["id"]),
        kind="note" if kind in NOTED else "message",
        at=time_of(part["created_at"]),
        key=key,
        message_id=str(part["id"]),
        text=bodies.unmarked(text),
        author=author.get("name"),
        files=files,
    )
    return [change]


def files_of(part: Mapping[str, Any]) -> tuple[File, ...]:
    """A part's files; Intercom numbers them not, so their place in the part is their id."""
    attached = [_file(one) for one in part.get("attachments") or ()]
    found = [*attached, *bodies.images_of(part.get("body"))]
    return tuple(replace(file, id=f"{part['id']}:{n}") for n, file in enumerate(found))


def _file(raw: Mapping[str, Any]) -> File:
    return File(
        name=raw["name"],
        content_type=raw.get("content_type") or "application/octet-stream",
        url=raw["url"],
        size=raw.get("filesize"),
    )


def id_or_none(value: Any) -> str | None:
    """An id as text; 0 stands for nobody."""
    return str(value) if value and str(value) != "0" else None


def time_of(value: Any) -> datetime:
    """An aware time of Intercom's Unix seconds."""
    return datetime.fromtimestamp(int(value), UTC)


def time_or_none(value: Any) -> datetime | None:
    """An aware time, or None where there is none."""
    return time_of(value) if value else None
