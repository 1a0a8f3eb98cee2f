"""How Salesforce says no: a list of errors on data paths, an `error` word on OAuth paths."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

CODES = {
    400: "INVALID_FIELD",
    401: "INVALID_SESSION_ID",
    403: "INSUFFICIENT_ACCESS",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    410: "UNSUPPORTED_API_VERSION",
    413: "REQUEST_BODY_TOO_LARGE",
    429: "REQUEST_LIMIT_EXCEEDED",  # Salesforce itself says 403 with this word
    503: "SERVER_UNAVAILABLE",
}
EXPIRED = "Session expired or invalid"
ABSENT = "The requested resource does not exist"


def refusal(status: int, words: str) -> Response:
    """An answer with `status` in the shape of the data paths."""
    return answer([{"message": words, "errorCode": CODES.get(status, "UNKNOWN_EXCEPTION")}], status)


def refused(code: str, message: str, fields: Sequence[str] = (), status: int = 400) -> Refused:
    """A refusal with Salesforce's word for it; `fields` only where a field is to blame."""
    told: dict[str, object] = {"message": message, "errorCode": code}
    if fields:
        told["fields"] = list(fields)
    return Refused(answer([told], status))


def missing(words: str = ABSENT) -> Refused:
    """404."""
    return refused("NOT_FOUND", words, status=404)


def no_grant(error: str, description: str) -> Refused:
    """The OAuth endpoint's no: 400, whatever is wrong."""
    return Refused(answer({"error": error, "error_description": description}, 400))
