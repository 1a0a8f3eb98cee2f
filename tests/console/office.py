"""An office to test in: teammates, a bot that speaks, jobs that run when told."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connectors.types import Status, Ticket
from hub import admin, ids, worker
from hub.house import House
from hub.jobs import Job
from hub.pipeline import parking
from hub.pipeline.handover import hand_over
from hub.pipeline.intake import Inbox
from hub.store import Row, connections, conversations, escalations, work
from hub.store.schema import escalations as escalations_table
from webhooks.events import Event, read

PASSWORD = "correct horse battery"
# With the least of work: the hub's own way takes 0.1 s to hash it, and again whenever it is tried.
HASHED = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
ASKED = "My parcel 4711 has not arrived. Can I get my money back?"


@dataclass
class Office:
    """One workspace, seen from the inside."""

    house: House
    workspace: str
    _source: Row | None = field(default=None)
    said: int = 0

    def hire(self, email: str, role: str = "agent", name: str | None = None) -> str:
        """A teammate who can sign in; their id."""
        with self.house.store.transaction() as tx:
            user_id = admin.add_user(tx, self.workspace, email, name, role)
            tx.run("update users set password_hash = :hash where id = :id", hash=HASHED, id=user_id)
        return user_id

    def chat(self, external_id: str, *texts: str, **about: Any) -> str:
        """The customer and the AI talk in turns; the conversation's id."""
        return self.tell("message.created", external_id, *texts, **about)

    def escalate(self, external_id: str, *texts: str, **about: Any) -> str:
        """They talk and the AI gives up; the escalation's id."""
        conversation_id = self.tell("conversation.escalated", external_id, *texts, **about)
        row = self.row(
            "select id from escalations where conversation_id = :id order by id desc limit 1",
            id=conversation_id,
        )
        return str(row["id"])

    def tell(self, kind: str, external_id: str, *texts: str, **about: Any) -> str:
        """An event of the bot platform, past its signature."""
        self.said += 1
        asked = about.pop("roles", ("customer", "ai"))
        now = self.house.store.now() - timedelta(minutes=about.pop("minutes_ago", 0))
        requester = {"name": "Ada Lovelace", "email": "ada@example.com"}
        turns = [
            {"id": f"{external_id}-{self.said}-{n}", "author": {"role": asked[n % len(asked)]},
             "text": text, "at": (now - timedelta(seconds=90 - n)).isoformat()}
            for n, text in enumerate(texts or (ASKED,))
        ]  # fmt: skip
        raw: dict[str, Any] = {
            "id": f"event-{self.said}",
            "type": kind,
            "occurred_at": now.isoformat(),
            "conversation": {"id": external_id, "channel": "web", "language": "en"}
            | about.pop("conversation", {}),
            "requester": about.pop("requester", requester),
            "transcript": turns,
            "transcript_complete": True,
        }
        event = read(Event, raw | about)
        Inbox(self.house, self.source).accept([(event.id, event)], event.id)
        with self.house.store.transaction() as tx:
            found = conversations.get(tx, self.workspace, external_id)
        assert found is not None
        return str(found["id"])

    def work(self) -> list[str]:
        """Run every job that is due, and those that they make; their names."""
        names: list[str] = []
        while (name := self._next_job()) is not None:
            story, _, subject = name.partition(":")
            worker.run(self.house, Job(story, subject))
            names.append(story)
        return names

    def connect(self, desk: str = "zendesk", name: str = "Zendesk") -> str:
        """An account at an outside desk that nobody calls; its id."""
        with self.house.store.transaction() as tx:
            return connections.add(tx, self.workspace, desk, name, config=b"sealed")

    def ticket_at(self, connection_id: str, escalation_id: str, number: str = "35436") -> None:
        """The outside desk has the escalation's ticket, and a human the conversation."""
        with self.house.store.transaction() as tx:
            escalation = escalations.get(tx, escalation_id)
            assert escalation is not None
            found = Ticket(
                id=number, url=f"https://acme.zendesk.example/agent/tickets/{number}",
                status=Status.OPEN, word="open", subject="Parcel", assignee="Grace at Zendesk",
            )  # fmt: skip
            row = work.begin(tx, escalations_table, escalation_id)
            assert row is not None
            connection = connections.get(tx, connection_id)
            tx.rows(escalations.linking(
                tx, escalation, connection, found, run=row["run"], last_seq=0
            ))  # fmt: skip
            conversation = conversations.lock(tx, escalation["conversation_id"])
            hand_over(tx, conversation, "human", why="ticket.created", escalation_id=escalation_id)

    def park(self, escalation_id: str, code: str = "invalid_request") -> None:
        """The desk refused the escalation."""
        with self.house.store.transaction() as tx:
            row = escalations.get(tx, escalation_id)
            assert row is not None
            reason = work.reason(
                tx, code, "POST /api/v2/tickets -> 422: Priority is not in the list",
                {"priority": "gold is not one of low, normal, high, urgent"},
            )  # fmt: skip
            parking.park(tx, escalations_table, row, reason)

    def conversation(self, conversation_id: str) -> Row:
        """The conversation as it is now."""
        return self.row("select * from conversations where id = :id", id=conversation_id)

    def row(self, sql: str, **values: Any) -> Row:
        """The one row."""
        with self.house.store.transaction() as tx:
            return tx.one(sql, **values)

    @property
    def source(self) -> Row:
        """The bot platform."""
        if self._source is None:
            admin.add_source(self.house, self.workspace, "bot", "standard")
            self._source = self.row(
                "select * from sources where workspace_id = :id", id=self.workspace
            )
        return self._source

    def _next_job(self) -> str | None:
        with self.house.store.transaction() as tx:
            name: str | None = tx.value(
                "delete from pgqueuer where id = (select id from pgqueuer"
                " where execute_after <= now() order by id limit 1)"
                " returning convert_from(payload, 'UTF8')"
            )
        return name


@dataclass
class Browser:
    """A teammate's browser without JavaScript: it keeps cookies and sends tokens."""

    client: FlaskClient

    @classmethod
    def signed_in(cls, app: Flask, email: str) -> "Browser":
        """A browser in which somebody has signed in."""
        browser = cls(app.test_client())
        answer = browser.sign_in(email)
        assert answer.status_code == 303, answer.text
        return browser

    def sign_in(self, email: str, password: str = PASSWORD, path: str = "/sign-in") -> TestResponse:
        """Fill in the form."""
        return self.post(path, token_from=path, email=email, password=password)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Open a page."""
        return self.client.get(path, headers=headers)

    def post(self, path: str, *, token_from: str = "/", **form: str) -> TestResponse:
        """Send a form with the token of the page that it stands on."""
        page = self.client.get(token_from).text
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        return self.client.post(path, data=form | {"csrf_token": token})


def fresh_id() -> str:
    """An id that nobody has."""
    return ids.new("conversation")
