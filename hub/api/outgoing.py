"""What subscribers are sent, as the `webhooks` of the API's description."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from hub.api.shapes import Conversation, Moment, Shape, Summary, Ticket
from webhooks.events import OUTGOING

Json = dict[str, Any]


class Brief(Shape):
    """What the human said and decided, for the AI that goes on."""

    text: str | None = Field(
        description="What a teammate wrote for the AI, else the human's last words that say"
        " something."
    )
    message_ids: list[str] = Field(description="The human's last messages, five at most.")
    summary: Summary | None = Field(
        description="What customer and human said to each other; null if the human wrote nothing."
    )
    ticket: Ticket | None = Field(description="The ticket as it ended.")


class ResumedData(Shape):
    """The AI has the conversation again."""

    conversation: Conversation
    escalation_id: str | None
    reason: str = Field(examples=["ticket.solved"])
    brief: Brief


class Resumed(Shape):
    """The body of `conversation.resumed`."""

    type: Literal["conversation.resumed"]
    timestamp: Moment
    data: ResumedData


MODELS: dict[str, type[BaseModel]] = {"conversation.resumed": Resumed}


def webhooks(ref: str) -> Json:
    """One entry an event; `ref` makes a reference of a model's name."""
    return {type_: {"post": _post(type_, text, ref)} for type_, text in OUTGOING.items()}


def _post(type_: str, text: str, ref: str) -> Json:
    model = MODELS.get(type_)
    schema: Json = {"$ref": ref.format(model=model.__name__)} if model else _any(type_)
    return {
        "operationId": f"event_{type_.replace('.', '_')}",
        "summary": text,
        "description": "Signed by Standard Webhooks. Examples: docs/events.md.",
        "security": [],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "It is yours."}},
    }


def _any(type_: str) -> Json:
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"const": type_},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {"type": "object"},
        },
    }
