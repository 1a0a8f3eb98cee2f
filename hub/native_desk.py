"""The native desk's back office: the "vendor" behind `connectors.live_chat`, in our own tables."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from connectors.errors import NotFound
from connectors.types import Change, Draft, File, Message, Note, Requester, Status, Ticket
from hub import ids
from hub.native import add_entry, as_change, change_status
from hub.store import Row, Store, Tx, connections, team

PAGE = 100


class NativeDesk:
    """One workspace's native desk as its connector sees it."""

    def __init__(
        self, store: Store, workspace_id: str, connection_id: str, *, public_url: str
    ) -> None:
        self.store = store
        self.workspace_id = workspace_id
        self.connection_id = connection_id
        self.public_url = public_url

    def find(self, key: str) -> Ticket | None:
        with self.store.transaction() as tx:
            row = tx.first(
                "select * from native_tickets where workspace_id = :workspace and key = :key",
                workspace=self.workspace_id,
                key=key,
            )
            return self._ticket(tx, row) if row is not None else None

    def create(self, draft: Draft, assignment: str) -> Ticket:
        found = self.find(draft.key)
        if found is not None:
            return found
        with self.store.transaction() as tx:
            tx.run(
                "insert into native_tickets (id, workspace_id, key, subject, requester,"
                " requester_key, team, priority, assignee_id, created_at, updated_at)"
                " values (:id, :workspace, :key, :subject, cast(:requester as jsonb), :rkey,"
                " :team, :priority, :assignee, :now, :now) on conflict (key) do nothing",
                id=ids.new("ticket"),
                workspace=self.workspace_id,
                key=draft.key,
                subject=str(draft.fields.get("subject") or draft.subject),
                requester=_json(draft.requester),
                rkey=connections.requester_key(draft.requester),
                team=_word(draft.fields.get("team")),
                priority=_word(draft.fields.get("priority")),
                assignee=self._assignee(tx, draft.key, assignment),
                now=tx.now,
            )
            row = tx.one("select * from native_tickets where key = :key", key=draft.key)
            return self._ticket(tx, row)

    def add(self, ticket_id: str, entry: Message | Note | File) -> str:
        """Write once, whoever writes it: two runs of an escalation may meet here."""
        with self.store.transaction() as tx:
            self._row(tx, ticket_id)
            known = _known(tx, ticket_id, entry)
            if known is not None:
                return known
            entry_id = add_entry(tx, self.workspace_id, ticket_id, **_values(entry))
            for file in entry.files if isinstance(entry, Message) else ():
                add_entry(tx, self.workspace_id, ticket_id, **_values(file))
            return entry_id

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        with self.store.transaction() as tx:
            return _known(tx, ticket_id, entry)

    def open_file(self, ticket_id: str, file_id: str) -> bytes:
        with self.store.transaction() as tx:
            content = tx.value(
                "select content from native_entries where id = :id and ticket_id = :ticket"
                " and workspace_id = :workspace and kind = 'file' and body ? 'of'",
                id=file_id,
                ticket=ticket_id,
                workspace=self.workspace_id,
            )
        if content is None:
            raise NotFound(f"the Help Desk has no file {file_id}")
        return bytes(content)

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        with self.store.transaction() as tx:
            self._row(tx, ticket_id)
            change_status(tx, self.connection_id, ticket_id, status, author="hub")
            return self._read(tx, ticket_id)

    def read(self, ticket_id: str) -> Ticket:
        with self.store.transaction() as tx:
            return self._read(tx, ticket_id)

    def changes(self, after: str) -> tuple[Sequence[Change], str, bool]:
        since = after.startswith("at:")
        where = "e.at >= :after" if since else "e.seq > :after"
        with self.store.transaction() as tx:
            rows = tx.all(
                "select e.*, t.key from native_entries e join native_tickets t on t.id ="
                f" e.ticket_id where e.workspace_id = :workspace and {where} order by e.seq"
                " limit :limit",
                workspace=self.workspace_id,
                after=datetime.fromisoformat(after[3:]) if since else int(after or 0),
                limit=PAGE,
            )
            last = rows[-1]["seq"] if rows else self._last_seq(tx) if since else int(after)
        told = [c for row in rows if (c := as_change(row)) is not None]
        return told, str(last), len(rows) == PAGE

    def previous(self, requester: Requester) -> list[Ticket]:
        with self.store.transaction() as tx:
            rows = tx.all(
                "select * from native_tickets where workspace_id = :workspace"
                " and requester_key = :key order by id desc limit 10",
                workspace=self.workspace_id,
                key=connections.requester_key(requester),
            )
            return [self._ticket(tx, row) for row in rows]

    def _row(self, tx: Tx, ticket_id: str) -> Row:
        row = tx.first(
            "select * from native_tickets where id = :id and workspace_id = :workspace for update",
            id=ticket_id,
            workspace=self.workspace_id,
        )
        if row is None:
            raise NotFound(f"the Help Desk has no ticket {ticket_id}")
        return row

    def _read(self, tx: Tx, ticket_id: str) -> Ticket:
        return self._ticket(tx, self._row(tx, ticket_id))

    def _ticket(self, tx: Tx, row: Row) -> Ticket:
        return Ticket(
            id=row["id"],
            url=f"{self.public_url}/tickets/{row['id']}",
            status=Status(row["status"]),
            key=row["key"],
            word=row["status"],
            subject=row["subject"],
            assignee=_name(tx, row["assignee_id"]),
            created_at=row["created_at"],
            updated_at=row["updated_at"],
        )

    def _last_seq(self, tx: Tx) -> int:
        return int(tx.value("select coalesce(max(seq), 0) from native_entries"))

    def _assignee(self, tx: Tx, key: str, assignment: str) -> str | None:
        """Who took the conversation over and is still let in, else whom the rule names."""
        taken_by: str | None = tx.value("select taken_by from escalations where id = :key", key=key)
        if taken_by is not None and team.member(tx, self.workspace_id, taken_by) is not None:
            return taken_by
        if assignment == "manual":
            return None
        return _next_agent(tx, self.workspace_id, assignment)


