"""The shape of Bookbag's JSON, in each of its spellings; an error names the one that was used."""

import re
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
)

from webhooks.events import (
    MAX_TURNS,
    Blank,
    Email,
    Files,
    Id,
    Line,
    Moment,
    Part,
    Phone,
    Prose,
    Role,
    Text,
    Url,
)

CODE = re.compile(r"[a-z0-9]+(?:[_.-][a-z0-9]+)*")

ROLES: dict[str, Role] = {
    "user": "customer",
    "customer": "customer",
    "assistant": "ai",
    "ai": "ai",
    "bot": "ai",
    "agent": "agent",
    "human": "agent",
    "system": "system",
}


def _named(*names: str | AliasPath, default: Any = None) -> Any:
    """A field under any of `names`; an error tells the name that the sender used."""
    return Field(default=default, validation_alias=AliasChoices(*names))


def _role(word: object) -> Role:
    role = ROLES.get(word.strip().casefold()) if isinstance(word, str) else None
    if role is None:
        raise ValueError("must be user, assistant, agent or system")
    return role


def _turns(value: object) -> object:
    """A transcript in one string as the list of turns that it stands for."""
    if not isinstance(value, str):
        return () if value is None else value
    turns: list[tuple[str, list[str]]] = []
    for line in value.split("\n"):
        word, colon, rest = line.partition(":")
        if colon and word.strip().casefold() in ROLES:
            turns.append((word, [rest]))
        elif turns:
            turns[-1][1].append(line)
        else:
            turns.append(("system", [line]))
    return [{"role": word, "content": "\n".join(lines).strip()} for word, lines in turns]


def _reason(value: object) -> object:
    if not isinstance(value, str):
        return value
    return {"code": value} if CODE.fullmatch(value) else {"text": value}


class Envelope(BaseModel):
    """What every event has; epoch milliseconds, though any time with a zone passes."""

    event: str
    ts: Moment


class Wire(Part):
    """Numbers pass for text: an id of digits is an id."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class WireTurn(Wire):
    """A turn, whose id and time may be missing."""

    id: Line = _named("id", "messageId", "message_id")
    at: Moment | None = _named("ts", "createdAt", "created_at")
    role: Annotated[Role, BeforeValidator(_role)]
    name: Line = None
    text: Text = _named("content", "text", default="")
    attachments: Files = ()


class WirePerson(Wire):
    """The customer."""

    id: Line = _named("id", "userId", "user_id")
    name: Line = _named("name", "fullName", "full_name")
    email: Email = None
    phone: Phone = _named("phone", "phoneNumber", "phone_number")
    verified: bool | None = None


class WireReason(Wire):
    """Why; one word is a code, anything else a text."""

    code: Line = None
    text: Prose = None
    rule: Line = None


class Data(Wire):
    """`data` of every event about a conversation."""

    model_config = ConfigDict(extra="allow")

    conversation_id: Id = Field(
        validation_alias=AliasChoices(
            "conversationId", "conversation_id", AliasPath("conversation", "id")
        )
    )
    url: Annotated[Url | None, Blank] = _named(
        "conversationUrl", "conversation_url", "url", AliasPath("conversation", "url")
    )
    channel: Line = _named("channel", AliasPath("conversation", "channel"))
    language: Line = _named("language", "locale", AliasPath("conversation", "language"))
    requester: WirePerson | None = _named("requester", "customer", "user", "contact", "visitor")
    name: Line = _named("customerName", "customer_name")
    email: Email = _named("customerEmail", "customer_email", "email")
    phone: Phone = _named("customerPhone", "customer_phone", "phone")
    reason: Annotated[WireReason | None, BeforeValidator(_reason)] = None
    target: Line = None
    team: Line = None
    priority: Line = None
    transcript: Annotated[
        tuple[WireTurn, ...], FailFast(), Field(max_length=MAX_TURNS), BeforeValidator(_turns)
    ] = _named("transcript", "messages", default=())
    transcript_complete: bool | None = _named("transcriptComplete", "transcript_complete")
    fields: dict[str, Any] | None = None
