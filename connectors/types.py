"""The values that travel between the hub and a desk. All frozen, all in the hub's own words."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from connectors.text import clean


class Status(StrEnum):
    """Where a ticket stands, in words that every desk's own can be told in."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    SOLVED = "solved"
    CLOSED = "closed"
    UNKNOWN = "unknown"

    @property
    def done(self) -> bool:
        """True when the desk's people are finished with the ticket."""
        return self in (Status.SOLVED, Status.CLOSED)


class Told:
    """Something that a desk tells: it may hold anything, so what nobody can store is taken out.

    Desks that cut a text at so many UTF-16 units leave half an emoji at its end.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if type(value) is str:
                object.__setattr__(self, one.name, clean(value))


Role = Literal["customer", "ai", "agent", "system"]


@dataclass(frozen=True, kw_only=True, slots=True)
class File(Told):
    """An attachment: its bytes, or only the `url` where they can be had.

    `id` is the hub's of a file that goes to a desk, and the desk's of one that comes from there.
    """

    name: str
    content_type: str = "application/octet-stream"
    data: bytes | None = None
    url: str | None = None
    size: int | None = None
    id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One utterance of a conversation; `id` is the hub's."""

    id: str
    role: Role
    text: str
    at: datetime
    name: str | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """Plain text for the desk's people only, never for the customer."""

    id: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Requester:
    """The customer; `id` is the bot platform's own, stable over conversations."""

    id: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A ticket to be created; `fields` is the mapping's result in the desk's own names."""

    key: str
    subject: str
    transcript: tuple[Message, ...]
    requester: Requester
    fields: Mapping[str, Any] = field(default_factory=dict)
    language: str | None = None


FieldType = Literal["text", "number", "boolean", "date", "choice", "choices", "tags", "other"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A value that a field takes, exactly as it is sent, and what people call it."""

    value: str | int
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field that a new ticket of this account may have.

    `path` is written as in a mapping: `priority`, `cf.cf_order`, or `custom_fields[360]` for the
    item with that `id` in a list. The desk refuses a ticket without a `required` field, unless
    the connector fills it by itself (`filled`). `max` counts characters, of tags those of each.
    """

    path: str
    title: str
    type: FieldType = "text"
    required: bool = False
    filled: bool = False
    choices: tuple[Choice, ...] = ()
    others: bool = False  # it takes more values than `choices`
    max: int | None = None
    as_text: bool = False  # the connector itself writes numbers, true and false as text


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket(Told):
    """A ticket as its desk shows it; `word` is the desk's own word for the status."""

    id: str
    url: str
    status: Status
    key: str | None = None
    word: str | None = None
    subject: str | None = None
    requester_id: str | None = None
    assignee: str | None = None  # a name where the desk tells it, else its id of the agent
    created_at: datetime | None = None
    updated_at: datetime | None = None


ChangeKind = Literal["status", "message", "note", "assignment", "deleted", "merged", "hint"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change(Told):
    """One thing that happened to a ticket at its desk.

    `id` is the same however often and by whichever way (webhook or poll) the desk tells it.
    `key` is the key stamped at creation, where the desk tells it. `message_id` is the desk's id
    of a message or note, the one `append_message` returned for our own. A `hint` says only that
    something happened: read the ticket.
    """

    id: str
    ticket_id: str
    kind: ChangeKind
    at: datetime
    key: str | None = None
    status: Status | None = None
    word: str | None = None
    message_id: str | None = None
    text: str | None = None
    author: str | None = None
    assignee: str | None = None
    merged_into: str | None = None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangePage(Told):
    """Changes oldest first; call again with `cursor`, at once when there is `more`."""

    changes: tuple[Change, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Account(Told):
    """Who we are at the desk, and what is `missing` for full service, one sentence each.

    `organization` is the same for all users of one account, where the desk tells it.
    """

    id: str
    name: str
    organization: str | None = None
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Registration:
    """The webhooks are in place with `secret`, or a person has to take the `steps`."""

    id: str | None = None
    secret: str | None = None
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """An inbound webhook as it arrived: raw bytes, header names in lower case."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime
    secret: str | None = None
