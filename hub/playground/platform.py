"""The playground's bot platform: it signs what it tells the hub, and hears what the hub tells it.

What it tells goes through `hub.api.intake.receive`, as every platform's deliveries do, but
without the network: a hub need not be able to call its own address. For the same reason it has no
endpoint; it reads the events that a subscriber would be sent.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from connectors.types import Status
from hub import admin
from hub.api import intake
from hub.house import House
from hub.pipeline import takeover
from hub.playground import script
from hub.store import Row, Tx, conversations, escalations
from hub.vault import Place
from hub.views import moment
from webhooks import signing
from webhooks.dialects import Delivery

CHANNEL = "playground"  # of its conversations; routes may ask for it
CUSTOMER = {
    "id": "playground-customer",
    "name": "Playground (test customer)",
    "email": "playground@example.com",
}
HEARD = "heard-"  # before the id of the event that the bot answers
UNHEARD = """
select e.id, e.at, e.payload from events e
where e.conversation_id = :id and e.direction = 'out' and e.type = 'conversation.resumed'
    and not exists (select 1 from messages where conversation_id = :id
        and external_id = 'heard-' || e.id)
order by e.id desc limit 1
"""


class Platform:
    """The test customer and the bot of one workspace."""

    def __init__(self, house: House, workspace_id: str) -> None:
        self.house = house
        self.workspace_id = workspace_id

    def begin(self, language: str) -> str:
        """A chat that the bot begins; the conversation's id."""
        external_id = f"playground-{uuid4().hex}"
        said = [_turn("ai", script.words(language).hello)]
        self._tell("conversation.started", external_id, said, language=language)
        with self.house.store.transaction() as tx:
            row = conversations.get(tx, self.workspace_id, external_id)
        assert row is not None
        return str(row["id"])

    def say(self, conversation: Row, text: str, target: str | None = None) -> None:
        """The customer writes; the bot answers, calls a human to the `target`, or is silent."""
        name = conversation["external_id"]
        self._tell("message.created", name, [_turn("customer", text)])
        with self.house.store.transaction() as tx:
            row = conversations.lock(tx, conversation["id"])
            called = row["speaker"] == "human" or escalations.current(tx, row["id"]) is not None
            transcript = conversations.transcript(tx, row["id"])
        if called:
            return
        if script.asks_for_human(text):
            self._escalate(name, transcript, target)
        else:
            self._tell("message.created", name, [_turn("ai", script.answer(_theirs(transcript)))])

    def unheard(self, tx: Tx, conversation: Row) -> Row | None:
        """The news that the AI may speak again, unless the bot has answered it."""
        if conversation["speaker"] != "ai":
            return None
        return tx.first(UNHEARD, id=conversation["id"])

    def hear(self, conversation: Row) -> None:
        """The bot goes on with what the human decided, once however often it is told."""
        with self.house.store.transaction() as tx:
            event = self.unheard(tx, conversation)
            transcript = conversations.transcript(tx, conversation["id"])
        if event is None:
            return
        text = script.go_on(_theirs(transcript), event["payload"]["brief"].get("text"))
        said = _turn("ai", text, id=HEARD + event["id"])
        # The time is the event's: told twice at once, both deliveries have the same body.
        self._tell(
            "message.created", conversation["external_id"], [said], id=said["id"], at=event["at"]
        )

    def end(self, conversation: Row, *, actor: str) -> None:
        """The customer leaves; an open ticket is closed."""
        with self.house.store.transaction() as tx:
            row = conversations.lock(tx, conversation["id"])
            if row["speaker"] == "human" or escalations.current(tx, row["id"]) is not None:
                takeover.resume(tx, row, actor=actor)
        self._tell("conversation.ended", conversation["external_id"], [])

    def source(self) -> Row:
        """The workspace's playground, made when it is first used."""
        find = "select * from sources where workspace_id = :id and playground"
        with self.house.store.transaction() as tx:
            known = tx.first(find, id=self.workspace_id)
        if known is not None:
            return known
        admin.add_playground(self.house, self.workspace_id, script.HANDOFF)
        with self.house.store.transaction() as tx:
            return tx.one(find, id=self.workspace_id)

    def _escalate(self, name: str, transcript: Sequence[Row], target: str | None) -> None:
        turns = [
            {"id": row["external_id"], "author": {"role": row["role"], "name": row["name"]},
             "text": row["text"], "at": moment(row["at"])}
            for row in transcript
        ]  # fmt: skip
        reason = {"code": "customer_request", "text": "The customer asks for a person."}
        self._tell(
            "conversation.escalated", name, turns,
            reason=reason, target=target, transcript_complete=True, fields={CHANNEL: True},
        )  # fmt: skip

    def _tell(
        self,
        kind: str,
        name: str,
        turns: list[dict[str, Any]],
        *,
        id: str | None = None,
        at: datetime | None = None,
        language: str | None = None,
        **more: Any,
    ) -> None:
        """Sign the event and have the hub receive it."""
        now, source = self.house.store.now(), self.source()
        chat = {"id": name, "channel": CHANNEL, "language": language}
        data = {"conversation": chat, "requester": CUSTOMER, "transcript": turns, **more}
        body = json.dumps({"type": kind, "timestamp": moment(at or now), "data": data}).encode()
        place = Place(source["workspace_id"], "sources", source["id"], "secret")
        secret = self.house.vault.open(source["secret"], place)
        headers = signing.headers([secret], id or str(uuid4()), int(now.timestamp()), body)
        intake.receive(self.house, source["id"], Delivery(headers=headers, body=body))


def open_ticket(tx: Tx, conversation_id: str) -> Row | None:
    """The conversation's ticket, while a human works on it."""
    ticket = escalations.open_ticket(tx, conversation_id)
    return ticket if ticket is not None and not Status(ticket["status"]).done else None


def _turn(role: str, text: str, id: str | None = None) -> dict[str, Any]:
    name = CUSTOMER["name"] if role == "customer" else "Bot"
    return {"id": id or str(uuid4()), "author": {"role": role, "name": name}, "text": text}


def _theirs(transcript: Sequence[Row]) -> list[str]:
    """What the customer said, the oldest first."""
    return [row["text"] for row in transcript if row["role"] == "customer"]
