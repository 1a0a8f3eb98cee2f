"""Events: what sources told us, and what we told subscribers."""

from typing import Any, Literal

from pydantic import Field

from hub.api.shapes import Moment, Shape, ident
from hub.api.table import Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import events

api = Noun("Events", "What came in from sources, and what went out to subscribers.")


class StoredEvent(Shape):
    """One event; `data` is what subscribers get, null for what came in."""

    id: str = ident("evt")
    direction: Literal["in", "out"]
    type: str = Field(examples=["ticket.created"])
    source_id: str | None
    conversation_id: str | None
    escalation_id: str | None
    at: Moment
    data: dict[str, Any] | None


class Filters(Query):
    """Which events."""

    direction: Literal["in", "out"] | None = None
    type: str | None = None
    conversation_id: str | None = None
    escalation_id: str | None = None


@api.route("GET", "/v1/events", role="viewer", answer=StoredEvent, many=True, query=Filters,
           summary="List events, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, events, call.workspace_id, query.wanted(), **query.paging())
    return Listing([_shown(row) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/events/<id>", role="viewer", answer=StoredEvent, summary="One event.")
def one(call: Call, id: str) -> StoredEvent:
    with call.transaction() as tx:
        return _shown(found(listing.get(tx, events, call.workspace_id, id), "event"))


def _shown(row: Row) -> StoredEvent:
    return StoredEvent.of(row, data=row["payload"])
