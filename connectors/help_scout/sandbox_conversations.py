"""Help Scout's conversations and their threads: fields, rules, and how the API shows them."""

import base64
import binascii
import html
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from connectors.help_scout.sandbox_errors import bad, no
from connectors.help_scout.sandbox_people import FIELDS, MAILBOXES, People, shown
from connectors.sandbox import Held

KINDS = ("customer", "note", "reply", "chat", "phone")
BREAK = re.compile(r"<br\s*/?>|</(?:p|div|li|blockquote|pre)>(?=.)", re.I | re.S)
MARKUP = re.compile(r"<!--.*?-->|<[^>]*>", re.S)


@dataclass
class Thread:
    """One entry of a conversation; `kind` as lists show it: `message` is an agent's reply."""

    id: int
    kind: str
    body: str
    by: Mapping[str, Any]
    at: str
    files: dict[int, Held] = field(default_factory=dict)
    action: str | None = None

    @cached_property
    def text(self) -> str:
        """The body as a person reads it."""
        return html.unescape(MARKUP.sub("", BREAK.sub("\n", self.body)))


@dataclass
class Conversation:
    """A conversation as the account keeps it; threads oldest first."""

    id: int
    number: int
    kind: str
    subject: str
    status: str
    mailbox: int
    customer: Mapping[str, Any]
    by: Mapping[str, Any]
    created: str
    modified: str
    worked: str  # when a user last did something
    made: float  # when, for the lag of the search index
    assignee: Mapping[str, Any] | None = None
    closed: str | None = None
    tags: list[str] = field(default_factory=list)
    fields: dict[int, str] = field(default_factory=dict)
    threads: list[Thread] = field(default_factory=list)
    deleted: bool = False
    merged_into: int | None = None

    @property
    def key(self) -> str | None:
        """The hub's key among the tags (or fields), however it is spelt."""
        words = [*self.tags, *self.fields.values()]
        found = [word for word in words if re.match(r"esc[-_]", word, re.I)]
        return f"esc_{found[0][4:]}" if found else None

    @property
    def said(self) -> list[Thread]:
        """What people wrote."""
        return [thread for thread in self.threads if thread.kind != "lineitem"]

    @property
    def words(self) -> str:
        """All that people wrote."""
        return " ".join(thread.text for thread in self.said)


