"""`python -m hub demo`: a sample conversation through a running hub, told line by line.

The first time it makes what it needs: a bookbag source, a connection to every sandbox desk, a user
and an API key, kept in `HUB_DATA_DIR/demo.json`. The sandbox forgets everything when it stops and
counts anew, so its next life is a new account at each desk.
"""

import hashlib
import hmac
import itertools
import json
import os
import secrets
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import requests

from hub import admin, house
from hub.house import House
from hub.samples import SAMPLES, Sample

EMAIL = "demo@example.com"
PATIENCE = 60.0  # seconds for one step
TITLES = {
    "escalation.accepted": "accepted",
    "escalation.summarised": "summarised",
    "conversation.waiting": "waiting",
    "ticket.created": "ticket",
    "conversation.paused": "AI paused",
    "agent.replied": "agent replied",
    "ticket.status_changed": "status",
    "ticket.closed": "solved",
    "conversation.resumed": "AI resumed",
    "escalation.parked": "PARKED",
}


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


def run(args: Namespace) -> int:
    """Send the samples (with `--once`, one) and follow each to its end; the exit code."""
    built = house.build()
    try:
        hub = Hub(built.settings.public_url)
        hub.wait_until_ready()
        accounts = prepare(built)
        hub = replace(hub, accounts=accounts)
        _welcome(built, accounts)
        desks = ["zendesk"] if args.once else sorted(accounts.connections)
        for desk, sample in zip(desks, itertools.cycle(SAMPLES), strict=False):
            follow(hub, built, desk, sample)
    except (DemoFailed, admin.BadInput) as problem:
        print(f"The demo cannot go on: {problem}", file=sys.stderr)
        return 1
    except requests.ConnectionError:
        print(f"The demo cannot go on: nobody answers at {hub.url} any more.", file=sys.stderr)
        return 1
    finally:
        built.close()
    return 0


@dataclass(frozen=True)
class Hub:
    """The running hub as the demo sees it: over HTTP, like anybody."""

    url: str
    accounts: Accounts | None = None

    def wait_until_ready(self) -> None:
        """Until web answers and the schema is there."""

        def ready() -> bool:
            try:
                return requests.get(f"{self.url}/readyz", timeout=2).ok
            except requests.RequestException:
                return False

        _wait(ready, f"no hub answers at {self.url}")

    def escalate(self, sample: Sample, conversation: str, desk: str) -> str:
        """Post the sample as a bookbag webhook; the escalation's id."""
        assert self.accounts is not None
        target = self.accounts.connections[desk]
        body = json.dumps(sample.event(conversation, time.time(), target)).encode()
        answer = requests.post(
            f"{self.url}/webhooks/sources/{self.accounts.source_id}",
            data=body,
            headers={"X-Bookbag-Signature": _signature(self.accounts.source_secret, body)},
            timeout=10,
        )
        if answer.status_code != 202:
            raise DemoFailed(f"the webhook was answered {answer.status_code}: {answer.text}")
        return str(answer.json()["accepted"][0]["escalation_id"])

    def escalation(self, escalation_id: str) -> dict[str, Any]:
        """The escalation with its timeline."""
        assert self.accounts is not None
        answer = requests.get(
            f"{self.url}/v1/escalations/{escalation_id}",
            headers={"Authorization": f"Bearer {self.accounts.api_key}"},
            timeout=10,
        )
        answer.raise_for_status()
        shown: dict[str, Any] = answer.json()
        return shown


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def prepare(house: House) -> Accounts:
    """The demo's accounts: kept ones if the database still knows them, else new ones."""
    path = house.settings.data_dir / "demo.json"
    life, desks = _sandbox(house)
    kept = _kept(house, path) or _make(house)
    if kept.sandbox != life:
        kept = replace(kept, sandbox=life, connections=_connect(house, kept, desks))
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


def _connect(house: House, kept: Accounts, desks: dict[str, Any]) -> dict[str, str]:
    """A connection to every desk's account of this life; those of the last are paused."""
    workspace_id = _workspace(house)
    with house.store.transaction() as tx:
        for old in kept.connections.values():
            admin.pause_connection(tx, workspace_id, old, "The sandbox was started anew.")
    made = {}
    for desk in desks.values():
        title = f"{desk['title']} (sandbox, {_clock()})"
        config = desk["accounts"][0]["config"]
        added = admin.add_connection(house, workspace_id, desk["desk"], title, config)
        _set_up_webhook(house, desk["desk"], added)
        made[desk["desk"]] = added.row["id"]
    return made


