"""Connections: credentials are tried at the desk before they are kept, then webhooks are made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.exc import IntegrityError

from connectors import oauth, registry
from connectors.auth import TokenStore
from connectors.base import Config
from connectors.types import Account
from hub import desk_webhooks, ids
from hub.admin.input import BadInput, change, find, name, taken
from hub.desks import BadConfig
from hub.house import House
from hub.store import Row, audit
from hub.store import connections as store
from hub.store.schema import connections
from hub.vault import Place

MOST_RATE, MOST_CONCURRENCY = 100_000, 64
OTHER = (
    "The desk says that this is the account {told}, and the connection's tickets are at {known}."
    " Connect the other account as a connection of its own."
)
PauseAt = Literal["created", "assigned"]


@dataclass(frozen=True, kw_only=True)
class Connected:
    """A connection, whom its desk took us for, and what is left for a person to do."""

    row: Row
    account: Account | None
    steps: tuple[str, ...]


def add_connection(
    house: House,
    workspace_id: str,
    desk: str,
    title: str,
    config: Mapping[str, Any],
    *,
    verify: bool = True,
    rate: int | None = None,
    concurrency: int | None = None,
    pause_ai_at: PauseAt = "created",
    actor: str = audit.HUB,
) -> Connected:
    """A desk's account, tried before it is kept; no webhooks are no hindrance but steps to take.

    `rate` (calls a minute) and `concurrency` are the desk's own unless given. Raises `BadInput`,
    or what the desk says (`connectors.errors`) to our first call.
    """
    given = _config(house, desk, config)
    can = registry.get(desk).can
    values = {
        "name": name(title),
        "rate": _within("rate", rate, MOST_RATE) or can.rate,
        "concurrency": _within("concurrency", concurrency, MOST_CONCURRENCY) or can.concurrency,
        "pause_ai_at": pause_ai_at,
    }
    account = house.desks.try_out(desk, given).verify() if verify else None
    values["account_id"] = account.organization if account else None
    row = _keep(house, workspace_id, desk, given, values, actor)
    return Connected(row=row, account=account, steps=desk_webhooks.register(house, row))


def change_connection(
    house: House,
    workspace_id: str,
    connection_id: str,
    *,
    config: Mapping[str, Any] | None = None,
    title: str | None = None,
    rate: int | None = None,
    concurrency: int | None = None,
    pause_ai_at: PauseAt | None = None,
    actor: str = audit.HUB,
) -> Connected:
    """What is given changes; in `config` null takes a value away. New credentials are tried."""
    values: dict[str, Any] = {
        "name": name(title) if title is not None else None,
        "rate": _within("rate", rate, MOST_RATE),
        "concurrency": _within("concurrency", concurrency, MOST_CONCURRENCY),
        "pause_ai_at": pause_ai_at,
    }
    values = {key: value for key, value in values.items() if value is not None}
    account = None
    steps: tuple[str, ...] = ()
    if config is not None:
        desk, fresh = changed_config(house, workspace_id, connection_id, config)
        tokens = _kept_tokens(house, connection_id, desk, fresh)
        account = house.desks.try_out(desk, fresh, tokens).verify()
        with house.store.transaction() as tx:
            check_same(store.get(tx, connection_id), account)
        values["account_id"] = account.organization
        values["config"] = house.desks.seal(workspace_id, connection_id, fresh)
        if tokens is None:
            values["token"] = None
    row = _write(house, workspace_id, connection_id, values, actor)
    if config is not None:
        steps = desk_webhooks.register(house, row)
    return Connected(row=row, account=account, steps=steps)


def verify_connection(
    house: House, workspace_id: str, connection_id: str, *, actor: str = audit.HUB
) -> Connected:
    """Ask the desk who we are, and repair our webhooks; raises what the desk says."""
    with house.store.transaction() as tx:
        row = find(tx, connections, workspace_id, connection_id, "connection")
        audit.record(
            tx, workspace_id, "connection.verified", row["name"], actor=actor,
            subject_id=connection_id,
        )  # fmt: skip
    account = house.desks.open(row).verify()
    if row["account_id"] is None and account.organization is not None:
        with house.store.transaction() as tx:
            change(tx, connections, row["id"], account_id=account.organization)
    return Connected(row=row, account=account, steps=desk_webhooks.register(house, row))


def check_same(row: Row, account: Account) -> None:
    """`BadInput` for another account than the connection's: its tickets are not there."""
    known, told = row["account_id"], account.organization
    if known is not None and told is not None and known != told:
        raise BadInput({"account": OTHER.format(told=told, known=known)})


