"""Intercom's connector with its sandbox: whole stories."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Connector
from connectors.intercom.sandbox import harness
from connectors.intercom.sandbox_types import BACK_OFFICE
from connectors.sandbox import running
from connectors.types import Change, Delivery, Status
from tests.contract.desk import Desk, Inbox, draft, eventually, inbox, of, poll, subscribe


@pytest.fixture(scope="module")
def running_desk() -> Iterator[Desk]:
    with running(["intercom"]) as base_url:
        yield Desk("intercom", harness(base_url))


@pytest.fixture
def desk(running_desk: Desk) -> Iterator[Desk]:
    running_desk.harness.reset()
    yield running_desk
    running_desk.harness.set(short_tickets=0)


@pytest.fixture
def box(desk: Desk) -> Iterator[Inbox]:
    with inbox() as opened:
        subscribe(desk, desk.connector(), opened)
        yield opened


def test_a_connection_for_another_ticket_type_finds_its_tickets(desk: Desk) -> None:
    other = desk.connector({**desk.harness.config, "ticket_type_id": BACK_OFFICE})
    wanted = draft()
    ticket = other.create_ticket(wanted)
    found = eventually(lambda: other.find_ticket(wanted.key), "finding the ticket")
    assert (found.id, found.key) == (ticket.id, wanted.key)
    assert other.set_status(ticket.id, Status.SOLVED).status is Status.SOLVED


def told(connector: Connector, delivery: Delivery) -> list[Change]:
    """What a delivery says; after a hint, what the ticket says."""
    connector.verify_signature(delivery)
    changes = connector.parse_webhook(delivery)
    read = [connector.read_changes(c.ticket_id) for c in changes if c.kind == "hint"]
    return [c for c in changes if c.kind != "hint"] + [c for page in read for c in page]


def test_what_is_repeated_after_a_minute_does_not_undo_what_came_between(
    desk: Desk, box: Inbox
) -> None:
    desk.harness.set(short_tickets=1)
    connector = desk.connector()
    ticket = connector.create_ticket(draft())
    news = []
    for word in ("in_progress", "resolved"):
        desk.act(ticket.id, status=word)
        news.append(eventually(lambda: state_of(box, len(news)), "the news"))
    began, solved = news
    again = replace(began, received_at=solved.received_at + timedelta(seconds=60))
    changes = of(told(connector, solved) + told(connector, again), ticket, "status")
    newest = max(changes, key=lambda change: change.at)
    assert newest.status is Status.SOLVED
    by_poll = of(poll(connector)[0], ticket, "status")
    assert {c.id for c in changes} == {c.id for c in by_poll}  # so that nothing comes twice


def state_of(box: Inbox, number: int) -> Delivery | None:
    """The delivery that tells a state, counted from 0."""
    states = [d for d in box.deliveries() if b"ticket.state.updated" in d.body]
    return states[number] if len(states) > number else None
