"""Replays: a range of events once more for one subscriber."""

from typing import Literal

from pydantic import AwareDatetime, Field

from hub import admin
from hub.api.shapes import Moment, Shape, ident
from hub.api.table import Body, Call, Listing, Noun, Query

api = Noun("Replays", "What subscribers missed, or all of a range, sent once more as a job.")


class Replay(Shape):
    """A range of events on its way to one subscriber once more."""

    id: str = ident("rpl")
    subscriber_id: str = ident("sub")
    which: Literal["failed", "missing", "all"]
    since: Moment
    until: Moment
    state: Literal["running", "done", "stopped"] = Field(
        description="`done`: all are made ready; `pending` says how many are not through."
    )
    total: int = Field(description="How many events it was about when it began.")
    sent: int = Field(description="How many of them are made ready so far.")
    delivered: int
    pending: int
    failed: int
    last_error: str | None = Field(description="Why it was stopped.")
    created_at: Moment
    ended_at: Moment | None


class StartReplay(Body):
    """Which events: what `failed` for good, what nobody sent (`missing`), or `all` of the range."""

    which: Literal["failed", "missing", "all"] = "failed"
    since: AwareDatetime = Field(examples=["2026-11-22T00:00:00Z"])
    until: AwareDatetime | None = Field(None, description="Now, unless it is given.")


@api.route("POST", "/v1/subscribers/<id>/replays", role="admin", answer=Replay, status=202,
           body=StartReplay, conflicts="It is disabled, or a replay is under way.",
           summary="Send once more what failed, what is missing, or all of a range.")  # fmt: skip
def start(call: Call, id: str, body: StartReplay) -> Replay:
    with call.transaction() as tx:
        return Replay.of(
            admin.start_replay(
                tx, call.workspace_id, id, body.which, since=body.since, until=body.until,
                actor=call.actor,
            )
        )  # fmt: skip


@api.route("GET", "/v1/subscribers/<id>/replays", role="viewer", answer=Replay, many=True,
           query=Query, summary="List a subscriber's replays, newest first.")  # fmt: skip
def index(call: Call, id: str, query: Query) -> Listing:
    with call.transaction() as tx:
        page = admin.list_replays(tx, call.workspace_id, id, **query.paging())
    return Listing([Replay.of(row) for row in page.rows], page.next_cursor)


@api.route("GET", "/v1/subscribers/<subscriber_id>/replays/<id>", role="viewer", answer=Replay,
           summary="One replay, and how far it is.")  # fmt: skip
def one(call: Call, subscriber_id: str, id: str) -> Replay:
    with call.transaction() as tx:
        return Replay.of(admin.one_replay(tx, call.workspace_id, subscriber_id, id))


@api.route("POST", "/v1/subscribers/<subscriber_id>/replays/<id>/stop", role="admin",
           answer=Replay, summary="Make nothing more of it ready.")  # fmt: skip
def stop(call: Call, subscriber_id: str, id: str) -> Replay:
    with call.transaction() as tx:
        return Replay.of(
            admin.stop_replay(tx, call.workspace_id, subscriber_id, id, actor=call.actor)
        )
