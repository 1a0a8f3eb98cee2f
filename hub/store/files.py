"""Customers' files: which follow their messages to a ticket, and what became of each."""

import mimetypes
import re
from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert

from connectors.files import safe_name
from connectors.types import File
from hub import ids
from hub.store import Row, Tx
from hub.store.schema import files

MOST = 20  # files of one transcript or message that are copied; the others stay links
TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}")
ANY = "application/octet-stream"


def expect(tx: Tx, ticket: Row, messages: Sequence[Row]) -> list[Row]:
    """The newest `MOST` of the customer's files in `messages` are to follow, if they are not yet.

    Returns the message of each file that is left out.
    """
    told = [
        (message, position)
        for message in messages
        if message["role"] == "customer" and message["origin"] == "source"
        for position in range(len(message["attachments"]))
    ]
    if told:
        rows = [_new(tx, ticket, message, position) for message, position in told[-MOST:]]
        tx.run(insert(files).values(rows).on_conflict_do_nothing())
    return [message for message, _ in told[:-MOST]]


def begin_next(tx: Tx, ticket: Row) -> Row | None:
    """The ticket's next file with one more try, what its message tells of it.

    `older` says that the desk may have it already: it was intended before, or is of a backup.
    """
    return tx.first(
        "update files set tries = files.tries + 1 from files f"
        " join messages m on m.id = f.message_id left join entries e"
        " on e.ticket_id = f.ticket_id and e.kind = 'file' and e.message_id = f.id"
        " where files.id = f.id and f.id = (select w.id from files w"
        " join messages s on s.id = w.message_id where w.ticket_id = :ticket"
        " and w.state = 'waiting' order by s.seq, w.position limit 1)"
        " returning files.*, m.attachments -> files.position as told, e.id is not null or"
        " exists (select 1 from tickets t join escalations x on x.id = t.escalation_id"
        " where t.id = f.ticket_id and x.restored_at is not null) as older",
        ticket=ticket["id"],
    )


def is_expected(tx: Tx, ticket: Row) -> bool:
    """True while a file of the ticket waits."""
    return bool(
        tx.value(
            "select 1 from files where ticket_id = :ticket and state = 'waiting' limit 1",
            ticket=ticket["id"],
        )
    )


def end(
    tx: Tx, file_id: str, state: str, *, code: str | None = None, reason: str | None = None
) -> None:
    """The file is `sent`, or `degraded` to its link for a reason."""
    tx.run(
        files.update()
        .where(files.c.id == file_id)
        .values(state=state, code=code, reason=reason, ended_at=tx.now)
    )


def of_messages(tx: Tx, message_ids: Sequence[str]) -> Sequence[Row]:
    """What became of the files of these messages, at all tickets."""
    return tx.all(
        "select f.id, f.message_id, f.position, f.state, f.reason, t.desk from files f"
        " join tickets t on t.id = f.ticket_id where f.message_id = any(:ids) order by f.id",
        ids=list(message_ids),
    )


def held_by_us(tx: Tx, workspace_id: str, file_id: str) -> Row | None:
    """Name, type and bytes of a file that was copied into the built-in Help Desk."""
    return tx.first(
        "select n.body ->> 'name' as name, n.body ->> 'content_type' as content_type, n.content"
        " from files f join entries e on e.ticket_id = f.ticket_id and e.kind = 'file'"
        " and e.message_id = f.id join native_entries n on n.id = e.external_id"
        " where f.id = :id and f.workspace_id = :workspace and n.content is not null",
        id=file_id,
        workspace=workspace_id,
    )


def as_file(row: Row) -> File:
    """A file on its way, as connectors know it; its type is the platform's, else by its name."""
    told = row["told"]
    name = safe_name(told.get("name") or told["url"].partition("?")[0].rsplit("/", 1)[-1])
    kind = told.get("content_type") or ""
    return File(
        name=name,
        content_type=kind if TYPE.fullmatch(kind) else mimetypes.guess_type(name)[0] or ANY,
        url=told["url"],
        size=told.get("size"),
        id=row["id"],
    )


def _new(tx: Tx, ticket: Row, message: Row, position: int) -> dict[str, object]:
    return {
        # The desk knows the file by it: the same again after a restore.
        "id": ids.derived("file", message["id"], ticket["escalation_id"], position),
        "workspace_id": ticket["workspace_id"],
        "ticket_id": ticket["id"],
        "message_id": message["id"],
        "position": position,
        "created_at": tx.now,
    }
