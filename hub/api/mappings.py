"""Mappings: how an escalation becomes a desk's ticket."""

from typing import Any

from pydantic import Field

from hub import admin
from hub.api.shapes import Moment, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import connections, mappings

api = Noun("Mappings", "How an escalation becomes a desk's ticket, as YAML that executes nothing.")

TEXT = "desk: zendesk\nticket:\n  subject: {from: summary.subject}\n"


class Mapping(Shape):
    """A version of a connection's mapping; the newest is in force."""

    id: str = ident("map")
    connection_id: str = ident("cxn")
    version: int
    text: str = Field(examples=[TEXT])
    author: str | None
    created_at: Moment


class MappingInForce(Shape):
    """What the next ticket is made by; version 0 is the desk's default."""

    connection_id: str = ident("cxn")
    version: int
    text: str = Field(examples=[TEXT])


class SaveMapping(Body):
    """A new version, kept only if it renders the sample escalation."""

    connection_id: str = ident("cxn")
    text: str = Field(examples=[TEXT])


class PreviewMapping(Body):
    """Which conversation, and by which mapping: the one in force unless `text` is given."""

    connection_id: str = ident("cxn")
    conversation_id: str = Field(description="Ours or the platform's.", examples=["bb-88213"])
    text: str | None = Field(None, examples=[None])


class PreviewShape(Shape):
    """The ticket's fields in the desk's own names, and the facts that a mapping may use."""

    fields: dict[str, Any]
    facts: dict[str, Any]


class Filters(Query):
    """Which mappings."""

    connection_id: str | None = None


@api.route("GET", "/v1/mappings", role="viewer", answer=Mapping, many=True, query=Filters,
           summary="List all versions, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, mappings, call.workspace_id, query.wanted(), **query.paging())
    return Listing([_shown(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/mappings", role="admin", answer=MappingInForce, status=201,
           body=SaveMapping, summary="Save a new version; errors name the mapping's fields.",
           )  # fmt: skip
def save(call: Call, body: SaveMapping) -> MappingInForce:
    with call.transaction() as tx:
        version = admin.save_mapping(
            tx, call.workspace_id, body.connection_id, body.text, actor=call.actor
        )
    return MappingInForce(connection_id=body.connection_id, version=version, text=body.text)


@api.route("POST", "/v1/mappings/preview", role="viewer", answer=PreviewShape,
           body=PreviewMapping,
           summary="What the ticket of a stored conversation would hold.")  # fmt: skip
def preview(call: Call, body: PreviewMapping) -> PreviewShape:
    made = admin.preview_mapping(
        call.house, call.workspace_id, body.connection_id, body.conversation_id, body.text
    )
    return PreviewShape(fields=made.fields, facts=made.facts)


@api.route("GET", "/v1/mappings/<id>", role="viewer", answer=Mapping, summary="One version.")
def one(call: Call, id: str) -> Mapping:
    with call.transaction() as tx:
        return _shown(found(listing.get(tx, mappings, call.workspace_id, id), "mapping"))


@api.route("GET", "/v1/connections/<id>/mapping", role="viewer", answer=MappingInForce,
           summary="The mapping that is in force.")  # fmt: skip
def in_force(call: Call, id: str) -> MappingInForce:
    with call.transaction() as tx:
        connection = found(listing.get(tx, connections, call.workspace_id, id), "connection")
        versions = listing.page(
            tx, mappings, call.workspace_id, {"connection_id": id}, limit=1, cursor=None
        ).rows
        text = admin.mapping_text(tx, connection)
    version = versions[0]["version"] if versions else 0
    return MappingInForce(connection_id=id, version=version, text=text)


def _shown(row: Row) -> Mapping:
    return Mapping.of(row, text=row["body"])
