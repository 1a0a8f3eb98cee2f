"""Secrets and a customer's number go every way that the hub has, and come out nowhere else."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import structlog
from flask import Flask
from flask.testing import FlaskClient
from standardwebhooks import Webhook

from hub import admin, auth, telemetry
from hub.house import House
from tests.console.office import Browser, Office
from tests.hub.catalogue import dump

PHONE = "+49 1511 8472739"
PASSWORD = "canary password 5521"
# Their words are there for teammates: what was said, its summary, the line of it in the timeline.
FOR_THE_CUSTOMER = {
    "conversations", "messages", "events", "escalations", "tickets", "changes", "audit",
    "native_tickets", "native_entries",
}  # fmt: skip


@dataclass
class Canaries:
    """What nobody may read: as it is, and as it looks in another coat."""

    secrets: dict[str, str]

    def seen_in(self, text: str) -> list[str]:
        """The names of the secrets that a text gives away."""
        return [name for name, secret in self.secrets.items()
                if any(coat in text for coat in coats(secret))]  # fmt: skip


def coats(secret: str) -> list[str]:
    """Plain, as PostgreSQL prints bytes, and in base64."""
    raw = secret.encode()
    return [secret, raw.hex(), base64.b64encode(raw).decode().rstrip("=")]


@pytest.fixture
def logging() -> Iterator[None]:
    """What a test changes of the log ends with it: its stream is closed then."""
    yield
    structlog.reset_defaults()


def test_no_secret_and_no_customers_number_leaves_its_place(
    app: Flask, client: FlaskClient, house: House, workspace: str, sandbox_url: str,
    capfd: pytest.CaptureFixture[str], logging: None,
) -> None:  # fmt: skip
    telemetry.configure_logging("json")
    structlog.configure(cache_logger_on_first_use=False)
    office = Office(house, workspace)
    config = zendesk(sandbox_url)
    desk = admin.add_connection(house, workspace, "zendesk", "Zendesk", config)
    admin.set_webhook_secret(house, workspace, desk.row["id"], "canary-hook-secret-8812")
    source = admin.add_source(house, workspace, "bot", "standard")
    rotated = admin.rotate_source(house, workspace, source["id"])
    subscriber = admin.add_subscriber(house, workspace, "http://127.0.0.1:65534/h")
    with house.store.transaction() as tx:
        admin.add_route(tx, workspace, [desk.row["id"]])
        key = admin.create_key(tx, workspace, "script", "owner")["key"]
        admin.add_user(tx, workspace, "o@x.example", role="owner", password=PASSWORD)
    canaries = Canaries({
        "the desk's secret": config["client_secret"], "the hook's": "canary-hook-secret-8812",
        "the source's": source["secret"], "the source's new one": rotated["secret"],
        "the subscriber's": subscriber["secret"], "the key": key, "the password": PASSWORD,
    })  # fmt: skip
    answers = [
        *told(client, source["id"], rotated["secret"]),
        *asked(client, key, desk.row["id"]),
        *shown(app),
    ]
    office.work()
    breaks(house, client, source["id"], rotated["secret"])
    faults(sandbox_url)
    answers += told(client, source["id"], rotated["secret"], turn=2)
    office.work()
    metrics = client.get("/metrics").text
    logs = "".join(capfd.readouterr())
    assert '"webhook.not_committed"' in logs and '"job.failed"' in logs  # something was written

    digits = re.compile(r"1511\W*8472739")
    for name, text in (("logs", logs), ("metrics", metrics), *enumerate(answers)):
        assert canaries.seen_in(text) == [], name
    assert not digits.search(logs + metrics)
    for table, text in dump(house).items():
        assert canaries.seen_in(text) == [], table
        if table not in FOR_THE_CUSTOMER:
            assert not digits.search(text), table


def told(client: FlaskClient, source_id: str, secret: str, turn: int = 1) -> list[str]:
    """A platform tells well and badly; what it is answered."""
    body = {
        "type": "conversation.escalated" if turn == 1 else "message.created",
        "timestamp": "2026-11-23T00:00:00Z",
        "data": {
            "conversation": {"id": "chat-1", "language": "en"},
            "requester": {"name": "Ada", "phone": PHONE, "email": "ada@example.com"},
            "transcript": [{"id": f"m{turn}", "author": {"role": "customer"},
                            "text": f"Please call {PHONE}, nobody answers."}],
        },
    }  # fmt: skip
    wrong_field = body | {"data": body["data"] | {"priority": [PHONE]}}  # type: ignore[operator]
    bodies = [json.dumps(one).encode() for one in (body, wrong_field)] + [PHONE.encode() + b"{"]
    answers = []
    for number, sent in enumerate(bodies):
        good = signed(secret, f"evt-{turn}-{number}", sent)
        for headers in (good, good | {"webhook-signature": "v1,AAAA"}, {}):
            answer = client.post(f"/webhooks/sources/{source_id}", data=sent, headers=headers)
            answers.append(answer.text)
            if number == 0 and headers is good:
                assert answer.status_code == 202, answer.text
    return answers


def asked(client: FlaskClient, key: str, connection_id: str) -> list[str]:
    """What the API shows an owner, and what it says to wrong requests."""
    headers = {"Authorization": f"Bearer {key}"}
    paths = ("sources", "connections", "subscribers", "keys", "users", "audit", "events",
             f"connections/{connection_id}", "conversations", "escalations")  # fmt: skip
    answers = [client.get(f"/v1/{path}", headers=headers).text for path in paths]
    wrong = {"desk": "zendesk", "name": "Z", "config": {"client_secret": {"nested": 1}}}
    answers.append(client.post("/v1/connections", json=wrong, headers=headers).text)
    answers.append(client.get("/v1/keys", headers={"Authorization": f"Bearer {key}x"}).text)
    return answers


def shown(app: Flask) -> list[str]:
    """What the console shows an owner, who mistypes their password first."""
    browser = Browser(app.test_client())
    pages = [browser.sign_in("o@x.example", PASSWORD + "x")]
    assert browser.sign_in("o@x.example", PASSWORD).status_code == 303
    pages += [browser.get(path) for path in ("/connections", "/subscribers", "/routes")]
    return [page.text for page in pages]


def breaks(house: House, client: FlaskClient, source_id: str, secret: str) -> None:
    """The database refuses a row, and would tell in its DETAIL what stands in it."""
    rule = "alter table messages add constraint broken check (text not like '%broken%') not valid"
    with house.store.transaction() as tx:
        tx.run(rule)
    body = {
        "type": "message.created", "timestamp": "2026-11-23T00:00:00Z",
        "data": {"conversation": {"id": "chat-1"}, "transcript": [
            {"id": "m9", "author": {"role": "customer"}, "text": f"It is broken, call {PHONE}"}]},
    }  # fmt: skip
    sent = json.dumps(body).encode()
    answer = client.post(f"/webhooks/sources/{source_id}", data=sent,
                         headers=signed(secret, "evt-broken", sent))  # fmt: skip
    assert answer.status_code == 503
    with house.store.transaction() as tx:
        tx.run("alter table messages drop constraint broken")


def signed(secret: str, event_id: str, body: bytes) -> dict[str, str]:
    """The headers of a delivery, by the reference library."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(event_id, now, body.decode(errors="replace")),
        "content-type": "application/json",
    }


def zendesk(sandbox_url: str) -> dict[str, Any]:
    """A config with which an empty sandbox Zendesk lets us in."""
    requests.post(f"{sandbox_url}/_reset", json={"desk": "zendesk"}, timeout=10)
    rows = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    found: dict[str, Any] = next(
        row["accounts"][0]["config"] for row in rows if row["desk"] == "zendesk"
    )
    return found


def faults(sandbox_url: str) -> None:
    """The desk fails from here on."""
    fault = {"desk": "zendesk", "mode": "server_error", "rate": 1}
    requests.post(f"{sandbox_url}/_faults", json=fault, timeout=10).raise_for_status()


def test_a_key_and_a_session_are_kept_as_what_they_cannot_be_read_from() -> None:
    assert auth.hashed("hub_x") != b"hub_x" and len(auth.hashed("hub_x")) == 32
