"""What was called at a desk, for the people who look into a failure.

Whoever wants to know begins with `recorded`; every call of the thread is noted until its end. A
note has the method, the path, the status, the time and the desk's complaint: never a body, a
query, a header or a secret.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote, urlsplit

from connectors.text import clean

MOST = 30  # calls that are kept: the latest
LONGEST = 300  # characters of a path or a complaint
HIDDEN = "…"

_noted: ContextVar[list[dict[str, Any]] | None] = ContextVar("calls", default=None)


@contextmanager
def recorded() -> Iterator[None]:
    """Note the calls of this thread, for `taken`."""
    token = _noted.set([])
    try:
        yield
    finally:
        _noted.reset(token)


def note(method: str, path: str, status: int | None, seconds: float, words: str = "") -> None:
    """A call and its answer; `status` is None where none came."""
    noted = _noted.get()
    if noted is None:
        return
    call: dict[str, Any] = {"method": method, "path": path, "status": status}
    call["ms"] = round(seconds * 1000)
    if words:
        call["words"] = clean(words)[:LONGEST]
    noted.append(call)
    del noted[:-MOST]


def taken() -> list[dict[str, Any]] | None:
    """The calls since the last question, to be stored as they are; None when there were none."""
    noted = _noted.get()
    if not noted:
        return None
    calls = noted.copy()
    noted.clear()
    return calls


def path(url: str | None) -> str:
    """An address's path without what may be a person's: no query, no segment like an address."""
    segments = urlsplit(url or "").path.split("/")
    return "/".join(HIDDEN if _is_personal(one) else one for one in segments)[:LONGEST]


def _is_personal(segment: str) -> bool:
    """An e-mail address or a telephone number, encoded or not."""
    plain = unquote(segment)
    return "@" in plain or re.fullmatch(r"\+\d{6,}", plain) is not None
