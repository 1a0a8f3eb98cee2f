"""A hub with something on every page, for pictures of it: real processes, desks and customers."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import requests

from hub import admin, demo, demo_accounts, settings
from hub import house as houses
from hub.app import create_app
from hub.demo import Hub
from hub.demo_accounts import EMAIL
from hub.house import House
from hub.pipeline import retrying
from hub.playground import Platform
from hub.samples import SAMPLES
from hub.store import canned
from tests.console.pages import addresses
from tests.e2e.town import ROOT, eventually, free_port

NOTE = "Both charges are booked, I have seen the statement. Refunding the second one."
CANNED = {
    "Refund is on its way": "Hello {customer.first_name|there}, your refund is on its way.",
    "Ask for the order": "Could you tell me the number of your order? It begins with R-.",
}
MAPPING = """desk: zendesk
ticket:
  subject: {{from: summary.subject, max: 150}}
  priority: {{value: {}}}
  tags:
    - value: escalated_by_ai
"""
NEWCOMER = "new@example.com"  # of a workspace in which nothing has happened
PASSWORD = "a password for pictures"
EMPTY = ("conversations", "inbox", "overview", "escalations", "connections", "routes", "team",
         "sources", "subscribers", "keys", "people", "playground", "canned")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Showroom:
    """Where the pages are: of the demo's workspace, of an empty one, and before signing in."""

    hub: Hub
    full: dict[str, str]
    empty: dict[str, str]
    outside: dict[str, str]


