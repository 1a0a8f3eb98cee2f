"""`python -m hub demo`: sample conversations through a running hub, told line by line."""

import hashlib
import hmac
import itertools
import json
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import requests

from hub import admin, house
from hub.demo_accounts import EMAIL, PATIENCE, Accounts, DemoFailed, prepare, sandbox, wait
from hub.house import House
from hub.samples import SAMPLES, Sample

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
    "escalation.moved": "moved",
    "escalation.parked": "PARKED",
}


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

        wait(ready, f"no hub answers at {self.url}")

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
    _, desks = sandbox(house)
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
