"""A ticket's life: created, found, solved, reopened, closed, merged, deleted."""

import pytest

from connectors.base import Connector
from connectors.errors import Conflict, InvalidRequest, NotFound
from connectors.types import Requester, Status
from tests.contract.desk import Desk, draft, eventually, message, note, requester, stands


def test_the_key_travels_in_the_create(by_http: Desk, connector: Connector) -> None:
    wanted = draft()
    ticket = connector.create_ticket(wanted)
    made = by_http.harness.ledger(call="create_ticket")
    assert [(e["ticket_id"], e["key"]) for e in made][-1] == (ticket.id, wanted.key)


def test_a_created_ticket_is_told_with_its_key_and_address(
    desk: Desk, connector: Connector
) -> None:
    wanted = draft()
    ticket = connector.create_ticket(wanted)
    assert ticket.id and ticket.key == wanted.key
    assert ticket.url.startswith(("https://", "http://", "/"))
    assert ticket.status in (Status.NEW, Status.OPEN)
    assert connector.read_ticket(ticket.id).key == wanted.key


def test_a_ticket_is_found_by_its_key_and_by_no_other(desk: Desk, connector: Connector) -> None:
    if not connector.can.find_by_key:
        pytest.skip("this desk cannot be searched by key")
    one, other = draft(), draft()
    ticket = connector.create_ticket(one)
    connector.create_ticket(other)
    found = eventually(lambda: connector.find_ticket(one.key), "finding the ticket")
    assert (found.id, found.key) == (ticket.id, one.key)
    assert connector.find_ticket("esc_nobody_has_this_key") is None
    assert connector.find_ticket(one.key[:-1]) is None


def test_the_subject_and_requester_arrive(desk: Desk, connector: Connector) -> None:
    person = requester(name="Zoë Müller")
    ticket = connector.create_ticket(draft(subject="Où est mon colis ?", requester=person))
    case = desk.harness.read(ticket.id)
    assert case.subject == "Où est mon colis ?"
    assert "Zoë Müller" in case.requester and str(person.email) in case.requester


@pytest.mark.parametrize(
    "person",
    [
        Requester(id="u-1", name="No Mail"),
        Requester(id="u-2"),
        Requester(id="u-3", email="only@mail.example"),
        Requester(name="Only A Name"),
        Requester(id="u-4", phone="+4915112345678"),
        Requester(),
    ],
    ids=["no e-mail", "an id only", "no name", "a name only", "a phone", "nobody"],
)
def test_whatever_is_known_of_the_customer_is_enough(
    desk: Desk, connector: Connector, person: Requester
) -> None:
    ticket = connector.create_ticket(draft("Help me", requester=person))
    assert stands("Help me", desk.harness.read(ticket.id))
    entry = connector.append_message(ticket.id, message("Please"))
    written = next(e for e in desk.harness.read(ticket.id).entries if e.id == entry)
    assert written.public and written.role == "customer"


@pytest.mark.parametrize(
    "subject", ["", "x" * 2000, "two\nlines\r\nand\ttabs"], ids=["empty", "long", "lines"]
)
def test_an_odd_subject_is_no_obstacle(desk: Desk, connector: Connector, subject: str) -> None:
    ticket = connector.create_ticket(draft("Hello", subject=subject))
    assert stands("Hello", desk.harness.read(ticket.id))


def test_each_status_can_be_set_as_far_as_the_desk_allows(desk: Desk, connector: Connector) -> None:
    for wanted, reached in desk.harness.reach.items():
        ticket = connector.create_ticket(draft())
        told = connector.set_status(ticket.id, wanted)
        assert told.status == reached, wanted
        assert connector.read_ticket(ticket.id).status == reached, wanted


def test_a_ticket_on_hold_takes_the_next_status(desk: Desk, connector: Connector) -> None:
    if Status.ON_HOLD not in desk.harness.reach:
        pytest.skip("this desk puts nothing on hold")
    for wanted, reached in desk.harness.reach.items():
        ticket = connector.create_ticket(draft())
        connector.set_status(ticket.id, Status.ON_HOLD)
        assert connector.set_status(ticket.id, wanted).status == reached, wanted
        assert connector.read_ticket(ticket.id).status == reached, wanted


def test_each_of_the_desks_words_is_understood(desk: Desk, connector: Connector) -> None:
    for word, status in desk.harness.words.items():
        ticket = connector.create_ticket(draft())
        desk.act(ticket.id, status=word)
        read = connector.read_ticket(ticket.id)
        assert (read.status, str(read.word).casefold()) == (status, word.casefold())


