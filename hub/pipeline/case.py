"""An escalation as one run of its job sees it: read, summarised and routed in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import registry
from connectors.errors import Permanent
from connectors.types import Draft
from hub import jobs, summary, views
from hub.house import House
from hub.pipeline import facts, ladder
from hub.pipeline.publish import publish
from hub.store import Question, Row, Tx, audit, connections, conversations, escalations, work
from hub.store.schema import escalations as table
from hub.summary.llm import Written
from mappings.errors import MappingError


class Unsure(Permanent):
    """A create may have landed at a desk that cannot be searched: a person has to look."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a run knows when it goes to the desk."""

    escalation: Row
    conversation: Row
    transcript: Sequence[Row]
    summary: summary.Summary
    connection: Row
    draft: Draft
    earlier: Sequence[Row]  # the customer's earlier tickets
    ticket: Row | None  # an earlier run's
    mapping_version: int  # by which `draft.fields` are made
    attempted_at: datetime | None  # when an earlier run may have created the ticket
    now: datetime

    @property
    def run(self) -> int:
        """The run that this is; what it writes is conditional on it."""
        return int(self.escalation["run"])

    @property
    def is_over(self) -> bool:
        """Handed back, while a ticket or its note may be on its way: nothing more is created."""
        return bool(self.escalation["state"] == "returned")

    @property
    def last_seq(self) -> int:
        """Where the transcript of a ticket that this run creates ends."""
        return int(self.transcript[-1]["seq"]) if self.transcript else 0

    def started(self, at: datetime) -> dict[str, Any]:
        """What to remember of a create of this run, should another find the ticket."""
        made = {"mapping_version": self.mapping_version, "transcript_seq": self.last_seq}
        return {"create_started_at": at, **made}

    @property
    def about(self) -> dict[str, str]:
        """Whose news and audit lines these are."""
        return about(self.escalation)


def begin(
    tx: Tx, house: House, escalation_id: str, lane: str = "", written: Written | None = None
) -> Case | MappingError | None:
    """Begin a run; None when there is nothing to do at a desk (parked, over, moved, or flagged).

    What the mapping cannot do is answered, not raised: the escalation is told of all the same.
    `written` is the language model's summary, where one is asked.
    """
    talks, rows, transcript, settings, desks, tickets, earlier = tx.ask(
        conversations.locking_of(escalation_id),
        _beginning(escalation_id, lane),
        conversations.transcript_of(escalation_id),
        facts.setting(escalation_id),
        connections.of(escalation_id),
        escalations.tickets_of(escalation_id),
        escalations.earlier(escalation_id),
    )
    if not rows or rows[0]["state"] == "parked" or talks[0]["forgotten_at"] is not None:
        return None
    conversation, row, setting = talks[0], rows[0], settings[0]
    if row["state"] == "returned" and not tickets and row["create_started_at"] is None:
        return None
    told = _summary(row, conversation, transcript, written)
    first: dict[str, Any] = {}
    if row["state"] == "received":
        first = {"state": "summarised", "summary": told.as_dict()}
        _announce(tx, {**row, **first}, conversation, setting["handoff_message"], told)
        if written is not None and written.refusal is not None:
            _say_why(tx, row, written.refusal)
    if ladder.enter(tx, row, conversation, setting["source_name"], told.language):
        work.write(tx, table, row["id"], row["run"], **first)
        return None
    connection = _connection(row, desks)
    if connection is None:
        if first:
            work.write(tx, table, row["id"], row["run"], **first)
        _flag(tx, row, conversation, told)
        return None
    ticket = tickets[0] if tickets else None
    known = facts.gather(row, conversation, transcript, told, setting)
    try:
        fields = facts.render(connection["desk"], setting["mapping"], known)
    except MappingError as problem:
        if first:
            work.write_begun(tx, table, row, **first)
        return problem
    case = Case(
        escalation=row,
        conversation=conversation,
        transcript=transcript,
        summary=told,
        connection=connection,
        draft=Draft(
            key=row["id"],
            subject=told.subject,
            transcript=tuple(conversations.as_message(m) for m in transcript),
            requester=conversations.as_requester(conversation),
            fields=fields,
            language=told.language,
        ),
        earlier=earlier,
        ticket=ticket,
        mapping_version=setting["mapping_version"],
        attempted_at=row["create_started_at"],
        now=tx.now,
    )
    if ticket is None and case.attempted_at is None:
        first |= case.started(tx.now)  # from this commit on, a create may be on its way
    if first:
        work.write_begun(tx, table, row, **first)
    return case


def _beginning(escalation_id: str, lane: str) -> Question:
    """A run begins, unless the escalation has left the lane's desk since the job was made."""
    if not lane:
        return work.beginning(table, escalation_id)
    here = "coalesce(:desk || connection_id, :hub) = :lane"
    known = {"desk": connections.lane(""), "hub": jobs.HUB, "lane": lane}
    return work.beginning(table, escalation_id, here, **known)


def about(escalation: Row) -> dict[str, str]:
    """The ids that news and audit lines of an escalation carry."""
    return {"conversation_id": escalation["conversation_id"], "escalation_id": escalation["id"]}


def _summary(
    row: Row, conversation: Row, transcript: Sequence[Row], written: Written | None
) -> summary.Summary:
    """The summary as it was first made; it never changes under an agent's eyes."""
    if row["summary"] is not None:
        return summary.Summary.from_dict(row["summary"])
    if written is not None:
        return written.summary
    turns = [summary.Turn(id=m["id"], role=m["role"], text=m["text"]) for m in transcript]
    return summary.summarise(turns, conversation["language"])


def _announce(tx: Tx, row: Row, conversation: Row, handoff: Row, told: summary.Summary) -> None:
    """Tell the subscribers, and the customer in their language: once."""
    workspace = row["workspace_id"]
    audit.record(tx, workspace, "escalation.summarised", told.subject, **about(row))
    news = {
        "conversation": views.conversation(conversation),
        "escalation": views.escalation(row),
    }
    publish(tx, workspace, "conversation.escalated", news, **about(row))
    text = handoff.get(told.language) or handoff.get("default")
    if text:
        _say(tx, conversation, row, text)


def _say_why(tx: Tx, row: Row, refusal: summary.Unusable) -> None:
    why = f"The language model's summary was not used: {refusal}"
    audit.record(tx, row["workspace_id"], "summary.not_used", why, **about(row))


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
    publish(tx, row["workspace_id"], "message.created", news, **about(row))


def _connection(row: Row, desks: Sequence[Row]) -> Row | None:
    """The desk that the route chose; the native one only once somebody took over."""
    if not desks:
        return None
    waits = desks[0]["desk"] == registry.NATIVE and row["taken_over_at"] is None
    return None if waits else desks[0]


def _flag(tx: Tx, row: Row, conversation: Row, told: summary.Summary) -> None:
    """No external desk: the conversation waits in the Help Desk for someone to take it over."""
    if conversation["waiting"] or conversation["speaker"] == "human":
        return
    tx.run("update conversations set waiting = true where id = :id", id=conversation["id"])
    workspace = row["workspace_id"]
    audit.record(tx, workspace, "conversation.waiting", told.subject, **about(row))
    shown = views.conversation(conversation) | {"waiting": True}
    news = {"conversation": shown, "escalation_id": row["id"]}
    publish(tx, workspace, "conversation.waiting", news, **about(row))
