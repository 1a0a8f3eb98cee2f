"""Help Scout's JSON in the hub's words: pure, and the same for an answer and for a webhook."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors import markup
from connectors.help_scout.config import FROM_VENDOR, KEY_PREFIX, Config
from connectors.types import Change, ChangeKind, File, Status, Ticket

KINDS: dict[str, ChangeKind] = {"message": "message", "note": "note"}


def ticket_of(raw: Mapping[str, Any], config: Config) -> Ticket:
    """A ticket with the address where an agent reads it."""
    return Ticket(
        id=str(int(raw["id"])),
        url=_address(raw, config),
        status=_status(raw["status"], config),
        key=key_of(raw),
        word=raw["status"],
        subject=raw.get("subject"),
        requester_id=_id((raw.get("primaryCustomer") or {}).get("id")),
        assignee=_id((raw.get("assignee") or {}).get("id")),
        created_at=time_of(raw["createdAt"]),
        updated_at=updated_at(raw),
    )


def key_of(raw: Mapping[str, Any]) -> str | None:
    """The hub's key among the tags, or None for a conversation that is not ours.

    A conversation that swallowed another one by a merge has its tags too: the first counts.
    """
    tags = [str(tag.get("tag")) for tag in raw.get("tags") or ()]
    return next((tag for tag in tags if tag.startswith(KEY_PREFIX)), None)


def updated_at(raw: Mapping[str, Any]) -> datetime:
    """When a user of the desk last did something; webhook and poll both know it."""
    return time_of(raw.get("userUpdatedAt") or raw["createdAt"])


def standing(
    raw: Mapping[str, Any], threads: Sequence[Mapping[str, Any]], config: Config
) -> list[Change]:
    """Where a conversation with these threads stands: its status and assignee, or its end."""
    ticket, at = str(int(raw["id"])), updated_at(raw)
    if raw.get("state") == "deleted":
        return [deletion(ticket, at=at, key=key_of(raw))]
    stamp, word = _stamp(at, threads), str(raw["status"])
    status = Change(
        id=f"status:{ticket}:{word}:{stamp}",
        ticket_id=ticket,
        kind="status",
        at=at,
        key=key_of(raw),
        status=_status(word, config),
        word=word,
    )
    assignee = _id((raw.get("assignee") or {}).get("id"))
    if assignee is None:
        return [status]
    assigned = Change(
        id=f"assignment:{ticket}:{assignee}:{stamp}",
        ticket_id=ticket,
        kind="assignment",
        at=at,
        key=key_of(raw),
        assignee=assignee,
    )
    return [status, assigned]


def said(raw: Mapping[str, Any], threads: Iterable[Mapping[str, Any]]) -> Iterator[Change]:
    """What users wrote into a conversation, in its order, but not our own transcript."""
    key = key_of(raw)
    for thread in sorted(threads, key=lambda thread: int(thread["id"])):
        yield from _merges(raw, thread)
        kind = KINDS.get(thread["type"])
        author = thread.get("createdBy") or {}
        if kind is None or thread.get("state") != "published" or author.get("type") != "user":
            continue
        text = markup.as_text(thread.get("body") or "")
        if key is not None and is_transcript(text, key):
            continue
        yield Change(
            id=f"thread:{int(thread['id'])}",
            ticket_id=str(int(raw["id"])),
            kind=kind,
            at=time_of(thread["createdAt"]),
            key=key,
            message_id=str(int(thread["id"])),
            text=text,
            author=_name(author),
            files=tuple(_files(thread)),
        )


def deletion(ticket_id: str, *, at: datetime, key: str | None = None) -> Change:
    """The conversation is gone."""
    return Change(id=f"deleted:{ticket_id}", ticket_id=ticket_id, kind="deleted", at=at, key=key)


def merge(ticket_id: str, into: str, *, at: datetime) -> Change:
    """The conversation goes on in another one."""
    return Change(
        id=f"merged:{ticket_id}", ticket_id=ticket_id, kind="merged", at=at, merged_into=into
    )


def signature_line(key: str) -> str:
    """The last line of the transcript's note: by it we know the note when it comes back."""
    return f"[{key}]"


def is_transcript(text: str, key: str) -> bool:
    """True for the note with our own transcript, which is no news."""
    return text.rstrip().endswith(signature_line(key))


def time_of(value: str) -> datetime:
    """An aware time; a `ValueError` for anything else."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time


def _stamp(at: datetime, threads: Iterable[Mapping[str, Any]]) -> str:
    """What no earlier state of the conversation has.

    By its name `userUpdatedAt` may stand still when a customer reopens, or a workflow closes. Both
    leave a thread: the customer's words, a line item.
    """
    return f"{int(at.timestamp())}:{max((int(thread['id']) for thread in threads), default=0)}"


def _merges(raw: Mapping[str, Any], thread: Mapping[str, Any]) -> Iterator[Change]:
    """A line item tells the surviving conversation which one it swallowed.

    Unsure: how `associatedEntities` names it; any number there that is not our own is it.
    """
    action = thread.get("action") or {}
    if thread["type"] != "lineitem" or action.get("type") != "merged":
        return
    into = str(int(raw["id"]))
    for other in (action.get("associatedEntities") or {}).values():
        if str(other).isdecimal() and str(other) != into:
            yield merge(str(other), into, at=time_of(thread["createdAt"]))


def _files(thread: Mapping[str, Any]) -> Iterator[File]:
    for raw in (thread.get("_embedded") or {}).get("attachments") or ():
        links = raw.get("_links") or {}
        link = links.get("web") or links.get("data") or {}
        yield File(
            name=raw.get("filename") or raw.get("fileName") or "file",
            content_type=raw.get("mimeType") or "application/octet-stream",
            url=link.get("href"),
            size=raw.get("size"),
            id=_id(raw.get("id")),
        )


def _status(word: str, config: Config) -> Status:
    own = {word.casefold(): status for word, status in config.status_words.items()}
    return (FROM_VENDOR | own).get(word.casefold(), Status.UNKNOWN)


def _address(raw: Mapping[str, Any], config: Config) -> str:
    told = ((raw.get("_links") or {}).get("web") or {}).get("href") or ""
    if told.startswith(("https://", "http://")):
        return str(told)
    return f"{config.web}/conversation/{raw['id']}/{raw['number']}/"


def _name(person: Mapping[str, Any]) -> str:
    names = [person.get("first"), person.get("last")]
    return " ".join(str(n) for n in names if n) or person.get("email") or f"user {person.get('id')}"


def _id(value: Any) -> str | None:
    return str(value) if value else None
