"""Freshdesk in memory, from the vendor's facts: API v2 with an API key, limits, rules' webhooks.

Not the vendor's: retries of webhooks come sooner (`webhook_retry_pace`), and the search index is
the only thing that is late. From memory, and not in the documentation: a subject of at most 255
and a tag of at most 32 characters, a deleted ticket that can be read but not its conversations,
what a merge leaves behind, and what a rule tells as the triggered event.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.freshdesk import sandbox_text
from connectors.freshdesk.sandbox_api import TicketRoutes
from connectors.freshdesk.sandbox_errors import refusal
from connectors.freshdesk.sandbox_fields import OWN_FIELDS, STATUSES, key_of
from connectors.freshdesk.sandbox_files import Files
from connectors.freshdesk.sandbox_limits import Limits
from connectors.freshdesk.sandbox_people import HUB, KEYS, TEMP, People
from connectors.freshdesk.sandbox_rules import HEADER, Rules
from connectors.freshdesk.sandbox_story import Story
from connectors.freshdesk.sandbox_tickets import NOTE, REPLY, Kept, Tickets
from connectors.sandbox import Case, Entry, Harness, Held, Refused, Route, SandboxDesk, route
from connectors.types import Status

DOMAIN = "acme"
NUMBERS = {label: number for number, label in STATUSES.items()}


class FreshdeskSandbox(SandboxDesk):
    """One Freshdesk account, `acme`."""

    name = "freshdesk"
    title = "Freshdesk"
    words = tuple(STATUSES.values())
    agents = ("Ann Agent", "Ben Berger")
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "rate_per_minute": (700, "credits a minute and account: Enterprise"),
        "creates_per_minute": (280, "new tickets a minute"),
        "updates_per_minute": (280, "changes of tickets a minute"),
        "ticket_lists_per_minute": (200, "lists of tickets a minute"),
        "contact_lists_per_minute": (200, "lists of contacts a minute"),
        "search_lag": (120, "seconds until the search finds a ticket; Freshdesk: a few minutes"),
        "attachment_bytes": (20 * 1024 * 1024, "all files of a ticket together"),
        "attachment_url_life": (300, "seconds that the address of a file works"),
        "webhook_retry_pace": (0.001, "part of 5, 30 and 60 minutes between tries of a webhook"),
    }

    def reset(self) -> None:
        self.people = People(self.now)
        self.limits = Limits(self.now, self.settings)
        self.files = Files(self.now, self.settings, lambda: self.url)
        self.rules_made = Rules(self.send, self.settings)
        self.tickets = Tickets(self.people, self.files, self.now, self.settings)
        self.story = Story(self.tickets, self.rules_made, self.record)
        self.api = TicketRoutes(self.tickets, self.story)

    def parts(self) -> Iterable[object]:
        return (self, self.people, self.files, self.api)

    def accounts(self) -> list[dict[str, Any]]:
        notes = {HUB: "sees all tickets"}
        return [
            {
                "name": f"API key of {self.people.name(agent)}",
                "note": notes.get(agent, "sees only the tickets that are assigned to them"),
                "config": {"domain": DOMAIN, "api_key": key, "base_url": self.url},
            }
            for key, agent in KEYS.items()
        ]

    def admit(self, request: Request, found: Route) -> None:
        self.limits.take(request, found)
        accept = request.headers.get("Accept", "*/*")
        if "*/*" not in accept and "application/json" not in accept:
            raise Refused(refusal(406, "Only application/json is supported"))
        request.environ["sandbox.agent"] = self.people.caller(request)

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        if not found.public:
            self.limits.tell(request, made)
            made.headers["X-Freshdesk-API-Version"] = "latest=v2; requested=v2"
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def person_registers(self, url: str, secret: str) -> None:
        self.rules_made.person_makes(url, secret)

    @route("GET /api/v2/settings/helpdesk")
    def helpdesk(self, _request: Request) -> Any:
        languages = {"primary_language": "en", "supported_languages": ["de"]}
        return languages | {"portal_languages": ["de"]}

    @route("GET /a/tickets/<ticket_id>", public=True)
    def deep_link(self, _request: Request, ticket_id: str) -> Response:
        """Where Freshdesk's own link to a ticket leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{ticket_id}")

    def cases(self) -> Sequence[Case]:
        kept = sorted(self.tickets.kept.values(), key=lambda k: k.touched, reverse=True)
        return [self._case(one) for one in kept]

    def case(self, ticket_id: str) -> Case:
        return self._case(self._kept(ticket_id), whole=True)

    def _kept(self, ticket_id: str) -> Kept:
        if not ticket_id.isdecimal():
            raise KeyError(ticket_id)
        return self.tickets.kept[int(ticket_id)]

    def _case(self, kept: Kept, whole: bool = False) -> Case:
        shown = kept.shown
        person = self.people.contacts.get(shown["requester_id"], {})
        mark = person.get("email") or person.get("phone") or person.get("unique_external_id")
        state = "deleted" if shown["deleted"] else ""
        talk = [self._entry(said) for said in kept.talk] if whole else []
        return Case(
            id=str(shown["id"]),
            subject=shown["subject"] or "",
            status=STATUSES[shown["status"]],
            key=key_of(shown),
            requester=f"{self.people.name(shown['requester_id'])} <{mark}>",
            assignee=self.people.name(shown["responder_id"]) or None,
            tags=tuple(shown["tags"]),
            updated=shown["updated_at"],
            state=f"merged into {kept.merged_into}" if kept.merged_into else state,
            entries=(self._description(kept), *talk) if whole else (),
        )

    def _description(self, kept: Kept) -> Entry:
        shown = kept.shown
        return Entry(
            id=f"description of {shown['id']}",
            author=self.people.name(shown["requester_id"]),
            role="customer",
            public=True,
            text=shown["description_text"],
            at=shown["created_at"],
            files=self._files(shown),
        )

    def _entry(self, said: Mapping[str, Any]) -> Entry:
        return Entry(
            id=str(said["id"]),
            author=self.people.name(said["user_id"]),
            role="customer" if said["incoming"] else "agent",
            public=not said["private"],
            text=said["body_text"],
            at=said["created_at"],
            files=self._files(said),
        )

    def _files(self, holder: Mapping[str, Any]) -> tuple[Held, ...]:
        return tuple(self.files.files[file["id"]] for file in holder["attachments"])

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        kept, source = self._kept(ticket_id), REPLY if public else NOTE
        wish = {"body": sandbox_text.rich(text), "user_id": self.people.agent(by)["id"]}
        said = self.tickets.say(kept, wish, files, source=source)
        self.story.said(kept, said, by="agent")
        return str(said["id"])

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        number = NUMBERS.get(word) or int(word)
        self._update(ticket_id, {"status": number})

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        self._update(ticket_id, {"responder_id": self.people.agent(to)["id"]})

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.delete(self._kept(ticket_id), by="agent")

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        agent = self.people.agent(by)["id"]
        self.story.merge(self._kept(ticket_id), self._kept(into), agent)

    def _update(self, ticket_id: str, wish: dict[str, Any]) -> None:
        kept = self._kept(ticket_id)
        before = dict(kept.shown)
        self.tickets.update(kept, wish)
        self.story.changed(kept, before, by="agent")


