"""Zendesk's JSON in the hub's words: pure, and the same for an answer and for a webhook."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors.types import Change, File, Status, Ticket
from connectors.zendesk.config import FROM_VENDOR, KEY_PREFIX, STAFF, Config


def status_of(word: str, config: Config) -> Status:
    """The status that a word of this account means; Zendesk's casing differs by channel."""
    own = {word.casefold(): status for word, status in config.status_words.items()}
    return (FROM_VENDOR | own).get(word.casefold(), Status.UNKNOWN)


def ticket_of(raw: Mapping[str, Any], config: Config) -> Ticket:
    """A ticket with the address where an agent reads it (`url` in the JSON is the API's)."""
    return Ticket(
        id=str(raw["id"]),
        url=f"{config.root}/agent/tickets/{raw['id']}",
        status=status_of(raw["status"], config),
        key=raw.get("external_id") or None,
        word=raw["status"],
        subject=raw.get("subject"),
        requester_id=text_or_none(raw.get("requester_id")),
        assignee=text_or_none(raw.get("assignee_id")),
        created_at=time_or_none(raw.get("created_at")),
        updated_at=time_or_none(raw.get("updated_at")),
    )


def ours(key: Any) -> bool:
    """True for the external_id of a ticket that the hub made."""
    return isinstance(key, str) and key.startswith(KEY_PREFIX)


def signature_line(key: str) -> str:
    """The last line of a first comment: by it we know our own transcript when it comes back."""
    return f"[{key}]"


def is_transcript(body: str, key: str) -> bool:
    """True for the first comment of a ticket, which nobody must relay to the customer."""
    return body.rstrip().endswith(signature_line(key))


def status_change(
    raw: Mapping[str, Any], word: str, *, at: datetime, changed_at: datetime, config: Config
) -> Change:
    """`word` since `changed_at`: the ticket's updated_at, which webhook and poll both know."""
    word = word.casefold()
    return Change(
        id=f"status:{raw['id']}:{word}:{int(changed_at.timestamp())}",
        ticket_id=str(raw["id"]),
        kind="status",
        at=at,
        key=raw.get("external_id") or None,
        status=status_of(word, config),
        word=word,
    )


def assignment_change(
    raw: Mapping[str, Any], assignee: Any, *, at: datetime, changed_at: datetime
) -> Change:
    """The ticket is with `assignee` (None: with nobody) since `changed_at`."""
    name = text_or_none(assignee)
    return Change(
        id=f"assignment:{raw['id']}:{name or 'nobody'}:{int(changed_at.timestamp())}",
        ticket_id=str(raw["id"]),
        kind="assignment",
        at=at,
        key=raw.get("external_id") or None,
        assignee=name,
    )


def deletion(raw: Mapping[str, Any], *, at: datetime) -> Change:
    """The ticket is deleted, for good or into the list of deleted tickets."""
    return Change(
        id=f"deleted:{raw['id']}",
        ticket_id=str(raw["id"]),
        kind="deleted",
        at=at,
        key=raw.get("external_id") or None,
    )


def comment_changes(
    raw: Mapping[str, Any], ticket: Mapping[str, Any], authors: Mapping[str, Mapping[str, Any]]
) -> list[Change]:
    """What a comment tells: a staff member's text, and each of its files as a change of its own.

    A webhook knows the text only. Whichever way tells it first, the files still come with the poll.
    """
    author = authors.get(str(raw["author_id"]), {})
    if author.get("role") not in STAFF or raw["author_id"] == ticket["requester_id"]:
        return []
    if is_transcript(raw["body"], ticket["external_id"]):
        return []
    said = comment_change(
        ticket,
        comment_id=raw["id"],
        public=raw["public"],
        at=time_of(raw["created_at"]),
        text=raw["body"],
        author=author.get("name"),
    )
    return [said, *(_file_change(said, file) for file in raw.get("attachments") or ())]


def comment_change(
    ticket: Mapping[str, Any],
    *,
    comment_id: Any,
    public: bool,
    at: datetime,
    text: str,
    author: str | None,
) -> Change:
    """What a staff member wrote, to the customer or as a note."""
    return Change(
        id=f"comment:{comment_id}",
        ticket_id=str(ticket["id"]),
        kind="message" if public else "note",
        at=at,
        key=ticket.get("external_id") or None,
        message_id=str(comment_id),
        text=text,
        author=author,
    )


def _file_change(said: Change, raw: Mapping[str, Any]) -> Change:
    file = File(
        name=raw["file_name"],
        content_type=raw.get("content_type") or "application/octet-stream",
        url=raw["content_url"],
        size=raw.get("size"),
        id=str(raw["id"]),
    )
    return Change(
        id=f"attachment:{raw['id']}",
        ticket_id=said.ticket_id,
        kind=said.kind,
        at=said.at,
        key=said.key,
        message_id=f"{said.message_id}:{raw['id']}",
        author=said.author,
        files=(file,),
    )


def text_or_none(value: Any) -> str | None:
    """An id as text; REST has numbers, events have text, and "0" or "" stands for none there."""
    return str(value) if value and value != "0" else None


def time_of(value: str) -> datetime:
    """An aware time; a `ValueError` for anything else."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time


def time_or_none(value: str | None) -> datetime | None:
    """An aware time, or None where there is none."""
    return time_of(value) if value else None
