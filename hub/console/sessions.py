"""Signing in and out; the first owner; and links with which a password is set."""

import math
from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus

import structlog
from flask import Response, flash, g, make_response, redirect, request, session

from hub import admin, auth
from hub.console import shell, sorry
from hub.console.shell import back_to, once, page, refused
from hub.current import house
from hub.pace import neighbourhood
from hub.store import Row, Tx, tries, users
from hub.store.tries import Pace

log = structlog.get_logger()
blueprint = shell.noun("sessions", public=True)

WRONG = "This e-mail and password do not fit together."
LONGEST_NAMED = 300  # characters of what a browser calls itself

# Whoever guesses from one place is slowed down there, and the account's owner elsewhere is not.
# The last one is for guesses from many places at once.
BY_ADDRESS = Pace(30, timedelta(seconds=5))
BY_BOTH = Pace(6, timedelta(minutes=1))
BY_ACCOUNT = Pace(60, timedelta(seconds=20))


@blueprint.get("/sign-in")
def sign_in() -> Response:
    """The form; on a hub without users, the way to the first one."""
    with house().store.transaction() as tx:
        fresh = admin.is_fresh(tx)
    return back_to("sessions.setup") if fresh else _form("")


@blueprint.post("/sign-in")
def begin() -> Response:
    """Sign in; one answer for an unknown e-mail and a wrong password."""
    email = request.form.get("email", "")
    wait = too_often(email)
    if wait is not None:
        flash(wait_words(wait), "danger")
        return slower(_form(email), wait)
    with house().store.transaction() as tx:
        user = users.by_email(tx, email.replace("\0", ""))
    fits = auth.password_fits(user, request.form.get("password", ""))
    if user is None or not fits or user["deactivated_at"] is not None:
        flash(WRONG, "danger")
        answer = _form(email)
        answer.status_code = HTTPStatus.UNAUTHORIZED
        return answer
    with house().store.transaction() as tx:
        tries.forget(tx, _both(email))
        enter(tx, user, "with a password")
    return onward(request.args.get("next", "/"))


@blueprint.post("/sign-out")
def end() -> Response:
    """Sign out, here and in the database."""
    with house().store.transaction() as tx:
        auth.end_session(tx, session.get(shell.TOKEN, ""))
    session.clear()
    return back_to("sessions.sign_in")


@blueprint.get("/setup")
def setup() -> Response:
    """The first owner's form, for whoever has the code that the server prints."""
    with house().store.transaction() as tx:
        fresh = admin.is_fresh(tx)
    if not fresh:
        return back_to("sessions.sign_in")
    return _setup({"code": request.args.get("code", "")}, {})


@blueprint.post("/setup")
def add_first_owner() -> Response:
    """Make the first owner, and sign them in."""
    form = request.form
    wait = too_often("")
    if wait is not None:
        return slower(_setup(form, {"code": wait_words(wait)}), wait)
    try:
        check_again(form)
        with house().store.transaction() as tx:
            user = admin.add_first_owner(
                tx, house(), form.get("code", ""), form.get("email", ""), form.get("name", ""),
                form.get("password", ""),
            )  # fmt: skip
            enter(tx, user, "as the first owner")
    except admin.BadInput as wrong:
        return refused(_setup(form, wrong.errors))
    except admin.Conflict:
        return back_to("sessions.sign_in")
    flash("The hub is yours. Connect your bot platform first: it is a source.", "success")
    return back_to("sources.index")


@blueprint.get("/join/<token>")
def join(token: str) -> Response:
    """Set a password by a link; opening it uses nothing up."""
    return _join(token, {})


@blueprint.post("/join/<token>")
def use_link(token: str) -> Response:
    """Set the password, and come in."""
    try:
        check_again(request.form)
        with house().store.transaction() as tx:
            user = admin.enter_by_link(tx, token, request.form.get("password", ""))
            enter(tx, user, "by a link")
    except admin.BadInput as wrong:
        return refused(_join(token, wrong.errors))
    except admin.Unknown:
        return _join(token, {})
    flash("Your password is set.", "success")
    return back_to("conversations.index")


def enter(tx: Tx, user: Row, how: str) -> None:
    """A fresh session for this browser; the one that it had before ends."""
    auth.end_session(tx, session.get(shell.TOKEN, ""))
    browser = request.user_agent.string[:LONGEST_NAMED]
    token = auth.begin_session(tx, user, how, address=request.remote_addr, browser=browser)
    session.clear()
    session[shell.TOKEN] = token


def onward(wanted: str) -> Response:
    """To where the teammate wanted to go: a path of ours, never another site."""
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    there = wanted if ours and wanted.isprintable() else "/"
    return make_response(redirect(there, HTTPStatus.SEE_OTHER))


def too_often(email: str) -> timedelta | None:
    """Count a try; how long to wait after too many, by the same rule whether anybody has it."""
    with house().store.transaction() as tx:
        return (
            from_here(tx)
            or tries.take(tx, _both(email), BY_BOTH)
            or tries.take(tx, f"account {_plain(email)}", BY_ACCOUNT)
        )


def from_here(tx: Tx) -> timedelta | None:
    """Count a try of this address, for whomever; how long to wait after too many."""
    return tries.take(tx, f"address {neighbourhood(request.remote_addr)}", BY_ADDRESS)


def slower(answer: Response, wait: timedelta) -> Response:
    """The answer as a refusal that says when to come again."""
    log.info("sign_in.limited", address=request.remote_addr)
    answer.status_code = HTTPStatus.TOO_MANY_REQUESTS
    answer.headers["Retry-After"] = str(math.ceil(wait.total_seconds()))
    return answer


def wait_words(wait: timedelta) -> str:
    """How long to wait, as a sentence."""
    seconds = math.ceil(wait.total_seconds())
    told = f"{seconds} seconds" if seconds < 90 else f"{math.ceil(seconds / 60)} minutes"
    return f"Too many tries. Wait {told}, then try again."


def check_again(form: Mapping[str, str]) -> None:
    """`BadInput` unless the new password was typed twice alike."""
    if form.get("password", "") != form.get("again", ""):
        raise admin.BadInput({"again": "The two passwords are not the same."})


def _both(email: str) -> str:
    return f"account {_plain(email)} at {neighbourhood(request.remote_addr)}"


def _plain(email: str) -> str:
    return email.strip().casefold()


def _form(email: str) -> Response:
    return page("sign_in.html", email=email, oidc=house().settings.oidc)


def _setup(form: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    return once(page("signing_in/setup.html", form=form, errors=errors))


def _join(token: str, errors: Mapping[str, str]) -> Response:
    with house().store.transaction() as tx:
        user = users.by_link(tx, auth.hashed(token))
    if user is None:
        g.principal = None
        return sorry.saying("This link is used up", "It was used already, a newer one was made,"
                               " or its time is over. Ask an admin for another.", 404)  # fmt: skip
    return once(page("signing_in/join.html", user=user, errors=errors))
