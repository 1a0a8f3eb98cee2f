"""Salesforce cases behind the contract."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from connectors import files
from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, Conflict, InvalidRequest, NotFound, Unsupported
from connectors.http import landed, understood
from connectors.salesforce import changes, entries, fields, rights, webhook, words
from connectors.salesforce.answers import BARRED
from connectors.salesforce.api import Api, Record
from connectors.salesforce.config import (
    API_VERSION,
    CAN,
    CONSENT,
    NAME,
    NEAREST,
    TITLE,
    Config,
)
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

CASE_ID = re.compile(r"500[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
FILE_ID = re.compile(r"068[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?")
GONE = "this case is deleted, or not shared with us"
UNSEEN = "this case is not shared with us, has lost its key, or is deleted for good"


class Salesforce(Connector):
    """One Salesforce org."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT
    acknowledges = webhook.ACKNOWLEDGES

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)

    def verify(self) -> Account:
        with understood("GET /userinfo"):
            me = self.api.library.me()
            name = f"{me.get('preferred_username') or me['user_id']} at {self.config.my_domain}"
            organization = str(me["organization_id"])
        return Account(
            id=organization,
            name=name,
            organization=organization,
            missing=tuple(rights.missing(self.api)),
        )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        return next(iter(self._cases(f"{self.config.key_field} = {{key}}", key=key)), None)

    def create_ticket(self, draft: Draft) -> Ticket:
        requester = self._requester(draft)
        case, told = entries.case(draft, requester, self.config.key_field)
        try:
            number = self._create(case, told, entries.THE_CASE)
        except InvalidRequest as refused:
            return self._landed_before(draft.key, refused)
        with landed("POST /composite"):
            return self.read_ticket(number)

    def append_message(self, ticket_id: str, message: Message) -> str:
        name, email = self._sender(ticket_id)
        mail, told = entries.mail(ticket_id, message, name, email)
        with self._standing(ticket_id):
            return self._create(mail, told, ticket_id)

    def add_note(self, ticket_id: str, note: Note) -> str:
        comments = entries.comments(_number(ticket_id), note)
        with self._standing(ticket_id):
            return self.api.create(comments)[0]

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        if isinstance(entry, File):
            return self._find_file(_number(ticket_id), entry)
        kind, field = ("CaseComment", "CommentBody")
        if isinstance(entry, Message):
            kind, field = ("EmailMessage", "Subject")
        rows = self.api.query(
            f"SELECT Id FROM {kind} WHERE ParentId = {{case}} AND {field} LIKE '%{{mark:like}}%' "
            "ORDER BY CreatedDate, Id LIMIT 1",
            case=_number(ticket_id),
            mark=words.mark(entry.id),
        )
        if not rows:
            self.read_ticket(ticket_id)  # it may be gone
        with understood("GET /query"):
            return str(rows[0]["Id"]) if rows else None

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data:
            raise Unsupported("Salesforce takes files with their bytes only")
        if len(file.data) > self.can.attachments:
            raise InvalidRequest(f"a file of more than {self.can.attachments} bytes")
        with self._standing(ticket_id):
            return self.api.create([entries.file("file", file, _number(ticket_id))])[0]

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        if not FILE_ID.fullmatch(file.id or ""):
            raise NotFound("Salesforce told no id for this file")
        root = self.config.root
        path = f"/services/data/v{API_VERSION}/sobjects/ContentVersion/{file.id}/VersionData"
        return files.read(self.api.http, self.ports, f"{root}{path}", own=root)

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        fields = {"Status": self._word(status)}
        self.api.update("Case", _number(ticket_id), fields, entries.AS_GIVEN)
        return self.read_ticket(ticket_id)

    def read_ticket(self, ticket_id: str) -> Ticket:
        found = self._cases("Id = {id}", id=_number(ticket_id))
        if not found:
            raise NotFound(GONE)
        return found[0]

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        told = changes.of_case(self.api, _number(ticket_id))
        if not told:  # deleted ones are told: somebody may be working on this one
            raise Conflict(UNSEEN)
        return told

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        email = entries.email_of(requester)
        if email is None:
            return []
        where = "(SuppliedEmail = {email} OR Contact.Email = {email})"
        order = "CreatedDate DESC, CaseNumber DESC LIMIT 10"
        return self._cases(where, order, email=email)

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return Registration(
            steps=webhook.steps(webhook.address(url, secret), self.config.key_field)
        )

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery, self.config)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _cases(self, where: str, order: str = "CreatedDate, Id LIMIT 10", **v: Any) -> list[Ticket]:
        fields = words.case_fields(self.config.key_field)
        rows = self.api.query(f"SELECT {fields} FROM Case WHERE {where} ORDER BY {order}", **v)
        with understood("GET /query"):
            return [words.ticket_of(raw, self.config, self.api.me) for raw in rows]

    def _word(self, status: Status) -> str:
        """This org's word for a status, or for the nearest that it has."""
        soql = "SELECT ApiName, IsClosed FROM CaseStatus ORDER BY SortOrder LIMIT 200"
        rows = self.api.query(soql)
        with understood("GET /query"):
            known = [(words.status_of(r["ApiName"], r["IsClosed"], self.config), r) for r in rows]
            for wanted in (status, *NEAREST.get(status, ())):
                for meaning, raw in known:
                    if meaning is wanted:
                        return str(raw["ApiName"])
        raise Unsupported(f"this org has no status for {status}")

    def _requester(self, draft: Draft) -> dict[str, Any]:
        """The customer in the case's own fields, and as the contact with that email."""
        fields = entries.supplied(draft.requester)
        if "SuppliedEmail" in fields and "ContactId" not in draft.fields:
            fields["ContactId"] = self._contact(draft.requester, fields["SuppliedEmail"])
        return fields

    def _contact(self, who: Requester, email: str) -> str:
        soql = "SELECT Id FROM Contact WHERE Email = {email} ORDER BY CreatedDate, Id LIMIT 1"
        rows = self.api.query(soql, email=email)
        with understood("GET /query"):
            if rows:
                return str(rows[0]["Id"])
        return self.api.create([entries.contact(who, email)])[0]

    def _landed_before(self, key: str, refused: InvalidRequest) -> Ticket:
        """The case that has this key already: of a create whose answer was lost."""
        landed = self.find_ticket(key) if "DUPLICATE_VALUE" in str(refused) else None
        if landed is None:
            raise refused
        return landed

    def _sender(self, ticket_id: str) -> tuple[str, str | None]:
        """Name and email of a case's customer."""
        soql = "SELECT SuppliedName, SuppliedEmail, Contact.Name, Contact.Email FROM Case "
        rows = self.api.query(f"{soql}WHERE Id = {{id}}", id=_number(ticket_id))
        if not rows:
            raise NotFound(GONE)
        with understood("GET /query"):
            case, contact = rows[0], rows[0]["Contact"] or {}
            name = case["SuppliedName"] or contact.get("Name") or "Customer"
            return name, case["SuppliedEmail"] or contact.get("Email")

    def _find_file(self, ticket_id: str, file: File) -> str | None:
        """By the mark in its description, which may be asked for; its place may not (unsure)."""
        rows = self.api.query(
            "SELECT Id, FirstPublishLocationId FROM ContentVersion "
            "WHERE Description LIKE '%{mark:like}%' ORDER BY CreatedDate, Id LIMIT 10",
            mark=words.mark(file.id or ""),
        )
        with understood("GET /query"):
            ours = [row for row in rows if row["FirstPublishLocationId"] == ticket_id]
            return str(ours[0]["Id"]) if ours else None

    @contextmanager
    def _standing(self, ticket_id: str) -> Iterator[None]:
        """A refusal because the case is gone, or not ours to edit, says so."""
        try:
            yield
        except InvalidRequest:
            self.read_ticket(ticket_id)
            raise
        except AuthFailed as refused:
            if BARRED not in str(refused) or any(rights.missing(self.api)):
                raise
            raise Conflict(str(refused)) from refused  # what we lack, we lack for this case alone

    def _create(self, record: Record, told: Iterable[File], place: str) -> str:
        """Create a record with its files in one request, as far as one holds them."""
        together, later = entries.together(told, place)
        number = self.api.create([record, *together])[0]
        place = number if place == entries.THE_CASE else place
        with landed(f"POST /sobjects/{record.kind}"):
            for file in later:
                self.api.create([entries.file("file", file, place)])
        return number


def _number(ticket_id: str) -> str:
    """The id of a case, which goes into addresses and queries."""
    if not CASE_ID.fullmatch(ticket_id):
        raise NotFound("this is no case's id")
    return ticket_id
