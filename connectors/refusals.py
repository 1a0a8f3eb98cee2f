"""What a desk's refusal means: which of our errors its status is, and when to come back."""

import math
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Unavailable,
)

LATER = (408, 423, 425, 477)  # timed out, locked, too early; HubSpot: the account is being moved
LONGEST_WAIT = 24 * 3600.0  # seconds for which a desk may keep us away without asking it again


def refusal(
    status: int, words: str, wait: float | None, fields: Mapping[str, str]
) -> ConnectorError:
    """The error of a status; `wait` is what `retry_after` says, `fields` the desk's complaints."""
    if status == 429:
        return RateLimited(words, retry_after=wait)
    if status >= 500 or status in LATER:
        return Unavailable(words, sent=True, retry_after=wait)
    if status in (401, 403):
        return AuthFailed(words)
    if status in (404, 410):
        return NotFound(words)
    if status in (409, 412):
        return Conflict(words)
    return InvalidRequest(words, fields=dict(fields))


def retry_after(response: requests.Response, header: str = "Retry-After") -> float | None:
    """Seconds that the desk asks us to wait (a number or a date), or None."""
    value = response.headers.get(header, response.headers.get("Retry-After"))
    if value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return _until(value, response.headers.get("Date", ""))


def bounded(seconds: float | None) -> float | None:
    """A wait that nobody regrets: at most a day, None for what is no time at all."""
    if seconds is None or not math.isfinite(seconds):
        return None
    return min(max(0.0, seconds), LONGEST_WAIT)


def as_it_is(error: ConnectorError, _response: requests.Response) -> ConnectorError:
    """For desks whose statuses mean what they say."""
    return error


def _until(then: str, now: str) -> float:
    """The seconds between two dates as HTTP writes them; not a number where one is none."""
    try:
        return (parsedate_to_datetime(then) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return math.nan
