"""One attempt to deliver an event to a subscriber, and when the next one is due."""

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

import requests
import urllib3

from webhooks import signing
from webhooks.errors import Forbidden
from webhooks.transport import GuardedSession

# The wait before each attempt; the last one comes about 75 hours after the first.
SCHEDULE = (
    timedelta(0),
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
JITTER = 0.1
LONGEST_RETRY_AFTER = timedelta(hours=24)
TIMEOUT = 15.0  # seconds for everything after the name is resolved
MAX_ANSWER = 65_536  # bytes that we read
KEPT_ANSWER = 1_024  # bytes that we keep, to show why a delivery failed
USER_AGENT = "hub-webhooks/1"
SECONDS = re.compile(r"[0-9]{1,10}")
OBJECT = re.compile(r"^<?\w[\w.]*[ (][^:]*?[)>]: ")  # urllib3 begins with the connection's repr
CONTROL = re.compile(r"[\x00-\x1f\x7f]+")

# The first that fits; `requests` raises subclasses of subclasses.
FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "TLS failed"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.Timeout, "no answer in time"),
    (requests.exceptions.ConnectionError, "the connection failed"),
    (Exception, "the request failed"),
)


@dataclass(frozen=True)
class Outgoing:
    """A signed request, ready to send."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def traced(self, traceparent: str | None) -> "Outgoing":
        """The same in a trace, if there is one (https://www.w3.org/TR/trace-context/)."""
        if traceparent is None:
            return self
        return replace(self, headers={**self.headers, "traceparent": traceparent})


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt; `retry_after` and `duration` in seconds.

    `gone` is the subscriber's 410: it wants nothing more. `error` is one line for people.
    """

    state: Literal["delivered", "retry", "gone"]
    status: int | None = None
    error: str | None = None
    retry_after: float | None = None
    duration: float = 0.0


def prepare(url: str, secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> Outgoing:
    """The request that delivers `body`, signed at `timestamp` (epoch seconds) by each secret."""
    headers = {"content-type": "application/json", "user-agent": USER_AGENT}
    return Outgoing(url, headers | signing.headers(secrets, id, timestamp, body), body)


def next_attempt(
    attempts_done: int, retry_after: float | None, rng: random.Random
) -> timedelta | None:
    """How long to wait for the next attempt, or None after the last.

    The schedule gives or takes 10 %; never less than `retry_after` seconds, of which at most 24
    hours count.
    """
    if attempts_done >= len(SCHEDULE):
        return None
    wait = SCHEDULE[attempts_done] * rng.uniform(1 - JITTER, 1 + JITTER)
    if retry_after is None:
        return wait
    asked = min(max(retry_after, 0.0), LONGEST_RETRY_AFTER.total_seconds())
    return max(wait, timedelta(seconds=asked))


def deliver(
    request: Outgoing,
    http: GuardedSession,
    timeout: float = TIMEOUT,
    clock: Callable[[], float] = time.monotonic,
) -> Outcome:
    """Send once; whatever the subscriber or the network does becomes an outcome."""
    began = clock()
    try:
        with http.post(
            request.url,
            data=request.body,
            headers=dict(request.headers),
            timeout=timeout,
            allow_redirects=False,
            stream=True,
        ) as response:
            outcome = _judge(response)
    except Forbidden as refusal:
        outcome = Outcome("retry", error=f"not called: {refusal.reason}")
    except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
        outcome = Outcome("retry", error=_failure(failure))
    return replace(outcome, duration=clock() - began)


def _judge(response: requests.Response) -> Outcome:
    """The status decides; the answer is read so that the connection can serve again."""
    status = response.status_code
    answer = _answer(response)
    if 200 <= status < 300:
        return Outcome("delivered", status)
    if 300 <= status < 400:
        return Outcome("retry", status, "redirects are not followed", _retry_after(response))
    state: Literal["gone", "retry"] = "gone" if status == 410 else "retry"
    return Outcome(state, status, f"{status} {answer}".strip(), _retry_after(response))


def _answer(response: requests.Response) -> str:
    """The beginning of what the subscriber said, or why it could not be read."""
    try:
        said: bytes = response.raw.read(MAX_ANSWER, decode_content=False)
    except urllib3.exceptions.HTTPError as failure:
        return f"(answer not read: {type(failure).__name__})"
    # Control characters would break the line, and PostgreSQL refuses NUL.
    return CONTROL.sub(" ", said[:KEPT_ANSWER].decode("utf-8", "replace"))


def _failure(error: Exception) -> str:
    """What went wrong, without the path of the URL, which may be a secret."""
    words = next(words for kind, words in FAILURES if isinstance(error, kind))
    cause = error.args[0] if error.args else ""
    told = OBJECT.sub("", str(getattr(cause, "reason", None) or cause))
    return CONTROL.sub(" ", f"{words}: {told}")[:KEPT_ANSWER]


def _retry_after(response: requests.Response) -> float | None:
    """Seconds; a date counts from the `Date` of the same answer, whose clock it is."""
    given = response.headers.get("retry-after", "").strip()
    if SECONDS.fullmatch(given):
        return float(given)
    due, sent = _date(given), _date(response.headers.get("date", ""))
    return max(0.0, (due - sent).total_seconds()) if due and sent else None


def _date(text: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return parsed.replace(tzinfo=parsed.tzinfo or UTC)
