"""Routes: which escalations go to which desk."""

from typing import Annotated

from pydantic import Field

from hub import admin
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


class Route(Shape):
    """A rule: which escalations go where."""

    id: str = ident("rou")
    position: int = Field(examples=[1])
    when: str | None
    to: list[str] = Field(description="Ids of connections.")
    created_at: Moment


class AddRoute(Body):
    """A new route, last unless a position is given."""

    to: To
    when: When = None
    position: int | None = Field(None, examples=[1])


class ChangeRoute(Body):
    """What is given changes; `when` null takes the condition away."""

    to: To | None = None
    when: When = None
    position: int | None = None


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
            tx, call.workspace_id, body.to, body.when, body.position, actor=call.actor
        )
    return _shown(row)


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
