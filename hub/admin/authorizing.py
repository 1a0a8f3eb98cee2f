"""A person lets the hub in at a desk's page: sent with `begin`, back with `come_back` and `finish`.

The state that goes along is good for one use, in the session that began, for ten minutes. It is
stored as a hash; the config and the PKCE verifier wait sealed beside it.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError

from connectors import base, oauth, registry
from connectors.auth import MemoryTokens, Token
from connectors.base import Config
from connectors.oauth import Consent, Grants
from connectors.types import Account
from hub import auth, desk_webhooks, ids
from hub.admin import connecting
from hub.admin.connecting import Connected
from hub.admin.input import Unknown, change, find, name, taken
from hub.house import House
from hub.store import Row, Tx, audit, authorizations
from hub.store import connections as store
from hub.store.schema import connections
from hub.vault import Place, Unsealable

CALLBACK = "/oauth/callback"
LIFE = timedelta(minutes=10)


class Stale(Exception):
    """The state that somebody came back with is worth nothing; `why` tells the reason."""

    def __init__(self, why: Literal["unknown", "late", "used"], connection_id: str | None) -> None:
        super().__init__(why)
        self.why = why
        self.connection_id = connection_id


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Somebody who came back from a desk's page."""

    workspace_id: str
    connection_id: str
    desk: str
    name: str
    config: Config
    verifier: str


def redirect_uri(house: House) -> str:
    """Where desks send people back to; it is registered at the desk's app."""
    return f"{house.settings.public_url}{CALLBACK}"


def consent_of(desk: str) -> Consent:
    """How people let the hub in at this desk; `Unknown` where they cannot."""
    found = registry.get(desk).consent if desk in registry.names() else None
    if found is None:
        raise Unknown(f"{desk} has no page on which a person lets the hub in.")
    return found


def authorized(house: House, tx: Tx, connection_ids: Sequence[str]) -> set[str]:
    """Which of the connections a person let in at the desk's page."""
    desks = [one for one in registry.names() if registry.get(one).consent is not None]
    rows = tx.all(
        "select id, workspace_id, desk, config from connections"
        " where id = any(:ids) and desk = any(:desks)",
        ids=list(connection_ids),
        desks=desks,
    )
    return {row["id"] for row in rows if _by_person(house, row)}


def begin(
    house: House,
    workspace_id: str,
    session_hash: bytes,
    desk: str,
    title: str,
    values: Mapping[str, Any],
) -> str:
    """The address at the desk to which the person goes for a new connection."""
    consent_of(desk)
    title = name(title)
    with house.store.transaction() as tx:
        if store.named(tx, workspace_id, title):
            raise taken("name", title)
    given = {key: value for key, value in values.items() if value is not None}
    config = connecting.read(house, desk, {**given, "authorized": True})
    return _send(house, workspace_id, session_hash, desk, ids.new("connection"), title, config)


def begin_again(
    house: House,
    workspace_id: str,
    session_hash: bytes,
    connection_id: str,
    values: Mapping[str, Any],
) -> str:
    """The same for a connection that is there; what `values` leave out stays, secrets too."""
    with house.store.transaction() as tx:
        row = find(tx, connections, workspace_id, connection_id, "connection")
    desk, changes = row["desk"], {**_no_other_way(row["desk"]), **values, "authorized": True}
    _, config = connecting.changed_config(house, workspace_id, connection_id, changes)
    return _send(house, workspace_id, session_hash, desk, connection_id, row["name"], config)


def come_back(house: House, workspace_id: str, session_hash: bytes, state: str) -> Visit:
    """Whose state this is, once; `Stale` for any other."""
    hashed = auth.hashed(state)
    with house.store.transaction() as tx:
        row = authorizations.find(tx, workspace_id, session_hash, hashed)
        if row is None:
            raise Stale("unknown", None)
        there = tx.first("select id from connections where id = :id", id=row["connection_id"])
        if row["used_at"] is not None:
            raise Stale("used", there["id"] if there else None)
        if row["expires_at"] <= tx.now:
            raise Stale("late", there["id"] if there else None)
        authorizations.use(tx, hashed)
    return _visit(house, row)


