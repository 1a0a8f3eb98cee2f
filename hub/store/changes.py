"""The one inbox: what desks tell us, by webhook, by poll, or from the native desk."""

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.dialects.postgresql import insert

from connectors.types import Change, File, Status
from hub import ids, jobs
from hub.store import Question, Row, Tx, connections, question
from hub.store.schema import changes

WRITING = timedelta(seconds=60)  # for which an entry of ours may be on its way
FORGOTTEN_AFTER = timedelta(hours=1)  # a change of a ticket that nobody linked


def receive(
    tx: Tx, workspace_id: str, connection_id: str, told: Sequence[Change], *, via: str
) -> int:
    """Store the changes that are new, with a job for each; how many were new.

    Our own words are no news. What comes while we are writing to the ticket waits for the writer,
    who will know which of it is ours: see `after_writing`.
    """
    for ticket_id in sorted({change.ticket_id for change in told}):
        lock_ticket(tx, connection_id, ticket_id)
    ours, busy = _ours(tx, connection_id, told)
    told = [change for change in told if (change.ticket_id, change.message_id) not in ours]
    if not told:
        return 0
    rows = [
        {
            "id": ids.new("change"),
            "workspace_id": workspace_id,
            "connection_id": connection_id,
            "external_id": change.id,
            "external_ticket_id": change.ticket_id,
            "kind": change.kind,
            "body": _body(change),
            "via": via,
            "at": change.at,
            "received_at": tx.now,
        }
        for change in told
    ]
    statement = (
        insert(changes)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["connection_id", "external_id"])
        .returning(changes.c.id, changes.c.kind, changes.c.external_ticket_id)
    )
    new = tx.all(statement)
    lanes = [
        (_lane(connection_id, row["kind"]), row["id"])
        for row in new
        if row["kind"] == "hint" or row["external_ticket_id"] not in busy
    ]
    jobs.enqueue_all(tx, lanes, "sync")
    return len(new)


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
    left = [row["id"] for row in rows if row["id"] not in echoes]
    if left:
        jobs.enqueue(tx, jobs.HUB, "sync", left[0])


def waiting(tx: Tx, connection_id: str, external_ticket_id: str) -> Sequence[Row]:
    """The ticket's changes that are not applied yet, oldest first by the desk's clock.

    Desks count in seconds: what was said in the second of its solution was said before it.
    """
    return tx.all(
        "select * from changes where connection_id = :connection"
        " and external_ticket_id = :ticket and state = 'waiting'"
        " order by at, kind = 'status', id for update",
        connection=connection_id,
        ticket=external_ticket_id,
    )


def still_waiting(connection_id: str, external_ticket_id: str) -> Question:
    """The ticket's changes that wait; the job of one applies them all."""
    return question(
        "select id, body ->> 'message_id' as message_id from changes"
        " where connection_id = :connection and external_ticket_id = :ticket"
        " and state = 'waiting'",
        connection=connection_id,
        ticket=external_ticket_id,
    )


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


def lock_ticket(tx: Tx, connection_id: str, external_ticket_id: str) -> None:
    """One step at a time for a desk's ticket, linked or not: linking meets no early change."""
    tx.rows(locking(connection_id, external_ticket_id))


def locking(connection_id: str, external_ticket_id: str) -> Question:
    """`lock_ticket` as a question."""
    return question(
        "select pg_advisory_xact_lock(hashtextextended(:ticket, 11))",
        ticket=f"{connection_id}/{external_ticket_id}",
    )


def forget_strangers(tx: Tx) -> int:
    """Drop old changes of tickets that were never ours."""
    return tx.run(
        "update changes set state = 'dropped', outcome = 'no ticket of ours'"
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


def _ours(
    tx: Tx, connection_id: str, told: Sequence[Change]
) -> tuple[set[tuple[str, str | None]], set[str]]:
    """Those (ticket, message) that we wrote ourselves, and the tickets that we are writing to."""
    rows = tx.all(
        "select t.external_id as ticket, e.external_id as entry, e.state from tickets t"
        " join entries e on e.ticket_id = t.id where t.connection_id = :connection"
        " and t.external_id = any(:tickets) and (e.external_id = any(:entries)"
        " or (e.state = 'sending' and e.created_at > :since))",
        connection=connection_id,
        tickets=[change.ticket_id for change in told],
        entries=[change.message_id for change in told if change.message_id],
        since=tx.now - WRITING,
    )
    ours = {(row["ticket"], row["entry"]) for row in rows if row["entry"] is not None}
    return ours, {row["ticket"] for row in rows if row["state"] == "sending"}


def _body(change: Change) -> dict[str, Any]:
    """What is not a column of its own, without what is empty."""
    columns = {"id", "ticket_id", "kind", "at"}
    values = dataclasses.asdict(change)
    return {k: _json(v) for k, v in values.items() if k not in columns and v not in (None, ())}


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{k: v for k, v in item.items() if k != "data"} for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _lane(connection_id: str, kind: str) -> str:
    """A hint asks the desk, everything else is between us and the database."""
    return connections.lane(connection_id) if kind == "hint" else jobs.HUB
