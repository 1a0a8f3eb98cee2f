"""Freshdesk's tickets: made, changed, listed; with their conversations."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.freshdesk import sandbox_text
from connectors.freshdesk.sandbox_errors import complaint, invalid, missing, not_allowed
from connectors.freshdesk.sandbox_fields import CUSTOM, check
from connectors.freshdesk.sandbox_files import Files
from connectors.freshdesk.sandbox_people import People
from connectors.sandbox import Held

REPLY, NOTE = 0, 2  # `source` of a conversation
PLAIN = (
    *("subject", "status", "priority", "source", "type", "responder_id", "group_id"),
    *("product_id", "company_id", "email_config_id", "cc_emails", "due_by", "fr_due_by"),
)
IN_VIEW_ONLY = ("description", "description_text", "attachments", "deleted")


@dataclass
class Kept:
    """A ticket as the account keeps it, and its conversations, oldest first."""

    shown: dict[str, Any]
    talk: list[dict[str, Any]] = field(default_factory=list)
    made: float = 0.0  # for the lag of the search index, as is `touched`
    touched: float = 0.0
    merged_into: int | None = None


class Tickets:
    """All tickets of the account."""

    def __init__(
        self, people: People, files: Files, now: Callable[[], datetime], settings: Any
    ) -> None:
        self.people = people
        self.files = files
        self.now = now
        self.settings = settings
        self.kept: dict[int, Kept] = {}
        self.numbers = itertools.count(1001)
        self.ids = itertools.count(80000500001, 3)

    def create(self, wish: dict[str, Any], files: Sequence[Held]) -> Kept:
        """A new ticket; nothing is kept when anything is wrong."""
        check(wish, new=True)
        self._check_responder(wish)
        self._check_size(None, files)
        requester = self.people.requester(wish)
        number, at = next(self.numbers), self._stamp()
        shown = _blank(number, at) | {name: wish[name] for name in PLAIN if name in wish}
        shown |= {"requester_id": requester, "tags": list(dict.fromkeys(wish.get("tags") or ()))}
        shown["custom_fields"] |= wish.get("custom_fields") or {}
        self._describe(shown, wish["description"])
        shown["attachments"] = [self.files.keep(file) for file in files]
        kept = Kept(shown, made=self.now().timestamp(), touched=self.now().timestamp())
        self.kept[number] = kept
        return kept

    def update(self, kept: Kept, wish: dict[str, Any], files: Sequence[Held] = ()) -> list[str]:
        """Change a ticket; the names of what changed. Tags and files: all given, added."""
        self.check_live(kept)
        check(wish, new=False)
        self._check_responder(wish)
        self._check_size(kept, files)
        news = {name: wish[name] for name in (*PLAIN, "tags") if name in wish}
        news |= {"requester_id": wish["requester_id"]} if wish.get("requester_id") else {}
        changed = [name for name, value in news.items() if value != kept.shown[name]]
        kept.shown |= news
        kept.shown["custom_fields"] |= wish.get("custom_fields") or {}
        if wish.get("description"):
            self._describe(kept.shown, wish["description"])
        added = [self.files.keep(file) for file in files]
        kept.shown["attachments"] = [*kept.shown["attachments"], *added]
        self.touch(kept)
        return changed

    def say(
        self, kept: Kept, wish: Mapping[str, Any], files: Sequence[Held], *, source: int
    ) -> dict[str, Any]:
        """A note or reply in a ticket."""
        self.check_live(kept)
        self._check_size(kept, files)
        markup, at = str(wish["body"]), self._stamp()
        said: dict[str, Any] = {"id": next(self.ids), "ticket_id": kept.shown["id"]}
        said |= {"body": markup, "body_text": sandbox_text.plain(markup), "source": source}
        said |= {"incoming": bool(wish.get("incoming", False))}
        said |= {"private": source == NOTE and bool(wish.get("private", True))}
        said |= {"user_id": wish["user_id"], "support_email": None, "from_email": None}
        said |= {"to_emails": wish.get("notify_emails") or [], "cc_emails": [], "bcc_emails": []}
        said |= {"created_at": at, "updated_at": at}
        said["attachments"] = [self.files.keep(file) for file in files]
        kept.talk.append(said)
        self.touch(kept)
        return said

    def find(self, ticket_id: int) -> Kept:
        """A ticket; a deleted one can still be looked at."""
        if ticket_id not in self.kept:
            raise missing()
        return self.kept[ticket_id]

    def check_live(self, kept: Kept) -> None:
        """Raise `Refused` with 405 for a ticket in the bin."""
        if kept.shown["deleted"] or kept.shown["spam"]:
            raise not_allowed("The ticket has been deleted or marked as spam")

    def touch(self, kept: Kept) -> None:
        """The ticket has changed now."""
        kept.shown["updated_at"], kept.touched = self._stamp(), self.now().timestamp()

    def row(self, kept: Kept) -> dict[str, Any]:
        """The ticket as lists show it."""
        hidden = IN_VIEW_ONLY if not kept.shown["deleted"] else IN_VIEW_ONLY[:-1]
        return {name: value for name, value in kept.shown.items() if name not in hidden}

    def view(self, kept: Kept) -> dict[str, Any]:
        """The ticket as it is shown alone, its files with fresh addresses."""
        shown = dict(kept.shown) | {"attachments": self.files.shown(kept.shown["attachments"])}
        return shown if shown["deleted"] else shown | {"deleted": False}

    def talk(self, kept: Kept) -> list[dict[str, Any]]:
        """The conversations as they are shown, their files with fresh addresses."""
        return [said | {"attachments": self.files.shown(said["attachments"])} for said in kept.talk]

    def _describe(self, shown: dict[str, Any], markup: str) -> None:
        shown["description"], shown["description_text"] = markup, sandbox_text.plain(markup)

    def _check_responder(self, wish: Mapping[str, Any]) -> None:
        if wish.get("responder_id") is not None and wish["responder_id"] not in self.people.agents:
            told = "There is no agent matching the given responder_id"
            raise invalid(complaint("responder_id", told, "invalid_value"))

    def _check_size(self, kept: Kept | None, files: Sequence[Held]) -> None:
        """All files of a ticket together have one limit."""
        held = [] if kept is None else [*kept.shown["attachments"]]
        held += [] if kept is None else [file for said in kept.talk for file in said["attachments"]]
        size = sum(file["size"] for file in held) + sum(len(file.data) for file in files)
        most = self.settings["attachment_bytes"]
        if files and size > most:
            told = f"Invalid file size/format. It should be less than {most / 1_048_576:g} MB"
            raise invalid(complaint("attachments", told, "invalid_value"))

    def _stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")


def _blank(number: int, at: str) -> dict[str, Any]:
    """A ticket with everything that was not asked for."""
    shown: dict[str, Any] = dict.fromkeys(PLAIN)
    shown |= {"id": number, "status": 2, "priority": 1, "source": 2, "spam": False}
    shown |= {"deleted": False, "is_escalated": False, "fr_escalated": False, "to_emails": None}
    shown |= {"cc_emails": [], "fwd_emails": [], "reply_cc_emails": [], "association_type": None}
    shown |= {"custom_fields": dict.fromkeys(CUSTOM)}
    return shown | {"created_at": at, "updated_at": at, "description": "", "attachments": []}
