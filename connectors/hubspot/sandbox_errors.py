"""How HubSpot says no: always the same object, told apart by `category` and `errors`."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from connectors.sandbox import Refused, answer

CATEGORIES = {
    400: "VALIDATION_ERROR",
    401: "INVALID_AUTHENTICATION",
    403: "MISSING_SCOPES",
    404: "OBJECT_NOT_FOUND",
    409: "CONFLICT",
    429: "RATE_LIMITS",
}
WORDS = {
    401: "Authentication credentials not found. This API supports OAuth 2.0 authentication.",
    403: "This app hasn't been granted all required scopes to make this call.",
    404: "resource not found",
    429: "You have reached your ten_secondly_rolling limit.",
}


@dataclass(frozen=True)
class Problem:
    """A complaint about one property."""

    name: str
    code: str
    message: str


def refusal(status: int, words: str = "", **more: Any) -> Response:
    """An answer with `status` in HubSpot's shape."""
    body = {
        "status": "error",
        "message": words or WORDS.get(status, "internal error"),
        "correlationId": str(uuid.uuid4()),
    }
    if status in CATEGORIES:
        body["category"] = CATEGORIES[status]
    if status == 429:
        body |= {"errorType": "RATE_LIMIT", "policyName": "TEN_SECONDLY_ROLLING"}
        body["requestId"] = uuid.uuid4().hex
    return answer(body | more, status)


def missing(words: str = "resource not found") -> Refused:
    """404."""
    return Refused(refusal(404, words))


def bad(words: str, **more: Any) -> Refused:
    """400."""
    return Refused(refusal(400, words, **more))


def invalid(problems: Sequence[Problem]) -> Refused:
    """400 with a complaint about each property."""
    told = [
        {"isValid": False, "message": p.message, "error": p.code, "name": p.name} for p in problems
    ]
    errors = [
        {"message": p.message, "code": p.code, "context": {"propertyName": [p.name]}}
        for p in problems
    ]
    return bad(f"Property values were not valid: {json.dumps(told)}", errors=errors)


def lacks(scope: str) -> Refused:
    """403 for a token without `scope`."""
    told = "One or more of the following scopes are required."
    errors = [{"message": told, "context": {"requiredGranularScopes": [scope]}}]
    return Refused(refusal(403, errors=errors))
