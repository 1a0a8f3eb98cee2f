"""The way back to a platform that is answered in its own dialect.

These pages belong to the sources' blueprint.
"""

from flask import Response, flash, request

from hub import admin
from hub.console import dialect_forms
from hub.console.shell import back_to, me, needs, refused
from hub.console.sources import blueprint, show
from hub.current import house


@blueprint.post("/sources/<source_id>/preview")
@needs("admin")
def preview_one(source_id: str) -> Response:
    """The page with what a request of this platform would become by the mapping in the form."""
    try:
        told = dialect_forms.preview("json", request.form)
    except admin.BadInput as wrong:
        return refused(show(source_id, wrong.errors))
    return show(source_id, {}, told)


@blueprint.post("/sources/<source_id>/callback")
@needs("admin")
def answer(source_id: str) -> Response:
    """Answer the platform there from now on."""
    form = request.form
    where: admin.Callback = {
        "url": form.get("callback_url", "").strip(),
        "token": form.get("callback_token", "").strip(),
    }
    try:
        _answer(source_id, where)
    except admin.BadInput as wrong:
        return refused(show(source_id, wrong.errors))
    flash("The platform is answered there from now on.", "success")
    return back_to("sources.one", source_id=source_id)


@blueprint.post("/sources/<source_id>/callback/end")
@needs("admin")
def end_answers(source_id: str) -> Response:
    """Answer it no more."""
    _answer(source_id, None)
    flash("The platform is not answered any more.", "success")
    return back_to("sources.one", source_id=source_id)


def _answer(source_id: str, where: admin.Callback | None) -> None:
    with house().store.transaction() as tx:
        admin.answer_source(tx, house(), me().workspace_id, source_id, where, actor=me().actor)
