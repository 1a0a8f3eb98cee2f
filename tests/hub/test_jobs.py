"""What the queue is asked takes as long with many jobs as with few."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from hub import jobs
from hub.jobs import Job
from hub.store import Fenced, Store, Tx
from hub.taking import NEXT

LANE = "desk:cxn_1"
MANY = """
insert into pgqueuer (priority, entrypoint, payload, execute_after, status)
select 0, :lane, convert_to('escalate:esc_' || n, 'UTF8'),
    now() + (n % 2) * interval '1 hour', 'queued' from generate_series(1, 20000) n
"""
PAGES = 40  # of 8 KB that a statement may look at; the table has 300


@dataclass(frozen=True, slots=True)
class Counting(Tx):
    """A transaction that counts the pages that each statement looks at."""

    looked: list[int] = field(default_factory=list)

    def run(self, statement: Any, **values: Any) -> int:
        (told,) = Tx.all(self, f"explain (analyze, buffers, format json) {statement}", **values)
        plan = told["QUERY PLAN"][0]["Plan"]
        self.looked.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return 0


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    made = Store(database_url, pool=1)
    yield made
    made.close()


@pytest.fixture
def tx(database_url: str) -> Iterator[Counting]:
    """Twenty thousand jobs wait in one lane, half of them for later."""
    store = Store(database_url, pool=1)
    with store.transaction() as made:
        made.run(MANY, lane=LANE)
    with store.autocommit.connect() as connection:
        connection.exec_driver_sql("vacuum analyze pgqueuer")
    with store.transaction() as made:
        yield Counting(made.connection, made.now)
    store.close()


def test_whether_a_job_is_due_and_when_the_next_will_be(tx: Counting) -> None:
    asked = NEXT.replace("$1", ":lanes")
    tx.run(asked, lanes=[LANE, "hub"])
    assert tx.looked[0] < PAGES
    told, nothing = tx.one(asked, lanes=[LANE, "hub"]), tx.one(asked, lanes=["nobody's"])
    assert told["due"] and 3500 < told["eta"].total_seconds() <= 3600
    assert (nothing["due"], nothing["eta"]) == (None, None)


def test_a_rows_job_is_found_among_all_that_wait(tx: Counting) -> None:
    jobs.enqueue_once(tx, LANE, "escalate", "esc_7")
    jobs.enqueue_once(tx, LANE, "catch_up", "tic_7", alone=True)
    jobs.withdraw(tx, LANE, "escalate", "esc_8")
    assert len(tx.looked) == 3 and max(tx.looked) < PAGES
    left = "select count(*) from pgqueuer where payload = convert_to(:name, 'UTF8')"
    names = ("escalate:esc_7", "catch_up:tic_7", "escalate:esc_8")
    assert [tx.value(left, name=name) for name in names] == [1, 1, 0]


def test_a_job_that_a_worker_has_is_not_taken_away(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, LANE, "escalate", "esc_1")
    with store.transaction() as tx:
        tx.run("update pgqueuer set status = 'picked'")
        jobs.withdraw(tx, LANE, "escalate", "esc_1")
        jobs.drop_lane(tx, LANE)
        assert tx.value("select count(*) from pgqueuer") == 1


def test_who_lost_a_job_does_not_end_it(store: Store) -> None:
    with store.transaction() as tx:
        jobs.enqueue(tx, jobs.HUB, "escalate", "esc_1")
    with store.transaction() as tx:
        number = tx.value("update pgqueuer set status = 'picked', queue_manager_id = :other"
                          " returning id", other=uuid4())  # fmt: skip
    mine = Job("escalate", "esc_1", lane=jobs.HUB, number=number, owner=uuid4())
    with pytest.raises(Fenced), store.transaction() as tx:
        jobs.finish(tx, mine)
    with store.transaction() as tx:
        assert tx.value("select count(*) from pgqueuer") == 1
