"""Zoho Desk's ticket routes: create, read, change, list, search."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import route
from connectors.zoho_desk.sandbox_people import DEPTH
from connectors.zoho_desk.sandbox_rules import body_of, invalid, listed, missing, ordered, query_of
from connectors.zoho_desk.sandbox_story import Story
from connectors.zoho_desk.sandbox_tickets import (
    CUSTOM,
    DEPARTMENT,
    FIELDS,
    KEY,
    KINDS,
    PRIORITIES,
    PRODUCTS,
    STATUSES,
    Kept,
)

TICKET = "/api/v1/tickets/<ticket_id>"
SORTS = ("createdTime", "modifiedTime", "ticketNumber")
EXACT = ("email", "phone", "contactId", "status", "departmentId", "subject", "ticketNumber")
INCLUDES = {"contacts", "assignee", "departments", "team", "products", "isRead"}
CHANGES = {n: kind for n, kind in FIELDS.items() if n not in ("contact", "uploads")} | {
    "disableClosureNotification": bool
}


class TicketRoutes:
    """What the API offers on tickets."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.tickets = story.tickets
        self.people = story.tickets.people

    @route("POST /api/v1/tickets", "create_ticket")
    def create(self, request: Request) -> Any:
        wish = body_of(request, FIELDS, "subject", "departmentId")
        return self.story.create(wish).shown

    @route("GET /api/v1/tickets")
    def every(self, request: Request) -> Response:
        """All tickets, without custom fields and without a filter by time of change."""
        known = ("from", "limit", "sortBy", "departmentId", "departmentIds", "status", "include")
        asked = query_of(request, *known)
        rows = [k.shown for k in self.tickets.kept.values() if not k.deleted]
        rows = [r for r in rows if asked.get("status", r["status"]) == r["status"]]
        rows = [{n: v for n, v in r.items() if n != "cf"} for r in ordered(asked, rows, SORTS, _by)]
        return listed(asked, rows, most=100, depth=DEPTH)

    @route("GET /api/v1/tickets/search")
    def search(self, request: Request) -> Response:
        ranges = ("modifiedTimeRange", "createdTimeRange")
        known = (*EXACT, *ranges, "customField1", "from", "limit", "sortBy", "include")
        asked = query_of(request, *known)
        seen = [self.tickets.seen(kept) for kept in self.tickets.kept.values()]
        rows = [row for row in seen if row is not None and self._matches(row, asked)]
        depth = int(self.tickets.settings["search_depth"])
        return listed(asked, ordered(asked, rows, SORTS, _by), most=100, depth=depth)

    def _matches(self, row: Mapping[str, Any], asked: Mapping[str, str]) -> bool:
        for name in EXACT:
            if name in asked and str(row[name] or "").casefold() != asked[name].casefold():
                return False
        for name in ("modifiedTimeRange", "createdTimeRange"):
            if name in asked and not _within(row[name.removesuffix("Range")], asked[name]):
                return False
        return "customField1" not in asked or _begins(row["cf"], asked["customField1"])

    @route(f"GET {TICKET}")
    def show(self, request: Request, ticket_id: str) -> Any:
        asked = query_of(request, "include")
        wanted = {part for part in asked.get("include", "").split(",") if part}
        if wanted - INCLUDES:
            raise invalid("include")
        return self._with(self.tickets.find(ticket_id), wanted)

    def _with(self, kept: Kept, wanted: set[str]) -> dict[str, Any]:
        told = dict(kept.shown)
        if "contacts" in wanted:
            told["contact"] = self.people.contacts[told["contactId"]]
        if "assignee" in wanted:
            told["assignee"] = self.people.agents.get(told["assigneeId"] or "")
        return told

    @route(f"PATCH {TICKET}", "set_status", "assign")
    def change(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.find(ticket_id)
        self.story.change(kept, body_of(request, CHANGES), "api")
        return kept.shown

    @route("POST /api/v1/closeTickets", "set_status")
    def close(self, request: Request) -> Any:
        ids = body_of(request, {"ids": list}, "ids")["ids"]
        every = [self.tickets.find(str(one)) for one in ids]
        for kept in every:
            self.story.change(kept, {"status": "Closed"}, "api")
        return {"results": [{"id": kept.shown["id"], "success": True} for kept in every]}

    @route(f"POST {TICKET}/associateTag")
    def tag(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.find(ticket_id)
        tags = body_of(request, {"tags": list}, "tags")["tags"]
        kept.shown["tagCount"] = str(int(kept.shown["tagCount"]) + len(tags))
        self.tickets.touch(kept)
        return {"tags": tags}

    @route("GET /api/v1/contacts/<contact_id>/tickets")
    def of_contact(self, request: Request, contact_id: str) -> Response:
        """A contact's tickets from the database, not from the index."""
        asked = query_of(request, "from", "limit", "sortBy", "departmentId", "include")
        if contact_id not in self.people.contacts:
            raise missing()
        rows = [k.shown for k in self.tickets.kept.values() if not k.deleted]
        rows = [row for row in rows if row["contactId"] == contact_id]
        return listed(asked, ordered(asked, rows, SORTS, _by), most=100, depth=DEPTH)

    @route("GET /api/v1/departments")
    def departments(self, request: Request) -> Response:
        asked = query_of(request, "from", "limit", "isEnabled")
        row = {"id": DEPARTMENT, "name": "Support", "isEnabled": True, "isDefault": True}
        return listed(asked, [row], most=200, depth=DEPTH)

    @route("GET /api/v1/layouts")
    def layouts(self, request: Request) -> Response:
        """From memory, as is the name of the layout's name."""
        asked = query_of(request, "module", "departmentId", "from", "limit")
        row = {"id": "204000000011", "layoutName": "Standard", "isDefaultLayout": True}
        return listed(asked, [row | {"departmentId": DEPARTMENT}], most=200, depth=DEPTH)

    @route("GET /api/v1/organizationFields")
    def fields(self, request: Request) -> Response:
        asked = query_of(request, "module", "apiNames", "departmentId", "from", "limit")
        if asked.get("module") != "tickets":
            raise invalid("module")
        rows = ticket_fields(mandatory=bool(self.tickets.settings["mandatory_category"]))
        wanted = asked.get("apiNames", "").split(",") if "apiNames" in asked else None
        rows = [row for row in rows if wanted is None or row["apiName"] in wanted]
        return listed({"limit": "200"} | asked, rows, most=200, depth=DEPTH)


def ticket_fields(*, mandatory: bool) -> list[dict[str, Any]]:
    """The organization's fields of tickets; `mandatory` is whether a category has to be given."""
    values = [{"value": word, "statusType": kind} for word, kind in STATUSES.items()]
    rows = [
        _told("subject", "Subject", "Text", isMandatory=True, maxLength=255),
        _told("status", "Status", "Picklist", allowedValues=values, isMandatory=True),
        _told("priority", "Priority", "Picklist", allowedValues=_allowed(PRIORITIES)),
        _told("category", "Category", "Text", isMandatory=mandatory, maxLength=120),
    ]
    for name, label in CUSTOM.items():
        more: dict[str, Any] = {"isCustomField": True}
        more |= {"maxLength": 255} if name not in KINDS else {}
        more |= {"allowedValues": _allowed(PRODUCTS)} if name == "cf_product" else {}
        rows.append(_told(name, label, KINDS.get(name, "Text"), **more))
    return [row | {"id": str(number)} for number, row in enumerate(rows, 1)]


def _told(name: str, label: str, kind: str, **more: Any) -> dict[str, Any]:
    plain = {"apiName": name, "displayLabel": label, "type": kind, "isMandatory": False}
    return plain | {"isCustomField": False} | more


def _allowed(words: Iterable[str]) -> list[dict[str, str]]:
    return [{"value": word} for word in words]


def _by(row: Mapping[str, Any], name: str) -> tuple[str, str]:
    return row[name], row["id"]


def _within(at: str, spread: str) -> bool:
    """True if a time lies in `<ISO>,<ISO>`, ends included."""
    try:
        first, last = (datetime.fromisoformat(one) for one in spread.split(","))
        return first <= datetime.fromisoformat(at) <= last
    except (ValueError, TypeError):
        raise invalid("modifiedTimeRange") from None


def _begins(fields: Mapping[str, Any], wish: str) -> bool:
    """Words that begin alike match as well: the vendor promises no exactness."""
    name, colon, value = wish.partition(":")
    if not colon or name not in fields:
        raise invalid("customField1")
    return str(fields[name] or "").casefold().startswith(value.casefold().rstrip("*"))


def key_of(kept: Kept) -> str | None:
    """The hub's key."""
    key: str | None = kept.shown["cf"][KEY]
    return key
