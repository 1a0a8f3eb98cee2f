"""What Salesforce answers when something is wrong, as our errors."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from connectors.errors import (
    Conflict,
    ConnectorError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
)
from connectors.salesforce.config import LOCKED, SPENT

BARRED = "INSUFFICIENT_ACCESS"  # so begin the codes that come as 403
REFERS = f"{BARRED}_ON_CROSS_REFERENCE_ENTITY"  # to a record that the new one names
ONE_RECORD = re.compile(r"/sobjects/\w+/[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?(?:[/?]|$)")


def sort(error: ConnectorError, response: requests.Response) -> ConnectorError:
    """The error that Salesforce means: its codes say more than its statuses."""
    known = codes(_json(response))
    barred = any(code.startswith(BARRED) for code in known)
    if barred and ONE_RECORD.search(response.request.url or ""):
        return Conflict(str(error))  # others may be ours to edit
    return sorted_out(error, known)


def sorted_out(error: ConnectorError, codes: Sequence[str]) -> ConnectorError:
    """The error that a code of Salesforce's really is."""
    words = str(error)
    if isinstance(error, RateLimited):
        return error
    if "REQUEST_LIMIT_EXCEEDED" in codes:  # comes as 403
        return RateLimited(words, retry_after=SPENT)
    if "UNABLE_TO_LOCK_ROW" in codes:  # comes as 400: other automation holds a parent record
        return Unavailable(words, sent=False, retry_after=LOCKED)
    if "ENTITY_IS_DELETED" in codes:
        return NotFound(words)
    if REFERS in codes:
        return InvalidRequest(words)
    return error


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Salesforce's words, and its complaints by field."""
    words, fields = complaints(_json(response))
    return words or response.text[:200], fields


def complaints(answer: Any) -> tuple[str, dict[str, str]]:
    """Of a list of errors, or of the one of a token endpoint."""
    if isinstance(answer, Mapping):
        told = [answer.get("error"), answer.get("error_description")]
        return ": ".join(str(word) for word in told if word)[:1000], {}
    problems = [one for one in answer if isinstance(one, Mapping)] if _is_list(answer) else []
    words = [f"{one.get('errorCode')}: {one.get('message')}" for one in problems]
    fields = {str(n): str(one.get("message")) for one in problems for n in one.get("fields") or ()}
    return "; ".join(words)[:1000], fields


def codes(answer: Any) -> list[str]:
    """The words that Salesforce has for what is wrong."""
    problems = answer if _is_list(answer) else []
    return [str(one.get("errorCode")) for one in problems if isinstance(one, Mapping)]


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _json(response: requests.Response) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return None
