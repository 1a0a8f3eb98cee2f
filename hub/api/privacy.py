"""Privacy: how long customers' data is kept; one customer's, to take along or to erase."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from hub import admin, exporting
from hub.admin.privacy import LEAST, LONGEST, LONGEST_NAME, Held
from hub.api.shapes import Moment, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query
from hub.store import Row
from hub.store.customers import Customer

api = Noun(
    "Privacy",
    "How long customers' data is kept, and what there is of one customer: to look at, to take along"
    " or to [erase](privacy.md). Whom it is about stands in the body, never in an address.",
)


class Retention(Shape):
    """For how many days the workspace keeps what customers said."""

    transcript_days: int | None = Field(
        description="After the last message of a conversation that is over; null: for ever.",
        examples=[365],
    )
    payload_days: int | None = Field(
        description="The bodies of events, where that is less than the installation's"
        " HUB_PAYLOAD_DAYS; null: as long as that.",
        examples=[None],
    )


class SetRetention(Body):
    """What is given is changed."""

    transcript_days: int | None = Field(None, ge=LEAST, le=LONGEST, examples=[180])
    payload_days: int | None = Field(None, ge=LEAST, le=LONGEST, examples=[14])


class Whom(Body):
    """A customer, by at least one of these; what fits any of them is theirs."""

    id: str | None = Field(
        None, max_length=LONGEST_NAME, examples=["cust-4711"],
        description="The platform's own, of the customer or of one conversation.",
    )  # fmt: skip
    email: str | None = Field(None, max_length=LONGEST_NAME, examples=["zoe@kundin.example"])
    phone: str | None = Field(None, max_length=LONGEST_NAME, examples=["+49 30 1234567"])

    def customer(self) -> Customer:
        """Whom it means."""
        return admin.customer(id=self.id, email=self.email, phone=self.phone)


class Erase(Whom):
    """A customer, and how many conversations the preview has shown."""

    conversations: int | None = Field(
        None, ge=1, examples=[2], description="Refused with 409 if there are others by now."
    )


class Counts(Shape):
    """How much there is."""

    conversations: int = Field(examples=[2])
    messages: int = Field(examples=[31])
    escalations: int = Field(examples=[3])
    tickets: int = Field(examples=[3])
    files: int
    changes: int = Field(description="What desks told of the tickets.")
    help_desk_entries: int
    events: int
    deliveries: int


class Known(Shape):
    """By what else the customer is known; look for these as well."""

    id: list[str]
    email: list[str]
    phone: list[str]


class TicketThere(Shape):
    """A ticket that stays at its desk until a person deletes it there."""

    id: str = ident("tic")
    desk: str = Field(examples=["zendesk"])
    connection: str = Field(examples=["Zendesk"])
    number: str = Field(examples=["35436"])
    url: str
    status: str
    to_do: str = Field(description="What a person does there.")


class SubscriberThere(Shape):
    """An endpoint that was told of the customer."""

    id: str = ident("sub")
    url: str
    delivered: int = Field(description="Events.")
    to_do: str


class SourceThere(Shape):
    """A platform on which the customer spoke."""

    id: str = ident("src")
    name: str
    conversations: int
    to_do: str


class Remains(Shape):
    """What is not the hub's to erase; nothing here but ids and addresses of work."""

    tickets: list[TicketThere]
    subscribers: list[SubscriberThere]
    sources: list[SourceThere]


class Preview(Shape):
    """What would be erased, or taken along; nothing is changed."""

    counts: Counts
    open: list[str] = Field(
        description="Conversations that a person has, or that wait for one: hand them back first."
    )
    known_as: Known
    remains: Remains


class Erasure(Shape):
    """A customer who is erased, by ids alone."""

    id: str = ident("ers")
    state: Literal["running", "done", "parked"]
    actor: str = Field(examples=["user:ada@acme.example"])
    counts: Counts = Field(description="What there was when it began.")
    total: int = Field(description="Conversations.", examples=[2])
    done: int = Field(examples=[2])
    waits_for: str | None = Field(description="Why it does not go on by itself.")
    created_at: Moment
    ended_at: Moment | None


class ErasureReport(Erasure):
    """A customer who is erased, and what remains elsewhere."""

    conversation_ids: list[str]
    remains: Remains


