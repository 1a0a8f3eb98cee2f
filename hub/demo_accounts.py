"""What the demo makes for itself, kept in `HUB_DATA_DIR/demo.json`.

A bookbag source, a user, an API key, and a connection to every sandbox desk. The sandbox forgets
everything when it stops and counts anew, so each of its lives is another account.
"""

import json
import os
import secrets
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from connectors.errors import ConnectorError
from hub import admin
from hub.house import House
from hub.store import Row
from hub.vault import Place

EMAIL = "demo@example.com"
PATIENCE = 60.0  # seconds for one step


class DemoFailed(Exception):
    """The demo cannot go on; one sentence says why."""


@dataclass(frozen=True)
class Accounts:
    """What the demo made for itself."""

    source_id: str
    source_secret: str
    api_key: str
    password: str
    connections: dict[str, str]  # by desk
    sandbox: str  # its life


def prepare(house: House) -> Accounts:
    """The demo's accounts: kept ones if the database still knows them, else new ones."""
    path = house.settings.data_dir / "demo.json"
    life, desks = sandbox(house)
    kept = _kept(house, path) or _make(house)
    if kept.sandbox != life:
        kept = replace(kept, sandbox=life, connections=_connect(house, kept, life, desks))
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(asdict(kept), file)
    return kept


def _kept(house: House, path: Path) -> Accounts | None:
    if not path.exists():
        return None
    try:
        kept = Accounts(**json.loads(path.read_text()))
    except (TypeError, ValueError):  # of another version
        return None
    with house.store.transaction() as tx:
        known = tx.value("select 1 from sources where id = :id", id=kept.source_id)
    return kept if known else None


def _make(house: House) -> Accounts:
    workspace_id = _workspace(house)
    password = secrets.token_urlsafe(9)
    title = f"Demo {_clock()}"  # an older demo may have left its own behind
    source = admin.add_source(house, workspace_id, title, "bookbag")
    with house.store.transaction() as tx:
        tx.run("delete from users where email = :email", email=EMAIL)
        admin.add_user(tx, workspace_id, EMAIL, "Demo Agent", "owner", password)
        key = admin.create_key(tx, workspace_id, title, "owner")
    return Accounts(
        source_id=source["id"],
        source_secret=source["secret"],
        api_key=key["key"],
        password=password,
        connections={},
        sandbox="",
    )


def _connect(house: House, kept: Accounts, life: str, desks: dict[str, Any]) -> dict[str, str]:
    """A connection to every desk, at the account of this life."""
    workspace_id = _workspace(house)
    made = {}
    for name, desk in desks.items():
        if name in kept.connections:
            _forget_last_life(house, kept.connections[name])
            added = admin.verify_connection(house, workspace_id, kept.connections[name])
        else:
            title, config = f"{desk['title']} (sandbox)", desk["accounts"][0]["config"]
            added = admin.add_connection(house, workspace_id, name, _free(house, title), config)
        _set_up_webhook(house, name, added)
        made[name] = added.row["id"]
    for row in _of_a_life_before(house, workspace_id, life, made.values()):
        _forget_last_life(house, row["id"])
        with suppress(ConnectorError):  # its owner's, and no reason for the demo to fail
            added = admin.verify_connection(house, workspace_id, row["id"])
            _set_up_webhook(house, row["desk"], added)
    return made


def _of_a_life_before(house: House, workspace_id: str, life: str, ours: Iterable[str]) -> list[Row]:
    """The connections to the sandbox that somebody else made before it began anew."""
    with house.store.transaction() as tx:
        rows = tx.all(
            "select * from connections where workspace_id = :workspace and archived_at is null"
            " and desk <> 'live_chat' and created_at < :life and id <> all(:ours)",
            workspace=workspace_id,
            life=datetime.fromisoformat(life),
            ours=list(ours),
        )
    return [row for row in rows if house.desks.open(row).config.base_url is not None]


def _forget_last_life(house: House, connection_id: str) -> None:
    """The desk counts anew: what bore its numbers is told apart from what will bear them."""
    with house.store.transaction() as tx:
        for table, column in (("tickets", "external_id"), ("changes", "external_id")):
            tx.run(
                f"update {table} set {column} = {column} || ' before ' || cast(:now as text)"
                f" where connection_id = :id and {column} not like '% before %'",
                id=connection_id,
                now=_clock(),
            )
        tx.run(
            "update connections set token = null, webhook_id = null, webhook_secret = null,"
            " poll_cursor = null, version = version + 1 where id = :id",
            id=connection_id,
        )


def _free(house: House, title: str) -> str:
    """The title, or one that an older demo has not taken."""
    with house.store.transaction() as tx:
        taken = tx.value("select 1 from connections where name = :name", name=title)
    return f"{title} {_clock()}" if taken else title


def _set_up_webhook(house: House, desk: str, added: admin.Connected) -> None:
    """What a person does at desks whose webhooks cannot be registered by API."""
    if not added.steps:
        return
    connection_id = added.row["id"]
    with house.store.transaction() as tx:
        row = tx.one("select * from connections where id = :id", id=connection_id)
    place = Place(row["workspace_id"], "connections", connection_id, "webhook_secret")
    secret = house.vault.open(row["webhook_secret"], place)
    hook = {"desk": desk, "url": _hook(house, connection_id), "secret": secret}
    requests.post(f"{house.settings.sandbox_url}/_hooks", json=hook, timeout=10).raise_for_status()


def _hook(house: House, connection_id: str) -> str:
    return f"{house.settings.public_url}/webhooks/desks/{connection_id}"


def _workspace(house: House) -> str:
    with house.store.transaction() as tx:
        return str(admin.workspace(tx, "default")["id"])


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def sandbox(house: House) -> tuple[str, dict[str, Any]]:
    """The sandbox's life, and its desks by name."""
    url = house.settings.sandbox_url

    def ask() -> dict[str, Any] | None:
        try:
            return dict(requests.get(f"{url}/_desks", timeout=2).json())
        except requests.RequestException:
            return None

    told = wait(ask, f"no sandbox desks answer at {url} (is the hub up with --sandbox?)")
    return told["began"], {desk["desk"]: desk for desk in told["data"]}


def wait(ask: Callable[[], Any], otherwise: str) -> Any:
    """The first true answer; `DemoFailed` when there is none in time."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise DemoFailed(f"{otherwise} within {PATIENCE:.0f} s.")
