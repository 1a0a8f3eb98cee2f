"""Files from addresses that strangers chose: guarded at every step, small enough, and in time.

A redirect is followed a few times, and each address is judged like the first. What cannot be had
is `Failed`, with a word to sort by and whether a later try may succeed.
"""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal
from urllib.parse import urljoin, urlsplit

import requests
import urllib3

from webhooks.errors import Forbidden
from webhooks.guard import Guard
from webhooks.transport import GuardedSession

REDIRECTS = 3
MOVED = (301, 302, 303, 307, 308)
BUSY = (408, 425, 429)  # and 5xx: the address may give the file later
TIMEOUT = 30.0  # seconds for each address, down to the file's last byte
CHUNK = 65_536
AT_ONCE = 8  # whole files that a process holds
TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")
ANYWHERE = Guard(allow=(ip_network("0.0.0.0/0"), ip_network("::/0")))

Code = Literal["too_large", "download_failed", "forbidden_address"]


class Failed(Exception):
    """The file was not had; `code` says why in a word, `again` whether a later try may help."""

    def __init__(self, code: Code, message: str, *, again: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.again = again


@dataclass(frozen=True)
class Fetched:
    """A file as it was had."""

    data: bytes
    content_type: str | None


class Downloads:
    """The way to strangers' files; `sandbox` is an origin that may be private, for tests."""

    def __init__(self, session: GuardedSession, *, sandbox: str | None = None) -> None:
        self.session = session
        self.sandbox = _origin(sandbox) if sandbox else None
        self.inside = GuardedSession(ANYWHERE) if sandbox else None
        self.room = threading.BoundedSemaphore(AT_ONCE)  # for those who hold whole files

    def fetch(self, url: str, limit: int) -> Fetched:
        """The whole file of at most `limit` bytes; raises `Failed`."""
        with self._open(url) as response:
            if int(_number(response.headers.get("content-length"))) > limit:
                raise Failed("too_large", f"the file is larger than {limit} bytes")
            data = b"".join(_chunks(response, limit))
            kind = TYPE.match(response.headers.get("content-type", ""))
        return Fetched(data, kind[0].casefold() if kind else None)

    def stream(self, url: str, limit: int) -> Iterator[bytes]:
        """The file as it comes; raises `Failed`, also on the way."""
        return self._streamed(self._open(url), limit)

    def close(self) -> None:
        """Give back connections."""
        if self.inside is not None:
            self.inside.close()

    def _streamed(self, response: requests.Response, limit: int) -> Iterator[bytes]:
        with response:
            yield from _chunks(response, limit)

    def _open(self, url: str) -> requests.Response:
        """The answer with the file, which the caller closes."""
        for _ in range(REDIRECTS + 1):
            response = self._ask(url)
            if response.status_code not in MOVED:
                return _judged(response)
            response.close()
            url = _next(url, response.headers.get("location", ""))
        raise Failed("download_failed", f"more than {REDIRECTS} redirects")

    def _ask(self, url: str) -> requests.Response:
        inside = self.inside is not None and _origin(url) == self.sandbox
        session = self.inside if inside and self.inside is not None else self.session
        try:
            return session.get(url, stream=True, timeout=TIMEOUT, allow_redirects=False)
        except Forbidden as refusal:
            raise Failed("forbidden_address", refusal.reason) from None
        except ValueError:  # a scheme or a form that requests has no way for
            raise Failed("forbidden_address", "this is no web address") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as failure:
            words = f"the address gave no answer ({type(failure).__name__})"
            raise Failed("download_failed", words, again=True) from None


def _judged(response: requests.Response) -> requests.Response:
    """The answer, if it is a file that is not packed."""
    status, packing = response.status_code, response.headers.get("content-encoding", "identity")
    if status == 200 and packing == "identity":
        return response
    response.close()
    if status == 200:
        raise Failed("download_failed", "the address packs its answer")
    again = status in BUSY or status >= 500
    raise Failed("download_failed", f"the address answered {status}", again=again)


def _chunks(response: requests.Response, limit: int) -> Iterator[bytes]:
    size = 0
    try:
        while chunk := response.raw.read(CHUNK, decode_content=False):
            size += len(chunk)
            if size > limit:
                raise Failed("too_large", f"the file is larger than {limit} bytes")
            yield chunk
    except (urllib3.exceptions.HTTPError, OSError) as failure:
        words = f"the file broke off ({type(failure).__name__})"
        raise Failed("download_failed", words, again=True) from None


def _next(url: str, location: str) -> str:
    """Where a redirect leads; never from https down to http."""
    try:
        target = urljoin(url, location)
    except ValueError:  # such as brackets that do not close
        target = ""
    if not (location and target) or (url.startswith("https:") and not target.startswith("https:")):
        raise Failed("download_failed", "a redirect that is not followed")
    return target


def _origin(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:  # the guard says what is wrong with it
        return "", ""
    return parts.scheme, parts.netloc


def _number(text: str | None) -> int:
    """A header's number, 0 for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 20 else 0
