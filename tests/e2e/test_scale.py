"""More than one of each process, and a pooler in transaction mode between them and PostgreSQL."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from pathlib import Path

import pytest
import requests
from urllib3.exceptions import NewConnectionError

from connectors import sandbox
from hub import clock, doctor, migrate
from tests.databases import copied
from tests.e2e import pooler
from tests.e2e.collector import Collector
from tests.e2e.desks import Outside, there_and_back
from tests.e2e.town import Town, conversation_name, eventually, free_port, is_ready

SPANS = {"intake.ack", "escalate.run", "desk.create_ticket", "desk.note", "relay",
         "desk.append_message", "sync.apply", "delivery"}  # fmt: skip


@pytest.fixture(scope="module")
def database(server_url: str, template_url: str) -> Iterator[str]:
    """The database itself."""
    with copied(server_url, "hub_scale") as url:
        yield url


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    """Where the hub's processes send their spans."""
    built = Collector()
    yield built
    built.close()


@pytest.fixture(scope="module")
def town(
    database: str, collector: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A hub that knows its database through the pooler; nothing runs yet."""
    folder: Path = tmp_path_factory.mktemp("scale")
    with pooler.before(database, folder) as url, sandbox.running() as desks:
        built = Town(url, desks, folder)
        built.environ |= {
            "HUB_DIRECT_DATABASE_URL": database,
            "HUB_DRAIN_SECONDS": "3",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        try:
            built.set_up()
            yield built
        finally:
            built.close()


@pytest.fixture(scope="module")
def desk(town: Town) -> Outside:
    """Zendesk, with a web, a worker and a clock at work."""
    for name in ("worker", "clock", "web"):
        town.start(name)
    return Outside(town, town.connect("zendesk"))


@pytest.fixture(scope="module")
def first(town: Town, desk: Outside) -> list[dict[str, str]]:
    """The first escalation has come home; the headers of what the subscriber has heard of it."""
    there_and_back(desk)
    return [headers for headers, _ in town.subscriber.requests]


def test_escalations_come_home_through_a_pooler(town: Town, first: list[dict[str, str]]) -> None:
    assert town.house.store.pooled
    assert first


def test_an_escalation_is_one_trace_over_all_processes(
    town: Town, first: list[dict[str, str]], collector: Collector
) -> None:
    row = town.row("select traceparent from escalations order by id limit 1")
    assert row is not None
    _, trace, root, _ = row["traceparent"].split("-")

    def names() -> set[str]:
        return {span.name for span in collector.of(trace)}

    eventually(lambda: names() >= SPANS, "every step has told its span")
    assert len({span.process for span in collector.of(trace)}) == 2  # web and worker
    (ack,) = [span for span in collector.of(trace) if span.name == "intake.ack"]
    assert (ack.id, ack.parent) == (root, "")
    (run,) = [span for span in collector.of(trace) if span.name == "escalate.run"]
    (create,) = [span for span in collector.of(trace) if span.name == "desk.create_ticket"]
    assert (run.parent, create.parent) == (ack.id, run.id)
    assert {headers["traceparent"].split("-")[1] for headers in first} == {trace}
    for personal in (b"Bestellung", b"Ada", b"@example.com"):
        assert personal not in collector.bytes


def test_an_upgrade_through_the_pooler_leaves_no_lock(town: Town) -> None:
    migrate.upgrade(town.house.store.url)
    assert town.row("select 1 from pg_locks where locktype = 'advisory'") is None


def test_the_doctor_tells_of_the_pooler(town: Town, database: str) -> None:
    def told(direct: str | None) -> dict[str, str | None]:
        town.house.settings = replace(town.house.settings, direct_url=direct)
        return {one.what: one.fault or one.hint for one in doctor.examine(town.house)}

    assert "HUB_DIRECT_DATABASE_URL" in (told(None)["pooler before the database"] or "")
    detour = told(town.house.store.url)["HUB_DIRECT_DATABASE_URL"] or ""
    assert detour.startswith("It leads to a pooler")
    assert told(database)["HUB_DIRECT_DATABASE_URL"] is None


def test_without_a_direct_connection_workers_look_for_jobs_themselves(
    town: Town, desk: Outside
) -> None:
    leave(town, "worker")
    town.start("worker", HUB_DIRECT_DATABASE_URL="")
    there_and_back(desk)


def test_when_the_leading_clock_is_killed_another_leads(town: Town, desk: Outside) -> None:
    town.start("clock-2")
    first = eventually(lambda: leader(town), "a clock leads")
    town.stop("clock")
    lasts = town.row("select until - now() as left from leases where name = 'clock'")
    assert lasts is not None and lasts["left"] <= timedelta(seconds=clock.LEASE)
    with town.house.store.transaction() as tx:  # nobody waits for that here
        tx.run("update leases set until = now()")
    eventually(lambda: leader(town) not in (None, first), "the other clock leads")
    polled = town.row("select now() as at")
    assert polled is not None
    since = "select 1 from connections where desk = 'zendesk' and polled_at > :at"
    eventually(lambda: town.row(since, at=polled["at"]), "the desk is polled again")


def test_restarting_each_process_in_turn_fails_no_event_and_doubles_none(
    town: Town, desk: Outside
) -> None:
    other = free_port()
    town.start("worker-2")
    town.start("web-2", PORT=str(other))
    with Platform(town, [town.port, other]) as platform:
        platform.goes_on()
        leave(town, "web", "worker")
        platform.goes_on()
        town.start("worker-3")
        town.start("web")
        platform.goes_on()
        leave(town, "web-2", "worker-2")
        platform.goes_on()
    assert platform.failed == []
    told = set(platform.acknowledged)
    assert len(told) == len(platform.acknowledged)

    def opened() -> Counter[str]:
        rows = desk.harness.ledger(call="create_ticket")
        return Counter(row["key"] for row in rows if row["key"] in told)

    eventually(lambda: opened().keys() == told, "every escalation has a ticket")
    assert set(opened().values()) == {1}


class Platform:
    """Posts event after event to whichever web says that it is ready, as a load balancer does."""

    def __init__(self, town: Town, ports: list[int]) -> None:
        self.town = town
        self.webs = cycle(f"http://127.0.0.1:{port}" for port in ports)
        self.acknowledged: list[str] = []
        self.failed: list[str] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._post)

    def __enter__(self) -> "Platform":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def goes_on(self) -> None:
        """Returns once more events are acknowledged."""
        enough = len(self.acknowledged) + 5
        eventually(lambda: self.failed or len(self.acknowledged) >= enough, "events are taken")

    def _post(self) -> None:
        while not self.over.wait(0.1):
            web = next(self.webs)
            if is_ready(web):
                self._tell(web)

    def _tell(self, web: str) -> None:
        try:
            answer = self.town.say("conversation.escalated", web, **escalation())
            self.acknowledged.append(answer.json()["accepted"][0]["escalation_id"])
        except (requests.RequestException, LookupError) as problem:
            if not was_refused(problem):
                self.failed.append(repr(problem))


def escalation() -> dict[str, str]:
    """What the bot tells when it gives up."""
    said = "User: Where is my parcel?"
    return {"conversationId": conversation_name(), "target": "zendesk", "transcript": said}


def was_refused(problem: Exception) -> bool:
    """True where nobody listened: nothing was sent, and a balancer asks the next."""
    why = problem.args[0] if problem.args else None
    return isinstance(getattr(why, "reason", None), NewConnectionError)


def leave(town: Town, *names: str) -> None:
    """SIGTERM for processes that are up, and wait for their end."""
    logs = [town.folder / f"{name}.log" for name in names if name.startswith("worker")]
    for log in logs:
        eventually(lambda log=log: b"worker.started" in log.read_bytes(), "the worker is up")
    processes = [town.processes.pop(name) for name in names]
    for process in processes:
        os.kill(process.pid, signal.SIGTERM)
    assert [process.wait(30) for process in processes] == [0] * len(processes)


def leader(town: Town) -> str | None:
    """Which clock leads."""
    row = town.row("select holder from leases where name = 'clock' and until > now()")
    return None if row is None else str(row["holder"])
