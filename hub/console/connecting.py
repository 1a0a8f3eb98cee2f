"""Connecting a desk in the browser: choose it, fill in its app, be asked at the desk, come back.

These pages belong to the connections' blueprint. A form's answer may not lead to another site
(`form-action 'self'` holds for redirects too): it is a page that goes on to the desk by itself.
"""

import functools
import json
from collections.abc import Collection, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Response, request, session
from werkzeug.urls import iri_to_uri

from connectors import registry
from connectors.errors import AuthFailed, ConnectorError, NotFound
from connectors.oauth import Consent
from hub import admin, auth
from hub.admin import authorizing
from hub.admin.authorizing import Stale, Visit
from hub.admin.connecting import Connected
from hub.console import app_form, shell
from hub.console.connections import blueprint
from hub.console.shell import me, needs, page
from hub.current import house
from hub.store import Row, listing
from hub.store.schema import connections

GRADES = Path(__file__).with_name("grades.json")
STALE = {
    "unknown": ("This was begun elsewhere", "It was begun in another browser, or before you signed"
                " in anew. Nothing was changed: begin again here."),
    "late": ("Too late", "The desk's page was open for more than ten minutes. Nothing was changed:"
             " begin again, and allow the hub within that time."),
    "used": ("Used already", "This answer of the desk was used before, as it is after a reload."
             " Look among your connections whether it is there; if not, begin again."),
}  # fmt: skip
DENIED = ("Not allowed at the desk", "Somebody chose not to allow the hub. Nothing was changed. To"
          " connect, begin again and allow it, signed in at the desk as a user with the rights that"
          " the hub needs.")  # fmt: skip
LACKS = ("A right is missing", "The desk did not grant all that the hub needs. Nothing was changed."
         " Give the app these rights at the desk, then begin again:")  # fmt: skip
REFUSED = ("The desk refused", "Nothing was changed. Compare the app's id, its secret and its"
           " redirect URL with what stands at the desk, and begin again. It said:")  # fmt: skip
AWAY = ("The desk did not answer", "Nothing was changed. Begin again in a moment. What happened:")
UNVERIFIED = ("The desk refused", "What the desk says to the stored credentials:")


@blueprint.get("/connections/new")
@needs("admin")
def choose() -> Response:
    """Which desk to connect."""
    desks = [registry.get(name) for name in registry.names() if name != registry.NATIVE]
    return page("connecting/choose.html", desks=desks, grades=_grades())


@blueprint.get("/connections/new/<desk>")
@needs("admin")
def new(desk: str) -> Response:
    """The form of a desk's app."""
    authorizing.consent_of(desk)
    return _form(desk, {"name": registry.get(desk).title}, {})


@blueprint.post("/connections/new/<desk>")
@needs("admin")
def leave(desk: str) -> Response:
    """On to the desk's own page, for a new connection."""
    entered, title = _given(desk), request.form.get("name", "")
    try:
        there = authorizing.begin(house(), me().workspace_id, _session(), desk, title, entered)
    except admin.BadInput as problem:
        return _form(desk, request.form, problem.errors)
    return _on(desk, there)


@blueprint.get("/connections/<connection_id>/authorize")
@needs("admin")
def again(connection_id: str) -> Response:
    """The same form for a connection that is there; a secret stays unless it is entered anew."""
    row = row_of(connection_id)
    authorizing.consent_of(row["desk"])
    config = house().desks.unseal(row["desk"], row["workspace_id"], row["id"], row["config"])
    return _form(row["desk"], app_form.shown(config), {}, row)


@blueprint.post("/connections/<connection_id>/authorize")
@needs("admin")
def leave_again(connection_id: str) -> Response:
    """On to the desk's own page, to authorise a connection again."""
    row = row_of(connection_id)
    entered, where = _given(row["desk"]), me().workspace_id
    try:
        there = authorizing.begin_again(house(), where, _session(), connection_id, entered)
    except admin.BadInput as problem:
        return _form(row["desk"], request.form, problem.errors, row)
    return _on(row["desk"], there)


@blueprint.get(authorizing.CALLBACK)
@needs("admin")
def callback() -> Response:
    """Back from the desk's page, with a code or with the reason why there is none."""
    told, where = request.args, me().workspace_id
    try:
        visit = authorizing.come_back(house(), where, _session(), told.get("state", ""))
    except Stale as problem:
        return _sorry(*STALE[problem.why], connection_id=problem.connection_id)
    if "code" not in told:
        return _not_allowed(visit, told.get("error", ""), told.get("error_description", ""))
    try:
        made = authorizing.finish(house(), visit, told["code"], actor=me().actor)
    except admin.BadInput as problem:
        return _sorry("Not connected", " ".join(problem.errors.values()), visit=visit)
    except ConnectorError as problem:
        return _refused(visit, problem)
    return connected(made)


