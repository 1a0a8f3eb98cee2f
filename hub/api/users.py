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
    created_at: Moment


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
    return _shown(row)


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
    return User.of(row, can_sign_in=row["password_hash"] is not None)
