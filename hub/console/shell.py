"""What every page of the console has: a signed-in teammate, strict headers, a frame, errors."""

import functools
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, ParamSpec
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    current_app,
    flash,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from hub import admin, auth, views
from hub.auth import Principal
from hub.console import bounds, sentences, sorry, words
from hub.current import house
from hub.store import Row

P = ParamSpec("P")

TOKEN = "token"  # of the database's session, in the signed cookie
LIVE = "X-Part"  # a page that refreshes itself asks for its live part alone
LONGEST_SEARCH = 100  # characters
# Asked for by scripts: who is signed out is told so in a word, not by a page.
UNSEEN = ("live.stream", "live.shown", "canned.filled", "conversations.be_there")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": f"Cookie, {LIVE}",
}
SETTINGS = {  # the pages behind "Settings", each with the least role that sees it
    "connections": ("Connections", "viewer"),
    "routes": ("Routes", "viewer"),
    "team": ("Team", "viewer"),
    "sources": ("Sources", "viewer"),
    "subscribers": ("Subscribers", "viewer"),
    "keys": ("API keys", "admin"),
    "people": ("People", "viewer"),
    "audit": ("Audit log", "admin"),
    "privacy": ("Privacy", "admin"),
    "playground": ("Playground", "admin"),
}
OTHERS = ("/v1/", "/webhooks/")  # they tell their errors themselves

csrf = CSRFProtect()
blueprint = Blueprint(
    "console",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/console/static",
)


def noun(name: str, *, public: bool = False) -> Blueprint:
    """A blueprint whose forms cannot be forged, for signed-in teammates unless it is public.

    What is not in the workspace is a page that says so; a conflict is told on the noun's own page.
    """
    made = Blueprint(name, __name__)
    made.before_request(bounds.by_size)
    made.before_request(bounds.no_nul)
    if not public:
        made.before_request(_sign_in_first)
    made.before_request(csrf.protect)
    made.after_request(_guard)
    made.register_error_handler(admin.Unknown, lambda _: sorry.page(404))
    made.register_error_handler(admin.Conflict, _conflict)
    return made


def me() -> Principal:
    """The signed-in teammate."""
    principal: Principal = g.principal
    return principal


def user() -> Row:
    """The signed-in teammate's row."""
    row = me().user
    assert row is not None  # the console signs in people, not keys
    return row


def needs(role: str) -> Callable[[Callable[P, Response]], Callable[P, Response]]:
    """The view is for teammates with at least this role."""

    def wrap(view: Callable[P, Response]) -> Callable[P, Response]:
        @functools.wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Response:
            if not me().may(role):
                abort(HTTPStatus.FORBIDDEN)
            return view(*args, **kwargs)

        return checked

    return wrap


def page(template: str, **values: Any) -> Response:
    """A whole page; or its live part with an ETag, 304 where the browser has it already."""
    live = LIVE in request.headers
    layout = "console/part.html" if live else "console/base.html"
    answer = make_response(render_template(f"console/{template}", layout=layout, **values))
    if live:
        answer.add_etag()
        answer.make_conditional(request)
    return answer


def found(row: Any) -> Any:
    """The row, or the page that says that there is none."""
    if row is None:
        abort(HTTPStatus.NOT_FOUND)
    return row


def chip(known: Mapping[str, str], default: str) -> str:
    """The list's chip that is chosen."""
    chosen = request.args.get("show", default)
    return chosen if chosen in known else default


def search() -> str:
    """What is looked for."""
    return request.args.get("q", "").replace("\0", "").strip()[:LONGEST_SEARCH]


def refused(answer: Response) -> Response:
    """The form again, with what is wrong in it."""
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    return answer


def once(answer: Response) -> Response:
    """A page with a secret, which nobody keeps a copy of on the way."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


def wanted(filters: Iterable[str]) -> dict[str, str]:
    """What a list is narrowed down to, by filter."""
    told = {name: request.args.get(name, "").replace("\0", "") for name in filters}
    return {name: value[:LONGEST_SEARCH] for name, value in told.items() if value}


def back_to(endpoint: str, **values: Any) -> Response:
    """After a form: show the page anew, so that a reload sends nothing twice."""
    return make_response(redirect(url_for(endpoint, **values), HTTPStatus.SEE_OTHER))


def _conflict(problem: admin.Conflict) -> Response:
    flash(str(problem), "warning")
    endpoint, parts = f"{request.blueprint}.one", request.view_args or {}
    wanted = next(current_app.url_map.iter_rules(endpoint)).arguments
    return back_to(endpoint, **{name: parts[name] for name in wanted})


def _sign_in_first() -> ResponseReturnValue | None:
    by_script = LIVE in request.headers or request.endpoint in UNSEEN
    # A page that refreshes itself keeps nobody signed in.
    g.principal = _who_asks(active=not by_script)
    if g.principal is not None:
        return None
    if by_script:
        return Response(status=HTTPStatus.UNAUTHORIZED)
    return back_to("sessions.sign_in", next=_page_of_request())


def _who_asks(*, active: bool) -> Principal | None:
    with house().store.transaction() as tx:
        return auth.by_session(tx, session.get(TOKEN, ""), active=active)


def _page_of_request() -> str | None:
    """The page to come back to after signing in: of a form, the one on which it stands."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    stands_on = urlsplit(request.referrer or "")
    return stands_on.path if stands_on.netloc == request.host else None


def _guard(answer: Response) -> Response:
    kept = answer.headers.get("Cache-Control")
    answer.headers.update(HEADERS)
    if kept == "no-store":
        answer.headers["Cache-Control"] = kept
    return answer


blueprint.after_request(_guard)


@blueprint.record_once
def _prepare(state: BlueprintSetupState) -> None:
    """Bootstrap's files, the forms' protection and our words, for the application."""
    app: Flask = state.app  # type: ignore[assignment]
    app.config.setdefault("BOOTSTRAP_SERVE_LOCAL", True)
    app.config.setdefault("WTF_CSRF_CHECK_DEFAULT", False)  # the API has keys, not cookies
    app.config.setdefault("WTF_CSRF_TIME_LIMIT", None)  # a page may stay open all day
    app.static_url_path = ""  # Bootstrap's files are then under /bootstrap
    Bootstrap5().init_app(app)
    csrf.init_app(app)
    app.jinja_env.filters.update(words.FILTERS | sentences.FILTERS)


@blueprint.app_context_processor
def _frame() -> dict[str, Any]:
    return {
        "me": g.get("principal"),
        "may": _may,
        "address": _address,
        "settings_pages": SETTINGS,
    }


def _may(role: str) -> bool:
    return g.get("principal") is not None and me().may(role)


def _address(url: str) -> str:
    """A subscriber's address, as far as who is signed in may know it."""
    return views.address(url, whole=_may("admin"))


def _sorry(problem: HTTPException) -> ResponseReturnValue:
    """The page of an error; with the frame for who is signed in, whatever they came upon."""
    if request.path.startswith(OTHERS):
        return problem
    code = problem.code or HTTPStatus.INTERNAL_SERVER_ERROR
    if code < HTTPStatus.INTERNAL_SERVER_ERROR and "principal" not in g:
        g.principal = _who_asks(active=False)
    return _guard(sorry.page(code))


for _code in sorry.WORDS:
    blueprint.app_errorhandler(_code)(_sorry)
