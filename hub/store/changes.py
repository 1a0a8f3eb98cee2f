"""The one inbox: what desks tell us, by webhook, by poll, or from the native desk."""

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.types import Change, File, Status
from hub import ids, jobs
from hub.store import Question, Row, Tx, connections, question

WRITING = timedelta(seconds=60)  # for which an entry of ours may be on its way
FORGOTTEN_AFTER = timedelta(hours=1)  # a change of a ticket that nobody linked
EARLY = 1000  # changes of unlinked tickets that a connection keeps


@dataclass(frozen=True, slots=True)
class Told:
    """Changes that a connection told of."""

    workspace_id: str
    connection_id: str
    changes: Sequence[Change]
    via: str  # webhook, poll or native


def receive(
    tx: Tx, workspace_id: str, connection_id: str, told: Sequence[Change], *, via: str
) -> int:
    """Store the changes that are new, with a job for each; how many were new.

    Our own words are no news. What comes while we are writing to the ticket waits for the writer,
    who will know which of it is ours: see `after_writing`.
    """
    return receive_all(tx, [Told(workspace_id, connection_id, told, via)])[0]


def receive_all(tx: Tx, deliveries: Sequence[Told]) -> list[int]:
    """`receive` for what several deliveries tell."""
    tickets = {(told.connection_id, one.ticket_id) for told in deliveries for one in told.changes}
    if not tickets:
        return [0] * len(deliveries)
    locks = [locking(*ticket) for ticket in sorted(tickets)]  # in one order, everywhere
    *_, entries, hints = tx.ask(*locks, _entries(tx, deliveries), _hints(deliveries))
    ours = {(row["connection"], row["ticket"], row["entry"]) for row in entries}
    busy = {(row["connection"], row["ticket"]) for row in entries if row["state"] == "sending"}
    asking = {(row["connection"], row["ticket"]) for row in hints}
    rows = [
        _row(told, change)
        for told in deliveries
        for change in told.changes
        if change.message_id is None
        or (told.connection_id, change.ticket_id, change.message_id) not in ours
    ]
    new = tx.all(RECEIVE, rows=json.dumps(rows), now=tx.now) if rows else ()
    lanes = []
    for row in sorted(new, key=lambda row: str(row["id"])):
        ticket = row["connection_id"], row["external_ticket_id"]
        if row["kind"] != "hint" and ticket not in busy:
            lanes.append((jobs.HUB, row["id"]))
        if row["kind"] == "hint" and ticket not in asking:
            asking.add(ticket)
            lanes.append((connections.lane(row["connection_id"]), row["id"]))
    jobs.enqueue_all(tx, lanes, "sync")
    stored = Counter((row["connection_id"], row["external_id"]) for row in new)
    return [sum(stored.pop((t.connection_id, c.id), 0) for c in t.changes) for t in deliveries]


def ask_about(tx: Tx, ticket: Row) -> None:
    """Have the desk asked what happened to a ticket, as if it had hinted at it."""
    at_desk = ticket["external_id"]
    hint = Change(id=f"linked:{at_desk}", ticket_id=at_desk, kind="hint", at=tx.now)
    receive(tx, ticket["workspace_id"], ticket["connection_id"], [hint], via="poll")


def after_writing(tx: Tx, ticket: Row, entry_id: str | None) -> None:
    """What came while we wrote `entry_id` to the ticket: its echo is dropped, the rest goes on."""
    at_desk = ticket["connection_id"], ticket["external_id"]
    _, rows = tx.ask(locking(*at_desk), still_waiting(*at_desk))
    go_on(tx, rows, entry_id)


def go_on(tx: Tx, rows: Sequence[Row], entry_id: str | None) -> None:
    """`after_writing` with the answer to `still_waiting`."""
    echoes = [row["id"] for row in rows if entry_id is not None and row["message_id"] == entry_id]
    for change_id in echoes:
        settle(tx, change_id, "dropped", "our own words")
    left = [r["id"] for r in rows if r["kind"] != "hint" and r["id"] not in echoes]
    if left:
        jobs.enqueue(tx, jobs.HUB, "sync", left[0])


def waiting(tx: Tx, connection_id: str, external_ticket_id: str) -> Sequence[Row]:
    """The ticket's changes that are not applied yet, oldest first by the desk's clock.

    Desks count in seconds: what was said in the second of its solution was said before it.
    """
    return tx.all(
        "select * from changes where connection_id = :connection"
        " and external_ticket_id = :ticket and state = 'waiting' and kind <> 'hint'"
        " order by at, kind = 'status', id for update",
        connection=connection_id,
        ticket=external_ticket_id,
    )


