"""Zendesk's limits: what one ticket costs, in calls or in bytes, is no other ticket's loss."""

from collections.abc import Iterator

import pytest

from connectors.base import Connector
from connectors.errors import RateLimited
from connectors.sandbox import running
from connectors.types import Note, Status, Ticket
from connectors.zendesk.sandbox import harness
from tests.contract.desk import Desk, draft, message, of, poll

LIMITS = {"rate_per_minute": 700, "updates_per_minute": 100, "updates_per_ticket": 30}
LONG = 63 * 1024  # characters: close to a comment's limit


class Told:
    """A throttle that keeps what it was told."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def take(self) -> None: ...

    def limited(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture(scope="module")
def running_desk() -> Iterator[Desk]:
    with running(["zendesk"]) as base_url:
        yield Desk("zendesk", harness(base_url))


@pytest.fixture
def desk(running_desk: Desk) -> Desk:
    running_desk.harness.reset()
    running_desk.harness.set(**LIMITS)
    return running_desk


@pytest.fixture
def throttle() -> Told:
    return Told()


@pytest.fixture
def connector(desk: Desk, throttle: Told) -> Connector:
    return desk.connector(throttle=throttle)


def test_a_busy_ticket_holds_no_other_up(connector: Connector, throttle: Told) -> None:
    busy, other = connector.create_ticket(draft()), connector.create_ticket(draft())
    for number in range(30):
        connector.append_message(busy.id, message(f"Message {number}"))
    with pytest.raises(RateLimited, match="updating this ticket again") as problem:
        connector.append_message(busy.id, message("Message 31"))
    assert 60 < (problem.value.retry_after or 0) <= 600
    assert throttle.waits == []
    connector.append_message(other.id, message("Hello"))
    connector.set_status(other.id, Status.PENDING)
    connector.create_ticket(draft())


def test_an_account_at_its_limit_is_left_alone(
    desk: Desk, connector: Connector, throttle: Told
) -> None:
    ticket = connector.create_ticket(draft())
    desk.harness.set(rate_per_minute=0)
    with pytest.raises(RateLimited):
        connector.add_note(ticket.id, Note(id="n1", text="Hm"))  # it may be this ticket's limit
    assert throttle.waits == []
    with pytest.raises(RateLimited):
        connector.create_ticket(draft())
    assert len(throttle.waits) == 1


def long_replies(desk: Desk, ticket: Ticket, number: int = 30) -> list[str]:
    """So many replies of an agent, as long as a comment may be: 5.5 MiB of JSON together."""
    return [desk.act(ticket.id, reply=f"{n} ".ljust(LONG, "x"))[0] for n in range(number)]


def test_long_comments_are_told_in_their_order(desk: Desk, connector: Connector) -> None:
    ticket, other = connector.create_ticket(draft()), connector.create_ticket(draft())
    written = long_replies(desk, ticket)
    desk.act(other.id, reply="A short one")
    told = connector.read_changes(ticket.id)
    assert [c.message_id for c in told if c.kind == "message"] == written
    found, _ = poll(connector)
    assert [c.message_id for c in of(found, ticket, "message")] == written
    assert [c.text for c in of(found, other, "message")] == ["A short one"]


def test_an_entry_is_found_below_long_comments(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    said = message("Did it land?")
    entry = connector.append_message(ticket.id, said)
    long_replies(desk, ticket)
    assert connector.find_entry(ticket.id, said) == entry
    assert connector.find_entry(ticket.id, message("Something else")) is None


def test_long_tickets_of_others_do_not_stop_the_list(desk: Desk) -> None:
    connector = desk.connector(desk.harness.weak_config)  # no admin, hence no export
    ours = connector.create_ticket(draft())
    words = "x" * 62_500  # what is longer goes as a file
    for number in range(90):
        connector.create_ticket(draft(words, key=f"theirs {number}"))
    found, _ = poll(connector)
    assert {change.ticket_id for change in found} == {ours.id}
