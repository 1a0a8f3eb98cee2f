"""What happens by time: polling, the search for orphans, and sweeping. One clock at a time leads.

The leader holds an advisory lock on a connection of its own; when it dies, PostgreSQL gives the
lock to the next clock that asks.
"""

import signal
import threading
from datetime import datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from hub import jobs
from hub.house import House
from hub.pipeline import ladder, orphans
from hub.store import Tx, changes, connections, presence, publications, tries, users
from hub.telemetry import crashpoint

log = structlog.get_logger()

LEADER = 20_261_122  # the advisory lock of the leading clock
DEDUPE_FOR = timedelta(days=30)
CHECK_EVERY = 5.0  # seconds between looks at the lock


class Clock:
    """Runs the chores while this process leads."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.stopping = threading.Event()

    def serve(self) -> None:
        """Lead, or wait to lead, until stopped."""
        while not self.stopping.is_set():
            try:
                with self.house.store.engine.connect() as connection:
                    if _leads(connection):
                        self._lead(connection)
            except (OperationalError, DBAPIError) as problem:
                log.warning("clock.database_away", why=str(problem.orig))
            self.stopping.wait(CHECK_EVERY)

    def _lead(self, connection: Connection) -> None:
        log.info("clock.leads")
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True})
        seconds = self.house.settings.poll_seconds
        chores = ((self.poll, seconds), (self.climb, 5), (self.find_orphans, 30),
                  (self.forget_bodies, 60), (self.sweep, 3600))  # fmt: skip
        for chore, every in chores:
            # A random part keeps several hubs from calling a desk in the same second.
            scheduler.add_job(
                self._run, "interval", args=[chore], seconds=every, jitter=max(1, every // 10),
                next_run_time=datetime.now(scheduler.timezone),
            )  # fmt: skip
        scheduler.start()
        try:
            while not self.stopping.wait(CHECK_EVERY) and _leads(connection):
                connection.rollback()
        finally:
            scheduler.shutdown(wait=True)

    def _run(self, chore) -> None:  # type: ignore[no-untyped-def]
        try:
            with self.house.store.transaction() as tx:
                chore(tx)
                crashpoint("clock.before_commit", chore.__name__)
        except OperationalError as problem:
            log.warning("clock.database_away", chore=chore.__name__, why=str(problem.orig))

    def poll(self, tx: Tx) -> None:
        """Have every connection asked for changes, one job each at most."""
        for row in tx.all("select id from connections where state = 'active' and desk <> :native",
                          native="live_chat"):  # fmt: skip
            jobs.enqueue_once(tx, connections.lane(row["id"]), "poll", row["id"])

    def climb(self, tx: Tx) -> None:
        """Have the escalations moved whose desk is in trouble, or has had its time."""
        ladder.find(tx)

    def find_orphans(self, tx: Tx) -> None:
        """Give work without a job its job again."""
        found = orphans.adopt(tx)
        if found:
            log.warning("clock.orphans", found=found)

    def forget_bodies(self, tx: Tx) -> None:
        """Delete the bodies of events that are as old as the settings say."""
        age = timedelta(days=self.house.settings.payload_days)
        publications.forget_bodies(tx, tx.now - age)

    def sweep(self, tx: Tx) -> None:
        """Forget what is over: strangers' changes, old dedupe keys, authorisations, sessions."""
        changes.forget_strangers(tx)
        jobs.sweep(tx)
        presence.sweep(tx)
        tx.run("update events set dedupe_key = null where dedupe_key is not null and at < :old",
               old=tx.now - DEDUPE_FOR)  # fmt: skip
        tx.run(
            "delete from authorizations where expires_at < :old", old=tx.now - timedelta(hours=1)
        )
        users.sweep_sessions(tx)
        tries.sweep(tx)
        tx.run("delete from sign_ins where expires_at < :now", now=tx.now)


def _leads(connection: Connection) -> bool:
    """True when this connection holds the leader's lock, or gets it now."""
    held = connection.exec_driver_sql(
        "select exists (select 1 from pg_locks where locktype = 'advisory' and objid = %s"
        " and pid = pg_backend_pid())",
        (LEADER,),
    ).scalar()
    if held:
        return True
    return bool(connection.exec_driver_sql("select pg_try_advisory_lock(%s)", (LEADER,)).scalar())


def serve(house: House) -> None:
    """Be a clock until SIGTERM or SIGINT."""
    clock = Clock(house)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stopping.set())
    clock.serve()
    house.close()
