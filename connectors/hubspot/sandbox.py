"""HubSpot in memory, from the vendor's facts: CRM objects, search, files, limits, webhooks.

Versions v3, v4, 2026-03 and 2026-09 of a path lead to the same place. Agents answer customers with
logged emails; conversations and custom channels are left out. A merged ticket's id leads to the
survivor (general knowledge).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.hubspot import sandbox_schema
from connectors.hubspot.sandbox_account import (
    SCOPES,
    TOKEN,
    WEAK_TOKEN,
    Account,
    owner_name,
    owner_of,
)
from connectors.hubspot.sandbox_agents import actor, written
from connectors.hubspot.sandbox_cases import Cases
from connectors.hubspot.sandbox_errors import refusal
from connectors.hubspot.sandbox_files import Files
from connectors.hubspot.sandbox_links import LinkRoutes
from connectors.hubspot.sandbox_oauth import CLIENT, TOKENS, Doors
from connectors.hubspot.sandbox_objects import ObjectRoutes
from connectors.hubspot.sandbox_records import Record, Records
from connectors.hubspot.sandbox_schema import OWN_FIELDS, STAGES
from connectors.hubspot.sandbox_story import Story
from connectors.hubspot.sandbox_times import iso
from connectors.hubspot.sandbox_webhooks import CLIENT_SECRET, PORTAL, Webhooks
from connectors.sandbox import Case, Harness, Held, Route, SandboxDesk, route
from connectors.types import Status


class HubSpotSandbox(SandboxDesk):
    """One HubSpot portal."""

    name = "hubspot"
    title = "HubSpot"
    words = ("New", "Waiting on contact", "Waiting on us", "On hold", "Closed")
    agents = ("Ann Agent", "Ben Berger")
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "calls_per_10_seconds": (190, "calls in ten seconds: Professional"),
        "calls_per_day": (625_000, "calls a day and portal: Professional"),
        "searches_per_second": (5, "searches a second and portal"),
        "search_lag": (3, "seconds until a search knows of a change"),
        "text_limit": (65_536, "longest text of a property, in characters"),
        "file_bytes": (52_428_800, "largest file"),
        "token_lifetime": (1800, "seconds that an OAuth token lives"),
        "validation_rules": (0, "1: version 2026-09 refuses tickets without a priority"),
    }

    def reset(self) -> None:
        self.records = Records(self.now, self.settings)
        self.doors = Doors(self.now, self.settings, self.record, SCOPES)
        self.account = Account(self.records, self.settings, self.doors)
        self.files = Files(self.now, self.settings, lambda: self.url)
        self.webhooks = Webhooks(self.now, self.send)
        self.story = Story(
            self.records,
            self.webhooks,
            self.record,
            owner_name,
            lambda number: self.files.held[number].name if number in self.files.held else number,
        )
        self.objects = ObjectRoutes(self.records, self.story, self.settings)
        self.links = LinkRoutes(self.records, self.story)
        self.shown = Cases(self.records, self.files, self.story)

    def parts(self) -> Iterable[object]:
        return (self, self.doors, self.account, self.files, self.objects, self.links)

    def accounts(self) -> list[dict[str, Any]]:
        note = "a private app's token; webhooks are entered by hand"
        weak = "a token without the scope crm.objects.owners.read"
        return [
            {"name": "Private app", "note": note, "config": form(self.url)},
            {"name": "Private app, weak", "note": weak, "config": form(self.url, WEAK_TOKEN)},
            {"name": "OAuth app", "note": "for the browser", "config": app_form(self.url)},
        ]

    def spell(self, path: str) -> str:
        return sandbox_schema.spell(path)

    def admit(self, request: Request, found: Route) -> None:
        if found.path != TOKENS:
            self.account.admit(request, self._spelt(request))

    def expire_tokens(self) -> None:
        self.doors.expire()

    def _spelt(self, request: Request) -> str:
        return self.spell(request.path.removeprefix(f"/{self.name}"))

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        self.webhooks.flush()
        self.account.tell(made, found.path)
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def person_registers(self, url: str, secret: str) -> None:
        """In the app's Webhooks tab. HubSpot signs with the app's client secret, with no other."""
        self.webhooks.add(url)

    @route("GET /contacts/<portal>/record/0-5/<ticket_id>", public=True)
    @route("GET /contacts/<portal>/ticket/<ticket_id>", public=True)
    def deep_link(self, _request: Request, portal: str, ticket_id: str) -> Response:
        """Where HubSpot's own link to a ticket leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{ticket_id}")

    def cases(self) -> Sequence[Case]:
        latest = sorted(self.records.all["tickets"].values(), key=lambda r: r.changed)
        return [self.shown.case(record) for record in reversed(latest)]

    def case(self, ticket_id: str) -> Case:
        return self.shown.case(self.records.all["tickets"][ticket_id], whole=True)

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        ticket, owner = self._open(ticket_id), owner_of(by)
        values = {"hs_timestamp": iso(self.now()), "hubspot_owner_id": owner}
        values["hs_attachment_ids"] = ";".join(self.files.put(file) for file in files)
        kind, words, type_id = written(text, owner, public=public)
        links = [{"to": {"id": ticket.id}, "types": [{"associationTypeId": type_id}]}]
        record = self.records.create(kind, values | words, links, actor(by))
        self.story.created(record, actor(by))
        self.webhooks.flush()
        return record.id

    def _open(self, ticket_id: str) -> Record:
        ticket = self.records.all["tickets"][ticket_id]
        if ticket.archived or ticket.merged_into:
            raise ValueError("this ticket is deleted or merged")
        return ticket

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        ticket = self._open(ticket_id)
        stages = STAGES[ticket.values["hs_pipeline"]][1]
        found = [one for one, (label, _state) in stages.items() if word in (one, label)]
        if not found:
            raise ValueError(f"{word!r} is no stage of this ticket's pipeline")
        self._change(ticket, {"hs_pipeline_stage": found[0]}, by)

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        self._change(self._open(ticket_id), {"hubspot_owner_id": owner_of(to)}, by)

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.archive(self._open(ticket_id), actor(by))
        self.webhooks.flush()

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        if ticket_id == into:
            raise ValueError("a ticket cannot be merged with itself")
        self.story.merge(self._open(ticket_id), self._open(into), actor(by))
        self.webhooks.flush()

    def _change(self, ticket: Record, values: dict[str, str], by: str) -> None:
        before = dict(ticket.values)
        changed = self.records.update(ticket, values, actor(by))
        self.story.changed(ticket, changed, before, actor(by))
        self.webhooks.flush()


