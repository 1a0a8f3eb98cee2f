"""Sources: bot platforms that send us events, and what to set up there."""

import shlex
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Response, flash, render_template, request

from hub import admin
from hub.admin.sources import still_counts, url
from hub.console import dialect_forms, shell, sorry
from hub.console.queries import SIZE, Page
from hub.console.shell import back_to, found, me, needs, once, page, refused
from hub.current import house
from hub.store import Row, listing
from hub.store.schema import sources
from webhooks.dialects import DIALECTS

blueprint = shell.noun("sources")

# What a dialect is for; one that is not named here shows by its name.
ABOUT = {
    "standard": ("Standard Webhooks", "For a bot of your own, and for platforms that sign as"
                 " standardwebhooks.com says."),
    "bookbag": ("Bookbag", "For agents on Bookbag: it signs with X-Bookbag-Signature."),
    "botpress": ("Botpress", "By its Human in the Loop integration. The hub answers there in"
                 " Botpress's own words."),
    "chatwoot": ("Chatwoot", "Your bot answers in Chatwoot while a conversation is pending. The hub"
                 " writes there as an agent bot."),
    "json": ("Any other JSON", "You say where in its requests our facts stand."),
}  # fmt: skip
EXAMPLES = ("standard", "bookbag")  # dialects with a copy-ready request, in templates/…/sources
OVERLAPS = {"24": "24 hours", "168": "7 days", "720": "30 days", "0": "not at all: it leaked"}


@blueprint.get("/sources")
def index() -> Response:
    """Every platform."""
    with house().store.transaction() as tx:
        listed = listing.page(tx, sources, me().workspace_id, {}, limit=SIZE,
                              cursor=request.args.get("after"))  # fmt: skip
    return page("sources/index.html", listed=Page(listed.rows, listed.next_cursor), titled=titled)


@blueprint.get("/sources/new")
@needs("admin")
def new() -> Response:
    """The form of a platform."""
    return _form({}, {})


