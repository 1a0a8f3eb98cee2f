"""Desks as a customer's platform and an agent see them: seven sandboxes, and the Help Desk."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.sandbox import Harness
from connectors.types import Status
from tests.contract.desk import texts
from tests.e2e.town import TRANSCRIPT, Town, conversation_name, eventually


def escalate(
    town: Town, conversation: str, target: str, transcript: Sequence[Mapping[str, str]] = TRANSCRIPT
) -> str:
    """The bot gives up; the escalation's id."""
    answer = town.say(
        "conversation.escalated",
        conversationId=conversation,
        reason="customer_request",
        customer={"name": "Ada", "email": f"{conversation}@example.com"},
        transcript=list(transcript),
        target=target,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["accepted"][0]["escalation_id"])


class Outside:
    """A vendor's desk; its ledger, which the hub cannot write, says what really happened."""

    def __init__(self, town: Town, harness: Harness) -> None:
        self.town = town
        self.harness = harness
        self.name = harness.desk
        self.solved = next(w for w, s in harness.words.items() if s is Status.SOLVED)

    def escalate(self, conversation: str) -> str:
        """The conversation is on its way to this desk."""
        return escalate(self.town, conversation, self.name)

    def opened(self, escalation_id: str) -> list[str]:
        """The tickets that were created for the escalation."""
        rows = self.harness.ledger(call="create_ticket")
        return [row["ticket_id"] for row in rows if row["key"] == escalation_id]

    def holds(self, ticket: str) -> str:
        """All that people read in the ticket."""
        return html.unescape("\n".join(texts(self.harness.read(ticket))))

    def notes(self, ticket: str) -> list[str]:
        """What we noted for the desk's people."""
        return self._written("add_note", ticket)

    def comments(self, ticket: str) -> list[str]:
        """What the customer wrote after the ticket was opened."""
        return self._written("append_message", ticket)

    def reply(self, conversation: str, ticket: str, text: str) -> None:
        """An agent writes to the customer."""
        self.harness.act(ticket, reply=text)

    def solve(self, conversation: str, ticket: str) -> None:
        """An agent solves the ticket."""
        self.harness.act(ticket, status=self.solved)

    def fault(self, mode: str, **how: Any) -> None:
        """Something goes wrong at this desk."""
        self.harness.fault(mode, **how)

    def _written(self, call: str, ticket: str) -> list[str]:
        return [r["text"] for r in self.harness.ledger(call=call) if r["ticket_id"] == ticket]


class HelpDesk:
    """The hub's own desk, which a teammate reaches by the API."""

    name = "live_chat"

    def __init__(self, town: Town) -> None:
        self.town = town

    def escalate(self, conversation: str) -> str:
        """A teammate takes the escalated conversation over."""
        escalation_id = escalate(self.town, conversation, self.name)
        self.town.api("POST", f"/conversations/{conversation}/takeover")
        return escalation_id

    def opened(self, escalation_id: str) -> list[str]:
        """The tickets of the escalation."""
        with self.town.house.store.transaction() as tx:
            rows = tx.all("select id from native_tickets where key = :key", key=escalation_id)
        return [row["id"] for row in rows]

    def holds(self, ticket: str) -> str:
        """What stands beside the ticket: the conversation."""
        row = self.town.row("select conversation_id from tickets where external_id = :t", t=ticket)
        assert row is not None
        told = self.town.api("GET", f"/conversations/{row['conversation_id']}/messages")["data"]
        return "\n".join(message["text"] for message in told)

    def notes(self, ticket: str) -> list[str]:
        """The hub's note."""
        return self._entries(ticket, "note")

    def comments(self, ticket: str) -> list[str]:
        """What the customer wrote after the ticket was opened."""
        return self._entries(ticket, "message")

    def reply(self, conversation: str, ticket: str, text: str) -> None:
        """A teammate writes to the customer."""
        self.town.api("POST", f"/conversations/{conversation}/messages", role="agent", text=text)

    def solve(self, conversation: str, ticket: str) -> None:
        """A teammate hands the conversation back."""
        self.town.api("POST", f"/conversations/{conversation}/resume")

    def _entries(self, ticket: str, kind: str) -> list[str]:
        with self.town.house.store.transaction() as tx:
            rows = tx.all(
                "select text from native_entries where ticket_id = :ticket and kind = :kind"
                " and not body ? 'agent' order by seq",
                ticket=ticket,
                kind=kind,
            )
        return [row["text"] for row in rows]


Desk = Outside | HelpDesk


def say(desk: Desk, conversation: str, text: str) -> None:
    """The customer writes."""
    message = {"role": "user", "content": text}
    answer = desk.town.say("conversation.replied", conversationId=conversation, message=message)
    assert answer.status_code == 202, answer.text


def down(desk: Desk, conversation: str, ticket: str) -> None:
    """The customer's words arrive at the desk, in their order, each once."""
    said = [f"Sind Sie noch da? {number}" for number in range(3)]
    for text in said:
        say(desk, conversation, text)
    eventually(lambda: len(desk.comments(ticket)) >= 3, "the customer's words are comments")
    written = desk.comments(ticket)  # some desks frame them, or mark whose they are
    assert [text for text, one in zip(said, written, strict=True) if text in one] == said


def back(desk: Desk, conversation: str, ticket: str) -> None:
    """The agent's reply reaches the platform once; the solution gives the AI its word again."""
    town, text = desk.town, "Hier ist Ann. Sie bekommen Ihr Geld zurück."
    desk.reply(conversation, ticket, text)
    eventually(lambda: town.told("message.created", conversation), "the reply is told")
    desk.solve(conversation, ticket)
    eventually(lambda: town.told("conversation.resumed", conversation), "the AI is resumed")
    assert [e["message"]["text"] for e in town.told("message.created", conversation)] == [text]
    (resumed,) = town.told("conversation.resumed", conversation)
    assert resumed["brief"]["text"] == text
    assert town.speaker(conversation) == "ai"


def there(desk: Desk, conversation: str) -> tuple[str, str]:
    """One ticket, with the whole transcript and the summary; (escalation, ticket)."""
    town = desk.town
    escalation_id = desk.escalate(conversation)
    ticket = town.ticket(escalation_id)
    number = ticket["external_id"]
    assert desk.opened(escalation_id) == [number]
    held = desk.holds(number)
    assert [turn["content"] for turn in TRANSCRIPT if turn["content"] not in held] == []
    (note,) = eventually(lambda: desk.notes(number), "the note is written")
    assert "Bestellung 4711" in note
    assert town.speaker(conversation) == "human"
    return escalation_id, number


def there_and_back(desk: Desk) -> None:
    """Escalated, talked to, answered, solved, resumed."""
    conversation = conversation_name()
    escalation_id, ticket = there(desk, conversation)
    down(desk, conversation, ticket)
    back(desk, conversation, ticket)
    assert desk.town.api("GET", f"/escalations/{escalation_id}")["state"] == "returned"
    assert desk.opened(escalation_id) == [ticket]
    assert (len(desk.notes(ticket)), len(desk.comments(ticket))) == (1, 3)
