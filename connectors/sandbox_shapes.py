"""What every sandbox desk shows and shares: tickets in common words, routes, answers."""

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.wrappers import Response

from connectors.sandbox_faults import Faults
from connectors.sandbox_ledger import Ledger


@dataclass
class World:
    """What the desks of one sandbox share; `origin` is known once the server listens."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    faults: Faults = field(default_factory=Faults)
    origin: str = "http://127.0.0.1"

    def __post_init__(self) -> None:
        self.began = self.now()
        self.ledger = Ledger(self.now)


@dataclass(frozen=True, kw_only=True)
class Held:
    """A file as a desk holds it."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A comment as a desk holds it; the first is usually the description."""

    id: str
    author: str
    role: str  # customer or agent
    public: bool
    text: str
    at: str
    files: tuple[Held, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A ticket as a desk holds it, in words that all desks share; `state` tells of its end."""

    id: str
    subject: str
    status: str
    key: str | None = None
    requester: str = ""
    assignee: str | None = None
    tags: tuple[str, ...] = ()
    updated: str = ""
    state: str = ""  # "deleted", "merged into 5" or empty
    entries: tuple[Entry, ...] = ()


class Refused(Exception):
    """The desk says no with this answer."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Route:
    """A method and path of the vendor's API; `calls` are what it may write into the ledger."""

    method: str
    path: str
    calls: tuple[str, ...]
    public: bool  # neither credentials nor faults: what a browser opens


def route(where: str, *calls: str, public: bool = False) -> Callable[[Any], Any]:
    """Mark a method as the answer to e.g. `"PUT /api/v2/tickets/<int:ticket_id>"`."""
    method, path = where.split()

    def mark(function: Any) -> Any:
        function.routes = [*getattr(function, "routes", []), Route(method, path, calls, public)]
        return function

    return mark


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON answer."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return Response(
        body.encode("utf-8", "surrogatepass"), status, headers, content_type="application/json"
    )


def held(file: Mapping[str, str]) -> Held:
    """A file from JSON, its `data` in base64."""
    kind = file.get("content_type", "application/octet-stream")
    return Held(name=file["name"], content_type=kind, data=base64.b64decode(file["data"]))


def same(one: str, other: str) -> bool:
    """Equal, compared in constant time: how desks compare secrets."""
    return hmac.compare_digest(one.encode(), other.encode())