@blueprint.post("/sources/new")
@needs("admin")
def add() -> Response:
    """A new platform; its secret is shown this once, with what to do there."""
    form, dialect = request.form, request.form.get("dialect", "")
    try:
        made = admin.add_source(
            house(), me().workspace_id, form.get("name", ""), dialect,
            form.get("secret", "").strip() or None, options=dialect_forms.options(dialect, form),
            callback=dialect_forms.callback(dialect, form), actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(_form(form, wrong.errors))
    return _shown(made["id"], made["secret"], "added")


@blueprint.post("/sources/preview")
@needs("admin")
def preview() -> Response:
    """The form again, with what a request of the platform would become."""
    try:
        told = dialect_forms.preview("json", request.form)
    except admin.BadInput as wrong:
        return refused(_form(request.form, wrong.errors))
    return _form(request.form, {}, told)


@blueprint.get("/sources/<source_id>")
def one(source_id: str) -> Response:
    """One platform: how to set it up, its settings."""
    return show(source_id, {})


@blueprint.post("/sources/<source_id>")
@needs("admin")
def change(source_id: str) -> Response:
    """Another name, pace, or words at a handover; or another mapping of its JSON."""
    try:
        with house().store.transaction() as tx:
            admin.change_source(
                tx, me().workspace_id, source_id, actor=me().actor, **_changes(request.form)
            )
    except admin.BadInput as wrong:
        return refused(show(source_id, wrong.errors))
    flash("Saved.", "success")
    return _back(source_id)


@blueprint.post("/sources/<source_id>/state/<state>")
@needs("admin")
def switch(source_id: str, state: str) -> Response:
    """Take its events, or have it send them again later."""
    if state not in ("active", "paused"):
        return sorry.page(404)
    with house().store.transaction() as tx:
        row = admin.change_source(
            tx, me().workspace_id, source_id, paused=state == "paused", actor=me().actor
        )
    flash(f"{row['name']} is paused: its events are answered with 503, so that it sends them again"
          " later." if state == "paused" else f"{row['name']} is active.", "success")  # fmt: skip
    return _back(source_id)


@blueprint.post("/sources/<source_id>/rotate")
@needs("admin")
def rotate(source_id: str) -> Response:
    """Another secret, shown this once; for a while the one before counts too."""
    hours = request.form.get("overlap", "24")
    if hours not in OVERLAPS:
        return sorry.page(400)
    try:
        made = admin.rotate_source(
            house(), me().workspace_id, source_id, request.form.get("secret", "").strip() or None,
            keep_previous=hours != "0", overlap=timedelta(hours=int(hours)), actor=me().actor,
        )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(show(source_id, wrong.errors))
    return _shown(source_id, made["secret"], "rotated")


@blueprint.post("/sources/<source_id>/end-previous")
@needs("admin")
def end_previous(source_id: str) -> Response:
    """The secret before counts no more."""
    with house().store.transaction() as tx:
        admin.end_previous(tx, me().workspace_id, source_id, actor=me().actor)
    flash("Only the newest secret counts.", "success")
    return _back(source_id)


@blueprint.post("/sources/<source_id>/remove")
@needs("admin")
def remove(source_id: str) -> Response:
    """Forget a platform that has no conversations."""
    with house().store.transaction() as tx:
        admin.remove_source(tx, me().workspace_id, source_id, actor=me().actor)
    flash("The source is removed.", "success")
    return back_to("sources.index")


def titled(dialect: str) -> str:
    """How people call a dialect."""
    return ABOUT[dialect][0] if dialect in ABOUT else dialect.replace("_", " ").capitalize()


def show(source_id: str, errors: Mapping[str, str], told: str | None = None) -> Response:
    """A platform's page; `told` is what a request would become."""
    row, now = _row(source_id), house().store.now()
    return page(
        "sources/one.html", row=row, url=url(house(), row["id"]), titled=titled, errors=errors,
        form=request.form, overlaps=OVERLAPS, previous=still_counts(now, row), told=told,
        messages=row["handoff_message"], example=_example(row, None),
        **dialect_forms.shown(row),
    )  # fmt: skip


def _shown(source_id: str, secret: str, what: str) -> Response:
    row = _row(source_id)
    return once(
        page("sources/secret.html", row=row, url=url(house(), row["id"]), secret=secret, what=what,
             titled=titled, example=_example(row, secret))
    )  # fmt: skip


def _example(row: Row, secret: str | None) -> str | None:
    """A request to paste into a shell; the secret stands in it while it is shown."""
    if row["dialect"] not in EXAMPLES:
        return None
    return render_template(
        f"console/sources/{row['dialect']}.sh",
        url=shlex.quote(url(house(), row["id"])),
        secret=shlex.quote(secret) if secret is not None else "…",
    )


def _form(form: Mapping[str, Any], errors: Mapping[str, str], told: str | None = None) -> Response:
    known = {name: (titled(name), ABOUT.get(name, ("", ""))[1]) for name in _dialects()}
    return page(
        "sources/new.html", form=form, errors=errors, dialects=known, told=told,
        mapping=dialect_forms.MAPPING, sample=dialect_forms.SAMPLE,
    )  # fmt: skip


def _changes(form: Mapping[str, str]) -> dict[str, Any]:
    """What one of the page's two forms says."""
    if "options" in form:
        return {"options": dialect_forms.options("json", form)}
    return {"title": form.get("name"), "rate": _rate(form), "handoff_message": _messages(form)}


def _dialects() -> list[str]:
    """The dialects, `standard` first."""
    return sorted(DIALECTS, key=lambda name: (name != "standard", name))


def _rate(form: Mapping[str, str]) -> int:
    text = form.get("rate", "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else 0


def _messages(form: Mapping[str, str]) -> dict[str, str]:
    """The words by language: a line each, `de: Ich hole …`; a line without one is the default."""
    told: dict[str, str] = {}
    for line in form.get("handoff_message", "").splitlines():
        language, colon, text = line.partition(":")
        named = colon and len(language.strip()) <= 35 and " " not in language.strip()
        key, words = (language.strip(), text) if named else ("default", line)
        if words.strip():
            told[key] = words.strip()
    return told


def _row(source_id: str) -> Row:
    with house().store.transaction() as tx:
        row: Row = found(listing.get(tx, sources, me().workspace_id, source_id))
    return row


def _back(source_id: str) -> Response:
    return back_to("sources.one", source_id=source_id)
