"""`up` as one who types it in a terminal meets it, and the commands beside it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from hub import cli, settings
from tests.e2e.town import eventually, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A data folder to be, that the database's own account may pass."""
    with tempfile.TemporaryDirectory(prefix="hub-") as parent:
        os.chmod(parent, 0o711)
        yield Path(parent) / "var"


def test_a_command_beside_a_running_hub_finds_its_address_by_itself(folder: Path) -> None:
    port = free_port()
    words = ("up", "--port", str(port))
    with start(*words, folder=folder) as hub:
        ready(port)
        assert hub.stdout is not None
        told = [hub.stdout.readline().decode() for _ in range(2)]
        page = requests.get(told[1].split()[-1], timeout=60)  # where the first owner is made
        assert page.ok and "Set-up code" in page.text
        made = start("source", "add", "bot", folder=folder)
        source = json.loads(made.communicate()[0])
        assert source["url"].startswith(f"http://127.0.0.1:{port}/webhooks/sources/")
        os.killpg(hub.pid, signal.SIGINT)  # as Ctrl-C does
        assert hub.wait(30) == 0
    assert not (folder / settings.WORD).exists()


def test_what_the_environment_says_goes_before_what_a_running_hub_left(tmp_path: Path) -> None:
    told = {"PORT": "9000", "HUB_SANDBOX_URL": "http://127.0.0.1:9001"}
    (tmp_path / settings.WORD).write_text(json.dumps(told))
    here = {"HUB_DATA_DIR": str(tmp_path), "PORT": "7000"}
    found = settings.beside(here)
    assert (found["PORT"], found["HUB_SANDBOX_URL"]) == ("7000", "http://127.0.0.1:9001")
    elsewhere = here | {"DATABASE_URL": "postgresql://hub@db.internal/hub"}
    assert settings.beside(elsewhere) == elsewhere


@pytest.mark.parametrize(
    ("port", "told"),
    [("1", "192.0.2.1 is no address of this machine"), ("65535", "Port 65536 does not exist")],
)
def test_a_port_that_cannot_be_had_is_told_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    port: str, told: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("HUB_DATA_DIR", str(tmp_path))
    if port == "1":  # root may have any port, nobody an address of somebody else
        monkeypatch.setenv("HUB_BIND", "192.0.2.1")
    assert cli.main(["up", "--port", port, "--sandbox"]) == 1
    shown = capsys.readouterr().err
    assert shown.startswith(told) and len(shown.splitlines()) == 1


def start(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    """A command in a process group of its own, which knows nothing but its data folder."""
    environ = {"PATH": os.environ["PATH"], "HUB_DATA_DIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "hub", *words],
        cwd=ROOT, env=environ, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def ready(port: int) -> None:
    def answers() -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=2).ok
        except requests.RequestException:
            return False

    eventually(answers, "the hub answers")
