"""What agents do in the Help Desk, in our own tables.

It reaches the hub as it does from any desk: as changes in the one inbox, written in the same
transaction, so that nothing needs to be polled.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.types import Change, File, Status
from hub import ids
from hub.store import Row, Tx, changes
from hub.store.schema import native_entries


def reply(
    tx: Tx,
    connection_id: str,
    ticket: Row,
    user: Mapping[str, Any],
    text: str,
    files: Sequence[File] = (),
) -> None:
    """An agent answers the customer; a ticket that was done is open again."""
    if Status(ticket["status"]).done:
        change_status(tx, connection_id, ticket["id"], Status.OPEN, author=user["name"])
    _agent_entry(tx, connection_id, ticket, "message", user["name"], text, files=files)


def note(
    tx: Tx,
    connection_id: str,
    ticket: Row,
    user: Mapping[str, Any],
    text: str,
    files: Sequence[File] = (),
) -> None:
    """An agent writes a note for colleagues."""
    _agent_entry(tx, connection_id, ticket, "note", user["name"], text, files=files)


def assign(tx: Tx, connection_id: str, ticket: Row, user: Row | None, actor: str) -> None:
    """Give the ticket to `user`, or to nobody."""
    name = user["name"] if user is not None else ""
    tx.run(
        "update native_tickets set assignee_id = :user, updated_at = :now where id = :id",
        id=ticket["id"],
        user=user["id"] if user is not None else None,
        now=tx.now,
    )
    _agent_entry(tx, connection_id, ticket, "assignment", actor, "", body={"assignee": name})


def change_status(
    tx: Tx, connection_id: str, ticket_id: str, status: Status, *, author: str
) -> None:
    """Bring a native ticket to `status`."""
    ticket = tx.one(
        "update native_tickets set status = :status, updated_at = :now where id = :id returning *",
        id=ticket_id,
        status=status,
        now=tx.now,
    )
    _agent_entry(tx, connection_id, ticket, "status", author, "", body={"status": status})


def _agent_entry(
    tx: Tx,
    connection_id: str,
    ticket: Row,
    kind: str,
    author: str,
    text: str,
    body: dict[str, Any] | None = None,
    files: Sequence[File] = (),
) -> None:
    """The entry with its files, and the news of it in the inbox."""
    told = [_keep(tx, ticket, author, file) for file in files]
    entry_id = add_entry(
        tx,
        ticket["workspace_id"],
        ticket["id"],
        kind=kind,
        author=author,
        text=text,
        body=(body or {}) | {"agent": True, "files": told},
    )
    row = tx.one("select * from native_entries where id = :id", id=entry_id)
    change = as_change({**row, "key": ticket["key"]})
    if change is not None:
        changes.receive(tx, ticket["workspace_id"], connection_id, [change], via="native")


def _keep(tx: Tx, ticket: Row, author: str, file: File) -> dict[str, Any]:
    """An agent's file, stored; what its entry tells of it."""
    about = {"name": file.name, "content_type": file.content_type, "size": len(file.data or b"")}
    file_id = add_entry(
        tx,
        ticket["workspace_id"],
        ticket["id"],
        kind="file",
        author=author,
        body=about | {"of": "agent"},
        content=file.data,
    )
    return about | {"id": file_id}


def add_entry(tx: Tx, workspace_id: str, ticket_id: str, **values: Any) -> str:
    """A new entry of a ticket; its id."""
    entry_id = ids.new("entry")
    tx.run(
        native_entries.insert().values(
            id=entry_id, workspace_id=workspace_id, ticket_id=ticket_id, at=tx.now, **values
        )
    )
    return entry_id


def as_change(row: Any) -> Change | None:
    """What an agent did; None for what the hub itself wrote."""
    body = row["body"]
    if not body.get("agent"):
        return None
    return Change(
        id=f"native:{row['id']}",
        ticket_id=row["ticket_id"],
        kind=row["kind"],
        at=row["at"],
        key=row["key"],
        status=Status(body["status"]) if "status" in body else None,
        word=body.get("status"),
        message_id=row["id"] if row["kind"] in ("message", "note") else None,
        text=row["text"] or None,
        author=row["author"],
        assignee=body.get("assignee"),
        files=tuple(File(**file) for file in body.get("files", ())),
    )
