"""What subscribers are promised: order, warnings, replays, and every attempt to be seen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from hub import admin, jobs
from hub.clock import Clock
from hub.pipeline import orphans
from hub.pipeline.publish import publish
from hub.store import publications, replays
from tests.hub.stories.endpoint import Endpoint, answering
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_privacy import wait_for
from webhooks import signing

WAITS_FOR_A_LOCK = """select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with answering() as listening:
        yield listening


def subscribe(stories: Stories, endpoint: Endpoint, **how: Any) -> dict[str, Any]:
    return dict(admin.add_subscriber(stories.house, stories.workspace, endpoint.url, **how))


def tell(stories: Stories, *chats: str | None) -> list[str]:
    """An event in each conversation, each in its own transaction; their ids."""
    told = []
    for number, chat in enumerate(chats):
        with stories.house.store.transaction() as tx:
            told.append(publish(tx, stories.workspace, "ticket.closed", {"number": number},
                                conversation_id=chat))  # fmt: skip
    return told


def states(stories: Stories) -> list[str]:
    return [row["state"] for row in stories.rows("select state from deliveries order by id")]


def finish(stories: Stories) -> list[str]:
    """Run all jobs, those that wait as well, until there is none."""
    names: list[str] = []
    while stories.waiting():
        stories.hurry()
        names += stories.work()
    return names


def test_an_event_waits_for_the_one_before_of_its_conversation(
    stories: Stories, endpoint: Endpoint
) -> None:
    subscribe(stories, endpoint, ordered=True)
    endpoint.status = 500
    a1, a2, b1, a3 = tell(stories, "con_a", "con_a", "con_b", "con_a")
    stories.work()
    assert endpoint.ids() == [a1, b1]
    with stories.house.store.transaction() as tx:  # who is held is no orphan
        tx.run("update deliveries set created_at = created_at - interval '1 h', due_at = null")
        jobs.drop_lane(tx, f"subscriber:{stories.row('select id from subscribers')['id']}")
        assert orphans.adopt(tx) == 2
    endpoint.status = 200
    stories.work()
    assert endpoint.ids()[2:] == [a1, b1, a2, a3]
    assert states(stories) == ["delivered"] * 4 and stories.waiting() == []


def test_what_failed_for_good_lets_the_next_one_go(stories: Stories, endpoint: Endpoint) -> None:
    subscribe(stories, endpoint, ordered=True)
    endpoint.status = 500
    first, second = tell(stories, "con_a", "con_a")
    with stories.house.store.transaction() as tx:
        tx.run("update deliveries set tries = 9 where event_id = :id", id=first)
    stories.work()
    assert endpoint.ids() == [first, second]
    assert states(stories) == ["failed", "pending"]


def test_without_the_wish_nobody_waits(stories: Stories, endpoint: Endpoint) -> None:
    subscribe(stories, endpoint)
    endpoint.status = 500
    told = tell(stories, "con_a", "con_a")
    stories.work()
    assert endpoint.ids() == told


def test_each_attempt_is_kept_with_what_was_answered(stories: Stories, endpoint: Endpoint) -> None:
    made = subscribe(stories, endpoint, asymmetric=True, secret="whsec_" + "QUJD" * 10)
    endpoint.status = 503
    tell(stories, None)
    stories.work()
    endpoint.status = 204
    finish(stories)
    row = stories.row("select * from deliveries")
    assert [(one["status"], one["error"]) for one in row["attempts"]] == [(503, "503"), (204, None)]
    assert all(one["at"] and one["milliseconds"] >= 0 for one in row["attempts"])
    first, again = endpoint.calls
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    assert Webhook("whsec_" + "QUJD" * 10).verify(again.body, again.headers)["type"]
    subscriber = stories.row("select * from subscribers where id = :id", id=made["id"])
    key = admin.public_key(stories.house, subscriber)
    assert key is not None
    signing.verify([key], again.headers, again.body, stories.house.store.now())


def test_while_secret_and_key_rotate_four_signatures_are_sent(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint, asymmetric=True)
    before = admin.public_key(stories.house, stories.row("select * from subscribers"))
    rotated, _ = admin.rotate_subscriber(stories.house, stories.workspace, made["id"])
    after = admin.public_key(stories.house, stories.row("select * from subscribers"))
    tell(stories, None)
    stories.work()
    (call,) = endpoint.calls
    assert len(call.headers["webhook-signature"].split(" ")) == 4 and before != after
    for key in (made["secret"], rotated["secret"], before, after):
        signing.verify([str(key)], call.headers, call.body, stories.house.store.now())
    with stories.house.store.transaction() as tx:
        tx.run("update subscribers set previous_until = now() - interval '1 s'")
    tell(stories, None)
    stories.work()
    assert len(endpoint.calls[-1].headers["webhook-signature"].split(" ")) == 2


