"""Lists and chores read what they show and do: no big table from end to end, however large."""

from collections.abc import Iterator

import pytest

from hub import admin
from hub import house as houses
from hub.app import create_app
from hub.clock import Clock
from hub.house import House
from hub.pipeline import orphans
from hub.settings import Settings
from tests.bench import filling, pages

CONVERSATIONS = 3_000
# The planner is to weigh as it does for large tables, where reading one from end to end never pays.
WEIGH = "&options=-c%20random_page_cost%3D1.1%20-c%20seq_page_cost%3D3"


@pytest.fixture
def store(settings: Settings) -> Iterator[pages.ExplainingStore]:
    """A store that keeps the plans of what was read."""
    made = pages.ExplainingStore(settings.database_url + WEIGH, pool=4)
    yield made
    made.close()


def test_no_list_reads_a_big_table_from_end_to_end(
    settings: Settings, store: pages.ExplainingStore
) -> None:
    house = houses.build(settings, store=store)
    known = filled(house)
    visit = pages.visitor(create_app(house))
    for name in pages.OURS:
        store.plans.clear()
        visit(pages.LISTS[name].format(**known))
        assert len(store.plans) > 2, name
        assert read_whole(store) == [], name


def test_no_chore_reads_a_big_table_from_end_to_end(
    settings: Settings, store: pages.ExplainingStore
) -> None:
    house = houses.build(settings, store=store)
    filled(house)
    clock = Clock(house)
    for chore in (clock.poll, clock.climb, clock.find_orphans, clock.forget_bodies,
                  clock.forget_transcripts, clock.sweep, clock.forget_keys):  # fmt: skip
        store.plans.clear()
        with store.transaction() as tx:
            chore(tx)
        assert store.plans, chore.__name__
        assert read_whole(store) == [], chore.__name__


def test_events_whose_ids_are_old_are_found_by_their_age(
    settings: Settings, store: pages.ExplainingStore
) -> None:
    house = houses.build(settings, store=store)
    filled(house)
    with store.transaction() as tx:
        Clock(house).forget_keys(tx)
    _, plan = store.plans[-1]
    assert "ix_events_keys" in {part.get("Index Name") for part in pages.parts(plan)}


def test_deliveries_and_relays_without_a_job_are_found_among_all(
    settings: Settings, store: pages.ExplainingStore
) -> None:
    house = houses.build(settings, store=store)
    filled(house)
    with store.transaction() as tx:
        tx.run("set local session_replication_role = replica")  # the events' subscriber is nobody
        tx.run("insert into deliveries (id, workspace_id, subscriber_id, event_id, state,"
               " created_at) select 'dlv_' || id, workspace_id, 'sub_1', id, 'delivered', at"
               " from events")  # fmt: skip
        tx.run("analyze deliveries, tickets")
    store.plans.clear()
    with store.transaction() as tx:
        orphans.adopt(tx)
    used = {part.get("Index Name") for _, plan in store.plans for part in pages.parts(plan)}
    assert {"ix_deliveries_pending", "ix_tickets_relaying"} <= used
    read = {part["Relation Name"] for _, plan in store.plans for part in pages.parts(plan)
            if part["Node Type"] == "Seq Scan"}  # fmt: skip
    assert not read & {"deliveries", "tickets"}


def filled(house: House) -> dict[str, str]:
    """Two workspaces full of conversations."""
    with house.store.transaction() as tx:
        workspace = admin.add_workspace(tx, house, "bench", "Bench")
        other = admin.add_workspace(tx, house, "other", "Other")
        me = admin.add_user(tx, workspace, pages.EMAIL, "Bench", "owner", "a password for it")
    return filling.fill(house.store, workspace, other, me, CONVERSATIONS)


def read_whole(store: pages.ExplainingStore) -> list[tuple[str, str]]:
    """The big tables that were read from end to end, and by which statement."""
    return [(table, text) for text, plan in store.plans for table in pages.whole(plan)]
