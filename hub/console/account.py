"""One's own account: name, password, appearance, and where one is signed in."""

from collections.abc import Mapping

from flask import Response, flash, request, session

from hub import admin, auth
from hub.console import sessions, shell, sorry
from hub.console.browsers import named
from hub.console.shell import back_to, me, page, refused
from hub.current import house
from hub.store import Row, Tx, audit, users

blueprint = shell.noun("account")

APPEARANCES = {"system": "As the system", "light": "Light", "dark": "Dark"}
WRONG = "This is not your password."


@blueprint.get("/account")
def index() -> Response:
    """The forms, and every session."""
    return _page({})


@blueprint.post("/account")
def change() -> Response:
    """Another name or appearance."""
    form, user = request.form, _me()
    try:
        with house().store.transaction() as tx:
            admin.change_user(
                tx, me().workspace_id, user["id"], full_name=form.get("name"),
                appearance=form.get("appearance"), actor=me().actor,
            )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(_page(wrong.errors))
    flash("Saved.", "success")
    return back_to("account.index")


@blueprint.post("/account/password")
def change_password() -> Response:
    """Another password; every other session ends, and this one goes on under a fresh token."""
    form, user = request.form, _me()
    wait = sessions.too_often(user["email"])
    if wait is not None:
        return sessions.slower(_page({"current": sessions.wait_words(wait)}), wait)
    if not auth.password_fits(user, form.get("current", "")):
        return refused(_page({"current": WRONG}))
    try:
        sessions.check_again(form)
        with house().store.transaction() as tx:
            changed = admin.change_user(
                tx, me().workspace_id, user["id"], password=form.get("password", ""),
                actor=me().actor,
            )  # fmt: skip
            sessions.enter(tx, changed, "after a change of password")
    except admin.BadInput as wrong:
        return refused(_page(wrong.errors))
    flash("Your password is changed. Everywhere else you are signed out.", "success")
    return back_to("account.index")


@blueprint.post("/account/sessions/<session_id>/end")
def end(session_id: str) -> Response:
    """Sign out there."""
    try:
        hashed = bytes.fromhex(session_id)
    except ValueError:
        return sorry.page(404)
    with house().store.transaction() as tx:
        if not users.end_sessions(tx, _me()["id"], only=hashed):
            return sorry.page(404)
        _record(tx, "one session")
    flash("Signed out there.", "success")
    return back_to("account.index")


@blueprint.post("/account/sessions/end")
def end_others() -> Response:
    """Sign out everywhere but here."""
    with house().store.transaction() as tx:
        users.end_sessions(tx, _me()["id"], keep=_here())
        _record(tx, "all others")
    flash("Signed out everywhere else.", "success")
    return back_to("account.index")


def _page(errors: Mapping[str, str]) -> Response:
    with house().store.transaction() as tx:
        rows = users.sessions_of(tx, _me()["id"])
    return page(
        "account.html", sessions=rows, here=_here().hex(), named=named, errors=errors,
        appearances=APPEARANCES, form=request.form,
    )  # fmt: skip


def _record(tx: Tx, which: str) -> None:
    audit.record(tx, me().workspace_id, "user.signed_out", which, actor=me().actor,
                 subject_id=_me()["id"])  # fmt: skip


def _here() -> bytes:
    return auth.hashed(session.get(shell.TOKEN, ""))


def _me() -> Row:
    user = me().user
    assert user is not None  # the console knows nobody else
    return user
