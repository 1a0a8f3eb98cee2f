"""Zoho Desk behind the contract."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import files, transcript
from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, NotFound, Unsupported
from connectors.http import understood
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
from connectors.zoho_desk import changes, fields, hooks, webhook, words
from connectors.zoho_desk.api import Api
from connectors.zoho_desk.config import CAN, CONSENT, NAME, SUBJECT_LIMIT, TITLE, TO_VENDOR, Config

FIELDS = "/organizationFields"
PROBES: dict[str, tuple[str, dict[str, Any]]] = {  # scope: a cheap call that needs it
    "Desk.settings.READ": (FIELDS, {"module": "tickets"}),
    "Desk.search.READ": (changes.SEARCH, {"limit": 1}),
    "Desk.events.ALL": ("/webhooks", {}),
}


class ZohoDesk(Connector):
    """One Zoho Desk organization."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)
        self.keys = webhook.Keys(config, ports)
        self.account_words: dict[str, str] | None = None

    def verify(self) -> Account:
        answer = self.api.call("GET", "/organizations", headers={"orgId": None})
        with understood("GET /organizations"):
            names = {str(one["id"]): one.get("companyName") for one in (answer or {})["data"]}
        if self.config.org_id not in names:
            known = ", ".join(names) or "none"
            raise AuthFailed(f"these credentials do not open this organization, but: {known}")
        me = self.api.call("GET", "/myinfo")
        with understood("GET /myinfo"):
            who = me.get("name") or f"{me.get('firstName') or ''} {me.get('lastName') or ''}"
            name = f"{who.strip() or me['id']} at {names[self.config.org_id]}"
            return Account(
                id=str(me["id"]),
                name=name,
                organization=self.config.org_id,
                missing=tuple(self._missing()),
            )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        rows = self.api.rows(changes.SEARCH, customField1=f"{self.config.key_field}:{key}")
        with understood(f"GET {changes.SEARCH}"):
            same = [int(raw["id"]) for raw in rows if words.key_of(raw, self.config) == key]
        return self.read_ticket(str(min(same))) if same else None  # rows are not whole tickets

    def create_ticket(self, draft: Draft) -> Ticket:
        description, whole = words.description(transcript.as_text(draft.transcript))
        told = words.travelling(file for message in draft.transcript for file in message.files)
        form: dict[str, Any] = {
            "subject": " ".join(transcript.clean(draft.subject).split()) or "(no subject)",
            "departmentId": self.config.department_id,
            **({"description": description} if description else {}),  # empty ones are refused
            **({} if "contactId" in draft.fields else {"contact": words.contact(draft.requester)}),
            **draft.fields,
        }
        form["subject"] = str(form["subject"])[:SUBJECT_LIMIT]
        form["cf"] = {**form.get("cf", {}), self.config.key_field: draft.key}
        uploads = [self.api.upload(file) for file in [*whole, *told]]
        answer = self.api.call("POST", "/tickets", json=form | _some(uploads=uploads))
        with understood("POST /tickets"):
            return words.ticket_of(answer, self.config)

    def append_message(self, ticket_id: str, message: Message) -> str:
        # Zoho has no plain call for what a customer wrote: a public comment says so.
        return self._comment(ticket_id, message, public=True)

    def add_note(self, ticket_id: str, note: Note) -> str:
        return self._comment(ticket_id, note, public=False)

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        path = f"/tickets/{_number(ticket_id)}/comments"
        rows = self.api.rows(path, sortBy="-commentedTime", limit=100)
        if not rows:  # a ticket without comments, or one that is gone
            self.read_ticket(ticket_id)
        with understood(f"GET {path}"):
            ours = [one for one in rows if words.text_of(one).endswith(words.mark(entry.id or ""))]
            return str(ours[-1]["id"]) if ours else None

    def attach(self, ticket_id: str, file: File) -> str:
        # In a comment, not beside the conversation: there it has its place and bears our mark.
        if not file.data or len(file.data) > CAN.attachments:
            raise Unsupported(f"Zoho Desk takes files of 1 to {CAN.attachments} bytes")
        return self._comment(ticket_id, files.as_message(file), public=True)

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        if not file.url:
            raise NotFound("Zoho told no address for this file")
        return files.read(self.api.http, self.ports, file.url, own=self.config.root)

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        path = f"/tickets/{_number(ticket_id)}"
        answer = self.api.call("PATCH", path, json={"status": self._word(status)})
        with understood("PATCH /tickets/{id}"):
            return words.ticket_of(answer, self.config)

    def read_ticket(self, ticket_id: str) -> Ticket:
        answer = self.api.call("GET", f"/tickets/{_number(ticket_id)}")
        with understood("GET /tickets/{id}"):
            ticket = words.ticket_of(answer, self.config)
        if answer.get("isTrashed"):
            raise NotFound("the ticket is in the recycle bin")
        return ticket

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return changes.of_ticket(self.api, _number(ticket_id))

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        if not requester.email:
            return []  # Zoho knows contacts by email, and nothing of the bot's ids
        found = self.api.rows("/contacts/search", email=requester.email, limit=1)
        if not found:
            return []
        with understood("GET /contacts/search"):
            path = f"/contacts/{_number(str(found[0]['id']))}/tickets"
        rows = self.api.rows(path, sortBy="-createdTime", limit=10)
        with understood(f"GET {path}"):
            tickets = [words.ticket_of(raw, self.config) for raw in rows]
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(tickets, key=lambda t: t.created_at or never, reverse=True)

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return hooks.ensure(self.api, url, secret)

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery, self.config, self.keys)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _missing(self) -> list[str]:
        """The scopes that the refresh token lacks, and the field for our key."""
        missing, fields = [], None
        for scope, (path, query) in PROBES.items():
            try:
                rows = self.api.rows(path, **query)
                fields = rows if path == FIELDS else fields
            except AuthFailed:
                missing.append(
                    f"The refresh token lacks the scope {scope}, or the edition has it not."
                )
        if fields is not None and self.config.key_field not in [f.get("apiName") for f in fields]:
            missing.append(
                f"Tickets have no field {self.config.key_field}: make a custom text field "
                '"Escalation id" in the layout of this department.'
            )
        return missing

    def _word(self, status: Status) -> str:
        """The account's word for a status, or for the nearest that it has."""
        own: list[str] = [
            word for word, means in self.config.status_words.items() if means is status
        ]
        wanted = [*own, *TO_VENDOR.get(status, ())]
        if not wanted:
            raise Unsupported(f"Zoho Desk has no status for {status}")
        words_of_type = self._account_words()
        known = {word.casefold(): word for word in words_of_type}
        same = [known[word.casefold()] for word in wanted if word.casefold() in known]
        # An account may have renamed them all; the type, by its first word, stays.
        same += [word for word, kind in words_of_type.items() if kind == wanted[-1].casefold()]
        return next(iter(same), wanted[-1])

    def _account_words(self) -> Mapping[str, str]:
        """The status words of the account, each with its type in small letters."""
        if self.account_words is None:
            try:
                rows = self.api.rows(FIELDS, module="tickets")
            except AuthFailed:  # without Desk.settings.READ: the words that every account has
                return {}
            with understood(f"GET {FIELDS}"):
                status = (row for row in rows if row.get("apiName") == "status")
                self.account_words = {k: v for row in status for k, v in _choices(row)}
        return self.account_words

    def _comment(self, ticket_id: str, entry: Message | Note, *, public: bool) -> str:
        path = f"/tickets/{_number(ticket_id)}/comments"
        content, sent = words.comment(entry)
        uploads = [self.api.upload(file) for file in sent]
        form = {"content": content, "contentType": "plainText", "isPublic": public}
        answer = self.api.call("POST", path, json=form | _some(attachmentIds=uploads))
        with understood(f"POST {path}"):
            return str(answer["id"])


def _choices(field: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The words that a field allows, told plainly or as objects, each with its type or ""."""
    for one in field.get("allowedValues") or ():
        told = one if isinstance(one, Mapping) else {"value": one}
        yield str(told["value"]), str(told.get("statusType") or "").casefold()


def _some(**lists: list[str]) -> dict[str, list[str]]:
    """Without the empty ones, which Zoho refuses."""
    return {name: values for name, values in lists.items() if values}


def _number(ticket_id: str) -> str:
    """The id of a ticket, which is a number at Zoho and goes into an address."""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise NotFound("this is no ticket's number")
    return ticket_id
