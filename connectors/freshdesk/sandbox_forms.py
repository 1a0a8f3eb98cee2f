"""How Freshdesk reads what it is sent, JSON or multipart, and gives out lists in pages."""

import json
import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from connectors.freshdesk.sandbox_errors import complaint, invalid, refusal
from connectors.sandbox import Held, Refused, answer

PAGE, LARGEST_PAGE, LAST_PAGE = 30, 100, 300
FILES = "attachments[]"
NESTED = re.compile(r"(\w+)\[(\w+)\]")


def wish_of(request: Request) -> tuple[dict[str, Any], list[Held]]:
    """The fields that a request brings, and its files: those come as multipart only."""
    if request.mimetype == "multipart/form-data":
        return _form(request), _files(request)
    if request.mimetype != "application/json":
        words = f"Content-Type header is set to {request.mimetype}. It should be application/json"
        raise Refused(refusal(415, words))
    try:
        wish = json.loads(request.get_data())
    except (ValueError, RecursionError):
        wish = None
    if not isinstance(wish, dict):
        told = {"code": "invalid_json", "message": "Request body has invalid json format"}
        raise Refused(answer(told, 400))
    return wish, []


def _form(request: Request) -> dict[str, Any]:
    """`tags[]` is a list, `custom_fields[cf_x]` a part, and digits are a number."""
    wish: dict[str, Any] = {}
    for name in request.form:
        values = request.form.getlist(name)
        part = NESTED.fullmatch(name)
        if part:
            wish.setdefault(part[1], {})[part[2]] = _value(part[2], values[-1])
        elif name.endswith("[]"):
            wish[name.removesuffix("[]")] = values
        else:
            wish[name] = _value(name, values[-1])
    return wish


def _value(name: str, value: str) -> Any:
    if value in ("true", "false"):
        return value == "true"
    number = name.endswith("_id") and name not in ("unique_external_id", "cf_escalation_id")
    number = number or name == "cf_seats"
    if (number or name in ("status", "priority", "source")) and value.isdigit():
        return int(value)
    return value


def _files(request: Request) -> list[Held]:
    return [
        Held(name=file.filename or "", content_type=file.mimetype, data=file.read())
        for file in request.files.getlist(FILES)
    ]


def page(request: Request, rows: Sequence[Any]) -> Response:
    """One page of a list, with a link to the next."""
    number, size = (
        _number(request, "page", 1, None),
        _number(request, "per_page", PAGE, LARGEST_PAGE),
    )
    if number > LAST_PAGE:
        told = f"You cannot access tickets beyond the {LAST_PAGE}th page"
        raise invalid(complaint("page", told, "invalid_value"))
    start = (number - 1) * size
    made = answer(list(rows[start : start + size]))
    if len(rows) > start + size:
        args = request.args.to_dict() | {"page": str(number + 1)}
        made.headers["Link"] = f'<{_url(request, args)}>; rel="next"'
    return made


def _number(request: Request, name: str, default: int, most: int | None) -> int:
    value = request.args.get(name, str(default))
    if not value.isdigit() or int(value) < 1 or (most is not None and int(value) > most):
        told = "It should be a Positive Integer" + (
            f" less than or equal to {most}" if most else ""
        )
        raise invalid(complaint(name, told, "invalid_value"))
    return int(value)


def _url(request: Request, args: dict[str, str]) -> str:
    return f"{request.base_url}?{urlencode(args)}"
