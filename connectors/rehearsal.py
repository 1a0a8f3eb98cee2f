"""What a connector would send, without sending it.

Inside of `held`, reading requests of this thread go to the desk as ever, and writing ones are kept
back and answered with `{"id": "(new)"}`. A connector that needs more of the answer raises, as it
does at any answer in an unknown shape: the rehearsal ends there.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict

from connectors import calls

READS = ("GET", "HEAD", "OPTIONS")
# Searches, batch reads and token grants are POST at most desks, and change nothing.
ALSO_READ = re.compile(r"/search/?$|/batch/read$|/oauth2?/|/services/oauth2/|/token$")
NEW = "(new)"
LONGEST = 100_000  # characters of a body that are kept

_held: ContextVar[list["Request"] | None] = ContextVar("held", default=None)


@dataclass(frozen=True, slots=True)
class Request:
    """A request that was kept back; a body that is no JSON is told by its size."""

    method: str
    path: str
    body: Any


@contextmanager
def held() -> Iterator[list[Request]]:
    """Keep this thread's writing requests back; they are in the list."""
    kept: list[Request] = []
    token = _held.set(kept)
    try:
        yield kept
    finally:
        _held.reset(token)


def answer(request: requests.PreparedRequest) -> requests.Response | None:
    """The answer to a request that is kept back; None for one that is to be sent."""
    kept = _held.get()
    path = calls.path(request.url)
    if kept is None or request.method in READS or ALSO_READ.search(path):
        return None
    kept.append(Request(str(request.method), path, _read(request.body)))
    made = requests.Response()
    made.status_code, made.reason = 201, "Kept back"
    made.request, made.url = request, request.url or ""
    made.headers = CaseInsensitiveDict({"Content-Type": "application/json"})
    made._content = json.dumps({"id": NEW}).encode()
    made._content_consumed = True  # type: ignore[attr-defined]
    return made


def _read(body: Any) -> Any:
    if body is None:
        return None
    data = body if isinstance(body, bytes) else str(body).encode()
    if len(data) <= LONGEST:
        try:
            return json.loads(data)
        except ValueError:  # a form with files, or a file
            pass
    return f"{len(data)} bytes"