class Export(Shape):
    """All that the hub holds of a customer; each list of a conversation has rows as they are."""

    format: Literal["hub.customer"]
    version: Literal[1]
    exported_at: Moment
    conversations: list[dict[str, Any]]


@api.route("GET", "/v1/privacy", role="viewer", answer=Retention,
           summary="How long customers' words are kept.")  # fmt: skip
def retention(call: Call) -> Retention:
    with call.transaction() as tx:
        return Retention.of(admin.retention(tx, call.workspace_id))


@api.route("PATCH", "/v1/privacy", role="admin", answer=Retention, body=SetRetention,
           summary="Keep them longer, or less long: what is older then is deleted.")  # fmt: skip
def set_retention(call: Call, body: SetRetention) -> Retention:
    with call.transaction() as tx:
        known = dict(admin.retention(tx, call.workspace_id))
        days = known | {name: getattr(body, name) for name in body.model_fields_set}
        row = admin.set_retention(tx, call.workspace_id, **days, actor=call.actor)
        return Retention.of(row)


@api.route("POST", "/v1/privacy/preview", role="admin", answer=Preview, body=Whom,
           summary="What there is of a customer.")  # fmt: skip
def preview(call: Call, body: Whom) -> Preview:
    with call.transaction() as tx:
        return shown(admin.held(tx, call.workspace_id, body.customer()))


@api.route("POST", "/v1/privacy/export", role="admin", answer=Export, body=Whom,
           summary="All that there is of a customer, as one document.")  # fmt: skip
def export(call: Call, body: Whom) -> Iterator[str]:
    with call.transaction() as tx:
        found = admin.export_customer(tx, call.workspace_id, body.customer(), actor=call.actor)
    return exporting.document(call.house.store, call.workspace_id, found)


@api.route("POST", "/v1/privacy/erasures", role="admin", answer=ErasureReport, status=202,
           body=Erase, conflicts="A person has the customer, or there is more than was shown.",
           summary="Erase a customer everywhere in the hub.")  # fmt: skip
def erase(call: Call, body: Erase) -> ErasureReport:
    with call.transaction() as tx:
        made = admin.erase_customer(
            tx, call.workspace_id, body.customer(), conversations=body.conversations,
            actor=call.actor,
        )  # fmt: skip
        return report(admin.one_erasure(tx, call.workspace_id, made))


@api.route("GET", "/v1/privacy/erasures", role="admin", answer=Erasure, many=True, query=Query,
           summary="List erasures, newest first.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = admin.list_erasures(tx, call.workspace_id, **query.paging())
    return Listing([Erasure.of(row, **_state(row)) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/privacy/erasures/<id>", role="admin", answer=ErasureReport,
           summary="How far it is, and what remains elsewhere.")  # fmt: skip
def one(call: Call, id: str) -> ErasureReport:
    with call.transaction() as tx:
        return report(admin.one_erasure(tx, call.workspace_id, id))


def report(row: Row) -> ErasureReport:
    """An erasure as it is told everywhere."""
    return ErasureReport.of(row, **_state(row), remains=_remains(row["remains"]))


def shown(there: Held) -> Preview:
    """What there is of a customer as it is told everywhere."""
    return Preview(
        counts=Counts(**there.counts),
        open=list(there.open_ids),
        known_as=Known(**there.others),
        remains=_remains(there.remains),
    )


def _state(row: Row) -> dict[str, Any]:
    state = "done" if row["ended_at"] else "parked" if row["parked"] else "running"
    return {"state": state, "waits_for": row["last_error"]}


def _remains(found: dict[str, list[Row]]) -> Remains:
    return Remains(
        tickets=[TicketThere.of(one, to_do=words_of_ticket(one)) for one in found["tickets"]],
        subscribers=[
            SubscriberThere.of(one, to_do="Ask its operator to delete what it was told.")
            for one in found["subscribers"]
        ],
        sources=[
            SourceThere.of(one, to_do="Delete the customer's conversations there as well.")
            for one in found["sources"]
        ],
    )


def words_of_ticket(row: Row) -> str:
    """What a person does about a ticket at a desk."""
    return f"Delete ticket {row['number']} at {row['connection']}, and the person who asked in it."
