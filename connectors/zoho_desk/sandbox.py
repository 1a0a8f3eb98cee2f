"""Zoho Desk in memory, from the vendor's facts: API v1, OAuth, credits, webhooks with a JWT.

Left out: `sendReply` (it mails the customer), layouts and teams. The vendor does not tell how late
its index is (`search_lag`) nor whether an entry changes `modifiedTime` (`entry_bumps_modified`).
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.sandbox import Case, Harness, Held, Route, SandboxDesk, World, route
from connectors.sandbox_outbox import Outbox
from connectors.types import Status
from connectors.zoho_desk.sandbox_api import TicketRoutes, key_of
from connectors.zoho_desk.sandbox_doors import CLIENT, FULL, ORG, SECRET, WEAK, Doors
from connectors.zoho_desk.sandbox_files import FileRoutes
from connectors.zoho_desk.sandbox_people import People, name_of
from connectors.zoho_desk.sandbox_rules import refusal
from connectors.zoho_desk.sandbox_story import Story
from connectors.zoho_desk.sandbox_talk import TalkRoutes
from connectors.zoho_desk.sandbox_tickets import (
    DEPARTMENT,
    OWN_FIELDS,
    STATUSES,
    Kept,
    Tickets,
    stamp_of,
)
from connectors.zoho_desk.sandbox_webhooks import Webhooks

OPEN_TO_ALL = ("/oauth/v2/token", "/.well-known/jwks.json")


class ZohoDeskSandbox(SandboxDesk):
    """One organisation, 60001280, with one department."""

    name = "zoho_desk"
    title = "Zoho Desk"
    words = tuple(STATUSES)
    agents = ("Ann Agent", "Ben Berger")
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "credits_per_day": (100_000, "API credits a day: Enterprise, without its agents' own"),
        "concurrency": (25, "calls in flight: Enterprise"),
        "search_lag": (5, "seconds until /tickets/search knows of a change; Zoho does not tell"),
        "search_depth": (999, "rows that a search can be walked; another page says 4,999"),
        "entry_bumps_modified": (1, "1: an entry changes the ticket's modifiedTime"),
        "mandatory_category": (0, "1: the layout wants a category"),
        "token_lifetime": (3600, "seconds that an access token lives"),
        "tokens_per_refresh": (10, "access tokens per refresh token in ten minutes"),
        "comment_chars": (32_000, "longest comment"),
        "attachment_bytes": (20 * 1024 * 1024, "largest file"),
        "webhooks": (10, "webhooks of the edition: Enterprise"),
        "jwt_in_ms": (0, "1: times of a JWT in milliseconds, as the documentation says"),
    }

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.outbox = Outbox(self.name, world.faults, self.record, timeout=5.0)
        self.flying, self.gate = 0, threading.Lock()

    def reset(self) -> None:
        def url() -> str:
            return self.url

        self.doors = Doors(self.now, self.settings, self.record, url)
        self.people = People(lambda: stamp_of(self.now()))
        self.webhooks = Webhooks(self.now, self.settings, self.send)
        self.tickets = Tickets(self.people, self.now, self.settings, url)
        self.story = Story(self.tickets, self.webhooks, self.record)
        self.api = TicketRoutes(self.story)
        self.talk = TalkRoutes(self.story)
        self.files = FileRoutes(self.story)

    def parts(self) -> Iterable[object]:
        return (self, self.doors, self.people, self.webhooks, self.api, self.talk, self.files)

    def accounts(self) -> list[dict[str, Any]]:
        notes = {FULL: "every right", WEAK: "may neither search nor make webhooks"}
        found = [
            {"name": f"Refresh token {token}", "note": note, "config": _form(self.url, token)}
            for token, note in notes.items()
        ]
        app = {"name": "Server-based client", "note": "for the browser"}
        return [*found, app | {"config": app_form(self.url)}]

    def run(
        self, found: Route, function: Callable[..., Any], values: Any, request: Request
    ) -> Response:
        with self.gate:
            self.flying += 1
            crowded = self.flying > self.settings["concurrency"]
        try:
            if crowded:  # without Retry-After, which only the daily limit has
                return refusal(429, "Too many calls at the same time", "TOO_MANY_REQUESTS")
            return super().run(found, function, values, request)
        finally:
            with self.gate:
                self.flying -= 1

    def admit(self, request: Request, found: Route) -> None:
        path = request.path.removeprefix(f"/{self.name}")
        if path not in OPEN_TO_ALL:
            self.doors.admit(request, found, path.rstrip("/"))

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        if found.path.startswith("/api/"):
            self.doors.tell(made)
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def expire_tokens(self) -> None:
        self.doors.expire()

    @route("GET /support/<portal>/ShowHomePage.do", public=True)
    def deep_link(self, _request: Request, portal: str) -> Response:
        """The ticket's number is behind the #, where no server sees it: the list is shown."""
        return redirect(f"{self.url}/")

    def cases(self) -> Sequence[Case]:
        return [self._case(kept) for kept in reversed(self.tickets.latest.values())]

    def case(self, ticket_id: str) -> Case:
        return self._case(self.tickets.kept[ticket_id], whole=True)

    def _case(self, kept: Kept, whole: bool = False) -> Case:
        shown = kept.shown
        contact = self.people.contacts[shown["contactId"]]
        assignee = self.people.agents.get(shown["assigneeId"] or "")
        state = "deleted" if kept.deleted else ""
        return Case(
            id=shown["id"],
            subject=shown["subject"],
            status=shown["status"],
            key=key_of(kept),
            requester=f"{name_of(contact)} <{contact['email'] or contact['phone'] or 'unknown'}>",
            assignee=assignee["name"] if assignee else None,
            updated=shown["modifiedTime"],
            state=f"merged into {kept.merged_into}" if kept.merged_into else state,
            entries=tuple(part.entry() for part in kept.parts) if whole else (),
        )

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        kept, agent = self.tickets.find(ticket_id), self.people.agent(by)
        if public:
            return str(self.story.reply(kept, text, agent, files).raw["id"])
        wish = {"content": text, "contentType": "plainText", "isPublic": False}
        return str(self.story.comment(kept, wish, agent, files, "agent").raw["id"])

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        self.story.change(self.tickets.find(ticket_id), {"status": word}, "agent")

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        agent = self.people.agent(to)
        self.story.change(self.tickets.find(ticket_id), {"assigneeId": agent["id"]}, "agent")

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.delete(self.tickets.find(ticket_id))

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        self.story.merge(self.tickets.find(ticket_id), self.tickets.find(into))


