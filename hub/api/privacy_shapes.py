"""What the API tells of one customer's data, and of an erasure."""

from typing import Any, Literal

from pydantic import Field

from hub.admin.privacy import Held
from hub.api.shapes import Moment, Shape, ident
from hub.store import Row


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
    delivered: int = Field(description="Events that were sent, whatever it answered.")
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


def report(row: Row) -> ErasureReport:
    """An erasure as it is told everywhere."""
    return ErasureReport.of(row, **state(row), remains=_remains(row["remains"]))


def shown(there: Held) -> Preview:
    """What there is of a customer as it is told everywhere."""
    return Preview(
        counts=Counts(**there.counts),
        open=list(there.open_ids),
        known_as=Known(**there.others),
        remains=_remains(there.remains),
    )


def state(row: Row) -> dict[str, Any]:
    """Where an erasure stands."""
    word = "done" if row["ended_at"] else "parked" if row["parked"] else "running"
    return {"state": word, "waits_for": row["last_error"]}


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
