"""Errors as RFC 9457 problem details: what went wrong, and which field is to blame."""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from flask import Response

CONTENT_TYPE = "application/problem+json"

Errors = Iterable[Mapping[str, object]]


class Problem(Exception):
    """A request that ends here, with its status and a sentence for the caller."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Errors | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = dict(headers or {})

    def response(self) -> Response:
        """The answer that tells it."""
        answer = problem(self.status, self.detail, errors=self.errors)
        answer.headers.update(self.headers)
        return answer


def problem(status: int, detail: str, *, errors: Errors | None = None) -> Response:
    """A problem answer; `errors` are `{"field", "message"}`, one a wrong field."""
    body = document(status, detail, errors)
    return Response(json.dumps(body), status, content_type=CONTENT_TYPE)


def document(status: int, detail: str, errors: Errors | None = None) -> dict[str, Any]:
    """The JSON of a problem (https://www.rfc-editor.org/rfc/rfc9457)."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return body | ({"errors": [dict(e) for e in errors]} if errors else {})


def by_field(errors: Mapping[str, str]) -> list[dict[str, str]]:
    """Sentences by field as the `errors` of a problem."""
    return [{"field": field, "message": message} for field, message in errors.items()]
