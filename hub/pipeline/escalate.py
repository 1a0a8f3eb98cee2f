"""An escalation becomes one ticket, whatever dies on the way.

write           a language model, where one is set, is asked for the summary: no transaction is open
begin           the run is counted, summary and route are decided once, and "a create may be
                on its way" is committed before the request leaves
find or create
link            ticket, speaker, news: one transaction
note            the summary and the customer's earlier tickets, for the desk's people
"""

from dataclasses import replace
from typing import Any, NamedTuple

from connectors import calls
from connectors.base import Connector
from connectors.errors import ConnectorError, Retryable, Unavailable
from connectors.types import Status, Ticket
from hub import jobs, views
from hub.house import House
from hub.jobs import Job
from hub.pipeline import files, ladder, note, relay, restored, writing
from hub.pipeline.case import Case, Unsure, begin
from hub.pipeline.handover import hand_over
from hub.pipeline.publish import publish
from hub.store import (
    Fenced,
    Row,
    Tx,
    audit,
    changes,
    connections,
    conversations,
    escalations,
    work,
)
from hub.store.schema import escalations as table
from hub.telemetry import crashpoint
from mappings.errors import MappingError


class Landed(NamedTuple):
    """A ticket at its desk, and how it was made: by this run, or by the earlier one of `row`."""

    ticket: Ticket
    mapping_version: int | None
    last_seq: int  # where its transcript ends

    @classmethod
    def earlier(cls, ticket: Ticket, case: Case) -> "Landed":
        """What a look has found; what came in since its create is not in it."""
        row, seq = case.escalation, case.escalation["transcript_seq"]
        return cls(ticket, row["mapping_version"], case.last_seq if seq is None else seq)


def escalate(house: House, job: Job) -> None:
    """Open the escalation's ticket, once; or flag it for the Help Desk when no desk is routed."""
    written = writing.ahead(house, job.subject)
    with house.store.transaction() as tx:
        case = begin(tx, house, job.subject, job.lane, written)
        if case is None:
            jobs.finish(tx, job)
            return
    if isinstance(case, MappingError):
        raise case
    crashpoint("escalate.summarised", job.subject)
    connector = house.desks.open(case.connection)
    ticket = case.ticket
    if ticket is None:
        there = restored.elsewhere(house, case)
        if there is not None:
            _follow(house, job, case, there)
            return
        landed = _find_or_create(house, connector, case)
        if landed is None:
            _leave(house, job, case)
            return
        crashpoint("escalate.desk_committed", job.subject)
        with house.store.transaction() as tx:
            ticket = _link(tx, house, case, landed, notes=connector.can.notes)
            crashpoint("escalate.before_commit", job.subject)
        crashpoint("escalate.linked", job.subject)
    note.add(house, job, case, connector, ticket)


def _follow(house: House, job: Job, case: Case, there: Row) -> None:
    """The escalation goes to its ticket, which its next run finds."""
    with house.store.transaction() as tx:
        ladder.turn_to(tx, case.escalation["id"], case.run, there)
        jobs.finish(tx, job)


def _find_or_create(house: House, connector: Connector, case: Case) -> Landed | None:
    """The ticket; None when the escalation is to leave.

    Look first whenever an earlier run's create may have landed.
    """
    if case.is_over and not connector.can.find_by_key:
        return None
    if case.attempted_at is not None:
        found = _look(connector, case, (case.now - case.attempted_at).total_seconds())
        crashpoint("escalate.looked", case.escalation["id"])
        if found is not None:
            return Landed.earlier(found, case)
    if case.escalation["leaving"] or case.is_over:
        return None
    if case.attempted_at is not None:  # from now on the next look has another create to find
        _started(house, case, **case.started(house.store.now()))
    crashpoint("escalate.before_request", case.escalation["id"])
    try:
        with house.tracing.span("desk.create_ticket", "client", desk=connector.name):
            created = connector.create_ticket(case.draft)
        return Landed(created, case.mapping_version, case.last_seq)
    except ConnectorError as problem:
        if not (isinstance(problem, Unavailable) and problem.sent):
            # Nothing has landed; a look that fails clears no doubt.
            _started(house, case, create_started_at=None)
        raise


