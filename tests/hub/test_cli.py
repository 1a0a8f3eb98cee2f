"""The command line: one clear sentence when something is wrong, JSON when it is not."""

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from hub import cli, worker
from hub.house import House
from hub.jobs import Job
from tests.console.office import Office

ROOT = Path(__file__).parents[2]
KEYS = "test:" + "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="  # 32 times k


@pytest.fixture
def environ(database_url: str, sandbox_url: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a hub with this test's database."""
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "HUB_KEYS": KEYS,
        "HUB_SECRET_KEY": "a secret of the tests",
        "HUB_SANDBOX_URL": sandbox_url,
        "HUB_DATA_DIR": str(tmp_path),
    }


@pytest.fixture
def hub(
    environ: dict[str, str],
    house: House,
    workspace: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> "Hub":
    """The command line of a hub that has a workspace."""
    return Hub(environ, house, monkeypatch, capsys)


@dataclass
class Hub:
    """Runs commands as an administrator types them, in this process: that is quicker."""

    environ: dict[str, str]
    house: House
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, expect: int = 0, stdin: str = "") -> Any:
        for name in ("HUB_KEYS", "HUB_SECRET_KEY", "PORT"):
            self.monkeypatch.delenv(name, raising=False)
        for name, value in self.environ.items():
            self.monkeypatch.setenv(name, value)
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        try:
            code = cli.main(words)
        except SystemExit as end:
            code = end.code
        shown = self.capsys.readouterr()
        assert code == expect, shown
        if expect == 0:
            assert shown.err == ""
            return json.loads(shown.out)
        assert shown.out == ""
        return shown.err

    def count(self, table: str) -> int:
        with self.house.store.transaction() as tx:
            return int(tx.value(f"select count(*) from {table}"))


def run(*words: str, environ: dict[str, str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    """One command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "hub", *words],
        cwd=ROOT, env=environ, input=stdin, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.fixture
def zendesk(sandbox_url: str, tmp_path: Path) -> dict[str, Any]:
    """A config with which the sandbox's Zendesk lets us in."""
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    return next(d["accounts"][0]["config"] for d in told if d["desk"] == "zendesk")  # type: ignore[no-any-return]


def saved(tmp_path: Path, value: Any) -> str:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(value))
    return str(path)


def test_help_names_every_command() -> None:
    done = run("--help", environ={})
    assert done.returncode == 0
    for command in ("web", "worker", "clock", "up", "sandbox", "migrate", "demo", "doctor",
                    "source", "connect", "route", "subscriber", "key", "user"):  # fmt: skip
        assert f"\n    {command}" in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys, hub.cli; hub.cli.parser(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True
    )
    heavy = {"flask", "sqlalchemy", "pydantic", "requests", "psycopg", "pgqueuer"}
    assert not heavy & set(done.stdout.split())


def test_everything_is_set_up_by_commands(hub: Hub, zendesk, tmp_path: Path) -> None:
    source = hub("source", "add", "bot", "--dialect", "bookbag", "--secret", "a secret of theirs")
    assert source["secret"] == "a secret of theirs"
    assert source["url"].endswith(f"/webhooks/sources/{source['id']}")
    config = saved(tmp_path, zendesk)
    connection = hub("connect", "zendesk", "--name", "Support", "--config", config)
    assert connection["account"]["name"] and connection["id"].startswith("cxn_")
    route = hub("route", "add", "--to", "Support,Help Desk", "--when", "language = de", "--json")
    assert route["to"][0] == connection["id"] and len(route["to"]) == 2
    subscriber = hub("subscriber", "add", "https://x.example/h", "--events", "ticket.created")
    assert subscriber["secret"].startswith("whsec_")
    key = hub("key", "create", "bot", "--role", "agent")
    assert key["key"].startswith("hub_")
    words = ("user", "add", "ada@x.example", "--role", "owner", "--password-stdin")
    user = hub(*words, stdin="a long phrase\n")
    assert user["id"].startswith("usr_")
    with hub.house.store.transaction() as tx:
        rows = tx.all("select what from audit where actor = 'cli' order by id")
    assert [row["what"] for row in rows] == [
        "source.added", "connection.added", "route.added", "subscriber.added", "key.created",
        "user.added",
    ]  # fmt: skip


def test_a_config_may_come_by_standard_input(hub: Hub, zendesk) -> None:
    words = ("connect", "zendesk", "--name", "Support", "--config", "-")
    assert hub(*words, stdin=json.dumps(zendesk))["name"] == "Support"


def test_a_new_database_gets_schema_and_workspace(server_url: str, environ: dict[str, str]) -> None:
    from tests.databases import sql

    sql(server_url, "create database hub_fresh")
    url = server_url.replace("///hub?", "///hub_fresh?")
    try:
        told = run("key", "create", "x", environ=environ | {"DATABASE_URL": url})
        assert (told.returncode, told.stdout) == (1, "")
        assert "migrate" in told.stderr
        for _ in range(2):
            assert run("migrate", environ=environ | {"DATABASE_URL": url}).returncode == 0
        made = run("key", "create", "x", environ=environ | {"DATABASE_URL": url})
        assert json.loads(made.stdout)["key"]
    finally:
        sql(server_url, "drop database hub_fresh with (force)")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("source", "add", "bot", "--dialect", "klingon"), "dialect"),
        (("source", "add", "bot", "--secret", "plain"), "secret"),
        (("source", "add", "bot", "--workspace", "elsewhere"), "elsewhere"),
        (("route", "add", "--to", "Nowhere"), "Nowhere"),
        (("route", "add", "--to", "Help Desk", "--when", "moon full"), "when"),
        (("subscriber", "add", "http://10.0.0.1/"), "url"),
        (("key", "create", "x", "--role", "king"), "role"),
        (("user", "add", "nobody", "--role", "agent"), "email"),
        (("connect", "zendesk", "--name", "S", "--config", "/nowhere.json"), "/nowhere.json"),
        (("connect", "zendesk", "--name", "S", "--config", "pyproject.toml"), "JSON"),
        (("sandbox", "--port", "99999"), "port"),
        (("nonsense",), "nonsense"),
    ],
)
def test_wrong_input_is_told_in_a_sentence(hub: Hub, words: tuple[str, ...], told: str) -> None:
    assert told in hub(*words, expect=2)