def still_waiting(connection_id: str, external_ticket_id: str) -> Question:
    """The ticket's changes that wait, oldest first."""
    return question(
        "select id, kind, body ->> 'message_id' as message_id from changes"
        " where connection_id = :connection and external_ticket_id = :ticket"
        " and state = 'waiting' order by at, kind = 'status', id",
        connection=connection_id,
        ticket=external_ticket_id,
    )


def hints(tx: Tx, connection_id: str, external_ticket_id: str) -> Sequence[str]:
    """The ids of the ticket's hints that wait, oldest first."""
    rows = tx.rows(still_waiting(connection_id, external_ticket_id))
    return [row["id"] for row in rows if row["kind"] == "hint"]


def linked(tx: Tx, connection_id: str, rows: Sequence[Row]) -> None:
    """The ticket is ours now: what came early, the answer to `still_waiting`, goes on.

    The job of one change applies them all, that of one hint reads for all.
    """
    told = [row["id"] for row in rows if row["kind"] != "hint"]
    hints = [row["id"] for row in rows if row["kind"] == "hint"]
    jobs.enqueue_all(tx, [(jobs.HUB, change) for change in told[:1]], "sync")
    jobs.enqueue_all(tx, [(connections.lane(connection_id), hint) for hint in hints[:1]], "sync")


def settle(tx: Tx, change_id: str, state: str, outcome: str) -> None:
    """The change is applied, or dropped for a reason."""
    tx.run(
        "update changes set state = :state, outcome = :outcome, applied_at = :now, due_at = null"
        " where id = :id",
        id=change_id,
        state=state,
        outcome=outcome,
        now=tx.now,
    )


def unpark(tx: Tx, ticket: Row) -> int:
    """Let the ticket's parked changes go on; how many."""
    number = tx.run(
        "update changes set state = 'waiting', parked = null, tries = 0, last_error = null"
        " where connection_id = :connection and external_ticket_id = :ticket"
        " and state = 'parked'",
        connection=ticket["connection_id"],
        ticket=ticket["external_id"],
    )
    if number:
        at_desk = ticket["connection_id"], ticket["external_id"]
        linked(tx, ticket["connection_id"], tx.rows(still_waiting(*at_desk)))
    return number


def parked(tx: Tx, ticket: Row) -> dict[str, Any] | None:
    """Why a change of the ticket cannot be applied, None when all can."""
    reason: dict[str, Any] | None = tx.value(
        "select parked from changes where connection_id = :connection"
        " and external_ticket_id = :ticket and state = 'parked' order by at limit 1",
        connection=ticket["connection_id"],
        ticket=ticket["external_id"],
    )
    return reason


def is_overtaken(tx: Tx, ticket: Row, change: Change) -> bool:
    """True when a later change of the same kind is applied already."""
    return bool(
        tx.value(
            "select 1 from changes where connection_id = :connection"
            " and external_ticket_id = :ticket and at > :at and kind = :kind"
            " and state = 'applied' limit 1",
            connection=ticket["connection_id"],
            ticket=ticket["external_id"],
            at=change.at,
            kind=change.kind,
        )
    )


def lock_ticket(tx: Tx, connection_id: str, external_ticket_id: str) -> None:
    """One step at a time for a desk's ticket, linked or not: linking meets no early change."""
    tx.rows(locking(connection_id, external_ticket_id))


def locking(connection_id: str, external_ticket_id: str) -> Question:
    """`lock_ticket` as a question."""
    return question(
        "select pg_advisory_xact_lock(hashtextextended(:ticket, 11))",
        ticket=f"{connection_id}/{external_ticket_id}",
    )


def may_be_ours(tx: Tx, row: Row) -> bool:
    """True when the change's ticket, linked to nothing, may be one that we are creating now.

    The desk may tell of a ticket before we have recorded it, and after a crash until a later run
    finds it. No desk tells so much in that time as `EARLY`.
    """
    return bool(
        tx.value(
            "select exists (select 1 from escalations where workspace_id = :workspace"
            " and state in ('received', 'summarised', 'parked')"
            " and connection_id = :connection and create_started_at is not null)"
            " and (select count(*) from changes where connection_id = :connection"
            " and state = 'waiting') <= :early",
            workspace=row["workspace_id"],
            connection=row["connection_id"],
            early=EARLY,
        )
    )


def forget(tx: Tx, change_id: str) -> None:
    """Keep nothing of a ticket that isn't ours: a desk has many more of them."""
    tx.run("delete from changes where id = :id", id=change_id)


