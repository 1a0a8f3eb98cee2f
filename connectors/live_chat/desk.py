"""What the native desk must be able to do; the hub gives it, the sandbox has one in memory."""

from collections.abc import Sequence
from typing import Protocol

from connectors.types import Change, Draft, File, Message, Note, Requester, Status, Ticket


class Desk(Protocol):
    """The hub's own help desk, seen from its connector."""

    def find(self, key: str) -> Ticket | None:
        """The ticket created with `key`."""
        ...

    def create(self, draft: Draft, assignment: str) -> Ticket:
        """The ticket of `draft.key`: made, or found when it is there; assigned by the rule."""
        ...

    def add(self, ticket_id: str, entry: Message | Note | File) -> str:
        """Add an entry; its id. `NotFound` for an unknown ticket."""
        ...

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        """The id of an entry that was added before."""
        ...

    def open_file(self, ticket_id: str, file_id: str) -> bytes:
        """An agent's file; `NotFound` when the ticket has none of that id."""
        ...

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        """Bring the ticket to `status`."""
        ...

    def read(self, ticket_id: str) -> Ticket:
        """The ticket; `NotFound` for an unknown one."""
        ...

    def changes(self, after: str) -> tuple[Sequence[Change], str, bool]:
        """What agents did after a cursor, oldest first; the next cursor; whether there is more."""
        ...

    def previous(self, requester: Requester) -> list[Ticket]:
        """The requester's latest tickets, newest first, at most ten."""
        ...
