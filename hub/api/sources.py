"""Sources: bot platforms that send us events."""

from datetime import timedelta
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, StringConstraints

from hub import admin, views
from hub.admin.sources import RATE, still_counts, url
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import sources

api = Noun("Sources", "Bot platforms that send us their events, each in its dialect.")

Messages = Annotated[
    dict[Annotated[str, StringConstraints(min_length=1, max_length=35)], str],
    Field(
        description="What the customer is told at an escalation, by language or under `default`.",
        examples=[{"de": "Ich hole einen Menschen dazu.", "default": "Let me get a colleague."}],
    ),
]
Rate = Annotated[
    int,
    Field(
        description="Requests a minute; over it the answer is 429 with Retry-After.",
        gt=0, lt=2**31, examples=[60000],
    ),
]  # fmt: skip
LONGEST_OVERLAP = 90 * 24  # hours
Secret = Annotated[str, Field(description="Shown this once.", examples=["whsec_MfKQ9r8GKYqrTw=="])]


Options = Annotated[
    dict[str, Any],
    Field(
        description="What the dialect `json` has to be told; the others have none.",
        examples=[{}],
    ),
]


class Callback(Shape):
    """Where the platform is answered in its own dialect; `token` is kept and never shown."""

    url: str = Field(
        description="Whole for admins; the host alone for others.",
        examples=["https://webhook.botpress.cloud/0d0f5c36"],
    )
    subscriber_id: str = Field(
        description="The deliveries to it, as of every subscriber.",
        examples=["sub_06g5v2m8k0r7t9w1y3a5c7e9g1"],
    )
    state: Literal["active", "disabled"]


class SetCallback(Body):
    """Where the platform is answered, and what lets us in."""

    url: str = Field(max_length=2048, examples=["https://webhook.botpress.cloud/0d0f5c36"])
    token: str = Field(
        min_length=1, max_length=1024, examples=["a-long-token"],
        description="chatwoot: the agent bot's access token; botpress: sent as Bearer.",
    )  # fmt: skip


class Source(Shape):
    """A bot platform."""

    id: str = ident("src")
    name: str = Field(examples=["Website bot"])
    dialect: str = Field(examples=["standard"])
    url: str = Field(description="Where the platform posts its events.")
    handoff_message: Messages
    rate: Rate
    state: Literal["active", "paused"] = Field(description="Paused: events are answered with 503.")
    options: Options
    callback: Callback | None = Field(description="Null: the platform is a subscriber, or deaf.")
    previous_secret: bool = Field(description="The secret before the last rotation still counts.")
    previous_until: Moment | None = Field(description="Until when; null: the next rotation.")
    created_at: Moment


class SourceWithSecret(Source):
    """A bot platform and its secret."""

    secret: Secret


S = TypeVar("S", bound=Source)


class AddSource(Body):
    """A new bot platform; without a secret we make one."""

    name: str = Field(examples=["Website bot"])
    dialect: str = Field("standard", examples=["standard"])
    secret: str | None = Field(None, min_length=1, max_length=1024, examples=[None])
    handoff_message: Messages = {}
    rate: Rate = RATE
    options: Options = {}
    callback: SetCallback | None = None


class ChangeSource(Body):
    """What is given changes; `callback` null ends the answers."""

    name: str | None = None
    handoff_message: Messages | None = None
    rate: Rate | None = None
    state: Literal["active", "paused"] | None = None
    options: Options | None = None
    callback: SetCallback | None = None


class PreviewSource(Body):
    """A dialect with its options, and what a platform would post."""

    dialect: str = Field(examples=["json"])
    options: Options = {}
    body: dict[str, Any] = Field(examples=[{"event": "handoff", "chat": {"id": "chat-1"}}])


class SourcePreview(Shape):
    """The canonical events that the body would become; none is stored."""

    events: list[dict[str, Any]]


class RotateSource(Body):
    """A new secret; the one before counts for so long, or until the next rotation if null."""

    secret: str | None = Field(None, min_length=1, max_length=1024, examples=[None])
    keep_previous: bool = True
    overlap_hours: int | None = Field(None, ge=0, le=LONGEST_OVERLAP)