def finish(house: House, visit: Visit, code: str, *, actor: str) -> Connected:
    """The code exchanged, the account tried, the connection kept with its token, or renewed.

    Raises what the desk says (`connectors.errors`), or `BadInput` when the name is taken meanwhile.
    """
    grants = Grants(consent_of(visit.desk), visit.config, house.desks.ports())
    token = grants.redeem(code, redirect_uri=redirect_uri(house), verifier=visit.verifier)
    tokens = MemoryTokens()
    tokens.token = token
    account = house.desks.try_out(visit.desk, visit.config, tokens).verify()
    row = _keep(house, visit, tokens.token, account, actor)
    return Connected(row=row, account=account, steps=desk_webhooks.register(house, row))


def _send(
    house: House,
    workspace_id: str,
    session_hash: bytes,
    desk: str,
    connection_id: str,
    title: str,
    config: Config,
) -> str:
    state, verifier = secrets.token_urlsafe(32), oauth.new_verifier()
    with house.store.transaction() as tx:
        authorizations.begin(
            tx, workspace_id, state_hash=auth.hashed(state), session_hash=session_hash, desk=desk,
            connection_id=connection_id, name=title, expires_at=tx.now + LIFE,
            config=house.desks.seal(workspace_id, connection_id, config),
            verifier=house.vault.seal(verifier, _place(workspace_id, connection_id)),
        )  # fmt: skip
    return oauth.address(
        consent_of(desk), config, redirect_uri=redirect_uri(house), state=state, verifier=verifier
    )


def _no_other_way(desk: str) -> dict[str, None]:
    """What takes the fields of other ways in (API tokens, keys) out of a config."""
    asked = {*consent_of(desk).fields, *base.Config.model_fields}
    return dict.fromkeys({*registry.get(desk).Config.model_fields} - asked)


def _visit(house: House, row: Row) -> Visit:
    workspace_id, connection_id = row["workspace_id"], row["connection_id"]
    return Visit(
        workspace_id=workspace_id,
        connection_id=connection_id,
        desk=row["desk"],
        name=row["name"],
        config=house.desks.unseal(row["desk"], workspace_id, connection_id, row["config"]),
        verifier=house.vault.open(row["verifier"], _place(workspace_id, connection_id)),
    )


def _keep(house: House, visit: Visit, token: Token | None, account: Account, actor: str) -> Row:
    """The connection with its token, in one transaction; one that was paused goes on."""
    assert token is not None  # the account was tried with it
    values = {
        "account_id": account.organization,
        "config": house.desks.seal(visit.workspace_id, visit.connection_id, visit.config),
        "token": house.desks.seal_token(visit.workspace_id, visit.connection_id, token),
    }
    try:
        with house.store.transaction() as tx:
            return _again(tx, visit, account, values, actor) or _first(tx, visit, values, actor)
    except IntegrityError:
        raise taken("name", visit.name) from None


def _first(tx: Tx, visit: Visit, values: Mapping[str, Any], actor: str) -> Row:
    can = registry.get(visit.desk).can
    store.add(
        tx, visit.workspace_id, visit.desk, visit.name, id=visit.connection_id, rate=can.rate,
        concurrency=can.concurrency, **values,
    )  # fmt: skip
    _record(tx, visit, "connection.added", actor)
    return store.get(tx, visit.connection_id)


def _again(
    tx: Tx, visit: Visit, account: Account, values: Mapping[str, Any], actor: str
) -> Row | None:
    """The connection with its new credentials, if they are the same account's; None without one."""
    try:
        row = find(tx, connections, visit.workspace_id, visit.connection_id, "connection")
    except Unknown:
        return None
    connecting.check_same(row, account)
    change(tx, connections, row["id"], version=row["version"] + 1, **values)
    store.activate(tx, row["id"])
    _record(tx, visit, "connection.authorized", actor)
    return store.get(tx, row["id"])


def _record(tx: Tx, visit: Visit, what: str, actor: str) -> None:
    audit.record(
        tx, visit.workspace_id, what, f"{visit.desk}: {visit.name}", actor=actor,
        subject_id=visit.connection_id,
    )  # fmt: skip


def _by_person(house: House, row: Row) -> bool:
    try:
        config = house.desks.unseal(row["desk"], row["workspace_id"], row["id"], row["config"])
    except Unsealable:  # the list is shown all the same; `doctor` tells
        return False
    return bool(getattr(config, "authorized", False))


def _place(workspace_id: str, connection_id: str) -> Place:
    return Place(workspace_id, "authorizations", connection_id, "verifier")
