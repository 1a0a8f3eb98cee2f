"""A desk as the contract's tests use it: its connector, its sandbox, and the way between them."""

import html
import itertools
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
import requests
from werkzeug.wrappers import Request, Response

from connectors import registry
from connectors.base import Connector, Ports
from connectors.errors import NotFound
from connectors.sandbox import Case, Harness
from connectors.sandbox_server import listen
from connectors.types import Change, Delivery, Draft, Message, Note, Requester, Ticket

T = TypeVar("T")
PATIENCE = 30.0  # seconds that anything in a sandbox may take
OURS = "a-secret-that-we-propose-0123456789"


@dataclass(frozen=True)
class Desk:
    """One desk under test."""

    name: str
    harness: Harness

    @property
    def kind(self) -> type[Connector]:
        return registry.get(self.name)

    def connector(self, config: Mapping[str, Any] | None = None, **ports: Any) -> Connector:
        """A connector with a fresh session, by default with the harness's good credentials."""
        ports = {"now": now, "native": self.harness.native, "timeout": (2.0, 8.0)} | ports
        ports.setdefault("download", download)
        form = self.kind.Config(**(self.harness.config if config is None else config))
        return self.kind(form, Ports(**ports))

    def act(self, ticket_id: str, **deeds: Any) -> list[str]:
        """Let an agent do something; skips the test where this desk's agents never do."""
        for deed in deeds:
            if deed in self.harness.cannot:
                pytest.skip(f"agents of this desk have no {deed}")
        return self.harness.act(ticket_id, **deeds)

    def secrets(self, connector: Connector) -> list[str]:
        """Everything that must never be shown: the form's secrets and the tokens got with them."""
        values = [getattr(connector.config, name) for name in type(connector.config).model_fields]
        found = [v.get_secret_value() for v in values if hasattr(v, "get_secret_value")]
        token = connector.ports.tokens.get()
        return found + ([token.access.get_secret_value()] if token else [])


@dataclass
class Inbox:
    """Where a desk's webhooks arrive, byte for byte."""

    url: str
    secret: str | None = None
    answer: tuple[str, bytes] = ("text/plain", b"ok")
    requests: list[Delivery] = field(default_factory=list)

    def deliveries(self) -> list[Delivery]:
        """What has arrived, as the hub would hand it to the connector."""
        return [d.__class__(**_fields(d) | {"secret": self.secret}) for d in list(self.requests)]

    def changes(self, connector: Connector) -> list[Change]:
        """The changes in all deliveries, each one verified."""
        found = []
        for delivery in self.deliveries():
            connector.verify_signature(delivery)
            found += connector.parse_webhook(delivery)
        return found


def _fields(delivery: Delivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in Delivery.__dataclass_fields__}


@contextmanager
def inbox() -> Iterator[Inbox]:
    """A small HTTP server that keeps every POST, and answers all with 200."""
    box = Inbox("")

    def keep(environ: Any, start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        if request.method != "POST":  # a desk that looks whether the address answers
            return Response("ok")(environ, start_response)
        headers = {name.lower(): value for name, value in request.headers.items()}
        box.requests.append(
            Delivery(
                method=request.method,
                url=request.url,
                headers=headers,
                body=request.get_data(),
                received_at=now(),
            )
        )
        kind, body = box.answer
        return Response(body, content_type=kind)(environ, start_response)

    server = listen(keep, "127.0.0.1", 0)
    box.url = f"http://127.0.0.1:{server.server_address[1]}/webhooks/desks/cxn_contract"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield box
    finally:
        server.shutdown()
        thread.join()
        server.server_close()  # else a late webhook would hang in the backlog


def subscribe(desk: Desk, connector: Connector, box: Inbox, ours: str = OURS) -> None:
    """Register the inbox at the desk, by the connector or as a person would."""
    box.answer = connector.acknowledges or box.answer
    told = connector.ensure_webhooks(box.url, ours)
    box.secret = told.secret or ours
    if told.steps:
        desk.harness.register(box.url, box.secret)


def download(url: str) -> Iterator[bytes]:
    """A file from any address, without credentials."""
    answer = requests.get(url, timeout=8)
    if not answer.ok:
        raise NotFound(f"{answer.status_code}")
    return iter((answer.content,))


def now() -> datetime:
    return datetime.now(UTC)


def eventually(ask: Callable[[], T], what: str = "it") -> T:
    """The first true answer of `ask`; fails when there is none in time."""
    end = time.monotonic() + PATIENCE
    while True:
        answer = ask()
        if answer:
            return answer
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE} s"
        time.sleep(0.02)


NUMBERS = itertools.count(1)


def message(text: str, role: Any = "customer", **more: Any) -> Message:
    return Message(id=f"msg_{uuid.uuid4().hex}", role=role, text=text, at=now(), **more)


def note(text: str) -> Note:
    return Note(id=f"note_{uuid.uuid4().hex}", text=text)


def requester(**over: Any) -> Requester:
    number = f"{next(NUMBERS)}-{uuid.uuid4().hex[:6]}"
    person = {"id": f"user-{number}", "name": "Zoë Müller", "email": f"zoe-{number}@example.com"}
    return Requester(**person | over)


def draft(*texts: str, **over: Any) -> Draft:
    said = texts or ("My parcel is lost.", "I am sorry. Let me get somebody.")
    roles = itertools.cycle(("customer", "ai"))
    whole = {
        "key": f"esc_{uuid.uuid4().hex[:26]}",  # as long as the hub's
        "subject": "A parcel is lost",
        "transcript": tuple(message(text, role) for text, role in zip(said, roles, strict=False)),
        "requester": requester(),
        "language": "en",
    }
    return Draft(**whole | over)


def poll(connector: Connector, after: datetime | str | None = None) -> tuple[list[Change], str]:
    """All changes since `after` (by default long before the test), and the cursor to go on."""
    place: datetime | str = after if after is not None else now() - timedelta(minutes=5)
    found: list[Change] = []
    for _ in range(200):
        page = connector.fetch_changes(place)
        found += page.changes
        place = page.cursor
        if not page.more:
            return found, page.cursor
    raise AssertionError("200 pages and still more")


def of(changes: Iterable[Change], ticket: Ticket, *kinds: str) -> list[Change]:
    """The changes of one ticket and of some kinds; of one id the first, as the hub takes them."""
    mine: dict[str, Change] = {}
    for change in changes:
        if change.ticket_id == ticket.id and (not kinds or change.kind in kinds):
            mine.setdefault(change.id, change)
    return list(mine.values())


def texts(case: Case) -> list[str]:
    """Every text that a desk holds for a ticket: comments and attached texts, as a person reads."""
    found = [entry.text for entry in case.entries]
    files = [file for entry in case.entries for file in entry.files]
    readable = [f for f in files if not f.content_type.startswith(("image/", "audio/", "video/"))]
    return found + [file.data.decode("utf-8", "replace") for file in readable]


def stands(text: str, case: Case) -> bool:
    """True when `text` stands whole in the ticket; a NUL may have become something else."""
    plain = "\n".join(texts(case))
    rich = html.unescape(plain)
    return all(part in plain or part in rich for part in text.split("\x00"))
