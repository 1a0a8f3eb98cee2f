"""A desk that fails, in every way that desks fail: our errors, and nothing else."""

import socket
import time
import traceback
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from connectors.base import Connector
from connectors.errors import (
    AuthFailed,
    Conflict,
    ConnectorError,
    InvalidRequest,
    NotFound,
    RateLimited,
    Refused,
    Unavailable,
)
from connectors.types import File, Status, Ticket
from tests.contract.desk import (
    Desk,
    draft,
    eventually,
    message,
    note,
    now,
    requester,
    stands,
)

Call = Callable[[Connector, Ticket], Any]
READS: dict[str, Call] = {
    "verify": lambda c, _t: c.verify(),
    "find_ticket": lambda c, _t: c.find_ticket("esc_any"),
    "read_ticket": lambda c, t: c.read_ticket(t.id),
    "find_entry": lambda c, t: c.find_entry(t.id, message("any")),
    "fetch_changes": lambda c, _t: c.fetch_changes(now()),
    "previous_tickets": lambda c, _t: c.previous_tickets(requester()),
}
WRITES: dict[str, Call] = {
    "create_ticket": lambda c, _t: c.create_ticket(draft()),
    "append_message": lambda c, t: c.append_message(t.id, message("any")),
    "add_note": lambda c, t: c.add_note(t.id, note("any")),
    "attach": lambda c, t: c.attach(t.id, File(name="a.txt", data=b"a")),
    "set_status": lambda c, t: c.set_status(t.id, Status.SOLVED),
}
CALLS = READS | WRITES


@pytest.fixture
def ticket(by_http: Desk, connector: Connector) -> Ticket:
    """A ticket from before the fault, by a connector that already has its token."""
    return connector.create_ticket(draft())


def skip_what_cannot_be(connector: Connector, call: str) -> None:
    can = {
        "find_ticket": connector.can.find_by_key,
        "fetch_changes": connector.can.polling,
        "add_note": connector.can.notes,
        "attach": bool(connector.can.attachments),
    }
    if not can.get(call, True):
        pytest.skip(f"this desk has no {call}")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "mode",
    ["server_error", "html_200", "wrong_schema", "huge_answer", "redirect", "cut_before_commit"],
)
def test_a_useless_answer_is_unavailable(
    by_http: Desk, connector: Connector, ticket: Ticket, mode: str, call: str
) -> None:
    skip_what_cannot_be(connector, call)
    by_http.harness.fault(mode)
    with pytest.raises(ConnectorError) as problem:
        CALLS[call](connector, ticket)
    if mode == "redirect":  # never followed; how it is called does not matter
        return
    assert isinstance(problem.value, Unavailable), repr(problem.value)
    assert problem.value.sent


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidRequest),
        (401, AuthFailed),
        (403, AuthFailed),
        (404, NotFound),
        (409, Conflict),
        (422, InvalidRequest),
        (503, Unavailable),
    ],
)
def test_each_refusal_is_told_in_our_words(
    by_http: Desk,
    connector: Connector,
    ticket: Ticket,
    status: int,
    error: type[ConnectorError],
    call: str,
) -> None:
    skip_what_cannot_be(connector, call)
    if status == 409 and by_http.harness.conflict_passes:
        error = Unavailable
    by_http.harness.fault("refuse", status=status)
    with pytest.raises(ConnectorError) as problem:
        CALLS[call](connector, ticket)
    assert isinstance(problem.value, error), repr(problem.value)


@pytest.mark.parametrize("call", CALLS)
def test_a_rate_limit_says_when_to_come_back(
    by_http: Desk, connector: Connector, ticket: Ticket, call: str
) -> None:
    skip_what_cannot_be(connector, call)
    by_http.harness.fault("rate_limit", retry_after=17)
    began = time.monotonic()
    with pytest.raises(RateLimited) as problem:
        CALLS[call](connector, ticket)
    assert problem.value.retry_after == 17
    assert time.monotonic() - began < 17, "waiting is the worker's business"


def test_the_throttle_hears_of_a_rate_limit(by_http: Desk) -> None:
    class Told:
        def __init__(self) -> None:
            self.taken, self.waits = 0, list[float]()

        def take(self) -> None:
            self.taken += 1

        def limited(self, seconds: float) -> None:
            self.waits.append(seconds)

    throttle = Told()
    connector = by_http.connector(throttle=throttle)
    connector.create_ticket(draft())
    assert throttle.taken >= 1
    by_http.harness.fault("rate_limit", retry_after=17)
    with pytest.raises(RateLimited):
        connector.create_ticket(draft())
    assert throttle.waits == [17]


