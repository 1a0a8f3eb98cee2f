"""Whether PostgreSQL has room for the connections that the hub's processes open."""

from dataclasses import dataclass

import structlog

from hub.setting_values import BadSetting
from hub.store import Store

log = structlog.get_logger()

# `max_connections` less what is kept for administrators; what the account and the database may.
LOOK = """
with here as (
    select current_setting('max_connections')::int
            - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0) as server,
        (select sum(numbackends)::int from pg_stat_database) as open,
        nullif(d.datconnlimit, -1) as database, s.numbackends as in_database,
        nullif(r.rolconnlimit, -1) as account,
        (select count(*)::int from pg_stat_activity where usename = current_user) as of_account
    from pg_database d join pg_stat_database s on s.datid = d.oid, pg_roles r
    where d.datname = current_database() and r.rolname = current_user
)
select least(server, database, account) as most,
    greatest(0, least(server - open, database - in_database, account - of_account)) as free
from here
"""


@dataclass(frozen=True)
class Room:
    """How many connections PostgreSQL allows us, and how many of them nobody has yet."""

    most: int
    free: int


def look(store: Store) -> Room:
    """PostgreSQL's word; behind a pooler it is about the pooler's connections, not about ours."""
    with store.reading() as tx:
        row = tx.one(LOOK)
    return Room(most=row["most"], free=row["free"])


def check(store: Store, wanted: int) -> None:
    """`BadSetting` when a process could never open so many; a line in the log when not now."""
    if store.pooled:
        return
    there = look(store)
    if wanted > there.most:
        raise BadSetting(
            f"This process may open {wanted} connections to PostgreSQL, which allows {there.most}:"
            " raise its max_connections, or the limit of the account, or set"
            " HUB_DATABASE_CONNECTIONS to fewer, or put a pooler in between (docs/scale.md)."
        )
    if wanted > there.free + 1:  # ours, that asks
        log.warning("database.little_room", wanted=wanted, free=there.free, most=there.most)
