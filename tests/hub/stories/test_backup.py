"""A backup is one moment of a busy hub; what desks saw after it happens only once all the same."""

import json
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from hub import admin, cli, postgres
from hub import house as houses
from hub.app import create_app
from hub.backup import restoring, taking
from hub.backup.archive import BadArchive
from hub.house import House
from hub.pipeline import parking
from hub.settings import Settings
from hub.store import Store
from tests.databases import copied
from tests.hub.stories.file_house import FileHouse
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_catch_up import MORE, notes
from tests.hub.stories.test_files_up import held, sends
from tests.hub.stories.test_ladder import climb, desks, detail, opened, pause

assert desks  # a fixture

Fresh = Callable[[], House]


def silent(line: str) -> None: ...


@pytest.fixture
def fresh(server_url: str, template_url: str, settings: Settings) -> Iterator[House]:
    """A house with an empty database, and the same keys."""
    with copied(server_url, "hub_restored") as url, house_at(settings, url) as house:
        yield house


@contextmanager
def house_at(settings: Settings, url: str) -> Iterator[House]:
    built = houses.build(replace(settings, database_url=url), store=Store(url, pool=1))
    yield built
    built.close()


@pytest.fixture
def place() -> Iterator[FileHouse]:
    opened = FileHouse()
    yield opened
    opened.close()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that the account of an embedded PostgreSQL may pass."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


def brought_back(before: Stories, fresh: House, path: Path) -> Stories:
    """The same town around the restored hub."""
    restoring.restore(fresh, path, silent)
    return replace(before, house=fresh, client=create_app(fresh).test_client())


def pass_time(stories: Stories, seconds: float) -> None:
    before = stories.house.store.now
    stories.house.store.now = lambda: before() + timedelta(seconds=seconds)
    stories.hurry()
    stories.work()


def test_nothing_that_was_done_after_the_backup_is_done_again(
    desks: Stories, fresh: House, place: FileHouse, tmp_path: Path
) -> None:
    done = desks.escalate("done")
    talking = desks.escalate("talking")
    desks.work()
    ticket = {
        row["escalation_id"]: row["external_id"] for row in desks.rows("select * from tickets")
    }[talking]
    sends(desks, MORE, place.put("photo.png"), conversation="talking")
    turn = {"role": "user", "content": "Look", "attachments": [{"url": place.put("other.png")}]}
    waiting = desks.escalate("waiting", transcript=[turn, {"role": "user", "content": "Human!"}])
    backup = tmp_path / "hub.backup"
    taking.take(desks.house, backup, silent)
    desks.work()
    pass_time(desks, 61)  # the note is extended
    moving = desks.rows("select id from escalations where state = 'received'")
    assert moving == [] and len(notes(desks, ticket)) == 1
    before = desks.rows("select external_id from tickets order by id")

    after = brought_back(desks, fresh, backup)
    states = {row["id"]: row["state"] for row in after.rows("select id, state from escalations")}
    assert states == {done: "ticketed", talking: "ticketed", waiting: "received"}
    for _ in range(3):
        pass_time(after, 130)
        after.poll()
    assert sorted(opened(after, "zendesk")) == sorted([done, talking, waiting])
    assert opened(after, "intercom") == []
    assert after.rows("select external_id from tickets order by id") == before
    entries = [entry["text"] for entry in after.entries(ticket)]
    assert sum(MORE in text and "Since then" not in text for text in entries) == 1
    assert len(notes(after, ticket)) == 1
    assert [name for name, _ in held(after, ticket)] == ["photo.png"]
    adopted = after.row("select external_id from tickets where escalation_id = :e", e=waiting)
    assert [name for name, _ in held(after, adopted["external_id"])] == ["other.png"]
    assert len(after.ledger("add_note")) == len({done, talking, waiting}) + 1
    assert after.rows("select id from tickets where parked is not null or relaying") == []

    ts = int(after.house.store.now().timestamp() * 1000)  # life goes on
    what = {"role": "user", "content": "And what now?"}
    after.say("conversation.replied", ts, conversationId="talking", message=what)
    later = after.escalate("later", ts=ts)
    after.work()
    assert after.entries(ticket)[-1]["text"].count("And what now?") == 1
    assert opened(after, "zendesk").count(later) == 1


