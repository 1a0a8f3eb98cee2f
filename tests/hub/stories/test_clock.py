"""Several clocks: one acts, and none for a leader of yesterday."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors import registry
from hub import admin, clock, worker
from hub.clock import Clock
from hub.jobs import Job
from hub.pipeline import writing
from hub.store import Tx, connections, figures, leases
from tests.hub.stories.house_of_stories import Stories


def take(stories: Stories, holder: str) -> bool:
    with stories.house.store.transaction() as tx:
        return leases.take(tx, clock.LEADER, holder, seconds=clock.LEASE)


def expire(stories: Stories) -> None:
    """The leader's time is over."""
    with stories.house.store.transaction() as tx:
        tx.run("update leases set until = now() - interval '1 s'")


def test_one_clock_leads_until_its_lease_ends_or_it_gives_it_back(stories: Stories) -> None:
    assert take(stories, "first")
    assert take(stories, "first")
    assert not take(stories, "second")
    expire(stories)
    assert take(stories, "second")
    assert not take(stories, "first")
    with stories.house.store.transaction() as tx:
        leases.give_back(tx, clock.LEADER, "first")  # has nothing to give
        leases.give_back(tx, clock.LEADER, "second")
    assert take(stories, "first")


def test_a_clock_that_lost_its_lease_does_nothing_more(stories: Stories) -> None:
    done: list[str] = []

    def chore(name: str) -> Callable[[Tx], None]:
        return lambda tx: done.append(name)

    yesterday, today = Clock(stories.house), Clock(stories.house)
    assert take(stories, yesterday.holder)
    yesterday._run(chore("before"))
    expire(stories)
    assert take(stories, today.holder)
    yesterday._run(chore("after"))
    today._run(chore("new"))
    assert done == ["before", "new"]


def test_a_chore_under_way_is_not_begun_by_the_next_leader(stories: Stories) -> None:
    stands_still, leads = Clock(stories.house), Clock(stories.house)
    done: list[str] = []

    def sweep(tx: Tx) -> None:
        expire(stories)
        assert take(stories, leads.holder)
        leads._run(again)
        done.append("first")

    def again(tx: Tx) -> None:
        done.append("second")

    again.__name__ = "sweep"
    assert take(stories, stands_still.holder)
    stands_still._run(sweep)
    assert done == ["first"]


def test_no_desk_is_polled_twice_at_once(zendesk: Stories) -> None:
    def poll() -> int:
        with zendesk.house.store.transaction() as tx:
            Clock(zendesk.house).poll(tx)
        return len(zendesk.rows("select 1 from pgqueuer"))

    assert poll() == 1
    assert poll() == 1
    with zendesk.house.store.transaction() as tx:
        tx.run("update pgqueuer set status = 'picked'")
    assert poll() == 1


@pytest.mark.parametrize(("rounds_ago", "polled"), [(3.4, 0), (3.9, 1)])
def test_a_desk_whose_questions_are_dear_is_polled_in_every_fourth_round(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch, rounds_ago: float, polled: int
) -> None:
    connector = registry.get("zendesk")
    monkeypatch.setattr(connector, "can", replace(connector.can, rounds=4))
    ago = timedelta(seconds=rounds_ago * zendesk.house.settings.poll_seconds)
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set polled_at = :at", at=tx.now - ago)
        Clock(zendesk.house).poll(tx)
    assert len(zendesk.rows("select 1 from pgqueuer")) == polled


@pytest.mark.parametrize(("hours", "there"), [(23, 0), (25, 1)])
def test_a_webhook_that_is_gone_is_made_again_within_a_day(
    zendesk: Stories, hours: int, there: int
) -> None:
    desk = str(zendesk.connection)
    admin.verify_connection(zendesk.house, zendesk.workspace, desk)
    made = zendesk.row("select webhook_id from connections where id = :id", id=desk)["webhook_id"]
    with zendesk.house.store.transaction() as tx:
        connector = zendesk.house.desks.open(connections.get(tx, desk))
        tx.run("update connections set webhook_looked_at = :then where id = :id", id=desk,
               then=tx.now - timedelta(hours=hours))  # fmt: skip
    connector.api.call("DELETE", f"/webhooks/{made}")
    zendesk.poll()
    assert len(connector.api.call("GET", "/webhooks")["webhooks"]) == there


def test_a_desk_that_lets_nobody_make_webhooks_is_polled_all_the_same(zendesk: Stories) -> None:
    admin.verify_connection(zendesk.house, zendesk.workspace, str(zendesk.connection))
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set webhook_looked_at = null")
    zendesk.fault("refuse", rate=1, status=403, path="/api/v2/webhooks")
    zendesk.poll()
    zendesk.poll()
    row = zendesk.row("select state, webhook_looked_at from connections where desk = 'zendesk'")
    assert row["state"] == "active" and row["webhook_looked_at"] is not None


def test_days_are_not_counted_by_a_time_zone_that_is_being_changed(stories: Stories) -> None:
    store = stories.house.store
    with store.transaction() as changing:
        admin.change_workspace(changing, stories.workspace, time_zone="Asia/Tokyo")
        with store.transaction() as counting:
            counting.run("set local lock_timeout = '5s'")
            figures.count_days(counting)
    assert stories.row("select counted_to from workspaces")["counted_to"] is None
    with store.transaction() as tx:
        figures.count_days(tx)
    told = stories.row("select counted_to at time zone 'Asia/Tokyo' as midnight from workspaces")
    assert (told["midnight"].hour, told["midnight"].minute) == (0, 0)


def test_work_that_got_no_connection_in_time_is_done_again_and_no_failure_of_its_own(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(*_: object) -> None:
        raise PoolTimeout("QueuePool limit reached")

    escalation_id = zendesk.escalate()
    with monkeypatch.context() as patched:
        patched.setattr(writing, "ahead", crowded)
        with pytest.raises(PoolTimeout):
            worker.run(zendesk.house, Job("escalate", escalation_id))
    assert zendesk.row("select tries, last_error from escalations") == {
        "tries": 0, "last_error": None
    }  # fmt: skip


def test_a_large_chore_is_done_in_short_transactions(
    stories: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "KEYS_AT_ONCE", 1)
    for number in range(3):
        stories.escalate(f"chat-{number}")
    with stories.house.store.transaction() as tx:
        tx.run("update events set at = now() - interval '31 days' where dedupe_key is not null")
    leader = Clock(stories.house)
    assert take(stories, leader.holder)
    leader._run(leader.forget_keys)
    done = stories.row("select count(*) as n, count(distinct xmin::text) as commits from events"
                       " where at < now() - interval '30 days' and dedupe_key is null")  # fmt: skip
    assert done["n"] == done["commits"] >= 3


def test_no_chore_but_one_keeps_jobs_from_beginning_or_ending(stories: Stories) -> None:
    leader = Clock(stories.house)
    held = []
    for chore in (leader.sweep, leader.forget_keys, leader.find_orphans, leader.clear_log):
        with stories.house.store.transaction() as tx:
            chore(tx)
            held.append(
                tx.value(
                    "select count(*) from pg_locks where pid = pg_backend_pid()"
                    " and mode = 'AccessExclusiveLock' and relation = 'pgqueuer_log'::regclass"
                )
            )
    assert held == [0, 0, 0, 1]
