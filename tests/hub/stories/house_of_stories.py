"""A house with a source and a Zendesk account at the sandbox, whose jobs run when told to."""

import hashlib
import hmac
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from hub import admin, jobs, worker
from hub.house import House
from hub.jobs import Job
from hub.store import Row


@dataclass
class Stories:
    """Drives the pipeline step by step."""

    house: House
    client: FlaskClient
    workspace: str
    source: dict[str, Any]
    sandbox: str
    connection: str | None = None
    began: int = 0  # the ledger is append-only: what lies before is of other tests

    def say(self, event: str, ts: int | None = None, **data: Any) -> TestResponse:
        """What the bookbag platform posts."""
        told = {"event": event, "data": data, "ts": ts or int(time.time() * 1000)}
        return self.post(json.dumps(told).encode())

    def post(self, body: bytes, **headers: str) -> TestResponse:
        """A signed body."""
        digest = hmac.new(self.source["secret"].encode(), body, hashlib.sha256).hexdigest()
        sent = {"X-Bookbag-Signature": f"sha256={digest}"} | headers
        return self.client.post(f"/webhooks/sources/{self.source['id']}", data=body, headers=sent)

    def escalate(self, conversation: str = "chat-1", **more: Any) -> str:
        """Escalate a conversation; the escalation's id."""
        told: dict[str, Any] = {
            "conversationId": conversation,
            "customer": {"name": "Ada", "email": "ada@example.com"},
            "transcript": [
                {"role": "user", "content": "My parcel 4711 is lost."},
                {"role": "assistant", "content": "I am sorry, I cannot find it."},
                {"role": "user", "content": "A human please."},
            ],
        }
        answer = self.say("conversation.escalated", **told | more)
        assert answer.status_code == 202, answer.text
        return str(answer.json["accepted"][0]["escalation_id"])  # type: ignore[index]

    def customer(self, text: str, conversation: str = "chat-1") -> None:
        """The customer writes once more."""
        message = {"role": "user", "content": text}
        answer = self.say("conversation.replied", conversationId=conversation, message=message)
        assert answer.status_code == 202, answer.text

    def work(self, limit: int = 100) -> list[str]:
        """Run every job that is due, in order, and those that they make; their names."""
        names: list[str] = []
        while len(names) < limit:
            with self.house.store.transaction() as tx:
                row = tx.first(
                    "delete from pgqueuer where id = (select id from pgqueuer"
                    " where execute_after <= now() order by id limit 1)"
                    " returning convert_from(payload, 'UTF8') as name, entrypoint as lane"
                )
            if row is None:
                break
            story, _, subject = row["name"].partition(":")
            worker.run(self.house, Job(story, subject, lane=row["lane"]))
            names.append(story)
        return names

    def waiting(self) -> list[tuple[str, float]]:
        """The jobs that are not due yet: (name, seconds until they are)."""
        rows = self.rows(
            "select convert_from(payload, 'UTF8') as name,"
            " extract(epoch from execute_after - now())::float as wait from pgqueuer order by id"
        )
        return [(row["name"], row["wait"]) for row in rows]

    def hurry(self) -> None:
        """Make every waiting job due now."""
        with self.house.store.transaction() as tx:
            tx.run("update pgqueuer set execute_after = now() - interval '1 s'")

    def poll(self) -> None:
        """Ask the desk for news, and apply it."""
        with self.house.store.transaction() as tx:
            jobs.enqueue(tx, "any", "poll", str(self.connection))
        self.work()

    def rows(self, sql: str, **values: Any) -> Sequence[Row]:
        """Rows of the database."""
        with self.house.store.transaction() as tx:
            return tx.all(sql, **values)

    def row(self, sql: str, **values: Any) -> Row:
        """The one row."""
        (row,) = self.rows(sql, **values)
        return row

    def events(self) -> list[str]:
        """The types of what subscribers are told, in order."""
        told = self.rows("select type from events where direction = 'out' order by id")
        return [row["type"] for row in told]

    def act(self, ticket_id: str, **deed: str) -> None:
        """An agent at Zendesk."""
        told = {"desk": "zendesk", "ticket_id": ticket_id} | deed
        requests.post(f"{self.sandbox}/_act", json=told, timeout=10).raise_for_status()

    def settings(self, **values: float) -> None:
        """How Zendesk behaves, until it is reset."""
        told = {"desk": "zendesk"} | values
        requests.post(f"{self.sandbox}/_settings", json=told, timeout=10).raise_for_status()

    def fault(self, mode: str, **how: Any) -> None:
        """Something goes wrong at Zendesk."""
        told = {"desk": "zendesk", "mode": mode} | how
        requests.post(f"{self.sandbox}/_faults", json=told, timeout=10).raise_for_status()

    def entries(self, ticket_id: str) -> list[dict[str, Any]]:
        """All that stands in a ticket at Zendesk, whole."""
        asked = {"desk": "zendesk", "ticket_id": ticket_id}
        answer = requests.get(f"{self.sandbox}/_tickets", params=asked, timeout=10)
        found: list[dict[str, Any]] = answer.json()["data"]["entries"]
        return found

    def ledger(self, call: str) -> list[dict[str, Any]]:
        """What really happened at Zendesk."""
        return read_ledger(self.sandbox, {"call": call, "after": self.began})


def read_ledger(sandbox: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the sandbox Zendesk's ledger."""
    answer = requests.get(f"{sandbox}/_ledger", params={"desk": "zendesk"} | asked, timeout=10)
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def connect(stories: Stories) -> None:
    """Connect the sandbox's Zendesk, and route everything to it."""
    told = requests.get(f"{stories.sandbox}/_desks", timeout=10).json()["data"]
    config = next(d["accounts"][0]["config"] for d in told if d["desk"] == "zendesk")
    made = admin.add_connection(stories.house, stories.workspace, "zendesk", "Zendesk", config)
    stories.connection = made.row["id"]
    with stories.house.store.transaction() as tx:
        admin.add_route(tx, stories.workspace, ["Zendesk"])