def test_a_ticket_that_another_desk_of_the_route_made_meanwhile_is_found_there(
    desks: Stories, fresh: House, tmp_path: Path
) -> None:
    escalation_id = desks.escalate()
    backup = tmp_path / "hub.backup"
    taking.take(desks.house, backup, silent)
    pause(desks, "Zendesk", "credentials refused")
    climb(desks)
    fast = {"desk": "intercom", "search_lag": 0}
    requests.post(f"{desks.sandbox}/_settings", json=fast, timeout=10).raise_for_status()
    assert (opened(desks, "zendesk"), opened(desks, "intercom")) == ([], [escalation_id])

    after = brought_back(desks, fresh, backup)
    after.work()
    assert opened(after, "zendesk") == []  # the other desk's search is not that fast
    pass_time(after, 61)
    pass_time(after, 61)
    assert (opened(after, "zendesk"), opened(after, "intercom")) == ([], [escalation_id])
    assert after.row("select desk from tickets")["desk"] == "intercom"
    assert "Went back to Intercom" in detail(after, "escalation.moved")
    assert "From the backup of" in detail(after, "escalation.restored")


def test_a_desk_of_the_route_that_cannot_be_asked_leaves_a_doubt_for_a_person(
    desks: Stories, fresh: House, tmp_path: Path
) -> None:
    escalation_id = desks.escalate()
    backup = tmp_path / "hub.backup"
    taking.take(desks.house, backup, silent)
    after = brought_back(desks, fresh, backup)
    fault = {"desk": "intercom", "mode": "server_error", "rate": 1}
    requests.post(f"{after.sandbox}/_faults", json=fault, timeout=10).raise_for_status()
    pass_time(after, 61)
    assert opened(after, "zendesk") == []
    for _ in range(3):
        pass_time(after, 600)
    row = after.row("select state, parked from escalations")
    assert (row["state"], row["parked"]["code"]) == ("parked", "unsure")
    assert "Intercom" in row["parked"]["text"] and opened(after, "zendesk") == []
    with after.house.store.transaction() as tx:
        row = tx.one("select * from escalations where id = :id", id=escalation_id)
        assert parking.retry(tx, row, actor="user:ada@example.com")
    after.work()
    assert opened(after, "zendesk") == [escalation_id]  # a person has looked


def test_deliveries_keep_their_ids_epochs_leap_and_nobody_is_signed_in(
    zendesk: Stories, fresh: House, tmp_path: Path
) -> None:
    with zendesk.house.store.transaction() as tx:
        key = admin.create_key(tx, zendesk.workspace, "test", "admin")
        admin.add_user(tx, zendesk.workspace, "ada@example.com", "Ada", "owner", "battery horse")
    admin.add_subscriber(zendesk.house, zendesk.workspace, "https://hooks.example.com", None)
    zendesk.escalate()
    zendesk.work(limit=1)
    zendesk.client.post("/sign-in", data={"email": "ada@example.com", "password": "battery horse"})
    rows = "select event_id from deliveries order by id"
    told, epoch = zendesk.rows(rows), zendesk.row("select epoch from conversations")["epoch"]
    backup = tmp_path / "hub.backup"
    taking.take(zendesk.house, backup, silent)
    after = brought_back(zendesk, fresh, backup)
    assert told and after.rows(rows) == told
    assert after.row("select epoch from conversations")["epoch"] == epoch + 1000
    assert after.rows("select * from sessions") == []
    answer = after.client.get("/v1/escalations", headers={"Authorization": f"Bearer {key['key']}"})
    assert answer.status_code == 200 and len(answer.json["data"]) == 1  # behind the second wall
    assert after.row("select count(*) as n from pgqueuer")["n"] > 0


def test_a_backup_is_one_moment_whatever_is_written_meanwhile(
    zendesk: Stories, fresh: House, tmp_path: Path
) -> None:
    zendesk.escalate("before")
    said: list[str] = []

    def write_on(line: str) -> None:
        if not said:
            zendesk.escalate("meanwhile")
            zendesk.work()
        said.append(line)

    backup = tmp_path / "hub.backup"
    manifest = taking.take(zendesk.house, backup, write_on)
    assert "conversations: 1 rows" in said and "pgqueuer: 1 rows" in said
    after = brought_back(zendesk, fresh, backup)
    for name in manifest["tables"]:
        (row,) = after.rows(f"select count(*) as n from {name}")
        if name not in ("audit",):  # the restore is told there
            assert row["n"] == manifest["tables"][name]["rows"], name
    assert [r["external_id"] for r in after.rows("select * from conversations")] == ["before"]
    after.escalate("after")  # the sequences went on
    after.work()
    assert len(after.rows("select id from tickets")) == 2


