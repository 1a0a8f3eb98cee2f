"""Teammates, and the sessions in which they are signed in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from hub.store import Row, Tx
from hub.store.schema import sessions

IDLE = timedelta(hours=4)  # a session that nobody used for so long is over
SEEN_EVERY = timedelta(minutes=1)


def by_email(tx: Tx, email: str) -> Row | None:
    """A teammate of any workspace by e-mail, however it is capitalised."""
    return tx.first("select * from users where email = lower(:email)", email=email.strip())


def get(tx: Tx, workspace_id: str, user_id: str) -> Row | None:
    """One teammate."""
    return tx.first(
        "select * from users where id = :id and workspace_id = :workspace",
        id=user_id,
        workspace=workspace_id,
    )


def is_last_owner(tx: Tx, user: Row) -> bool:
    """True when nobody else could give the owner's rights again."""
    others = tx.value(
        "select count(*) from users where workspace_id = :workspace and role = 'owner'"
        " and id <> :id and deactivated_at is null",
        workspace=user["workspace_id"],
        id=user["id"],
    )
    return user["role"] == "owner" and not others


def remove(tx: Tx, user_id: str) -> None:
    """Take a teammate away; what they held is nobody's, what they did stays in the audit."""
    for statement in (
        "delete from sessions where user_id = :id",
        "delete from shifts where user_id = :id",
        "delete from days_off where user_id = :id",
        "update native_tickets set assignee_id = null where assignee_id = :id",
        "update escalations set taken_by = null where taken_by = :id",
        "delete from users where id = :id",
    ):
        tx.run(statement, id=user_id)


def by_link(tx: Tx, hashed: bytes) -> Row | None:
    """Whose password the link with this hash sets."""
    return tx.first(
        "select * from users where link_hash = :hash and link_until > :now"
        " and deactivated_at is null",
        hash=hashed,
        now=tx.now,
    )


def begin_session(
    tx: Tx,
    user: Row,
    hashed: bytes,
    expires_at: datetime,
    *,
    address: str | None = None,
    browser: str | None = None,
) -> None:
    """Sign a teammate in under the hash of a token."""
    tx.run(
        sessions.insert().values(
            token_hash=hashed,
            workspace_id=user["workspace_id"],
            user_id=user["id"],
            created_at=tx.now,
            seen_at=tx.now,
            expires_at=expires_at,
            address=address,
            browser=browser,
        )
    )


def of_session(tx: Tx, hashed: bytes, *, active: bool = True) -> Row | None:
    """Who is signed in under the hash of a token; `active` notes that a person used it."""
    row = tx.first(
        "select u.*, s.seen_at from sessions s join users u on u.id = s.user_id"
        " where s.token_hash = :hash and s.expires_at > :now and s.seen_at > :idle"
        " and u.deactivated_at is null",
        hash=hashed,
        now=tx.now,
        idle=tx.now - IDLE,
    )
    if row is not None and active and tx.now - row["seen_at"] >= SEEN_EVERY:
        tx.run("update sessions set seen_at = :now where token_hash = :hash",
               now=tx.now, hash=hashed)  # fmt: skip
    return row


def sessions_of(tx: Tx, user_id: str) -> Sequence[Row]:
    """Where a teammate is signed in, the one used last first."""
    return tx.all(
        "select encode(token_hash, 'hex') as id, created_at, seen_at, address, browser"
        " from sessions where user_id = :user and expires_at > :now and seen_at > :idle"
        " order by seen_at desc, created_at desc",
        user=user_id,
        now=tx.now,
        idle=tx.now - IDLE,
    )


def last_seen(tx: Tx, user_ids: Sequence[str]) -> dict[str, datetime]:
    """When each of them last used a session that is not over yet."""
    rows = tx.all(
        "select user_id, max(seen_at) as seen_at from sessions where user_id = any(:ids)"
        " group by user_id",
        ids=list(user_ids),
    )
    return {row["user_id"]: row["seen_at"] for row in rows}


def end_session(tx: Tx, hashed: bytes) -> None:
    """Sign out."""
    tx.run("delete from sessions where token_hash = :hash", hash=hashed)


def end_sessions(
    tx: Tx, user_id: str, *, only: bytes | None = None, keep: bytes | None = None
) -> int:
    """Sign a teammate out everywhere, in the `only` session, or all but the one to `keep`."""
    return tx.run(
        "delete from sessions where user_id = :id"
        " and (cast(:only as bytea) is null or token_hash = :only)"
        " and (cast(:keep as bytea) is null or token_hash <> :keep)",
        id=user_id,
        only=only,
        keep=keep,
    )


def sweep_sessions(tx: Tx) -> None:
    """Forget sessions that are over."""
    tx.run("delete from sessions where expires_at < :now or seen_at < :idle",
           now=tx.now, idle=tx.now - IDLE)  # fmt: skip
