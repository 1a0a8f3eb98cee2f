"""Escalations and the tickets that they open."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.types import Ticket
from hub import ids
from hub.store import Question, Row, Tx, question
from hub.store.schema import entries

OPEN = "state <> 'returned'"
Calls = Sequence[Mapping[str, Any]] | None  # what was called at the desk (`connectors.calls`)


ADD = """
insert into escalations (id, workspace_id, conversation_id, reason, target, team, priority, fields,
    transcript_complete, connection_id, route_id, promised_at, traceparent, created_at)
select e.id, e.workspace_id, e.conversation_id, e.reason, e.target, e.team, e.priority,
    coalesce(e.fields, '{}'), coalesce(e.transcript_complete, true), e.connection_id, e.route_id,
    e.promised_at, e.traceparent, :now
from json_to_recordset(cast(:rows as json)) as e(id text, workspace_id text, conversation_id text,
    reason jsonb, target text, team text, priority text, fields jsonb, transcript_complete bool,
    connection_id text, route_id text, promised_at timestamptz, traceparent text)
"""


def add(
    tx: Tx,
    conversation: Row,
    escalation_id: str,
    *,
    promised_at: datetime | None = None,
    **values: Any,
) -> None:
    """A new escalation of the conversation, at the end of the transaction.

    Its id is also its ticket's key.
    """
    values |= {
        "id": escalation_id,
        "workspace_id": conversation["workspace_id"],
        "conversation_id": conversation["id"],
        "promised_at": promised_at and promised_at.isoformat(),
    }
    tx.later(_add, values)


def _add(tx: Tx, rows: list[dict[str, Any]]) -> None:
    tx.send(ADD, rows=json.dumps(rows), now=tx.now)


def current(tx: Tx, conversation_id: str) -> Row | None:
    """The conversation's escalation that has not been handed back, locked."""
    return tx.first(
        f"select * from escalations where conversation_id = :id and {OPEN}"
        " order by id desc limit 1 for update",
        id=conversation_id,
    )


def get(tx: Tx, escalation_id: str) -> Row | None:
    """One escalation."""
    return tx.first("select * from escalations where id = :id", id=escalation_id)


def ticket_of(tx: Tx, escalation_id: str) -> Row | None:
    """The ticket that an escalation opened."""
    return next(iter(tx.rows(tickets_of(escalation_id))), None)


def open_ticket(tx: Tx, conversation_id: str) -> Row | None:
    """The ticket of the conversation's current escalation, locked."""
    return tx.first(
        f"select t.* from tickets t join escalations e on e.id = t.escalation_id and e.{OPEN}"
        " where t.conversation_id = :id order by t.id desc limit 1 for update of t",
        id=conversation_id,
    )


def ticket_at_desk(tx: Tx, connection_id: str, external_id: str) -> Row | None:
    """A ticket by its desk's id."""
    return tx.first(
        "select * from tickets where connection_id = :connection and external_id = :id",
        connection=connection_id,
        id=external_id,
    )


# The run's ticket is there, unless the run was overtaken; an escalation that was handed back
# meanwhile stays so, and `escalation_state` says it.
LINK = """
with linked as (
    update escalations set ticketed_at = :now, tries = 0, last_error = null,
        promised_at = null, leaving = null,
        state = case state when 'returned' then state else 'ticketed' end
    where id = :escalation and run = :run returning *
)
insert into tickets (id, workspace_id, escalation_id, conversation_id, connection_id, desk,
    external_id, url, subject, status, word, status_at, assignee, mapping_version,
    transcript_seq, relayed_seq, created_at)
select :id, workspace_id, id, conversation_id, :connection, :desk, :external, :url, :subject,
    :status, :word, cast(:status_at as timestamptz), :assignee,
    cast(:mapping_version as integer), :seq, :seq, :now
from linked returning *, (select state from linked) as escalation_state
"""


