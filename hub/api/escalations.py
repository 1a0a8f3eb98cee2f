"""Escalations: every handover from the AI to people, and how it ended."""

from typing import Any, Literal
from uuid import uuid4

from pydantic import Field

from hub import views
from hub.admin import BadInput
from hub.api.conversations import digest
from hub.api.shapes import Escalation, EscalationStory
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.pipeline import parking
from hub.pipeline.intake import Inbox
from hub.problems import Problem
from hub.store import Row, Tx, audit, changes, conversations, escalations, listing
from hub.store.schema import escalations as table
from hub.store.schema import sources
from webhooks import events
from webhooks.events import Line, Prose

api = Noun("Escalations", "Every handover from the AI to people: its ticket, its timeline.")

TYPE = "conversation.escalated"
EVENT = {
    "id": "evt-1",
    "conversation": {"id": "bb-88213", "language": "de"},
    "requester": {"name": "Zoë Großmann", "email": "zoe@kundin.example"},
    "reason": {"code": "customer_request"},
    "transcript": [
        {"id": "m-1", "author": {"role": "customer"}, "text": "Ich möchte mein Geld zurück."}
    ],
}


class Why(Body):
    """Why the AI gives up: a word for rules, a sentence for people, the platform's rule."""

    code: Line = Field(default=None, examples=["customer_request"])
    text: Prose = None
    rule: Line = None


class Escalate(Body):
    """A conversation that we know, or an event with everything about a new one."""

    conversation_id: str | None = Field(
        None, description="Ours or the platform's.", examples=["bb-88213"]
    )
    reason: Why = Why()
    target: Line = Field(None, description="A desk or a connection.", examples=["zendesk"])
    team: Line = None
    priority: Line = None
    fields: dict[str, Any] = {}
    event: dict[str, Any] | None = Field(
        None, description="Instead of all the others: a canonical event.", examples=[None]
    )
    source_id: str | None = Field(
        None, description="Whose event it is; needed with several sources.", examples=[None]
    )


class Filters(Query):
    """Which escalations."""

    state: Literal["received", "summarised", "ticketed", "returned", "parked"] | None = None
    conversation_id: str | None = None
    connection_id: str | None = None


@api.route("GET", "/v1/escalations", role="viewer", answer=Escalation, many=True, query=Filters,
           summary="List escalations, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, table, call.workspace_id, query.wanted(), **query.paging())
        tickets = _tickets(tx, page.rows)
    shown = [views.escalation(row, tickets.get(row["id"])) for row in page.rows]
    return Listing(shown, page.next_cursor)


@api.route("POST", "/v1/escalations", role="agent", answer=EscalationStory, status=202,
           body=Escalate, conflicts="The event's id came before with another body.",
           summary="Start an escalation; the open one answers if there is one.")  # fmt: skip
def start(call: Call, body: Escalate) -> dict[str, Any]:
    if (body.conversation_id is None) == (body.event is None):
        raise BadInput({"conversation_id": "Give either a conversation_id or an event."})
    event, source = _known(call, body) if body.event is None else _told(call, body)
    receipt = Inbox(call.house, source).accept([(f"api:{event.id}", event)], digest(body))
    told = [*receipt.accepted, *receipt.duplicates][0]
    if told.escalation_id is None:
        raise BadInput({"event.occurred_at": "The customer's data were deleted after that."})
    return one(call, str(told.escalation_id))


@api.route("GET", "/v1/escalations/<id>", role="viewer", answer=EscalationStory,
           summary="One escalation with its ticket and its timeline.")  # fmt: skip
def one(call: Call, id: str) -> dict[str, Any]:
    with call.transaction() as tx:
        # Of one moment: a timeline that tells of a ticket comes with the ticket.
        tx.send("set transaction isolation level repeatable read, read only")
        row = found(listing.get(tx, table, call.workspace_id, id), "escalation")
        return _story(tx, row)


@api.route("POST", "/v1/escalations/<id>/retry", role="agent", answer=EscalationStory,
           conflicts="The escalation is not parked.",
           summary="Let all that is parked of an escalation go on.")  # fmt: skip
def retry(call: Call, id: str) -> dict[str, Any]:
    with call.transaction() as tx:
        row = found(listing.get(tx, table, call.workspace_id, id), "escalation")
        conversations.lock(tx, row["conversation_id"])
        if not parking.retry(tx, row, actor=call.actor):
            raise Problem(409, "Nothing of this escalation is parked.")
        return _story(tx, found(escalations.get(tx, id), "escalation"))


def _known(call: Call, body: Escalate) -> tuple[events.Event, Row]:
    """The event of a conversation that is stored here."""
    with call.transaction() as tx:
        conversation = conversations.get(tx, call.workspace_id, body.conversation_id or "")
        if conversation is None:
            raise BadInput({"conversation_id": "There is no such conversation here."})
        if conversation["forgotten_at"] is not None:
            raise BadInput({"conversation_id": "Its words were deleted, and its customer too."})
        source = tx.one("select * from sources where id = :id", id=conversation["source_id"])
    given = body.model_dump(include={"reason", "target", "team", "priority", "fields"})
    implied = {
        "id": str(uuid4()),
        "type": TYPE,
        "occurred_at": call.house.store.now(),
        "conversation": {"id": conversation["external_id"]},
        "transcript_complete": True,
    }
    return events.read(events.Event, implied | given), source


def _told(call: Call, body: Escalate) -> tuple[events.Event, Row]:
    """The event that stands in the body."""
    given = {name: value for name, value in (body.event or {}).items() if value is not None}
    if given.get("type", TYPE) != TYPE:
        raise BadInput({"event.type": f"It must be {TYPE}."})
    implied = {"id": str(uuid4()), "occurred_at": call.house.store.now(), "type": TYPE}
    event = events.read(events.Event, implied | given, at="event")
    with call.transaction() as tx:
        return event, _source(tx, call, body.source_id)


def _source(tx: Tx, call: Call, source_id: str | None) -> Row:
    """The source that is named, or the only one."""
    if source_id is not None:
        row = listing.get(tx, sources, call.workspace_id, source_id)
        if row is None:
            raise BadInput({"source_id": "There is no such source here."})
        return row
    rows = listing.page(tx, sources, call.workspace_id, {}, limit=2, cursor=None).rows
    if len(rows) != 1:
        raise BadInput({"source_id": f"There are {len(rows) or 'no'} sources: name one."})
    return rows[0]


def _story(tx: Tx, row: Row) -> dict[str, Any]:
    ticket = escalations.ticket_of(tx, row["id"])
    story = views.escalation(row, ticket, audit.timeline(tx, row["id"]))
    if ticket is not None:
        story["parked"] = story["parked"] or changes.parked(tx, ticket)
    return story


def _tickets(tx: Tx, rows: Any) -> dict[str, Row]:
    wanted = [row["id"] for row in rows]
    sql = "select * from tickets where escalation_id = any(:wanted)"
    return {ticket["escalation_id"]: ticket for ticket in tx.all(sql, wanted=wanted)}
