"""The one place that turns a desk's HTTP answer into a value or one of our errors.

`Http` is a requests session, so that vendor libraries which accept a session go through it too.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter, HTTPAdapter
from requests.hooks import dispatch_hook
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
)

from connectors import calls, rehearsal
from connectors.errors import (
    AuthFailed,
    ConnectorError,
    InvalidRequest,
    RateLimited,
    Retryable,
    TooLarge,
    Unavailable,
)
from connectors.refusals import as_it_is, bounded, refusal, retry_after

if TYPE_CHECKING:
    from connectors.base import Ports

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 20.0
MAX_ANSWER = 5 * 1024 * 1024  # bytes; ask for pages that stay below

DEFAULT_WAIT = 60.0  # seconds after a 429 that does not say how long it lasts

# What a desk says in its refusal, in its own way. Its words, and its complaints by field:
Explain = Callable[[requests.Response], tuple[str, dict[str, str]]]
# The seconds after which to come back, if it says so:
Wait = Callable[[requests.Response], float | None]
# The error that it means, given the one that its status usually is:
Sort = Callable[[ConnectorError, requests.Response], ConnectorError]
# Given how many connections to keep: who dials, by the beginning of the addresses that each is for.
Ways = Callable[[int], Mapping[str, BaseAdapter]]


class Barred(requests.ConnectionError):
    """A way does not lead to this address: nothing was sent."""


class Oversized(requests.ConnectionError):
    """An answer went on beyond `MAX_ANSWER`."""


class Throttle(Protocol):
    """Says when a connection may call its desk; shared by all workers."""

    def take(self) -> None:
        """Wait for a short turn, or raise `RateLimited` with the time of a long one."""
        ...

    def limited(self, seconds: float) -> None:
        """The desk told this connection to stay away for `seconds`."""
        ...


class Unthrottled:
    """No limit: for tests and commands."""

    def take(self) -> None: ...

    def limited(self, seconds: float) -> None: ...


def plain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """The first 200 characters of an answer, for desks without a better `Explain`."""
    return response.text[:200], {}


def anywhere(pool: int) -> Mapping[str, BaseAdapter]:
    """To any address, for tests and sandboxes; the hub gives ways that look before they dial."""
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=pool, max_retries=0)
    return {"https://": adapter, "http://": adapter}


class Http(requests.Session):
    """A session for one account at one desk: pooled, timed, capped, scrubbed, never redirected.

    It dials by the ways of `ports` alone, at their pace and with their patience.
    """

    def __init__(
        self,
        ports: "Ports",
        *,
        secrets: Iterable[str] = (),
        explain: Explain = plain,
        wait: Wait = retry_after,
        sort: Sort = as_it_is,
        pool: int = 64,
        own_limit: str | None = None,
    ) -> None:
        super().__init__()
        self.trust_env = False  # no proxy and no .netrc from the environment
        # No cookies: a desk's browser session beside our token makes it check for forgery, and
        # all threads would share it.
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.secrets = sorted({s for s in secrets if s}, key=len, reverse=True)
        self.explain, self.wait, self.sort = explain, wait, sort
        self.throttle = ports.throttle
        self.timeout = ports.timeout
        self.own_limit = own_limit  # pattern of `METHOD /path`; its 429 says nothing of other calls
        self.adapters.clear()  # those of requests ask nobody
        for prefix, adapter in ports.ways(pool).items():
            self.mount(prefix, adapter)

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send once (twice after a 401 with renewable auth); raise our errors, return only 2xx."""
        # To the adapter at once: what requests adds is for cookies and redirects.
        kwargs = {"timeout": self.timeout, "stream": True, "verify": self.verify}
        kept_back = rehearsal.answer(request)
        if kept_back is not None:
            return kept_back
        self.throttle.take()
        response = self._exchange(request, kwargs)
        auth = getattr(request, "renewable", None)
        if response.status_code == 401 and auth is not None:
            auth.renew()
            auth(request)
            response = self._exchange(request, kwargs)
        if 200 <= response.status_code < 300 or _stays_unread(request, response):
            return response
        raise self._error(request, response)

    def open(self, url: str, *, method: str = "GET", json: Any = None) -> requests.Response:
        """The answer with its body unread: a file, or a redirect, which is not followed."""
        request = self.prepare_request(requests.Request(method, url, json=json))
        request.unread = True  # type: ignore[attr-defined]
        return self.send(request)

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        try:
            prepared = super().prepare_request(request)
        except (requests.RequestException, UnicodeError) as problem:
            words = f"{request.method}: cannot be sent ({type(problem).__name__})"
            raise InvalidRequest(words) from None
        auth = request.auth or self.auth
        if hasattr(auth, "renew"):
            prepared.renewable = auth  # type: ignore[attr-defined]
        return prepared

    def call(self, method: str, url: str, **kwargs: Any) -> Any:
        """The answer's JSON (None for an empty one) of a request to an absolute `url`."""
        return answer_json(self.request(method, url, **kwargs))

    def scrub(self, text: str) -> str:
        """`text` without any secret of this connection."""
        for secret in self.secrets:
            text = text.replace(secret, "•••")
        return text

    def _scrub(self, request: requests.PreparedRequest, text: str) -> str:
        """`text` without the access token of this request either."""
        used = str(request.headers.get("Authorization", "")).rpartition(" ")[2]
        return self.scrub(text.replace(used, "•••") if used else text)

    def _exchange(self, request: requests.PreparedRequest, kwargs: Any) -> requests.Response:
        began, called = time.monotonic(), (str(request.method), self.scrub(calls.path(request.url)))
        try:
            answer = self.get_adapter(request.url or "").send(request, **kwargs)
            response: requests.Response = dispatch_hook("response", request.hooks, answer)  # type: ignore[no-untyped-call]
            if not _stays_unread(request, response):
                _read_capped(response, seconds=self.timeout[1])
        except (requests.RequestException, HTTPError) as problem:
            words = self.scrub(_words(problem))
            calls.note(*called, None, time.monotonic() - began, words)
            what = f"{_where(request)}: {words}"
            kind = TooLarge if isinstance(problem, Oversized) else Unavailable
            raise kind(what, sent=_was_sent(problem)) from None
        except UnicodeError:  # "sk-…", copied from a page that shortens it: all else is bytes here
            raise AuthFailed("a key or token holds a character that cannot be sent") from None
        words = self._explained(request, response)[0] if response.status_code >= 400 else ""
        calls.note(*called, response.status_code, time.monotonic() - began, words)
        return response

    def _explained(
        self, request: requests.PreparedRequest, response: requests.Response
    ) -> tuple[str, dict[str, str]]:
        """The desk's complaint, without a secret of ours."""
        words, fields = self.explain(response)
        fields = {name: self._scrub(request, text) for name, text in fields.items()}
        return self._scrub(request, words), fields

    def _error(
        self, request: requests.PreparedRequest, response: requests.Response
    ) -> ConnectorError:
        told, fields = self._explained(request, response)
        words = f"{self._scrub(request, _where(request))} -> {response.status_code}: {told}"
        usual = refusal(response.status_code, words, bounded(self.wait(response)), fields)
        error = self.sort(usual, response)
        ours = self.own_limit is None or not re.search(self.own_limit, _where(request))
        if ours and isinstance(error, RateLimited):
            wait = error.retry_after
            self.throttle.limited(DEFAULT_WAIT if wait is None else wait)
        return error


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Read an answer: one in another shape than the desk's is none, but a proxy or a bad day."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as problem:
        words = f"{what}: an answer in an unknown shape ({type(problem).__name__})"
        raise Unavailable(words, sent=True) from problem


