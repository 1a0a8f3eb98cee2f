"""Intercom in memory, from the vendor's facts: tickets, contacts, search, notifications.

It speaks the versions 2.14 to 2.16, whose tickets look alike, and refuses older ones. Not the
vendor's: conversations and the queue of `POST /tickets/enqueue` are left out, an endpoint may be
plain http, and the throttling of slow endpoints (429, a thousand errors) is not played.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.intercom import sandbox_text
from connectors.intercom.sandbox_api import TicketRoutes, assignee_of, opening, word_of
from connectors.intercom.sandbox_doors import APP, WEAK_TOKEN, Doors, app_form, form
from connectors.intercom.sandbox_errors import invalid, refusal
from connectors.intercom.sandbox_files import Files
from connectors.intercom.sandbox_harness import harness
from connectors.intercom.sandbox_oauth import TOKENS, OAuth
from connectors.intercom.sandbox_people import ADMINS, People, known_admin
from connectors.intercom.sandbox_tickets import Kept, Tickets, admin_author
from connectors.intercom.sandbox_types import STATES, Types
from connectors.intercom.sandbox_webhooks import Webhooks
from connectors.sandbox import Case, Entry, Held, Route, SandboxDesk, route

__all__ = ["SANDBOX", "harness"]

WORDS = tuple(category for category, _internal, _external in STATES.values())
SNOOZE = 86_400


class IntercomSandbox(SandboxDesk):
    """One workspace, `Acme`, with one private app."""

    name = "intercom"
    title = "Intercom"
    words = (*WORDS, "snoozed", "closed")
    agents = ("Ann Agent", "Ben Berger")
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "rate_per_minute": (10_000, "requests a minute of the app, dealt out in 10 seconds"),
        "search_lag": (3, "seconds until /tickets/search knows of a change"),
        "contact_lag": (60, "seconds until /contacts/search knows a contact; some minutes there"),
        "app_version": (2.14, "the app's version, which its notifications follow"),
        "flat_parts": (0, "1: replies are notified with the ticket at data.item"),
        "short_tickets": (0, "1: notified tickets have number, state and open, as in an example"),
        "retry_after": (60, "seconds until a notification is sent for the second, last time"),
        "endpoints": (1, "endpoints that the app has; Intercom: 1"),
    }

    def reset(self) -> None:
        self.oauth = OAuth(self.now, self.record)
        self.doors = Doors(self.now, self.settings, self.oauth.tokens)
        self.files = Files(lambda: self.url)
        self.people = People(APP, self.now, self.settings)
        self.types = Types(self.now)
        self.tickets = Tickets(self.people, self.types, self.files, self.now, self.settings)
        self.webhooks = Webhooks(self.tickets, self.now, self.settings, self.send)
        self.api = TicketRoutes(self.tickets, self.webhooks, self.record)

    def parts(self) -> Iterable[object]:
        return (self, self.oauth, self.files, self.people, self.types, self.api)

    def accounts(self) -> list[dict[str, Any]]:
        good = form(self.url)
        return [
            {"name": "Private app", "note": "all permissions", "config": good},
            {
                "name": "Private app without tickets",
                "note": "the plan or the app's permissions lack tickets",
                "config": good | {"access_token": WEAK_TOKEN},
            },
            {"name": "App with OAuth", "note": "for the browser", "config": app_form(self.url)},
        ]

    def admit(self, request: Request, found: Route) -> None:
        if found.path != TOKENS:
            self.doors.admit(request, found.path)

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        self.doors.tell(made)
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def person_registers(self, url: str, secret: str) -> None:
        """In the Developer Hub; what signs is the app's client secret, whatever `secret` says."""
        self.webhooks.register(url)

    @route("GET /a/inbox/<path:place>", public=True)
    def deep_link(self, _request: Request, place: str) -> Response:
        """Where Intercom's own link to a ticket leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{place.rpartition('/')[2]}")

    def cases(self) -> Sequence[Case]:
        latest = sorted(self.tickets.kept.values(), key=lambda k: k.shown["updated_at"])
        return [self._case(kept) for kept in reversed(latest)]

    def case(self, ticket_id: str) -> Case:
        return self._case(self.tickets.kept[ticket_id], whole=True)

    def _case(self, kept: Kept, whole: bool = False) -> Case:
        contact, assignee = kept.contact, assignee_of(kept)
        spoken = [self._entry(kept, part) for part in kept.parts if part["body"] is not None]
        return Case(
            id=kept.id,
            subject=str(kept.shown["ticket_attributes"].get("_default_title_") or ""),
            status=word_of(kept),
            key=kept.key,
            requester=f"{contact['name']} <{contact['email'] or contact['external_id']}>",
            assignee=ADMINS[assignee][0] if assignee else None,
            tags=tuple(kept.tags),
            updated=_time(kept.shown["updated_at"]),
            entries=(opening(kept), *spoken) if whole else (),
        )

    def _entry(self, kept: Kept, part: Mapping[str, Any]) -> Entry:
        author = part["author"]
        return Entry(
            id=part["id"],
            author=str(author["name"] or author["email"] or author["id"]),
            role="agent" if author["type"] == "admin" else "customer",
            public=part["part_type"] != "note",
            text=sandbox_text.as_words(part["body"]),
            at=_time(part["created_at"]),
            files=tuple(kept.files[part["id"]]),
        )

    def act(self, ticket_id: str, deeds: Mapping[str, Any]) -> list[str]:
        """A reply and a close in one go leave one part: a `close` that carries the words.

        `merge_customer` merges the ticket's contact into the one with this address. By the API
        only leads are merged into users, which is not played.
        """
        if "merge_customer" in deeds:
            with self.lock:
                self.api.merged(self._kept(ticket_id), str(deeds["merge_customer"]))
            return []
        if "reply" not in deeds or deeds.get("status") != "closed":
            return super().act(ticket_id, deeds)
        with self.lock:
            kept, author = self._kept(ticket_id), _author(str(deeds.get("by") or self.agents[0]))
            kept.shown |= {"open": False, "snoozed_until": None}
            body = sandbox_text.from_words(deeds["reply"])
            part = self.tickets.add(kept, "close", author, body=body)
            self.api.said(kept, part, by="agent")
            self.api.changed(kept, part, by="agent")
        return [str(part["id"])]

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        kept, body = self._kept(ticket_id), sandbox_text.from_words(text)
        shown = self.files.shown(files)
        kind = "comment" if public else "note"
        part = self.tickets.add(kept, kind, _author(by), body=body, files=shown)
        self.api.said(kept, part, by="agent")
        return str(part["id"])

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        kept, author = self._kept(ticket_id), _author(by)
        if word == "closed":
            made = self.tickets.open(kept, False, author)
        elif word == "snoozed":
            made = self.tickets.snooze(kept, int(self.now().timestamp()) + SNOOZE, author)
        else:
            numbers = {category: number for number, (category, _, _) in STATES.items()}
            if word not in numbers:
                raise invalid("the state does not belong to the type", field="ticket_state_id")
            made = self.tickets.snooze(kept, None, author) + self.tickets.open(kept, True, author)
            made += self.tickets.state(kept, numbers[word], author)
        for part in made:
            self.api.changed(kept, part, by="agent")

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        kept = self._kept(ticket_id)
        part = self.tickets.assign(kept, known_admin(to), _author(by))
        self.api.changed(kept, part, by="agent")

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.api.deleted(self._kept(ticket_id), by="agent")

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        raise ValueError("Intercom does not merge tickets")

    def _kept(self, ticket_id: str) -> Kept:
        return self.tickets.known(ticket_id)


def _author(name: str) -> dict[str, Any]:
    return admin_author(known_admin(name))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


SANDBOX = IntercomSandbox
