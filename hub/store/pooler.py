"""A pooler between us and PostgreSQL, such as PgBouncer in transaction mode.

Behind one, a session is nobody's: each transaction may meet another server process. So nothing of
ours outlives its transaction but what the driver would keep by itself, its prepared statements;
they are left out there. Who must listen has a connection of its own, `HUB_DIRECT_DATABASE_URL`.
https://www.pgbouncer.org/features.html#sql-feature-map-for-pooling-modes
"""

from typing import Any

import psycopg


def adapt(driver: psycopg.Connection[Any], _record: object) -> None:
    """Let a new connection prepare no statements when there is a pooler before the server."""
    # A pooler makes up the process number that a client is greeted with, for its own cancelling.
    asked = driver.execute("select pg_backend_pid()").fetchone()
    driver.rollback()
    if asked is not None and asked[0] != driver.info.backend_pid:
        driver.prepare_threshold = None


def stands_before(driver: psycopg.Connection[Any]) -> bool:
    """True for a connection that `adapt` has found to lead to a pooler."""
    return driver.prepare_threshold is None
