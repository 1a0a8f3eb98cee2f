"""Who does what only one process may do, and until when; PostgreSQL's clock decides.

A lease ends by itself: a process that dies, hangs or is cut off keeps nobody waiting for longer.
"""

from hub.store import Tx

TAKE = """
insert into leases as l (name, holder, until)
values (:name, :holder, clock_timestamp() + make_interval(secs => :seconds))
on conflict (name) do update set holder = excluded.holder, until = excluded.until
where l.holder = excluded.holder or l.until < clock_timestamp()
returning holder
"""
HOLDS = """
select 1 from leases where name = :name and holder = :holder and until > clock_timestamp()
    and pg_try_advisory_xact_lock(hashtext(:name), hashtext(:chore))
"""


def take(tx: Tx, name: str, holder: str, *, seconds: float) -> bool:
    """Hold the lease for so long from now on; False while another holds it."""
    return tx.value(TAKE, name=name, holder=holder, seconds=float(seconds)) is not None


def give_back(tx: Tx, name: str, holder: str) -> None:
    """Let the next one take the lease at once."""
    tx.run("delete from leases where name = :name and holder = :holder", name=name, holder=holder)


def holds(tx: Tx, name: str, holder: str, chore: str) -> bool:
    """True when this transaction may do the chore: the lease stands, and nobody is at it yet.

    The second is for a holder that stood still for longer than its lease: its transaction may be
    under way while the next holder begins the same chore.
    """
    return tx.value(HOLDS, name=name, holder=holder, chore=chore) is not None
