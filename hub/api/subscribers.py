"""Subscribers: endpoints that get our signed events, and the deliveries to them."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from hub import admin
from hub.api.shapes import Moment, Parked, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import deliveries, subscribers

api = Noun("Subscribers", "Endpoints that get our signed events, and each delivery to them.")

Events = Annotated[
    list[str] | None,
    Field(
        max_length=100,
        description="Types of events; null stands for all.",
        examples=[["conversation.paused", "conversation.resumed"]],
    ),
]
URL = Field(max_length=2048, examples=["https://bots.example/hub-events"])
LONGEST_OVERLAP = 7 * 24  # hours


class Subscriber(Shape):
    """An endpoint."""

    id: str = ident("sub")
    url: str = URL
    events: Events
    state: Literal["active", "disabled"]
    state_reason: str | None
    failing_since: Moment | None
    previous_until: Moment | None = Field(description="Until then we sign with two secrets.")
    created_at: Moment


class SubscriberWithSecret(Subscriber):
    """An endpoint and its secret."""

    secret: str = Field(description="Shown this once.", examples=["whsec_MfKQ9r8GKYqrTw=="])


class Delivery(Shape):
    """One event to one subscriber."""

    id: str = ident("dlv")
    subscriber_id: str = ident("sub")
    event_id: str = ident("evt")
    state: Literal["pending", "delivered", "failed", "dropped"]
    tries: int
    last_status: int | None = Field(description="The HTTP status of the last attempt.")
    last_error: str | None
    due_at: Moment | None = Field(description="When the next attempt is due.")
    parked: Parked | None
    created_at: Moment
    delivered_at: Moment | None


class AddSubscriber(Body):
    """An endpoint, https unless it is your own network's."""

    url: str = URL
    events: Events = None


class ChangeSubscriber(Body):
    """What is given changes; `events` null stands for all."""

    url: str | None = Field(None, max_length=2048)
    events: Events = None
    state: Literal["active", "disabled"] | None = None


class Rotate(Body):
    """For so many hours we sign with the new secret and with the one before."""

    overlap_hours: int = Field(24, ge=0, le=LONGEST_OVERLAP)


class Filters(Query):
    """Which deliveries."""

    state: Literal["pending", "delivered", "failed", "dropped"] | None = None
    event_id: str | None = None


@api.route("GET", "/v1/subscribers", role="viewer", answer=Subscriber, many=True, query=Query,
           summary="List subscribers, newest first.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, subscribers, call.workspace_id, {}, **query.paging())
    return Listing([Subscriber.of(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/subscribers", role="admin", answer=SubscriberWithSecret, status=201,
           body=AddSubscriber, summary="Add a subscriber; its secret is shown this once.",
           )  # fmt: skip
def add(call: Call, body: AddSubscriber) -> SubscriberWithSecret:
    made = admin.add_subscriber(
        call.house, call.workspace_id, body.url, body.events, actor=call.actor
    )
    return SubscriberWithSecret.of(_find(call, made["id"]), secret=made["secret"])


@api.route("GET", "/v1/subscribers/<id>", role="viewer", answer=Subscriber,
           summary="One subscriber.")  # fmt: skip
def one(call: Call, id: str) -> Subscriber:
    return Subscriber.of(_find(call, id))


@api.route("PATCH", "/v1/subscribers/<id>", role="admin", answer=Subscriber,
           body=ChangeSubscriber, summary="Change a subscriber, or switch it on or off.",
           )  # fmt: skip
def change(call: Call, id: str, body: ChangeSubscriber) -> Subscriber:
    given = body.model_dump(exclude_unset=True)
    state = given.pop("state", None)
    active = None if state is None else state == "active"
    with call.transaction() as tx:
        row = admin.change_subscriber(
            tx, call.house, call.workspace_id, id, active=active, actor=call.actor, **given
        )
    return Subscriber.of(row)


@api.route("DELETE", "/v1/subscribers/<id>", role="admin", answer=Removed,
           summary="Remove a subscriber and its deliveries.")  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_subscriber(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


@api.route("POST", "/v1/subscribers/<id>/rotate", role="admin", answer=SubscriberWithSecret,
           body=Rotate, summary="Give the subscriber a new secret.")  # fmt: skip
def rotate(call: Call, id: str, body: Rotate) -> SubscriberWithSecret:
    made, _ = admin.rotate_subscriber(
        call.house, call.workspace_id, id, overlap=timedelta(hours=body.overlap_hours),
        actor=call.actor,
    )  # fmt: skip
    return SubscriberWithSecret.of(_find(call, id), secret=made["secret"])


@api.route("POST", "/v1/subscribers/<id>/test", role="admin", answer=Delivery, status=202,
           conflicts="The subscriber is disabled.",
           summary="Send it a `subscriber.test` event.")  # fmt: skip
def test(call: Call, id: str) -> Delivery:
    with call.transaction() as tx:
        delivery_id = admin.send_test(tx, call.workspace_id, id, actor=call.actor)
        return Delivery.of(found(listing.get(tx, deliveries, call.workspace_id, delivery_id), ""))


@api.route("GET", "/v1/subscribers/<id>/deliveries", role="viewer", answer=Delivery, many=True,
           query=Filters, summary="List a subscriber's deliveries, newest first.")  # fmt: skip
def deliveries_of(call: Call, id: str, query: Filters) -> Listing:
    _find(call, id)
    wanted = query.wanted() | {"subscriber_id": id}
    with call.transaction() as tx:
        page = listing.page(tx, deliveries, call.workspace_id, wanted, **query.paging())
    return Listing([Delivery.of(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/subscribers/<subscriber_id>/deliveries/<id>/retry", role="admin",
           answer=Delivery, conflicts="The subscriber is disabled.",
           summary="Send once more what failed or was dropped.")  # fmt: skip
@api.route("POST", "/v1/subscribers/deliveries/<id>/retry", role="admin",
           answer=Delivery, conflicts="The subscriber is disabled.",
           summary="The same, without the subscriber's id.")  # fmt: skip
def retry(call: Call, id: str, subscriber_id: str | None = None) -> Delivery:
    with call.transaction() as tx:
        row = found(listing.get(tx, deliveries, call.workspace_id, id), "delivery")
        if subscriber_id not in (None, row["subscriber_id"]):
            found(None, "delivery")
        return Delivery.of(admin.retry_delivery(tx, call.workspace_id, id, actor=call.actor))


def _find(call: Call, id: str) -> Row:
    with call.transaction() as tx:
        row: Row = found(listing.get(tx, subscribers, call.workspace_id, id), "subscriber")
    return row
