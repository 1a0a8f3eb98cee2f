"""Who speaks with whom: the list, one conversation, and what a teammate does in it."""

from http import HTTPStatus

from flask import Response, abort, flash, request

from connectors import registry
from connectors.types import File, Status
from hub import native
from hub.api.files import saved
from hub.console import lists, queries, shell, sorry, timeline
from hub.console.shell import back_to, found, me, needs, page, user
from hub.current import house
from hub.pipeline import takeover
from hub.store import Row, Tx, conversations, escalations, files, presence, reads, team, users

blueprint = shell.noun("conversations")

CHIPS = {"live": "All live", "waiting": "Waiting", "human": "Human", "ai": "AI", "ended": "Ended"}
STATUSES = (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.SOLVED, Status.CLOSED)
SENT = "sent"  # the category of the message after which a draft is forgotten
NO_MEMBER = "is deactivated, or a viewer, and gets no tickets. Go back and choose somebody else."
NO_TICKET = "There is no open Help Desk ticket here any more, so nothing was sent or changed."


@blueprint.get("/")
def index() -> Response:
    """The waiting ones on top, then the live ones."""
    show, search = shell.chip(CHIPS, "live"), shell.search()
    wanted, after = shell.wanted(lists.FILTERS), request.args.get("after")
    workspace = me().workspace_id
    with house().store.transaction(walled=not search) as tx:
        listed = lists.conversations(tx, user(), show, search=search, wanted=wanted, after=after)
        waiting = None
        if show == "live" and not after:
            waiting = lists.conversations(
                tx, user(), "waiting", search=search, wanted=wanted, after=None
            )
        sources = tx.value("select 1 from sources where workspace_id = :id limit 1", id=workspace)
        choices = lists.choices(tx, workspace)
    return page(
        "conversations.html",
        listed=listed,
        waiting=waiting,
        chips=CHIPS,
        show=show,
        search=search,
        wanted=wanted,
        choices=choices,
        any_source=bool(sources),
    )


@blueprint.get("/conversations/<conversation_id>")
def one(conversation_id: str) -> Response:
    """Summary, customer, timeline, and what can be done."""
    workspace = me().workspace_id
    with house().store.transaction() as tx:
        row = found(conversations.get(tx, workspace, conversation_id))
        history = queries.escalations_of(tx, workspace, row["id"])
        latest = history[0] if history else None
        desk = _desk(tx, latest)
        agents = queries.agents(tx, workspace, desk["assignee_id"]) if desk is not None else []
        earlier = queries.earlier_tickets(tx, row)
        line = timeline.read(tx, house(), row, [e["id"] for e in history])
        reads.mark(tx, workspace, user()["id"], row["id"], line.last_seq)
        others = [
            one
            for one in presence.of(tx, [workspace], [row["id"]])
            if one["user_id"] != user()["id"]
        ]
    return page(
        "conversation.html",
        row=row,
        latest=latest,
        history=history,
        ticket=latest if latest is not None and latest["ticket_id"] else None,
        desk=desk,
        statuses=STATUSES,
        agents=agents,
        earlier=earlier,
        line=line,
        others=others,
    )


@blueprint.get("/conversations/files/<file_id>")
def file(file_id: str) -> Response:
    """A customer's file as the built-in Help Desk has it."""
    with house().store.transaction() as tx:
        held = found(files.held_by_us(tx, me().workspace_id, file_id))
    told = File(name=held["name"], content_type=held["content_type"])
    return saved(told, (bytes(held["content"]),))


@blueprint.get("/tickets/<ticket_id>")
def ticket(ticket_id: str) -> Response:
    """A ticket's address leads to its conversation."""
    with house().store.transaction() as tx:
        conversation_id = queries.conversation_of_ticket(tx, me().workspace_id, ticket_id)
    return back_to("conversations.one", conversation_id=found(conversation_id))


