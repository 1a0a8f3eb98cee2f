"""Subscribers: who is told what happens, and whether it arrives."""

from flask import Response, request

from hub.console import queries, shell
from hub.console.shell import me, page
from hub.current import house

blueprint = shell.noun("subscribers")


@blueprint.get("/subscribers")
def index() -> Response:
    """Every endpoint with its last deliveries."""
    with house().store.transaction() as tx:
        listed = queries.subscribers(tx, me().workspace_id, after=request.args.get("after"))
        deliveries = queries.last_deliveries(tx, listed.rows)
    return page("subscribers.html", listed=listed, deliveries=deliveries)
