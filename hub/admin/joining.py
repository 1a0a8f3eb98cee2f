"""How people come in: the first owner, and links with which somebody sets a password."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from hub import auth
from hub.admin.input import BadInput, Conflict, Unknown, change, find
from hub.admin.people import add_user, hash_password
from hub.house import House
from hub.store import Row, Tx, audit, users
from hub.store.schema import users as table

INVITED, RESET = timedelta(days=7), timedelta(days=1)  # how long a link is good


def is_fresh(tx: Tx) -> bool:
    """True while the hub has no user at all."""
    return tx.value("select 1 from users limit 1") is None


def setup_code(house: House) -> str:
    """What the first owner proves with that the server is theirs; worth nothing after them."""
    key = house.settings.secret_key.get_secret_value().encode()
    digest = hmac.digest(key, b"the first owner", hashlib.sha256)
    return base64.b32encode(digest[:10]).decode()


def setup_url(house: House) -> str:
    """Where the first owner is made."""
    return f"{house.settings.public_url}/setup?code={setup_code(house)}"


def add_first_owner(
    tx: Tx, house: House, code: str, email: str, full_name: str, password: str
) -> Row:
    """The owner of the oldest workspace of a hub without users."""
    if not hmac.compare_digest(code.strip().upper().encode(), setup_code(house).encode()):
        raise BadInput({"code": "This is not the code that the server prints."})
    # Of two browsers at once the second finds the first one's owner.
    workspace = tx.first("select id from workspaces order by id limit 1 for update")
    if workspace is None or not is_fresh(tx):
        raise Conflict("There is an owner already.")
    user_id = add_user(tx, workspace["id"], email, full_name, "owner", password)
    return tx.one("select * from users where id = :id", id=user_id)


def new_link(
    tx: Tx, workspace_id: str, user_id: str, *, actor: str = audit.HUB
) -> tuple[str, datetime]:
    """A token with which a teammate sets a password once, and until when; an older one ends."""
    row = find(tx, table, workspace_id, user_id, "user")
    if row["deactivated_at"] is not None:
        raise Conflict("This person is deactivated: activate them first.")
    token = secrets.token_urlsafe(32)
    until = tx.now + (INVITED if row["password_hash"] is None else RESET)
    change(tx, table, user_id, link_hash=auth.hashed(token), link_until=until)
    audit.record(tx, workspace_id, "user.link_made", row["email"], actor=actor, subject_id=user_id)
    return token, until


def link_url(house: House, token: str) -> str:
    """Where the teammate sets a password."""
    return f"{house.settings.public_url}/join/{token}"


def enter_by_link(tx: Tx, token: str, password: str) -> Row:
    """Set the password of the link's teammate; the link and their sessions end."""
    hashed = hash_password(password)
    user = users.by_link(tx, auth.hashed(token))
    if user is None:
        raise Unknown("This link is used up.")
    users.end_sessions(tx, user["id"])
    audit.record(
        tx, user["workspace_id"], "user.password_set", user["email"],
        actor=f"user:{user['email']}", subject_id=user["id"],
    )  # fmt: skip
    return change(tx, table, user["id"], password_hash=hashed, link_hash=None, link_until=None)