def test_the_file_is_its_owners_alone_and_holds_no_key_and_no_secret(
    zendesk: Stories, settings: Settings, tmp_path: Path
) -> None:
    backup = tmp_path / "hub.backup"
    taking.take(zendesk.house, backup, silent)
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with zipfile.ZipFile(backup) as whole:
        text = b"".join(whole.read(name) for name in whole.namelist())
        manifest = json.loads(whole.read("manifest.json"))
    assert list(manifest["keys"]) == ["test"]
    for secret in (settings.keys[0][1].get_secret_value(), zendesk.source["secret"]):
        assert secret.encode() not in text
    with pytest.raises(BadArchive, match="exists already"):
        taking.take(zendesk.house, backup, silent)
    with pytest.raises(BadArchive, match="cannot be written"):
        taking.take(zendesk.house, tmp_path / "nowhere" / "file", silent)
    assert [one.name for one in tmp_path.iterdir() if "backup" in one.name] == ["hub.backup"]


def test_a_hub_that_has_no_more_than_a_connection_is_not_overwritten(
    house: House, workspace: str, fresh: House, sandbox_url: str, tmp_path: Path
) -> None:
    taking.take(house, tmp_path / "hub.backup", silent)
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    config = next(d["accounts"][0]["config"] for d in told if d["desk"] == "zendesk")
    with fresh.store.transaction() as tx:
        own = admin.add_workspace(tx, fresh, "default", "Default")
    admin.add_connection(fresh, own, "zendesk", "Zendesk", config)
    with pytest.raises(BadArchive, match="in use .it has connections"):
        restoring.restore(fresh, tmp_path / "hub.backup", silent)


def test_what_cannot_be_restored_is_told_in_a_sentence_and_changes_nothing(
    zendesk: Stories,
    fresh: House,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zendesk.escalate()
    good = tmp_path / "hub.backup"
    taking.take(zendesk.house, good, silent)

    def refused(path: Path, house: House = fresh) -> str:
        with pytest.raises(BadArchive) as refusal:
            restoring.restore(house, path, silent)
        assert "\n" not in str(refusal.value)
        return str(refusal.value)

    monkeypatch.setattr(restoring, "LEAVING", 0.2)
    with house_at(settings, settings.database_url) as same:
        assert "stop web, worker and clock" in refused(good, same)
    monkeypatch.undo()
    zendesk.house.store.close()
    with house_at(settings, settings.database_url) as same:
        assert "in use (it has sources)" in refused(good, same)
    assert "No such file" in refused(tmp_path / "nothing")
    bytes_ = good.read_bytes()
    with zipfile.ZipFile(good) as whole:
        largest = max(whole.infolist(), key=lambda info: info.compress_size)
    middle = largest.header_offset + 60 + largest.compress_size // 2
    spoilt = bytes_[:middle] + bytes(b ^ 255 for b in bytes_[middle : middle + 4])
    spoilt += bytes_[middle + 4 :]
    for number, data in enumerate((b"", b"hello", bytes_[: len(bytes_) // 2], spoilt)):
        path = tmp_path / f"damaged-{number}"
        path.write_bytes(data)
        assert "damaged" in refused(path)
    for change, why in (
        ({"revision": "0001"}, "of schema 0001"),
        ({"format": 2}, "newer hub"),
        ({"keys": {"k9": None}}, "needs the key 'k9'"),
        ({"keys": {"test": "0" * 16}}, "another than the one of this backup"),
        ({"tables": {}}, "other tables"),
    ):
        assert why in refused(changed(good, tmp_path / "changed", **change))
    other = replace(settings, keys=(("other", settings.keys[0][1]),))
    with house_at(other, settings.database_url) as keyless:
        assert "needs the key 'test'" in refused(good, keyless)
    with fresh.store.transaction() as tx:
        assert tx.value("select count(*) from conversations") == 0
    restoring.restore(fresh, good, silent)


def changed(good: Path, path: Path, **change: object) -> Path:
    """The archive with another manifest."""
    with zipfile.ZipFile(good) as whole, zipfile.ZipFile(path, "w") as copy:
        for name in whole.namelist():
            data = whole.read(name)
            if name == "manifest.json":
                data = json.dumps(json.loads(data) | change).encode()
            copy.writestr(name, data)
    return path


def test_the_commands_bring_the_embedded_database_to_another_folder(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there, backup = (open_folder / name for name in ("here", "there", "hub.backup"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("HUB_DATA_DIR", str(here))
    with postgres.Embedded(here):
        assert cli.main(["migrate"]) == 0
        assert cli.main(["source", "add", "Bot"]) == 0
        assert cli.main(["backup", str(backup)]) == 0  # while it runs
        assert cli.main(["restore", str(backup)]) == 1
        assert "Another hub already runs" in capsys.readouterr().err
    there.mkdir()
    shutil.copy(here / "keys", there / "keys")
    monkeypatch.setenv("HUB_DATA_DIR", str(there))
    assert cli.main(["restore", str(backup)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["keys"] == ["demo"] and told["rows"] > 0
    assert cli.main(["backup", f"{backup}.2"]) == 0  # and while it does not
    assert "sources: 1 rows" in capsys.readouterr().err