@blueprint.post("/connections/<connection_id>/verify")
@needs("admin")
def verify(connection_id: str) -> Response:
    """Ask the desk who we are, and repair our webhooks; a refusal pauses the connection."""
    where = me().workspace_id
    try:
        return connected(admin.verify_connection(house(), where, connection_id, actor=me().actor))
    except ConnectorError as problem:
        words = str(problem)
        if isinstance(problem, AuthFailed):
            with house().store.transaction() as tx:
                admin.pause_connection(tx, where, connection_id, words, actor=me().actor)
        title, sentence = UNVERIFIED if isinstance(problem, AuthFailed) else AWAY
        return _sorry(title, sentence, words=words, connection_id=connection_id)


def connected(made: Connected) -> Response:
    """Whom the desk takes us for, what is missing, and what is left to do."""
    with house().store.transaction() as tx:
        routed = tx.value("select 1 from routes where :id = any(connection_ids)", id=made.row["id"])
    return page("connecting/connected.html", made=made, routed=routed)


def _not_allowed(visit: Visit, error: str, words: str) -> Response:
    """Why a person comes back without a code."""
    if error == "access_denied":
        return _sorry(*DENIED, visit=visit)
    if "scope" in error:
        scopes = authorizing.consent_of(visit.desk).scopes
        return _sorry(*LACKS, visit=visit, words=words[:500], scopes=scopes)
    told = ": ".join(word for word in (error, words) if word)[:500]
    return _sorry(*REFUSED, visit=visit, words=told or "no code, and no reason")


def _refused(visit: Visit, problem: ConnectorError) -> Response:
    if isinstance(problem, AuthFailed) and problem.scopes:
        return _sorry(*LACKS, visit=visit, scopes=problem.scopes)
    final = isinstance(problem, AuthFailed | NotFound)
    return _sorry(*(REFUSED if final else AWAY), visit=visit, words=str(problem))


def _sorry(
    title: str,
    sentence: str,
    *,
    words: str = "",
    scopes: Sequence[str] = (),
    visit: Visit | None = None,
    connection_id: str | None = None,
) -> Response:
    """One page that says what is wrong and where to go on."""
    there = visit.connection_id if visit else connection_id
    with house().store.transaction() as tx:
        row = listing.get(tx, connections, me().workspace_id, there) if there else None
        again = bool(visit) or bool(row and authorizing.authorized(house(), tx, [row["id"]]))
    told = {"title": title, "sentence": sentence, "words": words, "scopes": scopes}
    desk = visit.desk if visit else None
    answer = page("connecting/not_connected.html", **told, row=row, desk=desk, again=again)
    answer.status_code = HTTPStatus.BAD_REQUEST
    return answer


def _on(desk: str, there: str) -> Response:
    """The page that goes on to the desk by itself."""
    answer = page("connecting/leave.html", title=registry.get(desk).title, there=there)
    answer.headers["Refresh"] = f"0; url={iri_to_uri(there)}"
    return answer


def _form(
    desk: str, values: Mapping[str, str], problems: Mapping[str, str], row: Row | None = None
) -> Response:
    return form(desk, authorizing.consent_of(desk), values, problems, row)


def form(
    desk: str,
    consent: Consent | None,
    values: Mapping[str, str],
    problems: Mapping[str, str],
    row: Row | None = None,
) -> Response:
    """The form of a desk's app (`consent`) or of all its credentials, with what is wrong in it."""
    connector = registry.get(desk)
    sandbox = house().settings.sandbox_url
    fields = app_form.fields(
        connector, consent, values, problems, sandbox=bool(sandbox), kept=row is not None
    )
    beside = {one.problem for one in fields if one.problem} | {problems.get("name")}
    answer = page(
        "connecting/form.html", connector=connector, consent=consent, fields=fields, row=row,
        name=values.get("name", ""), name_problem=problems.get("name"), sandbox=sandbox,
        others=[text for text in problems.values() if not _is_beside(text, beside)],
        redirect_uri=authorizing.redirect_uri(house()),
    )  # fmt: skip
    answer.status_code = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    return answer


@functools.cache
def _grades() -> Mapping[str, str]:
    """By desk, as the contract's tests gave them; a desk of somebody's own has none."""
    found: dict[str, str] = json.loads(GRADES.read_text("utf-8"))
    return found


def _is_beside(text: str, beside: Collection[str | None]) -> bool:
    """True for what stands at its field already."""
    return any(text in told for told in beside if told)


def _given(desk: str) -> dict[str, Any]:
    return given(desk, authorizing.consent_of(desk))


def given(desk: str, consent: Consent | None) -> dict[str, Any]:
    """What was entered into the form."""
    connector = registry.get(desk)
    names = app_form.asked(connector, consent, sandbox=True)
    return app_form.given(connector, names, request.form)


def row_of(connection_id: str) -> Row:
    """The workspace's connection."""
    with house().store.transaction() as tx:
        row: Row = shell.found(listing.get(tx, connections, me().workspace_id, connection_id))
    return row


def _session() -> bytes:
    return auth.hashed(session.get(shell.TOKEN, ""))
