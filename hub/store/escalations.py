"""Escalations and the tickets that they open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from connectors.types import Ticket
from hub import ids
from hub.store import Fenced, Row, Tx
from hub.store.schema import entries, escalations, tickets

OPEN = "state <> 'returned'"


def add(tx: Tx, conversation: Row, **values: Any) -> str:
    """A new escalation of the conversation; its id, which is also its ticket's key."""
    escalation_id = ids.new("escalation")
    tx.run(
        escalations.insert().values(
            id=escalation_id,
            workspace_id=conversation["workspace_id"],
            conversation_id=conversation["id"],
            created_at=tx.now,
            **values,
        )
    )
    return escalation_id


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
    return tx.first("select * from tickets where escalation_id = :id", id=escalation_id)


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


def link(tx: Tx, escalation: Row, connection: Row, ticket: Ticket, *, last_seq: int) -> Row:
    """Record the ticket; `last_seq` is the last message that its transcript holds."""
    return tx.one(
        tickets.insert()
        .values(
            id=ids.new("ticket"),
            workspace_id=escalation["workspace_id"],
            escalation_id=escalation["id"],
            conversation_id=escalation["conversation_id"],
            connection_id=connection["id"],
            desk=connection["desk"],
            external_id=ticket.id,
            url=ticket.url,
            subject=ticket.subject,
            status=ticket.status,
            word=ticket.word,
            status_at=ticket.updated_at,
            assignee=ticket.assignee,
            transcript_seq=last_seq,
            relayed_seq=last_seq,
            created_at=tx.now,
        )
        .returning(*tickets.c)
    )


def mark_ticketed(tx: Tx, escalation_id: str, run: int) -> str:
    """The run's ticket is there; the state from now on: `returned` stays."""
    state: str | None = tx.value(
        "update escalations set ticketed_at = :now, tries = 0, last_error = null,"
        " promised_at = null, leaving = null,"
        " state = case state when 'returned' then state else 'ticketed' end"
        " where id = :id and run = :run returning state",
        id=escalation_id,
        run=run,
        now=tx.now,
    )
    if state is None:
        raise Fenced(f"escalation {escalation_id}: run {run} was overtaken")
    return state


def intend_entry(tx: Tx, ticket: Row, kind: str, message_id: str) -> Row:
    """The entry that is about to be written at the desk; `older` when it was intended before."""
    return tx.one(
        "insert into entries (id, workspace_id, ticket_id, message_id, kind, created_at)"
        " values (:id, :workspace, :ticket, :message, :kind, :now)"
        " on conflict (ticket_id, kind, message_id) do update set kind = excluded.kind"
        " returning *, (xmax <> 0) as older",
        id=ids.new("entry"),
        workspace=ticket["workspace_id"],
        ticket=ticket["id"],
        message=message_id,
        kind=kind,
        now=tx.now,
    )


def note_sent(tx: Tx, ticket_id: str, external_id: str | None, state: str) -> None:
    """The desk has the ticket's note, or refused it."""
    tx.run(
        "update entries set state = :state, external_id = :external, sent_at = :now"
        " where ticket_id = :ticket and kind = 'note'",
        ticket=ticket_id,
        external=external_id,
        state=state,
        now=tx.now,
    )


def entry_sent(tx: Tx, entry_id: str, external_id: str | None, state: str = "sent") -> None:
    """The desk has the entry under `external_id`: its echo will be known."""
    tx.run(
        entries.update()
        .where(entries.c.id == entry_id)
        .values(state=state, external_id=external_id, sent_at=tx.now)
    )


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


def earlier(tx: Tx, escalation: Row, requester_key: str | None, limit: int = 5) -> Sequence[Row]:
    """The same customer's earlier tickets over all desks, newest first."""
    if requester_key is None:
        return []
    return tx.all(
        "select t.desk, t.external_id, t.url, t.subject, t.status, t.created_at from tickets t"
        " join conversations c on c.id = t.conversation_id"
        " where c.workspace_id = :workspace and c.requester_key = :key"
        " and t.escalation_id <> :escalation order by t.id desc limit :limit",
        workspace=escalation["workspace_id"],
        key=requester_key,
        escalation=escalation["id"],
        limit=limit,
    )
