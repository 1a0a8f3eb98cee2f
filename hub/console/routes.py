"""Routes: which escalations go where, in order; tried out before they are needed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Response, flash, request

from hub import admin
from hub.admin import BadInput
from hub.conditions import clock
from hub.console import desk_queries, shell
from hub.console.shell import back_to, me, needs, page
from hub.current import house
from hub.store import Tx

blueprint = shell.noun("routes")

FACTS = ("language", "channel", "reason", "team", "priority")
RUNGS = 3  # desks that the form offers
MOVES = {"up": -1, "down": 1}

LISTED = """
select r.*, (select array_agg(c.name order by rung.n) from connections c
    join unnest(r.connection_ids) with ordinality as rung(id, n) on rung.id = c.id) as names
from routes r where r.workspace_id = :workspace order by r.position, r.id
"""


@blueprint.get("/routes")
def index() -> Response:
    """Every route in its order, and what the one that is asked about would do."""
    return _page({}, {})


@blueprint.post("/routes")
@needs("admin")
def add() -> Response:
    """A new route at the end, or in its place."""
    form = request.form
    to = [one for one in form.getlist("to") if one]
    try:
        with house().store.transaction() as tx:
            admin.add_route(
                tx, me().workspace_id, to, form.get("when"), _number("position"),
                give_up_after=_number("give_up_after") or 0, actor=me().actor,
            )  # fmt: skip
    except BadInput as wrong:
        return _page(wrong.errors, dict(form) | {"to": to})
    flash("The route is added. New escalations are put to it.", "success")
    return back_to("routes.index")


@blueprint.post("/routes/<route_id>")
@needs("admin")
def change(route_id: str) -> Response:
    """Another condition, other desks, another patience."""
    form = request.form
    to = [one for one in form.getlist("to") if one]
    try:
        with house().store.transaction() as tx:
            admin.change_route(
                tx, me().workspace_id, route_id, to=to, when=form.get("when"),
                give_up_after=_number("give_up_after") or 0, actor=me().actor,
            )  # fmt: skip
    except BadInput as wrong:
        return _page(wrong.errors, dict(form) | {"to": to}, edited=route_id)
    flash("The route is changed. New escalations are put to it.", "success")
    return back_to("routes.index", _anchor=route_id)


@blueprint.post("/routes/<route_id>/switch/<way>")
@needs("admin")
def switch(route_id: str, way: str) -> Response:
    """On, or off: kept, but no escalation is put to it."""
    with house().store.transaction() as tx:
        admin.change_route(tx, me().workspace_id, route_id, enabled=way == "on", actor=me().actor)
    return back_to("routes.index", _anchor=route_id)


@blueprint.post("/routes/<route_id>/move/<way>")
@needs("admin")
def move(route_id: str, way: str) -> Response:
    """One place up or down."""
    with house().store.transaction() as tx:
        admin.move_route(tx, me().workspace_id, route_id, MOVES.get(way, 0), actor=me().actor)
    return back_to("routes.index", _anchor=f"{way}-{route_id}")


@blueprint.post("/routes/<route_id>/remove")
@needs("admin")
def remove(route_id: str) -> Response:
    """New escalations are not put to it any more."""
    with house().store.transaction() as tx:
        admin.remove_route(tx, me().workspace_id, route_id, actor=me().actor)
    flash("The route is removed. Escalations that took it go on as they were.", "success")
    return back_to("routes.index")


@blueprint.post("/routes/time-zone")
@needs("admin")
def set_zone() -> Response:
    """Whose clock routes mean."""
    zone = request.form.get("time_zone", "")
    try:
        with house().store.transaction() as tx:
            admin.change_workspace(tx, me().workspace_id, time_zone=zone, actor=me().actor)
    except BadInput as wrong:
        return _page(wrong.errors, request.form)
    flash("Routes now mean this time zone where they name none.", "success")
    return back_to("routes.index")


def _page(
    errors: Mapping[str, str], form: Mapping[str, Any], edited: str | None = None
) -> Response:
    """The page; with what was wrong in the form (of the route that was `edited`) at its fields."""
    wrong = dict(errors)
    with house().store.transaction() as tx:
        zone = tx.value("select time_zone from workspaces where id = :id", id=me().workspace_id)
        answer = page(
            "routes.html",
            rows=tx.all(LISTED, workspace=me().workspace_id),
            desks=desk_queries.desks(tx, me().workspace_id),
            tried=_try_out(tx, zone, wrong),
            zone=zone, edited=edited, errors=wrong, form=form, facts=FACTS, rungs=RUNGS,
        )  # fmt: skip
    answer.status_code = 422 if errors else answer.status_code
    return answer


def _try_out(tx: Tx, zone: str, wrong: dict[str, str]) -> Any:
    """What the routes would do with the facts of the address; None when none are asked about."""
    if "try" not in request.args:
        return None
    asked = {name: request.args.get(name, "").replace("\0", "").strip() for name in FACTS}
    conversation = request.args.get("conversation", "").replace("\0", "").strip() or None
    try:
        at = _at(zone)
        return admin.preview_route(
            tx, me().workspace_id, conversation_id=conversation, at=at,
            facts={name: value for name, value in asked.items() if value},
        )  # fmt: skip
    except admin.Unknown as unknown:
        wrong["conversation"] = str(unknown.args[0])
    except ValueError:
        wrong["at"] = "Write a day and a time."
    return None


def _at(zone: str) -> datetime | None:
    """The moment that was asked about, on the workspace's clock."""
    text = request.args.get("at", "").strip()
    return datetime.fromisoformat(text).replace(tzinfo=clock(zone)) if text else None


def _number(name: str) -> int | None:
    """A whole number of the form; None when it is empty, and one that is refused otherwise."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    return int(text[:9]) if text.isascii() and text.isdecimal() else -1
