"""Audit: who did what, to what, and when."""

from pydantic import Field

from hub.api.shapes import Moment, Shape, ident
from hub.api.table import Call, Listing, Noun, Query
from hub.store import listing
from hub.store.schema import audit

api = Noun("Audit", "Every change of state: who did what, to what, and when.")


class AuditLine(Shape):
    """One thing that was done."""

    id: str = ident("aud")
    at: Moment
    actor: str = Field(examples=["user:ada@acme.example"])
    what: str = Field(examples=["conversation.taken_over"])
    detail: str | None
    subject_id: str | None
    conversation_id: str | None
    escalation_id: str | None


class Filters(Query):
    """Which lines."""

    actor: str | None = None
    what: str | None = None
    subject_id: str | None = None
    conversation_id: str | None = None
    escalation_id: str | None = None


@api.route("GET", "/v1/audit", role="admin", answer=AuditLine, many=True, query=Filters,
           summary="List what was done, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, audit, call.workspace_id, query.wanted(), **query.paging())
    return Listing([AuditLine.of(row) for row in page.rows], page.next_cursor)
