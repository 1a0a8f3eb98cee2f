"""Intercom's connector with its sandbox: whole stories."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Connector
from connectors.intercom.sandbox import harness
from connectors.intercom.sandbox_types import BACK_OFFICE
from connectors.sandbox import running
from connectors.types import Change, Delivery, File, Status, Ticket
from tests.contract.desk import (
    Desk,
    Inbox,
    draft,
    eventually,
    inbox,
    message,
    of,
    poll,
    requester,
    subscribe,
)

PARTS = 62  # of 90 KB each


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


@pytest.mark.parametrize("key", ["esc_fat", "somebody_elses"])
def test_a_ticket_too_large_for_a_page_keeps_no_other_waiting(desk: Desk, key: str) -> None:
    connector = desk.connector()
    before, fat, after = (connector.create_ticket(draft(**k)) for k in ({}, {"key": key}, {}))
    for ticket in (before, fat, after):
        desk.act(ticket.id, reply="We look into it.")
    grow(desk, fat)
    desk.act(after.id, reply="It is here.")
    found, _cursor = poll(connector)
    assert [len(of(found, ticket, "message")) for ticket in (before, after)] == [1, 2]
    assert len(of(found, fat, "message")) == (PARTS + 1 if key == "esc_fat" else 0)


def test_a_ticket_too_large_for_an_answer_is_worked_on(desk: Desk) -> None:
    connector, who = desk.connector(), requester()
    other, fat = (connector.create_ticket(draft(requester=who)) for _ in range(2))
    grow(desk, fat)
    said = message("Are you there?")
    connector.append_message(fat.id, said)
    assert connector.find_entry(fat.id, said) is not None
    assert connector.set_status(fat.id, Status.SOLVED).status is Status.SOLVED
    assert connector.read_ticket(fat.id).status is Status.SOLVED
    assert len(of(connector.read_changes(fat.id), fat, "message")) == PARTS
    earlier = {ticket.id for ticket in desk.connector().previous_tickets(who)}
    assert earlier == {other.id, fat.id}


@pytest.mark.parametrize("typed", ["zoe at example.com", "zoe@example"])
def test_what_a_customer_typed_as_an_address_stops_no_ticket(desk: Desk, typed: str) -> None:
    connector, who = desk.connector(), requester(email=typed)
    ticket = connector.create_ticket(draft(requester=who))
    assert typed in desk.harness.read(ticket.id).entries[0].text
    assert [one.id for one in connector.previous_tickets(who)] == [ticket.id]


def test_a_customer_whose_contact_was_merged_speaks_on(desk: Desk) -> None:
    connector = desk.connector()
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, merge_customer="zoe.now@example.com")
    files = tuple(File(name=f"{number}.png", data=b"p") for number in range(11))
    said = message("Are you there?", files=files)
    last = connector.append_message(ticket.id, said)
    desk.act(ticket.id, merge_customer="zoe.later@example.com")
    alone = connector.attach(ticket.id, File(id="f1", name="a.txt", data=b"a"))
    spoken = [entry for entry in desk.harness.read(ticket.id).entries if entry.role == "customer"]
    assert [(one.id, one.author, len(one.files)) for one in spoken[2:]] == [
        (last, "zoe.now@example.com", 10),
        (alone, "zoe.later@example.com", 1),
    ]
    assert (len(spoken), len(spoken[1].files)) == (4, 1)  # the description first


def grow(desk: Desk, ticket: Ticket) -> None:
    """Make a ticket larger than any answer may be: 5 MiB."""
    for number in range(PARTS):
        desk.act(ticket.id, reply=f"{number} {'long ' * 18_000}")


def test_a_first_burst_makes_the_keys_attribute_once(desk: Desk) -> None:
    """Of processes that know nothing of each other, at a type that lacks the attribute."""
    form = {**desk.harness.config, "ticket_type_id": BACK_OFFICE}
    many = [desk.connector(form) for _ in range(8)]
    before = len(desk.harness.ledger())
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda connector: connector.create_ticket(draft()), many))
    assert len({ticket.id for ticket in made}) == 8
    refused = desk.harness.ledger(before, "request_refused")
    assert {entry["path"] for entry in refused} <= {
        f"/intercom/ticket_types/{BACK_OFFICE}/attributes"
    }
    for connector, ticket in zip(many, made, strict=True):
        assert ticket.key is not None
        assert eventually(lambda c=connector, k=ticket.key: c.find_ticket(k)).id == ticket.id


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