class Conversations:
    """All conversations of the account."""

    def __init__(
        self,
        people: People,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
        url: Callable[[], str],
    ) -> None:
        self.people = people
        self.now = now
        self.settings = settings
        self.url = url
        self.kept: dict[int, Conversation] = {}
        self.latest: dict[int, Conversation] = {}  # in the order of their last change
        self.numbers = itertools.count(349)
        self.ids = itertools.count(123456, 11)
        self.thread_ids = itertools.count(8881, 3)
        self.file_ids = itertools.count(12391)
        self.tag_ids: dict[str, int] = {}

    def stamp(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def create(self, wish: dict[str, Any], user: int) -> Conversation:
        """A new conversation; nothing is kept when anything is wrong."""
        self._check(wish)
        customer, at = self.people.customer(wish["customer"]), self.stamp()
        threads = [self.thread(one, user, f"threads[{n}]", customer)
                   for n, one in enumerate(wish["threads"])]  # fmt: skip
        assignee = self.people.agent(wish["assignTo"]) if wish.get("assignTo") else None
        made = Conversation(
            id=next(self.ids),
            number=next(self.numbers),
            kind=wish["type"],
            subject=wish["subject"],
            status=wish["status"],
            mailbox=int(wish["mailboxId"]),
            customer=customer,
            by=customer if threads[0].kind == "customer" else self.people.users[user],
            created=wish.get("createdAt") or at,
            modified=at,
            worked=at,
            made=self.now().timestamp(),
            assignee=assignee,
        )
        self.tag(made, wish.get("tags") or [])
        self.fill(made, wish.get("fields") or [])
        made.threads += threads
        self.kept[made.id] = made
        self.touch(made)
        return made

    def _check(self, wish: dict[str, Any]) -> None:
        for name in ("subject", "mailboxId", "type", "status", "customer", "threads"):
            if not wish.get(name):
                raise bad(name, "may not be empty", wish.get(name))
        choices = {"type": ("email", "chat", "phone"), "status": ("active", "pending", "closed")}
        for name, known in choices.items():
            if wish[name] not in known:
                raise bad(name, f"must be one of {', '.join(known)}", wish[name])
        if not str(wish["mailboxId"]).isdigit() or int(wish["mailboxId"]) not in MAILBOXES:
            raise bad("mailboxId", "mailbox does not exist", wish["mailboxId"])
        if len(wish["threads"]) > 100:
            raise no(412, "A conversation takes at most 100 threads")
        if wish.get("createdAt") and not wish.get("imported"):
            raise bad("createdAt", "is only allowed for imported conversations")

    def thread(
        self, wish: Any, user: int, path: str, customer: Mapping[str, Any] | None = None
    ) -> Thread:
        """A thread that is not in any conversation yet."""
        if not isinstance(wish, dict) or wish.get("type") not in KINDS:
            raise bad(f"{path}.type", f"must be one of {', '.join(KINDS)}")
        text = wish.get("text")
        if not isinstance(text, str) or not text.strip():
            raise bad(f"{path}.text", "may not be empty", text)
        if len(text.encode("utf-8", "surrogatepass")) > self.settings["thread_bytes"]:
            raise no(413, "The text of a thread is too large")
        if wish.get("createdAt") and not wish.get("imported"):
            raise bad(f"{path}.createdAt", "is only allowed for imported threads")
        by_user = wish["type"] in ("note", "reply")
        if by_user:
            by: Mapping[str, Any] = self.people.agent(wish.get("user") or user)
        else:
            by = self.people.customer(wish.get("customer") or dict(customer or {}), "customer")
        files = dict(self.file(one, path) for one in wish.get("attachments") or ())
        kind = "message" if wish["type"] == "reply" else wish["type"]
        at = wish.get("createdAt") or self.stamp()
        return Thread(next(self.thread_ids), kind, text, by, at, files)

    def file(self, wish: Any, path: str) -> tuple[int, Held]:
        """An attachment from its JSON, and its number."""
        for name in ("fileName", "mimeType", "data"):
            if not isinstance(wish, dict) or not wish.get(name):
                raise bad(f"{path}.attachments.{name}", "may not be empty")
        try:
            data = base64.b64decode(wish["data"], validate=True)
        except (binascii.Error, ValueError):
            raise bad(f"{path}.attachments.data", "is not base64") from None
        if len(data) > self.settings["attachment_bytes"]:
            raise no(413, "The attachment is too large")
        held = Held(name=wish["fileName"], content_type=wish["mimeType"], data=data)
        return next(self.file_ids), held

    def tag(self, kept: Conversation, tags: list[str]) -> None:
        """These tags instead of those that it has."""
        kept.tags = list(dict.fromkeys(str(tag).casefold() for tag in tags))
        for one in kept.tags:
            self.tag_ids.setdefault(one, len(self.tag_ids) + 9)

    def fill(self, kept: Conversation, fields: list[dict[str, Any]]) -> None:
        """These custom fields instead of those that it has."""
        known = {one["id"]: one for one in FIELDS.get(kept.mailbox, [])}
        for one in fields:
            if one.get("id") not in known:
                raise bad("fields.id", "is no field of this mailbox", one.get("id"))
            options = [str(option["id"]) for option in known[one["id"]].get("options", ())]
            if options and str(one.get("value")) not in options:
                raise bad("fields.value", "is no option of this field", one.get("value"))
        kept.fields = {one["id"]: str(one.get("value") or "") for one in fields}

    def touch(self, kept: Conversation) -> None:
        """The conversation has changed, by whoever its newest thread is from."""
        kept.modified = self.stamp()
        if shown(kept.threads[-1].by)["type"] == "user":
            kept.worked = kept.modified
        self.latest.pop(kept.id, None)
        self.latest[kept.id] = kept

    def row(self, kept: Conversation) -> dict[str, Any]:
        """What lists filter and sort by."""
        words = ("id", "number", "status", "subject", "modified")
        told = {name: getattr(kept, name) for name in words} | {"createdAt": kept.created}
        told |= {"mailboxId": kept.mailbox, "customer": kept.customer["id"], "tags": kept.tags}
        told["emails"] = [email.casefold() for email in kept.customer["emails"]]
        return told | {"kept": kept}

    def shown(self, kept: Conversation) -> dict[str, Any]:
        """The conversation without its threads."""
        here = f"{self.url()}/v2/conversations/{kept.id}"
        customer = shown(kept.customer)
        told: dict[str, Any] = {"id": kept.id, "number": kept.number, "threads": len(kept.said)}
        told |= {"type": kept.kind, "folderId": 34, "status": kept.status, "state": "published"}
        told |= {"subject": kept.subject, "preview": kept.said[-1].text[:80] if kept.said else ""}
        told |= {"mailboxId": kept.mailbox, "createdBy": shown(kept.by), "createdAt": kept.created}
        told |= {"closedAt": kept.closed, "userUpdatedAt": kept.worked, "cc": [], "bcc": []}
        told |= {"source": {"type": "api", "via": shown(kept.by)["type"]}}
        told["tags"] = [{"id": self.tag_ids[t], "color": "#929499", "tag": t} for t in kept.tags]
        told["primaryCustomer"] = customer
        names = {one["id"]: one["name"] for one in FIELDS.get(kept.mailbox, [])}
        told["customFields"] = [
            {"id": n, "name": names[n], "value": v, "text": v} for n, v in kept.fields.items()
        ]
        if kept.assignee:
            told["assignee"] = shown(kept.assignee)
        web = f"{self.url()}/conversation/{kept.id}/{kept.number}/"
        told["_embedded"] = {"threads": []}
        return told | {"_links": {"self": {"href": here}, "web": {"href": web}}}

    def thread_shown(self, kept: Conversation, thread: Thread) -> dict[str, Any]:
        """A thread with its attachments, which are fetched one by one."""
        by = shown(thread.by)
        told: dict[str, Any] = {"id": thread.id, "type": thread.kind, "status": kept.status}
        told |= {"state": "published", "body": thread.body, "createdBy": by}
        told |= {"action": {"type": "default", "text": thread.action, "associatedEntities": {}}}
        told |= {"source": {"type": "api", "via": by["type"]}, "customer": shown(kept.customer)}
        told |= {"savedReplyId": 0, "to": [], "cc": [], "bcc": [], "createdAt": thread.at}
        where = f"{self.url()}/v2/conversations/{kept.id}/attachments"
        told["_embedded"] = {
            "attachments": [
                {"id": n, "filename": file.name, "mimeType": file.content_type}
                | {"size": len(file.data), "width": 0, "height": 0}
                | {"_links": {"data": {"href": f"{where}/{n}/data"}}}
                for n, file in thread.files.items()
            ]
        }
        return told
