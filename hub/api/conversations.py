"""Conversations: who said what, who speaks now, and taking over."""

import hashlib
from typing import Annotated, Any, Literal
from uuid import uuid4

from pydantic import Field, StringConstraints

from connectors import registry
from connectors.types import Status
from hub import links, native, views
from hub.admin import BadInput
from hub.api import shapes
from hub.api.shapes import Handover, Shape
from hub.api.table import Body, Call, Listing, Noun, Query, Reply, found
from hub.current import house
from hub.pipeline import takeover
from hub.pipeline.intake import Inbox
from hub.problems import Problem
from hub.store import Row, Tx, conversations, escalations, listing, team, users
from hub.store.schema import conversations as table
from hub.store.schema import escalations as escalations_table
from hub.store.schema import messages
from webhooks import events
from webhooks.events import MAX_ID, MAX_TEXT

api = Noun(
    "Conversations",
    "Chats between customers and the AI. `<id>` is our id or the platform's own.",
)

Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=r"\S"),
    Field(examples=["I have refunded the second charge."]),
]


class TakeOver(Body):
    """Who gets the ticket; without a user the Help Desk's assignment rule chooses."""

    user: str | None = Field(None, description="A teammate's id or e-mail.", examples=[None])


class Resume(Body):
    """What the AI is told about the human's part."""

    text: str | None = Field(None, max_length=10_000, examples=["Refunded, nothing left to do."])


class Write(Body):
    """Words for the open ticket, or what a customer said."""

    role: Literal["agent", "note", "customer"] = Field(
        description="agent: to the customer; note: for colleagues; customer: as if the platform"
        " had told us.", examples=["agent"],
    )  # fmt: skip
    text: Text
    name: str | None = Field(None, max_length=255, description="Who says it.", examples=["Ada"])
    id: str | None = Field(
        None, min_length=1, max_length=MAX_ID, examples=["m-17"],
        description="A customer's message: its id at the platform, told twice it counts once.",
    )  # fmt: skip


class Control(Body):
    """A bot asks, before it speaks, whether it still may."""

    epoch: int = Field(ge=0, le=2**31 - 1, description="The epoch it knows.", examples=[3])
    speaker: Literal["ai", "human"] = Field("ai", description="Who wants to speak.")


class Granted(Shape):
    """It may speak."""

    granted: Literal[True]
    epoch: int = Field(examples=[3])


class Refused(Shape):
    """Somebody else has the conversation, or had it meanwhile."""

    granted: Literal[False]
    epoch: int = Field(examples=[4])
    speaker: shapes.Speaker = Field(examples=["human"])


class Written(Shape):
    """The words are kept and on their way."""

    accepted: Literal[True] = True
    ticket: shapes.Ticket | None = Field(description="The ticket that holds them.")


class Filters(Query):
    """Which conversations."""

    speaker: shapes.Speaker | None = None
    waiting: bool | None = None
    state: Literal["live", "ended"] | None = None
    source_id: str | None = None
    external_id: str | None = None


