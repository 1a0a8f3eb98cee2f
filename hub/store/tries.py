"""How often somebody may try: a burst, then one more each while, counted over all processes.

A row is one moment (GCRA): when everything that was tried is paid for. Whoever is counted (an
account, an address) stands there as a hash, so that the table tells nobody's name.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from hub.store import Tx


@dataclass(frozen=True)
class Pace:
    """So many at once, then one more each `every`."""

    burst: int
    every: timedelta


def take(tx: Tx, subject: str, pace: Pace) -> timedelta | None:
    """Count one try; None while there is room, else how long until there is."""
    values = {"subject": _hashed(subject), "now": tx.now, "every": pace.every}
    room = tx.value(
        "insert into tries as t (subject_hash, clear_at) values (:subject, :now + :every)"
        " on conflict (subject_hash) do update set clear_at = greatest(t.clear_at, :now) + :every"
        " where greatest(t.clear_at, :now) + :every <= :now + :most returning clear_at",
        **values,
        most=pace.every * pace.burst,
    )
    if room is not None:
        return None
    clear_at = tx.value(
        "select clear_at from tries where subject_hash = :subject", subject=values["subject"]
    )
    wait: timedelta = clear_at - tx.now - pace.every * (pace.burst - 1)
    return wait


def forget(tx: Tx, subject: str) -> None:
    """It came in: what it tried before does not count."""
    tx.run("delete from tries where subject_hash = :subject", subject=_hashed(subject))


def sweep(tx: Tx) -> None:
    """Forget who has tried nothing for a while."""
    tx.run("delete from tries where clear_at < :now", now=tx.now)


def _hashed(subject: str) -> bytes:
    return hashlib.sha256(subject.encode("utf-8", "replace")).digest()
