"""Connections: accounts at desks."""

from typing import Any, Literal

from pydantic import Field

from connectors import registry
from connectors.errors import AuthFailed, ConnectorError
from hub import admin
from hub.admin import Connected
from hub.api.shapes import Moment, Removed, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query, found
from hub.store import Row, listing
from hub.store.schema import connections

api = Noun("Connections", "Accounts at desks: credentials, pace, state.")

Config = dict[str, Any]
CONFIG = Field(
    description="By the connector's `config_schema`. Stored encrypted and never shown.",
    examples=[{"subdomain": "acme", "client_id": "hub", "client_secret": "…"}],
)
PauseAt = Literal["created", "assigned"]
PAUSE_AI_AT = "When the AI stops: at the ticket's creation, or when a human is assigned."
RATE = "Calls a minute; the desk's smallest plan unless given."


class Connection(Shape):
    """One account at one desk."""

    id: str = ident("cxn")
    desk: str = Field(examples=["zendesk"])
    name: str = Field(examples=["Support"])
    state: Literal["active", "paused"]
    state_reason: str | None
    pause_ai_at: PauseAt = Field(description=PAUSE_AI_AT)
    rate: int | None
    concurrency: int = Field(description="Calls in flight at once.")
    failures: int = Field(description="Failures in a row.")
    closed_until: Moment | None = Field(description="The desk is left alone until then.")
    webhook_url: str | None = Field(description="Where the desk posts what happens to tickets.")
    webhook_id: str | None = Field(description="Our webhook at the desk, where we made it.")
    polled_at: Moment | None
    heard_at: Moment | None = Field(description="The desk's last webhook, to the minute.")
    created_at: Moment


class AccountShape(Shape):
    """Whom the desk takes us for."""

    id: str
    name: str


class Verdict(Shape):
    """What the desk said to our credentials."""

    ok: bool
    connection: Connection
    account: AccountShape | None
    missing: list[str] = Field(description="What full service lacks, a sentence each.")
    steps: list[str] = Field(description="What a person has to do for webhooks.")
    error: str | None = Field(default=None, description="Why the desk could not be asked.")


class AddConnection(Body):
    """A desk's account; it is tried before it is kept."""

    desk: str = Field(examples=["zendesk"])
    name: str = Field(examples=["Support"])
    config: Config = CONFIG
    verify: bool = Field(True, description="False keeps it untried.")
    rate: int | None = Field(None, ge=1, description=RATE, examples=[200])
    concurrency: int | None = Field(None, ge=1, examples=[8])
    pause_ai_at: PauseAt = Field("created", description=PAUSE_AI_AT)


class ChangeConnection(Body):
    """What is given changes. In `config`, what is not mentioned stays and null takes away."""

    name: str | None = None
    config: Config | None = Field(None, description="New credentials are tried first.")
    rate: int | None = Field(None, ge=1)
    concurrency: int | None = Field(None, ge=1)
    pause_ai_at: PauseAt | None = None
    webhook_secret: str | None = Field(
        None, max_length=1024,
        description="The desk's signing secret, where a person made the webhook.",
    )  # fmt: skip


class Pause(Body):
    """Why the desk is to be left alone."""

    reason: str = Field("Paused by a person.", min_length=1, max_length=500)


class Filters(Query):
    """Which connections."""

    desk: str | None = None
    state: Literal["active", "paused"] | None = None


@api.route("GET", "/v1/connections", role="viewer", answer=Connection, many=True, query=Filters,
           summary="List connections, newest first.")  # fmt: skip
def index(call: Call, query: Filters) -> Listing:
    with call.transaction() as tx:
        page = listing.page(tx, connections, call.workspace_id, query.wanted(), **query.paging())
    return Listing([_shown(call, row) for row in page.rows], page.next_cursor)


@api.route("POST", "/v1/connections", role="admin", answer=Verdict, status=201,
           body=AddConnection,
           summary="Add a connection: tried at the desk, then kept, then webhooks are made.",
           )  # fmt: skip