def test_wrong_fields_of_a_config_are_named(hub: Hub, tmp_path: Path) -> None:
    path = saved(tmp_path, {"subdomain": "NOT A SUBDOMAIN", "colour": "red"})
    told = hub("connect", "zendesk", "--name", "S", "--config", path, expect=2)
    assert "config.subdomain" in told and "config.colour" in told


def test_credentials_that_the_desk_refuses_are_a_fault(hub: Hub, zendesk, tmp_path: Path) -> None:
    path = saved(tmp_path, zendesk | {"client_secret": "very wrong secret"})
    told = hub("connect", "zendesk", "--name", "S", "--config", path, expect=1)
    assert "desk" in told and "very wrong secret" not in told
    assert hub.count("connections") == 1  # the Help Desk


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://hub:secret-word@db/hub",
        "postgresql+psycopg://hub:secret-word@db/hub",
        "",
    ],
)
def test_a_database_of_another_kind_is_told_without_its_password(hub: Hub, url: str) -> None:
    hub.environ["DATABASE_URL"] = url
    told = hub("key", "create", "x", expect=2)
    assert told.startswith("DATABASE_URL must begin with postgresql://")
    assert "secret-word" not in told


@pytest.mark.parametrize("url", ["postgresql://u:secret-word@db:abc/hub", "postgresql://u@[::1/x"])
def test_a_database_whose_address_cannot_be_read_is_told_without_its_password(
    hub: Hub, url: str
) -> None:
    hub.environ["DATABASE_URL"] = url
    told = hub("doctor", expect=2)
    assert told.startswith("DATABASE_URL cannot be read: its port must be a number")
    assert "secret-word" not in told


def test_a_database_that_is_away_is_a_fault(hub: Hub) -> None:
    hub.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    told = hub("key", "create", "x", expect=1)
    assert "database" in told and len(told.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HUB_KEYS", "nonsense"),
        ("HUB_KEYS", None),
        ("HUB_SECRET_KEY", None),
        ("PORT", "x"),
        ("HUB_PUBLIC_URL", "hub.example.com"),
        ("HUB_LOG_FORMAT", "xml"),
    ],
)
@pytest.mark.parametrize("words", [("key", "create", "x"), ("web",), ("worker",), ("clock",)])
def test_a_wrong_setting_is_named(
    hub: Hub, words: tuple[str, ...], name: str, value: str | None
) -> None:
    del hub.environ["HUB_DATA_DIR"]
    hub.environ.pop(name, None)
    hub.environ |= {name: value} if value else {}
    told = hub(*words, expect=2)
    assert name in told and len(told.strip().splitlines()) == 1


