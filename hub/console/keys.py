"""API keys: made, shown once, and taken away."""

from collections.abc import Mapping
from datetime import timedelta

from flask import Response, abort, flash, request

from hub import admin, auth
from hub.console import shell
from hub.console.queries import SIZE, Page
from hub.console.shell import back_to, found, me, needs, once, page, refused
from hub.current import house
from hub.store import listing
from hub.store.schema import keys

blueprint = shell.noun("keys")

EXPIRES = {"90": "In 90 days", "30": "In 30 days", "365": "In a year", "": "Never"}
WARNED = timedelta(days=7)  # before a key expires


@blueprint.get("/keys")
@needs("admin")
def index() -> Response:
    """Every key by what may be shown of it."""
    return _page({})


@blueprint.post("/keys")
@needs("admin")
def add() -> Response:
    """A new key, with a role up to one's own; shown this once."""
    form = request.form
    role = form.get("role", "")
    if role in auth.ROLES and not me().may(role):
        abort(403)
    days = form.get("expires", "")
    if days not in EXPIRES:
        return refused(_page({"expires": "Choose from the list."}))
    try:
        with house().store.transaction() as tx:
            expires_at = tx.now + timedelta(days=int(days)) if days else None
            made = admin.create_key(
                tx, me().workspace_id, form.get("name", ""), role, expires_at=expires_at,
                actor=me().actor,
            )  # fmt: skip
    except admin.BadInput as wrong:
        return refused(_page(wrong.errors))
    return once(_page({}, new=made["key"]))


@blueprint.post("/keys/<key_id>/revoke")
@needs("admin")
def revoke(key_id: str) -> Response:
    """It opens nothing any more."""
    with house().store.transaction() as tx:
        row = found(listing.get(tx, keys, me().workspace_id, key_id))
        if not me().may(row["role"]):
            abort(403)
        admin.remove_key(tx, me().workspace_id, key_id, actor=me().actor)
    flash(f"{row['name']} opens nothing any more.", "success")
    return back_to("keys.index")


def _page(errors: Mapping[str, str], new: str | None = None) -> Response:
    with house().store.transaction() as tx:
        listed = listing.page(tx, keys, me().workspace_id, {}, limit=SIZE,
                              cursor=request.args.get("after"))  # fmt: skip
        now = tx.now
    return page(
        "keys.html", listed=Page(listed.rows, listed.next_cursor), errors=errors, new=new,
        form=request.form if errors else {}, expires=EXPIRES, now=now, soon=now + WARNED,
        roles=[role for role in reversed(auth.ROLES) if me().may(role)],
        api=house().settings.public_url,
    )  # fmt: skip
