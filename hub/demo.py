"""`python -m hub demo`: a conversation to each sandbox desk of a running hub, and back."""

import hashlib
import hmac
import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from itertools import cycle
from typing import Any

import requests

from connectors import registry
from connectors.types import Status
from hub import admin, house, settings
from hub.demo_accounts import EMAIL, PATIENCE, Accounts, DemoFailed, prepare, wait
from hub.demo_screen import STEPS, Row, Screen, choose
from hub.house import House
from hub.samples import SAMPLES, Sample

AGENT = "Ann Agent"


def run(args: Namespace) -> int:
    """Send the samples (with `--once`, one) and follow all to their end; the exit code."""
    environ = settings.beside(os.environ)
    # Where `up --sandbox` puts them; a person who tries the demo has not heard of the setting.
    environ.setdefault("HUB_SANDBOX_URL", f"http://127.0.0.1:{settings.port(environ) + 1}")
    built = house.build(settings.read(environ))
    hub = Hub(built.settings.public_url)
    try:
        hub.wait_until_ready(say=not args.once)  # with `up`, which has said so
        accounts = prepare(built)
        hub = replace(hub, accounts=accounts)
        _welcome(built, accounts)
        desks = ["zendesk"] if args.once else sorted([*accounts.connections, registry.NATIVE])
        journeys = [Journey(hub, *pair) for pair in zip(desks, cycle(SAMPLES), strict=False)]
        return _tell(hub, built, journeys)
    except (DemoFailed, admin.BadInput) as problem:
        print(f"The demo cannot go on: {problem}", file=sys.stderr)
        return 1
    except requests.ConnectionError:
        print(f"The demo cannot go on: nobody answers at {hub.url} any more.", file=sys.stderr)
        return 1
    finally:
        built.close()


