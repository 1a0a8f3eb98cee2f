"""How Zendesk says no: `error` is a word here, an object there, and `errors` on newer paths."""

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

WORDS = {
    400: ("BadRequest", "The request was not understood"),
    404: ("RecordNotFound", "Not found"),
    409: ("DatabaseConflict", "Database collision"),
    422: ("RecordInvalid", "Record validation errors"),
    429: ("APIRateLimitExceeded", "Number of allowed API requests per minute exceeded"),
}


def refusal(status: int, words: str = "") -> Response:
    """An answer with `status` in the shape that Zendesk uses for it."""
    if status == 401:
        told = words or "The access token is invalid"
        return answer({"error": "invalid_token", "error_description": told}, 401)
    if status == 403:
        return answer({"error": {"title": "Forbidden", "message": words}}, 403)
    error, description = WORDS.get(status, ("InternalError", "Something went wrong"))
    return answer({"error": error, "description": words or description}, status)


def missing() -> Refused:
    """404."""
    return Refused(refusal(404))


def forbidden(words: str = "You do not have access to this page.") -> Refused:
    """403, with `error` as an object."""
    return Refused(refusal(403, words))


def bad(error: str, description: str, status: int = 400) -> Refused:
    """A refusal with Zendesk's word for it."""
    return Refused(answer({"error": error, "description": description}, status))


def invalid(field: str, description: str, error: str = "InvalidValue") -> Refused:
    """422 with the complaint about one field."""
    details = {field: [{"description": description, "error": error}]}
    words, told = WORDS[422]
    return Refused(answer({"error": words, "description": told, "details": details}, 422))


def invalid_webhook(code: str, detail: str, status: int = 400) -> Refused:
    """The newer shape, of the webhooks API."""
    problem = {"code": code, "title": code, "detail": detail, "status": str(status)}
    return Refused(answer({"errors": [problem]}, status))
