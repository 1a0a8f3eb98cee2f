"""Secrets at rest: bound to their place, moved to another key, looked at when a process starts."""

import base64
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from connectors.auth import Token
from hub import admin, rotation, settings
from hub.house import House
from hub.setting_values import BadSetting
from hub.settings import Settings
from hub.store import Store
from hub.store.schema import metadata
from hub.vault import Place, Unsealable, Vault
from tests.databases import copied

IN_THE_CLEAR = {("native_entries", "content")}
MARKS = {("conversations", "forgotten_chat")}  # a keyed hash, not a secret
SOON_GONE = {("sign_ins", "kept")}  # after ten minutes
HERE = Place("wsp_a", "sources", "src_1", "secret")


def key(name: str) -> tuple[str, SecretStr]:
    return name, SecretStr(base64.b64encode(name.encode().ljust(32, b".")).decode())


def first_form(name: str, secret: str, place: Place) -> bytes:
    """As secrets were sealed before their workspace was bound."""
    nonce = os.urandom(12)
    cipher = AESGCM(base64.b64decode(key(name)[1].get_secret_value()))
    return (
        name.encode() + b"\0" + nonce + cipher.encrypt(nonce, secret.encode(), str(place).encode())
    )


@pytest.fixture
def filled(house: House, workspace: str) -> dict[str, str]:
    """Many sources with secrets of each kind under old keys; what each secret is, by its source."""
    told: dict[str, str] = {}
    old = Vault((key("old"),))
    for number in range(12):
        made = admin.add_source(house, workspace, f"bot {number}", "standard")
        place = Place(workspace, "sources", made["id"], "secret")
        secret = made["secret"]
        sealed = old.seal(secret, place) if number % 2 else first_form("old", secret, place)
        with house.store.transaction() as tx:
            tx.run("update sources set secret = :s, previous_secret = :s where id = :id",
                   s=sealed, id=made["id"])  # fmt: skip
        told[made["id"]] = made["secret"]
    return told


def test_a_sealed_secret_opens_nowhere_else() -> None:
    vault = Vault((key("k1"),))
    sealed = vault.seal("s3cret", HERE)
    assert vault.open(sealed, HERE) == "s3cret"
    for place in (HERE._replace(workspace_id="wsp_b"), HERE._replace(table="subscribers"),
                  HERE._replace(row="src_2"), HERE._replace(field="token")):  # fmt: skip
        with pytest.raises(Unsealable):
            vault.open(sealed, place)


@pytest.mark.parametrize(
    "spoilt", [b"", b"\x02", b"\x02k1\0", b"\x02k1\0short", b"\0", b"\xff\xfe"]
)
def test_what_is_no_sealed_secret_is_unsealable(spoilt: bytes) -> None:
    with pytest.raises(Unsealable):
        Vault((key("k1"),)).open(spoilt, HERE)


def test_a_secret_of_the_first_form_still_opens() -> None:
    assert Vault((key("k1"),)).open(first_form("k1", "s3cret", HERE), HERE) == "s3cret"


def test_every_sealed_column_is_rotated() -> None:
    sealed = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if column.type.python_type is bytes and not column.name.endswith("hash")
    }
    assert {
        (one.table, one.column) for one in rotation.SECRETS
    } == sealed - IN_THE_CLEAR - MARKS - SOON_GONE


def test_rotation_leaves_nothing_under_the_old_key(
    house: House, workspace: str, filled: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 5)
    now = with_keys(house, "new", "old", "test")
    said: list[str] = []
    assert rotation.rotate(now, said.append) == 0
    assert "sources.secret: 12 sealed anew" in said
    alone = with_keys(house, "new")
    assert opened(alone, workspace) == filled
    rotation.check(alone)
    assert rotation.rotate(alone, said.append) == 0  # nothing is left to do


def test_a_secret_that_does_not_open_is_named_and_hinders_nothing(
    house: House, workspace: str, filled: dict[str, str]
) -> None:
    spoilt = next(iter(filled))
    with house.store.transaction() as tx:
        tx.run("update sources set secret = 'spoilt' where id = :id", id=spoilt)
    said: list[str] = []
    assert rotation.rotate(with_keys(house, "new", "old", "test"), said.append) == 1
    assert any(spoilt in line and "enter that secret anew" in line for line in said)