def test_a_word_that_nobody_knows_is_unknown(desk: Desk, connector: Connector) -> None:
    if desk.harness.strange_word is None:
        pytest.skip("this desk has a closed list of words")
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, status=desk.harness.strange_word)
    assert connector.read_ticket(ticket.id).status is Status.UNKNOWN


def test_an_accounts_own_word_is_understood_when_it_is_told(desk: Desk) -> None:
    word = desk.harness.strange_word
    if word is None:
        pytest.skip("this desk has a closed list of words")
    connector = desk.connector({**desk.harness.config, "status_words": {word: "pending"}})
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, status=word)
    assert connector.read_ticket(ticket.id).status is Status.PENDING


def test_an_accounts_own_meaning_of_a_known_word_wins(desk: Desk) -> None:
    if not desk.harness.config:
        pytest.skip("this desk has a closed list of words")
    word, usual = next(iter(desk.harness.words.items()))
    other = Status.ON_HOLD if usual is not Status.ON_HOLD else Status.PENDING
    connector = desk.connector({**desk.harness.config, "status_words": {word: other}})
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, status=word)
    assert connector.read_ticket(ticket.id).status is other


def test_a_solved_ticket_can_be_reopened(desk: Desk, connector: Connector) -> None:
    if not connector.can.reopen:
        pytest.skip("this desk reopens nothing")
    ticket = connector.create_ticket(draft())
    connector.set_status(ticket.id, Status.SOLVED)
    assert connector.set_status(ticket.id, Status.OPEN).status is Status.OPEN


def test_setting_a_status_twice_is_no_error(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    connector.set_status(ticket.id, Status.SOLVED)
    assert connector.set_status(ticket.id, Status.SOLVED).status is Status.SOLVED


def test_a_deleted_ticket_is_not_found(desk: Desk, connector: Connector) -> None:
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, delete=True)
    for call in (
        lambda: connector.read_ticket(ticket.id),
        lambda: connector.append_message(ticket.id, message("Hello?")),
        lambda: connector.add_note(ticket.id, note("Hello?")),
        lambda: connector.set_status(ticket.id, Status.OPEN),
        lambda: connector.find_entry(ticket.id, message("Hello?")),
    ):
        with pytest.raises(NotFound):
            call()


def test_a_ticket_that_never_was_is_not_found(desk: Desk, connector: Connector) -> None:
    for ticket_id in ("999999999", "no-such-ticket", "../users/me", "1?x=1", "1/../2", ""):
        with pytest.raises((NotFound, InvalidRequest)):
            connector.read_ticket(ticket_id)


def test_a_closed_ticket_takes_no_further_message(desk: Desk, connector: Connector) -> None:
    if not desk.harness.closed_refuses:
        pytest.skip("this desk takes messages into closed tickets")
    closed = next(word for word, is_ in desk.harness.words.items() if is_ is Status.CLOSED)
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, status=closed)
    for call in (
        lambda: connector.append_message(ticket.id, message("One more thing")),
        lambda: connector.add_note(ticket.id, note("One more thing")),
        lambda: connector.set_status(ticket.id, Status.OPEN),
    ):
        with pytest.raises(Conflict):
            call()


def test_a_merged_ticket_takes_no_further_message(desk: Desk, connector: Connector) -> None:
    if not desk.harness.merged_refuses:
        pytest.skip("this desk passes messages on to the surviving ticket")
    one, other = connector.create_ticket(draft()), connector.create_ticket(draft())
    desk.act(one.id, merge=other.id)
    with pytest.raises((Conflict, NotFound)):
        connector.append_message(one.id, message("One more thing"))


def test_previous_tickets_are_the_requesters_own_and_newest_first(
    desk: Desk, connector: Connector
) -> None:
    person = requester()
    made = [connector.create_ticket(draft(requester=person)).id for _ in range(12)]
    connector.create_ticket(draft())
    found = eventually(
        lambda: [t.id for t in connector.previous_tickets(person)][:10], "the earlier tickets"
    )
    assert found == made[:1:-1]
    assert connector.previous_tickets(requester()) == []


def test_nobody_in_particular_has_no_previous_tickets(connector: Connector) -> None:
    connector.create_ticket(draft(requester=Requester()))
    assert connector.previous_tickets(Requester()) == []