def _set_up_webhook(house: House, desk: str, added: admin.Connected) -> None:
    """What a person does at desks whose webhooks cannot be registered by API."""
    if not added.steps:
        return
    connection_id, secret = added.row["id"], secrets.token_urlsafe(24)
    admin.set_webhook_secret(house, added.row["workspace_id"], connection_id, secret)
    hook = {"desk": desk, "url": _hook(house, connection_id), "secret": secret}
    requests.post(f"{house.settings.sandbox_url}/_hooks", json=hook, timeout=10)


def _hook(house: House, connection_id: str) -> str:
    return f"{house.settings.public_url}/webhooks/desks/{connection_id}"


def _workspace(house: House) -> str:
    with house.store.transaction() as tx:
        return str(admin.workspace(tx, "default")["id"])


def _clock() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _sandbox(house: House) -> tuple[str, dict[str, Any]]:
    """The sandbox's life, and its desks by name."""
    url = house.settings.sandbox_url
    if url is None:
        raise DemoFailed("it needs the sandbox desks: start the hub with --sandbox.")

    def ask() -> dict[str, Any] | None:
        try:
            return dict(requests.get(f"{url}/_desks", timeout=2).json())
        except requests.RequestException:
            return None

    told = _wait(ask, f"no sandbox answers at {url}")
    return told["began"], {desk["desk"]: desk for desk in told["data"]}


def _welcome(house: House, accounts: Accounts) -> None:
    print(f"  Hub         {house.settings.public_url}   ({EMAIL}, password {accounts.password})")
    print(f"  API         {house.settings.public_url}/docs   (key {accounts.api_key})")
    print(f"  Sandbox     {house.settings.sandbox_url}/")
    print()


def follow(hub: Hub, house: House, desk: str, sample: Sample) -> None:
    """One sample to its end: the desk's agent answers and solves as soon as there is a ticket."""
    began = time.monotonic()
    conversation = f"demo-{int(time.time() * 1000)}"
    print(f"For {desk}, a customer writes ({sample.language}): {sample.opening}", flush=True)
    escalation_id = hub.escalate(sample, conversation, desk)
    acted = False
    for line in _lines(hub, escalation_id):
        title = TITLES.get(line["what"])
        if title is not None:
            seconds = time.monotonic() - began
            print(f"  {seconds:6.2f} s  {title:<13} {line['detail'] or ''}", flush=True)
        if line["what"] == "conversation.paused" and not acted:
            acted = True
            _agent_acts(hub, house, escalation_id, sample)
    print(f"Done: {hub.url}/escalations/{escalation_id}\n", flush=True)


def _lines(hub: Hub, escalation_id: str) -> Iterator[dict[str, Any]]:
    """The timeline as it grows, until the AI is back or the escalation is parked."""
    seen = 0
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        shown = hub.escalation(escalation_id)
        yield from shown["timeline"][seen:]
        seen = len(shown["timeline"])
        if shown["state"] in ("returned", "parked"):
            return
        time.sleep(0.05)
    raise DemoFailed(f"{escalation_id} did not come to its end within {PATIENCE:.0f} s.")


def _agent_acts(hub: Hub, house: House, escalation_id: str, sample: Sample) -> None:
    ticket = hub.escalation(escalation_id)["ticket"]
    _, desks = _sandbox(house)
    solved = _solved(desks[ticket["desk"]]["statuses"])
    for deed in ({"reply": sample.reply}, {"status": solved}):
        told = {"desk": ticket["desk"], "ticket_id": ticket["external_id"]} | deed
        answer = requests.post(f"{house.settings.sandbox_url}/_act", json=told, timeout=10)
        if not answer.ok:
            raise DemoFailed(f"the sandbox's agent could not act: {answer.text}")


def _solved(words: list[str]) -> str:
    """The desk's own word for a ticket that is done: resolved rather than closed."""
    done = [word for word in words if word.casefold().startswith(("solved", "resolved"))]
    return (done or [word for word in words if "close" in word.casefold()])[0]


def _wait(ask: Callable[[], Any], otherwise: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = ask()
        if answer:
            return answer
        time.sleep(0.05)
    raise DemoFailed(f"{otherwise} within {PATIENCE:.0f} s.")
