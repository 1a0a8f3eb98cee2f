"""Zoho Desk's JSON in the hub's words, and ours as Zoho takes them: pure functions."""

import hashlib
import mimetypes
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors import markup, transcript
from connectors.types import Change, File, Message, Note, Requester, Status, Ticket
from connectors.zoho_desk.config import (
    BY_NAME,
    BY_TYPE,
    FILE_LIMIT,
    KEY_PREFIX,
    NAME_LIMIT,
    SAID_BY_CUSTOMER,
    TEXT_LIMIT,
    Config,
)

MARK = re.compile(r"\[#[0-9a-f]{12}\]\s*$")


def status_of(raw: Mapping[str, Any], config: Config) -> Status:
    """By the account's own words, then by name, then by the type that every status has."""
    word, kind = (str(raw.get(name) or "").casefold() for name in ("status", "statusType"))
    own = {word.casefold(): status for word, status in config.status_words.items()}
    return (BY_NAME | own).get(word) or BY_TYPE.get(kind) or BY_TYPE.get(word, Status.UNKNOWN)


def ticket_of(raw: Mapping[str, Any], config: Config) -> Ticket:
    """A ticket; `webUrl` is where an agent reads it."""
    link = f"{config.root}/support/ShowHomePage.do#Cases/dv/{raw['id']}"
    return Ticket(
        id=str(raw["id"]),
        url=raw.get("webUrl") or link,
        status=status_of(raw, config),
        key=key_of(raw, config),
        word=raw["status"],
        subject=raw.get("subject"),
        requester_id=_text(raw.get("contactId")),
        assignee=_text(raw.get("assigneeId")),
        created_at=time_of(raw["createdTime"]) if raw.get("createdTime") else None,
        updated_at=time_of(raw["modifiedTime"]) if raw.get("modifiedTime") else None,
    )


def key_of(raw: Mapping[str, Any], config: Config) -> str | None:
    """The key that we stamped, or None."""
    key = (raw.get("cf") or {}).get(config.key_field)
    return key if isinstance(key, str) and key.startswith(KEY_PREFIX) else None


def standing(ticket: Ticket) -> list[Change]:
    """Where a changed ticket stands: its status and who has it."""
    at = ticket.updated_at
    if at is None:
        return []
    stamp = int(at.timestamp() * 1000)
    about: dict[str, Any] = {"ticket_id": ticket.id, "at": at, "key": ticket.key}
    told = Change(
        id=f"status:{ticket.id}:{ticket.word}:{stamp}",
        kind="status",
        status=ticket.status,
        word=ticket.word,
        **about,
    )
    if ticket.assignee is None:
        return [told]
    name = f"assignment:{ticket.id}:{ticket.assignee}:{stamp}"
    return [told, Change(id=name, kind="assignment", assignee=ticket.assignee, **about)]


def is_reply(thread: Mapping[str, Any]) -> bool:
    """True for what an agent sent to the customer, as the list of threads tells it."""
    author = thread.get("author") or {}
    return (
        thread.get("direction") == "out"
        and thread.get("visibility", "public") == "public"
        and thread.get("status", "SUCCESS") == "SUCCESS"
        and author.get("type", "AGENT") == "AGENT"
        and not thread.get("isDescriptionThread")
    )


def reply(thread: Mapping[str, Any], ticket: Ticket) -> Change:
    """An agent's reply, from the thread with its content."""
    at = time_of(thread.get("sendDateTime") or thread["createdTime"])
    return _said(thread, ticket, kind="message", at=at, by=thread.get("author") or {}, way="thread")


def is_from_agent(comment: Mapping[str, Any]) -> bool:
    """True for a comment of an agent that is none of ours."""
    by = comment.get("commenter") or {}
    return "AGENT" in (by.get("type") or "AGENT") and not MARK.search(text_of(comment))


def remark(comment: Mapping[str, Any], ticket: Ticket) -> Change:
    """An agent's comment: public, so the customer sees it, or a note."""
    kind = "message" if comment["isPublic"] else "note"
    at, by = time_of(comment["commentedTime"]), comment.get("commenter") or {}
    return _said(comment, ticket, kind=kind, at=at, by=by, way="comment")


