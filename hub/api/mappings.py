"""Mappings: how an escalation becomes a desk's ticket."""

from typing import Any, Literal

from pydantic import Field

from connectors.types import Field as TicketField
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
    checked: bool = Field(description="It was held against the desk's own fields when saved.")
    created_at: Moment


class MappingInForce(Shape):
    """What the next ticket is made by; version 0 is the desk's default."""

    connection_id: str = ident("cxn")
    version: int
    text: str = Field(examples=[TEXT])


class SavedMapping(MappingInForce):
    """A new version."""

    checked: bool = Field(description="False: the desk was not asked, or cannot list its fields.")


CHECK: Any = Field(
    "desk",
    description="`desk` holds it against the desk's own fields; `syntax` does not ask the desk, "
    "for when it is down.",
)


class SaveMapping(Body):
    """A new version, kept only if it renders the sample escalation and fits the desk's fields."""

    connection_id: str = ident("cxn")
    text: str = Field(examples=[TEXT])
    check: admin.Check = CHECK


class RestoreMapping(Body):
    """How the earlier version is checked before it is the newest one."""

    check: admin.Check = CHECK


class ChoiceShape(Shape):
    """A value that a field takes."""

    value: str | int
    label: str


class FieldShape(Shape):
    """A field of a new ticket."""

    path: str = Field(
        description="As a mapping writes it; `custom_fields[360]` is the item with that `id`.",
        examples=["custom_fields[360012345678]"],
    )
    title: str = Field(examples=["Order number"])
    type: Literal["text", "number", "boolean", "date", "choice", "choices", "tags", "other"]
    required: bool = Field(description="The desk refuses a ticket without it.")
    filled: bool = Field(description="The hub fills it where the mapping does not.")
    choices: list[ChoiceShape]
    others: bool = Field(description="It takes more values than `choices`.")
    max: int | None = Field(description="Characters; of tags those of each.")


class FieldListShape(Shape):
    """The fields of a new ticket at a connection's desk."""

    connection_id: str = ident("cxn")
    read_at: Moment = Field(description="When the desk told them; at most five minutes ago.")
    fields: list[FieldShape] | None = Field(description="null: this desk cannot list them.")


class FieldsQuery(Body):
    """How fresh the list has to be."""

    refresh: bool = Field(False, description="Ask the desk now.")


class WrongField(Shape):
    """What the desk would refuse, and what is allowed."""

    field: str = Field(examples=["ticket.priority"])
    message: str


class PreviewMapping(Body):
    """Which conversation, and by which mapping: the one in force unless `text` is given."""

    connection_id: str = ident("cxn")
    conversation_id: str = Field(description="Ours or the platform's.", examples=["bb-88213"])
    text: str | None = Field(None, examples=[None])


class PreviewShape(Shape):
    """The ticket's fields in the desk's own names, and the facts that a mapping may use."""

    fields: dict[str, Any]
    facts: dict[str, Any]
    errors: list[WrongField] = Field(description="What the desk would refuse of it.")
    unchecked: str | None = Field(description="Why the desk's own fields are not known now.")


class Filters(Query):
    """Which mappings."""

    connection_id: str | None = None


@api.route("GET", "/v1/mappings", role="viewer", answer=Mapping, many=True, query=Filters,
           summary="List all versions, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, mappings, call.workspace_id, query.wanted(), **query.paging())
    return Listing([_shown(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/mappings", role="admin", answer=SavedMapping, status=201,
           body=SaveMapping, lacks="There is no such connection.",
           summary="Save a new version; errors name the mapping's fields.")  # fmt: skip
def save(call: Call, body: SaveMapping) -> SavedMapping:
    saved = admin.save_mapping(
        call.house, call.workspace_id, body.connection_id, body.text,
        check=body.check, actor=call.actor,
    )  # fmt: skip
    return SavedMapping(
        connection_id=body.connection_id,
        version=saved.version,
        text=body.text,
        checked=saved.checked,
    )


@api.route("POST", "/v1/mappings/preview", role="viewer", answer=PreviewShape,
           body=PreviewMapping, lacks="There is no such connection, or no such conversation.",
           summary="What the ticket of a stored conversation would hold.")  # fmt: skip
def preview(call: Call, body: PreviewMapping) -> PreviewShape:
    made = admin.preview_mapping(
        call.house, call.workspace_id, body.connection_id, body.conversation_id, body.text
    )
    errors = [WrongField(field=error.field, message=error.message) for error in made.errors]
    return PreviewShape(
        fields=made.fields, facts=made.facts, errors=errors, unchecked=made.unchecked
    )


@api.route("GET", "/v1/mappings/<id>", role="viewer", answer=Mapping, summary="One version.")
def one(call: Call, id: str) -> Mapping:
    with call.transaction() as tx:
        return _shown(found(listing.get(tx, mappings, call.workspace_id, id), "mapping"))


@api.route("POST", "/v1/mappings/<id>/restore", role="admin", answer=SavedMapping, status=201,
           body=RestoreMapping, summary="Save an earlier version anew.")  # fmt: skip
def restore(call: Call, id: str, body: RestoreMapping) -> SavedMapping:
    row, saved = admin.restore_mapping(
        call.house, call.workspace_id, id, check=body.check, actor=call.actor
    )
    return SavedMapping(
        connection_id=row["connection_id"],
        version=saved.version,
        text=row["body"],
        checked=saved.checked,
    )


@api.route("GET", "/v1/connections/<id>/fields", role="viewer", answer=FieldListShape,
           query=FieldsQuery,
           summary="The fields of a new ticket at the desk, with the values they take.",
           )  # fmt: skip
def fields(call: Call, id: str, query: FieldsQuery) -> FieldListShape:
    listed = admin.desk_fields(call.house, call.workspace_id, id, fresh=query.refresh)
    return FieldListShape(
        connection_id=id,
        read_at=listed.read_at,
        fields=None if listed.fields is None else [_field(one) for one in listed.fields],
    )


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


def _field(field: TicketField) -> FieldShape:
    choices = [ChoiceShape(value=one.value, label=one.label) for one in field.choices]
    return FieldShape(
        path=field.path, title=field.title, type=field.type, required=field.required,
        filled=field.filled, choices=choices, others=field.others, max=field.max,
    )  # fmt: skip


def _shown(row: Row) -> Mapping:
    return Mapping.of(row, text=row["body"])