def _started(house: House, case: Case, **values: Any) -> None:
    """Record since when a create may be on its way, and what it tells; or that none is."""
    with house.store.transaction() as tx:
        work.write(tx, table, case.escalation["id"], case.run, **values)


def _leave(house: House, job: Job, case: Case) -> None:
    """No ticket stands here: the next desk of the route gets the escalation, unless it is over."""
    with house.store.transaction() as tx:
        if case.is_over:
            work.write(tx, table, case.escalation["id"], case.run, create_started_at=None)
        else:
            ladder.leave(tx, case.escalation["id"], case.run)
        jobs.finish(tx, job)


def _look(connector: Connector, case: Case, seconds: float) -> Ticket | None:
    """The earlier run's ticket; `seconds` have passed since its create."""
    if not connector.can.find_by_key:
        raise Unsure("The ticket may exist already, and this desk cannot be searched for it.")
    if seconds < connector.can.find_lag:
        wait = connector.can.find_lag - seconds
        raise Retryable("a ticket may exist that the desk does not show yet", retry_after=wait)
    return connector.find_ticket(case.draft.key)


def _link(tx: Tx, house: House, case: Case, landed: Landed, *, notes: bool) -> Row:
    """The ticket is known, the human has the conversation, and everybody hears of it."""
    found, version, last = landed
    ended = found.status.done
    if ended:  # solved before we knew of it: how it came to that is asked and told as ever
        found = replace(found, status=Status.OPEN, word=None, updated_at=None)
    at_desk = case.connection["id"], found.id
    talks, _, linked, early, unsent = tx.ask(
        conversations.locking(case.conversation["id"]),
        changes.locking(*at_desk),
        escalations.linking(
            tx,
            case.escalation,
            case.connection,
            found,
            run=case.run,
            last_seq=last,
            mapping_version=version,
        ),
        changes.still_waiting(*at_desk),
        relay.unsent(case.escalation["id"], case.conversation["id"], last),
    )
    if not linked:
        raise Fenced(f"escalation {case.escalation['id']}: run {case.run} was overtaken")
    conversation, ticket = talks[0], linked[0]
    workspace = case.escalation["workspace_id"]
    audit.record(
        tx, workspace, "ticket.created", found.url, subject_id=ticket["id"], calls=calls.taken(),
        **case.about,
    )  # fmt: skip
    news = {
        "conversation": views.conversation(conversation),
        "ticket": views.ticket(ticket),
        "summary": case.summary.as_dict(),
    }
    publish(tx, workspace, "ticket.created", news, **case.about)
    if ticket["escalation_state"] == "returned":  # handed back while the desk was creating it
        jobs.enqueue(tx, connections.lane(case.connection["id"]), "close", ticket["id"])
    elif case.connection["pause_ai_at"] == "created" or found.assignee:
        why, escalation_id = "ticket.created", case.escalation["id"]
        hand_over(tx, conversation, "human", why=why, escalation_id=escalation_id)
    if notes:
        escalations.intend_note(tx, ticket, case.escalation["id"])
    if case.connection["failures"]:
        connections.healthy(tx, case.connection["id"])
    # What came in before there was a ticket: the desk's early changes, the customer's words.
    changes.linked(tx, case.connection["id"], early)
    if ended:
        changes.ask_about(tx, ticket)
    shown = [message for message in case.transcript if message["seq"] <= last]
    if files.expect(tx, ticket, shown) or unsent:
        relay.begin_relay(tx, ticket)
    seconds = (tx.now - case.escalation["created_at"]).total_seconds()
    house.metrics.ticket_seconds.labels(case.connection["desk"]).observe(max(0.0, seconds))
    return ticket
