"""Freshdesk's ticket routes: create, list, search, view, change, delete, and what is said."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.freshdesk.sandbox_errors import complaint, denied, invalid, missing
from connectors.freshdesk.sandbox_fields import GROUPS, ticket_fields
from connectors.freshdesk.sandbox_forms import page, wish_of
from connectors.freshdesk.sandbox_people import RESTRICTED
from connectors.freshdesk.sandbox_search import found
from connectors.freshdesk.sandbox_story import Story
from connectors.freshdesk.sandbox_tickets import NOTE, REPLY, Kept, Tickets
from connectors.sandbox import answer, route

TICKET = "/api/v2/tickets/<int:ticket_id>"
EMBEDDED = 10  # conversations that a ticket's view can show
DEFAULT_DAYS = 30
ORDERS = ("created_at", "due_by", "updated_at", "status")
SAID = {
    NOTE: ("body", "incoming", "notify_emails", "private", "user_id"),
    REPLY: ("body", "from_email", "user_id", "cc_emails", "bcc_emails"),
}


class TicketRoutes:
    """What API v2 offers on tickets and conversations."""

    def __init__(self, tickets: Tickets, story: Story) -> None:
        self.tickets = tickets
        self.story = story

    @route("GET /api/v2/ticket_fields")
    def fields(self, request: Request) -> Any:
        kind = request.args.get("type")
        return [field for field in ticket_fields() if kind in (None, field["type"])]

    @route("GET /api/v2/groups")
    def groups(self, request: Request) -> Response:
        return page(request, [{"id": n, "name": name} for n, name in GROUPS.items()])

    @route("POST /api/v2/tickets", "create_ticket")
    def create(self, request: Request) -> Response:
        wish, files = wish_of(request)
        kept = self.tickets.create(wish, files)
        self.story.created(kept)
        where = {"Location": f"{request.base_url}/{kept.shown['id']}"}
        return answer(self.tickets.view(kept), 201, where)

    @route("GET /api/v2/tickets")
    def list(self, request: Request) -> Response:
        """Tickets that fit; without `updated_since` only those made in the last 30 days."""
        kept = [k for k in self.tickets.kept.values() if self._fits(request, k)]
        order = request.args.get("order_by", "created_at")
        if order not in ORDERS:
            told = f"It should be one of these values: '{','.join(ORDERS)}'"
            raise invalid(complaint("order_by", told, "invalid_value"))
        down = request.args.get("order_type", "desc") == "desc"
        kept.sort(key=lambda k: (str(k.shown[order] or ""), k.shown["id"]), reverse=down)
        return page(request, [self._embed(request, k, self.tickets.row(k)) for k in kept])

    def _fits(self, request: Request, kept: Kept) -> bool:
        asked, shown = request.args, kept.shown
        binned = {"deleted": shown["deleted"], "spam": shown["spam"]}
        view = asked.get("filter", "")
        if binned[view] is False if view in binned else any(binned.values()):
            return False
        if not self._may_see(request, kept):
            return False
        person = self.tickets.people.contacts.get(shown["requester_id"], {})
        for name in ("email", "unique_external_id"):
            if name in asked and str(person.get(name)).casefold() != asked[name].casefold():
                return False
        for name in ("requester_id", "company_id"):
            if name in asked and str(shown[name]) != asked[name]:
                return False
        return _since(request, self.tickets.now()) <= str(shown[_clock(request)])

    @route("GET /api/v2/search/tickets")
    def search(self, request: Request) -> Any:
        """The index is late by `search_lag`, for new tickets and for changes."""
        late = self.tickets.now().timestamp() - self.tickets.settings["search_lag"]
        kept = [k for k in self.tickets.kept.values() if k.made <= late]
        kept = [k for k in kept if self._may_see(request, k) and not k.shown["deleted"]]
        return found(request, [self.tickets.row(k) for k in kept])

    @route(f"GET {TICKET}")
    def view(self, request: Request, ticket_id: int) -> Any:
        kept = self._kept(request, ticket_id)
        return self._embed(request, kept, self.tickets.view(kept))

    @route(f"PUT {TICKET}", "set_status", "assign", "attach")
    def change(self, request: Request, ticket_id: int) -> Any:
        kept, (wish, files) = self._kept(request, ticket_id), wish_of(request)
        before = dict(kept.shown)
        self.tickets.update(kept, wish, files)
        self.story.changed(kept, before, by="api")
        return self.tickets.view(kept)

    @route(f"DELETE {TICKET}", "delete")
    def delete(self, request: Request, ticket_id: int) -> Response:
        self.story.delete(self._kept(request, ticket_id), by="api")
        return Response(status=204)

    @route(f"PUT {TICKET}/restore", "restore")
    def restore(self, request: Request, ticket_id: int) -> Response:
        kept = self._kept(request, ticket_id)
        kept.shown["deleted"] = False
        self.tickets.touch(kept)
        return Response(status=204)

    @route(f"POST {TICKET}/notes", "append_message", "add_note", "attach")
    def note(self, request: Request, ticket_id: int) -> Response:
        return self._say(request, ticket_id, NOTE)

    @route(f"POST {TICKET}/reply", "agent_reply", "attach")
    def reply(self, request: Request, ticket_id: int) -> Response:
        return self._say(request, ticket_id, REPLY)

    def _say(self, request: Request, ticket_id: int, source: int) -> Response:
        kept, (wish, files) = self._kept(request, ticket_id), wish_of(request)
        for name in wish:
            if name not in SAID[source]:
                told = "Unexpected/invalid field in request"
                raise invalid(complaint(name, told, "invalid_field"))
        if not isinstance(wish.get("body"), str) or not wish["body"].strip():
            raise invalid(complaint("body", "It should not be blank", "missing_field"))
        wish.setdefault("user_id", request.environ["sandbox.agent"]["id"])
        people = self.tickets.people
        if wish["user_id"] not in people.contacts and wish["user_id"] not in people.agents:
            told = "There is no contact matching the given user_id"
            raise invalid(complaint("user_id", told, "invalid_value"))
        said = self.tickets.say(kept, wish, files, source=source)
        self.story.said(kept, said, by="api")
        (shown,) = [one for one in self.tickets.talk(kept) if one["id"] == said["id"]]
        return answer(shown, 201, {"Location": f"{request.base_url}/{said['id']}"})

    @route(f"GET {TICKET}/conversations")
    def conversations(self, request: Request, ticket_id: int) -> Response:
        kept = self._kept(request, ticket_id)
        if kept.shown["deleted"]:
            raise missing()
        return page(request, self.tickets.talk(kept))

    @route("PUT /api/v2/conversations/<int:said_id>", "edit")
    def edit(self, request: Request, said_id: int) -> Any:
        wish, _ = wish_of(request)
        for kept in self.tickets.kept.values():
            for said in kept.talk:
                if said["id"] == said_id and said["source"] == NOTE:
                    self.story.edited(kept, said, str(wish.get("body")))
                    return said
        raise missing()

    def _kept(self, request: Request, ticket_id: int) -> Kept:
        kept = self.tickets.find(ticket_id)
        if not self._may_see(request, kept):
            raise denied()
        return kept

    def _may_see(self, request: Request, kept: Kept) -> bool:
        agent: Mapping[str, Any] = request.environ["sandbox.agent"]
        mine = bool(kept.shown["responder_id"] == agent["id"])
        return mine or agent["ticket_scope"] != RESTRICTED

    def _embed(self, request: Request, kept: Kept, shown: dict[str, Any]) -> dict[str, Any]:
        wanted: Sequence[str] = request.args.get("include", "").split(",")
        person = self.tickets.people.contacts.get(kept.shown["requester_id"], {})
        if "requester" in wanted:
            names = ("id", "name", "email", "mobile", "phone")
            shown |= {"requester": {name: person.get(name) for name in names}}
        if "conversations" in wanted:
            shown |= {"conversations": self.tickets.talk(kept)[:EMBEDDED]}
        if "stats" in wanted:
            done = kept.shown["updated_at"] if kept.shown["status"] in (4, 5) else None
            shown |= {"stats": {"resolved_at": done, "closed_at": done}}
        if "description" in wanted:
            shown |= {n: kept.shown[n] for n in ("description", "description_text")}
        return shown


def _clock(request: Request) -> str:
    return "updated_at" if "updated_since" in request.args else "created_at"


def _since(request: Request, now: datetime) -> str:
    """The earliest time that a list tells, in the form of the tickets' own times."""
    asked = request.args.get("updated_since")
    if asked is None:
        return (now - timedelta(days=DEFAULT_DAYS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        since = datetime.fromisoformat(asked)
    except ValueError:
        told = "It should be in the combined date and time ISO8601 format"
        raise invalid(complaint("updated_since", told, "invalid_value")) from None
    aware = since if since.tzinfo else since.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
