"""An escalation becomes one ticket, whatever dies on the way.

begin      the run is counted; summary and route are decided once and kept
intend     "a create may be on its way" is committed before the request leaves
find or create
link       ticket, speaker, news: one transaction
note       the summary and the customer's earlier tickets, for the desk's people
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from connectors.base import Connector
from connectors.errors import (
    Conflict,
    InvalidRequest,
    NotFound,
    Permanent,
    Retryable,
    Unsupported,
)
from connectors.types import Draft, Note, Ticket
from hub import jobs, summary, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import facts
from hub.pipeline.handover import hand_over
from hub.pipeline.publish import publish
from hub.pipeline.relay import relay_soon
from hub.store import Row, Tx, audit, changes, connections, conversations, escalations, work
from hub.store.schema import escalations as table
from hub.telemetry import crashpoint

log = structlog.get_logger()


class Unsure(Permanent):
    """A create may have landed at a desk that cannot be searched: a person has to look."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """An escalation as one run of its job sees it."""

    run: int
    escalation: Row
    conversation: Row
    transcript: Sequence[Row]
    summary: summary.Summary
    connection: Row
    draft: Draft
    ticket: Row | None
    attempted_at: datetime | None  # when an earlier run may have created the ticket
    now: datetime


def escalate(house: House, job: Job) -> None:
    """Open the escalation's ticket, once; or flag it for the Help Desk when no desk is routed."""
    with house.store.transaction() as tx:
        case = _begin(tx, house, job)
        if case is None:
            jobs.finish(tx, job)
            return
    crashpoint("escalate.summarised")
    connector = house.desks.open(case.connection)
    ticket = case.ticket
    if ticket is None:
        found = _find_or_create(connector, case)
        crashpoint("escalate.desk_committed")
        with house.store.transaction() as tx:
            ticket = _link(tx, house, case, found)
        crashpoint("escalate.linked")
    _add_note(house, job, case, connector, ticket)


def _begin(tx: Tx, house: House, job: Job) -> Case | None:
    known = escalations.get(tx, job.subject)
    if known is None:
        return None
    conversation = conversations.lock(tx, known["conversation_id"])
    row = work.begin(tx, table, job.subject)
    if row is None or row["state"] in ("parked", "returned"):
        return None
    transcript = conversations.transcript(tx, conversation["id"])
    told = _summary(row, conversation, transcript)
    source = tx.one("select * from sources where id = :id", id=conversation["source_id"])
    if row["state"] == "received":
        _accept(tx, row, conversation, source, told)
    connection = _connection(tx, row)
    if connection is None:
        _flag(tx, row, conversation, told)
        return None
    ticket = escalations.ticket_of(tx, row["id"])
    if ticket is None:
        work.write(tx, table, row["id"], row["run"], create_started_at=tx.now)
    return Case(
        run=row["run"],
        escalation=row,
        conversation=conversation,
        transcript=transcript,
        summary=told,
        connection=connection,
        draft=_draft(tx, row, conversation, transcript, told, source, connection),
        ticket=ticket,
        attempted_at=row["create_started_at"],
        now=tx.now,
    )


def _summary(row: Row, conversation: Row, transcript: Sequence[Row]) -> summary.Summary:
    """The summary as it was first made; it never changes under an agent's eyes."""
    if row["summary"] is not None:
        return summary.Summary.from_dict(row["summary"])
    turns = [summary.Turn(id=m["id"], role=m["role"], text=m["text"]) for m in transcript]
    return summary.summarise(turns, conversation["language"])


def _accept(tx: Tx, row: Row, conversation: Row, source: Row, told: summary.Summary) -> None:
    """Keep the summary, tell the customer and the subscribers: once."""
    work.write(tx, table, row["id"], row["run"], state="summarised", summary=told.as_dict())
    about: dict[str, Any] = {
        "conversation_id": conversation["id"],
        "escalation_id": row["id"],
    }
    workspace = row["workspace_id"]
    audit.record(tx, workspace, "escalation.summarised", told.subject, **about)
    shown = views.escalation({**row, "state": "summarised", "summary": told.as_dict()})
    news = {"conversation": views.conversation(conversation), "escalation": shown}
    publish(tx, workspace, "conversation.escalated", news, **about)
    words = source["handoff_message"]
    text = words.get(told.language) or words.get("default")
    if text:
        _say(tx, conversation, row, text)


def _say(tx: Tx, conversation: Row, row: Row, text: str) -> None:
    """The source's handoff message reaches the customer as a message of the hub's."""
    message = conversations.add_message(
        tx,
        conversation,
        external_id=f"handoff:{row['id']}",
        role="system",
        text=text,
        origin="hub",
    )
    if message is None:
        return
    news = {"conversation": views.conversation(conversation), "message": views.message(message)}
    publish(
        tx,
        row["workspace_id"],
        "message.created",
        news,
        conversation_id=conversation["id"],
        escalation_id=row["id"],
    )


def _connection(tx: Tx, row: Row) -> Row | None:
    """The desk that the route chose; the native one only once somebody took over."""
    if row["connection_id"] is None:
        return None
    connection = connections.get(tx, row["connection_id"])
    waits = connection["desk"] == "live_chat" and row["taken_over_at"] is None
    return None if waits else connection


