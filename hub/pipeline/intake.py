"""What a bot platform tells us: stored with its job in one transaction, or not acknowledged."""

from dataclasses import dataclass
from typing import Any

from hub import ids, jobs, routing, vault
from hub.house import House
from hub.pipeline.relay import relay_soon
from hub.store import Row, Rows, Tx, audit, connections, conversations, escalations
from hub.telemetry import crashpoint
from webhooks import inbound
from webhooks.dialects import Delivery
from webhooks.errors import Conflict, TooMany
from webhooks.events import Event
from webhooks.inbound import Accepted, Receipt


def receive(house: House, source: Row, delivery: Delivery) -> Receipt:
    """Verify what a source sent and commit it; `webhooks.errors.Refused` says why not."""
    trusted = Trusted(source["dialect"], _secrets(house, source))
    return inbound.receive(delivery, trusted, Paced(house, source), house.store.now())


@dataclass(frozen=True)
class Trusted:
    """A source as `webhooks.inbound` wants to see it."""

    dialect: str
    secrets: list[str]


@dataclass(frozen=True)
class Paced:
    """A source's inbox behind its rate; only what the source has signed counts."""

    house: House
    source: Row

    def accept(self, told: list[tuple[str, Event]], body_hash: str) -> Receipt:
        """`Inbox.accept`, or `TooMany` before the database is asked."""
        wait = self.house.pace.take(self.source["id"], self.source["rate"])
        if wait:
            self.house.metrics.limited.labels(self.source["id"]).inc()
            raise TooMany(wait)
        return Inbox(self.house, self.source).accept(told, body_hash)


class Inbox:
    """The inbox of one source; `webhooks.inbound.receive` fills it."""

    def __init__(self, house: House, source: Row) -> None:
        self.house = house
        self.source = source

    def accept(self, told: list[tuple[str, Event]], body_hash: str) -> Receipt:
        """Commit the events that are new; `Conflict` for a known id with another body."""
        accepted: list[Accepted] = []
        duplicates: list[Accepted] = []
        with self.house.store.transaction() as tx:
            for key, event in told:
                mine, new = _record(tx, self.source, key, event, body_hash)
                (accepted if new else duplicates).append(mine)
            crashpoint("intake.before_commit")
        crashpoint("intake.committed")
        return Receipt(accepted=tuple(accepted), duplicates=tuple(duplicates))


def _secrets(house: House, row: Row) -> list[str]:
    place = vault.place("sources", row["id"], "secret")
    sealed = [row["secret"], row["previous_secret"]]
    return [house.vault.open(secret, place) for secret in sealed if secret is not None]


def _record(tx: Tx, source: Row, key: str, event: Event, body_hash: str) -> tuple[Accepted, bool]:
    event_id, planned = ids.new("event"), _planned(event)
    telling = conversations.telling(
        tx,
        source,
        event_id,
        event,
        dedupe_key=key,
        body_hash=body_hash,
        escalation_id=planned,
    )
    told, *routes = tx.ask(telling, *([routing.asking(source["workspace_id"])] if planned else []))
    if not told:
        return _duplicate(tx, source, key, body_hash), False
    conversation = told[0]
    if not conversation["fresh"]:
        add = conversations.add_turns if _single(event) else conversations.add_transcript
        add(tx, conversation, event.transcript)
    escalation_id = planned and _escalation(tx, source, conversation, event, planned, *routes)
    if planned is None:
        _carry_out(tx, conversation, event)
    if (escalation_id, conversation["id"]) != (planned, conversation["told_of"]):
        tx.run(
            "update events set conversation_id = :conversation, escalation_id = :escalation"
            " where id = :id",
            id=event_id,
            conversation=conversation["id"],
            escalation=escalation_id,
        )
    return Accepted(id=event_id, escalation_id=escalation_id), True


def _planned(event: Event) -> str | None:
    """The id of the escalation that an event begins, unless there is an open one."""
    return ids.new("escalation") if event.type == "conversation.escalated" else None


def _single(event: Event) -> bool:
    """True when the event tells a message and not the whole transcript."""
    return event.type == "message.created"


def _duplicate(tx: Tx, source: Row, key: str, body_hash: str) -> Accepted:
    known = tx.one(
        "select id, escalation_id, body_hash from events"
        " where source_id = :source and dedupe_key = :key",
        source=source["id"],
        key=key,
    )
    if known["body_hash"] != body_hash:
        raise Conflict("This id was used before with another body.")
    return Accepted(id=known["id"], escalation_id=known["escalation_id"])


def _carry_out(tx: Tx, conversation: Row, event: Event) -> None:
    if event.type == "conversation.ended":
        tx.run("update conversations set state = 'ended' where id = :id", id=conversation["id"])
    if event.type == "message.created" and conversation["speaker"] == "human":
        ticket = escalations.open_ticket(tx, conversation["id"])
        if ticket is not None:
            relay_soon(tx, ticket)


def _escalation(
    tx: Tx, source: Row, conversation: Row, event: Event, planned: str, routes: Rows
) -> str:
    """The conversation's escalation: the open one, or a new one with its job."""
    current = None if conversation["fresh"] else escalations.current(tx, conversation["id"])
    if current is not None:
        return str(current["id"])
    values: dict[str, Any] = {
        "reason": event.reason.model_dump(exclude_none=True),
        "target": event.target,
        "team": event.team,
        "priority": event.priority,
        "fields": event.fields,
        "transcript_complete": event.transcript_complete,
    }
    facts = routing.facts(source["name"], conversation, values)
    choice = routing.choose(tx, source["workspace_id"], facts, routes)
    escalations.add(
        tx,
        conversation,
        planned,
        connection_id=choice.connection_id,
        route_id=choice.route_id,
        promised_at=choice.promised_at,
        **values,
    )
    audit.record(
        tx,
        source["workspace_id"],
        "escalation.accepted",
        choice.why,
        actor=f"source:{source['name']}",
        subject_id=planned,
        conversation_id=conversation["id"],
        escalation_id=planned,
    )
    lane = connections.lane(choice.connection_id) if choice.connection_id else jobs.HUB
    jobs.enqueue(tx, lane, "escalate", planned)
    return planned
