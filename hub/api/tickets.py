"""Tickets: the cases at desks that escalations opened."""

from typing import Any

from connectors.types import Status
from hub import views
from hub.api.shapes import Ticket
from hub.api.table import Call, Listing, Noun, Query, found
from hub.store import listing
from hub.store.schema import tickets

api = Noun("Tickets", "The cases at desks that escalations opened.")


class Filters(Query):
    """Which tickets."""

    status: Status | None = None
    desk: str | None = None
    connection_id: str | None = None
    conversation_id: str | None = None


@api.route("GET", "/v1/tickets", role="viewer", answer=Ticket, many=True, query=Filters,
           summary="List tickets, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, tickets, call.workspace_id, query.wanted(), **query.paging())
    return Listing([views.ticket(row) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/tickets/<id>", role="viewer", answer=Ticket, summary="One ticket.")
def one(call: Call, id: str) -> dict[str, Any]:
    with call.transaction() as tx:
        return views.ticket(found(listing.get(tx, tickets, call.workspace_id, id), "ticket"))
