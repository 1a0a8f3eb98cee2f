"""The canonical event that every dialect becomes, and the events that we send.

In JSON a turn's author stands apart, `"author": {"role", "name"}`; in Python both are the turn's.
What a sender left out is None or empty here, and so is what it sent as null or as blanks. A time
is RFC 3339 with its zone (epoch seconds or milliseconds pass too) and is kept in UTC. Fields
that are not named here are accepted and dropped; `fields` is the place for a sender's own.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationError,
)

from webhooks.errors import FieldError, WrongField

M = TypeVar("M", bound=BaseModel)

MAX_ID = MAX_LINE = 255  # characters; a line is a name, a target, a code
MAX_EMAIL = 320
MAX_PHONE = 64
MAX_URL = 2048
MAX_REASON = 10_000
MAX_TEXT = 100_000
MAX_TURNS = 10_000
MAX_ATTACHMENTS = 100
MAX_ERRORS = 20  # of one event that we tell the sender

# pydantic's words are for Python; a sender sees JSON.
WORDS = {
    "missing": "is missing",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "tuple_type": "must be a list",
    "timezone_aware": "must have its zone, such as Z or +02:00",
}

EventType = Literal[
    "conversation.started", "message.created", "conversation.escalated", "conversation.ended"
]
Role = Literal["customer", "ai", "agent", "system"]

TEST = "subscriber.test"
OUTGOING: dict[str, str] = {
    "conversation.escalated": "The AI gave up, or a person took over.",
    "conversation.paused": "A human speaks now; the AI keeps silent.",
    "conversation.resumed": "The AI speaks again; `brief` holds what the human said and decided.",
    "conversation.waiting": "No desk is routed: the customer waits until a teammate takes over.",
    "ticket.created": "The escalation has its ticket at a desk.",
    "ticket.assigned": "The ticket has an agent, or another one.",
    "ticket.status_changed": "The ticket has another status.",
    "ticket.closed": "The ticket is solved or closed.",
    "message.created": "Someone wrote a message that the customer may see.",
    "delivery.degraded": "Words or a file are at the desk in a lesser form, or not at all.",
    "escalation.moved": "A desk did not take the escalation: the next one of its route has it.",
    "escalation.parked": "The escalation cannot go on without a person.",
    "connection.paused": "The desk refuses our credentials; its work waits.",
    "subscriber.failing": "The endpoint has failed for long; if it goes on, it is disabled.",
    "subscriber.disabled": "The endpoint is gone, or failed for too long; it gets no more events.",
    TEST: "Somebody tries whether this endpoint gets its events.",
}
# What `data` looks like in each version, made from the newest. A subscriber keeps its version until
# somebody changes it.
VERSIONS: Mapping[int, Callable[[Any], Any]] = {1: lambda data: data}


def _utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("Input should be a time between the years 1 and 9999") from None


def _web(url: str) -> str:
    if url and not url.casefold().startswith(("https://", "http://")):
        raise ValueError("Input should be an http or https URL")
    return url


def _blank_is_none(text: str | None) -> str | None:
    return text or None


def _null_is(empty: object) -> BeforeValidator:
    return BeforeValidator(lambda value: empty if value is None else value)


def _trimmed(longest: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, max_length=longest)


Moment = Annotated[AwareDatetime, AfterValidator(_utc)]
Id = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_ID)]
Blank = AfterValidator(_blank_is_none)
Line = Annotated[Annotated[str, _trimmed(MAX_LINE)] | None, Blank]
Email = Annotated[Annotated[str, _trimmed(MAX_EMAIL)] | None, Blank]
Phone = Annotated[Annotated[str, _trimmed(MAX_PHONE)] | None, Blank]
Prose = Annotated[Annotated[str, _trimmed(MAX_REASON)] | None, Blank]
Url = Annotated[str, _trimmed(MAX_URL), AfterValidator(_web)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT), _null_is("")]


class Part(BaseModel):
    """What all parts of an event share: frozen, and open to fields that we don't know."""

    model_config = ConfigDict(frozen=True, validate_by_name=True, validate_by_alias=True)


class Attachment(Part):
    """A file that the sender keeps at `url`; `size` in bytes."""

    name: Line = None
    url: Annotated[Url, Field(min_length=1)]
    content_type: Line = Field(
        default=None, validation_alias=AliasChoices("content_type", "contentType")
    )
    size: Annotated[int, Field(ge=0)] | None = None


Files = Annotated[
    tuple[Attachment, ...],
    FailFast(),
    Field(max_length=MAX_ATTACHMENTS),
    _null_is(()),
]


class Turn(Part):
    """One thing that somebody said."""

    id: Id
    at: Moment | None = None
    role: Role = Field(validation_alias=AliasPath("author", "role"))
    name: Line = Field(default=None, validation_alias=AliasPath("author", "name"))
    text: Text = ""
    attachments: Files = ()


class Conversation(Part):
    """Where it is said; `id` is the sender's."""

    id: Id
    url: Annotated[Url | None, Blank] = None
    channel: Line = None
    language: Line = None


class Requester(Part):
    """The customer, as far as the sender knows them."""

    id: Line = None
    name: Line = None
    email: Email = None
    phone: Phone = None
    verified: bool | None = None


class Reason(Part):
    """Why the AI gave up: a word for rules, a sentence for people, the sender's rule."""

    code: Line = None
    text: Prose = None
    rule: Line = None


class Event(Part):
    """One thing that happened to a conversation."""

    id: Id
    type: EventType
    occurred_at: Moment
    conversation: Conversation
    requester: Annotated[Requester, _null_is({})] = Requester()
    reason: Annotated[Reason, _null_is({})] = Reason()
    target: Line = None
    team: Line = None
    priority: Line = None
    transcript: Annotated[
        tuple[Turn, ...],
        FailFast(),
        Field(max_length=MAX_TURNS),
        _null_is(()),
    ] = ()
    transcript_complete: bool = False
    fields: Annotated[dict[str, Any], _null_is({})] = {}


def read(model: type[M], raw: object, at: str = "") -> M:
    """`raw` as a `model`; WrongField names each wrong field below the path `at`, as it was sent."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise WrongField(_field_errors(error, at)) from None


def shown(event: Event) -> dict[str, Any]:
    """The event as its sender may write it: the author of a turn apart."""
    told = event.model_dump(mode="json", exclude_none=True)
    told["transcript"] = [
        {"author": {name: turn.pop(name) for name in ("role", "name") if name in turn}} | turn
        for turn in told["transcript"]
    ]
    return told


def _field_errors(error: ValidationError, at: str) -> list[FieldError]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {
            "field": ".".join([at, *map(str, one["loc"])]).strip("."),
            "message": WORDS.get(one["type"], one["msg"].removeprefix("Value error, ")),
        }
        for one in found[:MAX_ERRORS]
    ]


def body(type: str, timestamp: datetime, data: object, version: int = 1) -> bytes:
    """The JSON that subscribers get: compact, UTF-8, `timestamp` in RFC 3339 and UTC."""
    if type not in OUTGOING:
        raise ValueError(f"{type} is not an event that we send")
    if timestamp.tzinfo is None:
        raise ValueError("a timestamp needs its zone")
    when = timestamp.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    content = {"type": type, "timestamp": when, "data": VERSIONS[version](data)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()
