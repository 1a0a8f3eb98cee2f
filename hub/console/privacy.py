"""Privacy: how long customers' data is kept; one customer's, to take along or to erase."""

from collections.abc import Mapping

from flask import Response, flash, request

from hub import admin, exporting
from hub.admin.privacy import COUNTED, LEAST, LONGEST
from hub.api import privacy_shapes as told
from hub.console import shell, sorry
from hub.console.queries import Page
from hub.console.shell import back_to, me, needs, once, page, refused
from hub.current import house
from hub.store import Tx
from hub.store.customers import WHO, Customer

blueprint = shell.noun("privacy")

NAMES = {"id": "Id", "email": "E-mail", "phone": "Phone"}
DAYS = ("transcript_days", "payload_days")


@blueprint.get("/privacy")
@needs("admin")
def index() -> Response:
    """How long data is kept, whom to look for, and who was erased."""
    return _index({})


@blueprint.post("/privacy")
@needs("admin")
def save() -> Response:
    """Keep it for so long from now on, if what goes by that is no more than what was shown."""
    days = {name: _days(request.form.get(name, "")) for name in DAYS}
    try:
        with house().store.transaction() as tx:
            goes = admin.would_forget(tx, me().workspace_id, days["transcript_days"])
            if goes <= _number("goes"):
                admin.set_retention(tx, me().workspace_id, **days, actor=me().actor)
                goes = 0
    except admin.BadInput as wrong:
        return refused(_index(wrong.errors))
    if goes:
        return refused(_index({}, goes))
    flash("Saved. What is older is deleted from now on, bit by bit.", "success")
    return back_to("privacy.index")


@blueprint.post("/privacy/customer")
@needs("admin")
def look() -> Response:
    """What there is of a customer who is looked for."""
    try:
        return _customer(_wanted())
    except admin.BadInput as wrong:
        return refused(_index(wrong.errors))


@blueprint.get("/privacy/customer/<conversation_id>")
@needs("admin")
def of_conversation(conversation_id: str) -> Response:
    """What there is of a conversation's customer."""
    try:
        with house().store.transaction() as tx:
            wanted = admin.of_conversation(tx, me().workspace_id, conversation_id)
    except admin.Unknown:
        return sorry.page(404)
    return _customer(wanted)


@blueprint.post("/privacy/export")
@needs("admin")
def export() -> Response:
    """All of it as a file."""
    here, workspace = house(), me().workspace_id
    try:
        with here.store.transaction() as tx:
            found = admin.export_customer(tx, workspace, _wanted(), actor=me().actor)
    except admin.Unknown:
        return sorry.page(404)
    except admin.BadInput as wrong:
        return refused(_index(wrong.errors))
    pieces = exporting.document(here.store, workspace, found)
    return once(_file(Response(pieces, content_type="application/json"), "customer.json"))


@blueprint.post("/privacy/erasures")
@needs("admin")
def erase() -> Response:
    """Begin to erase, if it is still what was shown."""
    wanted = Customer(**{name: request.form.get(name, "").strip() or None for name in WHO})
    shown = _number("conversations")
    try:
        with house().store.transaction() as tx:
            made = admin.erase_customer(
                tx, me().workspace_id, wanted, conversations=shown, actor=me().actor
            )
    except admin.Unknown:
        return sorry.page(404)
    except (admin.Conflict, admin.BadInput) as why:
        return refused(_customer(wanted, str(why)))
    return back_to("privacy.erasure", erasure_id=made)


@blueprint.get("/privacy/erasures/<erasure_id>")
@needs("admin")
def erasure(erasure_id: str) -> Response:
    """How far it is, and what remains elsewhere."""
    try:
        with house().store.transaction() as tx:
            row = admin.one_erasure(tx, me().workspace_id, erasure_id)
    except admin.Unknown:
        return sorry.page(404)
    return page("privacy/erasure.html", row=row, told=told.report(row))


@blueprint.get("/privacy/erasures/<erasure_id>/report.json")
@needs("admin")
def report(erasure_id: str) -> Response:
    """The same as a file."""
    try:
        with house().store.transaction() as tx:
            row = admin.one_erasure(tx, me().workspace_id, erasure_id)
    except admin.Unknown:
        return sorry.page(404)
    text = told.report(row).model_dump_json(indent=2) + "\n"
    return _file(Response(text, content_type="application/json"), f"{erasure_id}.json")


def _index(errors: Mapping[str, str], goes: int = 0) -> Response:
    """The page; `goes` is how many conversations a shorter time would delete."""
    with house().store.transaction() as tx:
        kept = admin.retention(tx, me().workspace_id)
        listed = admin.list_erasures(tx, me().workspace_id, cursor=request.args.get("after"))
    form = dict(kept) | (request.form.to_dict() if errors or goes else {})
    return once(page(
        "privacy/index.html", form=form, errors=errors, names=NAMES, least=LEAST, longest=LONGEST,
        goes=goes, many=goes == COUNTED,
        listed=Page(listed.rows, listed.next_cursor),
        installation=house().settings.payload_days,
    ))  # fmt: skip


def _customer(wanted: Customer, why: str | None = None) -> Response:
    with house().store.transaction() as tx:
        there = _held(tx, wanted)
    return once(page(
        "privacy/customer.html", wanted=wanted, there=there, told=told.shown(there), why=why,
        names=NAMES,
    ))  # fmt: skip


def _held(tx: Tx, wanted: Customer) -> admin.Held:
    return admin.held(tx, me().workspace_id, wanted)


def _wanted() -> Customer:
    return admin.customer(**{name: request.form.get(name) for name in WHO})


def _number(name: str) -> int:
    """How many were shown; 0 for what is no number."""
    return _days(request.form.get(name, "")) or 0


def _days(text: str) -> int | None:
    """A number of days; 0, which is refused, for what is none."""
    text = text.strip()
    if not text:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _file(answer: Response, name: str) -> Response:
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