@api.route("GET", "/v1/conversations", role="viewer", answer=shapes.Conversation, many=True,
           query=Filters, summary="List conversations, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, table, call.workspace_id, query.wanted(), **query.paging())
    return Listing([views.conversation(row) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/conversations/<id>", role="viewer", answer=shapes.Conversation,
           summary="One conversation: who speaks, in which epoch.")  # fmt: skip
def one(call: Call, id: str) -> dict[str, Any]:
    with call.transaction() as tx:
        return views.conversation(_find(tx, call, id))


@api.route("GET", "/v1/conversations/<id>/messages", role="viewer", answer=shapes.Message,
           many=True, query=Query, summary="Its messages, oldest first.")  # fmt: skip
def messages_of(call: Call, id: str, query: Query) -> Listing:
    with call.transaction() as tx:
        wanted = {"conversation_id": _find(tx, call, id)["id"]}
        page = listing.page(
            tx, messages, call.workspace_id, wanted, order="seq", ascending=True, **query.paging()
        )
    told = [links.fresh(house(), views.message(row)) for row in page.rows]
    return Listing(told, page.next_cursor)


@api.route("POST", "/v1/conversations/<id>/takeover", role="agent", answer=Handover,
           body=TakeOver, conflicts="The conversation has ended.",
           summary="Pause the AI; the conversation is a human's. Twice is once.")  # fmt: skip
def take_over(call: Call, id: str, body: TakeOver) -> dict[str, Any]:
    with call.transaction() as tx:
        row = _locked(tx, call, id)
        user = _user(tx, call, body.user) if body.user else None
        if row["speaker"] == "ai":
            if row["state"] == "ended":
                raise Problem(409, "The conversation has ended: there is nothing to take over.")
            takeover.take_over(tx, row, user=user, actor=call.actor)
        return _handover(tx, call, row["id"])


@api.route("POST", "/v1/conversations/<id>/resume", role="agent", answer=Handover, body=Resume,
           summary="Hand the conversation back to the AI and close its ticket.")  # fmt: skip
def resume(call: Call, id: str, body: Resume) -> dict[str, Any]:
    with call.transaction() as tx:
        row = _locked(tx, call, id)
        takeover.resume(tx, row, actor=call.actor, words=body.text)
        return _handover(tx, call, row["id"])


@api.route("POST", "/v1/conversations/<id>/control", role="viewer", answer=Granted, body=Control,
           also={409: Refused},
           summary="May the bot that knows this epoch speak? 409 if not.")  # fmt: skip
def control(call: Call, id: str, body: Control) -> Reply:
    with call.transaction() as tx:
        row = _find(tx, call, id)
    if (row["epoch"], row["speaker"]) == (body.epoch, body.speaker):
        return Reply(200, {"granted": True, "epoch": row["epoch"]})
    return Reply(409, {"granted": False, "epoch": row["epoch"], "speaker": row["speaker"]})


@api.route("POST", "/v1/conversations/<id>/messages", role="agent", answer=Written, status=202,
           body=Write, conflicts="No ticket of the Help Desk is open, or it was deleted.",
           summary="Write to the customer, write a note, or tell what the customer said.",
           )  # fmt: skip
def write(call: Call, id: str, body: Write) -> Written:
    if body.role == "customer":
        return _customer(call, id, body)
    with call.transaction() as tx:
        conversation = _locked(tx, call, id)
        ticket = _native_ticket(tx, conversation)
        at_desk = tx.one(
            "select * from native_tickets where id = :id for update", id=ticket["external_id"]
        )
        author = {"name": body.name or call.actor.partition(":")[2]}
        say = native.reply if body.role == "agent" else native.note
        say(tx, ticket["connection_id"], at_desk, author, body.text)  # type: ignore[arg-type]
    return Written(ticket=shapes.Ticket(**views.ticket(ticket)))


def _customer(call: Call, id: str, body: Write) -> Written:
    """As if the platform had sent `message.created`."""
    with call.transaction() as tx:
        conversation = _find(tx, call, id)
        if conversation["forgotten_at"] is not None:
            raise Problem(409, "Its words were deleted, and its customer with them.")
        source = tx.one("select * from sources where id = :id", id=conversation["source_id"])
    message_id = body.id or f"api:{uuid4()}"
    turn = events.Turn(id=message_id, role="customer", name=body.name, text=body.text)
    event = events.Event(
        id=message_id,
        type="message.created",
        occurred_at=call.house.store.now(),
        conversation=events.Conversation(id=conversation["external_id"]),
        transcript=(turn,),
    )
    key = f"api:message:{conversation['id']}:{message_id}"
    Inbox(call.house, source).accept([(key, event)], digest(body))
    with call.transaction() as tx:
        ticket = escalations.open_ticket(tx, conversation["id"])
    return Written(ticket=shapes.Ticket(**views.ticket(ticket)) if ticket is not None else None)


def digest(body: Body) -> str:
    """What tells a repeated body from another one under the same id."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()


def _native_ticket(tx: Tx, conversation: Row) -> Row:
    """The open ticket of the Help Desk, or what to do instead."""
    ticket = escalations.open_ticket(tx, conversation["id"])
    if ticket is not None and ticket["desk"] != registry.NATIVE:
        raise Problem(409, f"The ticket is at {ticket['desk']}: answer there, {ticket['url']}")
    if ticket is not None and not Status(ticket["status"]).done:
        return ticket
    if conversation["speaker"] == "human":
        raise Problem(409, "It has no open ticket yet: see its escalation, or try again.")
    raise Problem(409, "The AI has this conversation: take it over first.")


def _handover(tx: Tx, call: Call, id: str) -> dict[str, Any]:
    """Who has it now, and its newest escalation."""
    wanted = {"conversation_id": id}
    rows = listing.page(tx, escalations_table, call.workspace_id, wanted, limit=1, cursor=None).rows
    newest = rows[0] if rows else None
    shown = newest and views.escalation(newest, escalations.ticket_of(tx, newest["id"]))
    return {"conversation": views.conversation(_find(tx, call, id)), "escalation": shown}


def _find(tx: Tx, call: Call, id: str) -> Row:
    row: Row = found(conversations.get(tx, call.workspace_id, id), "conversation")
    return row


def _locked(tx: Tx, call: Call, id: str) -> Row:
    return conversations.lock(tx, _find(tx, call, id)["id"])


def _user(tx: Tx, call: Call, id_or_email: str) -> Row:
    user = users.get(tx, call.workspace_id, id_or_email) or users.by_email(tx, id_or_email)
    if user is None or user["workspace_id"] != call.workspace_id:
        raise BadInput({"user": "There is no such teammate here."})
    if team.member(tx, call.workspace_id, user["id"]) is None:
        raise BadInput({"user": f"{user['name']} is deactivated or a viewer: choose another."})
    return user
