"""Escalations: where each one stands, and what keeps it."""

from flask import Response, flash, request

from hub.console import queries, shell
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.pipeline import parking
from hub.store import audit, conversations

blueprint = shell.noun("escalations")

CHIPS = {"all": "All", "parked": "Parked", "open": "Open", "returned": "Returned"}


@blueprint.get("/escalations")
def index() -> Response:
    """The parked ones on top, then all others."""
    show, search = shell.chip(CHIPS, "all"), shell.search()
    after = request.args.get("after")
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        listed = queries.escalations(tx, workspace, show, search=search, after=after)
        parked = None
        if show == "all" and not after:
            parked = queries.escalations(tx, workspace, "parked", search=search, after=None)
    return page(
        "escalations.html", listed=listed, parked=parked, chips=CHIPS, show=show, search=search
    )


@blueprint.get("/escalations/<escalation_id>")
def one(escalation_id: str) -> Response:
    """Summary, ticket, tries, and the whole timeline."""
    with house().store.transaction() as tx:
        row = found(queries.escalation(tx, me().workspace_id, escalation_id))
        return page("escalation.html", row=row, lines=audit.attempts(tx, row["id"]))


@blueprint.post("/escalations/<escalation_id>/retry")
@needs("agent")
def retry(escalation_id: str) -> Response:
    """Let it go on, once however often the button is pressed."""
    with house().store.transaction() as tx:
        row = found(queries.escalation(tx, me().workspace_id, escalation_id))
        conversations.lock(tx, row["conversation_id"])
        if parking.retry(tx, row, actor=me().actor):
            flash("It goes on now.", "success")
        else:
            flash("It is not parked any more, so there was nothing to do.", "warning")
    return back_to("escalations.one", escalation_id=escalation_id)
