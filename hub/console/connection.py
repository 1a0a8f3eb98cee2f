"""One connection: how it is, what it may do, and everything that is done about it.

These pages belong to the connections' blueprint.
"""

from flask import Response, flash, request

from connectors import registry
from hub import admin
from hub.admin import authorizing
from hub.console import desk_queries
from hub.console.connections import blueprint, news_of
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.store import Row
from hub.store import connections as store

PAGE = "connections.one"


@blueprint.get("/connections/<connection_id>")
def one(connection_id: str) -> Response:
    """State, health, last errors, limits, and what can be done."""
    return _shown(connection_id, {})


@blueprint.post("/connections/<connection_id>/settings")
@needs("admin")
def change_settings(connection_id: str) -> Response:
    """Its name, its pace, and when it stops the AI."""
    told = request.form
    try:
        admin.change_connection(
            house(), me().workspace_id, connection_id, title=told.get("name", ""),
            rate=_number("rate"), concurrency=_number("concurrency"),
            pause_ai_at="assigned" if told.get("pause_ai_at") == "assigned" else "created",
            actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as problem:
        return _shown(connection_id, problem.errors)
    flash("Saved. It holds from the next call on.", "success")
    return back_to(PAGE, connection_id=connection_id)


@blueprint.post("/connections/<connection_id>/webhook")
@needs("admin")
def set_up_webhook(connection_id: str) -> Response:
    """Make or repair our webhook at the desk; else the steps for a person."""
    made = admin.set_up_webhook(house(), me().workspace_id, connection_id, actor=me().actor)
    return page("connecting/webhook.html", made=made)


@blueprint.post("/connections/<connection_id>/secret")
@needs("admin")
def set_secret(connection_id: str) -> Response:
    """The secret with which the desk signs, where it made one itself."""
    secret = request.form.get("webhook_secret", "")
    try:
        admin.set_webhook_secret(
            house(), me().workspace_id, connection_id, secret, actor=me().actor
        )
    except admin.BadInput as problem:
        return _shown(connection_id, problem.errors)
    flash("Saved. Webhooks are now checked with this secret.", "success")
    return back_to(PAGE, connection_id=connection_id)


@blueprint.post("/connections/<connection_id>/remove")
@needs("admin")
def remove(connection_id: str) -> Response:
    """Forget its credentials, unless something still needs it."""
    try:
        with house().store.transaction() as tx:
            admin.remove_connection(tx, house(), me().workspace_id, connection_id, actor=me().actor)
    except admin.Conflict as problem:
        flash(f"Not removed. {problem}", "danger")
        return back_to(PAGE, connection_id=connection_id)
    flash("Removed, with its credentials. Its tickets keep their links.", "success")
    return back_to("connections.index")


def _shown(connection_id: str, errors: dict[str, str]) -> Response:
    with house().store.transaction() as tx:
        row = found(desk_queries.connection(tx, me().workspace_id, connection_id))
        again = authorizing.authorized(house(), tx, [row["id"]])
        answer = page(
            "connection.html", row=row, errors=errors, form=request.form, news=news_of(row),
            can=_can(row), again=bool(again), queue=desk_queries.queue(tx, store.lane(row["id"])),
            figures=desk_queries.connection_figures(tx, row), broken=store.BREAKER_AFTER,
            routes=desk_queries.routes_to(tx, row),
            webhook_url=f"{house().settings.public_url}/webhooks/desks/{row['id']}",
        )  # fmt: skip
    answer.status_code = 422 if errors else answer.status_code
    return answer


def _can(row: Row) -> object:
    return registry.get(row["desk"]).can if row["desk"] in registry.names() else None


def _number(name: str) -> int | None:
    """A whole number of the form; None when it is empty, and one that is refused otherwise."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    return int(text[:9]) if text.isascii() and text.isdecimal() else -1
