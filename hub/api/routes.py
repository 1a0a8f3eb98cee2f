"""Routes: which escalations go to which desk."""

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from hub import admin, routing
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import routes

api = Noun("Routes", "Which escalations go to which connections: the first route that fits.")

WHEN = "Terms joined by `and`; without a condition the route takes what no other one takes."
When = Annotated[
    str | None,
    Field(max_length=1000, description=WHEN, examples=["language = de and reason != spam"]),
]
To = Annotated[
    list[str],
    Field(
        max_length=20,
        description="Connections by id or name, the first that works.",
        examples=[["Support"]],
    ),
]

GiveUp = Annotated[
    int,
    Field(description="Minutes that each connection has for the ticket.", examples=[10]),
]


class Route(Shape):
    """A rule: which escalations go where."""

    id: str = ident("rou")
    position: int = Field(examples=[1])
    when: str | None
    to: list[str] = Field(description="Ids of connections.")
    give_up_after: int = Field(
        description="Minutes that each connection has, until the next one gets it.", examples=[10]
    )
    enabled: bool = Field(description="False: no escalation is put to it.")
    created_at: Moment


class Tried(Shape):
    """One route, put to the facts."""

    id: str = ident("rou")
    position: int
    when: str | None
    holds: bool | None = Field(description="Null while a fact that decides is not known.")
    why: str = Field(examples=["language is de-AT"])


class Target(Shape):
    """A desk that would be tried."""

    id: str = ident("cxn")
    name: str
    desk: str
    trouble: str | None = Field(description="Why nothing is sent there now.")


class RoutePreview(Shape):
    """Where it would go, and why."""

    connection_id: str | None = Field(description="The first desk; null: it waits.")
    route_id: str | None
    why: str = Field(examples=["Went to Support because language is de-AT (route 1)."])
    targets: list[Target] = Field(description="In the order in which they are tried.")
    routes: list[Tried] = Field(description="All routes in their order.")
    facts: dict[str, Any]


class RouteFacts(Body):
    """What conditions ask of an escalation; what is left out is not set."""

    language: str | None = Field(default=None, examples=["de-AT"])
    channel: str | None = None
    reason: str | None = Field(default=None, description="Its code.")
    rule: str | None = None
    team: str | None = None
    priority: str | None = None
    target: str | None = None
    source: str | None = Field(default=None, description="The source's name.")
    fields: dict[str, Any] | None = None


class PreviewRoute(Body):
    """A stored conversation, facts, or both: facts that are given count over its own."""

    conversation_id: str | None = Field(
        None, description="Ours or the platform's.", examples=["bb-88213"]
    )
    facts: RouteFacts = RouteFacts()
    at: AwareDatetime | None = Field(
        None, description="As if it were then; now if left out.", examples=["2026-11-22T10:02:00Z"]
    )


class AddRoute(Body):
    """A new route, last unless a position is given."""

    to: To
    when: When = None
    position: int | None = Field(None, examples=[1])
    give_up_after: GiveUp = routing.PATIENCE


class ChangeRoute(Body):
    """What is given changes; `when` null takes the condition away."""

    to: To | None = None
    when: When = None
    position: int | None = None
    give_up_after: GiveUp | None = None
    enabled: bool | None = Field(None, description="False: no escalation is put to it.")


@api.route("GET", "/v1/routes", role="viewer", answer=Route, many=True, query=Query,
           summary="List routes in the order in which they are tried.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = listing.page(
            tx, routes, call.workspace_id, {}, order="position", ascending=True, **query.paging()
        )
    return Listing([_shown(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/routes", role="admin", answer=Route, status=201, body=AddRoute,
           summary="Add a route.")  # fmt: skip
def add(call: Call, body: AddRoute) -> Route:
    with call.transaction() as tx:
        row = admin.add_route(
            tx, call.workspace_id, body.to, body.when, body.position,
            give_up_after=body.give_up_after, actor=call.actor,
        )  # fmt: skip
    return _shown(row)


@api.route("POST", "/v1/routes/preview", role="viewer", answer=RoutePreview, body=PreviewRoute,
           lacks="There is no such conversation.",
           summary="Where an escalation would go, and why; nothing is sent.")  # fmt: skip
def preview(call: Call, body: PreviewRoute) -> RoutePreview:
    with call.transaction() as tx:
        made = admin.preview_route(
            tx, call.workspace_id, conversation_id=body.conversation_id,
            facts=body.facts.model_dump(exclude_none=True), at=body.at,
        )  # fmt: skip
    shown = {name: value for name, value in made.facts.items() if name != "at"}
    return RoutePreview(
        connection_id=made.choice.connection_id,
        route_id=made.choice.route_id,
        why=made.choice.why,
        targets=[Target(**asdict(one)) for one in made.targets],
        routes=[
            Tried.of(one.route, when=one.route["condition"], holds=one.holds, why=one.why)
            for one in made.steps
        ],
        facts=shown,
    )


@api.route("GET", "/v1/routes/<id>", role="viewer", answer=Route, summary="One route.")
def one(call: Call, id: str) -> Route:
    with call.transaction() as tx:
        return _shown(found(listing.get(tx, routes, call.workspace_id, id), "route"))


@api.route("PATCH", "/v1/routes/<id>", role="admin", answer=Route, body=ChangeRoute,
           summary="Change a route.")  # fmt: skip
def change(call: Call, id: str, body: ChangeRoute) -> Route:
    given = body.model_dump(exclude_unset=True)
    with call.transaction() as tx:
        row = admin.change_route(tx, call.workspace_id, id, actor=call.actor, **given)
    return _shown(row)


@api.route("DELETE", "/v1/routes/<id>", role="admin", answer=Removed, summary="Remove a route.")
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_route(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


def _shown(row: Row) -> Route:
    return Route.of(row, when=row["condition"], to=row["connection_ids"])
