"""Who is asking, and what they may do: passwords, sessions and API keys.

Roles include each other: an owner may all that an admin may, down to the viewer, who reads.
Tokens and keys carry 256 random bits, so a plain SHA-256 keeps them; passwords get Argon2.
"""

import functools
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.store import Row, Tx, audit, keys, users

Role = Literal["viewer", "agent", "admin", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "agent", "admin", "owner")

KEY_PREFIX = "hub_"
SHOWN = 12  # characters of a key by which its owner knows it
MIN_PASSWORD, MAX_PASSWORD = 10, 1024  # characters
SESSION = timedelta(hours=12)  # from sign-in, however busy; see also `users.IDLE`
USE_NOTED_EVERY = timedelta(minutes=1)

_hasher = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Principal:
    """Someone who may act in one workspace; `actor` is how the audit names them."""

    workspace_id: str
    actor: str
    role: str
    user: Row | None = None

    def may(self, role: str) -> bool:
        """True when this role includes `role`."""
        return ROLES.index(self.role) >= ROLES.index(role)  # type: ignore[arg-type]


def hash_password(password: str) -> str:
    """The Argon2 hash that is stored for a password."""
    return _hasher.hash(password)


def password_fits(user: Row | None, password: str) -> bool:
    """True when it is the user's; as slow for a user that does not exist."""
    stored = user["password_hash"] if user is not None else None
    if len(password) > MAX_PASSWORD:
        return False
    try:
        fits = _hasher.verify(stored or _nobodys(), password)
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def new_key() -> str:
    """A fresh API key."""
    return KEY_PREFIX + secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """How a key or a session's token is stored."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def by_key(tx: Tx, key: str) -> Principal | None:
    """Who holds this API key; its use is noted once a minute at most."""
    digest = hashed(key)
    row = keys.by_hash(tx, digest)
    if row is None or not hmac.compare_digest(bytes(row["hash"]), digest):
        return None
    last = row["last_used_at"]
    if last is None or tx.now - last >= USE_NOTED_EVERY:
        keys.used(tx, row["id"])
    return Principal(row["workspace_id"], f"key:{row['name']}", row["role"])


def begin_session(
    tx: Tx,
    user: Row,
    how: str | None = None,
    *,
    address: str | None = None,
    browser: str | None = None,
) -> str:
    """Sign a user in, and write down `how`; the token for their cookie."""
    token = secrets.token_urlsafe(32)
    users.begin_session(tx, user, hashed(token), tx.now + SESSION, address=address, browser=browser)
    _record(tx, user, "user.signed_in", how)
    return token


def by_session(tx: Tx, token: str, *, active: bool = True) -> Principal | None:
    """Who is signed in with this token; `active` unless a page asks by itself."""
    user = users.of_session(tx, hashed(token), active=active)
    if user is None:
        return None
    return Principal(user["workspace_id"], f"user:{user['email']}", user["role"], user)


def end_session(tx: Tx, token: str) -> None:
    """Sign out."""
    user = users.of_session(tx, hashed(token))
    if user is not None:
        users.end_session(tx, hashed(token))
        _record(tx, user, "user.signed_out")


def _record(tx: Tx, user: Row, what: str, detail: str | None = None) -> None:
    actor = f"user:{user['email']}"
    audit.record(tx, user["workspace_id"], what, detail, actor=actor, subject_id=user["id"])


@functools.cache
def _nobodys() -> str:
    """A hash that no password fits."""
    return _hasher.hash(secrets.token_urlsafe(32))