def set_up_webhook(
    house: House, workspace_id: str, connection_id: str, *, actor: str = audit.HUB
) -> Connected:
    """Make or repair our webhook at the desk, or tell a person's steps; no account is asked."""
    with house.store.transaction() as tx:
        row = find(tx, connections, workspace_id, connection_id, "connection")
        audit.record(
            tx, workspace_id, "connection.webhook", row["name"], actor=actor,
            subject_id=connection_id,
        )  # fmt: skip
    return Connected(row=row, account=None, steps=desk_webhooks.register(house, row))


def set_webhook_secret(
    house: House, workspace_id: str, connection_id: str, secret: str, *, actor: str = audit.HUB
) -> Row:
    """The secret with which the desk signs, where a person made the webhook there."""
    if not secret.strip():
        raise BadInput({"webhook_secret": "It must not be empty."})
    sealed = house.vault.seal(secret.strip(), desk_webhooks.place(workspace_id, connection_id))
    return _write(house, workspace_id, connection_id, {"webhook_secret": sealed}, actor)


def _config(house: House, desk: str, values: Mapping[str, Any]) -> Config:
    if desk not in registry.names():
        known = ", ".join(one for one in registry.names() if one != registry.NATIVE)
        raise BadInput({"desk": f"{desk!r} is not known: use {known}."})
    if desk == registry.NATIVE:
        raise BadInput({"desk": "Every workspace has its Help Desk already."})
    return read(house, desk, values)


def read(house: House, desk: str, values: Mapping[str, Any]) -> Config:
    """The values as the desk's config; `BadInput` by field."""
    try:
        return house.desks.read_config(desk, dict(values))
    except BadConfig as problem:
        raise BadInput(
            {f"config.{field}": text for field, text in problem.errors.items()}
        ) from None


def changed_config(
    house: House, workspace_id: str, connection_id: str, changes: Mapping[str, Any]
) -> tuple[str, Config]:
    """The desk, and its config with the changes: what nobody mentions stays, secrets too."""
    with house.store.transaction() as tx:
        row = find(tx, connections, workspace_id, connection_id, "connection")
    place = Place(workspace_id, "connections", connection_id, "config")
    merged = house.vault.open_json(row["config"], place) | dict(changes)
    values = {key: value for key, value in merged.items() if value is not None}
    return row["desk"], read(house, row["desk"], values)


def _kept_tokens(house: House, connection_id: str, desk: str, fresh: Config) -> TokenStore | None:
    """The stored token, where a person's consent holds on: for the same app at the same address."""
    consent = registry.get(desk).consent
    if consent is None or not getattr(fresh, "authorized", False):
        return None
    with house.store.transaction() as tx:
        row = store.get(tx, connection_id)
    before = house.desks.unseal(desk, row["workspace_id"], connection_id, row["config"])
    if oauth.party(consent, before) != oauth.party(consent, fresh):
        return None
    return house.desks.tokens(connection_id)


def _within(field: str, number: int | None, most: int) -> int | None:
    if number is not None and not 1 <= number <= most:
        raise BadInput({field: f"From 1 to {most}."})
    return number


def _keep(
    house: House,
    workspace_id: str,
    desk: str,
    config: Config,
    values: dict[str, Any],
    actor: str,
) -> Row:
    connection_id = ids.new("connection")
    sealed = house.desks.seal(workspace_id, connection_id, config)
    try:
        with house.store.transaction() as tx:
            title = values.pop("name")
            store.add(tx, workspace_id, desk, title, id=connection_id, config=sealed, **values)
            audit.record(
                tx, workspace_id, "connection.added", f"{desk}: {title}", actor=actor,
                subject_id=connection_id,
            )  # fmt: skip
            return store.get(tx, connection_id)
    except IntegrityError:
        raise taken("name", title) from None


def _write(
    house: House, workspace_id: str, connection_id: str, values: dict[str, Any], actor: str
) -> Row:
    """The changed connection; workers open it anew."""
    try:
        with house.store.transaction() as tx:
            row = find(tx, connections, workspace_id, connection_id, "connection")
            audit.record(
                tx, workspace_id, "connection.changed", ", ".join(sorted(values)), actor=actor,
                subject_id=connection_id,
            )  # fmt: skip
            return change(tx, connections, connection_id, version=row["version"] + 1, **values)
    except IntegrityError:
        raise taken("name", values["name"]) from None