def empty(tx: Tx, change_id: str) -> None:
    """Keep no words of a change that belongs to no ticket of ours, but that it was met."""
    tx.run("update changes set body = '{}' where id = :id", id=change_id)


def forget_strangers(tx: Tx) -> int:
    """Forget old changes of tickets that were never ours; how many."""
    return tx.run(
        "delete from changes"
        " where state = 'waiting' and received_at < :old and not exists (select 1 from tickets t"
        " where t.connection_id = changes.connection_id"
        " and t.external_id = changes.external_ticket_id)",
        old=tx.now - FORGOTTEN_AFTER,
    )


def as_change(row: Row) -> Change:
    """A stored change as the connectors know it."""
    body = dict(row["body"])
    status = body.pop("status", None)
    files = tuple(File(**f) for f in body.pop("files", []))
    return Change(
        id=row["external_id"],
        ticket_id=row["external_ticket_id"],
        kind=row["kind"],
        at=row["at"],
        status=Status(status) if status else None,
        files=files,
        **body,
    )


# What a desk tells of a ticket whose conversation was forgotten is not kept, whether we know the
# ticket by its number or by the key that we stamped on it.
RECEIVE = """
insert into changes (id, workspace_id, connection_id, external_id, external_ticket_id, kind, body,
    via, at, received_at)
select c.id, c.workspace_id, c.connection_id, c.external_id, c.external_ticket_id, c.kind, c.body,
    c.via, c.at, :now
from json_to_recordset(cast(:rows as json)) as c(id text, workspace_id text, connection_id text,
    external_id text, external_ticket_id text, kind text, body jsonb, via text, at timestamptz)
where not exists (select 1 from tickets t join conversations f on f.id = t.conversation_id
    where t.connection_id = c.connection_id and t.external_id = c.external_ticket_id
    and f.forgotten_at is not null)
and not exists (select 1 from escalations e join conversations f on f.id = e.conversation_id
    where e.id = c.body ->> 'key' and f.forgotten_at is not null)
on conflict (connection_id, external_id) do nothing
returning id, connection_id, external_id, external_ticket_id, kind
"""


def _entries(tx: Tx, deliveries: Sequence[Told]) -> Question:
    """Which of the messages we wrote ourselves, and to which tickets we are writing."""
    told = [(t.connection_id, c) for t in deliveries for c in t.changes]
    return question(
        "select t.connection_id as connection, t.external_id as ticket, e.external_id as entry,"
        " e.state from unnest(:connections ::text[], :tickets ::text[]) as at(connection, ticket)"
        " join tickets t on t.connection_id = at.connection and t.external_id = at.ticket"
        " join entries e on e.ticket_id = t.id where e.external_id = any(:entries)"
        " or (e.state = 'sending' and e.created_at > :since)",
        connections=[connection for connection, _ in told],
        tickets=[change.ticket_id for _, change in told],
        entries=[change.message_id for _, change in told if change.message_id],
        since=tx.now - WRITING,
    )


def _hints(deliveries: Sequence[Told]) -> Question:
    """The tickets of which a hint waits already, whose job reads for later ones too."""
    told = [(t.connection_id, c) for t in deliveries for c in t.changes if c.kind == "hint"]
    return question(
        "select connection_id as connection, external_ticket_id as ticket"
        " from unnest(:connections ::text[], :tickets ::text[]) as at(connection, ticket)"
        " join changes on connection_id = at.connection and external_ticket_id = at.ticket"
        " where kind = 'hint' and state = 'waiting'",
        connections=[connection for connection, _ in told],
        tickets=[change.ticket_id for _, change in told],
    )


def _row(told: Told, change: Change) -> dict[str, Any]:
    return {
        "id": ids.new("change"),
        "workspace_id": told.workspace_id,
        "connection_id": told.connection_id,
        "external_id": change.id,
        "external_ticket_id": change.ticket_id,
        "kind": change.kind,
        "body": _body(change),
        "via": told.via,
        "at": change.at.isoformat(),
    }


COLUMNS = {"id", "ticket_id", "kind", "at"}
REST = [field.name for field in dataclasses.fields(Change) if field.name not in COLUMNS]


def _body(change: Change) -> dict[str, Any]:
    """What is not a column of its own, without what is empty."""
    values = ((name, getattr(change, name)) for name in REST)
    return {name: _json(value) for name, value in values if value not in (None, ())}


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        files = [dataclasses.asdict(item) for item in value]
        return [{k: v for k, v in file.items() if k != "data"} for file in files]
    if isinstance(value, datetime):
        return value.isoformat()
    return value