SANDBOX = ZohoDeskSandbox


def _form(url: str, refresh: str) -> dict[str, Any]:
    form = app_form(url) | {"refresh_token": refresh}
    del form["authorized"]
    return form


def app_form(url: str) -> dict[str, Any]:
    """The form of a client that a person allows."""
    client = {"client_id": CLIENT, "client_secret": SECRET, "authorized": True}
    where = {"data_center": "com", "org_id": ORG, "department_id": DEPARTMENT}
    return {**where, **client, "base_url": url}


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Zoho Desk."""
    good = _form(f"{base_url}/zoho_desk", FULL)
    return Harness(
        desk="zoho_desk",
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=good,
        agents=ZohoDeskSandbox.agents,
        wrong_config=good | {"client_secret": "not-the-secret"},
        weak_config=_form(f"{base_url}/zoho_desk", WEAK),
        weak_word="Desk.search.READ",
        consent_config=app_form(f"{base_url}/zoho_desk"),
        words={
            "Open": Status.OPEN,
            "On Hold": Status.ON_HOLD,
            "Escalated": Status.OPEN,
            "Waiting on customer": Status.PENDING,
            "Resolved": Status.SOLVED,
            "Closed": Status.CLOSED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.CLOSED,
        },
        renews_tokens=True,
        closed_refuses=False,  # Zoho takes comments into closed tickets
        signature_headers=("x-zdesk-jwt",),
        untold_by_poll=("delete", "merge"),  # the search finds nothing in the trash
        unused_event=UNUSED_EVENT,
        settings={"search_lag": 0},
    )


UNUSED_EVENT = b"""[{"payload": {"id": "204000000321", "lastName": "Novak", "email": null},
 "eventTime": "1795341600000", "eventType": "Contact_Add", "orgId": "60001280"}]"""