def linking(
    tx: Tx,
    escalation: Row,
    connection: Row,
    ticket: Ticket,
    *,
    run: int,
    last_seq: int,
    mapping_version: int | None = None,
) -> Question:
    """Records the run's ticket, whose transcript ends with `last_seq`; no row when overtaken."""
    return question(
        LINK,
        id=ids.new("ticket"),
        escalation=escalation["id"],
        run=run,
        connection=connection["id"],
        desk=connection["desk"],
        external=ticket.id,
        url=ticket.url,
        subject=ticket.subject,
        status=ticket.status,
        word=ticket.word,
        status_at=ticket.updated_at,
        assignee=ticket.assignee,
        mapping_version=mapping_version,
        seq=last_seq,
        now=tx.now,
    )


INTEND = """
insert into entries (id, workspace_id, ticket_id, message_id, kind, created_at)
values (:id, :workspace, :ticket, :message, :kind, :now)
on conflict (ticket_id, kind, message_id) do update set kind = excluded.kind
returning *, (xmax <> 0) as older
"""


def intend_entry(tx: Tx, ticket: Row, kind: str, message_id: str) -> Row:
    """The entry that is about to be written at the desk; `older` when it was intended before."""
    return tx.one(INTEND, **_intent(tx, ticket, kind, message_id))


def _intent(tx: Tx, ticket: Row, kind: str, message_id: str) -> dict[str, Any]:
    return {
        # Desks know a note by it: the same again after a restore.
        "id": ids.derived("entry", message_id, ticket["escalation_id"], kind),
        "workspace": ticket["workspace_id"],
        "ticket": ticket["id"],
        "message": message_id,
        "kind": kind,
        "now": tx.now,
    }


def intend_note(tx: Tx, ticket: Row, escalation_id: str) -> None:
    """The ticket's note is about to be written; known at the end of the transaction."""
    tx.soon(INTEND, **_intent(tx, ticket, "note", escalation_id))


def noted(
    tx: Tx, ticket: Row, external_id: str | None, state: str, calls: Calls = None
) -> Question:
    """The desk has the ticket's note, or refused it."""
    return question(
        "update entries set state = :state, external_id = :external, sent_at = :now,"
        " calls = cast(:calls as jsonb)"
        " where ticket_id = :ticket and kind = 'note' returning id",
        ticket=ticket["id"],
        external=external_id,
        state=state,
        now=tx.now,
        calls=json.dumps(calls) if calls else None,
    )


def entry_sent(
    tx: Tx, entry_id: str, external_id: str | None, state: str = "sent", calls: Calls = None
) -> None:
    """The desk has the entry under `external_id`: its echo will be known."""
    values: dict[str, Any] = {"state": state, "external_id": external_id, "sent_at": tx.now}
    if calls:
        values["calls"] = calls
    tx.run(entries.update().where(entries.c.id == entry_id).values(**values))


def is_echo(tx: Tx, ticket_id: str, external_id: str) -> bool:
    """True when the desk tells us what we wrote there ourselves."""
    return bool(
        tx.value(
            "select 1 from entries where ticket_id = :ticket and external_id = :id limit 1",
            ticket=ticket_id,
            id=external_id,
        )
    )


def is_writing(tx: Tx, ticket_id: str, since: datetime) -> bool:
    """True while something of ours, begun after `since`, is on its way to the desk."""
    return bool(
        tx.value(
            "select 1 from entries where ticket_id = :ticket and state = 'sending'"
            " and created_at > :since limit 1",
            ticket=ticket_id,
            since=since,
        )
    )


def tickets_of(escalation_id: str) -> Question:
    """`ticket_of` as a question."""
    return question("select * from tickets where escalation_id = :id", id=escalation_id)


def earlier(escalation_id: str, limit: int = 5) -> Question:
    """The same customer's earlier tickets over all desks, newest first."""
    return question(
        "select t.desk, t.external_id, t.url, t.subject, t.status, t.created_at"
        " from escalations e join conversations mine on mine.id = e.conversation_id"
        " join conversations c on c.workspace_id = mine.workspace_id"
        " and c.requester_key = mine.requester_key"
        " join tickets t on t.conversation_id = c.id and t.escalation_id <> e.id"
        " where e.id = :id order by t.id desc limit :limit",
        id=escalation_id,
        limit=limit,
    )