@contextmanager
def landed(call: str) -> Iterator[None]:
    """What comes after a create that the desk has taken: a failure here is not the create's.

    Whoever took it for that would create once more; `Unavailable` with `sent` has it looked up.
    """
    try:
        yield
    except ConnectorError as problem:
        wait = problem.retry_after if isinstance(problem, Retryable) else None
        words = f"{call} has landed; then: {problem}"
        raise Unavailable(words, sent=True, retry_after=wait) from problem


def answer_json(response: requests.Response) -> Any:
    """The JSON of a 2xx answer; a page of HTML with status 200 is a desk that is not there."""
    if not response.content:
        return None
    try:
        return json.loads(response.content)
    except (ValueError, RecursionError):
        where = _where(response.request)
        raise Unavailable(f"{where} -> {response.status_code}: not JSON", sent=True) from None


def _read_capped(response: requests.Response, *, seconds: float) -> None:
    """Read the body into the response: at most `MAX_ANSWER` bytes in at most `seconds`.

    A read timeout alone begins anew with every byte that drips in.
    """
    ends = time.monotonic() + seconds
    chunks, size = [], 0
    while chunk := response.raw.read1(65536, decode_content=True):
        size += len(chunk)
        if size > MAX_ANSWER:
            response.close()
            raise Oversized(f"it is larger than {MAX_ANSWER} bytes")
        if time.monotonic() > ends:
            response.close()
            raise requests.ReadTimeout("the answer drips")
        chunks.append(chunk)
    response._content = b"".join(chunks)
    response._content_consumed = True  # type: ignore[attr-defined]


def _stays_unread(request: requests.PreparedRequest, response: requests.Response) -> bool:
    """True for a file that was asked for by `open`, or the way to it; a refusal is read."""
    wanted = 200 <= response.status_code < 300 or response.is_redirect
    return wanted and getattr(request, "unread", False)


def _was_sent(problem: Exception) -> bool:
    """False only when the connection never came up, so that nothing can have landed."""
    if isinstance(problem, requests.ConnectTimeout | Barred):
        return False
    cause = problem.args[0] if problem.args else None
    if isinstance(cause, MaxRetryError):
        return not isinstance(cause.reason, NewConnectionError | ConnectTimeoutError)
    return True


def _words(problem: Exception) -> str:
    if isinstance(problem, requests.Timeout | ReadTimeoutError):
        return "no answer in time"
    if isinstance(problem, Barred):
        return f"not called: {problem}"
    if isinstance(problem, Oversized):
        return f"no usable answer, {problem}"
    return f"no usable answer ({type(problem).__name__})"


def _where(request: requests.PreparedRequest) -> str:
    """Method and path; the query stays out, it may carry personal data."""
    return f"{request.method} {urlsplit(request.url or '').path}"
