"""The shape of what Botpress's bridge posts: its message payloads, and both shapes of a history."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, FailFast, Field, StringConstraints

from webhooks.events import (
    MAX_TEXT,
    MAX_TURNS,
    MAX_URL,
    Attachment,
    Email,
    Line,
    Part,
    Prose,
    Role,
)

ROLES: dict[str, Role] = {"user": "customer", "bot": "ai", "assistant": "ai", "agent": "agent"}
ADDRESSES = ("imageUrl", "audioUrl", "videoUrl", "fileUrl")


class Wire(Part):
    """Numbers pass for text."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Envelope(BaseModel):
    """What every call has."""

    type: Annotated[str, StringConstraints(max_length=64)]


class NewUser(Wire):
    """The customer."""

    name: Line = None
    email: Email = None


class Payload(Wire):
    """A message in Botpress's format: a text, or one of its cards, as words and files."""

    text: Annotated[str, StringConstraints(max_length=MAX_TEXT)] = ""
    attachments: tuple[Attachment, ...] = ()


def said_in(message: Mapping[str, Any]) -> str:
    """The words of a message of ours, with the addresses of its files."""
    links = [f"{file.get('name') or 'file'}: {file['url']}" for file in message["attachments"]]
    return "\n".join([*filter(None, [message["text"]]), *links])


def _payload(value: object) -> object:
    """Text, markdown, choices and files; what else there is, by its title."""
    if not isinstance(value, dict):
        return {} if value is None else value
    words = [value.get(name) for name in ("text", "markdown", "title", "subtitle")]
    options = value.get("options")
    for option in options if isinstance(options, list) else ():
        label = option.get("label") if isinstance(option, dict) else None
        words.append(f"- {label}" if isinstance(label, str) else None)
    urls = [value.get(name) for name in ADDRESSES]
    return {
        "text": "\n".join(word for word in words if isinstance(word, str) and word),
        "attachments": [
            {"url": url, "name": url.partition("?")[0].rsplit("/", 1)[-1][:255] or None}
            for url in urls
            if isinstance(url, str)
            and url.casefold().startswith(("http://", "https://"))
            and len(url) <= MAX_URL
        ],
    }


BotPayload = Annotated[Payload, BeforeValidator(_payload)]


class Said(Wire):
    """A turn of the history."""

    role: Role
    text: str = ""
    at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


def _said(value: object) -> object:
    """Either `{source: {type}, type, payload}` or `{text, author?, timestamp?}`."""
    if not isinstance(value, dict):
        return value
    source = value.get("source")
    word = source.get("type") if isinstance(source, dict) else value.get("author")
    payload = _payload(value["payload"] if "payload" in value else {"text": value.get("text")})
    told = payload if isinstance(payload, dict) else {}
    return {
        "role": ROLES.get(str(word or "user").casefold(), "customer"),
        "at": _moment(value.get("timestamp")),
        **told,
    }


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value)) if value else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo and 1 < moment.year < 9999 else None


History = Annotated[
    tuple[Annotated[Said, BeforeValidator(_said)], ...],
    FailFast(),
    Field(max_length=MAX_TURNS),
    BeforeValidator(lambda value: () if value is None else value),
]


class NewChat(Wire):
    """A handover, with what was said before."""

    title: Prose = None
    description: Prose = None
    message_history: History = Field((), validation_alias="messageHistory")
    messages: History = ()
    user: Annotated[NewUser, BeforeValidator(lambda v: {} if v is None else v)] = NewUser()

    @property
    def history(self) -> tuple[Said, ...]:
        """What was said, oldest first, under whichever name it came."""
        return self.message_history or self.messages


class Saying(Wire):
    """A message for the agent."""

    chat: Annotated[str, StringConstraints(max_length=255)] = Field(
        validation_alias="remoteConversationId"
    )
    user: Annotated[str, StringConstraints(max_length=2048)] = Field(
        "", validation_alias="remoteUserId"
    )
    payload: BotPayload = Payload()
