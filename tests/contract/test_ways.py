"""A connector dials by the ways it is given, and by no others: the hub's look before they dial."""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from connectors.base import Connector
from connectors.errors import ConnectorError, NotFound
from connectors.types import File, Status
from tests.contract.desk import OURS, Desk, draft, message, note, now, requester

DIALLED: list[object] = []
HERE = threading.get_ident()  # sandbox desks of this process post their webhooks from other threads
ON_A_WAY: list[bool] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    dial = event in ("socket.connect", "socket.getaddrinfo")
    if dial and threading.get_ident() == HERE and not ON_A_WAY:
        DIALLED.append(arguments[1] if event == "socket.connect" else arguments[0])


sys.addaudithook(_listen)  # sees every dial, by whichever library

CALLS: dict[str, Callable[[Connector, str], object]] = {
    "verify": lambda desk, ticket: desk.verify(),
    "fields": lambda desk, ticket: desk.fields(),
    "find_ticket": lambda desk, ticket: desk.find_ticket("esc_1"),
    "create_ticket": lambda desk, ticket: desk.create_ticket(draft()),
    "complete_ticket": lambda desk, ticket: desk.complete_ticket(ticket, draft("long " * 13_000)),
    "append_message": lambda desk, ticket: desk.append_message(ticket, message("hello")),
    "add_note": lambda desk, ticket: desk.add_note(ticket, note("hello")),
    "find_entry": lambda desk, ticket: desk.find_entry(ticket, note("hello")),
    "attach": lambda desk, ticket: desk.attach(ticket, File(name="a.txt", data=b"a", size=1)),
    "fetch_file": lambda desk, ticket: list(desk.fetch_file(ticket, File(name="a", id="1"))),
    "set_status": lambda desk, ticket: desk.set_status(ticket, Status.SOLVED),
    "read_ticket": lambda desk, ticket: desk.read_ticket(ticket),
    "fetch_changes": lambda desk, ticket: desk.fetch_changes(now()),
    "read_changes": lambda desk, ticket: desk.read_changes(ticket),
    "previous_tickets": lambda desk, ticket: desk.previous_tickets(requester()),
    "ensure_webhooks": lambda desk, ticket: desk.ensure_webhooks("https://hub.example.com/x", OURS),
}
PURE = {"verify_signature", "parse_webhook"}


class Watched(HTTPAdapter):
    """A way on which dials are in order."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        ON_A_WAY.append(True)
        try:
            return super().send(request, **kwargs)
        finally:
            ON_A_WAY.clear()


def watched(pool: int) -> Mapping[str, BaseAdapter]:
    """To any address."""
    return {"https://": Watched(), "http://": Watched()}


def nowhere(url: str) -> Iterator[bytes]:
    """No file of other hosts."""
    raise NotFound("no way leads there")


def test_every_call_of_the_contract_is_tried() -> None:
    public = {name for name in vars(Connector) if not name.startswith("_")}
    assert {n for n in public if callable(getattr(Connector, n))} - {"Config"} == PURE | set(CALLS)


def test_no_call_dials_but_by_the_ways_it_was_given(desk: Desk) -> None:
    ticket = desk.connector().create_ticket(draft()).id
    for name, call in CALLS.items():
        connector = desk.connector(ways=watched, download=nowhere)
        DIALLED.clear()
        with suppress(ConnectorError):
            call(connector, ticket)
        assert DIALLED == [], f"{name} has a session of its own: every Http is made of `ports`"
