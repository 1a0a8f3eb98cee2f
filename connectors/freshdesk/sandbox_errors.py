"""How Freshdesk says no: 400 and 409 list fields, 401 and 403 have a code, 404 has no body."""

from collections.abc import Sequence

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

Complaint = dict[str, object]
CODES = {401: "invalid_credentials", 403: "access_denied"}


def refusal(status: int, words: str = "") -> Response:
    """An answer with `status` in the shape that Freshdesk uses for it."""
    if status == 404:
        return Response(status=404)  # without a body and without a type
    if status == 400:
        return invalid_answer([complaint("request", words, "invalid_value")])
    if status == 409:
        return invalid_answer([complaint("email", words, "duplicate_value")], 409)
    if status in CODES:
        return answer({"code": CODES[status], "message": words}, status)
    return answer({"message": words}, status)


def complaint(field: str, message: str, code: str) -> Complaint:
    """What is wrong with one field."""
    return {"field": field, "message": message, "code": code}


def invalid_answer(complaints: Sequence[Complaint], status: int = 400) -> Response:
    """A validation error."""
    return answer({"description": "Validation failed", "errors": list(complaints)}, status)


def invalid(*complaints: Complaint, status: int = 400) -> Refused:
    """The request is refused for these fields."""
    return Refused(invalid_answer(complaints, status))


def missing() -> Refused:
    """404."""
    return Refused(refusal(404))


def not_allowed(words: str) -> Refused:
    """405: the wrong verb, or a ticket in the bin."""
    return Refused(refusal(405, words))


def bad_credentials() -> Refused:
    """401."""
    return Refused(refusal(401, "You have to be logged in to perform this action."))


def denied(words: str = "You are not authorized to perform this action.") -> Refused:
    """403."""
    return Refused(refusal(403, words))
