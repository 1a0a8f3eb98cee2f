"""What a bot platform tells us: stored with its job in one transaction, or not acknowledged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub import ids, jobs, marks, routing
from hub.house import House
from hub.pipeline.relay import relay_soon
from hub.store import Row, Rows, Tx, audit, connections, escalations, telling
from hub.telemetry import crashpoint
from webhooks.errors import Conflict
from webhooks.events import Event
from webhooks.inbound import Accepted, Receipt

Outcome = tuple[Accepted, bool] | Exception  # True for an event that is new


class SourceChanged(Exception):
    """The source is another one than it was when its signature was verified: verify again."""


class JustForgotten(Exception):
    """A chat was forgotten after it was looked for: what was stored of it may be old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event on its way into the database."""

    source: Row
    key: str
    event: Event
    body_hash: str
    id: str
    escalation_id: str | None  # of the escalation that it begins, unless there is an open one
    traceparent: str | None  # where that escalation's trace goes on from
    mark: bytes  # of its chat

    @property
    def conversation(self) -> tuple[str, str]:
        """What tells its conversation from others."""
        return self.source["id"], self.event.conversation.id


class Inbox:
    """The inbox of one source; `webhooks.inbound.receive` fills it."""

    def __init__(self, house: House, source: Row, traceparent: str | None = None) -> None:
        self.house = house
        self.source = source
        self.traceparent = traceparent  # as who tells us names it

    def accept(self, told: list[tuple[str, Event]], body_hash: str) -> Receipt:
        """Commit the events that are new; `Conflict` for a known id with another body."""
        trace = self.house.tracing.begin
        with trace("intake.ack", self.traceparent, "server", source_id=self.source["id"]):
            return self._accept(told, body_hash)

    def _accept(self, told: list[tuple[str, Event]], body_hash: str) -> Receipt:
        events = [self._told(key, event, body_hash) for key, event in told]
        # Who has the turn works with its own rights: a person's see one workspace, and stay alone.
        if len(events) == 1 and self.house.store.tenant() is None:
            outcomes = [self.house.intake.do(events[0], partial(_store, self.house))]
        else:
            outcomes = _store(self.house, events, all_or_none=True)
        return Receipt(
            accepted=tuple(mine for mine, new in outcomes if new),
            duplicates=tuple(mine for mine, new in outcomes if not new),
        )

    def _told(self, key: str, event: Event, body_hash: str) -> Told:
        escalates = event.type == "conversation.escalated"
        return Told(
            source=self.source,
            key=key,
            event=event,
            body_hash=body_hash,
            id=ids.new("event"),
            escalation_id=ids.new("escalation") if escalates else None,
            traceparent=self.house.tracing.here() if escalates else None,
            mark=marks.of_chat(self.house.settings, self.source["id"], event.conversation.id),
        )


def _store(house: House, events: Sequence[Told], *, all_or_none: bool = False) -> list[Any]:
    """`_store_once`, and once more where a chat was forgotten while it was told of."""
    try:
        return _store_once(house, events, all_or_none)
    except JustForgotten:
        return _store_once(house, events, all_or_none)


def _store_once(house: House, events: Sequence[Told], all_or_none: bool) -> list[Any]:
    """One commit for all, an outcome for each: many sources' events, or those of one delivery."""
    outcomes: dict[str, Outcome] = {}
    with house.store.transaction() as tx:
        left = list(events)
        while left:
            some = list({one.conversation: one for one in reversed(left)}.values())[::-1]
            outcomes |= zip([one.id for one in some], _record(tx, some), strict=True)
            left = [one for one in left if one.id not in outcomes]
            if left:
                tx.write()  # an escalation of this round is one that the next finds open
        for outcome in outcomes.values():
            if all_or_none and isinstance(outcome, Exception):
                raise outcome
        crashpoint("intake.before_commit", *(one.event.conversation.id for one in events))
    crashpoint("intake.committed", *(one.event.conversation.id for one in events))
    return [outcomes[one.id] for one in events]