SANDBOX = FreshdeskSandbox


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Freshdesk."""
    here = {"domain": DOMAIN, "base_url": f"{base_url}/freshdesk"}
    keys = {agent: here | {"api_key": key} for key, agent in KEYS.items()}
    return Harness(
        desk="freshdesk",
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=keys[HUB],
        agents=FreshdeskSandbox.agents,
        wrong_config=here | {"api_key": "not-the-key-0123456789"},
        weak_config=keys[TEMP],
        weak_word="scope",
        words={
            "Open": Status.OPEN,
            "Pending": Status.PENDING,
            "Waiting on Customer": Status.PENDING,
            "Waiting on Third Party": Status.ON_HOLD,
            "Resolved": Status.SOLVED,
            "Closed": Status.CLOSED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,  # this account waits on third parties
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.CLOSED,
        },
        strange_word="Awaiting courier",
        closed_refuses=False,  # notes and every status are taken
        merged_refuses=False,  # a merged ticket is a closed one
        signature_headers=(HEADER.lower(),),
        unused_event=UNUSED_EVENT,
        settings={"search_lag": 0},
    )


# Sent by a rule's "Test webhook": there is no ticket to fill the template with.
UNUSED_EVENT = b'{"event":"","ticket_id":"","status":"","secret_version":"1"}'
