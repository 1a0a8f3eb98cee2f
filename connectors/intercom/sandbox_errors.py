"""How Intercom says no: a list of errors, each with a code."""

import uuid

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

CODES = {
    400: "parameter_invalid",
    401: "unauthorized",
    403: "api_plan_restricted",
    404: "not_found",
    409: "conflict",
    422: "parameter_invalid",
    429: "rate_limit_exceeded",
}


def refusal(status: int, words: str, code: str | None = None, field: str | None = None) -> Response:
    """An answer with `status` in Intercom's shape."""
    problem = {"code": code or CODES.get(status, "server_error"), "message": words}
    if field:
        problem["field"] = field
    told = {"type": "error.list", "request_id": str(uuid.uuid4()), "errors": [problem]}
    return answer(told, status)


def refused(status: int, words: str, code: str | None = None, field: str | None = None) -> Refused:
    """The same, to be raised."""
    return Refused(refusal(status, words, code, field))


def invalid(words: str, code: str = "parameter_invalid", field: str | None = None) -> Refused:
    """400."""
    return refused(400, words, code, field)


def missing(words: str, code: str = "not_found") -> Refused:
    """404."""
    return refused(404, words, code)
