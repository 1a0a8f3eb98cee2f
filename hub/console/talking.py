"""More of the conversations' blueprint: what teammates write, with files, and who is there."""

from collections.abc import Sequence
from http import HTTPStatus

from flask import Response, abort, flash, request
from werkzeug.datastructures import FileStorage

from connectors.files import safe_name
from connectors.types import File
from hub import native
from hub.console.conversations import NO_TICKET, SENT, blueprint, native_ticket
from hub.console.shell import back_to, found, me, needs, user
from hub.current import house
from hub.pipeline.files import is_program
from hub.store import conversations, presence
from hub.store.files import ANY, TYPE

LONGEST = 50_000  # characters
MOST = 10  # files of one message
LARGEST = 25 * 1024 * 1024  # bytes of all of them


class Unfit(ValueError):
    """A file that cannot be sent; the text says why and what to do."""


@blueprint.post("/conversations/<conversation_id>/entries")
@needs("agent")
def write(conversation_id: str) -> Response:
    """A reply to the customer, or a note for colleagues."""
    text = request.form.get("text", "").replace("\0", "").strip()[:LONGEST]
    is_note = request.form.get("kind") == "note"
    try:
        files = _files(request.files.getlist("files"))
    except Unfit as problem:
        flash(f"Nothing was sent: {problem}", "danger")
        return back_to("conversations.one", conversation_id=conversation_id)
    with house().store.transaction() as tx:
        connection_id, ticket = native_ticket(tx, conversation_id)
        if ticket is None:
            flash(NO_TICKET, "warning")
        elif not text and not files:
            flash("The text is empty, so nothing was sent.", "warning")
        elif is_note:
            native.note(tx, connection_id, ticket, user(), text, files)
            flash("Note saved.", SENT)
        else:
            native.reply(tx, connection_id, ticket, user(), text, files)
            flash("Sent to the customer.", SENT)
    return back_to("conversations.one", conversation_id=conversation_id)


@blueprint.post("/conversations/<conversation_id>/presence")
def be_there(conversation_id: str) -> Response:
    """The teammate looks at it, writes in it, or has left it."""
    doing = request.form.get("doing", "")
    with house().store.transaction() as tx:
        row = found(conversations.get(tx, me().workspace_id, conversation_id))
        if doing == "gone":
            presence.gone(tx, me().workspace_id, row["id"], user()["id"])
        elif doing in presence.DOING:
            presence.here(tx, me().workspace_id, row["id"], user()["id"], doing)
        else:
            abort(HTTPStatus.BAD_REQUEST)
    return Response(status=HTTPStatus.NO_CONTENT)


def _files(uploads: Sequence[FileStorage]) -> list[File]:
    """The files that were chosen, with safe names; `Unfit` when one cannot be sent."""
    chosen = [upload for upload in uploads if upload.filename]
    if len(chosen) > MOST:
        raise Unfit(f"a message takes at most {MOST} files. Send the others with the next one.")
    files = [_file(upload) for upload in chosen]
    if sum(len(file.data or b"") for file in files) > LARGEST:
        raise Unfit(f"the files are larger than {LARGEST // 1024**2} MB together. Send a link.")
    return files


def _file(upload: FileStorage) -> File:
    name, data = safe_name(upload.filename or ""), upload.stream.read(LARGEST + 1)
    kind = upload.mimetype if TYPE.fullmatch(upload.mimetype) else ANY
    if not data:
        raise Unfit(f"{name} is empty. Choose another file.")
    if is_program(name, kind):
        raise Unfit(f"{name} is a program, which mail and chat refuse. Send a link.")
    return File(name=name, content_type=kind, data=data)
