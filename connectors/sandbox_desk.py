"""What every sandbox desk is: routes over state under one lock, and an agent who acts on it."""

import base64
import hmac
import inspect
import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from connectors.sandbox_faults import Faults
from connectors.sandbox_ledger import Ledger
from connectors.sandbox_outbox import Outbox, Outgoing


@dataclass
class World:
    """What the desks of one sandbox share; `origin` is known once the server listens."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    faults: Faults = field(default_factory=Faults)
    origin: str = "http://127.0.0.1"

    def __post_init__(self) -> None:
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


class SandboxDesk(ABC):
    """One vendor. A subclass has the vendor's routes, its state, and what its agents can do.

    Methods marked with `@route` take the request and the path's values, run under the desk's lock,
    and return a Response or data for JSON; they raise `Refused`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    words: ClassVar[tuple[str, ...]]  # the statuses that an agent may choose
    agents: ClassVar[tuple[str, ...]]  # the first one acts unless another is named
    SETTINGS: Mapping[str, tuple[float, str]] = {}  # default and what it means

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = threading.RLock()
        self.settings = {name: value for name, (value, _why) in self.SETTINGS.items()}
        self.outbox = Outbox(self.name, world.faults, self.record)
        self.restart()

    def restart(self) -> None:
        """Start anew, with routes bound to what `reset` made."""
        self.reset()
        self.rules = self._rules()

    def parts(self) -> Iterable[object]:
        """The objects whose methods carry routes; a large desk lists its parts here."""
        return (self,)

    def _rules(self) -> Any:
        rules = Map(strict_slashes=False, redirect_defaults=False)
        for part in self.parts():
            for _name, function in inspect.getmembers(part, inspect.ismethod):
                for one in getattr(function, "routes", ()):
                    rules.add(Rule(one.path, methods=[one.method], endpoint=(one, function)))
        return rules.bind("sandbox")

    def find(self, method: str, path: str) -> tuple[Route, Callable[..., Any], Mapping[str, Any]]:
        """The route for a request; `Refused` in the vendor's words when there is none."""
        try:
            (found, function), values = self.rules.match(self.spell(path), method)
        except HTTPException as problem:
            raise Refused(self.refusal(problem.code or 404, "Not found")) from None
        return found, function, values

    def run(
        self, found: Route, function: Callable[..., Any], values: Any, request: Request
    ) -> Response:
        """Execute a request completely, under the lock."""
        with self.lock:
            try:
                if not found.public:
                    self.admit(request, found)
                made = function(request, **values)
                made = made if isinstance(made, Response) else answer(made)
            except Refused as no:
                made = no.answer
                where = {"method": request.method, "path": request.path}
                self.record("request_refused", status=made.status_code, **where)
            return self.finish(request, found, made)

    @property
    def url(self) -> str:
        """The desk's own address."""
        return f"{self.world.origin}/{self.name}"

    def now(self) -> datetime:
        return self.world.now()

    def record(self, call: str, **facts: Any) -> None:
        """Write into the ledger."""
        self.world.ledger.add(self.name, call, **facts)

    def send(self, webhook: Outgoing) -> None:
        """Send a webhook, soon and in order."""
        self.outbox.put(webhook)

    def act(self, ticket_id: str, deeds: Mapping[str, Any]) -> list[str]:
        """Do as an agent what `deeds` name, in their order; the ids of what was written.

        `reply` and `note` take a text (and `files` go with it), `status` a word, `assign` an
        agent, `merge` the surviving ticket, `delete` anything; `by` names the agent.
        """
        by = str(deeds.get("by") or self.agents[0])
        files = tuple(_held(file) for file in deeds.get("files", ()))
        ids = []
        with self.lock:
            self.case(ticket_id)
            for deed, value in deeds.items():
                if deed in ("reply", "note"):
                    public = deed == "reply"
                    ids.append(
                        self.agent_writes(ticket_id, value, public=public, by=by, files=files)
                    )
                elif deed == "status":
                    self.agent_sets_status(ticket_id, value, by=by)
                elif deed == "assign":
                    self.agent_assigns(ticket_id, value, by=by)
                elif deed == "merge":
                    self.agent_merges(ticket_id, str(value), by=by)
                elif deed == "delete":
                    self.agent_deletes(ticket_id, by=by)
                elif deed not in ("by", "files"):
                    raise ValueError(f"an agent cannot {deed!r}")
        return ids

    def spell(self, path: str) -> str:
        """The path as the routes spell it, for vendors that know several spellings."""
        return path

    def admit(self, request: Request, found: Route) -> None:
        """Raise `Refused` unless credentials and rate allow the request."""
        return None

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        """The answer with what the vendor adds to each: rate headers, request ids."""
        return made

    def expire_tokens(self) -> None:
        """Let every access token die now; desks with fixed keys have none."""
        return None

    def person_registers(self, url: str, secret: str) -> None:
        """Set up a webhook as a person would by hand, where the vendor has no API for it."""
        raise NotImplementedError(f"{self.title} registers webhooks by its API")

    @abstractmethod
    def reset(self) -> None:
        """Start anew with demo accounts and no tickets; settings stay."""

    @abstractmethod
    def accounts(self) -> list[dict[str, Any]]:
        """Demo accounts: `name`, `config` as the connector's form takes it, `note`."""

    @abstractmethod
    def refusal(self, status: int, words: str) -> Response:
        """An error in the vendor's shape."""

    @abstractmethod
    def cases(self) -> Sequence[Case]:
        """All tickets, latest first, without their entries."""

    @abstractmethod
    def case(self, ticket_id: str) -> Case:
        """One ticket with its entries; `KeyError` when there is none."""

    @abstractmethod
    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        """An agent's reply, or a note; its id."""

    @abstractmethod
    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None: ...

    @abstractmethod
    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None: ...

    @abstractmethod
    def agent_deletes(self, ticket_id: str, *, by: str) -> None: ...

    @abstractmethod
    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None: ...


def _held(file: Mapping[str, str]) -> Held:
    kind = file.get("content_type", "application/octet-stream")
    return Held(name=file["name"], content_type=kind, data=base64.b64decode(file["data"]))


def same(one: str, other: str) -> bool:
    """Equal, compared in constant time: how desks compare secrets."""
    return hmac.compare_digest(one.encode(), other.encode())