@api.route("GET", "/v1/sources", role="viewer", answer=Source, many=True, query=Query,
           summary="List sources, newest first.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, sources, call.workspace_id, {}, **query.paging())
        lines = admin.callbacks(tx, call.workspace_id, [row["id"] for row in page.rows])
    shown = [_shown(call, row, Source, lines.get(row["id"])) for row in page.rows]
    return Listing(shown, page.next_cursor)


@api.route("POST", "/v1/sources", role="admin", answer=SourceWithSecret, status=201,
           body=AddSource, summary="Add a source; its secret is shown this once.")  # fmt: skip
def add(call: Call, body: AddSource) -> SourceWithSecret:
    made = admin.add_source(
        call.house, call.workspace_id, body.name, body.dialect, body.secret,
        handoff_message=body.handoff_message, rate=body.rate, options=body.options,
        callback=_callback(body.callback), actor=call.actor,
    )  # fmt: skip
    return _read(call, made["id"], SourceWithSecret, secret=made["secret"])


@api.route("POST", "/v1/sources/preview", role="viewer", answer=SourcePreview, body=PreviewSource,
           summary="Show which events a body would become.")  # fmt: skip
def preview(call: Call, body: PreviewSource) -> SourcePreview:
    return SourcePreview(events=admin.preview_source(body.dialect, body.options, body.body))


@api.route("GET", "/v1/sources/<id>", role="viewer", answer=Source, summary="One source.")
def one(call: Call, id: str) -> Source:
    return _read(call, id, Source)


@api.route("PATCH", "/v1/sources/<id>", role="admin", answer=Source, body=ChangeSource,
           summary="Change the name, the rate, the words at an escalation; pause it.")  # fmt: skip
def change(call: Call, id: str, body: ChangeSource) -> Source:
    with call.transaction() as tx:
        admin.change_source(
            tx, call.workspace_id, id, title=body.name, handoff_message=body.handoff_message,
            rate=body.rate, options=body.options, actor=call.actor,
            paused=None if body.state is None else body.state == "paused",
        )  # fmt: skip
        if "callback" in body.model_fields_set:
            admin.answer_source(
                tx, call.house, call.workspace_id, id, _callback(body.callback), actor=call.actor
            )
    return _read(call, id, Source)


@api.route("DELETE", "/v1/sources/<id>", role="admin", answer=Removed,
           conflicts="The source has conversations.", summary="Remove a source.")  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_source(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


@api.route("POST", "/v1/sources/<id>/rotate", role="admin", answer=SourceWithSecret,
           body=RotateSource, summary="Give the source a new secret.")  # fmt: skip
def rotate(call: Call, id: str, body: RotateSource) -> SourceWithSecret:
    hours = body.overlap_hours
    made = admin.rotate_source(
        call.house, call.workspace_id, id, body.secret, keep_previous=body.keep_previous,
        overlap=None if hours is None else timedelta(hours=hours), actor=call.actor,
    )  # fmt: skip
    return _read(call, id, SourceWithSecret, secret=made["secret"])


def _read(call: Call, id: str, shape: type[S], **more: str) -> S:
    with call.transaction() as tx:
        row: Row = found(listing.get(tx, sources, call.workspace_id, id), "source")
        line = admin.callbacks(tx, call.workspace_id, [id]).get(id)
    return _shown(call, row, shape, line, **more)


def _shown(call: Call, row: Row, shape: type[S], line: Row | None, **more: str) -> S:
    return shape.of(
        row,
        url=url(call.house, row["id"]),
        previous_secret=still_counts(call.house.store.now(), row),
        callback=line and _shown_callback(call, line),
        **more,
    )


def _shown_callback(call: Call, line: Row) -> Callback:
    address = views.address(line["url"], whole=call.principal.may("admin"))
    return Callback(url=address, subscriber_id=line["id"], state=line["state"])


def _callback(given: SetCallback | None) -> admin.Callback | None:
    return None if given is None else {"url": given.url, "token": given.token}
