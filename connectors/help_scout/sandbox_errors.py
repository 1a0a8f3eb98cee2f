"""How Help Scout says no: `application/vnd.error+json`, and OAuth's own shape at the token door."""

import json
import uuid
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

WORDS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    409: "Conflict",
    412: "Precondition failed",
    413: "Payload too large",
    429: "API rate limit exceeded",
}


def refusal(status: int, words: str = "", errors: Sequence[dict[str, Any]] = ()) -> Response:
    """An answer with `status` in Help Scout's error format."""
    told: dict[str, Any] = {"logRef": str(uuid.uuid4())}
    told["message"] = words or WORDS.get(status, "Internal error")
    if errors:
        told["_embedded"] = {"errors": list(errors)}
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return Response(body, status, content_type="application/vnd.error+json")


def no(status: int, words: str = "") -> Refused:
    """Any refusal."""
    return Refused(refusal(status, words))


def bad(path: str, message: str, value: Any = None) -> Refused:
    """400 with the complaint about one field."""
    about = "http://developer.helpscout.com/mailbox-api/overview/errors#JSON"
    error = {"path": path, "message": message, "rejectedValue": value, "source": "JSON"}
    return Refused(refusal(400, "Bad request", [error | {"_links": {"about": {"href": about}}}]))


def denied(error: str, description: str, status: int = 400) -> Refused:
    """The token endpoint's refusal."""
    return Refused(answer({"error": error, "error_description": description}, status))
