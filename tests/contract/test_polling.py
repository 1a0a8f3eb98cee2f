"""Polling walks on by its cursor and misses nothing."""

import time
from datetime import timedelta

import pytest

from connectors.base import Connector
from connectors.errors import NotFound
from connectors.types import Change
from tests.contract.desk import Desk, draft, eventually, now, of, poll


def test_nothing_is_missed_while_much_happens(desk: Desk, polled: Connector) -> None:
    began = now() - timedelta(minutes=5)
    tickets = [polled.create_ticket(draft()) for _ in range(4)]
    page = polled.fetch_changes(began)
    seen, wanted = list(page.changes), set[str]()
    for turn in range(12):
        ticket = tickets[turn % 4]
        wanted |= set(desk.act(ticket.id, reply=f"turn {turn}"))
        if turn % 3 == 0:
            page = polled.fetch_changes(page.cursor)
            seen += page.changes

    def told() -> bool:
        nonlocal page
        page = polled.fetch_changes(page.cursor)
        seen.extend(page.changes)
        return wanted <= {c.message_id for c in seen}

    eventually(told, "telling every reply")


def test_no_ticket_is_missed_between_the_pages_of_a_poll(desk: Desk, polled: Connector) -> None:
    """More tickets have news than one page has."""
    began = now() - timedelta(minutes=5)
    tickets = {polled.create_ticket(draft("Hello")).id for _ in range(desk.harness.page + 10)}
    for ticket_id in tickets:
        desk.act(ticket_id, reply="We look into it.")
    for _ in range(5):
        changes, _ = poll(polled, began)
        missing = tickets - {change.ticket_id for change in changes if change.kind == "message"}
        if not missing:
            return
        time.sleep(1)  # an index may be late
    raise AssertionError(f"of {len(missing)} in {len(tickets)} tickets nothing is told")


def test_the_newest_words_of_a_long_ticket_are_told(desk: Desk, polled: Connector) -> None:
    """It has more than any desk shows on one page; what came before them was told before."""
    ticket = polled.create_ticket(draft())
    said = [f"Reply {n} of many." for n in range(110)]
    for text in said:
        desk.act(ticket.id, reply=text)
    wanted = set(said[-5:])
    for _ in range(5):
        told = {str(change.text) for change in of(poll(polled)[0], ticket, "message")}
        if wanted <= told:
            return
        time.sleep(1)  # an index may be late
    raise AssertionError(f"never told: {sorted(wanted - told)}")


def test_changes_come_oldest_first(desk: Desk, polled: Connector) -> None:
    tickets = [polled.create_ticket(draft()) for _ in range(3)]
    written = []
    for turn in range(6):
        written += desk.act(tickets[turn % 3].id, reply=f"turn {turn}")

    def six() -> list[Change]:
        told = poll(polled)[0]
        return told if len([c for c in told if c.kind == "message"]) >= 6 else []

    found = eventually(six, "six messages")
    assert [c.at for c in found] == sorted(c.at for c in found)
    for ticket in tickets:
        mine = [c.message_id for c in found if c.ticket_id == ticket.id and c.kind == "message"]
        assert mine == [entry for entry in written if entry in mine] and len(mine) == 2


def test_a_poll_without_news_brings_nothing_new(desk: Desk, polled: Connector) -> None:
    ticket = polled.create_ticket(draft())
    desk.act(ticket.id, reply="Hello")
    first, cursor = poll(polled)
    again, cursor = poll(polled, cursor)
    again, cursor = poll(polled, cursor)
    assert {c.id for c in again} <= {c.id for c in first}
    assert cursor


def test_the_same_change_has_the_same_id_in_every_poll(desk: Desk, polled: Connector) -> None:
    ticket = polled.create_ticket(draft())
    desk.act(ticket.id, reply="Hello", status=list(desk.harness.words)[1])
    desk.act(ticket.id, note="Hm")
    one, other = poll(polled)[0], poll(polled)[0]
    assert of(one, ticket) and {c.id for c in one} == {c.id for c in other}


def test_one_ticket_tells_what_a_poll_would_tell_of_it(desk: Desk, polled: Connector) -> None:
    if polled.can.webhooks == "none":
        pytest.skip("this desk sends no webhooks that could hint")
    ticket, other = polled.create_ticket(draft()), polled.create_ticket(draft())
    desk.act(other.id, reply="Another story")
    desk.act(ticket.id, reply="Hello", status=list(desk.harness.words)[1])
    desk.act(ticket.id, note="Hm")
    wanted = eventually(lambda: of(poll(polled)[0], ticket), "the poll")
    told = polled.read_changes(ticket.id)
    assert {"message", "note", "status"} <= {change.kind for change in told}
    assert {change.id for change in told} == {change.id for change in wanted}
    assert [change.at for change in told] == sorted(change.at for change in told)


def test_a_ticket_that_is_gone_tells_so(desk: Desk, polled: Connector) -> None:
    if polled.can.webhooks == "none":
        pytest.skip("this desk sends no webhooks that could hint")
    ticket = polled.create_ticket(draft())
    desk.act(ticket.id, delete=True)
    try:
        told = polled.read_changes(ticket.id)
    except NotFound:
        return
    assert [change.kind for change in told] == ["deleted"]


def test_tickets_of_others_are_none_of_our_business(desk: Desk, polled: Connector) -> None:
    """Their key, where another integration has stamped one, does not begin as the hub's do."""
    if desk.harness.base_url is None:
        pytest.skip("this desk is the hub's own: nobody else makes tickets there")
    stranger = polled.create_ticket(draft(key="not_the_hubs_1"))
    ticket = polled.create_ticket(draft())
    for ticket_id in (stranger.id, ticket.id):  # ours last: what tells of it knows of both
        desk.act(ticket_id, reply="Hello", note="Hm")

    def told() -> list[Change]:
        found = poll(polled)[0]
        return found if of(found, ticket, "message") else []

    found = eventually(told, "telling the reply")
    assert {c.ticket_id for c in found} == {ticket.id}


def test_a_time_in_the_future_and_just_now_are_good_starts(desk: Desk, polled: Connector) -> None:
    for after in (now(), now() - timedelta(seconds=1), now() + timedelta(seconds=5)):
        assert polled.fetch_changes(after).cursor
