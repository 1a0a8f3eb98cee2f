"""Zendesk's ticket routes: create, read, list, search, update, tags, merge, incremental export."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Refused, answer, route
from connectors.zendesk.sandbox_errors import bad, invalid, missing, refusal
from connectors.zendesk.sandbox_pages import SEARCH_CAP, ordered, pack, page, search, unpack
from connectors.zendesk.sandbox_story import Story
from connectors.zendesk.sandbox_tickets import Deed, Kept, Tickets

TICKET = "/api/v2/tickets/<int:ticket_id>"
WRITES = ("append_message", "add_note", "attach", "set_status", "assign")


class TicketRoutes:
    """What the Support API offers on tickets."""

    def __init__(self, tickets: Tickets, story: Story) -> None:
        self.tickets = tickets
        self.story = story
        self.answered: dict[str, tuple[str, float, bytes]] = {}  # Idempotency-Key: hash, end, body

    @route("POST /api/v2/tickets", "create_ticket")
    def create(self, request: Request) -> Response:
        key = request.headers.get("Idempotency-Key")
        body = hashlib.sha256(request.get_data()).hexdigest()
        if key is not None and (known := self._known(key, body)) is not None:
            return _created(known, "hit")
        kept, audit = self.tickets.create(_wish(request), _deed(request))
        self.story.created(kept, audit, _deed(request))
        made = answer({"ticket": kept.shown, "audit": audit}, 201)
        if key is None:
            return _created(made.get_data(), None)
        end = self.tickets.now().timestamp() + self.tickets.settings["idempotency_life"]
        self.answered[key] = body, end, made.get_data()
        return _created(made.get_data(), "miss")

    def _known(self, key: str, body: str) -> bytes | None:
        """The first answer to this key, if it still lives."""
        if len(key) > 255:
            raise bad("IdempotentRequestError", "The idempotency key is too long")
        before, end, told = self.answered.get(key, ("", 0.0, b""))
        if end <= self.tickets.now().timestamp():
            return None
        if before != body:
            raise bad("IdempotentRequestError", "Same idempotency key, other parameters")
        return told

    @route("GET /api/v2/tickets")
    def list(self, request: Request) -> Any:
        """All tickets, or those with an external id: no index, no lag."""
        wanted = request.args.get("external_id")
        found = self.tickets.kept.values() if wanted is None else self._external(wanted)
        rows = [kept.shown for kept in found if not kept.deleted]
        return page(request, request.host_url[:-1], "tickets", ordered(request, rows, "id"))

    def _external(self, wanted: str) -> Sequence[Kept]:
        return self.tickets.by_external.get(wanted, ()) if wanted else ()

    @route("GET /api/v2/tickets/show_many")
    def show_many(self, request: Request) -> Any:
        ids = [int(one) for one in request.args.get("ids", "").split(",") if one.isdigit()]
        kept = [self.tickets.kept[one] for one in ids if one in self.tickets.kept]
        rows = [one.shown for one in kept if not one.deleted]
        return page(request, request.host_url[:-1], "tickets", rows)

    @route(f"GET {TICKET}")
    def show(self, request: Request, ticket_id: int) -> Any:
        kept = self._kept(ticket_id)
        told: dict[str, Any] = {"ticket": kept.shown}
        if "users" in request.args.get("include", ""):
            numbers = {kept.shown[f"{who}_id"] for who in ("requester", "submitter", "assignee")}
            told["users"] = self._users(numbers)
        return told

    def _users(self, numbers: set[Any]) -> Sequence[dict[str, Any]]:
        users = self.tickets.people.users
        return [users[number] for number in sorted(n for n in numbers if n in users)]

    @route(f"PUT {TICKET}", *WRITES)
    def update(self, request: Request, ticket_id: int) -> Any:
        kept, deed = self._kept(ticket_id), _deed(request)
        audit = self.tickets.update(kept, _wish(request), deed)
        self.story.changed(kept, audit, deed)
        return {"ticket": kept.shown, "audit": audit}

    @route(f"DELETE {TICKET}", "delete")
    def delete(self, request: Request, ticket_id: int) -> Response:
        self.story.delete(self._kept(ticket_id), _deed(request))
        return Response(status=204)

    @route(f"POST {TICKET}/merge", "merge")
    def merge(self, request: Request, ticket_id: int) -> Any:
        wish = request.get_json(force=True, silent=True) or {}
        sources = [self._kept(int(number)) for number in wish.get("ids", ())]
        for source in sources:
            self.story.merge(source, self._kept(ticket_id), _deed(request))
        return {"job_status": {"id": f"merge-{ticket_id}", "status": "completed"}}

    @route(f"GET {TICKET}/comments")
    def comments(self, request: Request, ticket_id: int) -> Any:
        rows = ordered(request, self._kept(ticket_id).comments, "created_at")
        told = page(request, request.host_url[:-1], "comments", rows)
        if "users" in request.args.get("include", ""):
            told["users"] = self._users({row["author_id"] for row in told["comments"]})
        return told

    @route(f"GET {TICKET}/audits")
    def audits(self, request: Request, ticket_id: int) -> Any:
        return page(request, request.host_url[:-1], "audits", self._kept(ticket_id).audits)

    @route(f"GET {TICKET}/tags")
    def tags(self, _request: Request, ticket_id: int) -> Any:
        return {"tags": self._kept(ticket_id).shown["tags"]}

    @route(f"PUT {TICKET}/tags", "tag")
    def add_tags(self, request: Request, ticket_id: int) -> Any:
        kept, wish = self._open(ticket_id), request.get_json(force=True, silent=True) or {}
        self.tickets.add_tags(kept, list(wish.get("tags", ())))
        return {"tags": kept.shown["tags"]}

    @route(f"POST {TICKET}/tags", "tag")
    def set_tags(self, request: Request, ticket_id: int) -> Response:
        kept, wish = self._open(ticket_id), request.get_json(force=True, silent=True) or {}
        kept.shown["tags"] = list(wish.get("tags", ()))
        self.tickets.touch(kept)
        return answer({"tags": kept.shown["tags"]}, 201)

    @route("GET /api/v2/users/<int:user_id>/tickets/requested")
    def requested(self, request: Request, user_id: int) -> Any:
        if user_id not in self.tickets.people.users:
            raise missing()
        kept = self.tickets.by_requester.get(user_id, ())
        rows = [k.shown for k in kept if not k.deleted]
        return page(request, request.host_url[:-1], "tickets", ordered(request, rows, "id"))

    @route("GET /api/v2/search")
    def search(self, request: Request) -> Any:
        """The index shows a ticket only after `search_lag`."""
        indexed = self.tickets.now().timestamp() - self.tickets.settings["search_lag"]
        fits = search(request.args.get("query", ""), self._requester)
        kept = [k for k in self.tickets.kept.values() if not k.deleted and k.made <= indexed]
        rows = [k.shown | {"result_type": "ticket"} for k in kept if fits(k.shown)]
        rows = ordered(request, rows, "created_at")
        if not request.args.get("sort_by"):
            rows.reverse()
        found = page(request, request.host_url[:-1], "results", rows[:SEARCH_CAP])
        return found | {"count": len(rows), "facets": None}

    def _requester(self, who: str) -> int | None:
        if who.isdigit():
            return int(who)
        user = self.tickets.people.known({"email": who, "external_id": who})
        return user["id"] if user else None

    @route("GET /api/v2/incremental/tickets/cursor")
    def incremental(self, request: Request) -> Any:
        """Tickets in the order of their last change, the latest moments held back."""
        now = self.tickets.now().timestamp()
        size = min(1000, max(1, int(request.args.get("per_page", 1000))))
        until = now - self.tickets.settings["incremental_holdback"]
        newer = self._newer(request, now)
        ready = [kept for kept in newer if kept.touched <= until]
        some = ready[:size]
        cursor = _cursor(some[-1]) if some else request.args.get("cursor") or self._begin(request)
        url = f"{request.base_url}?cursor={cursor}"
        rows = [kept.shown | {"generated_timestamp": int(kept.touched)} for kept in some]
        told: dict[str, Any] = {"tickets": rows, "after_cursor": cursor, "after_url": url}
        told |= {"before_cursor": None, "before_url": None}
        return told | {"end_of_stream": len(some) == len(ready)}

    def _newer(self, request: Request, now: float) -> Sequence[Kept]:
        """What changed since the cursor or the start time, found from the end."""
        cursor = request.args.get("cursor")
        seq, start = (int(unpack(cursor).split("|")[0]), 0.0) if cursor else (0, 0.0)
        if not cursor:
            start = self._start(request, now)
        elif seq == 0:
            start = float(unpack(cursor).split("|")[1])
        found = []
        for kept in reversed(self.tickets.latest.values()):
            if kept.seq <= seq or int(kept.touched) < start:
                break
            found.append(kept)
        return found[::-1]

    def _start(self, request: Request, now: float) -> float:
        try:
            start = float(request.args["start_time"])
        except (KeyError, ValueError):
            raise bad("BadRequest", "start_time has to be an epoch time") from None
        if start > now - 60:
            raise bad("StartTimeTooRecent", "Too recent start_time. Use one older than 1 minute.")
        return start

    def _begin(self, request: Request) -> str:
        """A cursor for an empty first page: still at the start time."""
        return pack(f"0|{request.args['start_time']}")

    def _kept(self, ticket_id: int) -> Kept:
        kept = self.tickets.kept.get(ticket_id)
        if kept is None or kept.deleted:
            raise missing()
        return kept

    def _open(self, ticket_id: int) -> Kept:
        kept = self._kept(ticket_id)
        if kept.shown["status"] == "closed":
            raise invalid("status", "Status: closed prevents ticket update", "TicketClosed")
        return kept


def _cursor(kept: Kept) -> str:
    return pack(f"{kept.seq}|{kept.touched}")


def _wish(request: Request) -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict) or not isinstance(wish.get("ticket"), dict):
        raise Refused(refusal(400))
    ticket: dict[str, Any] = wish["ticket"]
    return ticket


def _deed(request: Request) -> Deed:
    return Deed(user=request.environ["sandbox.user"], by_agent=False)


def _created(body: bytes, lookup: str | None) -> Response:
    headers = {"Location": json.loads(body)["ticket"]["url"]}
    if lookup:
        headers["x-idempotency-lookup"] = lookup
    return Response(body, 201, headers, content_type="application/json")
