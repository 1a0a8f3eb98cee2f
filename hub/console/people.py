"""People: who may sign in, and what they may do."""

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, flash, request

from hub import admin, auth
from hub.console import shell, sorry
from hub.console.queries import SIZE, Page
from hub.console.shell import back_to, found, me, needs, once, page, refused
from hub.current import house
from hub.store import Row, Tx, listing, users
from hub.store.schema import users as table

blueprint = shell.noun("people")

ROLES = {
    "owner": "Everything, other owners too",
    "admin": "Sets everything up, and invites up to admins",
    "agent": "Answers customers, takes over, retries",
    "viewer": "Reads, changes nothing",
}


@blueprint.get("/people")
def index() -> Response:
    """Every teammate."""
    return _list({})


@blueprint.post("/people")
@needs("admin")
def add() -> Response:
    """Invite somebody, with a role up to one's own; the link is shown this once."""
    form, workspace = request.form, me().workspace_id
    role = _role(form)
    try:
        with house().store.transaction() as tx:
            user_id = admin.add_user(
                tx, workspace, form.get("email", ""), form.get("name") or None, role,
                actor=me().actor,
            )  # fmt: skip
            token, _ = admin.new_link(tx, workspace, user_id, actor=me().actor)
    except admin.BadInput as wrong:
        return refused(_list(wrong.errors))
    return once(_page(user_id, {}, link=admin.link_url(house(), token)))


@blueprint.get("/people/<user_id>")
def one(user_id: str) -> Response:
    """One teammate."""
    return _page(user_id, {})


@blueprint.post("/people/<user_id>")
@needs("admin")
def change(user_id: str) -> Response:
    """Another name or role; another role signs them out."""
    form = request.form
    role = _role(form)
    try:
        with house().store.transaction() as tx:
            _touched(tx, user_id)
            admin.change_user(
                tx, me().workspace_id, user_id, full_name=form.get("name"), role=role,
                actor=me().actor,
            )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(_page(user_id, wrong.errors))
    flash("Saved.", "success")
    return _back(user_id)


@blueprint.post("/people/<user_id>/link")
@needs("admin")
def link(user_id: str) -> Response:
    """A link with which they set a password, shown this once."""
    with house().store.transaction() as tx:
        _touched(tx, user_id)
        token, _ = admin.new_link(tx, me().workspace_id, user_id, actor=me().actor)
    return once(_page(user_id, {}, link=admin.link_url(house(), token)))


@blueprint.post("/people/<user_id>/state/<state>")
@needs("admin")
def switch(user_id: str, state: str) -> Response:
    """Let in, or shut out at once."""
    if state not in ("active", "deactivated"):
        return sorry.page(404)
    if user_id == _myself():
        raise admin.Conflict("You cannot shut yourself out: ask another admin.")
    change_to = admin.activate_user if state == "active" else admin.deactivate_user
    with house().store.transaction() as tx:
        _touched(tx, user_id)
        row = change_to(tx, me().workspace_id, user_id, actor=me().actor)
    flash(f"{row['name']} is let in again." if state == "active" else
          f"{row['name']} is signed out everywhere, and is let in no more.", "success")  # fmt: skip
    return _back(user_id)


@blueprint.post("/people/<user_id>/remove")
@needs("admin")
def remove(user_id: str) -> Response:
    """Forget a teammate; the audit keeps what they did."""
    if user_id == _myself():
        raise admin.Conflict("You cannot remove yourself: ask another admin.")
    with house().store.transaction() as tx:
        row = _touched(tx, user_id)
        admin.remove_user(tx, me().workspace_id, user_id, actor=me().actor)
    flash(f"{row['name']} is removed.", "success")
    return back_to("people.index")


def _list(errors: Mapping[str, str]) -> Response:
    with house().store.transaction() as tx:
        listed = listing.page(tx, table, me().workspace_id, {}, limit=SIZE,
                              cursor=request.args.get("after"))  # fmt: skip
        seen = users.last_seen(tx, [row["id"] for row in listed.rows])
    return page(
        "people/index.html", listed=Page(listed.rows, listed.next_cursor), seen=seen,
        errors=errors, form=request.form, roles=_roles(),
    )  # fmt: skip


def _page(user_id: str, errors: Mapping[str, str], link: str | None = None) -> Response:
    with house().store.transaction() as tx:
        row = found(listing.get(tx, table, me().workspace_id, user_id))
        sessions = users.sessions_of(tx, user_id)
        return page(
            "people/one.html", row=row, errors=errors, roles=_roles(), about=ROLES, link=link,
            myself=_myself(), form=request.form if errors else {}, sessions=sessions, now=tx.now,
        )  # fmt: skip


def _roles() -> dict[str, str]:
    """The roles that one may give, the highest first."""
    return {role: f"{role.capitalize()}: {text}" for role, text in ROLES.items() if me().may(role)}


def _role(form: Mapping[str, str]) -> str:
    """The role of the form; nobody gives away rights that they do not have."""
    role = form.get("role", "")
    if role in auth.ROLES and not me().may(role):
        abort(403)
    return role


def _touched(tx: Tx, user_id: str) -> Row:
    """The teammate; an admin changes no owner."""
    row: Row = found(listing.get(tx, table, me().workspace_id, user_id))
    if not me().may(row["role"]):
        abort(403)
    return row


def _myself() -> Any:
    user = me().user
    return user["id"] if user is not None else None


def _back(user_id: str) -> Response:
    return back_to("people.one", user_id=user_id)
