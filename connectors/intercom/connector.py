"""Intercom tickets behind the contract."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, InvalidRequest, NotFound, TooLarge, Unsupported
from connectors.http import landed, understood
from connectors.intercom import bodies, changes, fields, people, webhook, words
from connectors.intercom.api import Api, number
from connectors.intercom.config import (
    AWAKE,
    BACK_OFFICE,
    CAN,
    CONSENT,
    FILE_LIMIT,
    NAME,
    NOTED,
    REFERENCE,
    SNOOZE_DAYS,
    TEXT_ATTRIBUTE,
    TITLE,
    TITLE_ATTRIBUTE,
    TITLE_LIMIT,
    TO_VENDOR,
    Config,
)
from connectors.transcript import clean
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

POSSIBLE = 50  # tickets that a search by a key brings
REMEMBERED = 1000  # tickets whose customer we know without asking
ONE_TYPE = (
    "the ticket type is the connection's: take ticket_type_id out of the mapping, and make another "
    "connection for another type"
)


class Intercom(Connector):
    """One Intercom workspace."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)
        self.customers: dict[str, str] = {}  # of tickets, where they may speak

    def verify(self) -> Account:
        me = self.api.me()
        with understood("GET /me"):
            app = me["app"]
            name = f"{me.get('name') or me['id']} at {app.get('name') or app['id_code']}"
            region = str(app.get("region") or self.config.region).casefold()
        missing = [*self._wrong_region(region), *self._wrong_type(), *self._wrong_admin(me)]
        return Account(
            id=str(app["id_code"]),
            name=name,
            organization=str(app["id_code"]),
            missing=tuple(missing),
        )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        field = f"ticket_attribute.{self.api.reference()}"
        query = {"field": field, "operator": "=", "value": key}
        found = changes.latest(self.api, query, POSSIBLE)
        with understood("POST /tickets/search"):
            same = [raw for raw in found if words.key_of(raw) == key]
            first = min(same, key=lambda raw: int(raw["id"]), default=None)
            return self._ticket(first) if first else None

    def create_ticket(self, draft: Draft) -> Ticket:
        self.api.reference()  # exists before a ticket needs it
        description, notes = bodies.opening(draft)
        answer = self.api.call("POST", "/tickets", self._form(draft, description))
        with understood("POST /tickets"):
            ticket = self._ticket(answer)
        if notes:
            with landed("POST /tickets"):
                self._note(ticket.id, notes)
        return ticket

    def complete_ticket(self, ticket_id: str, draft: Draft) -> None:
        _, notes = bodies.opening(draft)
        if not notes:
            return
        raw = self.api.ticket(ticket_id)
        with understood("GET /tickets/{id}"):
            parts = raw["ticket_parts"]["ticket_parts"]
            there = sum(bodies.is_of_opening(part, draft.key) for part in parts)
        if notes[there:]:
            self._note(ticket_id, notes[there:])

    def append_message(self, ticket_id: str, message: Message) -> str:
        parts = bodies.entry(message.text, message.files, message.id)
        return self._say_for_customer(ticket_id, parts)

    def add_note(self, ticket_id: str, note: Note) -> str:
        return self._note(ticket_id, bodies.entry(note.text, (), note.id))

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        raw = self.api.ticket(ticket_id)
        with understood("GET /tickets/{id}"):
            noted = isinstance(entry, Note) or raw.get("category") == BACK_OFFICE
            for part in reversed(raw["ticket_parts"]["ticket_parts"]):
                if (part["part_type"] in NOTED) is noted and bodies.same(part, entry):
                    return str(part["id"])
        return None

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data:
            raise Unsupported("Intercom takes files with their bytes only")
        if len(file.data) > FILE_LIMIT:
            raise Unsupported(f"the file is larger than {FILE_LIMIT} bytes")
        return self._say_for_customer(ticket_id, [bodies.of_file(file)])

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        part_id = (file.id or "").partition(":")[0]
        raw = self.api.ticket(ticket_id)
        with understood("GET /tickets/{id}"):
            for part in raw["ticket_parts"]["ticket_parts"]:
                for one in words.files_of(part) if str(part["id"]) == part_id else ():
                    if one.id == file.id and one.url:  # with an address that is good for a while
                        return self.ports.download(one.url)
        raise NotFound("the file is not in this ticket any more")

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        ticket = self._put(ticket_id, self._standing(status))
        sleeps = ticket.status is Status.ON_HOLD and status is not Status.ON_HOLD
        return self._put(ticket_id, AWAKE) if sleeps else ticket

    def _put(self, ticket_id: str, values: Mapping[str, Any]) -> Ticket:
        try:
            answer = self.api.call("PUT", f"/tickets/{number(ticket_id)}", values)
        except TooLarge:  # the answer is the whole ticket
            answer = self.api.ticket(ticket_id)
        with understood("PUT /tickets/{id}"):
            return self._ticket(answer)

    def read_ticket(self, ticket_id: str) -> Ticket:
        raw = self.api.ticket(ticket_id)
        with understood("GET /tickets/{id}"):
            return self._ticket(raw)

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return changes.of_ticket(self.api, ticket_id)

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        contact = people.find(self.api, requester)
        if contact is None:
            return []
        query = {"field": "contact_ids", "operator": "=", "value": contact}
        found = changes.latest(self.api, query, 10)
        with understood("POST /tickets/search"):
            latest = sorted(found, key=_age, reverse=True)[:10]
            return [words.ticket_of(raw, self.config, self.ports.now()) for raw in latest]

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return Registration(
            secret=self.config.client_secret.get_secret_value(), steps=webhook.steps(url)
        )

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _wrong_region(self, region: str) -> list[str]:
        if region == self.config.region:
            return []
        return [f"This workspace is in the region {region}: choose it in this form."]

    def _wrong_type(self) -> list[str]:
        """What is amiss with the ticket type."""
        wanted = self.config.ticket_type_id
        try:
            category = self.api.ticket_type().get("category")
        except NotFound:
            return [f"There is no ticket type {wanted}: see Settings, Tickets, Ticket types."]
        except AuthFailed as refused:
            return [f"The app may not read ticket types: add its permission for tickets. {refused}"]
        if category == BACK_OFFICE:
            return [f"Ticket type {wanted} is a Back-office type: customers' words become notes."]
        return []

    def _wrong_admin(self, me: Mapping[str, Any]) -> list[str]:
        wanted = self.config.admin_id
        if wanted in (None, str(me.get("id"))):
            return []
        try:
            self.api.call("GET", f"/admins/{wanted}")
        except NotFound:
            return [f"There is no teammate with the id {wanted}."]
        except AuthFailed as refused:
            return [f"The app may not read admins: add that permission. {refused}"]
        return []

    def _form(self, draft: Draft, description: str) -> dict[str, Any]:
        """The new ticket: the mapping's fields win, except over key and type."""
        fields = dict(draft.fields)
        # The key's attribute and the states are a type's own: we know those of our type only.
        own = self.config.ticket_type_id
        if str(fields.get("ticket_type_id", own)) != str(own):
            raise InvalidRequest(ONE_TYPE, fields={"ticket_type_id": ONE_TYPE})
        subject = " ".join(clean(str(fields.pop("subject", None) or draft.subject)).split())
        attributes = {TITLE_ATTRIBUTE: subject[:TITLE_LIMIT] or "Escalation"}
        attributes |= {TEXT_ATTRIBUTE: description} | dict(fields.pop("ticket_attributes", {}))
        if "contacts" not in fields:
            fields["contacts"] = [people.find_or_create(self.api, draft)]
        fields = {"ticket_type_id": self.config.ticket_type_id} | fields
        return fields | {"ticket_attributes": attributes | {REFERENCE: draft.key}}

    def _standing(self, status: Status) -> dict[str, Any]:
        """What brings a ticket to a status."""
        if status is Status.CLOSED:
            return {"open": False}
        if status is Status.ON_HOLD:
            until = self.ports.now() + timedelta(days=SNOOZE_DAYS)
            return {"open": True, "snoozed_until": int(until.timestamp())}
        category = TO_VENDOR.get(status)
        if category is None:
            raise Unsupported(f"Intercom has no state for {status}")
        wake = {} if status is Status.SOLVED else {"open": True}
        return wake | {"ticket_state_id": self.api.state_id(category)}

    def _ticket(self, raw: Mapping[str, Any]) -> Ticket:
        """The ticket, whose customer we remember for the next messages."""
        ticket = words.ticket_of(raw, self.config, self.ports.now())
        if len(self.customers) >= REMEMBERED:
            self.customers.clear()
        if ticket.requester_id and raw.get("category") != BACK_OFFICE:
            self.customers[ticket.id] = ticket.requester_id
        return ticket

    def _customer_of(self, ticket_id: str) -> str | None:
        """Who speaks in a ticket; None in a Back-office one, where Intercom refuses customers."""
        known = self.customers.get(ticket_id)
        if known is not None:
            return known
        raw = self.api.ticket(ticket_id)
        with understood("GET /tickets/{id}"):
            asker = self._ticket(raw).requester_id
            return None if raw.get("category") == BACK_OFFICE else asker

    def _note(self, ticket_id: str, parts: Iterable[Mapping[str, Any]]) -> str:
        """Write parts for the desk's people; the last one's id."""
        return [self._say(ticket_id, part, None) for part in parts][-1]

    def _say_for_customer(self, ticket_id: str, parts: Iterable[Mapping[str, Any]]) -> str:
        """Write parts in the customer's name; the last one's id."""
        return [self._as_customer(ticket_id, part) for part in parts][-1]

    def _as_customer(self, ticket_id: str, part: Mapping[str, Any]) -> str:
        before = self.customers.get(ticket_id)
        try:
            return self._say(ticket_id, part, before or self._customer_of(ticket_id))
        except (InvalidRequest, NotFound):
            self.customers.pop(ticket_id, None)
            if before is None or before == self._customer_of(ticket_id):
                raise
        # Merged into another contact since we remembered who it was.
        return self._say(ticket_id, part, self._customer_of(ticket_id))

    def _say(self, ticket_id: str, part: Mapping[str, Any], customer: str | None) -> str:
        """Write a part in the customer's name, or as a note without one; its id."""
        if customer:
            who = {"message_type": "comment", "type": "user", "intercom_user_id": customer}
        else:
            who = {"message_type": "note", "type": "admin", "admin_id": self.api.admin_id()}
        answer = self.api.call("POST", f"/tickets/{number(ticket_id)}/reply", who | dict(part))
        with understood("POST /tickets/{id}/reply"):
            return str(int(answer["id"]))


def _age(raw: Mapping[str, Any]) -> tuple[int, int]:
    return int(raw["created_at"]), int(raw["id"])