def test_a_busy_desk_may_say_when_to_come_back(by_http: Desk, connector: Connector) -> None:
    connector.verify()
    by_http.harness.fault("server_error", status=503, retry_after=9)
    with pytest.raises(Unavailable) as problem:
        connector.create_ticket(draft())
    assert problem.value.retry_after == 9


def test_a_desk_that_hangs_is_given_up(by_http: Desk) -> None:
    connector = by_http.connector(timeout=(1.0, 0.5))
    connector.verify()
    by_http.harness.fault("hang")
    began = time.monotonic()
    with pytest.raises(Unavailable) as problem:
        connector.create_ticket(draft())
    assert problem.value.sent and time.monotonic() - began < 20


def test_a_desk_that_drips_its_answer_is_given_up(by_http: Desk) -> None:
    connector = by_http.connector(timeout=(1.0, 0.5))
    connector.verify()
    by_http.harness.fault("slow_bytes", ms=20)  # each byte in time, the whole answer never
    began = time.monotonic()
    with pytest.raises(Unavailable) as problem:
        connector.create_ticket(draft())
    assert problem.value.sent and time.monotonic() - began < 20


def test_a_slow_desk_is_borne(by_http: Desk, connector: Connector) -> None:
    by_http.harness.fault("latency", ms=300)
    assert connector.create_ticket(draft()).id


def test_a_desk_that_is_not_there_was_sent_nothing(by_http: Desk) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}"
        config = {**by_http.harness.config, "base_url": f"{nowhere}/{by_http.name}"}
        with pytest.raises(Unavailable) as problem:
            by_http.connector(config).create_ticket(draft())
    assert problem.value.sent is False


def test_after_a_lost_answer_exactly_one_ticket_is_found(
    by_http: Desk, connector: Connector
) -> None:
    connector.verify()
    wanted = draft()
    by_http.harness.fault("cut_after_commit", call="create_ticket", times=1)
    with pytest.raises(Unavailable) as problem:
        connector.create_ticket(wanted)
    assert problem.value.sent
    made = [e for e in by_http.harness.ledger(call="create_ticket") if e["key"] == wanted.key]
    assert len(made) == 1
    if connector.can.find_by_key:
        found = eventually(lambda: connector.find_ticket(wanted.key), "finding the ticket")
        assert found.id == made[0]["ticket_id"]


HALF_WAY = {  # in which a request of a create fails, the others being answered
    "429": ("rate_limit", {"retry_after": 0}),
    "403": ("refuse", {"status": 403}),
    "422": ("refuse", {"status": 422}),
    "500": ("server_error", {}),
    "lost": ("cut_after_commit", {}),
}


@pytest.mark.parametrize("failure", HALF_WAY)
def test_a_create_that_fails_half_way_is_one_ticket_with_all_that_was_said(
    by_http: Desk, connector: Connector, failure: str
) -> None:
    """Each of its requests fails in turn; then the hub does what the error tells it."""
    if not connector.can.find_by_key:
        pytest.skip("this desk cannot be searched: a person looks")
    connector.verify()
    mode, how = HALF_WAY[failure]
    for n in range(50):
        # Long enough to be split, or to travel as a file.
        wanted = draft(*[f"{part}: {'long ' * 1300}{part}." for part in range(14)])
        by_http.harness.fault(mode, skip=n, times=1, **how)
        try:
            connector.create_ticket(wanted)
            struck = by_http.harness.mend()
        except ConnectorError as problem:
            struck = by_http.harness.mend()
            unsure = isinstance(problem, Unavailable) and problem.sent
            found = connector.find_ticket(wanted.key)
            assert found is None or unsure, f"request {n + 1}: {problem!r}, and there is a ticket"
            ticket = found or connector.create_ticket(wanted)
            connector.complete_ticket(ticket.id, wanted)
            connector.complete_ticket(ticket.id, wanted)
        made = [e for e in by_http.harness.ledger(call="create_ticket") if e["key"] == wanted.key]
        assert len(made) == 1, f"request {n + 1}: {len(made)} tickets"
        case = by_http.harness.read(made[0]["ticket_id"])
        for said in wanted.transcript:
            assert stands(said.text, case), f"request {n + 1}: not all that was said"
        files = [file.name for entry in case.entries for file in entry.files]
        assert len(files) == len(set(files)), f"request {n + 1}: a file twice"
        if not struck:
            return
    raise AssertionError("a create of 50 requests")


ENTRIES: dict[str, tuple[str, Callable[[str], Any]]] = {  # each known by one word
    "message": ("append_message", lambda word: message(f"{word} {'long ' * 14_000}")),
    "note": ("add_note", lambda word: note(f"{word} {'long ' * 14_000}")),
    "file": ("attach", lambda word: File(id=word, name=word, data=b"a")),
}


