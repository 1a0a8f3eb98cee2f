"""Lists read what they show: no big table from end to end, however many rows there are."""

from collections.abc import Iterator

import pytest

from hub import admin
from hub import house as houses
from hub.app import create_app
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
    with store.transaction() as tx:
        workspace = admin.add_workspace(tx, house, "bench", "Bench")
        other = admin.add_workspace(tx, house, "other", "Other")
        me = admin.add_user(tx, workspace, pages.EMAIL, "Bench", "owner", "a password for it")
    known = filling.fill(store, workspace, other, me, CONVERSATIONS)
    visit = pages.visitor(create_app(house))
    for name in pages.OURS:
        store.plans.clear()
        visit(pages.LISTS[name].format(**known))
        assert len(store.plans) > 2, name
        read = [(table, text) for text, plan in store.plans for table in pages.whole(plan)]
        assert read == [], name
