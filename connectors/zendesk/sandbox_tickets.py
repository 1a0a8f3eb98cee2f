"""Zendesk's tickets: their fields and rules, with an audit of every change."""

import html
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.zendesk.sandbox_errors import invalid
from connectors.zendesk.sandbox_fields import (
    CUSTOM_STATUSES,
    PLAIN,
    blank,
    check,
    check_stamp,
    custom_status,
    string,
)
from connectors.zendesk.sandbox_files import Uploads
from connectors.zendesk.sandbox_people import People

API_VIA = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}
WEB_VIA = {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}}


@dataclass(eq=False)
class Kept:
    """A ticket as the account keeps it: what REST shows, and what is behind it."""

    shown: dict[str, Any]
    comments: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    made: float = 0.0  # when it was created, for the lag of the search index
    touched: float = 0.0  # `generated_timestamp` of the incremental export
    seq: int = 0
    deleted: bool = False
    merged_into: int | None = None


@dataclass(frozen=True)
class Deed:
    """Who changes a ticket, and how."""

    user: Mapping[str, Any]
    by_agent: bool  # in the agent's page rather than by the API

    @property
    def via(self) -> dict[str, Any]:
        return WEB_VIA if self.by_agent else API_VIA


class Tickets:
    """All tickets of the account."""

    def __init__(
        self,
        people: People,
        uploads: Uploads,
        now: Callable[[], datetime],
        settings: dict[str, float],
        url: Callable[[], str],
    ) -> None:
        self.people = people
        self.uploads = uploads
        self.now = now
        self.settings = settings
        self.url = url
        self.kept: dict[int, Kept] = {}
        self.latest: dict[int, Kept] = {}  # in the order of their last change
        self.by_external: dict[str, list[Kept]] = {}
        self.by_requester: dict[int, list[Kept]] = {}
        self.numbers = itertools.count(35436)
        self.ids = itertools.count(8447400000000, 13)
        self.changes = itertools.count(1)

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def create(self, wish: dict[str, Any], deed: Deed) -> tuple[Kept, dict[str, Any]]:
        """A new ticket and its first audit; nothing is kept when anything is wrong."""
        check(wish)
        comment = wish.get("comment") or {"body": wish.get("description")}
        requester = self.people.requester(wish, deed.user)
        assignee = self._assignee(wish)
        made = self._comment(comment, None, deed, wish)
        number, at = next(self.numbers), self.stamp()
        shown = blank(number, at, f"{self.url()}/api/v2/tickets/{number}.json") | {
            name: wish[name] for name in PLAIN if name in wish
        }
        shown |= {"requester_id": requester["id"], "submitter_id": deed.user["id"]}
        shown |= {"description": made["plain_body"], "is_public": made["public"]}
        shown |= {"tags": list(wish.get("tags") or ()), "via": deed.via}
        shown |= {"custom_fields": list(wish.get("custom_fields") or ())}
        shown["external_id"] = string(shown["external_id"])
        shown["assignee_id"] = assignee
        self._first_status(shown, wish)
        kept = Kept(shown, made=self.now().timestamp())
        self.kept[number] = kept
        self.by_external.setdefault(str(shown["external_id"]), []).append(kept)
        self.by_requester.setdefault(requester["id"], []).append(kept)
        names = [name for name in sorted(wish) if name in shown]
        events = [self._event("Create", name, shown[name], None) for name in names]
        return kept, self._audit(kept, events, made, deed, wish)

    def update(
        self, kept: Kept, wish: dict[str, Any], deed: Deed, *, checked: bool = True
    ) -> dict[str, Any]:
        """Change a ticket; the audit tells what changed. Unchecked, any status word goes."""
        shown = kept.shown
        if shown["status"] == "closed":
            raise invalid("status", "Status: closed prevents ticket update", "TicketClosed")
        check_stamp(shown, wish)
        if checked:
            check(wish)
        made = None
        if wish.get("comment"):
            made = self._comment(wish["comment"], kept, deed, wish)
        news = {name: wish[name] for name in (*PLAIN, "tags", "custom_fields") if name in wish}
        if wish.get("requester_id") or wish.get("requester"):
            news["requester_id"] = self.people.requester(wish, deed.user)["id"]
        if {"assignee_id", "assignee_email"} & set(wish):
            news["assignee_id"] = self._assignee(wish)
        news |= self._status(shown, wish, news)
        events = [
            self._event("Change", name, value, shown[name])
            for name, value in news.items()
            if value != shown[name]
        ]
        self._rename(kept, news)
        self._hand_on(kept, news)
        shown |= news
        return self._audit(kept, events, made, deed, wish)

    def _rename(self, kept: Kept, news: dict[str, Any]) -> None:
        if "external_id" in news:
            news["external_id"] = string(news["external_id"])
            self.by_external[str(kept.shown["external_id"])].remove(kept)
            self.by_external.setdefault(str(news["external_id"]), []).append(kept)

    def _hand_on(self, kept: Kept, news: dict[str, Any]) -> None:
        if "requester_id" in news:
            self.by_requester[kept.shown["requester_id"]].remove(kept)
            self.by_requester.setdefault(news["requester_id"], []).append(kept)

    def touch(self, kept: Kept) -> None:
        """The ticket has changed: it moves to the end of the incremental export."""
        kept.shown["updated_at"] = self.stamp()
        kept.touched, kept.seq = self.now().timestamp(), next(self.changes)
        number = kept.shown["id"]
        self.latest.pop(number, None)
        self.latest[number] = kept

    def add_tags(self, kept: Kept, tags: list[str]) -> None:
        """Tags besides those that it has."""
        old = kept.shown["tags"]
        kept.shown["tags"] = old + [tag for tag in dict.fromkeys(tags) if tag not in old]
        self.touch(kept)

    def _assignee(self, wish: dict[str, Any]) -> int | None:
        who = wish.get("assignee_id") or wish.get("assignee_email")
        return self.people.agent(who)["id"] if who else None

    def _first_status(self, shown: dict[str, Any], wish: dict[str, Any]) -> None:
        shown["status"] = wish.get("status") or ("open" if shown["assignee_id"] else "new")
        shown["custom_status_id"] = CUSTOM_STATUSES.get(shown["status"], 5)
        shown |= custom_status(wish)

    def _status(
        self, shown: dict[str, Any], wish: dict[str, Any], news: dict[str, Any]
    ) -> dict[str, Any]:
        """The status that a change brings; a new ticket opens when it gets its assignee."""
        if wish.get("custom_status_id"):
            return custom_status(wish)
        word = wish.get("status")
        if not word and shown["status"] == "new" and news.get("assignee_id"):
            word = "open"
        if not word or word == shown["status"]:
            return {}
        return {"status": word, "custom_status_id": CUSTOM_STATUSES.get(word, 5)}

    def _comment(
        self,
        asked: dict[str, Any],
        kept: Kept | None,
        deed: Deed,
        wish: dict[str, Any],
    ) -> dict[str, Any]:
        rich, plain = asked.get("html_body"), asked.get("body")
        text = plain if rich is None else html.unescape(re.sub(r"<[^>]+>", "", rich))
        attachments = self.uploads.look(asked.get("uploads") or ())
        if not text and not attachments:
            raise invalid("base", "Description: cannot be blank", "BlankValue")
        self._check_size(rich or text or "")
        # Whoever submits a ticket is the author of its first comment.
        number = asked.get("author_id") or deed.user["id"]
        if number not in self.people.users:
            raise invalid("author", "Comment author: is invalid")
        self.uploads.spend(asked.get("uploads") or ())
        default = kept is None or kept.shown["is_public"]
        rich = rich or f'<div class="zd-comment" dir="auto">{html.escape(text or "")}</div>'
        return {
            "id": next(self.ids),
            "type": "Comment",
            "author_id": number,
            "body": text or "",
            "html_body": rich,
            "plain_body": text or "",
            "public": bool(asked.get("public", default)),
            "attachments": attachments,
            "via": deed.via,
            "created_at": self.stamp(),
            "metadata": {"system": {}, "custom": wish.get("metadata") or {}},
        }

    def _check_size(self, text: str) -> None:
        if len(text.encode("utf-8", "surrogatepass")) > self.settings["comment_bytes"]:
            raise invalid("comment", "Comment: is too long (64 KB at most)", "ValueTooLong")

    def _event(self, kind: str, name: str, value: Any, before: Any) -> dict[str, Any]:
        told = {"id": next(self.ids), "type": kind, "field_name": name, "value": value}
        return told if kind == "Create" else told | {"previous_value": before}

    def _audit(
        self,
        kept: Kept,
        events: list[dict[str, Any]],
        comment: dict[str, Any] | None,
        deed: Deed,
        wish: dict[str, Any],
    ) -> dict[str, Any]:
        number = next(self.ids)
        if comment is not None:
            comment["audit_id"] = number
            kept.comments.append(comment)
            kept.shown["is_public"] = kept.shown["is_public"] or comment["public"]
            events = [comment, *events]
        audit = {
            "id": number,
            "ticket_id": kept.shown["id"],
            "created_at": self.stamp(),
            "author_id": deed.user["id"],
            "metadata": {"system": {}, "custom": wish.get("metadata") or {}},
            "events": events,
            "via": deed.via,
        }
        kept.audits.append(audit)
        self.touch(kept)
        return audit
