"""A connection's calls are spread over the time in which its desk counts them."""

import pytest
from flask.testing import FlaskClient

from hub import admin, pace
from hub.api import answering
from hub.house import House
from hub.pace import Pace
from hub.store import Tx, connections

RATE = 60  # calls a minute
NO_HURRY = 1e6  # seconds that a caller would wait


def account(tx: Tx, workspace: str) -> str:
    return connections.add(tx, workspace, "salesforce", "Org", config=b"", rate=RATE, concurrency=8)


def test_a_desk_that_counts_by_the_minute_bears_few_calls_at_once(
    house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        org = account(tx, workspace)
        waits = [connections.turn(tx, org, soon=NO_HURRY) for _ in range(2 * RATE)]
    assert waits[0] == 0 and waits == sorted(waits)
    within_a_minute = [seconds for seconds in waits if seconds < 59.9]
    assert RATE * 0.9 < len(within_a_minute) <= RATE


def test_a_desk_that_counts_by_the_day_bears_many_calls_at_once(
    house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        org = account(tx, workspace)
        waits = [connections.turn(tx, org, over=86_400, soon=NO_HURRY) for _ in range(10 * RATE)]
    assert set(waits) == {0}


def test_a_day_has_no_more_calls_than_its_minutes_allow(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        org = connections.add(tx, workspace, "salesforce", "Org", config=b"", rate=1, concurrency=8)
        waits = [connections.turn(tx, org, over=86_400, soon=NO_HURRY) for _ in range(2000)]
    assert len([seconds for seconds in waits if seconds < 86_399]) <= 24 * 60


def test_who_does_not_wait_for_a_turn_leaves_it_to_others(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        slow = connections.add(tx, workspace, "freshdesk", "Slow", config=b"", rate=6)
        waits = [connections.turn(tx, slow, soon=10) for _ in range(100)]
    assert waits[0] <= 10 < waits[-1]
    assert waits[-1] < 25  # a call every ten seconds: the next one's turn is not far


def test_a_slow_pace_holds_no_more_jobs_than_have_their_turn_soon(
    house: House, workspace: str
) -> None:
    with house.store.transaction() as tx:
        ids = {
            rate: connections.add(tx, workspace, "freshdesk", f"{rate}", config=b"", rate=rate)
            for rate in (1, 20, 200, None)
        }
        lanes = connections.lanes(tx)
    widths = {rate: lanes[connections.lane(id_)] for rate, id_ in ids.items()}
    assert widths == {1: 1, 20: 4, 200: 8, None: 8}  # at once, and within ten seconds


def test_a_key_that_knocks_too_often_is_told_when_to_come_back(
    client: FlaskClient, house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "KEY_RATE", 3)
    with house.store.transaction() as tx:
        keys = [admin.create_key(tx, workspace, name)["key"] for name in ("busy", "calm")]
    busy, calm = ({"Authorization": f"Bearer {key}"} for key in keys)
    told = [client.get("/v1/sources", headers=busy).status_code for _ in range(20)]
    assert told[0] == 200 and told[-1] == 429
    answer = client.get("/v1/sources", headers=busy)
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.content_type == "application/problem+json"
    assert client.get("/v1/sources", headers=calm).status_code == 200


def test_an_address_that_guesses_keys_is_slowed_down_and_holds_up_nobody_else(
    client: FlaskClient, house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "REFUSED_RATE", 3)
    with house.store.transaction() as tx:
        good = {"Authorization": f"Bearer {admin.create_key(tx, workspace, 'good')['key']}"}

    def guess(address: str) -> int:
        wrong = {"Authorization": "Bearer hub_guess"}
        told = client.get("/v1/keys", headers=wrong, environ_base={"REMOTE_ADDR": address})
        return told.status_code

    assert [guess("2001:db8::1") for _ in range(20)][-1] == 429
    assert guess("2001:db8::2") == 429  # the same network
    assert guess("2001:db8:0:1::1") == 401 == guess("192.0.2.1")
    here = {"REMOTE_ADDR": "2001:db8::1"}
    assert client.get("/v1/keys", headers=good, environ_base=here).status_code == 200


def test_strangers_cannot_fill_the_memory_of_the_pace() -> None:
    paced = Pace(1, clock=lambda: 0.0)
    for number in range(3 * pace.MOST):
        paced.take(f"refused:{number}", 60)
    assert len(paced._due) <= pace.MOST
