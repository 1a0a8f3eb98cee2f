"""Jobs in the database; with `hub.taking`, all that knows the queue library.

The library is pgqueuer (https://pgqueuer.readthedocs.io).

A job is a story ("escalate") and the id of the row that it is about, in a lane. A lane is one
entrypoint with a limit on the jobs in flight over all workers: a connection's, a subscriber's, or
`HUB` for what calls nobody. Enqueueing joins the caller's transaction, so that a fact and its job
are committed together; `finish` removes the job in the transaction that records its result, and
fails if another worker has taken the job over meanwhile.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.adapters.persistence.queries import SyncQueries

from hub.store import Fenced, Tx

HUB = "hub"


@dataclass(slots=True)
class Job:
    """One piece of work, as its worker holds it; `finished` once it is out of the queue.

    `lane` is where it was taken from, empty for one that is run by hand.
    """

    story: str
    subject: str
    lane: str = ""
    number: int = 0
    owner: UUID | None = None
    finished: bool = False


class _Joined:
    """A pgqueuer driver that stays inside the caller's transaction."""

    def __init__(self, tx: Tx) -> None:
        self.raw = tx.connection.connection.driver_connection

    def fetch(self, query: str, *args: object) -> list[dict[str, Any]]:
        cursor = psycopg.RawCursor(self.raw, row_factory=psycopg.rows.dict_row)  # type: ignore[arg-type]
        return cursor.execute(query, args or None).fetchall()  # type: ignore[call-overload,no-any-return]


def enqueue(tx: Tx, lane: str, story: str, subject: str, *, delay: float = 0) -> None:
    """Have `story` run for the row `subject`, `delay` seconds after the commit at the earliest."""
    enqueue_all(tx, [(lane, subject)], story, delay=delay)


def enqueue_all(tx: Tx, lanes: Sequence[tuple[str, str]], story: str, *, delay: float = 0) -> None:
    """`enqueue` for many (lane, subject) at once."""
    if not lanes:
        return
    SyncQueries(_Joined(tx)).enqueue(
        [lane for lane, _ in lanes],
        [f"{story}:{subject}".encode() for _, subject in lanes],
        [0] * len(lanes),
        [timedelta(seconds=delay)] * len(lanes),
    )


def enqueue_once(tx: Tx, lane: str, story: str, subject: str) -> None:
    """`enqueue`, unless the same waits already; one that runs may have looked too early."""
    name = f"{story}:{subject}".encode()
    held = "select 1 from pgqueuer where entrypoint = :lane and payload = :name"
    if not tx.value(f"{held} and status = 'queued' limit 1", lane=lane, name=name):
        enqueue(tx, lane, story, subject)


def withdraw(tx: Tx, lane: str, story: str, subject: str) -> None:
    """Forget the job if it still waits in this lane."""
    tx.run(
        "delete from pgqueuer where entrypoint = :lane and payload = :name and status = 'queued'",
        lane=lane,
        name=f"{story}:{subject}".encode(),
    )


def drop_lane(tx: Tx, lane: str) -> None:
    """Forget the jobs that wait in a lane which nobody will serve again."""
    tx.run("delete from pgqueuer where entrypoint = :lane and status = 'queued'", lane=lane)


def finish(tx: Tx, job: Job) -> None:
    """Remove the job together with what this transaction records; `Fenced` if it is not ours."""
    if job.owner is None:
        return  # run by hand, not by a queue
    mine = tx.run(
        "delete from pgqueuer where id = :id and queue_manager_id = :owner",
        id=job.number,
        owner=job.owner,
    )
    if not mine:
        raise Fenced(f"{job.story} {job.subject}: another worker has taken this job over")
    job.finished = True


def sizes(tx: Tx) -> Mapping[tuple[str, str], int]:
    """How many jobs there are by (lane, status)."""
    rows = tx.all("select entrypoint, status::text, count(*) as n from pgqueuer group by 1, 2")
    return {(row["entrypoint"], row["status"]): row["n"] for row in rows}


def open_subjects(tx: Tx, subjects: Sequence[str]) -> set[str]:
    """Those of `story:subject` that have a job."""
    rows = tx.all(
        "select convert_from(payload, 'UTF8') as p from pgqueuer"
        " where status in ('queued', 'picked') and payload = any(:wanted)",
        wanted=[s.encode() for s in subjects],
    )
    return {row["p"] for row in rows}


def sweep(tx: Tx) -> None:
    """Empty the library's own log, which nothing of ours reads."""
    tx.run("truncate pgqueuer_log")


# The library tells every worker of every job that ends, too. Workers know of the ends of their own
# jobs, and look again by themselves while work waits for a free place.
TELL_OF_NEW_JOBS_ONLY = """
drop trigger tg_pgqueuer_changed on pgqueuer;
create trigger tg_pgqueuer_changed after insert on pgqueuer
    execute function fn_pgqueuer_changed();
"""


def install_sql() -> str:
    """The library's tables, for the migration that creates them."""
    return QueryBuilderEnvironment().build_install_query() + TELL_OF_NEW_JOBS_ONLY