@dataclass(frozen=True)
class Hub:
    """The running hub as the demo sees it: over HTTP, like anybody."""

    url: str
    accounts: Accounts | None = None

    def wait_until_ready(self, *, say: bool) -> None:
        """Until web answers and the schema is there; `say` tells whom we wait for."""

        def ready() -> bool:
            try:
                return requests.get(f"{self.url}/readyz", timeout=2).ok
            except requests.RequestException:
                return False

        if say and not ready():
            print(f"Waiting for the hub at {self.url} ...", file=sys.stderr, flush=True)
        wait(ready, f"no hub answers at {self.url}")

    def escalate(self, sample: Sample, conversation: str, desk: str) -> str:
        """Post the sample as a bookbag webhook; the escalation's id."""
        assert self.accounts is not None
        target = self.accounts.connections.get(desk, desk)
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
        return self.call("GET", f"/v1/escalations/{escalation_id}")

    def call(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """The REST API's answer."""
        assert self.accounts is not None
        answer = requests.request(
            method,
            f"{self.url}{path}",
            json=body or None,
            headers={"Authorization": f"Bearer {self.accounts.api_key}"},
            timeout=10,
        )
        if not answer.ok:
            raise DemoFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        shown: dict[str, Any] = answer.json()
        return shown


def _signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _welcome(house: House, accounts: Accounts) -> None:
    print(f"  Hub         {house.settings.public_url}   ({EMAIL}, password {accounts.password})")
    print(f"  API         {house.settings.public_url}/docs   (key {accounts.api_key})")
    print(f"  Sandbox     {house.settings.sandbox_url}/")
    print(f"  Playground  {house.settings.public_url}/playground")
    print(flush=True)


class Journey:
    """One sample on its way to a desk and back; the agent answers once there is a ticket."""

    def __init__(self, hub: Hub, desk: str, sample: Sample) -> None:
        self.hub = hub
        self.sample = sample
        self.row = Row(desk, sample.language, sample.opening)
        self.conversation = f"demo-{desk}-{int(time.time() * 1000)}"
        self.sent = time.time()
        self.seen = 0
        self.id = ""

    def send(self) -> None:
        """The bot platform gives up."""
        self.sent = time.time()
        with self._told():
            self.id = self.hub.escalate(self.sample, self.conversation, self.row.desk)

    def go_on(self, house: House, screen: Screen) -> None:
        """Tell what is new, and do what a person would do then."""
        with self._told():
            self._go_on(house, screen)

    @property
    def over(self) -> bool:
        """True when all steps are done, or one cannot be."""
        return self.row.failed is not None or STEPS.keys() <= self.row.times.keys()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What goes wrong here stops this conversation only."""
        try:
            yield
        except DemoFailed as problem:
            self.row.failed = str(problem)

    def _go_on(self, house: House, screen: Screen) -> None:
        shown = self.hub.escalation(self.id)
        news, self.seen = shown["timeline"][self.seen :], len(shown["timeline"])
        if shown["ticket"]:
            self.row.url = shown["ticket"]["url"]
        if shown["state"] == "parked":
            self.row.failed = f"parked: {shown['parked']['text']}"
        for line in news:
            self._tell(line, screen)
        for line in news:
            self._act(house, shown, line["what"])

    def _tell(self, line: Mapping[str, Any], screen: Screen) -> None:
        seconds = max(0.0, datetime.fromisoformat(line["at"]).timestamp() - self.sent)
        if line["what"] in STEPS:
            self.row.times.setdefault(line["what"], seconds)
        screen.line(self.row, seconds, line["what"], line["detail"] or "")

    def _act(self, house: House, shown: Mapping[str, Any], what: str) -> None:
        place = f"/v1/conversations/{shown['conversation_id']}"
        native = self.row.desk == registry.NATIVE
        if what == "conversation.waiting" and native:
            self.hub.call("POST", f"{place}/takeover", user=EMAIL)
        if what == "ticket.created" and native:
            words = {"role": "agent", "text": self.sample.reply, "name": AGENT}
            self.hub.call("POST", f"{place}/messages", **words)
        if what == "agent.replied" and native:
            self.hub.call("POST", f"{place}/resume", text=self.sample.reply)
        if what == "ticket.created" and not native:
            _agent_acts(house, shown["ticket"], self.sample)


def _tell(hub: Hub, house: House, journeys: list[Journey]) -> int:
    """All to their end, or until patience ends; 0 when all arrived."""
    screen = choose(len(journeys), sys.stdout)
    screen.begin([journey.row for journey in journeys])
    for journey in journeys:
        journey.send()
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and not all(journey.over for journey in journeys):
        for journey in journeys:
            if not journey.over:
                journey.go_on(house, screen)
        time.sleep(0.05)
    screen.end()
    late = [journey for journey in journeys if journey.row.failed or not journey.over]
    if late:
        for journey in late:
            why = journey.row.failed or f"not at its end after {PATIENCE:.0f} s"
            print(f"{journey.row.desk}: {why}. {hub.url}/escalations/{journey.id}")
        print(f"{len(late)} of {len(journeys)} did not arrive.", flush=True)
        return 1
    if len(journeys) == 1:
        print(f"Done: {hub.url}/escalations/{journeys[0].id}\n", flush=True)
        return 0
    print(f"Done: {len(journeys)} of {len(journeys)} are back with the AI. {hub.url}/escalations")
    return 0


def _agent_acts(house: House, ticket: Mapping[str, Any], sample: Sample) -> None:
    solved = _solved(ticket["desk"], str(house.settings.sandbox_url))
    for deed in ({"reply": sample.reply}, {"status": solved}):
        told = {"desk": ticket["desk"], "ticket_id": ticket["external_id"]} | deed
        answer = requests.post(f"{house.settings.sandbox_url}/_act", json=told, timeout=10)
        if not answer.ok:
            raise DemoFailed(f"the sandbox's agent could not act: {answer.text}")


def _solved(desk: str, sandbox_url: str) -> str:
    """The desk's own word for a solved ticket, as its sandbox explains its words."""
    known = import_module(f"{registry.home(desk)}.sandbox").harness(sandbox_url)
    words: Mapping[str, Status] = known.words
    return next(word for word, status in words.items() if status is Status.SOLVED)
