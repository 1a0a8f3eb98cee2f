"""Zoho Desk's tickets: what is kept of them, and what the search index has seen of them."""

import html
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.sandbox import Entry, Held
from connectors.zoho_desk.sandbox_people import People
from connectors.zoho_desk.sandbox_rules import invalid, missing

DEPARTMENT = "204000000006"
STATUSES = {  # of the layout, each with its type
    "Open": "Open",
    "On Hold": "On Hold",
    "Escalated": "Open",
    "Waiting on customer": "On Hold",
    "Resolved": "Closed",
    "Closed": "Closed",
}
PRIORITIES = ("Low", "Medium", "High")
KEY = "cf_escalation_id"
CUSTOM = {KEY: "Escalation id", "cf_order_number": "Order number", "cf_product": "Product"}
CUSTOM |= {"cf_seats": "Seats", "cf_vip": "VIP"}
PRODUCTS = ("Web", "Mobile app")
KINDS = {"cf_product": "Picklist", "cf_seats": "Number", "cf_vip": "Boolean"}  # else Text
# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "cf.cf_order_number": "A-20417",
    "cf.cf_product": "Mobile app",
    "cf.cf_seats": 12,
    "cf.cf_vip": True,
    "departmentId": DEPARTMENT,
    "layoutId": "204000000011",
}
PLAIN = (
    *("subject", "description", "email", "phone", "status", "priority", "channel", "category"),
    *("subCategory", "classification", "language", "dueDate", "assigneeId", "teamId"),
    *("productId", "accountId", "layoutId", "resolution"),
)
FIELDS: dict[str, type] = {
    **dict.fromkeys((*PLAIN, "departmentId", "contactId"), str),
    **{"contact": dict, "cf": dict, "uploads": list, "secondaryContacts": list},
}


@dataclass
class Part:
    """What stands in a ticket: a thread, a comment or an attachment."""

    kind: str  # "threads", "comments" or "attachments", as in the paths
    raw: dict[str, Any]
    text: str
    author: str
    customer: bool
    public: bool
    at: str
    files: tuple[Held, ...] = ()

    def entry(self) -> Entry:
        """The part as the sandbox shows it; ids of attachments are ids too."""
        return Entry(
            id=self.raw["id"],
            author=self.author,
            role="customer" if self.customer else "agent",
            public=self.public,
            text=self.text,
            at=self.at,
            files=self.files,
        )


@dataclass
class Kept:
    """A ticket: what the API shows, its parts, and its states since the last one in the index."""

    shown: dict[str, Any]
    parts: list[Part] = field(default_factory=list)
    states: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    merged_into: str | None = None
    deleted: bool = False


class Tickets:
    """All tickets of the account."""

    def __init__(
        self,
        people: People,
        now: Callable[[], datetime],
        settings: dict[str, float],
        url: Callable[[], str],
    ) -> None:
        self.people = people
        self.now = now
        self.settings = settings
        self.url = url
        self.kept: dict[str, Kept] = {}
        self.latest: dict[str, Kept] = {}  # in the order of their last change
        self.numbers = itertools.count(101)
        self.ids = itertools.count(204000200001)

    def stamp(self) -> str:
        return stamp_of(self.now())

    def find(self, ticket_id: str) -> Kept:
        """A ticket that is there; 404 for one that is deleted, merged or never was."""
        kept = self.kept.get(ticket_id)
        if kept is None or kept.deleted:
            raise missing()
        return kept

    def create(self, wish: Mapping[str, Any], channel: str) -> Kept:
        """A new ticket."""
        if wish["departmentId"] != DEPARTMENT:
            raise invalid("departmentId")
        if self.settings["mandatory_category"] and not wish.get("category"):
            raise invalid("category", kind="missing")
        self.check(wish)
        contact = self.people.contact_of(wish)
        number, at = str(next(self.ids)), self.stamp()
        shown: dict[str, Any] = {name: wish.get(name) for name in PLAIN}
        status = wish.get("status") or "Open"
        shown |= {"id": number, "ticketNumber": str(next(self.numbers)), "status": status}
        shown |= {"statusType": STATUSES[status], "channel": wish.get("channel") or channel}
        shown |= {"departmentId": DEPARTMENT, "contactId": contact["id"], "createdTime": at}
        shown |= {"email": wish.get("email") or contact["email"], "closedTime": None}
        shown |= {"phone": wish.get("phone") or contact["phone"], "tagCount": "0"}
        shown |= {"cf": dict.fromkeys(CUSTOM) | dict(wish.get("cf") or {}), "modifiedTime": at}
        shown["webUrl"] = f"{self.url()}/support/acme/ShowHomePage.do#Cases/dv/{number}"
        kept = self.kept[number] = Kept(shown)
        self.touch(kept)
        return kept

    def change(self, kept: Kept, wish: Mapping[str, Any]) -> dict[str, Any]:
        """Change fields; what they were before, of those that are different now."""
        self.check(wish)
        news = {name: wish[name] for name in PLAIN if name in wish}
        if wish.get("cf"):
            news["cf"] = kept.shown["cf"] | wish["cf"]
        if news.get("status"):
            news["statusType"] = STATUSES.get(news["status"], "Open")
            done = news["statusType"] == "Closed"
            news["closedTime"] = self.stamp() if done else None
        before = {name: kept.shown[name] for name in news if news[name] != kept.shown[name]}
        kept.shown |= news
        self.touch(kept)
        return before

    def check(self, wish: Mapping[str, Any]) -> None:
        """Refuse words that the layout does not have."""
        wrong = [f"cf/{name}" for name in wish.get("cf") or {} if name not in CUSTOM]
        product = (wish.get("cf") or {}).get("cf_product")
        wrong += ["cf/cf_product"] if product and product not in PRODUCTS else []
        choices = (("status", STATUSES), ("priority", PRIORITIES))
        wrong += [name for name, known in choices if wish.get(name) and wish[name] not in known]
        if wish.get("assigneeId") and wish["assigneeId"] not in self.people.agents:
            wrong.append("assigneeId")
        if wrong:
            raise invalid(*wrong)

    def add(self, kept: Kept, part: Part) -> Part:
        """Put something into a ticket."""
        kept.parts.append(part)
        if self.settings["entry_bumps_modified"]:
            self.touch(kept)
        return part

    def remove(self, kept: Kept) -> None:
        """Into the trash, out of the index."""
        kept.deleted = True
        kept.states.clear()

    def touch(self, kept: Kept) -> None:
        """The ticket has changed: the index hears of it later."""
        kept.shown["modifiedTime"] = self.stamp()
        self.seen(kept)
        kept.states.append((self.now().timestamp(), dict(kept.shown)))
        self.latest.pop(kept.shown["id"], None)
        self.latest[kept.shown["id"]] = kept

    def seen(self, kept: Kept) -> dict[str, Any] | None:
        """The ticket as the search index knows it by now."""
        ripe = self.now().timestamp() - self.settings["search_lag"]
        while len(kept.states) > 1 and kept.states[1][0] <= ripe:
            kept.states.pop(0)
        return kept.states[0][1] if kept.states and kept.states[0][0] <= ripe else None


def stamp_of(at: datetime) -> str:
    """A time as Zoho writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def readable(content: str) -> str:
    """HTML as a person reads it."""
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|li)>", "\n", content)
    return html.unescape(re.sub(r"<[^>]*>", "", broken)).strip("\n")


def rich(text: str) -> str:
    """What an agent typed, as HTML."""
    return f"<div>{html.escape(text, quote=False)}</div>".replace("\n", "<br />")