def test_a_subscriber_that_fails_is_warned_of_twice_and_then_disabled(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint, events=["ticket.closed"])
    endpoint.status = 500
    heard = []
    for hours in (23, 25, 26, 97, 98, 121):
        with stories.house.store.transaction() as tx:
            tx.run("update subscribers set failing_since = now() - make_interval(hours => :hours)",
                   hours=hours)  # fmt: skip
        tell(stories, None)
        stories.work()
        heard.append(stories.events()[-1])
    warned, disabled = "subscriber.failing", "subscriber.disabled"
    closed = "ticket.closed"
    assert heard == [closed, warned, closed, warned, closed, disabled]
    row = stories.row("select * from subscribers where id = :id", id=made["id"])
    assert row["state"] == "disabled" and set(states(stories)) == {"dropped"}
    told = stories.rows("select payload from events where type = :t order by id", t=warned)
    assert [one["payload"]["reason"] for one in told] == [
        "It has failed for 24 hours.", "It has failed for 96 hours.",
    ]  # fmt: skip


def test_what_was_missed_is_sent_by_a_job_that_may_be_killed_at_any_batch(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint, events=["ticket.closed"])
    began = stories.house.store.now()
    with stories.house.store.transaction() as tx:
        admin.change_subscriber(tx, stories.house, stories.workspace, made["id"], active=False)
        told = [publish(tx, stories.workspace, "ticket.closed", {"n": n}) for n in range(130)]
        publish(tx, stories.workspace, "ticket.created", {})  # it does not listen to these
    assert states(stories) == []
    with stories.house.store.transaction() as tx:
        admin.change_subscriber(tx, stories.house, stories.workspace, made["id"], active=True)
        begun = admin.start_replay(tx, stories.workspace, made["id"], "missing", since=began)
        assert (begun["total"], begun["sent"], begun["state"]) == (130, 0, "running")
        with pytest.raises(admin.Conflict):
            admin.start_replay(tx, stories.workspace, made["id"], since=began)
    assert stories.work(limit=1) == ["replay"]
    half = _progress(stories, made["id"])
    assert (half["sent"], half["pending"]) == (replays.BATCH, replays.BATCH)
    with stories.house.store.transaction() as tx:  # the worker died, and its job with it
        tx.run("delete from pgqueuer")
        tx.run("update replays set created_at = created_at - interval '1 h'")
        tx.run("update deliveries set created_at = created_at - interval '1 h'")
        orphans.adopt(tx)
    finish(stories)
    done = _progress(stories, made["id"])
    assert (done["state"], done["sent"], done["delivered"]) == ("done", 130, 130)
    assert sorted(endpoint.ids()) == sorted(told)  # each once


def test_all_that_failed_in_a_range_is_sent_again_under_its_old_ids(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint)
    told = tell(stories, None, None, None)
    stories.work()
    with stories.house.store.transaction() as tx:
        tx.run("update deliveries set state = 'failed', tries = 10 where event_id <> :id",
               id=told[0])  # fmt: skip
        tx.run("update events set at = at - interval '2 days' where id = :id", id=told[1])
        since = tx.now - timedelta(days=1)
        admin.start_replay(tx, stories.workspace, made["id"], "failed", since=since)
    first = [call.body for call in endpoint.calls]
    finish(stories)
    assert endpoint.ids() == [*told, told[2]] and endpoint.calls[-1].body == first[2]
    with stories.house.store.transaction() as tx:
        again = admin.start_replay(tx, stories.workspace, made["id"], "all", since=since)
        stopped = admin.stop_replay(tx, stories.workspace, made["id"], again["id"])
        assert (again["total"], stopped["state"]) == (2, "stopped")
        with pytest.raises(admin.BadInput):
            admin.start_replay(tx, stories.workspace, made["id"], since=tx.now, until=since)
    finish(stories)
    assert len(endpoint.calls) == 4


def test_a_test_event_goes_to_one_and_whatever_it_listens_to(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint, events=["ticket.created"])
    subscribe(stories, endpoint)
    with stories.house.store.transaction() as tx:
        admin.send_test_event(tx, stories.workspace, made["id"], actor="user:Ada")
    stories.work()
    (call,) = endpoint.calls
    assert (call.json["type"], call.json["data"]["sent_by"]) == ("subscriber.test", "user:Ada")


def test_bodies_are_deleted_by_age_but_not_while_somebody_waits(
    stories: Stories, endpoint: Endpoint
) -> None:
    subscribe(stories, endpoint)
    told = tell(stories, None, None)
    endpoint.status = 500
    stories.work()
    with stories.house.store.transaction() as tx:
        tx.run("update deliveries set state = 'delivered' where event_id = :id", id=told[0])
        tx.run("update events set at = at - interval '31 days'")
        Clock(stories.house).forget_bodies(tx)
    kept = stories.rows("select payload is null as gone from events where direction = 'out'"
                        " order by id")  # fmt: skip
    assert [row["gone"] for row in kept] == [True, False]
    delivery = stories.row("select id from deliveries where event_id = :id", id=told[0])
    with stories.house.store.transaction() as tx, pytest.raises(admin.Conflict, match="too old"):
        admin.retry_delivery(tx, stories.workspace, delivery["id"])


