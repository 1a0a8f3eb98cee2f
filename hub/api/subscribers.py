"""Subscribers: endpoints that get our signed events, and the deliveries to them."""

from datetime import timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from hub import admin, views
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
SEEN_URL = Field(description="Whole for admins; the host alone for others.", examples=URL.examples)
LONGEST_OVERLAP = 7 * 24  # hours
Ordered = Annotated[
    bool,
    Field(description="An event waits for the one before of its conversation, however long."),
]
Version = Annotated[int, Field(description="Of the bodies; it stays until somebody changes it.")]
Asymmetric = Annotated[
    bool, Field(description="Sign with an Ed25519 key (v1a) as well; see `public_key`.")
]
Given = Annotated[
    str | None,
    Field(
        max_length=128, examples=[None],
        description="One of yours: `whsec_` and base64 of 24 to 64 bytes. Else we make one.",
    ),
]  # fmt: skip


class Subscriber(Shape):
    """An endpoint."""

    id: str = ident("sub")
    url: str = SEEN_URL
    events: Events
    state: Literal["active", "disabled"]
    state_reason: str | None
    failing_since: Moment | None
    version: Version
    ordered: Ordered
    public_key: str | None = Field(
        description="Verifies v1a signatures; null without.", examples=["whpk_MfKQ9r8GKYqrTw=="]
    )
    source_id: str | None = Field(
        description="The platform that is answered in its own dialect; else null."
    )
    previous_until: Moment | None = Field(description="Until then we sign with two secrets.")
    created_at: Moment


class SubscriberWithSecret(Subscriber):
    """An endpoint and its secret."""

    secret: str = Field(description="Shown this once.", examples=["whsec_MfKQ9r8GKYqrTw=="])


S = TypeVar("S", bound=Subscriber)


class Attempt(Shape):
    """One request, and what came back."""

    at: Moment
    status: int | None
    error: str | None
    milliseconds: int


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
    attempts: list[Attempt] = Field(description="The latest 20, oldest first.")
    held: bool = Field(description="It waits for the one before of its conversation.")
    replay_id: str | None = Field(description="The replay that sent it last.")
    created_at: Moment
    delivered_at: Moment | None


class AddSubscriber(Body):
    """An endpoint at a public address, or in a network that HUB_ALLOW_PRIVATE_NETWORKS names."""

    url: str = URL
    events: Events = None
    secret: Given = None
    version: Version = admin.NEWEST
    ordered: Ordered = False
    asymmetric: Asymmetric = False


class ChangeSubscriber(Body):
    """What is given changes; `events` null stands for all."""

    url: str | None = Field(None, max_length=2048)
    events: Events = None
    version: Version | None = None
    ordered: Ordered | None = None
    asymmetric: Asymmetric | None = None
    state: Literal["active", "disabled"] | None = None


class Rotate(Body):
    """For so many hours we sign with the new secret and with the one before."""

    secret: Given = None
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
    return Listing([_shown(call, row, Subscriber) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/subscribers", role="admin", answer=SubscriberWithSecret, status=201,
           body=AddSubscriber, summary="Add a subscriber; its secret is shown this once.",
           )  # fmt: skip
def add(call: Call, body: AddSubscriber) -> SubscriberWithSecret:
    made = admin.add_subscriber(
        call.house, call.workspace_id, body.url, body.events, secret=body.secret,
        version=body.version, ordered=body.ordered, asymmetric=body.asymmetric, actor=call.actor,
    )  # fmt: skip
    return _shown(call, _find(call, made["id"]), SubscriberWithSecret, secret=made["secret"])


@api.route("GET", "/v1/subscribers/<id>", role="viewer", answer=Subscriber,
           summary="One subscriber.")  # fmt: skip
def one(call: Call, id: str) -> Subscriber:
    return _shown(call, _find(call, id), Subscriber)


@api.route("PATCH", "/v1/subscribers/<id>", role="admin", answer=Subscriber,
           body=ChangeSubscriber, conflicts="It speaks for a source.",
           summary="Change a subscriber, or switch it on or off.",
           )  # fmt: skip
def change(call: Call, id: str, body: ChangeSubscriber) -> Subscriber:
    given = body.model_dump(exclude_unset=True)
    state = given.pop("state", None)
    active = None if state is None else state == "active"
    with call.transaction() as tx:
        row = admin.change_subscriber(
            tx, call.house, call.workspace_id, id, active=active, actor=call.actor, **given
        )
    return _shown(call, row, Subscriber)


@api.route("DELETE", "/v1/subscribers/<id>", role="admin", answer=Removed,
           summary="Remove a subscriber and its deliveries.")  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_subscriber(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


@api.route("POST", "/v1/subscribers/<id>/rotate", role="admin", answer=SubscriberWithSecret,
           body=Rotate, conflicts="It speaks for a source.",
           summary="Give the subscriber a new secret.")  # fmt: skip
def rotate(call: Call, id: str, body: Rotate) -> SubscriberWithSecret:
    made, _ = admin.rotate_subscriber(
        call.house, call.workspace_id, id, body.secret,
        overlap=timedelta(hours=body.overlap_hours), actor=call.actor,
    )  # fmt: skip
    return _shown(call, _find(call, id), SubscriberWithSecret, secret=made["secret"])


@api.route("GET", "/v1/subscribers/<id>/deliveries", role="viewer", answer=Delivery, many=True,
           query=Filters, summary="List a subscriber's deliveries, newest first.")  # fmt: skip
def deliveries_of(call: Call, id: str, query: Filters) -> Listing:
    _find(call, id)
    wanted = query.wanted() | {"subscriber_id": id}
    with call.transaction() as tx:
        page = listing.page(tx, deliveries, call.workspace_id, wanted, **query.paging())
    return Listing([Delivery.of(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/subscribers/<subscriber_id>/deliveries/<id>/retry", role="admin",
           answer=Delivery, conflicts="The subscriber is disabled, or the body deleted.",
           summary="Send once more what does not wait already.")  # fmt: skip
@api.route("POST", "/v1/subscribers/deliveries/<id>/retry", role="admin",
           answer=Delivery, conflicts="The subscriber is disabled, or the body deleted.",
           summary="The same, without the subscriber's id.")  # fmt: skip
def retry(call: Call, id: str, subscriber_id: str | None = None) -> Delivery:
    with call.transaction() as tx:
        row = found(listing.get(tx, deliveries, call.workspace_id, id), "delivery")
        if subscriber_id not in (None, row["subscriber_id"]):
            found(None, "delivery")
        return Delivery.of(admin.retry_delivery(tx, call.workspace_id, id, actor=call.actor))


@api.route("POST", "/v1/subscribers/<id>/test", role="admin", answer=Delivery, status=202,
           conflicts="The subscriber is disabled.",
           summary="Send it a test event.")  # fmt: skip
def test(call: Call, id: str) -> Delivery:
    with call.transaction() as tx:
        return Delivery.of(admin.send_test_event(tx, call.workspace_id, id, actor=call.actor))


def _shown(call: Call, row: Row, shape: type[S], **more: str) -> S:
    url = views.address(row["url"], whole=call.principal.may("admin"))
    return shape.of(row, url=url, public_key=admin.public_key(call.house, row), **more)


def _find(call: Call, id: str) -> Row:
    with call.transaction() as tx:
        row: Row = found(listing.get(tx, subscribers, call.workspace_id, id), "subscriber")
    return row
