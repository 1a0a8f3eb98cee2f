"""Little Desk's JSON in the hub's words, from an answer or a webhook. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from connectors.little_desk.config import FROM_VENDOR, KEY_PREFIX, Config
from connectors.types import Change, ChangeKind, Choice, Field, FieldType, File, Status, Ticket

KINDS: Mapping[str, FieldType] = {"number": "number", "list": "choice", "tags": "tags"}
FILLED = ("subject",)  # the connector has one for every ticket


def ticket_of(raw: Mapping[str, Any], config: Config) -> Ticket:
    """A ticket with the address where an agent reads it."""
    number = str(int(raw["id"]))
    return Ticket(
        id=number,
        url=f"{config.web}/tickets/{number}",
        status=_status(raw["status"], config),
        key=raw.get("external_id"),
        word=raw["status"],
        subject=raw.get("subject"),
        requester_id=(raw.get("requester") or {}).get("id"),
        assignee=raw.get("assignee"),
        created_at=time_of(raw["created_at"]),
        updated_at=time_of(raw["updated_at"]),
    )


def field_of(raw: Mapping[str, Any]) -> Field:
    """A field of a new ticket; one that an account made is below `custom`."""
    return Field(
        path=raw["name"],
        title=raw["title"],
        type=KINDS.get(raw["type"], "text"),
        required=bool(raw.get("required")),
        filled=raw["name"] in FILLED,
        choices=tuple(Choice(value=word, label=word) for word in raw.get("values") or ()),
        max=raw.get("max"),
    )


def changes_of(raw: Mapping[str, Any], config: Config) -> list[Change]:
    """What a ticket of ours tells: where it stands, and what agents wrote; of others, nothing."""
    if not str(raw.get("external_id")).startswith(KEY_PREFIX):
        return []
    ticket = ticket_of(raw, config)
    told = [*_standing(raw, ticket), *_said(raw, ticket)]
    return sorted(told, key=lambda change: change.at)


def time_of(value: str) -> datetime:
    """An aware time; a `ValueError` for anything else."""
    time = datetime.fromisoformat(value)
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time


def _standing(raw: Mapping[str, Any], ticket: Ticket) -> Iterator[Change]:
    """Its end, or its status and assignee, with the time of the last change: no other is told."""
    at = time_of(raw["updated_at"])
    if raw.get("deleted"):
        yield Change(id=f"deleted:{ticket.id}", ticket_id=ticket.id, kind="deleted", at=at)
        return
    if raw.get("merged_into"):
        into = str(int(raw["merged_into"]))
        yield Change(
            id=f"merged:{ticket.id}", ticket_id=ticket.id, kind="merged", at=at, merged_into=into
        )
        return
    yield Change(
        id=f"status:{ticket.id}:{ticket.word}:{raw['updated_at']}",
        ticket_id=ticket.id,
        kind="status",
        at=at,
        key=ticket.key,
        status=ticket.status,
        word=ticket.word,
    )
    if ticket.assignee:
        yield Change(
            id=f"assignment:{ticket.id}:{ticket.assignee}:{raw['updated_at']}",
            ticket_id=ticket.id,
            kind="assignment",
            at=at,
            key=ticket.key,
            assignee=ticket.assignee,
        )


def _said(raw: Mapping[str, Any], ticket: Ticket) -> Iterator[Change]:
    """What agents wrote; the first comment is the transcript, in the customer's name."""
    for comment in raw["comments"]:
        if comment["author"]["role"] != "agent":
            continue
        number = str(int(comment["id"]))
        kind: ChangeKind = "message" if comment["public"] is True else "note"
        yield Change(
            id=f"comment:{number}",
            ticket_id=ticket.id,
            kind=kind,
            at=time_of(comment["created_at"]),
            key=ticket.key,
            message_id=number,
            text=str(comment["text"]),
            author=str(comment["author"]["name"]),
            files=tuple(_file(file) for file in comment.get("files") or ()),
        )


def _file(raw: Mapping[str, Any]) -> File:
    known = {"name": raw["name"], "content_type": raw["type"], "size": raw["size"]}
    return File(**known, url=raw["url"], id=str(int(raw["id"])))


def _status(word: str, config: Config) -> Status:
    own = {known.casefold(): status for known, status in config.status_words.items()}
    return (FROM_VENDOR | own).get(word.casefold(), Status.UNKNOWN)