@pytest.mark.parametrize("failure", HALF_WAY)
@pytest.mark.parametrize("kind", ENTRIES)
def test_what_fails_half_way_stands_once_and_is_refused_only_when_it_is_not_there(
    by_http: Desk, connector: Connector, ticket: Ticket, kind: str, failure: str
) -> None:
    """Each request of a message, a note, a file fails in turn; then the hub looks and goes on."""
    write, make = ENTRIES[kind]
    skip_what_cannot_be(connector, write)
    mode, how = HALF_WAY[failure]
    for n in range(20):
        word = f"{uuid4().hex}.txt"
        entry = make(word)
        by_http.harness.fault(mode, skip=n, times=1, **how)
        try:
            getattr(connector, write)(ticket.id, entry)
            struck = by_http.harness.mend()
        except ConnectorError as problem:
            struck = by_http.harness.mend()
            there = word in written(by_http, ticket)
            assert not (there and isinstance(problem, Refused)), f"request {n + 1}: {problem!r}"
            if connector.find_entry(ticket.id, entry) is None:
                getattr(connector, write)(ticket.id, entry)
        times = [one for one in written(by_http, ticket) if one == word]
        assert times == [word], f"request {n + 1}: {len(times)} times"
        if not struck:
            return
    raise AssertionError(f"{write}: 20 requests")


def written(by_http: Desk, ticket: Ticket) -> list[str]:
    """What stands in the ticket: file names, and each entry's other words, once an entry."""
    found: list[str] = []
    for entry in by_http.harness.read(ticket.id).entries:
        names = [file.name for file in entry.files]
        found += [*names, *(set(entry.text.split()) - set(names))]
    return found


def test_a_create_that_never_arrived_can_be_repeated(by_http: Desk, connector: Connector) -> None:
    connector.verify()
    wanted = draft()
    by_http.harness.fault("cut_before_commit", call="create_ticket", times=1)
    with pytest.raises(Unavailable) as problem:
        connector.create_ticket(wanted)
    assert problem.value.sent
    if connector.can.find_by_key:
        assert connector.find_ticket(wanted.key) is None
    ticket = connector.create_ticket(wanted)
    made = [e for e in by_http.harness.ledger(call="create_ticket") if e["key"] == wanted.key]
    assert [e["ticket_id"] for e in made] == [ticket.id]


@pytest.mark.parametrize("call", ["append_message", "add_note"])
def test_after_a_lost_answer_the_entry_is_found(
    by_http: Desk, connector: Connector, ticket: Ticket, call: str
) -> None:
    skip_what_cannot_be(connector, call)
    entry: Any = message("Did it land?") if call == "append_message" else note("Did it land?")
    by_http.harness.fault("cut_after_commit", call=call, times=1)
    with pytest.raises(Unavailable) as problem:
        getattr(connector, call)(ticket.id, entry)
    assert problem.value.sent
    written = by_http.harness.ledger(call=call)[-1]
    assert connector.find_entry(ticket.id, entry) == written["id"]


@pytest.mark.parametrize("call", ["append_message", "add_note"])
def test_an_entry_that_never_arrived_is_not_found(
    by_http: Desk, connector: Connector, ticket: Ticket, call: str
) -> None:
    skip_what_cannot_be(connector, call)
    entry: Any = message("Did it land?") if call == "append_message" else note("Did it land?")
    by_http.harness.fault("cut_before_commit", call=call, times=1)
    with pytest.raises(Unavailable):
        getattr(connector, call)(ticket.id, entry)
    assert connector.find_entry(ticket.id, entry) is None


def test_the_connector_itself_never_repeats_a_write(
    by_http: Desk, connector: Connector, ticket: Ticket
) -> None:
    before = len(by_http.harness.ledger())
    by_http.harness.fault("cut_after_commit", call="append_message")
    with pytest.raises(Unavailable):
        connector.append_message(ticket.id, message("Once only"))
    calls = [e["call"] for e in by_http.harness.ledger(before)]
    assert calls.count("append_message") == 1


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [400, 401, 403, 422, 500])
def test_no_error_shows_a_secret_even_if_the_desk_repeats_it(
    by_http: Desk, connector: Connector, ticket: Ticket, status: int, call: str
) -> None:
    skip_what_cannot_be(connector, call)
    secrets = by_http.secrets(connector)
    by_http.harness.fault("echo", status=status)
    with pytest.raises(ConnectorError) as problem:
        CALLS[call](connector, ticket)
    secrets += by_http.secrets(connector)
    shown = "".join(traceback.format_exception(problem.value)) + repr(vars(problem.value))
    assert secrets and not [secret for secret in secrets if secret in shown]
