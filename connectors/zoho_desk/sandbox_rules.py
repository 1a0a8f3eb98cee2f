"""How Zoho Desk says no, what it refuses to read, and how it hands out lists."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Refused, answer

CODES = {
    400: "BAD_REQUEST",
    401: "INVALID_OAUTH",
    403: "FORBIDDEN",
    404: "URL_NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "RESOURCE_SIZE_EXCEEDED",
    415: "UNSUPPORTED_MEDIA_TYPE",
    422: "INVALID_DATA",
    429: "TOO_MANY_REQUESTS",
}
WORDS = {
    401: "You are not authenticated to perform this operation.",
    404: "The URL you requested could not be found.",
    422: "The data is invalid due to validation restrictions",
}


def refusal(status: int, words: str = "", code: str = "") -> Response:
    """An error as Zoho Desk tells it."""
    otherwise = "INTERNAL_SERVER_ERROR" if status >= 500 else "BAD_REQUEST"
    code = code or CODES.get(status, otherwise)
    return answer({"errorCode": code, "message": words or WORDS.get(status, code)}, status)


def no(status: int, code: str, words: str) -> Refused:
    """A refusal with one of Zoho's own codes."""
    return Refused(refusal(status, words, code))


def missing() -> Refused:
    """404."""
    return Refused(refusal(404))


def invalid(*fields: str, kind: str = "invalid", words: str = "") -> Refused:
    """422 with a complaint about each field: kind is `invalid`, `missing` or `duplicate`."""
    errors = [{"fieldName": f"/{f}", "errorType": kind, "errorMessage": words} for f in fields]
    body = {"errorCode": "INVALID_DATA", "message": WORDS[422], "errors": errors}
    return Refused(answer(body, 422))


def body_of(request: Request, known: Mapping[str, type], *needed: str) -> dict[str, Any]:
    """The JSON object of a request: only known keys, no empty string, nothing needed missing."""
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise no(400, "BAD_REQUEST", "The body is not a JSON object")
    if not wish:
        raise no(422, "EMPTY_PAYLOAD", "The payload is empty")
    absent = [name for name in needed if wish.get(name) is None]
    if absent:
        raise invalid(*absent, kind="missing")
    wrong = [name for name, value in wish.items() if not _fits(value, known.get(name))]
    if wrong:
        raise invalid(*wrong)
    return wish


def _fits(value: Any, kind: type | None) -> bool:
    if kind is None:
        return False
    return value is None or (isinstance(value, kind) and value != "")


def query_of(request: Request, *known: str) -> dict[str, str]:
    """The query of a request; what Zoho does not know, or what is empty, is refused."""
    asked = request.args.to_dict()
    for name, value in asked.items():
        if name not in known:
            raise no(422, "UNPROCESSABLE_ENTITY", f"Extra query parameter '{name}' is found.")
        if not value:
            raise invalid(name)
    return asked


def number_of(asked: Mapping[str, str], name: str, default: int, most: int) -> int:
    """A number of the query that is not above `most`."""
    value = asked.get(name, str(default))
    if not value.isdecimal() or int(value) > most:
        raise invalid(name)
    return int(value)


def listed(
    asked: Mapping[str, str], rows: Sequence[dict[str, Any]], *, most: int, depth: int
) -> Response:
    """A page of a list; nothing is told with 204 and no body."""
    start = number_of(asked, "from", 0, depth)
    page = rows[start : start + number_of(asked, "limit", min(10, most), most)]
    return answer({"data": page}) if page else Response(status=204)


def ordered(
    asked: Mapping[str, str], rows: Sequence[Any], known: Sequence[str], key: Callable[..., Any]
) -> list[Any]:
    """Rows by the query's `sortBy`, one of `known` and downwards after a minus."""
    wanted = asked.get("sortBy", known[0])
    name = wanted.removeprefix("-")
    if name not in known:
        raise invalid("sortBy")
    return sorted(rows, key=lambda row: key(row, name), reverse=wanted.startswith("-"))