def add(call: Call, body: AddConnection) -> Verdict:
    made = admin.add_connection(
        call.house, call.workspace_id, body.desk, body.name, body.config, verify=body.verify,
        rate=body.rate, concurrency=body.concurrency, pause_ai_at=body.pause_ai_at,
        actor=call.actor,
    )  # fmt: skip
    return _verdict(call, made)


@api.route("GET", "/v1/connections/<id>", role="viewer", answer=Connection,
           summary="One connection.")  # fmt: skip
def one(call: Call, id: str) -> Connection:
    return _shown(call, _find(call, id))


@api.route("PATCH", "/v1/connections/<id>", role="admin", answer=Verdict,
           body=ChangeConnection, summary="Change a connection.")  # fmt: skip
def change(call: Call, id: str, body: ChangeConnection) -> Verdict:
    if body.webhook_secret is not None:
        admin.set_webhook_secret(
            call.house, call.workspace_id, id, body.webhook_secret, actor=call.actor
        )
    made = admin.change_connection(
        call.house, call.workspace_id, id, config=body.config, title=body.name, rate=body.rate,
        concurrency=body.concurrency, pause_ai_at=body.pause_ai_at, actor=call.actor,
    )  # fmt: skip
    return _verdict(call, made)


@api.route("POST", "/v1/connections/<id>/verify", role="admin", answer=Verdict,
           summary="Ask the desk who we are, and repair our webhooks.")  # fmt: skip
def verify(call: Call, id: str) -> Verdict:
    """The desk's refusal is an answer, not a failure of the request; it pauses the connection."""
    try:
        return _verdict(
            call, admin.verify_connection(call.house, call.workspace_id, id, actor=call.actor)
        )
    except ConnectorError as problem:
        if isinstance(problem, AuthFailed):
            _pause(call, id, str(problem))
        row = _find(call, id)
        return Verdict(ok=False, connection=_shown(call, row), account=None, missing=[], steps=[],
                       error=str(problem))  # fmt: skip


@api.route("POST", "/v1/connections/<id>/pause", role="admin", answer=Connection, body=Pause,
           summary="Call the desk no more; its work waits.")  # fmt: skip
def pause(call: Call, id: str, body: Pause) -> Connection:
    return _shown(call, _pause(call, id, body.reason))


@api.route("POST", "/v1/connections/<id>/activate", role="admin", answer=Connection,
           summary="Let the waiting work go on.")  # fmt: skip
def activate(call: Call, id: str) -> Connection:
    with call.transaction() as tx:
        row = admin.activate_connection(tx, call.workspace_id, id, actor=call.actor)
    return _shown(call, row)


@api.route("DELETE", "/v1/connections/<id>", role="admin", answer=Removed,
           conflicts="Routes, open tickets or escalations on their way need the connection.",
           summary="Remove a connection and its credentials; its tickets keep their links.",
           )  # fmt: skip
def remove(call: Call, id: str) -> Removed:
    with call.transaction() as tx:
        admin.remove_connection(tx, call.house, call.workspace_id, id, actor=call.actor)
    return Removed(id=id)


def _pause(call: Call, id: str, reason: str) -> Row:
    with call.transaction() as tx:
        return admin.pause_connection(tx, call.workspace_id, id, reason, actor=call.actor)


def _find(call: Call, id: str) -> Row:
    with call.transaction() as tx:
        row: Row = found(listing.get(tx, connections, call.workspace_id, id), "connection")
    return row


def _verdict(call: Call, made: Connected) -> Verdict:
    account = made.account
    return Verdict(
        ok=True,
        connection=_shown(call, _find(call, made.row["id"])),
        account=AccountShape(id=account.id, name=account.name) if account else None,
        missing=list(account.missing) if account else [],
        steps=list(made.steps),
    )


def _shown(call: Call, row: Row) -> Connection:
    calls_us = registry.get(row["desk"]).can.webhooks != "none"
    url = f"{call.house.settings.public_url}/webhooks/desks/{row['id']}"
    return Connection.of(row, webhook_url=url if calls_us else None)
