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
from typing import Any
from uuid import UUID

from hub.store import Fenced, Question, Row, Tx, question

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


# The library's own statement looks up its sequence in the catalogue, explodes six arrays and keeps
# a log: half a millisecond of the database for what is one row.
ENQUEUE = """
insert into pgqueuer (priority, entrypoint, payload, execute_after, status)
select 0, j.lane, j.name, now() + make_interval(secs => j.delay), 'queued'
from unnest(:lanes ::text[], :names ::bytea[], :delays ::float[]) as j(lane, name, delay)
"""


def enqueue(tx: Tx, lane: str, story: str, subject: str, *, delay: float = 0) -> None:
    """Have `story` run for the row `subject`, `delay` seconds after the commit at the earliest."""
    enqueue_all(tx, [(lane, subject)], story, delay=delay)


def enqueue_all(tx: Tx, lanes: Sequence[tuple[str, str]], story: str, *, delay: float = 0) -> None:
    """`enqueue` for many (lane, subject) at once."""
    for lane, subject in lanes:
        tx.later(_enqueue, {"lane": lane, "name": _name(story, subject), "delay": delay})


def enqueue_once(
    tx: Tx, lane: str, story: str, subject: str, *, delay: float = 0, alone: bool = False
) -> None:
    """`enqueue`, unless the same waits already; one that runs may have looked too early.

    With `alone` not while one runs either.
    """
    tx.run(
        "insert into pgqueuer (priority, entrypoint, payload, execute_after, status)"
        " select 0, :lane, :name, now() + make_interval(secs => :delay), 'queued'"
        " where not exists (select 1 from pgqueuer where entrypoint = :lane"
        " and payload = :name and status = any(cast(:open as pgqueuer_status[])))",
        lane=lane,
        name=_name(story, subject),
        delay=float(delay),
        open=["queued", "picked"] if alone else ["queued"],
    )


def _enqueue(tx: Tx, rows: list[dict[str, Any]]) -> None:
    tx.send(
        ENQUEUE,
        lanes=[row["lane"] for row in rows],
        names=[row["name"] for row in rows],
        delays=[float(row["delay"]) for row in rows],
    )


def _name(story: str, subject: str) -> bytes:
    return f"{story}:{subject}".encode()


def withdraw(tx: Tx, lane: str, story: str, subject: str) -> None:
    """Forget the job if it still waits in this lane."""
    tx.run(
        "delete from pgqueuer where entrypoint = :lane and payload = :name and status = 'queued'",
        lane=lane,
        name=_name(story, subject),
    )


def drop_lane(tx: Tx, lane: str) -> None:
    """Forget the jobs that wait in a lane which nobody will serve again."""
    tx.run("delete from pgqueuer where entrypoint = :lane and status = 'queued'", lane=lane)


def finish(tx: Tx, job: Job) -> None:
    """Remove the job together with what this transaction records; `Fenced` if it is not ours."""
    finished(job, tx.rows(finishing(job)))


def finishing(job: Job) -> Question:
    """`finish` as a question, whose answer is for `finished`."""
    return question(
        "delete from pgqueuer where id = :id and queue_manager_id = :owner returning id",
        id=job.number,
        owner=job.owner,
    )


def finished(job: Job, mine: Sequence[Row]) -> None:
    """The job is over; `Fenced` if it was not ours."""
    if job.owner is None:
        return  # run by hand, not by a queue
    if not mine:
        raise Fenced(f"{job.story} {job.subject}: another worker has taken this job over")
    job.finished = True


def sizes(tx: Tx) -> Mapping[tuple[str, str], int]:
    """How many jobs there are by (lane, status)."""
    rows = tx.all("select entrypoint, status::text, count(*) as n from pgqueuer group by 1, 2")
    return {(row["entrypoint"], row["status"]): row["n"] for row in rows}


# For a statement over rows of `work`: those that have no job of the `:story`.
NONE_OPEN = """not exists (select 1 from pgqueuer where status in ('queued', 'picked')
    and payload = convert_to(cast(:story as text) || ':' || work.id, 'UTF8'))"""


def open_subjects(tx: Tx, subjects: Sequence[str]) -> set[str]:
    """Those of `story:subject` that have a job."""
    rows = tx.all(
        "select convert_from(payload, 'UTF8') as p from pgqueuer"
        " where status in ('queued', 'picked') and payload = any(:wanted)",
        wanted=[s.encode() for s in subjects],
    )
    return {row["p"] for row in rows}


def is_running(tx: Tx, subjects: Sequence[str]) -> bool:
    """True while a worker holds a job about one of these rows."""
    return bool(tx.value(
        "select 1 from pgqueuer where status = 'picked'"
        " and split_part(convert_from(payload, 'UTF8'), ':', 2) = any(:subjects) limit 1",
        subjects=list(subjects),
    ))  # fmt: skip


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
    # Imported here: its 9 MB are of no use to a process that only enqueues.
    from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

    return QueryBuilderEnvironment().build_install_query() + TELL_OF_NEW_JOBS_ONLY
