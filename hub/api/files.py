"""What agents attached, fetched from their desk for whoever has the signed address."""

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import IO
from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.wsgi import wrap_file

from connectors.errors import ConnectorError, NotFound, Retryable
from connectors.files import safe_name
from connectors.types import File
from hub import links
from hub.current import house
from hub.problems import Problem
from hub.store import changes
from hub.store.files import ANY, TYPE

blueprint = Blueprint("files", __name__)

IN_MEMORY = 1024 * 1024  # bytes
GONE = "The desk has this file no more."
# A file is saved, never shown here: whatever it is, it runs nothing in the hub's name.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}


@blueprint.get("/files/<change_id>/<int:place>")
def give(change_id: str, place: int) -> Response:
    """The file; 403 without a good signature, 404 when it is gone, 503 when its desk is away."""
    until = request.args.get("until", type=int, default=0)
    signature = request.args.get("signature", "")
    if not links.is_good(house(), change_id, place, until, signature):
        return Problem(403, "This address is wrong, or older than a week.").response()
    try:
        file, chunks = _open(change_id, place)
        spool, size = _spooled(chunks)
    except NotFound:
        return Problem(404, GONE).response()
    except ConnectorError as problem:
        again = {"Retry-After": "30"} if isinstance(problem, Retryable) else {}
        return Problem(503, "The desk does not give the file now.", headers=again).response()
    answer = saved(file, wrap_file(request.environ, spool))
    answer.content_length = size
    return answer


def _spooled(chunks: Iterator[bytes]) -> tuple[IO[bytes], int]:
    """The whole file, on the disk if it is large: the desk is not kept waiting for slow readers."""
    spool: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - the answer closes it
    try:
        spool.writelines(chunks)
    except ConnectorError:
        spool.close()
        raise
    size = spool.tell()
    spool.seek(0)
    return spool, size


def saved(file: File, chunks: Iterable[bytes]) -> Response:
    """An answer that a browser saves and never shows."""
    kind = file.content_type if TYPE.fullmatch(file.content_type) else ANY
    headers = HEADERS | {"Content-Disposition": _disposition(file.name)}
    return Response(chunks, headers=headers, content_type=kind)


def _open(change_id: str, place: int) -> tuple[File, Iterator[bytes]]:
    with house().store.transaction() as tx:
        row = tx.first("select * from changes where id = :id", id=change_id)
        connection = row and tx.first(
            "select * from connections where id = :id and archived_at is null",
            id=row["connection_id"],
        )
    files = changes.as_change(row).files if row is not None else ()
    if row is None or connection is None or place >= len(files):
        raise NotFound(GONE)
    connector = house().desks.open(connection)
    return files[place], connector.fetch_file(row["external_ticket_id"], files[place])


def _disposition(name: str) -> str:
    """To be saved under its name (https://www.rfc-editor.org/rfc/rfc6266#section-4.3)."""
    name = safe_name(name)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