def _known(tx: Tx, ticket_id: str, entry: Message | Note | File) -> str | None:
    """The entry as it stands in the ticket already."""
    found: str | None = tx.value(
        "select id from native_entries where ticket_id = :ticket and body ->> 'entry' = :entry",
        ticket=ticket_id,
        entry=entry.id,
    )
    return found


def _values(entry: Message | Note | File) -> dict[str, Any]:
    if isinstance(entry, Note):
        return {"kind": "note", "author": "hub", "text": entry.text, "body": {"entry": entry.id}}
    if isinstance(entry, Message):
        author = entry.name or "customer"
        return {
            "kind": "message",
            "author": author,
            "text": entry.text,
            "body": {"entry": entry.id},
        }
    about = {
        "entry": entry.id,
        "name": entry.name,
        "content_type": entry.content_type,
        "url": entry.url,
        "size": entry.size if entry.data is None else len(entry.data),
    }
    return {"kind": "file", "author": "customer", "body": about, "content": entry.data}


def _next_agent(tx: Tx, workspace_id: str, assignment: str) -> str | None:
    """Who is on now, has room, and whose turn it is; their turn is then over."""
    # One assignment at a time: two at once would both see the same turn and the same load.
    tx.run("select pg_advisory_xact_lock(hashtextextended('assign ' || :id, 0))", id=workspace_id)
    order = "u.last_assigned_at nulls first, u.id"
    if assignment == "least_busy":
        order = f"load, {order}"
    chosen: str | None = tx.value(
        "update users set last_assigned_at = clock_timestamp() where id = ("
        " select u.id from users u left join lateral (select count(*) as load"
        "   from native_tickets t where t.assignee_id = u.id"
        "   and t.status not in ('solved', 'closed')) held on true"
        " where u.workspace_id = :workspace and u.id = any(:on)"
        f" and load < u.max_open order by {order} limit 1 for update of u) returning id",
        workspace=workspace_id,
        on=team.on_now(tx, workspace_id),
    )
    return chosen


def _name(tx: Tx, user_id: str | None) -> str | None:
    if user_id is None:
        return None
    name: str = tx.value("select name from users where id = :id", id=user_id)
    return name


def _word(value: Any) -> str | None:
    """What a mapping gave, as text."""
    return None if value is None else str(value)


def _json(requester: Requester) -> str:
    return json.dumps({k: v for k, v in asdict(requester).items() if v is not None})