def _record(tx: Tx, events: Sequence[Told]) -> list[Outcome]:
    """Events of as many conversations."""
    workspaces = sorted({one.source["workspace_id"] for one in events if one.escalation_id})
    rows, forgotten, *routes = tx.ask(
        telling.telling(tx, [_given(one) for one in events]),
        telling.forgotten([one.mark for one in events]),
        *(routing.asking(workspace) for workspace in workspaces),
    )
    known, found = dict(zip(workspaces, routes, strict=True)), {row["event"]: row for row in rows}
    marks_now = {row["mark"] for row in forgotten}
    if any(one.mark in marks_now and found[one.id]["past"] is None for one in events):
        raise JustForgotten
    return [_take(tx, one, found[one.id], known) for one in events]


def _given(one: Told) -> dict[str, Any]:
    return telling.given(
        one.source,
        one.id,
        one.event,
        dedupe_key=one.key,
        body_hash=one.body_hash,
        escalation_id=one.escalation_id,
        mark=one.mark,
    )


def _take(tx: Tx, one: Told, conversation: Row, routes: Mapping[str, Rows]) -> Outcome:
    if not conversation["trusted"]:
        return SourceChanged()
    if conversation["late"]:  # it tells of what was forgotten meanwhile
        return Accepted(id=one.id), False
    if conversation["id"] is None:
        return _duplicate(tx, one)
    if not conversation["fresh"] or conversation["past"] is not None:
        single = one.event.type == "message.created"  # tells a message, not the whole transcript
        add = telling.add_turns if single else telling.add_transcript
        add(tx, conversation, telling.since(conversation["past"], one.event))
    escalation_id = one.escalation_id and _escalation(tx, one, conversation, routes)
    if one.escalation_id is None:
        _carry_out(tx, conversation, one.event)
    if (escalation_id, conversation["id"]) != (one.escalation_id, conversation["told_of"]):
        tx.soon(
            "update events set conversation_id = :conversation, escalation_id = :escalation"
            " where id = :id",
            id=one.id,
            conversation=conversation["id"],
            escalation=escalation_id,
        )
    return Accepted(id=one.id, escalation_id=escalation_id), True


def _duplicate(tx: Tx, one: Told) -> Outcome:
    known = tx.one(
        "select id, escalation_id, body_hash from events"
        " where source_id = :source and dedupe_key = :key",
        source=one.source["id"],
        key=one.key,
    )
    if known["body_hash"] != one.body_hash:
        return Conflict("This id was used before with another body.")
    return Accepted(id=known["id"], escalation_id=known["escalation_id"]), False


def _carry_out(tx: Tx, conversation: Row, event: Event) -> None:
    if event.type == "conversation.ended":
        tx.run("update conversations set state = 'ended' where id = :id", id=conversation["id"])
    if event.type == "message.created" and conversation["speaker"] == "human":
        ticket = escalations.open_ticket(tx, conversation["id"])
        if ticket is not None:
            relay_soon(tx, ticket)


def _escalation(tx: Tx, one: Told, conversation: Row, routes: Mapping[str, Rows]) -> str:
    """The conversation's escalation: the open one, or a new one with its job."""
    current = None if conversation["fresh"] else escalations.current(tx, conversation["id"])
    if current is not None:
        return str(current["id"])
    source, event, planned = one.source, one.event, str(one.escalation_id)
    workspace = source["workspace_id"]
    values: dict[str, Any] = {
        "reason": event.reason.model_dump(exclude_none=True),
        "target": event.target,
        "team": event.team,
        "priority": event.priority,
        "fields": event.fields,
        "transcript_complete": event.transcript_complete,
    }
    facts = routing.facts(source["name"], conversation, values)
    choice = routing.choose(tx, workspace, facts, routes[workspace])
    escalations.add(
        tx,
        conversation,
        planned,
        connection_id=choice.connection_id,
        route_id=choice.route_id,
        promised_at=choice.promised_at,
        traceparent=one.traceparent,
        **values,
    )
    audit.record(
        tx,
        workspace,
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
