"""Teammates and API keys: who may do what."""

import re
from datetime import datetime
from typing import Any, TypedDict

from hub import auth, ids
from hub.admin.input import BadInput, Conflict, Unknown, add, change, find, name
from hub.store import Row, Tx, audit, keys, users
from hub.store.schema import users as table

EMAIL = re.compile(r"(?=.{3,320}$)[^\s@\x00-\x1f\x7f]+@[^\s@\x00-\x1f\x7f]+")
MOST_OPEN = 1000
APPEARANCES = ("system", "light", "dark")


class NewKey(TypedDict):
    """An API key, shown this once."""

    id: str
    key: str


def add_user(
    tx: Tx,
    workspace_id: str,
    email: str,
    full_name: str | None = None,
    role: str = "agent",
    password: str | None = None,
    *,
    actor: str = audit.HUB,
) -> str:
    """A teammate, who signs in by e-mail once a password is set; their id."""
    address = email.strip().casefold()
    if not is_email(address):
        raise BadInput({"email": "This is not an e-mail address."})
    user_id = ids.new("user")
    add(
        tx, table, "email",
        id=user_id,
        workspace_id=workspace_id,
        email=address,
        name=name(full_name or address.partition("@")[0]),
        role=check_role(role),
        password_hash=hash_password(password) if password is not None else None,
        created_at=tx.now,
    )  # fmt: skip
    audit.record(tx, workspace_id, "user.added", address, actor=actor, subject_id=user_id)
    return user_id


def change_user(
    tx: Tx,
    workspace_id: str,
    user_id: str,
    *,
    full_name: str | None = None,
    role: str | None = None,
    password: str | None = None,
    available: bool | None = None,
    max_open: int | None = None,
    appearance: str | None = None,
    actor: str = audit.HUB,
) -> Row:
    """What is given changes; a new password or role ends the user's sessions."""
    row = find(tx, table, workspace_id, user_id, "user")
    values: dict[str, Any] = {"available": available, "max_open": max_open}
    values["appearance"] = _appearance(appearance) if appearance is not None else None
    values["name"] = name(full_name) if full_name is not None else None
    values["role"] = check_role(role) if role is not None else None
    values["password_hash"] = hash_password(password) if password is not None else None
    values = {key: value for key, value in values.items() if value is not None}
    if not 1 <= values.get("max_open", 1) <= MOST_OPEN:
        raise BadInput({"max_open": f"From 1 to {MOST_OPEN}."})
    if values.get("role") == row["role"]:
        del values["role"]  # nothing changes: nobody is signed out
    if "role" in values:
        _keep_an_owner(tx, row)
    if "role" in values or "password_hash" in values:
        users.end_sessions(tx, user_id)
    told = ", ".join(f"role {role}" if key == "role" else key for key in sorted(values))
    told = told.replace("password_hash", "password")
    audit.record(
        tx, workspace_id, "user.changed", f"{row['email']}: {told}", actor=actor,
        subject_id=user_id,
    )  # fmt: skip
    return change(tx, table, user_id, **values)


def deactivate_user(tx: Tx, workspace_id: str, user_id: str, *, actor: str = audit.HUB) -> Row:
    """Let a teammate in no more, from this moment; what they did stays theirs."""
    row = find(tx, table, workspace_id, user_id, "user")
    if row["deactivated_at"] is not None:
        return row
    _keep_an_owner(tx, row)
    users.end_sessions(tx, user_id)
    audit.record(
        tx, workspace_id, "user.deactivated", row["email"], actor=actor, subject_id=user_id
    )
    return change(tx, table, user_id, deactivated_at=tx.now, available=False, link_hash=None,
                  link_until=None)  # fmt: skip


def activate_user(tx: Tx, workspace_id: str, user_id: str, *, actor: str = audit.HUB) -> Row:
    """Let a deactivated teammate in again."""
    row = find(tx, table, workspace_id, user_id, "user")
    if row["deactivated_at"] is None:
        return row
    audit.record(tx, workspace_id, "user.activated", row["email"], actor=actor, subject_id=user_id)
    return change(tx, table, user_id, deactivated_at=None, available=True)


def remove_user(tx: Tx, workspace_id: str, user_id: str, *, actor: str = audit.HUB) -> None:
    """Take a teammate away; the last owner stays."""
    row = find(tx, table, workspace_id, user_id, "user")
    _keep_an_owner(tx, row)
    users.remove(tx, user_id)
    audit.record(tx, workspace_id, "user.removed", row["email"], actor=actor, subject_id=user_id)


def create_key(
    tx: Tx,
    workspace_id: str,
    title: str,
    role: str = "admin",
    *,
    expires_at: datetime | None = None,
    actor: str = audit.HUB,
) -> NewKey:
    """An API key with a role; only its hash is kept."""
    if expires_at is not None and expires_at <= tx.now:
        raise BadInput({"expires_at": "It must lie ahead."})
    key = auth.new_key()
    key_id = keys.add(
        tx,
        workspace_id,
        name=name(title),
        role=check_role(role),
        prefix=key[: auth.SHOWN],
        hashed=auth.hashed(key),
        expires_at=expires_at,
    )
    audit.record(tx, workspace_id, "key.created", title, actor=actor, subject_id=key_id)
    return {"id": key_id, "key": key}


def remove_key(tx: Tx, workspace_id: str, key_id: str, *, actor: str = audit.HUB) -> None:
    """The key opens nothing any more."""
    title = keys.remove(tx, workspace_id, key_id)
    if title is None:
        raise Unknown(f"There is no key {key_id} here.")
    audit.record(tx, workspace_id, "key.removed", title, actor=actor, subject_id=key_id)


def is_email(text: str) -> bool:
    """True for what looks like one."""
    return EMAIL.fullmatch(text) is not None


def check_role(role: str) -> str:
    """The role, if it is one."""
    if role not in auth.ROLES:
        raise BadInput({"role": f"Choose from {', '.join(reversed(auth.ROLES))}."})
    return role


def hash_password(password: str) -> str:
    """What is stored for a password that is long enough."""
    if not auth.MIN_PASSWORD <= len(password) <= auth.MAX_PASSWORD:
        raise BadInput({"password": f"{auth.MIN_PASSWORD} to {auth.MAX_PASSWORD} characters."})
    return auth.hash_password(password)


def _appearance(word: str) -> str:
    if word not in APPEARANCES:
        raise BadInput({"appearance": f"Choose from {', '.join(APPEARANCES)}."})
    return word


def _keep_an_owner(tx: Tx, user: Row) -> None:
    # Two owners who take each other's rights away at once come here one after the other.
    tx.run("select 1 from workspaces where id = :id for update", id=user["workspace_id"])
    if users.is_last_owner(tx, user):
        raise Conflict("The last owner stays: make somebody else an owner first.")
