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

from hub import admin, auth
from hub.auth import Principal
from hub.console import words
from hub.current import house
from hub.store import Row

P = ParamSpec("P")

TOKEN = "token"  # of the database's session, in the signed cookie
LIVE = "X-Part"  # a page that refreshes itself asks for its live part alone
LONGEST_SEARCH = 100  # characters
LARGEST_FORM = 2 * 1024**2  # bytes
LARGEST_UPLOAD = 27 * 1024**2  # bytes of a message with its files
UPLOADS = ("conversations.write",)
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
SORRY = {
    400: ("Not done", "The page had been open too long, or its form does not fit any more. Nothing"
          " was changed: go back, reload it, and try again."),
    403: ("Not allowed", "Your role does not allow this. Ask an owner or an admin."),
    404: ("Not found", "There is nothing here, or it belongs to another workspace."),
    405: ("Not like this", "This address is only for a page's buttons."),
    413: ("Too large", "Nothing was sent: the text or the files are too large. Go back and take a"
          " file away: a message takes 25 MB of them together."),
    500: ("Something went wrong", "The hub's log has the details. Nothing was half done: you can"
          " try again."),
}  # fmt: skip
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
    made.before_request(_bound)
    made.before_request(_no_nul)
    if not public:
        made.before_request(_sign_in_first)
    made.before_request(csrf.protect)
    made.after_request(_guard)
    made.register_error_handler(admin.Unknown, lambda _: sorry(404))
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


def _no_nul() -> None:
    """No id, no filter and no form has a character that PostgreSQL cannot store."""
    if any("\0" in str(part) for part in (request.view_args or {}).values()):
        abort(HTTPStatus.NOT_FOUND)
    filters = (part for name in ("after", "delivery") for part in request.args.getlist(name))
    entered = (part for parts in request.form.listvalues() for part in parts)
    if any("\0" in part for part in (*filters, *entered)):
        abort(HTTPStatus.BAD_REQUEST)


def _bound() -> None:
    """A form is not read beyond what its page can send."""
    uploads = request.endpoint in UPLOADS
    request.max_content_length = LARGEST_UPLOAD if uploads else LARGEST_FORM
    request.max_form_memory_size = LARGEST_FORM


def _sign_in_first() -> ResponseReturnValue | None:
    with house().store.transaction() as tx:
        # A page that refreshes itself keeps nobody signed in.
        active = LIVE not in request.headers
        g.principal = auth.by_session(tx, session.get(TOKEN, ""), active=active)
    if g.principal is not None:
        return None
    if LIVE in request.headers or request.endpoint in UNSEEN:
        return Response(status=HTTPStatus.UNAUTHORIZED)
    return back_to("sessions.sign_in", next=_page_of_request())


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
    app.jinja_env.filters.update(words.FILTERS)


@blueprint.app_context_processor
def _frame() -> dict[str, Any]:
    return {"me": g.get("principal"), "may": _may, "settings_pages": SETTINGS}


def _may(role: str) -> bool:
    return g.get("principal") is not None and me().may(role)


def sorry(code: int) -> Response:
    """A page that says what went wrong, and what to do."""
    return sorry_for(*SORRY[code], code)


def sorry_for(title: str, sentence: str, code: int) -> Response:
    """The same in other words."""
    text = render_template(
        "console/sorry.html", layout="console/base.html", title=title, sentence=sentence
    )
    return make_response(text, code)


@blueprint.app_errorhandler(400)
@blueprint.app_errorhandler(403)
@blueprint.app_errorhandler(404)
@blueprint.app_errorhandler(405)
@blueprint.app_errorhandler(413)
@blueprint.app_errorhandler(500)
def _sorry(problem: HTTPException) -> ResponseReturnValue:
    if request.path.startswith(OTHERS):
        return problem
    return _guard(sorry(problem.code or 500))
