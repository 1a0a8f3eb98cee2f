"""Escalations: where each one stands, what keeps it, and how one or many go on."""

from flask import Response, flash, request

from hub.console import desk_queries, queries, shell
from hub.console.shell import back_to, found, me, needs, page
from hub.current import house
from hub.pipeline import parking, retrying
from hub.store import audit, conversations, retries

blueprint = shell.noun("escalations")

CHIPS = {"all": "All", "parked": "Parked", "open": "Open", "returned": "Returned"}
FILTERS = ("desk",)  # of the list, by the name in the address: a connection's id


@blueprint.get("/escalations")
def index() -> Response:
    """The parked ones on top, then all others."""
    show, search, wanted = shell.chip(CHIPS, "all"), shell.search(), shell.wanted(FILTERS)
    after, desk = request.args.get("after"), wanted.get("desk")
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        listed = queries.escalations(tx, workspace, show, search=search, after=after, desk=desk)
        parked = None
        if show == "all" and not after:
            parked = queries.escalations(
                tx, workspace, "parked", search=search, after=None, desk=desk
            )
        return page(
            "escalations.html", listed=listed, parked=parked, chips=CHIPS, show=show,
            search=search, wanted=wanted, running=retries.running(tx, workspace),
            desks=desk_queries.desks(tx, workspace),
            waiting=queries.parked_number(tx, workspace, search, desk),
        )  # fmt: skip


@blueprint.get("/escalations/<escalation_id>")
def one(escalation_id: str) -> Response:
    """Summary, ticket, every try with its calls, and the whole timeline."""
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


@blueprint.post("/escalations/retries")
@needs("agent")
def retry_many() -> Response:
    """Let those that are ticked go on, or all parked ones of the list."""
    ticked = [one.replace("\0", "") for one in request.form.getlist("id")[: retries.MOST]]
    search, wanted = shell.search(), shell.wanted(FILTERS)
    parked = back_to("escalations.index", show="parked", q=search or None, **wanted)
    if request.form.get("which") != "all" and not ticked:
        flash("Nothing was ticked, so nothing was retried.", "warning")
        return parked
    among = None if request.form.get("which") == "all" else ticked
    with house().store.transaction() as tx:
        chosen = queries.parked_ids(tx, me().workspace_id, search, wanted.get("desk"), among=among)
        if chosen:
            retry_id = retrying.begin(tx, me().workspace_id, chosen, actor=me().actor)
    if not chosen:
        flash("None of them is parked any more, so there was nothing to do.", "warning")
        return parked
    return back_to("escalations.retried", retry_id=retry_id)


@blueprint.get("/escalations/retries/<retry_id>")
def retried(retry_id: str) -> Response:
    """How far a bulk retry is; it goes on without anybody looking."""
    with house().store.transaction() as tx:
        row = found(retries.progress(tx, me().workspace_id, retry_id))
    return page("retries.html", row=row)
