"""Teammates, and the sessions in which they are signed in."""

from datetime import datetime

from hub.store import Row, Tx
from hub.store.schema import sessions


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
        " and id <> :id",
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


def begin_session(tx: Tx, user: Row, hashed: bytes, expires_at: datetime) -> None:
    """Sign a teammate in under the hash of a token."""
    tx.run(
        sessions.insert().values(
            token_hash=hashed,
            workspace_id=user["workspace_id"],
            user_id=user["id"],
            created_at=tx.now,
            expires_at=expires_at,
        )
    )


def of_session(tx: Tx, hashed: bytes) -> Row | None:
    """Who is signed in under the hash of a token that has not expired."""
    return tx.first(
        "select u.* from sessions s join users u on u.id = s.user_id"
        " where s.token_hash = :hash and s.expires_at > :now",
        hash=hashed,
        now=tx.now,
    )


def end_session(tx: Tx, hashed: bytes) -> None:
    """Sign out."""
    tx.run("delete from sessions where token_hash = :hash", hash=hashed)


def end_sessions(tx: Tx, user_id: str) -> None:
    """Sign a teammate out everywhere."""
    tx.run("delete from sessions where user_id = :id", id=user_id)
