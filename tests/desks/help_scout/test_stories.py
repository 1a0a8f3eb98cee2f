"""Help Scout's connector with its sandbox, where one answer is not enough."""

from collections.abc import Iterator

import pytest

from connectors.help_scout.sandbox import harness
from connectors.sandbox import running
from tests.contract.desk import Desk, draft, of, poll


@pytest.fixture(scope="module")
def running_desk() -> Iterator[Desk]:
    with running(["help_scout"]) as base_url:
        yield Desk("help_scout", harness(base_url))


@pytest.fixture
def desk(running_desk: Desk) -> Desk:
    running_desk.harness.reset()
    return running_desk


def test_a_ticket_is_found_below_a_page_of_others_while_the_index_is_late(desk: Desk) -> None:
    desk.harness.set(search_lag=60)
    connector, wanted = desk.connector(), draft()
    ticket = connector.create_ticket(wanted)
    for _ in range(30):
        connector.create_ticket(draft())
    found = connector.find_ticket(wanted.key)
    assert found is not None and found.id == ticket.id


def test_what_is_said_in_the_conversation_that_goes_on_is_told(desk: Desk) -> None:
    """Its own escalation's or a stranger's: it has the tags of the one that it took in."""
    connector = desk.connector()
    one, other = connector.create_ticket(draft()), connector.create_ticket(draft())
    connector.api.write("PUT", f"/conversations/{other.id}/tags", {"tags": ["vip"]})
    desk.act(one.id, merge=other.id)
    (change,) = connector.read_changes(one.id)
    assert (change.kind, change.merged_into) == ("merged", other.id)
    (entry,) = desk.act(other.id, reply="I have both of your questions here.")
    assert entry in {change.message_id for change in of(poll(connector)[0], other, "message")}
