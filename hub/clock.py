"""What happens by time: polling, the search for orphans, and sweeping. One clock at a time leads.

The leader holds a lease and renews it. A clock that ends gives it back; one that is killed, or cut
off from the database, loses it after `LEASE` seconds, and the next one that asks leads. Each chore
asks for the lease once more in its own transaction, so that a leader of yesterday does nothing.
"""

import secrets
import signal
import threading
from datetime import datetime, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import DBAPIError

from connectors import registry
from hub import jobs
from hub.house import House
from hub.pipeline import ladder, orphans, privacy
from hub.store import (
    Row,
    Tx,
    changes,
    connections,
    figures,
    leases,
    presence,
    publications,
    tries,
    users,
)
from hub.telemetry import crashpoint

log = structlog.get_logger()

LEADER = "clock"  # the lease of the leading clock
LEASE = 10.0  # seconds; renewed three times in that
CHECK_EVERY = 3.0  # seconds between looks at the lease
AT_ONCE = 2  # chores; with the lease they need one database connection more
POOL = AT_ONCE + 1
DEDUPE_FOR = timedelta(days=30)
KEYS_AT_ONCE = 10_000


class Clock:
    """Runs the chores while this process leads."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.stopping = threading.Event()
        self.holder = secrets.token_hex(8)

    def serve(self) -> None:
        """Lead, or wait to lead, until stopped."""
        while not self.stopping.is_set():
            try:
                if self._leads():
                    self._lead()
            except DBAPIError as problem:
                log.warning("clock.database_away", why=str(problem.orig))
            self.stopping.wait(CHECK_EVERY)

    def _lead(self) -> None:
        log.info("clock.leads")
        scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(AT_ONCE)},
            job_defaults={"coalesce": True, "misfire_grace_time": None},
        )
        seconds = self.house.settings.poll_seconds
        chores = ((self.poll, seconds), (self.climb, 5), (self.find_orphans, 30),
                  (self.forget_bodies, 60), (self.forget_transcripts, 5), (self.count, 600),
                  (self.sweep, 3600), (self.forget_keys, 3600), (self.clear_log, 3600))  # fmt: skip
        for chore, every in chores:
            # A random part keeps several hubs from calling a desk in the same second.
            scheduler.add_job(
                self._run, "interval", args=[chore], seconds=every, jitter=max(1, every // 10),
                next_run_time=datetime.now(scheduler.timezone),
            )  # fmt: skip
        scheduler.start()
        try:
            while not self.stopping.wait(CHECK_EVERY) and self._leads():
                pass
        finally:
            scheduler.shutdown(wait=True)
        with self.house.store.transaction() as tx:
            leases.give_back(tx, LEADER, self.holder)

    def _leads(self) -> bool:
        """True when this clock has the lease, or gets it now."""
        with self.house.store.transaction() as tx:
            # Lost in a crash of the database, it ends a little earlier.
            tx.run("set local synchronous_commit = off")
            return leases.take(tx, LEADER, self.holder, seconds=LEASE)

    def _run(self, chore) -> None:  # type: ignore[no-untyped-def]
        """Do a chore: once, or a transaction each time for as long as it says that more is left."""
        try:
            while self._once(chore) and not self.stopping.is_set():
                pass
        except DBAPIError as problem:
            log.warning("clock.database_away", chore=chore.__name__, why=str(problem.orig))

    def _once(self, chore) -> bool:  # type: ignore[no-untyped-def]
        with self.house.store.transaction() as tx:
            if not leases.holds(tx, LEADER, self.holder, chore.__name__):
                return False
            more = chore(tx)
            crashpoint("clock.before_commit", chore.__name__)
        return more is True

    def poll(self, tx: Tx) -> None:
        """Have every connection asked for changes, one job each at most; some not in each round."""
        for row in tx.all("select * from connections where state = 'active' and desk <> :native",
                          native=registry.NATIVE):  # fmt: skip
            if not self._is_round_of(row, tx.now):
                continue
            jobs.enqueue_once(tx, connections.lane(row["id"]), "poll", row["id"], alone=True)

    def _is_round_of(self, connection: Row, now: datetime) -> bool:
        rounds = registry.get(connection["desk"]).can.rounds
        if rounds == 1 or connection["polled_at"] is None:
            return True
        # Half a round less: a poll ends somewhat later than its round began.
        pause = timedelta(seconds=(rounds - 0.5) * self.house.settings.poll_seconds)
        return bool(now - connection["polled_at"] >= pause)

    def climb(self, tx: Tx) -> None:
        """Have the escalations moved whose desk is in trouble, or has had its time."""
        ladder.find(tx)

    def find_orphans(self, tx: Tx) -> None:
        """Give work without a job its job again."""
        found = orphans.adopt(tx)
        if found:
            log.warning("clock.orphans", found=found)

    def forget_bodies(self, tx: Tx) -> None:
        """Delete the bodies of events that are as old as the settings or their workspace say."""
        publications.forget_bodies(tx, self.house.settings.payload_days)

    def forget_transcripts(self, tx: Tx) -> None:
        """Forget the conversations that are as old as their workspace says, a batch of them."""
        privacy.retain(tx, self.house.settings)

    def count(self, tx: Tx) -> None:
        """Count the days of the overview that are over."""
        figures.count_days(tx)

    def sweep(self, tx: Tx) -> None:
        """Forget what is over: strangers' changes, authorisations, sessions."""
        changes.forget_strangers(tx)
        presence.sweep(tx)
        tx.run(
            "delete from authorizations where expires_at < :old", old=tx.now - timedelta(hours=1)
        )
        users.sweep_sessions(tx)
        tries.sweep(tx)
        tx.run("delete from sign_ins where expires_at < :now", now=tx.now)

    def forget_keys(self, tx: Tx) -> bool:
        """Forget the ids by which old events are known again; True if more are left."""
        found = publications.forget_keys(tx, tx.now - DEDUPE_FOR, limit=KEYS_AT_ONCE)
        return found == KEYS_AT_ONCE

    def clear_log(self, tx: Tx) -> None:
        """Empty the queue's log: alone, for no job begins or ends while it is locked."""
        jobs.sweep(tx)


def serve(house: House) -> None:
    """Be a clock until SIGTERM or SIGINT."""
    clock = Clock(house)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: clock.stopping.set())
    clock.serve()
    house.close()