def _flag(tx: Tx, row: Row, conversation: Row, told: summary.Summary) -> None:
    """No external desk: the conversation waits in the Help Desk for someone to take it over."""
    if conversation["waiting"] or conversation["speaker"] == "human":
        return
    tx.run("update conversations set waiting = true where id = :id", id=conversation["id"])
    about: dict[str, Any] = {
        "conversation_id": conversation["id"],
        "escalation_id": row["id"],
    }
    audit.record(tx, row["workspace_id"], "conversation.waiting", told.subject, **about)
    shown = views.conversation(conversation) | {"waiting": True}
    news = {"conversation": shown, "escalation_id": row["id"]}
    publish(tx, row["workspace_id"], "conversation.waiting", news, **about)


def _draft(
    tx: Tx,
    row: Row,
    conversation: Row,
    transcript: Sequence[Row],
    told: summary.Summary,
    source: Row,
    connection: Row,
) -> Draft:
    known = facts.gather(tx, row, conversation, transcript, told, source)
    return Draft(
        key=row["id"],
        subject=told.subject,
        transcript=tuple(conversations.as_message(m) for m in transcript),
        requester=conversations.as_requester(conversation),
        fields=facts.render(tx, connection, known),
        language=told.language,
    )


def _find_or_create(connector: Connector, case: Case) -> Ticket:
    """Look first whenever an earlier run's create may have landed."""
    if case.attempted_at is not None:
        found = _look(connector, case, (case.now - case.attempted_at).total_seconds())
        if found is not None:
            return found
    crashpoint("escalate.before_request")
    return connector.create_ticket(case.draft)


def _look(connector: Connector, case: Case, seconds: float) -> Ticket | None:
    """The earlier run's ticket; `seconds` have passed since its create."""
    if not connector.can.find_by_key:
        raise Unsure("The ticket may exist already, and this desk cannot be searched for it.")
    if seconds < connector.can.find_lag:
        wait = connector.can.find_lag - seconds
        raise Retryable("a ticket may exist that the desk does not show yet", retry_after=wait)
    return connector.find_ticket(case.draft.key)


def _link(tx: Tx, house: House, case: Case, found: Ticket) -> Row:
    """The ticket is known, the human has the conversation, and everybody hears of it."""
    conversation = conversations.lock(tx, case.conversation["id"])
    changes.lock_ticket(tx, case.connection["id"], found.id)
    work.write(
        tx, table, case.escalation["id"], case.run, state="ticketed", ticketed_at=tx.now,
        tries=0, last_error=None,
    )  # fmt: skip
    last = case.transcript[-1]["seq"] if case.transcript else 0
    ticket = escalations.link(tx, case.escalation, case.connection, found, last_seq=last)
    about: dict[str, Any] = {
        "conversation_id": conversation["id"],
        "escalation_id": case.escalation["id"],
    }
    workspace = case.escalation["workspace_id"]
    audit.record(tx, workspace, "ticket.created", found.url, subject_id=ticket["id"], **about)
    shown = {"ticket": views.ticket(ticket), "summary": case.summary.as_dict()}
    publish(
        tx, workspace, "ticket.created",
        {"conversation": views.conversation(conversation), **shown}, **about,
    )  # fmt: skip
    if case.connection["pause_ai_at"] == "created" or found.assignee:
        hand_over(
            tx, conversation, "human", why="ticket.created", escalation_id=case.escalation["id"]
        )
    escalations.intend_entry(tx, ticket, "note", case.escalation["id"])
    connections.healthy(tx, case.connection["id"])
    _catch_up(tx, case, ticket)
    seconds = (tx.now - case.escalation["created_at"]).total_seconds()
    house.metrics.ticket_seconds.labels(case.connection["desk"]).observe(max(0.0, seconds))
    return ticket


def _catch_up(tx: Tx, case: Case, ticket: Row) -> None:
    """What came in before there was a ticket: the desk's early changes, the customer's words."""
    early = changes.waiting(tx, case.connection["id"], ticket["external_id"])
    jobs.enqueue_all(tx, [(jobs.HUB, row["id"]) for row in early[:1]], "sync")
    relay_soon(tx, ticket)


def _add_note(house: House, job: Job, case: Case, connector: Connector, ticket: Row) -> None:
    """The private note, once; a desk that refuses it still has its ticket."""
    with house.store.transaction() as tx:
        entry = escalations.intend_entry(tx, ticket, "note", case.escalation["id"])
        if entry["state"] != "sending" or not connector.can.notes:
            jobs.finish(tx, job)
            return
        earlier = escalations.earlier(tx, case.escalation, case.conversation["requester_key"])
    state, external_id = "sent", None
    try:
        external_id = _write_note(connector, case, ticket, earlier)
    except (InvalidRequest, NotFound, Conflict, Unsupported) as refusal:
        state = "failed"
        log.warning("note.refused", ticket=ticket["id"], why=str(refusal))
    crashpoint("escalate.noted")
    with house.store.transaction() as tx:
        escalations.entry_sent(tx, entry["id"], external_id, state)
        jobs.finish(tx, job)


def _write_note(connector: Connector, case: Case, ticket: Row, earlier: Sequence[Row]) -> str:
    ours = {row["external_id"] for row in earlier} | {ticket["external_id"]}
    others = [t for t in connector.previous_tickets(case.draft.requester) if t.id not in ours]
    text = facts.note(case.summary, case.escalation, case.transcript, earlier, others)
    note = Note(id=case.escalation["id"], text=text)
    written = None
    if case.ticket is not None:  # an earlier run may have written it
        written = connector.find_entry(ticket["external_id"], note)
    return written or connector.add_note(ticket["external_id"], note)