SANDBOX = HubSpotSandbox


def form(url: str, token: str = TOKEN) -> dict[str, Any]:
    """The credentials form of this portal."""
    ids = {"portal_id": str(PORTAL), "base_url": url}
    return ids | {"access_token": token, "client_secret": CLIENT_SECRET}


def app_form(url: str) -> dict[str, Any]:
    """The form of an app that a person allows."""
    ids = {"portal_id": str(PORTAL), "base_url": url, "authorized": True}
    return ids | {"client_id": CLIENT, "client_secret": CLIENT_SECRET}


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of HubSpot."""
    url = f"{base_url}/hubspot"
    return Harness(
        desk="hubspot",
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=form(url),
        agents=HubSpotSandbox.agents,
        wrong_config=form(url, "pat-na1-not-the-token"),
        weak_config=form(url, WEAK_TOKEN),
        weak_word="owners",
        consent_config=app_form(url),
        words={
            "New": Status.OPEN,  # HubSpot knows open and closed, and its labels tell no more
            "Waiting on us": Status.OPEN,
            "Waiting on contact": Status.PENDING,
            "On hold": Status.ON_HOLD,
            "Closed": Status.SOLVED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.ON_HOLD,
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.SOLVED,  # a stage is open or closed, nothing else
        },
        closed_refuses=False,  # notes and emails go into closed tickets, which reopen by hand
        untold_by_poll=("delete",),  # the search never shows an archived ticket
        names_survivor=("webhook", "poll"),
        signature_headers=("x-hubspot-signature-v3", "x-hubspot-request-timestamp"),
        unused_event=UNUSED_EVENT,
        settings={
            "search_lag": 0,
            "calls_per_10_seconds": 100_000,
            "searches_per_second": 10_000,
        },
    )


UNUSED_EVENT = b"""[{"eventId": 1, "subscriptionId": 12345, "portalId": 33,
 "occurredAt": 1790000000000, "subscriptionType": "contact.creation", "attemptNumber": 0,
 "objectId": 123, "changeSource": "CRM", "changeFlag": "NEW", "appId": 1160452}]"""
