"""Whether PostgreSQL has room for the connections that the hub's processes open."""

from dataclasses import dataclass

import structlog

from hub.settings import BadSetting
from hub.store import Store

log = structlog.get_logger()

# `max_connections` less what is kept for administrators, or what the account or the database may.
LOOK = """
select (select sum(numbackends) from pg_stat_database)::int as used, least(
    current_setting('max_connections')::int
        - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true)::int, 0),
    (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
    (select nullif(datconnlimit, -1) from pg_database where datname = current_database())
) as most
"""


@dataclass(frozen=True)
class Room:
    """How many connections PostgreSQL gives us, and how many it has given to everybody."""

    most: int
    used: int

    @property
    def free(self) -> int:
        """How many more there are."""
        return max(0, self.most - self.used)


def look(store: Store) -> Room:
    """PostgreSQL's word; behind a pooler it is about the pooler's connections, not about ours."""
    with store.reading() as tx:
        row = tx.one(LOOK)
    return Room(most=row["most"], used=row["used"])


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