def test_a_fault_in_a_process_of_its_own_shows_no_traceback(environ: dict[str, str]) -> None:
    done = run("worker", environ=environ | {"HUB_KEYS": "nonsense"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "HUB_KEYS" in done.stderr and "Traceback" not in done.stderr


def test_who_reads_no_further_is_not_shown_a_traceback(environ: dict[str, str]) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    doctor = [sys.executable, "-m", "hub", "doctor"]
    done = subprocess.run(doctor, cwd=ROOT, env=environ, stdout=writes, stderr=subprocess.PIPE)
    os.close(writes)
    assert (done.returncode, done.stderr) == (1, b"")


def test_routes_get_their_time_zone_and_their_patience_by_command(hub: Hub) -> None:
    changed = hub("workspace", "change", "--time-zone", "europe/berlin")
    assert changed["time_zone"] == "Europe/Berlin"
    assert "Europe/Berlin" in hub("workspace", "change", "--time-zone", "Mars", expect=2)
    when = ("--when", "weekday in sat-sun", "--give-up-after", "45")
    assert hub("route", "add", "--to", "Help Desk", *when)["give_up_after"] == 45


def test_the_first_owner_is_led_to_their_page_and_the_next_are_not(hub: Hub) -> None:
    told = hub("setup")
    assert told["url"].endswith(f"/setup?code={told['code']}") and len(told["code"]) == 16
    hub("user", "add", "ada@example.com", "--role", "owner")
    assert "an owner already" in hub("setup", expect=1)


def test_a_link_with_which_somebody_sets_a_password_is_made_by_command(hub: Hub) -> None:
    hub("user", "add", "ada@example.com", "--role", "owner")
    assert "/join/" in hub("user", "link", "Ada@example.com")["url"]
    assert "no user" in hub("user", "link", "nobody@example.com", expect=2)


def test_a_customer_is_shown_exported_and_erased_by_command(hub: Hub, workspace: str) -> None:
    Office(hub.house, workspace).chat("chat-1", "My parcel is lost.")
    whom = ("--email", "Ada@example.com", "--workspace", slug(hub, workspace))
    assert hub("privacy", "show", *whom)["counts"]["messages"] == 1
    taken = hub("privacy", "export", *whom)
    assert taken["conversations"][0]["messages"][0]["text"] == "My parcel is lost."
    assert "Conversations: 1, messages: 1." in hub("privacy", "erase", *whom, expect=2)
    assert hub.count("erasures") == 0
    made = hub("privacy", "erase", *whom, "--yes")
    worker.run(hub.house, Job("erase", made["id"]))
    told = hub("privacy", "report", made["id"], *whom[2:])
    assert (told["state"], told["done"], hub.count("messages")) == ("done", 1, 0)


def test_how_long_data_is_kept_is_set_by_command(hub: Hub, workspace: str) -> None:
    here = ("--workspace", slug(hub, workspace))
    kept = hub("privacy", "retain", "--transcripts", "180", "--payloads", "14", *here)
    assert kept == {"transcript_days": 180, "payload_days": 14}
    assert hub("privacy", "retain", "--transcripts", "all", *here)["transcript_days"] is None
    assert "From 7 to 3650 days." in hub("privacy", "retain", "--payloads", "1", *here, expect=2)
    Office(hub.house, workspace).chat("chat-1", "My parcel is lost.")
    with hub.house.store.transaction() as tx:
        tx.run("insert into conversations (id, workspace_id, source_id, external_id, requester,"
               " started_at) select 'cnv_01', workspace_id, source_id, 'old', '{}', '2026-01-01'"
               " from conversations")  # fmt: skip
    shorter = ("privacy", "retain", "--transcripts", "30", *here)
    assert "Conversations that ended longer ago: 1." in hub(*shorter, expect=2)
    assert hub(*shorter, "--yes")["transcript_days"] == 30


def slug(hub: Hub, workspace: str) -> str:
    """How commands call the workspace."""
    with hub.house.store.transaction() as tx:
        return str(tx.value("select slug from workspaces where id = :id", id=workspace))
