"""What every sandbox desk is: routes over state under one lock, and an agent who acts on it."""

import inspect
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from connectors.sandbox_outbox import Outbox, Outgoing
from connectors.sandbox_shapes import Case, Held, Refused, Route, World, answer, held


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
    retry_header: ClassVar[str] = "Retry-After"  # where a 429 says when to come back

    def __init__(self, world: World) -> None:
        self.world = world
        self.lock = threading.RLock()
        self.settings = {name: value for name, (value, _why) in self.SETTINGS.items()}
        self.outbox = Outbox(self.name, world.faults, self.record)
        self.restart()
        self.rules = self._rules()

    def restart(self) -> None:
        """Start anew; the routes lead to what `reset` made."""
        self.reset()
        self._present = tuple(self.parts())

    def parts(self) -> Iterable[object]:
        """The objects whose methods carry routes; a large desk lists its parts here."""
        return (self,)

    def _rules(self) -> Any:
        """Each route with its part's place and its method's name: the parts change, they do not."""
        rules = Map(strict_slashes=False, redirect_defaults=False)
        for place, part in enumerate(self._present):
            for name, function in inspect.getmembers(part, inspect.ismethod):
                for one in getattr(function, "routes", ()):
                    rules.add(Rule(one.path, methods=[one.method], endpoint=(one, place, name)))
        return rules.bind("sandbox")

    def find(self, method: str, path: str) -> tuple[Route, Callable[..., Any], Mapping[str, Any]]:
        """The route for a request; `Refused` in the vendor's words when there is none."""
        try:
            (found, place, name), values = self.rules.match(self.spell(path), method)
        except HTTPException as problem:
            raise Refused(self.refusal(problem.code or 404, "Not found")) from None
        return found, getattr(self._present[place], name), values

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
        files = tuple(held(file) for file in deeds.get("files", ()))
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
