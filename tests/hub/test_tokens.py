"""The token of a connection: renewed once for all processes, stored before it is used."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from connectors.auth import Token
from connectors.errors import AuthFailed, Retryable, Unavailable
from hub import tokens, worker
from hub.house import House
from hub.jobs import Job
from hub.settings import Settings
from hub.store import Row, connections
from tests.databases import sql
from tests.hub.authorizing import connect

ROOT = Path(__file__).parents[2]
KEYS = "test:a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s="  # of the settings of the tests
OTHERS_END = (
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
    " where datname = current_database() and pid <> pg_backend_pid()"
)
# One process of a hub: it opens a connection's desk when it is told to.
PROCESS = """
import sys
from hub import house, tokens
from hub.store import connections
built = house.build()
tokens.PATIENCE = 30.0
with built.store.transaction() as tx:
    row = connections.get(tx, sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
print(built.desks.open(row).verify().name, flush=True)
"""


def connection(house: House, workspace: str, desk: str = "zendesk") -> str:
    return str(connect(house, workspace, desk, "Desk").row["id"])


def read(house: House, connection_id: str) -> Row:
    with house.store.transaction() as tx:
        return tx.one("select * from connections where id = :id", id=connection_id)


def end(house: House, connection_id: str) -> Token:
    """The access token has ended; its refresh token lives."""
    found = house.desks.tokens(connection_id).get()
    assert found is not None
    past = house.store.now() - timedelta(hours=1)
    ended = Token(access=found.access, refresh=found.refresh, expires_at=past)
    with house.store.transaction() as tx:
        owner = connections.get(tx, connection_id)["workspace_id"]
        sealed = house.desks.seal_token(owner, connection_id, ended)
        tx.run("update connections set token = :t where id = :id", id=connection_id, t=sealed)
    house.desks.close()  # an open connector remembers the living one
    return ended


def granted(house: House, desk: str = "zendesk", after: int = 0) -> list[dict[str, Any]]:
    asked = {"desk": desk, "call": "token_granted", "after": after}
    rows: list[dict[str, Any]] = requests.get(
        f"{house.settings.sandbox_url}/_ledger", params=asked, timeout=10
    ).json()["data"]
    return rows


def last(house: House) -> int:
    rows = requests.get(f"{house.settings.sandbox_url}/_ledger", timeout=10).json()["data"]
    return int(rows[-1]["seq"]) if rows else 0


def fault(house: House, mode: str, desk: str = "zendesk", **how: Any) -> None:
    told = {"desk": desk, "mode": mode, "rate": 1, "path": "token"} | how
    requests.post(f"{house.settings.sandbox_url}/_faults", json=told, timeout=10).raise_for_status()


@pytest.fixture
def process(settings: Settings) -> Callable[..., subprocess.Popen[str]]:
    """Starts another process of the same hub, which waits for a line."""

    def start(connection_id: str, **environ: str) -> subprocess.Popen[str]:
        env = os.environ | {
            "DATABASE_URL": settings.database_url,
            "HUB_KEYS": KEYS,
            "HUB_SECRET_KEY": "test secret key",
            "HUB_SANDBOX_URL": str(settings.sandbox_url),
            "HUB_DATA_DIR": str(settings.data_dir),
            "PYTHONPATH": str(ROOT),
        }
        started = subprocess.Popen(
            [sys.executable, "-c", PROCESS, connection_id], env=env | environ, cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert started.stdout is not None and started.stdout.readline() == "ready\n"
        return started

    return start


@pytest.mark.parametrize("desk", ["zendesk", "hubspot"])
def test_two_processes_that_renew_at_once_ask_the_desk_once(
    house: House, workspace: str, process: Callable[..., subprocess.Popen[str]], desk: str
) -> None:
    one = connection(house, workspace, desk)
    old = end(house, one)
    before = last(house)
    fault(house, "latency", desk, ms=700)  # so that both surely want a token at the same time
    both = [process(one), process(one)]
    for started in both:
        assert started.stdin is not None
        started.stdin.write("go\n")
        started.stdin.flush()
    told = [started.communicate(timeout=60) for started in both]
    assert [started.returncode for started in both] == [0, 0], told
    assert [row["grant"] for row in granted(house, desk, before)] == ["refresh_token"]
    row, kept = read(house, one), house.desks.tokens(one).get()
    assert row["renewing_until"] is None and kept is not None and kept.access != old.access


def test_a_process_killed_between_answer_and_store_leaves_the_old_pair_and_a_clear_word(
    house: House, workspace: str, process: Callable[..., subprocess.Popen[str]]
) -> None:
    one = connection(house, workspace)
    end(house, one)
    killed = process(one, HUB_CRASH="token.answered:1")
    killed.communicate("go\n", timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert read(house, one)["renewing_until"] is not None
    lease_ends(house, one)
    # Zendesk's refresh tokens are good for one use, and this one's answer is lost: a person has to
    # allow the hub again, and is told so.
    with pytest.raises(AuthFailed, match="Authorise the connection again"):
        house.desks.open(read(house, one)).verify()
    assert read(house, one)["renewing_until"] is None


def test_where_refresh_tokens_stay_a_killed_process_costs_nothing(
    house: House, workspace: str, process: Callable[..., subprocess.Popen[str]]
) -> None:
    one = connection(house, workspace, "zoho_desk")
    end(house, one)
    killed = process(one, HUB_CRASH="token.answered:1")
    killed.communicate("go\n", timeout=60)
    assert killed.returncode == -signal.SIGKILL
    lease_ends(house, one)
    assert house.desks.open(read(house, one)).verify().missing == ()


def lease_ends(house: House, connection_id: str) -> None:
    """As it does after a minute."""
    with house.store.transaction() as tx:
        tx.run("update connections set renewing_until = now() where id = :id", id=connection_id)


def test_while_another_process_renews_a_job_is_put_off_and_nobody_else_asks(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = connection(house, workspace)
    end(house, one)
    before = last(house)
    monkeypatch.setattr(tokens, "PATIENCE", 0.0)
    with house.store.transaction() as tx:
        tx.run(
            "update connections set renewing_until = now() + interval '50 s' where id = :id", id=one
        )
    with pytest.raises(Retryable) as problem:
        house.desks.open(read(house, one)).verify()
    assert not isinstance(problem.value, Unavailable)
    assert problem.value.retry_after is not None and 40 < problem.value.retry_after <= 50
    assert granted(house, after=before) == []


def test_threads_that_wait_for_a_slow_desk_give_up_and_come_back(
    house: House, workspace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = connection(house, workspace)
    ended = end(house, one)
    monkeypatch.setattr(tokens, "PATIENCE", 0.05)
    store, asked, answers = house.desks.tokens(one), threading.Event(), threading.Event()

    def grant(current: Token | None) -> Token:
        asked.set()
        assert answers.wait(30)
        return Token(access=ended.access)

    slow = threading.Thread(target=store.renew, args=(ended, grant))
    slow.start()
    assert asked.wait(30)
    with pytest.raises(Retryable):
        store.renew(ended, grant)
    answers.set()
    slow.join()
    assert store.get() == Token(access=ended.access)


def test_no_database_connection_waits_for_the_desk(house: House, workspace: str) -> None:
    one = connection(house, workspace)
    ended = end(house, one)
    held: list[int] = []

    def grant(current: Token | None) -> Token:
        held.append(house.store.engine.pool.checkedout())  # type: ignore[attr-defined]
        assert current == ended
        return Token(access=ended.access, refresh=ended.refresh)

    house.desks.tokens(one).renew(ended, grant)
    assert held == [0]


def test_a_database_that_goes_away_meanwhile_does_not_cost_the_pair(
    house: House, workspace: str
) -> None:
    one = connection(house, workspace)
    ended = end(house, one)
    fresh = Token(access=ended.access, refresh=ended.refresh)

    def grant(current: Token | None) -> Token:
        sql(house.store.url, OTHERS_END)
        return fresh

    assert house.desks.tokens(one).renew(ended, grant) == fresh
    assert house.desks.tokens(one).get() == fresh


def test_an_answer_that_was_lost_is_asked_for_again(house: House, workspace: str) -> None:
    one = connection(house, workspace, "hubspot")
    end(house, one)
    fault(house, "cut_after_commit", "hubspot", times=1)
    with pytest.raises(Unavailable) as problem:
        house.desks.open(read(house, one)).verify()
    assert problem.value.sent
    assert house.desks.open(read(house, one)).verify().missing == ()


def test_a_late_answer_does_not_replace_what_a_person_authorised_meanwhile(
    house: House, workspace: str
) -> None:
    one = connection(house, workspace)
    ended = end(house, one)
    anew = Token(access=ended.access, refresh=ended.refresh, expires_at=house.store.now())

    def grant(current: Token | None) -> Token:
        with house.store.transaction() as tx:
            sealed = house.desks.seal_token(workspace, one, anew)
            tx.run("update connections set token = :token where id = :id", id=one, token=sealed)
        return Token(access=ended.access)

    assert house.desks.tokens(one).renew(ended, grant) == anew
    assert house.desks.tokens(one).get() == anew


def test_a_refusal_is_believed_only_while_the_pair_is_the_same(
    house: House, workspace: str
) -> None:
    one = connection(house, workspace)
    ended = end(house, one)
    anew = Token(access=ended.access, expires_at=house.store.now())

    def grant(current: Token | None) -> Token:
        with house.store.transaction() as tx:
            sealed = house.desks.seal_token(workspace, one, anew)
            tx.run("update connections set token = :token where id = :id", id=one, token=sealed)
        raise AuthFailed("invalid_grant")

    assert house.desks.tokens(one).renew(ended, grant) == anew


def test_a_refused_refresh_pauses_the_connection_and_tells_its_owner(
    house: House, workspace: str
) -> None:
    one = connection(house, workspace)
    end(house, one)
    requests.post(
        f"{house.settings.sandbox_url}/_reset", json={"desk": "zendesk"}, timeout=10
    ).raise_for_status()  # the account forgets every token that it gave
    worker.run(house, Job("poll", one))
    row = read(house, one)
    assert row["state"] == "paused" and "Authorise the connection again" in row["state_reason"]
    with house.store.transaction() as tx:
        event = tx.one("select * from events where type = 'connection.paused'")
    assert "Authorise the connection again" in str(dict(event))


def test_a_lease_is_for_the_pair_that_was_read(house: House, workspace: str) -> None:
    one = connection(house, workspace)
    ended, store = end(house, one), house.desks.tokens(one)
    before = store._row()
    with house.store.transaction() as tx:  # another process was faster
        sealed = house.desks.seal_token(workspace, one, Token(access=ended.access))
        tx.run("update connections set token = :token where id = :id", id=one, token=sealed)
    assert store._take(before) is None


def test_a_late_process_gives_back_its_own_lease_only(house: House, workspace: str) -> None:
    one = connection(house, workspace)
    store = house.desks.tokens(one)
    lease = store._take(store._row())
    assert lease is not None
    with store._given_back(lease), house.store.transaction() as tx:  # it slept, another took it
        tx.run("update connections set renewing_until = now() + interval '50 s' where id = :id",
               id=one)  # fmt: skip
    assert store._row()["lease_left"] > 40
