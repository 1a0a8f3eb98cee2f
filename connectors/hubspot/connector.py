"""HubSpot Service Hub behind the contract."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, Conflict, InvalidRequest, NotFound, Unsupported
from connectors.http import landed, understood
from connectors.hubspot import entries, fields, webhook, words
from connectors.hubspot.api import Api, number
from connectors.hubspot.changes import Changes
from connectors.hubspot.config import (
    CAN,
    CONSENT,
    KEY,
    LIST_PAGE,
    NAME,
    TICKET_PROPERTIES,
    TICKET_TO_CONTACT,
    TICKET_TO_NOTE,
    TITLE,
    Config,
)
from connectors.hubspot.stages import Stages
from connectors.types import (
    Account,
    Change,
    ChangePage,
    Delivery,
    Draft,
    Field,
    File,
    Message,
    Note,
    Registration,
    Requester,
    Status,
    Ticket,
)

NEVER = datetime.min.replace(tzinfo=UTC)


class HubSpot(Connector):
    """One HubSpot account."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)
        self.stages = Stages(self.api)
        self.changes = Changes(self.api, self.stages)

    def verify(self) -> Account:
        told = self.api.account()
        with understood("GET /account-info"):
            portal = str(told["portalId"])
            name = f"HubSpot account {portal} ({told.get('uiDomain')})"
        missing = self._missing()
        if portal != self.config.portal_id:
            missing.insert(0, f"The token belongs to the account {portal}: enter it as Hub ID.")
        return Account(
            id=portal,
            name=name,
            organization=portal,
            missing=tuple(missing),
        )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        # A batch read: of a single read's 404 nobody could tell whether the ticket is meant.
        crm = self.api.crm
        answer = self.api.with_key(lambda: crm.read("tickets", [key], TICKET_PROPERTIES, by=KEY))
        with understood("POST /crm/objects/tickets/batch/read"):
            same = [raw for raw in answer["results"] if raw["properties"].get(KEY) == key]
            return self._ticket(same[0]) if same else None

    def create_ticket(self, draft: Draft) -> Ticket:
        contact = self._contact(draft.requester)
        content, note = entries.opening(self.api, draft, named=contact is not None)
        properties = {"subject": draft.subject.strip() or "(no subject)", "content": content}
        properties |= self._place(draft.fields) | dict(draft.fields) | {KEY: draft.key}
        plain = {name: words.text_of(v) for name, v in properties.items() if v is not None}
        links = [words.to(contact, TICKET_TO_CONTACT)] if contact else []
        links += [words.to(note, TICKET_TO_NOTE)] if note else []
        try:
            answer = self.api.with_key(lambda: self.api.crm.create("tickets", plain, links))
        except (Conflict, InvalidRequest):
            before = self.find_ticket(draft.key)  # CONFLICTING_UNIQUE_VALUE, as 400 or 409
            if before is None:
                raise
            return before
        with landed("POST /crm/objects/tickets"), understood("POST /crm/objects/tickets"):
            return self._ticket({**answer, "properties": plain | answer["properties"]})

    def append_message(self, ticket_id: str, message: Message) -> str:
        ticket = self._raw(ticket_id, "contacts")
        with understood("GET /crm/objects/tickets/{id}"):
            return entries.add_message(self.api, ticket, message)

    def add_note(self, ticket_id: str, note: Note) -> str:
        self._raw(ticket_id)
        return entries.add_note(self.api, ticket_id, note)

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        ticket = self._raw(ticket_id, "emails" if isinstance(entry, Message) else "notes")
        with understood("GET /crm/objects/tickets/{id}"):
            return entries.find(self.api, ticket, entry)

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data or len(file.data) > CAN.attachments:
            raise Unsupported(f"HubSpot takes files with their bytes, up to {CAN.attachments}")
        self._raw(ticket_id)
        return entries.add_file(self.api, ticket_id, file)

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        if not (file.id or "").isdecimal():
            raise NotFound("HubSpot told no number for this file")
        told = self.api.crm.signed_url(file.id or "")
        with understood("GET /files/{id}/signed-url"):
            return self.ports.download(str(told["url"]))

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        raw = self._raw(ticket_id)
        with understood("GET /crm/objects/tickets/{id}"):
            now = self.stages.get(raw["properties"]["hs_pipeline_stage"])
            stage = self.stages.nearest(status, now)
            if stage is now:
                return self._ticket(raw)
        try:
            answer = self.api.crm.update("tickets", ticket_id, {"hs_pipeline_stage": stage.id})
        except InvalidRequest:
            self.stages.forget()  # deleted meanwhile, perhaps
            raise
        with understood("PATCH /crm/objects/tickets/{id}"):
            return self._ticket({**raw, "properties": raw["properties"] | answer["properties"]})

    def read_ticket(self, ticket_id: str) -> Ticket:
        raw = self._raw(ticket_id, "contacts")
        with understood("GET /crm/objects/tickets/{id}"):
            return self._ticket(raw)

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return self.changes.fetch(after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return self.changes.of_ticket(number(ticket_id))

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        contact = self._contact_by(requester.email)
        if contact is None:
            return []
        raw = self.api.crm.get("contacts", contact, (), associations=["tickets"])
        with understood("GET /crm/objects/contacts/{id}"):
            rows = ((raw.get("associations") or {}).get("tickets") or {}).get("results") or ()
            ids = sorted({str(row["id"]) for row in rows}, key=int)[-LIST_PAGE:]
        if not ids:
            return []
        answer = self.api.crm.read("tickets", ids, TICKET_PROPERTIES)
        with understood("POST /crm/objects/tickets/batch/read"):
            tickets = [self._ticket(one) for one in answer["results"]]
        return sorted(tickets, key=lambda t: (t.created_at or NEVER, int(t.id)), reverse=True)[:10]

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        own = self.config.client_secret.get_secret_value()  # HubSpot signs with the app's own
        return Registration(secret=own, steps=webhook.steps(url))

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _raw(self, ticket_id: str, *associations: str) -> Mapping[str, Any]:
        """The ticket as HubSpot tells it; `NotFound` for a deleted or merged one."""
        more = {"associations": list(associations)} if associations else {}
        raw: Mapping[str, Any] = self.api.crm.get(
            "tickets", number(ticket_id), TICKET_PROPERTIES, **more
        )
        with understood("GET /crm/objects/tickets/{id}"):
            if str(raw["id"]) != ticket_id:
                raise NotFound(f"the ticket was merged into {raw['id']}")
        return raw

    def _ticket(self, raw: Mapping[str, Any]) -> Ticket:
        properties = raw["properties"]
        stage = self.stages.get(properties["hs_pipeline_stage"])
        portal, number = self.config.portal_id, str(raw["id"])
        contacts = self.api.associated(raw, "contacts")
        return Ticket(
            id=number,
            url=f"{self.api.app}/contacts/{portal}/record/0-5/{number}",
            status=stage.status if stage else Status.UNKNOWN,
            key=properties.get(KEY) or None,
            word=stage.label if stage else properties["hs_pipeline_stage"],
            subject=properties.get("subject"),
            requester_id=contacts[0] if contacts else None,
            assignee=properties.get("hubspot_owner_id") or None,
            created_at=words.time_or_none(raw.get("createdAt") or properties.get("createdate")),
            updated_at=words.time_or_none(properties.get("hs_lastmodifieddate")),
        )

    def _place(self, fields: Mapping[str, Any]) -> dict[str, str]:
        """Pipeline and stage of a new ticket, as far as the mapping leaves them open."""
        if fields.get("hs_pipeline_stage"):
            stage = self.stages.get(str(fields["hs_pipeline_stage"]))
            return {"hs_pipeline": stage.pipeline} if stage else {}
        stage = self.stages.first(fields.get("hs_pipeline") or self.config.pipeline_id)
        return {"hs_pipeline": stage.pipeline, "hs_pipeline_stage": stage.id}

    def _contact(self, who: Requester) -> str | None:
        """The contact with the customer's email, found or made; without an email there is none."""
        found = self._contact_by(who.email)
        if found or not who.email:
            return found
        first, _, last = (who.name or "").partition(" ")
        known = {"email": who.email, "firstname": first, "lastname": last, "phone": who.phone}
        properties = {name: words.text_of(value) for name, value in known.items() if value}
        try:
            answer = self.api.crm.create("contacts", properties, [])
        except Conflict as told:  # made meanwhile
            number = re.search(r"Existing ID: (\d+)", str(told))
            return number[1] if number else self._contact_by(who.email)
        except InvalidRequest:  # an address that HubSpot does not believe: the ticket's text has it
            return None
        with understood("POST /crm/objects/contacts"):
            return str(answer["id"])

    def _contact_by(self, email: str | None) -> str | None:
        if not email:
            return None
        answer = self.api.crm.read("contacts", [email.strip()], ("email",), by="email")
        with understood("POST /crm/objects/contacts/batch/read"):
            return next((str(raw["id"]) for raw in answer["results"]), None)

    def _missing(self) -> list[str]:
        """What the token may not do, as far as reading tells."""
        crm = self.api.crm
        probes: Sequence[tuple[str, str, Any]] = (
            ("tickets", "tickets and pipelines", self.stages.read),
            ("tickets", f"the ticket property {KEY}", self.api.make_key_property),
            ("crm.objects.contacts.read", "contacts", lambda: crm.page("contacts", 1)),
            ("crm.objects.owners.read", "agents' names", lambda: crm.owners(1)),
            ("files", "files and long conversations", self._try_files),
        )
        missing = []
        for scope, what, probe in probes:
            try:
                probe()
            except AuthFailed as refused:
                missing.append(f"The token lacks the scope {scope} for {what} ({refused}).")
        return missing

    def _try_files(self) -> None:
        with suppress(NotFound):  # no file has this number, but we may look
            self.api.crm.signed_url("0")
