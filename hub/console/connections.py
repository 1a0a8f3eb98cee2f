"""Connections: the desks' accounts, how they are, and whether they are called."""

from flask import Response, flash, request

from connectors import registry
from hub import admin
from hub.admin import authorizing
from hub.console import desk_queries, shell
from hub.console.shell import back_to, me, needs, page
from hub.current import house
from hub.store import Row

blueprint = shell.noun("connections")


@blueprint.get("/connections")
def index() -> Response:
    """Every account at a desk."""
    with house().store.transaction() as tx:
        listed = desk_queries.connections(tx, me().workspace_id, after=request.args.get("after"))
        again = authorizing.authorized(house(), tx, [row["id"] for row in listed.rows])
    news = {row["id"]: news_of(row) for row in listed.rows}
    return page("connections.html", listed=listed, news=news, again=again)


@blueprint.post("/connections/<connection_id>/pause")
@needs("admin")
def pause(connection_id: str) -> Response:
    """Call the desk no more; its work waits."""
    with house().store.transaction() as tx:
        row = admin.pause_connection(tx, me().workspace_id, connection_id, actor=me().actor)
    flash(
        f"{row['name']} is paused. Its work waits or goes to the next desk; nothing is lost.",
        "success",
    )
    return back_to("connections.one", connection_id=connection_id)


@blueprint.post("/connections/<connection_id>/activate")
@needs("admin")
def activate(connection_id: str) -> Response:
    """Let the waiting work go on."""
    with house().store.transaction() as tx:
        row = admin.activate_connection(tx, me().workspace_id, connection_id, actor=me().actor)
    flash(f"{row['name']} is active. Waiting work goes on.", "success")
    return back_to("connections.one", connection_id=connection_id)


def news_of(row: Row) -> str:
    """How we hear what happens at the desk."""
    if row["desk"] == registry.NATIVE:
        return "Built in"
    if row["webhook_id"] is not None:
        return "Webhook registered"
    if row["webhook_secret"] is not None:
        return "Webhook made by hand" if row["heard_at"] else "Polled; no webhook has come yet"
    try:
        signs = registry.get(row["desk"]).can.webhooks != "none"
    except KeyError:
        return "This desk is not installed"
    return "Polled; its webhook is not registered" if signs else "Polled"
