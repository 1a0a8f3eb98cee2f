"""The native desk in memory, so that the contract tests can ask of it what they ask of any desk.

In the hub its place is taken by `hub.native_desk`, which keeps the same promises in the database.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connectors.errors import NotFound
from connectors.sandbox import Case, Entry, Harness, Held
from connectors.sandbox_shapes import held
from connectors.types import Change, Draft, File, Message, Note, Requester, Status, Ticket

PAGE = 3
STATUSES = [status for status in Status if status is not Status.UNKNOWN]


@dataclass
class Kept:
    """A ticket of the desk with all that was written into it."""

    ticket: Ticket
    requester: Requester
    entries: list[Entry] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)  # our entry's id -> its id here
    files: dict[str, bytes] = field(default_factory=dict)  # of agents


class Memory:
    """A native desk without a database."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.feed: list[Change] = []
        self.numbers = itertools.count(1)

    def find(self, key: str) -> Ticket | None:
        return next((k.ticket for k in self.kept.values() if k.ticket.key == key), None)

    def create(self, draft: Draft, assignment: str) -> Ticket:
        found = self.find(draft.key)
        if found is not None:
            return found
        now = datetime.now(UTC)
        ticket = Ticket(
            id=f"n{next(self.numbers)}",
            url=f"/tickets/{draft.key}",
            status=Status.OPEN,
            key=draft.key,
            word="open",
            subject=draft.subject,
            created_at=now,
            updated_at=now,
        )
        self.kept[ticket.id] = Kept(ticket, draft.requester)
        for message in draft.transcript:
            self.add(ticket.id, message)
        return ticket

    def add(self, ticket_id: str, entry: Message | Note | File) -> str:
        kept = self._get(ticket_id)
        entry_id = f"e{next(self.numbers)}"
        kept.entries.append(_held(entry_id, entry))
        for file in entry.files if isinstance(entry, Message) else ():
            kept.entries.append(_held(f"e{next(self.numbers)}", file))
        if entry.id:
            kept.known[entry.id] = entry_id
        return entry_id

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        return self._get(ticket_id).known.get(entry.id or "")

    def open_file(self, ticket_id: str, file_id: str) -> bytes:
        files = self._get(ticket_id).files
        if file_id not in files:
            raise NotFound(f"the Help Desk has no file {file_id}")
        return files[file_id]

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        kept = self._get(ticket_id)
        kept.ticket = replace(
            kept.ticket, status=status, word=status.value, updated_at=datetime.now(UTC)
        )
        self._tell(ticket_id, "status", status=status, word=status.value)
        return kept.ticket

    def read(self, ticket_id: str) -> Ticket:
        return self._get(ticket_id).ticket

    def changes(self, after: str) -> tuple[Sequence[Change], str, bool]:
        if after.startswith("at:"):
            since = datetime.fromisoformat(after[3:])
            start = next((n for n, c in enumerate(self.feed) if c.at >= since), len(self.feed))
        else:
            start = int(after)
        page = self.feed[start : start + PAGE]
        end = start + len(page)
        return page, str(end), end < len(self.feed)

    def previous(self, requester: Requester) -> list[Ticket]:
        mine = [k.ticket for k in self.kept.values() if _same(k.requester, requester)]
        return mine[::-1][:10]

    def act(self, ticket_id: str, deeds: Mapping[str, Any]) -> list[str]:
        """What an agent does in the Help Desk."""
        files = tuple(held(file) for file in deeds.get("files", ()))
        return [
            self._deed(ticket_id, name, word, files)
            for name, word in deeds.items()
            if name != "files"
        ]

    def case(self, ticket_id: str) -> Case:
        """The ticket for the tests' eyes."""
        kept = self._get(ticket_id)
        return Case(
            id=ticket_id,
            subject=kept.ticket.subject or "",
            status=kept.ticket.word or "",
            key=kept.ticket.key,
            requester=f"{kept.requester.name or ''} {kept.requester.email or ''}".strip(),
            assignee=kept.ticket.assignee,
            entries=tuple(kept.entries),
        )

    def _deed(self, ticket_id: str, name: str, word: str, files: tuple[Held, ...]) -> str:
        kept = self._get(ticket_id)
        if name == "delete":
            self._tell(ticket_id, "deleted")
            del self.kept[ticket_id]
            return ticket_id
        if name == "status":
            return self.set_status(ticket_id, Status(word)).id
        if name == "assign":
            kept.ticket = replace(kept.ticket, assignee=word)
            return self._tell(ticket_id, "assignment", assignee=word)
        entry_id = f"e{next(self.numbers)}"
        public = name == "reply"
        kept.entries.append(_entry(entry_id, "Ann Agent", "agent", word, public=public))
        kind = "message" if public else "note"
        told = tuple(self._keep(kept, file) for file in files)
        self._tell(ticket_id, kind, message_id=entry_id, text=word, author="Ann Agent", files=told)
        return entry_id

    def _keep(self, kept: Kept, file: Held) -> File:
        file_id = f"e{next(self.numbers)}"
        kept.files[file_id] = file.data
        return File(name=file.name, content_type=file.content_type, size=len(file.data), id=file_id)

    def _tell(self, ticket_id: str, kind: Any, **what: Any) -> str:
        number = next(self.numbers)
        change = Change(
            id=f"native:{number}", ticket_id=ticket_id, kind=kind, at=datetime.now(UTC), **what
        )
        self.feed.append(change)
        return change.id

    def _get(self, ticket_id: str) -> Kept:
        if ticket_id not in self.kept:
            raise NotFound(f"the Help Desk has no ticket {ticket_id}")
        return self.kept[ticket_id]


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of the native desk; it has no HTTP of its own."""
    desk = Memory()
    return Harness(
        desk="live_chat",
        base_url=None,
        config={},
        words={status.value: status for status in STATUSES},
        reach={status: status for status in STATUSES},
        closed_refuses=False,
        merged_refuses=False,
        native=desk,
        cannot=("merge",),
        agent=desk.act,
        holds=desk.case,
    )


def _held(entry_id: str, entry: Message | Note | File) -> Entry:
    if isinstance(entry, File):
        shown = _entry(entry_id, "customer", "customer", f"{entry.name} {entry.url or ''}")
        if entry.data is None:
            return shown
        attached = Held(name=entry.name, content_type=entry.content_type, data=entry.data)
        return replace(shown, files=(attached,))
    if isinstance(entry, Note):
        return _entry(entry_id, "hub", "agent", entry.text, public=False)
    role = "customer" if entry.role == "customer" else "agent"
    return _entry(entry_id, entry.name or entry.role, role, entry.text)


def _entry(entry_id: str, author: str, role: str, text: str, *, public: bool = True) -> Entry:
    now = datetime.now(UTC).isoformat()
    return Entry(id=entry_id, author=author, role=role, public=public, text=text, at=now)


def _same(one: Requester, other: Requester) -> bool:
    """The same customer: by e-mail, else by the platform's id."""
    return bool(one.email or one.id) and (one.email or one.id) == (other.email or other.id)
