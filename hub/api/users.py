"""Users: teammates who answer in the Help Desk and administer the hub."""

from pydantic import Field

from hub import admin
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.auth import Role
from hub.store import Row, listing
from hub.store.schema import users

api = Noun("Users", "Teammates, their roles, and who is available.")

PASSWORD = Field(None, description="Without one they cannot sign in.", examples=["a long phrase"])


class User(Shape):
    """A teammate."""

    id: str = ident("usr")
    email: str = Field(examples=["ada@acme.example"])
    name: str = Field(examples=["Ada"])
    role: Role
    available: bool = Field(description="Gets tickets by the assignment rules.")
    max_open: int = Field(description="Gets none beyond so many open ones.", examples=[20])
    can_sign_in: bool
    deactivated_at: Moment | None = Field(description="Since then they are not let in.")
    created_at: Moment


class Link(Shape):
    """An address at which a teammate sets a password, once."""

    url: str = Field(examples=["https://hub.example.com/join/6vUo…"])
    until: Moment


class AddUser(Body):
    """A new teammate."""

    email: str = Field(max_length=320, examples=["ada@acme.example"])
    name: str | None = Field(None, examples=["Ada"])
    role: Role = "agent"
    password: str | None = PASSWORD


class ChangeUser(Body):
    """What is given changes; a new password or role signs them out everywhere."""

    name: str | None = None
    role: Role | None = None
    password: str | None = PASSWORD
    available: bool | None = None
    max_open: int | None = None
    active: bool | None = Field(None, description="false: let in no more, signed out at once.")


@api.route("GET", "/v1/users", role="viewer", answer=User, many=True, query=Query,
           summary="List users, newest first.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, users, call.workspace_id, {}, **query.paging())
    return Listing([_shown(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/users", role="admin", answer=User, status=201, body=AddUser,
           summary="Add a teammate, with a role up to your own.")  # fmt: skip
def add(call: Call, body: AddUser) -> User:
    call.require(body.role)
    with call.transaction() as tx:
        user_id = admin.add_user(
            tx, call.workspace_id, body.email, body.name, body.role, body.password,
            actor=call.actor,
        )  # fmt: skip
        return _shown(found(listing.get(tx, users, call.workspace_id, user_id), "user"))


@api.route("GET", "/v1/users/<id>", role="viewer", answer=User, summary="One user.")
def one(call: Call, id: str) -> User:
    with call.transaction() as tx:
        return _shown(found(listing.get(tx, users, call.workspace_id, id), "user"))


@api.route("PATCH", "/v1/users/<id>", role="admin", answer=User, body=ChangeUser,
           conflicts="The last owner stays an owner.", summary="Change a user.")  # fmt: skip
def change(call: Call, id: str, body: ChangeUser) -> User:
    with call.transaction() as tx:
        _may_touch(call, found(listing.get(tx, users, call.workspace_id, id), "user"), body.role)
        row = admin.change_user(
            tx, call.workspace_id, id, full_name=body.name, role=body.role,
            password=body.password, available=body.available, max_open=body.max_open,
            actor=call.actor,
        )  # fmt: skip
        if body.active is not None:
            switch = admin.activate_user if body.active else admin.deactivate_user
            row = switch(tx, call.workspace_id, id, actor=call.actor)
    return _shown(row)


@api.route("POST", "/v1/users/<id>/link", role="admin", answer=Link, status=201,
           conflicts="The user is deactivated.",
           summary="Make a link with which a teammate sets a password, once.")  # fmt: skip
def link(call: Call, id: str) -> Link:
    with call.transaction() as tx:
        _may_touch(call, found(listing.get(tx, users, call.workspace_id, id), "user"), None)
        token, until = admin.new_link(tx, call.workspace_id, id, actor=call.actor)
    return Link(url=admin.link_url(call.house, token), until=until)


@api.route("DELETE", "/v1/users/<id>", role="admin", answer=Removed,
           conflicts="The last owner stays.", summary="Remove a user.")  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        _may_touch(call, found(listing.get(tx, users, call.workspace_id, id), "user"), None)
        admin.remove_user(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


def _may_touch(call: Call, row: Row, role: Role | None) -> None:
    """An admin changes no owner, and makes none."""
    call.require(row["role"])
    if role is not None:
        call.require(role)


def _shown(row: Row) -> User:
    has_password = row["password_hash"] is not None
    return User.of(row, can_sign_in=has_password and row["deactivated_at"] is None)
