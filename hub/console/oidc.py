"""Signing in at the organisation's own provider: there and back."""

import secrets
from types import ModuleType

import structlog
from flask import Response, abort, make_response, redirect, request, session

from hub.console import sessions, shell, sorry
from hub.current import house

log = structlog.get_logger()
blueprint = shell.noun("oidc", public=True)

BROWSER = "visit"  # in the cookie: which browser went to the provider
REFUSED = "Not signed in"
AWAY = ("The provider does not answer", "Nothing was changed. Try again in a moment, or sign in"
        " with a password.")  # fmt: skip


@blueprint.get("/sign-in/oidc")
def leave() -> Response:
    """On to the provider's page."""
    oidc = _protocol()
    with house().store.transaction() as tx:
        wait = sessions.from_here(tx)
    if wait is not None:
        return sessions.slower(sorry.saying(REFUSED, sessions.wait_words(wait), 429), wait)
    browser = session.setdefault(BROWSER, secrets.token_urlsafe(32))
    try:
        there = oidc.begin(house(), browser, request.args.get("next", "/"))
    except oidc.Away as problem:
        return _away(problem)
    return make_response(redirect(there))


@blueprint.get("/sign-in/oidc/callback")
def callback() -> Response:
    """Back, with a code or with the reason why there is none."""
    oidc, told = _protocol(), request.args
    if "code" not in told:
        words = told.get("error_description") or told.get("error") or "It gave no reason."
        return _refused(f"The provider says: {words[:300]}")
    try:
        person, wanted = oidc.come_back(
            house(), session.get(BROWSER, ""), told.get("state", ""), told["code"]
        )
        with house().store.transaction() as tx:
            sessions.enter(tx, oidc.teammate(tx, house(), person), "at the provider")
    except oidc.Away as problem:
        return _away(problem)
    except oidc.Refused as problem:
        return _refused(str(problem))
    return sessions.onward(wanted)


def _protocol() -> ModuleType:
    """The protocol, for a hub that has a provider; its libraries take 4 MB that others keep."""
    if house().settings.oidc is None:
        abort(404)
    from hub import oidc

    return oidc


def _refused(why: str) -> Response:
    return sorry.saying(REFUSED, why, 403)


def _away(problem: Exception) -> Response:
    log.warning("oidc.away", why=str(problem))
    return sorry.saying(*AWAY, 502)
