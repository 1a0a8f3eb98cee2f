"""Intercom's tickets: their state, and the parts that every change leaves behind."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.intercom import sandbox_text
from connectors.intercom.sandbox_errors import invalid, missing
from connectors.intercom.sandbox_files import Files
from connectors.intercom.sandbox_people import BOT, People, admin, known_admin
from connectors.intercom.sandbox_search import Index
from connectors.intercom.sandbox_types import BACK_OFFICE, STATES, Types, key_of, state
from connectors.sandbox import Held

MOST_PARTS = 500
NOBODY = "0"
FIN = {"type": "bot", "id": BOT, "name": "Fin", "email": "operator@intercom.example"}


@dataclass
class Kept:
    """A ticket as the workspace keeps it: what REST shows, its parts, and their files."""

    shown: dict[str, Any]
    contact: dict[str, Any]
    parts: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, list[Held]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.shown["id"])

    @property
    def key(self) -> str | None:
        return key_of(self.shown["ticket_attributes"])


class Tickets:
    """All tickets of the workspace."""

    def __init__(
        self,
        people: People,
        types: Types,
        files: Files,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
    ) -> None:
        self.people = people
        self.types = types
        self.files = files
        self.now = now
        self.kept: dict[str, Kept] = {}
        self.index = Index(now, settings, "search_lag")
        self.ids = itertools.count(215473853299345, 17)
        self.numbers = itertools.count(33)
        self.part_ids = itertools.count(175)

    def known(self, ticket_id: str) -> Kept:
        """The ticket with this API id, or 404; the Inbox's number is no id."""
        if ticket_id not in self.kept:
            raise missing("Ticket not found", "ticket_not_found")
        return self.kept[ticket_id]

    def create(self, wish: Mapping[str, Any]) -> Kept:
        """A new ticket."""
        if not isinstance(wish.get("ticket_type_id"), str):
            raise invalid("ticket_type_id has to be a string", "parameter_not_found")
        contacts = wish.get("contacts")
        if not isinstance(contacts, list) or len(contacts) != 1:
            raise invalid("contacts has to have one contact", "parameter_not_found", "contacts")
        type_id = self.types.known(wish["ticket_type_id"])
        values = self.types.checked(type_id, wish.get("ticket_attributes") or {})
        contact = self.people.pick(contacts[0])
        at = int(wish.get("created_at") or self.now().timestamp())
        shown: dict[str, Any] = {"type": "ticket", "id": str(next(self.ids))}
        shown |= {"ticket_id": str(next(self.numbers)), "ticket_attributes": values}
        shown |= {"category": self.types.types[type_id]["category"], "ticket_state": state("1")}
        shown |= {"ticket_type": type_id, "open": True, "snoozed_until": None, "is_shared": True}
        shown |= {"admin_assignee_id": NOBODY, "team_assignee_id": NOBODY}
        shown |= {"created_at": at, "updated_at": at, "company_id": wish.get("company_id")}
        kept = self.kept[shown["id"]] = Kept(shown, contact)
        first = self.add(kept, "ticket_state_updated_by_admin", FIN)
        first |= {"ticket_state": "submitted", "previous_ticket_state": "submitted"}
        assignee = (wish.get("assignment") or {}).get("admin_assignee_id", NOBODY)
        if str(assignee) != NOBODY:
            shown["admin_assignee_id"] = known_admin(assignee)
        return kept

    def reply(self, kept: Kept, wish: Mapping[str, Any]) -> dict[str, Any]:
        """A comment of a contact or an admin, or a note; its part."""
        kind, by = wish.get("message_type"), wish.get("type")
        if kind not in ("comment", "note") or by not in ("user", "admin"):
            raise invalid("message_type or type is invalid", field="message_type")
        if by == "user" and kind == "note":
            raise invalid("users have no notes", "parameter_mismatch", "message_type")
        if by == "user" and kept.shown["ticket_type"] == BACK_OFFICE:
            words = "User replies are not allowed on Backoffice tickets"
            raise invalid(words, "parameter_mismatch")
        author = self._author(wish, by)
        files = self.files.sent(wish)
        body = wish.get("body")
        if not isinstance(body, str) or not (body or files):
            raise invalid("body is needed", "parameter_not_found", "body")
        if by == "user" and not kept.shown["open"]:
            kept.shown["open"] = True  # a closed one reopens when its customer writes
        made = self.add(kept, kind, author, body=sandbox_text.clean(body), files=files)
        made["app_package_code"] = "escalation-hub"
        if wish.get("created_at"):
            made["created_at"] = int(wish["created_at"])
        return made

    def _author(self, wish: Mapping[str, Any], by: str) -> dict[str, Any]:
        if by == "admin":
            return admin_author(known_admin(wish.get("admin_id")))
        return contact_author(self.people.author(wish))

    def add(
        self,
        kept: Kept,
        kind: str,
        author: Mapping[str, Any],
        *,
        body: str | None = None,
        files: Sequence[tuple[Held, dict[str, Any]]] = (),
        to: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A new part at the ticket's end."""
        at = int(self.now().timestamp())
        part: dict[str, Any] = {"type": "ticket_part", "id": str(next(self.part_ids))}
        part |= {"part_type": kind, "body": body, "created_at": at, "updated_at": at}
        part |= {"author": dict(author), "attachments": [told for _file, told in files]}
        part |= {"external_id": None, "redacted": False, "assigned_to": to}
        kept.parts.append(part)
        kept.files[part["id"]] = [file for file, _told in files]
        self.touch(kept)
        return part

    def update(self, kept: Kept, wish: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Change a ticket by the API; the parts that this leaves behind."""
        by = wish.get("admin_id")
        author = admin_author(known_admin(by)) if by else FIN
        made = []
        if "ticket_attributes" in wish:
            checked = self.types.checked(kept.shown["ticket_type"], wish["ticket_attributes"])
            kept.shown["ticket_attributes"] |= checked
            made.append(self.add(kept, "ticket_attribute_updated_by_admin", author))
        if wish.get("ticket_state_id") is not None:
            made += self.state(kept, str(wish["ticket_state_id"]), author)
        if "snoozed_until" in wish:
            made += self.snooze(kept, wish["snoozed_until"], author)
        if "open" in wish:
            made += self.open(kept, wish["open"], author)
        if wish.get("assignee_id") is not None:
            if not by:
                raise invalid("admin_id is needed", "parameter_not_found", "admin_id")
            made.append(self.assign(kept, str(wish["assignee_id"]), author))
        self.touch(kept)
        return made

    def state(self, kept: Kept, state_id: str, author: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Another state of the ticket's type."""
        if state_id not in STATES:
            raise invalid("the state does not belong to the type", field="ticket_state_id")
        before = kept.shown["ticket_state"]["category"]
        kept.shown["ticket_state"] = state(state_id)
        part = self.add(kept, "ticket_state_updated_by_admin", author)
        part |= {"ticket_state": STATES[state_id][0], "previous_ticket_state": before}
        return [part]

    def snooze(self, kept: Kept, until: Any, author: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Asleep until a time, or awake."""
        if until is not None and (not isinstance(until, int) or until <= self.now().timestamp()):
            raise invalid("snoozed_until has to be a time to come", field="snoozed_until")
        if until is None and kept.shown["snoozed_until"] is None:
            return []
        kept.shown["snoozed_until"] = until
        return [self.add(kept, "snoozed" if until else "unsnoozed", author)]

    def open(self, kept: Kept, wanted: Any, author: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Open or closed; closing also ends a snooze."""
        if not isinstance(wanted, bool):
            raise invalid("open has to be true or false", "parameter_mismatch", "open")
        if wanted is kept.shown["open"]:
            return []
        kept.shown |= {"open": wanted} | ({} if wanted else {"snoozed_until": None})
        return [self.add(kept, "open" if wanted else "close", author)]

    def assign(self, kept: Kept, to: str, author: Mapping[str, Any]) -> dict[str, Any]:
        """With an admin, or with nobody."""
        number = NOBODY if to == NOBODY else known_admin(to)
        kept.shown["admin_assignee_id"] = number
        told: dict[str, Any] = {"type": "admin", "id": number}
        if number == NOBODY:
            told = {"type": "nobody_admin", "id": None}
        return self.add(kept, "assignment", author, to=told)

    def delete(self, kept: Kept) -> None:
        """For good."""
        del self.kept[kept.id]

    def merge_customer(self, kept: Kept, email: str) -> tuple[str, str]:
        """Who asks becomes part of another contact, in all tickets; the ids of both."""
        gone, now = kept.contact, self.people.pick({"email": email})
        if gone is now:
            raise ValueError("a contact cannot be merged with itself")
        self.people.merge(gone["id"], now["id"])
        for one in self.kept.values():
            if one.contact is gone:
                one.contact = now
                self._list(one)
        return gone["id"], now["id"]

    def touch(self, kept: Kept) -> None:
        """The ticket has changed now."""
        kept.shown["updated_at"] = int(self.now().timestamp())
        self._list(kept)

    def _list(self, kept: Kept) -> None:
        self.index.touch(kept.id, kept.shown | {"contact_ids": [kept.contact["id"]]})

    def shown(self, kept: Kept, parts: Sequence[dict[str, Any]] | None = None) -> dict[str, Any]:
        """A ticket as the API shows it, with its newest 500 parts or those given."""
        who = {"type": "contact", "id": kept.contact["id"]}
        who["external_id"] = kept.contact["external_id"]
        some = kept.parts[-MOST_PARTS:] if parts is None else parts
        listed = {"ticket_parts": list(some), "total_count": len(kept.parts)}
        told = kept.shown | {"ticket_type": self.types.shown(kept.shown["ticket_type"])}
        told["contacts"] = {"type": "contact.list", "contacts": [who]}
        told["linked_objects"] = {"type": "list", "data": [], "total_count": 0, "has_more": False}
        return told | {"ticket_parts": {"type": "ticket_part.list"} | listed}


def admin_author(admin_id: str) -> dict[str, Any]:
    """An admin as the author of a part."""
    one = admin(admin_id)
    return {name: one[name] for name in ("type", "id", "name", "email")}


def contact_author(contact: Mapping[str, Any]) -> dict[str, Any]:
    """A contact as the author of a part."""
    told = {name: contact[name] for name in ("id", "name", "email")}
    return {"type": contact["role"]} | told
