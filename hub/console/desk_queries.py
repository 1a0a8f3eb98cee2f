"""What the pages of connections, mappings and routes read, of one workspace."""

from collections.abc import Sequence

from hub.console.queries import SIZE, Page, paged
from hub.store import Row, Tx


def connections(tx: Tx, workspace_id: str, *, after: str | None) -> Page:
    """Connections without their secrets, the oldest first."""
    statement = (
        "select id, desk, name, state, state_reason, failures, closed_until, webhook_id,"
        " webhook_secret, heard_at, polled_at, troubles, account_id, created_at,"
        " closed_until > now() as resting"
        " from connections where workspace_id = :workspace and archived_at is null "
    )
    return paged(tx, statement, "id", workspace_id, upwards=True, after=after)


def connection(tx: Tx, workspace_id: str, connection_id: str) -> Row | None:
    """A connection; `resting` while its desk is left alone."""
    return tx.first(
        "select *, coalesce(closed_until > now(), false) as resting from connections"
        " where workspace_id = :workspace and id = :id and archived_at is null",
        workspace=workspace_id,
        id=connection_id,
    )


def connection_figures(tx: Tx, connection: Row) -> Row:
    """How many tickets a connection has, how many are open, and what is parked."""
    return tx.one(
        "select count(*) as all, count(*) filter (where closed_at is null) as open,"
        " count(*) filter (where parked is not null) + (select count(*) from escalations"
        "  where workspace_id = :workspace and state = 'parked' and connection_id = :id) as parked"
        " from tickets where connection_id = :id",
        workspace=connection["workspace_id"],
        id=connection["id"],
    )


def queue(tx: Tx, lane: str) -> Row:
    """How many jobs of a lane wait and run."""
    return tx.one(
        "select count(*) filter (where status = 'queued') as waiting,"
        " count(*) filter (where status = 'picked') as running"
        " from pgqueuer where entrypoint = :lane",
        lane=lane,
    )


def routes_to(tx: Tx, connection: Row) -> Sequence[Row]:
    """The routes on which a connection stands."""
    return tx.all(
        "select id, position from routes where workspace_id = :workspace"
        " and :id = any(connection_ids) order by position, id",
        workspace=connection["workspace_id"],
        id=connection["id"],
    )


def desks(tx: Tx, workspace_id: str) -> Sequence[Row]:
    """The connections by name, the Help Desk last."""
    return tx.all(
        "select id, name from connections where workspace_id = :id and archived_at is null"
        " order by desk = 'live_chat', lower(name)",
        id=workspace_id,
    )


def mapping_versions(tx: Tx, connection_id: str) -> Sequence[Row]:
    """The latest versions of a connection's mapping, newest first, without their texts."""
    return tx.all(
        "select id, version, author, checked, created_at from mappings"
        " where connection_id = :id order by version desc limit :most",
        id=connection_id,
        most=SIZE,
    )


def mapping_version(tx: Tx, connection_id: str, version: str) -> Row | None:
    """One version with its text."""
    if not (version.isascii() and version.isdecimal()) or len(version) > 9:
        return None
    return tx.first(
        "select * from mappings where connection_id = :id and version = :version",
        id=connection_id,
        version=int(version),
    )


def recent_conversations(tx: Tx, workspace_id: str) -> Sequence[Row]:
    """The latest conversations, to choose one from."""
    return tx.all(
        "select c.id, c.external_id, c.requester, e.summary ->> 'subject' as subject"
        " from conversations c left join lateral (select summary from escalations"
        " where conversation_id = c.id order by id desc limit 1) e on true"
        " where c.workspace_id = :workspace order by c.id desc limit :most",
        workspace=workspace_id,
        most=SIZE,
    )
