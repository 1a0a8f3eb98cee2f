"""Privacy: how long customers' data is kept; one customer's, to take along or to erase."""

from collections.abc import Iterator

from pydantic import Field

from hub import admin, exporting
from hub.admin.privacy import LEAST, LONGEST, LONGEST_NAME
from hub.api.privacy_shapes import (
    Erasure,
    ErasureReport,
    Export,
    Preview,
    report,
    shown,
    state,
)
from hub.api.shapes import Shape
from hub.api.table import Body, Call, Listing, Noun, Query
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
           lacks="The hub holds no conversation of this customer.",
           summary="All that there is of a customer, as one document.")  # fmt: skip
def export(call: Call, body: Whom) -> Iterator[str]:
    with call.transaction() as tx:
        found = admin.export_customer(tx, call.workspace_id, body.customer(), actor=call.actor)
    return exporting.document(call.house.store, call.workspace_id, found)


@api.route("POST", "/v1/privacy/erasures", role="admin", answer=ErasureReport, status=202,
           body=Erase, lacks="The hub holds no conversation of this customer.",
           conflicts="A person has the customer, or there is more than was shown.",
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
    return Listing([Erasure.of(row, **state(row)) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/privacy/erasures/<id>", role="admin", answer=ErasureReport,
           summary="How far it is, and what remains elsewhere.")  # fmt: skip
def one(call: Call, id: str) -> ErasureReport:
    with call.transaction() as tx:
        return report(admin.one_erasure(tx, call.workspace_id, id))