def test_a_token_that_is_being_renewed_is_sealed_anew_afterwards(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.store.transaction() as tx:
        row = tx.one("select * from connections where workspace_id = :w", w=workspace)
        token = house.desks.seal_token(workspace, row["id"], Token(access=SecretStr("t")))
        tx.run(
            "update connections set token = :t, renewing_until = now() + interval '1 h'", t=token
        )

    def renewed(_seconds: float) -> None:
        with house.store.transaction() as tx:
            assert tx.value("select token from connections") == token
            tx.run("update connections set renewing_until = null")

    monkeypatch.setattr(rotation.time, "sleep", renewed)
    now = with_keys(house, "new", "test")
    rotation.rotate(now, lambda _: None)
    with house.store.transaction() as tx:
        assert bytes(tx.value("select token from connections")).startswith(now.vault.mark)


def test_a_rotation_that_is_killed_goes_on_where_it_was(
    house: House, workspace: str, filled: dict[str, str]
) -> None:
    for crash in ("rotation.before_commit:2", "rotation.committed:1"):
        assert command(house.settings, crash).returncode == -signal.SIGKILL
    assert opened(with_keys(house, "new", "old", "test"), workspace) == filled
    done = command(house.settings, "")
    assert done.returncode == 0 and "All is sealed" in done.stdout, done.stderr
    assert opened(with_keys(house, "new"), workspace) == filled


@pytest.mark.parametrize("keys", [("wrong",), ("new",)])
def test_a_hub_whose_keys_do_not_open_its_database_does_not_start(
    house: House, workspace: str, keys: tuple[str, ...]
) -> None:
    with pytest.raises(BadSetting, match="'test'"):
        rotation.check(with_keys(house, *keys))


def test_two_keys_of_one_name_are_refused(tmp_path: Path) -> None:
    text = ",".join(f"main:{key(word)[1].get_secret_value()}" for word in ("new", "old"))
    with pytest.raises(BadSetting, match="'main'"):
        settings.read({"HUB_KEYS": text, "HUB_DATA_DIR": str(tmp_path)})


def test_another_key_under_the_same_name_is_noticed(house: House, workspace: str) -> None:
    same_name = ("test", key("other")[1])
    other = replace(house, vault=Vault((same_name,)))
    with pytest.raises(BadSetting, match="'test'"):
        rotation.check(other)


def test_one_spoilt_row_keeps_no_hub_from_starting(house: House, filled: dict[str, str]) -> None:
    with house.store.transaction() as tx:
        newest = tx.value("select max(id) from sources")
        tx.run("update sources set secret = substring(secret for 20) where id = :id", id=newest)
    rotation.check(with_keys(house, "old", "test"))


def test_a_database_without_tables_is_waited_for(house: House, server_url: str) -> None:
    with copied(server_url, "hub_empty", template="template0") as url:
        bare = Store(url, pool=1)
        rotation.check(replace(house, store=bare))
        bare.close()


def with_keys(house: House, *names: str) -> House:
    """The house with other keys; `test` is the one that it began with."""
    known = dict(house.settings.keys)
    return replace(house, vault=Vault(tuple((n, known.get(n, key(n)[1])) for n in names)))


def opened(house: House, workspace: str) -> dict[str, str]:
    """The sources' secrets, both of which are the same."""
    with house.store.transaction() as tx:
        rows = tx.all("select * from sources")
    told = {}
    for row in rows:
        place = Place(workspace, "sources", row["id"], "secret")
        told[row["id"]] = house.vault.open(row["secret"], place)
        assert house.vault.open(row["previous_secret"], place) == told[row["id"]]
    return told


def command(settings: Settings, crash: str) -> subprocess.CompletedProcess[str]:
    """`python -m hub keys rotate`, which dies where it is told to."""
    keys = [key("new"), key("old"), *settings.keys]
    told: dict[str, Any] = {
        "DATABASE_URL": settings.database_url,
        "HUB_KEYS": ",".join(f"{name}:{value.get_secret_value()}" for name, value in keys),
        "HUB_SECRET_KEY": "a long text that nobody knows, of these tests",
        "HUB_DATA_DIR": str(settings.data_dir),
    }
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return subprocess.run(
        [sys.executable, "-m", "hub", "keys", "rotate"],
        env=environ | told | ({"HUB_CRASH": crash} if crash else {}),
        capture_output=True, text=True, timeout=180,
    )  # fmt: skip