@blueprint.post("/conversations/<conversation_id>/takeover")
@needs("agent")
def take_over(conversation_id: str) -> Response:
    """The AI is silent from now on, and the ticket is the teammate's."""
    with house().store.transaction() as tx:
        row = _locked(tx, conversation_id)
        if row["speaker"] == "human":
            flash("A teammate has this conversation already.", "warning")
        elif row["state"] != "live" and not row["waiting"]:
            flash("This conversation has ended, so nobody can take it over.", "warning")
        else:
            takeover.take_over(tx, row, user=me().user, actor=me().actor)
            flash("The conversation is yours. The AI is paused.", "success")
    return back_to("conversations.one", conversation_id=conversation_id)


@blueprint.post("/conversations/<conversation_id>/resume")
@needs("agent")
def resume(conversation_id: str) -> Response:
    """The AI speaks again, and is told what the teammate wrote."""
    message = request.form.get("words", "").strip() or None
    with house().store.transaction() as tx:
        row = _locked(tx, conversation_id)
        if row["speaker"] == "ai" and not row["waiting"]:
            flash("The AI has this conversation already.", "warning")
        else:
            takeover.resume(tx, row, actor=me().actor, words=message)
            flash("The AI speaks again.", SENT)
    return back_to("conversations.one", conversation_id=conversation_id)


@blueprint.post("/conversations/<conversation_id>/status")
@needs("agent")
def set_status(conversation_id: str) -> Response:
    """The native ticket's status; solved or closed hands the conversation back to the AI."""
    wanted = request.form.get("status", "")
    if wanted not in STATUSES:
        abort(HTTPStatus.BAD_REQUEST)
    status = Status(wanted)
    with house().store.transaction() as tx:
        connection_id, ticket = native_ticket(tx, conversation_id)
        if ticket is None:
            flash(NO_TICKET, "warning")
        elif ticket["status"] != status:
            native.change_status(tx, connection_id, ticket["id"], status, author=user()["name"])
            flash("The status is saved.", "success")
    return back_to("conversations.one", conversation_id=conversation_id)


@blueprint.post("/conversations/<conversation_id>/assignee")
@needs("agent")
def assign(conversation_id: str) -> Response:
    """Give the native ticket to a teammate, or to nobody."""
    user_id = request.form.get("assignee", "")
    with house().store.transaction() as tx:
        chosen = found(users.get(tx, me().workspace_id, user_id)) if user_id else None
        connection_id, ticket = native_ticket(tx, conversation_id)
        if ticket is None:
            flash(NO_TICKET, "warning")
        elif ticket["assignee_id"] != (user_id or None):
            if chosen is not None and team.member(tx, me().workspace_id, user_id) is None:
                return sorry.saying("Not assigned", f"{chosen['name']} {NO_MEMBER}", 400)
            native.assign(tx, connection_id, ticket, chosen, actor=user()["name"])
            flash("The assignment is saved.", "success")
    return back_to("conversations.one", conversation_id=conversation_id)


def _desk(tx: Tx, latest: Row | None) -> Row | None:
    """The latest escalation's ticket at the Help Desk, if that is where it is."""
    if latest is None or latest["desk"] != registry.NATIVE:
        return None
    return queries.native_ticket(tx, me().workspace_id, latest["ticket_external_id"])


def _locked(tx: Tx, conversation_id: str) -> Row:
    row = found(conversations.get(tx, me().workspace_id, conversation_id))
    return conversations.lock(tx, row["id"])


def native_ticket(tx: Tx, conversation_id: str) -> tuple[str, Row | None]:
    """The Help Desk's ticket of the current escalation, locked, and its connection."""
    row = _locked(tx, conversation_id)
    ticket = escalations.open_ticket(tx, row["id"])
    if ticket is None or ticket["desk"] != registry.NATIVE:
        return "", None
    at_desk = tx.first(
        "select * from native_tickets where id = :id for update", id=ticket["external_id"]
    )
    return ticket["connection_id"], at_desk
