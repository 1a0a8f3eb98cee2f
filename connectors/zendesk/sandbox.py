"""Zendesk in memory, from the vendor's facts: Support API v2, OAuth, limits, event webhooks.

Not the vendor's: the circuit breaker of webhooks is left out, `incremental_holdback` is short so
that a demo moves, and an unknown upload token is refused rather than ignored.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.sandbox import Case, Entry, Harness, Held, Route, SandboxDesk, route
from connectors.types import Status
from connectors.zendesk.sandbox_api import TicketRoutes
from connectors.zendesk.sandbox_doors import API_TOKENS, CLIENTS, Doors, may
from connectors.zendesk.sandbox_errors import refusal
from connectors.zendesk.sandbox_fields import CATEGORIES
from connectors.zendesk.sandbox_files import Uploads
from connectors.zendesk.sandbox_form import OWN_FIELDS, FormRoutes
from connectors.zendesk.sandbox_limits import Limits
from connectors.zendesk.sandbox_people import People
from connectors.zendesk.sandbox_story import Story
from connectors.zendesk.sandbox_tickets import Deed, Kept, Tickets
from connectors.zendesk.sandbox_webhooks import Webhooks

SUBDOMAIN = "acme"
OPEN_TO_ALL = ("/oauth/tokens", "/api/v2/users/me")
LABELS = {1: "New", 2: "Open", 3: "Pending", 4: "On-hold", 5: "Solved", 6: "Waiting on vendor"}


class ZendeskSandbox(SandboxDesk):
    """One Zendesk account, `acme`."""

    name = "zendesk"
    title = "Zendesk"
    words = ("new", "open", "pending", "hold", "solved", "closed")
    agents = ("Ann Agent", "Ben Berger")
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "rate_per_minute": (700, "requests a minute and account: Support Enterprise"),
        "updates_per_minute": (100, "ticket updates a minute and account"),
        "updates_per_ticket": (30, "updates of one ticket by one user in ten minutes"),
        "incremental_per_minute": (10, "calls of the incremental export a minute"),
        "incremental_holdback": (1, "seconds that the export lags behind; Zendesk: 60"),
        "search_lag": (60, "seconds until /search finds a ticket; Zendesk: 60 to 120"),
        "idempotency_life": (7200, "seconds that an Idempotency-Key lives"),
        "upload_life": (3600, "seconds that an upload token lives"),
        "token_lifetime": (172_800, "longest life of an access token in seconds"),
        "comment_bytes": (65_535, "longest comment, in bytes of UTF-8"),
        "attachment_bytes": (52_428_800, "largest file"),
    }

    def reset(self) -> None:
        self.people = People(self.now)
        self.doors = Doors(self.people, self.settings, self.record)
        self.limits = Limits(self.now, self.settings)
        self.uploads = Uploads(self.now, self.settings, lambda: self.url)
        self.webhooks = Webhooks(self.now, self.send)
        self.tickets = Tickets(self.people, self.uploads, self.now, self.settings, lambda: self.url)
        self.story = Story(self.tickets, self.webhooks, self.record)
        self.api = TicketRoutes(self.tickets, self.story)
        self.form = FormRoutes(lambda: self.url)

    def parts(self) -> Iterable[object]:
        return (self, self.doors, self.people, self.uploads, self.webhooks, self.api, self.form)

    def accounts(self) -> list[dict[str, Any]]:
        here = {"subdomain": SUBDOMAIN, "base_url": self.url}
        notes = {"hub": "an admin", "hub_agent": "not an admin", "hub_readonly": "may only read"}
        found = [
            {
                "name": f"OAuth client {client}",
                "note": notes[client],
                "config": here | {"client_id": client, "client_secret": secret},
            }
            for client, (secret, _user, _scope) in CLIENTS.items()
        ]
        for email, token in API_TOKENS.items():
            config = here | {"email": email, "api_token": token}
            found.append({"name": f"API token of {email}", "note": "legacy", "config": config})
        return found

    def spell(self, path: str) -> str:
        return path.removesuffix(".json")

    def admit(self, request: Request, found: Route) -> None:
        path = self.spell(request.path.removeprefix(f"/{self.name}"))
        if path in OPEN_TO_ALL:
            return
        user, scope = self.doors.caller(request)
        may(user, scope, request.method, path)
        assert user is not None
        self.limits.take(request, path, user["id"])
        request.environ["sandbox.user"] = user

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        self.limits.tell(made, found.path)
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def expire_tokens(self) -> None:
        self.doors.expire()

    @route("GET /api/v2/account/settings")
    def show_settings(self, _request: Request) -> Any:
        limits = {"attachment_size": int(self.settings["attachment_bytes"])}
        return {"settings": {"limits": limits, "localization": {"locale_ids": [1, 8]}}}

    @route("GET /api/v2/custom_statuses")
    def custom_statuses(self, _request: Request) -> Any:
        rows = [
            {
                "id": number,
                "status_category": category,
                "agent_label": LABELS[number],
                "end_user_label": LABELS[number],
                "active": True,
                "default": number < 6,
            }
            for number, category in CATEGORIES.items()
        ]
        return {"custom_statuses": rows}

    @route("GET /agent/tickets/<ticket_id>", public=True)
    def deep_link(self, _request: Request, ticket_id: str) -> Response:
        """Where Zendesk's own link to a ticket leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{ticket_id}")

    def cases(self) -> Sequence[Case]:
        return [self._case(kept) for kept in reversed(self.tickets.latest.values())]

    def case(self, ticket_id: str) -> Case:
        return self._case(self._kept(ticket_id), whole=True)

    def _kept(self, ticket_id: str) -> Kept:
        if not ticket_id.isdigit():
            raise KeyError(ticket_id)
        return self.tickets.kept[int(ticket_id)]

    def _case(self, kept: Kept, whole: bool = False) -> Case:
        shown, users = kept.shown, self.people.users
        requester, assignee = users[shown["requester_id"]], users.get(shown["assignee_id"])
        state = "deleted" if kept.deleted else ""
        return Case(
            id=str(shown["id"]),
            subject=shown["subject"] or "",
            status=shown["status"],
            key=shown["external_id"],
            requester=f"{requester['name']} <{requester['email'] or requester['external_id']}>",
            assignee=assignee["name"] if assignee else None,
            tags=tuple(shown["tags"]),
            updated=shown["updated_at"],
            state=f"merged into {kept.merged_into}" if kept.merged_into else state,
            entries=tuple(self._entry(comment) for comment in kept.comments) if whole else (),
        )

    def _entry(self, comment: Mapping[str, Any]) -> Entry:
        author = self.people.users[comment["author_id"]]
        return Entry(
            id=str(comment["id"]),
            author=author["name"],
            role="customer" if author["role"] == "end-user" else "agent",
            public=comment["public"],
            text=comment["body"],
            at=comment["created_at"],
            files=tuple(self.uploads.files[file["id"]] for file in comment["attachments"]),
        )

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        tokens = [self.uploads.put(file) for file in files]
        comment = {"body": text, "public": public, "uploads": tokens}
        audit = self._update(ticket_id, {"comment": comment}, by)
        return str(audit["events"][0]["id"])

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        self._update(ticket_id, {"status": word}, by, checked=word in self.words)

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        self._update(ticket_id, {"assignee_id": self.people.agent(to)["id"]}, by)

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.delete(self._kept(ticket_id), self._deed(by))

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        self.story.merge(self._kept(ticket_id), self._kept(into), self._deed(by))

    def _deed(self, by: str) -> Deed:
        return Deed(user=self.people.agent(by), by_agent=True)

    def _update(
        self, ticket_id: str, wish: dict[str, Any], by: str, checked: bool = True
    ) -> dict[str, Any]:
        kept, deed = self._kept(ticket_id), self._deed(by)
        audit = self.tickets.update(kept, wish, deed, checked=checked)
        self.story.changed(kept, audit, deed)
        return audit


