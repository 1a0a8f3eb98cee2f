"""How much a request of the console may bring, and no character that PostgreSQL cannot store."""

from http import HTTPStatus

from flask import abort, request

LARGEST_FORM = 2 * 1024**2  # bytes
LARGEST_UPLOAD = 27 * 1024**2  # bytes of a message with its files
UPLOADS = ("conversations.write",)


def by_size() -> None:
    """A form is not read beyond what its page can send."""
    uploads = request.endpoint in UPLOADS
    request.max_content_length = LARGEST_UPLOAD if uploads else LARGEST_FORM
    request.max_form_memory_size = LARGEST_FORM


def no_nul() -> None:
    """No id, no filter and no form has a NUL."""
    if any("\0" in str(part) for part in (request.view_args or {}).values()):
        abort(HTTPStatus.NOT_FOUND)
    filters = (part for name in ("after", "delivery") for part in request.args.getlist(name))
    entered = (part for parts in request.form.listvalues() for part in parts)
    if any("\0" in part for part in (*filters, *entered)):
        abort(HTTPStatus.BAD_REQUEST)
