"""What the API's answers look like. `hub.views` writes the four nouns that events share."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from connectors.types import Status
from hub import summary, views

Moment = Annotated[
    datetime,
    PlainSerializer(views.moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Speaker = Literal["ai", "human"]


def ident(prefix: str) -> Any:
    """The field of an id."""
    return Field(examples=[f"{prefix}_06g5v2m8k0r7t9w1y3a5c7e9g1"])


class Shape(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def of(cls, row: Mapping[str, Any], **more: Any) -> Self:
        """From the columns of a row that have the names of our fields, and what is not in it."""
        named = {name: row[name] for name in cls.model_fields if name in row}
        return cls(**(named | more))


class Requester(BaseModel):
    """The customer, as far as the platform told us."""

    id: str | None = None
    name: str | None = Field(None, examples=["Zoë Großmann"])
    email: str | None = None
    phone: str | None = None
    verified: bool | None = None


class Conversation(Shape):
    """A chat between a customer and the AI."""

    id: str = ident("con")
    external_id: str = Field(description="The platform's own id.", examples=["bb-88213"])
    source_id: str = ident("src")
    channel: str | None
    language: str | None
    url: str | None
    requester: Requester
    speaker: Speaker = Field(description="Who answers the customer now.")
    epoch: int = Field(description="Counts every change of speaker.", examples=[3])
    waiting: bool = Field(description="A teammate is to take over in the Help Desk.")
    state: Literal["live", "ended"]
    message_count: int
    started_at: Moment
    last_message_at: Moment | None


class Author(Shape):
    """Who wrote a message."""

    role: Literal["customer", "ai", "agent", "system"]
    name: str | None


class Message(Shape):
    """Something that somebody said."""

    id: str = ident("msg")
    external_id: str
    at: Moment
    author: Author
    text: str
    attachments: list[dict[str, Any]]
    origin: Literal["source", "desk", "hub"]


class Ticket(Shape):
    """The case at a desk that an escalation opened."""

    id: str = ident("tic")
    connection_id: str = ident("cxn")
    desk: str = Field(examples=["zendesk"])
    external_id: str = Field(examples=["35436"])
    url: str = Field(examples=["https://acme.zendesk.com/agent/tickets/35436"])
    mapping_version: int | None = Field(
        description="The version of the connection's mapping that made it; 0 is the default."
    )
    status: Status
    word: str | None = Field(description="The desk's own word for the status.")
    assignee: str | None
    type: Literal["live_chat", "external"]
    escalation_id: str = ident("esc")
    conversation_id: str = ident("con")
    created_at: Moment
    closed_at: Moment | None


class Reason(BaseModel):
    """Why the AI gave up."""

    code: str | None = Field(None, examples=["customer_request"])
    text: str | None = None
    rule: str | None = None


class Sentence(Shape):
    """A sentence of the summary and the messages that it rests on."""

    text: str
    message_ids: list[str]
    quotes: list[str] = Field([], description="The picked words, without their frame.")


class Fact(Shape):
    """One thing that was said, with the message and the exact words of it that say so."""

    kind: summary.Kind
    value: str = Field(
        description='An amount is "49.90 EUR", a date "2026-05-03" if its year is known, a phone '
        "number in E.164 if its country is; a tone is calm, annoyed or urgent; else the words.",
        examples=["49.90 EUR"],
    )
    quote: str = Field(examples=["49,90 €"])
    message_id: str = ident("msg")


class Summary(BaseModel):
    """Subject line and two or three sentences in the customer's language."""

    subject: str
    sentences: list[Sentence]
    language: str = Field(examples=["de"])
    method: str = Field(
        description="`extractive` quotes; `llm` is a language model's; `extractive_fallback` quotes"
        " because the model's was not used.",
        examples=["extractive"],
    )
    facts: list[Fact] = Field([], description="What was said, taken word by word.")


class Parked(Shape):
    """Why work cannot go on without a person."""

    work: Literal["escalation", "relay", "close", "change", "delivery", "replay"] | None = Field(
        None, description="What waits: the ticket, words for it, its solution, news of it, and"
        " what is on its way to a subscriber.",
    )  # fmt: skip
    code: str
    text: str
    fields: dict[str, str]
    at: Moment


class Line(Shape):
    """One line of a timeline."""

    at: Moment
    what: str = Field(examples=["ticket.created"])
    detail: str | None
    actor: str


class Escalation(Shape):
    """One handover from the AI to people."""

    id: str = ident("esc")
    conversation_id: str = ident("con")
    state: Literal["received", "summarised", "ticketed", "returned", "parked"]
    reason: Reason
    target: str | None
    team: str | None
    priority: str | None
    summary: Summary | None
    ticket: Ticket | None
    parked: Parked | None
    tries: int
    last_error: str | None
    due_at: Moment | None
    created_at: Moment


class EscalationStory(Escalation):
    """An escalation with all that happened to it, oldest first."""

    timeline: list[Line]


class Handover(Shape):
    """Who has the conversation now."""

    conversation: Conversation
    escalation: Escalation | None


class Removed(Shape):
    """What is gone."""

    id: str
    removed: Literal[True] = True
