"""A connection's calls are spread over the time in which its desk counts them."""

from hub.house import House
from hub.store import Tx, connections

RATE = 60  # calls a minute


def account(tx: Tx, workspace: str) -> str:
    return connections.add(tx, workspace, "salesforce", "Org", config=b"", rate=RATE, concurrency=8)


def test_a_desk_that_counts_by_the_minute_bears_few_calls_at_once(
    house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        org = account(tx, workspace)
        waits = [connections.turn(tx, org) for _ in range(2 * RATE)]
    assert waits[0] == 0 and waits == sorted(waits)
    within_a_minute = [seconds for seconds in waits if seconds < 59.9]
    assert RATE * 0.9 < len(within_a_minute) <= RATE


def test_a_desk_that_counts_by_the_day_bears_many_calls_at_once(
    house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        org = account(tx, workspace)
        waits = [connections.turn(tx, org, over=86_400) for _ in range(10 * RATE)]
    assert set(waits) == {0}


def test_a_day_has_no_more_calls_than_its_minutes_allow(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        org = connections.add(tx, workspace, "salesforce", "Org", config=b"", rate=1, concurrency=8)
        waits = [connections.turn(tx, org, over=86_400) for _ in range(2000)]
    assert len([seconds for seconds in waits if seconds < 86_399]) <= 24 * 60
