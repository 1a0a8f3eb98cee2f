"""API keys: who may call this API, and as what."""

from pydantic import Field

from hub import admin
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.auth import Role
from hub.store import listing
from hub.store.schema import keys
from webhooks.events import Moment as GivenMoment

api = Noun("Keys", "API keys: each with a role, stored as a hash, shown once.")


class Key(Shape):
    """An API key by what may be shown of it."""

    id: str = ident("key")
    name: str = Field(examples=["Website bot"])
    role: Role
    prefix: str = Field(description="How the key begins.", examples=["hub_x7Kd0aQz"])
    expires_at: Moment | None
    last_used_at: Moment | None = Field(description="To the minute.")
    created_at: Moment


class NewKey(Key):
    """An API key, this once."""

    key: str = Field(examples=["hub_x7Kd0aQzT1…"])


class AddKey(Body):
    """A new key, with a role up to your own."""

    name: str = Field(examples=["Website bot"])
    role: Role = "agent"
    expires_at: GivenMoment | None = Field(None, examples=["2027-11-22T00:00:00Z"])


@api.route("GET", "/v1/keys", role="admin", answer=Key, many=True, query=Query,
           summary="List keys, newest first.")  # fmt: skip
def index(call: Call, query: Query) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, keys, call.workspace_id, {}, **query.paging())
    return Listing([Key.of(row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/keys", role="admin", answer=NewKey, status=201, body=AddKey,
           summary="Make a key; it is shown this once.")  # fmt: skip
def add(call: Call, body: AddKey) -> NewKey:
    call.require(body.role)
    with call.transaction() as tx:
        made = admin.create_key(
            tx, call.workspace_id, body.name, body.role, expires_at=body.expires_at,
            actor=call.actor,
        )  # fmt: skip
        row = found(listing.get(tx, keys, call.workspace_id, made["id"]), "key")
    return NewKey.of(row, key=made["key"])


@api.route("GET", "/v1/keys/<id>", role="admin", answer=Key, summary="One key.")
def one(call: Call, id: str) -> Key:
    with call.transaction() as tx:
        return Key.of(found(listing.get(tx, keys, call.workspace_id, id), "key"))


@api.route("DELETE", "/v1/keys/<id>", role="admin", answer=Removed,
           summary="Take a key away; it opens nothing any more.")  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        row = found(listing.get(tx, keys, call.workspace_id, id), "key")
        call.require(row["role"])
        admin.remove_key(tx, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)
