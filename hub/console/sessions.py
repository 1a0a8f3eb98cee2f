"""Signing in and out."""

from http import HTTPStatus

from flask import Response, flash, make_response, redirect, request, session

from hub import auth
from hub.console import shell
from hub.current import house
from hub.store import users

blueprint = shell.noun("sessions", public=True)

WRONG = "This e-mail and password do not fit together."


@blueprint.get("/sign-in")
def sign_in() -> Response:
    """The form."""
    return shell.page("sign_in.html", email="")


@blueprint.post("/sign-in")
def begin() -> Response:
    """Sign in; one answer for an unknown e-mail and a wrong password."""
    email = request.form.get("email", "")
    with house().store.transaction() as tx:
        user = users.by_email(tx, email)
    fits = auth.password_fits(user, request.form.get("password", ""))
    if user is None or not fits:
        flash(WRONG, "danger")
        answer = shell.page("sign_in.html", email=email)
        answer.status_code = HTTPStatus.UNAUTHORIZED
        return answer
    with house().store.transaction() as tx:
        token = auth.begin_session(tx, user)
    session.clear()
    session[shell.TOKEN] = token
    return make_response(redirect(_next(), HTTPStatus.SEE_OTHER))


@blueprint.post("/sign-out")
def end() -> Response:
    """Sign out, here and in the database."""
    with house().store.transaction() as tx:
        auth.end_session(tx, session.get(shell.TOKEN, ""))
    session.clear()
    return shell.back_to("sessions.sign_in")


def _next() -> str:
    """Where the teammate wanted to go: a path of ours, never another site."""
    wanted = request.args.get("next", "/")
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if ours and wanted.isprintable() else "/"