SANDBOX = ZendeskSandbox


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Zendesk."""
    here = {"subdomain": SUBDOMAIN, "base_url": f"{base_url}/zendesk"}
    clients = {
        name: here | {"client_id": name, "client_secret": secret}
        for name, (secret, _user, _scope) in CLIENTS.items()
    }
    return Harness(
        desk="zendesk",
        conflict_passes=True,
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=clients["hub"],
        agents=ZendeskSandbox.agents,
        wrong_config=clients["hub"] | {"client_secret": "not-the-secret"},
        weak_config=clients["hub_agent"],
        weak_word="admin",
        consent_config=clients["hub"] | {"authorized": True},
        words={
            "new": Status.NEW,
            "open": Status.OPEN,
            "pending": Status.PENDING,
            "hold": Status.ON_HOLD,
            "solved": Status.SOLVED,
            "closed": Status.CLOSED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.SOLVED,  # only Zendesk's own automation closes
        },
        strange_word="escalated",
        renews_tokens=True,
        names_survivor=("webhook",),
        signature_headers=(
            "x-zendesk-webhook-signature",
            "x-zendesk-webhook-signature-timestamp",
        ),
        unused_event=UNUSED_EVENT,
        settings={"incremental_holdback": 0, "search_lag": 0},
    )


UNUSED_EVENT = b"""{"account_id": 22129848, "id": "2b24ef10-19d3-4740-93cf-8f98ec4776c0",
 "type": "zen:event-type:user.active_changed", "time": "2026-11-22T10:00:00.123Z",
 "zendesk_event_version": "2022-06-20", "subject": "zen:user:8447388090494",
 "detail": {"id": "8447388090494", "role": "end-user"},
 "event": {"current": false, "previous": true}}"""