def _said(
    raw: Mapping[str, Any],
    ticket: Ticket,
    *,
    kind: Any,
    at: datetime,
    by: Mapping[str, Any],
    way: str,
) -> Change:
    return Change(
        id=f"{way}:{raw['id']}",
        ticket_id=ticket.id,
        kind=kind,
        at=at,
        key=ticket.key,
        message_id=str(raw["id"]),
        text=text_of(raw),
        author=by.get("name") or _text(raw.get("commenterId")),
        files=tuple(_file(file) for file in raw.get("attachments") or ()),
    )


def _file(raw: Mapping[str, Any]) -> File:
    size = str(raw.get("size") or "")
    return File(
        name=raw["name"],
        content_type=mimetypes.guess_type(raw["name"])[0] or "application/octet-stream",
        url=raw.get("href"),
        size=int(size) if size.isdigit() else None,
        id=_text(raw.get("id")),
    )


def text_of(raw: Mapping[str, Any]) -> str:
    """The content of a comment or thread as plain text."""
    content = raw.get("content") or ""
    if raw.get("contentType") in ("plainText", "text/plain"):
        return str(content)
    return markup.as_text(content).strip()


def description(text: str) -> tuple[str, list[File]]:
    """A ticket's description, and the whole as a file if it is too long."""
    text = transcript.clean(text)
    whole = markup.as_html(text)
    if len(whole.encode()) <= TEXT_LIMIT:
        return whole, []
    # An `&` grows to five bytes, a space to six.
    head = transcript.split(text, TEXT_LIMIT // 6 - 100)[0]
    return markup.as_html(f"{head}\n\n[… transcript.txt]"), [
        transcript.text_file(text, "transcript.txt")
    ]


def comment(entry: Message | Note) -> tuple[str, list[File]]:
    """A comment that says who speaks and which entry of ours it is; its files."""
    files = [_sendable(file) for file in entry.files] if isinstance(entry, Message) else []
    names = transcript.clean(", ".join(file.name for file in files))
    body = transcript.with_links(entry.text, files) or names or "-"
    start = f"{SAID_BY_CUSTOMER}\n" if isinstance(entry, Message) else ""
    end, sent = f"\n\n{mark(entry.id)}", [file for file in files if file.data]
    room = TEXT_LIMIT - len((start + end).encode())
    if len(body.encode()) <= room:
        return start + body + end, sent
    head = transcript.split(body, room - 100)[0]
    whole = transcript.text_file(body, "message.txt")
    return f"{start}{head}\n\n[… message.txt]{end}", [whole, *sent]


def mark(entry_id: str) -> str:
    """By this last line we know our own comments again: Zoho has no field for it."""
    return f"[#{hashlib.sha256(entry_id.encode()).hexdigest()[:12]}]"


def travelling(files: Iterable[File]) -> list[File]:
    """The files that can travel, of a transcript whose text names them all."""
    return [file for file in map(_sendable, files) if file.data]


def _sendable(file: File) -> File:
    return file if len(file.data or b"") <= FILE_LIMIT else replace(file, data=None)


def contact(who: Requester) -> dict[str, str]:
    """The customer: Zoho takes the contact with this email, else it makes one."""
    email, name = who.email or "", " ".join(transcript.clean(who.name or "").split())
    first, _, last = name.rpartition(" ")
    told = {
        "firstName": first[:NAME_LIMIT],
        "lastName": (last or email.partition("@")[0] or "Customer")[:NAME_LIMIT],
        "email": email,
        "phone": who.phone or "",
    }
    return {name: value for name, value in told.items() if value}  # empty ones are refused


def time_of(value: Any) -> datetime:
    """An aware time, from ISO 8601 or from milliseconds: Zoho's documents show both."""
    if isinstance(value, int) or str(value).isdecimal():
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time


def _text(value: Any) -> str | None:
    return str(value) if value else None