@contextmanager
def running(data: Path) -> Iterator[Hub]:
    """A hub with sandbox desks, which nobody has set up yet."""
    os.chmod(data, 0o711)  # the database's account must pass
    port = free_port()
    environ = _environ(data, port)
    log = (data / "up.log").open("wb")
    hub = subprocess.Popen(
        [sys.executable, "-m", "hub", "up", "--sandbox", "--port", str(port)],
        env=environ, cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        eventually(lambda: (data / settings.WORD).exists(), "the hub is up")
        found = Hub(f"http://127.0.0.1:{port}")
        found.wait_until_ready(say=False)
        yield found
    finally:
        os.killpg(hub.pid, signal.SIGTERM)
        hub.wait(timeout=60)
        log.close()


def furnished(hub: Hub, data: Path) -> Showroom:
    """The same after the demo, with customers who wait and one who is answered."""
    environ = _environ(data, int(hub.url.rpartition(":")[2]))
    subprocess.run(
        [sys.executable, "-m", "hub", "demo"],
        env=environ, cwd=ROOT, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    house = houses.build(settings.read(settings.beside(environ)))
    hub = replace(hub, accounts=demo_accounts.prepare(house))
    with house.store.transaction() as tx:
        where = str(admin.workspace(tx, "default")["id"])
        token = _people(house, where)
    _stories(house, where, hub)
    app = create_app(house)
    with house.store.transaction() as tx:
        full = addresses(app, tx, where, token=token)
        desk = tx.one("select id from connections where name = 'Zendesk (sandbox)'")["id"]
    house.close()
    lists = {name: f"{name}.index" for name in EMPTY}
    return Showroom(
        hub=hub,
        full=full | {"nowhere": "/nowhere", "connections.compare_mappings": _compared(desk)},
        empty={f"empty-{name}": full[endpoint] for name, endpoint in lists.items()},
        outside={"sessions.sign_in": "/sign-in", "sessions.join": full["sessions.join"]},
    )


def _compared(desk: str) -> str:
    return f"/connections/{desk}/mapping/compare?old=1&new=2"


def _environ(data: Path, port: int) -> dict[str, str]:
    return os.environ | {"HUB_DATA_DIR": str(data), "PORT": str(port), "WEB_CONCURRENCY": "1"}


def _people(house: House, where: str) -> str:
    """A team with hours, texts, a route, an endpoint, an empty workspace; an invitation's token."""
    with house.store.transaction() as tx:
        for email, name, week in (
            ("ann@example.com", "Ann Agent", dict.fromkeys(("mon", "tue", "wed"), "09:00-17:30")),
            ("bo@example.com", "Bo Nightingale", {"fri": "22:00-06:00", "sat": "22:00-06:00"}),
        ):
            user = admin.add_user(tx, where, email, name, "agent", None)
            admin.set_hours(tx, where, user, admin.read_week(week), "Europe/Berlin")
        first = (tx.now + timedelta(days=30)).date()
        admin.add_days_off(tx, where, user, first, first + timedelta(days=6))
        token, _ = admin.new_link(tx, where, user)
        admin.add_route(tx, where, ["Zendesk (sandbox)", "Help Desk"], "language = de")
        admin.create_key(tx, where, "Reports", "viewer", expires_at=tx.now + timedelta(days=90))
        for name, text in CANNED.items():
            canned.save(tx, where, None, name, text)
        empty = admin.add_workspace(tx, house, "empty", "Empty")
        admin.add_user(tx, empty, NEWCOMER, "Nora New", "owner", PASSWORD)
    admin.add_subscriber(house, where, "http://127.0.0.1:1024/hook")
    return token


def _stories(house: House, where: str, hub: Hub) -> None:
    """Customers who wait, one who is answered, one who is refused, a mapping's two versions."""
    refused = _parked(hub)
    with house.store.transaction() as tx:
        retrying.begin(tx, where, [refused], actor="hub")
        desk = tx.one("select id from connections where name = 'Zendesk (sandbox)'")["id"]
    for priority in ("normal", "high"):
        body = MAPPING.format(priority)
        admin.save_mapping(house, where, desk, body, check="syntax")
    platform = Platform(house, where)
    begun = platform.begin("en")
    with house.store.transaction() as tx:
        chat = tx.one("select * from conversations where id = :id", id=begun)
    platform.say(chat, "Where is my parcel 4711?")
    platform.say(chat, "A human, please.")
    for n in (3, 4):
        hub.escalate(SAMPLES[n], f"waiting-{n}", demo.NATIVE)
    _answered(hub)
    _erased(hub, house, where)


def _erased(hub: Hub, house: House, where: str) -> None:
    """A customer whose ticket is solved, and who asked to be erased."""
    with house.store.transaction() as tx:
        ticket = tx.one(
            "select t.conversation_id, c.external_id from tickets t join conversations"
            " c on c.id = t.conversation_id where t.desk <> 'live_chat' limit 1"
        )
    hub.call("POST", f"/v1/conversations/{ticket['conversation_id']}/resume")
    with house.store.transaction() as tx:
        wanted = admin.customer(id=ticket["external_id"])
        admin.erase_customer(tx, where, wanted, actor=f"user:{EMAIL}")


def _parked(hub: Hub) -> str:
    """A desk refuses two tickets; the first one's escalation."""
    host, _, port = hub.url.rpartition(":")
    sandbox = f"{host}:{int(port) + 1}"
    fault = {"desk": "zendesk", "mode": "refuse", "status": 422, "rate": 1}
    requests.post(f"{sandbox}/_faults", json=fault, timeout=10).raise_for_status()
    refused = [hub.escalate(SAMPLES[n], f"parked-{n}", "zendesk") for n in (5, 7)]
    for one in refused:
        eventually(lambda one=one: hub.escalation(one)["state"] == "parked", "it is parked")
    requests.delete(f"{sandbox}/_faults", timeout=10).raise_for_status()
    return refused[0]


def _answered(hub: Hub) -> None:
    """A native ticket with a reply and a note."""
    escalation = hub.escalate(SAMPLES[1], "answered-1", demo.NATIVE)
    place = f"/v1/conversations/{hub.escalation(escalation)['conversation_id']}"
    eventually(lambda: hub.call("GET", place)["waiting"], "it waits")
    hub.call("POST", f"{place}/takeover", user=EMAIL)
    eventually(lambda: hub.escalation(escalation)["ticket"], "it has a ticket")
    for role, text in (("note", NOTE), ("agent", SAMPLES[1].reply)):
        hub.call("POST", f"{place}/messages", role=role, text=text, name="Ann Agent")
    said = f"{place}/messages"
    eventually(lambda: hub.call("GET", said)["data"][-1]["author"]["role"] == "agent", "it is said")
