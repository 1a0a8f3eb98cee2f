"""Intercom's ticket routes, and what follows from each: the ledger's entry and notifications."""

from collections.abc import Callable, Mapping
from typing import Any

from werkzeug.wrappers import Request

from connectors.intercom import sandbox_text
from connectors.intercom.sandbox_errors import invalid, missing
from connectors.intercom.sandbox_people import wish_of
from connectors.intercom.sandbox_search import found_page
from connectors.intercom.sandbox_tickets import NOBODY, Kept, Tickets
from connectors.intercom.sandbox_webhooks import Webhooks
from connectors.sandbox import Entry, route

SEARCHED = (
    *("id", "created_at", "updated_at", "snoozed_until", "title", "description", "category"),
    *("ticket_type_id", "contact_ids", "admin_assignee_id", "team_assignee_id", "open", "state"),
    "ticket_attribute.",
)
CATEGORIES = {"Customer": "request", "Back-office": "task", "Tracker": "tracker"}
TOPICS = {
    "open": None,
    "close": "ticket.closed",
    "assignment": "ticket.admin.assigned",
    "snoozed": None,  # a topic since app version 2.16
    "unsnoozed": None,
    "ticket_attribute_updated_by_admin": "ticket.attribute.updated",
    "ticket_state_updated_by_admin": "ticket.state.updated",
}


class TicketRoutes:
    """What the API offers on tickets."""

    def __init__(self, tickets: Tickets, webhooks: Webhooks, record: Callable[..., None]) -> None:
        self.tickets = tickets
        self.webhooks = webhooks
        self.record = record

    @route("POST /tickets", "create_ticket")
    def create(self, request: Request) -> Any:
        kept = self.tickets.create(wish_of(request))
        made, subject = opening(kept), kept.shown["ticket_attributes"].get("_default_title_")
        facts = {"text": made.text, "author": made.author, "status": word_of(kept)}
        self._record(kept, "create_ticket", subject=subject, **facts)
        self.webhooks.emit("ticket.created", kept)
        return self.tickets.shown(kept)

    @route("GET /tickets/<ticket_id>")
    def show(self, _request: Request, ticket_id: str) -> Any:
        return self.tickets.shown(self.tickets.known(ticket_id))

    @route("PUT /tickets/<ticket_id>", "set_status", "assign")
    def update(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.known(ticket_id)
        for part in self.tickets.update(kept, wish_of(request)):
            self.changed(kept, part, by="api")
        return self.tickets.shown(kept)

    @route("DELETE /tickets/<ticket_id>", "delete")
    def delete(self, _request: Request, ticket_id: str) -> Any:
        self.deleted(self.tickets.known(ticket_id), by="api")
        return {"id": ticket_id, "object": "ticket", "deleted": True}

    @route("POST /tickets/<ticket_id>/reply", "append_message", "add_note", "attach")
    def reply(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.known(ticket_id)
        part = self.tickets.reply(kept, wish_of(request))
        self.said(kept, part, by="api")
        return part

    @route("POST /tickets/<ticket_id>/tags", "tag")
    def tag(self, request: Request, ticket_id: str) -> Any:
        kept, wish = self.tickets.known(ticket_id), wish_of(request)
        tag = self.tickets.types.tags.get(str(wish.get("id")))
        if tag is None or not wish.get("admin_id"):
            raise missing("Resource Not Found") if tag is None else invalid("admin_id is needed")
        kept.tags = [*(name for name in kept.tags if name != tag["name"]), tag["name"]]
        return tag

    @route("POST /tickets/search")
    def search(self, request: Request) -> Any:
        rows = self.tickets.index.rows(self.tickets.kept)
        some, told = found_page(wish_of(request), rows, self._field, SEARCHED)
        found = [self.tickets.shown(self.tickets.kept[one]) for one in some]
        return {"type": "ticket.list", "tickets": found} | told

    def _field(self, row: Mapping[str, Any], name: str) -> Any:
        """What search compares; categories have words of their own there."""
        if name.startswith("ticket_attribute."):
            number = name.removeprefix("ticket_attribute.")
            return self.tickets.types.named(row["ticket_type"], row["ticket_attributes"], number)
        if name in ("title", "description"):
            return row["ticket_attributes"].get(f"_default_{name}_")
        known = {"category": CATEGORIES[row["category"]], "ticket_type_id": row["ticket_type"]}
        known["state"] = row["ticket_state"]["category"]
        return known[name] if name in known else row[name]

    def said(self, kept: Kept, part: dict[str, Any], *, by: str) -> None:
        """Somebody wrote: to the ledger and to the webhooks."""
        admin, note = part["author"]["type"] == "admin", part["part_type"] == "note"
        ours = "add_note" if note else "append_message"
        call = ours if by == "api" else "agent_note" if note else "agent_reply"
        text, author = sandbox_text.as_words(part["body"]), part["author"]["name"]
        who = {"author": author or part["author"]["id"], "author_role": part["author"]["type"]}
        self._record(kept, call, id=part["id"], text=text, public=not note, by=by, **who)
        for told, file in zip(part["attachments"], kept.files[part["id"]], strict=True):
            self._record(kept, "attach", id=part["id"], name=told["name"], size=len(file.data))
        topic = "ticket.note.created" if note else f"ticket.{'admin' if admin else 'contact'}"
        self.webhooks.emit(topic if note else f"{topic}.replied", kept, part)

    def changed(self, kept: Kept, part: dict[str, Any], *, by: str) -> None:
        """Something about the ticket is different."""
        kind = part["part_type"]
        if kind == "assignment":
            self._record(kept, "assign", to=part["assigned_to"]["id"], by=by)
        elif kind != "ticket_attribute_updated_by_admin":
            self._record(kept, "set_status", status=word_of(kept), by=by)
        topic = TOPICS[kind]
        if topic is not None:
            self.webhooks.emit(topic, kept, part)
        solved = topic == "ticket.state.updated" and word_of(kept) == "resolved"
        if solved and self.webhooks.settings["app_version"] >= 2.15:
            self.webhooks.emit("ticket.resolved", kept)

    def deleted(self, kept: Kept, *, by: str) -> None:
        """Gone for good; no topic tells of it."""
        self.tickets.delete(kept)
        self._record(kept, "delete", by=by)

    def merged(self, kept: Kept, email: str) -> None:
        """Somebody found out that the customer is the contact with this address."""
        gone, now = self.tickets.merge_customer(kept, email)
        self._record(kept, "merge_contact", contact=gone, into=now, by="agent")

    def _record(self, kept: Kept, call: str, **facts: Any) -> None:
        self.record(call, ticket_id=kept.id, key=kept.key, **facts)


def word_of(kept: Kept) -> str:
    """Where the ticket stands, in one word."""
    if not kept.shown["open"]:
        return "closed"
    if kept.shown["snoozed_until"]:
        return "snoozed"
    return str(kept.shown["ticket_state"]["category"])


def assignee_of(kept: Kept) -> str | None:
    """The id of the admin who has the ticket."""
    number = str(kept.shown["admin_assignee_id"])
    return None if number == NOBODY else number


def opening(kept: Kept) -> Entry:
    """What the ticket was created with, as its first entry."""
    values, contact = kept.shown["ticket_attributes"], kept.contact
    return Entry(
        id=f"{kept.id}-description",
        author=str(contact["name"] or contact["email"] or contact["external_id"] or contact["id"]),
        role="customer",
        public=True,
        text=str(values.get("_default_description_") or ""),
        at=str(kept.shown["created_at"]),
    )