def test_who_is_switched_off_keeps_no_body_from_being_deleted(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint)
    tell(stories, None)
    with stories.house.store.transaction() as tx:
        tx.run("update subscribers set state = 'disabled' where id = :id", id=made["id"])
        tx.run("update events set at = at - interval '31 days'")
        Clock(stories.house).forget_bodies(tx)
    assert stories.rows("select 1 from events where payload is not null") == []
    with stories.house.store.transaction() as tx:
        tx.run("update subscribers set state = 'active' where id = :id", id=made["id"])
    stories.work()
    assert (states(stories), endpoint.calls) == (["dropped"], [])


def test_an_answer_waits_for_who_switches_its_endpoint_off(
    stories: Stories, endpoint: Endpoint
) -> None:
    made = subscribe(stories, endpoint)
    tell(stories, None, None)
    store, attempt = stories.house.store, {"status": 500, "error": "no"}
    with store.transaction() as tx:
        row = publications.delivery(tx, stories.rows("select id from deliveries")[0]["id"])

    def fail() -> None:
        with store.transaction() as tx:
            publications.failed(tx, row, attempt, again=timedelta(seconds=5))

    with ThreadPoolExecutor(1) as pool, store.transaction() as tx:
        tx.run("select 1 from subscribers where id = :id for update", id=made["id"])
        answered = pool.submit(fail)
        wait_for(stories, WAITS_FOR_A_LOCK)
        assert publications.disable(tx, made["id"], "gone")
    answered.result(10)  # no deadlock
    assert set(states(stories)) == {"dropped"}  # and what was dropped meanwhile stays so


def test_an_orphan_is_found_behind_work_that_has_its_jobs(
    stories: Stories, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "AT_ONCE", 1)
    subscribe(stories, endpoint)
    tell(stories, None, None, None)
    with stories.house.store.transaction() as tx:
        tx.run("update deliveries set created_at = created_at - interval '1 h'")
        lost = tx.value("select max(id) from deliveries")
        tx.run("delete from pgqueuer where payload = :name", name=f"deliver:{lost}".encode())
        assert orphans.adopt(tx) == 1
    with stories.house.store.transaction() as tx:
        assert orphans.adopt(tx) == 0


def _progress(stories: Stories, subscriber_id: str) -> Any:
    with stories.house.store.transaction() as tx:
        return admin.list_replays(tx, stories.workspace, subscriber_id).rows[0]


def test_who_is_switched_off_is_sent_nothing(stories: Stories, endpoint: Endpoint) -> None:
    made = subscribe(stories, endpoint)
    tell(stories, None)
    with stories.house.store.transaction() as tx:
        admin.change_subscriber(tx, stories.house, stories.workspace, made["id"], active=False)
    stories.work()
    assert (states(stories), endpoint.calls) == (["pending"], [])


def test_who_answers_that_it_is_gone_is_switched_off_and_told_of(
    stories: Stories, endpoint: Endpoint
) -> None:
    subscribe(stories, endpoint)
    endpoint.status = 410
    tell(stories, None, None)
    stories.work()
    row = stories.row("select state, state_reason from subscribers")
    assert tuple(row.values()) == ("disabled", "It answered 410 Gone.")
    assert len(endpoint.calls) == 1 and stories.events()[-1] == "subscriber.disabled"


def test_of_many_attempts_the_last_twenty_are_kept(stories: Stories, endpoint: Endpoint) -> None:
    subscribe(stories, endpoint)
    tell(stories, None)
    with stories.house.store.transaction() as tx:
        tx.run("update deliveries set attempts = (select jsonb_agg(jsonb_build_object('n', n))"
               " from generate_series(1, 20) n)")  # fmt: skip
    stories.work()
    kept = stories.row("select attempts from deliveries")["attempts"]
    assert (len(kept), kept[0], kept[-1]["status"]) == (20, {"n": 2}, 200)


def test_a_subscriber_gets_four_requests_at_once(stories: Stories, endpoint: Endpoint) -> None:
    made = subscribe(stories, endpoint)
    with stories.house.store.transaction() as tx:
        assert publications.lanes(tx) == {f"subscriber:{made['id']}": 4}


def test_nobody_begins_while_the_next_in_line_is_chosen(
    stories: Stories, endpoint: Endpoint
) -> None:
    subscribe(stories, endpoint, ordered=True)
    tell(stories, "con_a")
    with ThreadPoolExecutor(1) as pool, stories.house.store.transaction() as tx:
        row = publications.delivery(tx, tx.value("select id from deliveries"))
        assert row is not None
        publications.lock_line(tx, row)
        working = pool.submit(stories.work)
        wait_for(stories, WAITS_FOR_A_LOCK)
        assert endpoint.calls == []
    assert working.result(10) == ["deliver"] and len(endpoint.calls) == 1
