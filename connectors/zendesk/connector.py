"""Zendesk Support behind the contract."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from connectors import files
from connectors.addresses import usable_email
from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, Conflict, InvalidRequest, NotFound, Unsupported
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
from connectors.zendesk import changes, comments, fields, hooks, people, webhook, words
from connectors.zendesk.api import Api
from connectors.zendesk.config import (
    CAN,
    CONSENT,
    NAME,
    STAFF,
    TITLE,
    TO_VENDOR,
    TOKENS_END,
    Config,
)

REMEMBERED = 1000  # tickets whose requester we know without asking


class Zendesk(Connector):
    """One Zendesk account."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)
        self.requesters: dict[str, str] = {}
        self.users: dict[str, str] = {}  # by e-mail, of tickets that we have just created

    def verify(self) -> Account:
        answer = self.api.zenpy.me()
        with understood("GET /users/me"):
            me, role = answer["user"], answer["user"]["role"]
            known = me["id"] is not None and role in STAFF  # Zendesk answers 200 to strangers too
            name = f"{me.get('name') or me['id']} ({role}) at {self.config.subdomain}.zendesk.com"
        if not known:
            raise AuthFailed("Zendesk does not know these credentials as an agent or admin")
        return Account(
            id=str(me["id"]),
            name=name,
            organization=self.config.subdomain,
            missing=tuple(self._missing(role)),
        )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        answer = self.api.zenpy.tickets_of(quote(key, safe=""))
        with understood("GET /tickets?external_id="):
            same = [raw for raw in answer["tickets"] if raw["external_id"] == key]
            first = min(same, key=lambda raw: int(raw["id"]), default=None)
            return self._ticket(first) if first else None

    def create_ticket(self, draft: Draft) -> Ticket:
        opening = comments.opening(self.api, draft)
        fields = {"subject": draft.subject, "comment": {**opening, "public": True}}
        fields |= people.named(self.api, draft) | dict(draft.fields) | {"external_id": draft.key}
        try:
            answer = self.api.zenpy.create_ticket(fields, draft.key)
        except InvalidRequest as refused:
            return self._landed_before(draft.key, refused)
        with understood("POST /tickets"):
            ticket = self._ticket(answer["ticket"])
        email = usable_email(draft.requester.email)
        if email and ticket.requester_id:
            _keep(self.users, email, ticket.requester_id)
        return ticket

    def append_message(self, ticket_id: str, message: Message) -> str:
        comment = comments.comment(self.api, message.text, message.files)
        return self._said(self._say_for_customer(ticket_id, comment, message.id))

    def add_note(self, ticket_id: str, note: Note) -> str:
        comment = comments.comment(self.api, note.text)
        return self._said(self._say(ticket_id, {**comment, "public": False}, note.id))

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        public = not isinstance(entry, Note)
        author = self._requester_of(ticket_id) if public else None
        pages = self.api.comments(_number(ticket_id))
        with understood("GET /tickets/{id}/comments"):
            for raw in (raw for page in pages for raw in page["comments"]):
                mine = raw["public"] is public and author in (None, raw["author_id"])
                if mine and comments.same(raw, entry):
                    return str(raw["id"])
        return None

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data or len(file.data) > CAN.attachments:
            raise Unsupported(f"Zendesk takes files of 1 to {CAN.attachments} bytes")
        token, name = self.api.upload(file)
        comment = {"body": comments.body_of("", [file]), "uploads": [token]}
        self._say_for_customer(ticket_id, comment, file.id)
        return name

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        answer = self.api.call("GET", f"/attachments/{_number(file.id or '')}")
        with understood("GET /attachments/{id}"):
            url = str(answer["attachment"]["content_url"])
        return files.read(self.api.http, self.ports, url, own=self.config.root)

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        if status is Status.NEW:
            return self._renew(ticket_id)
        word = TO_VENDOR.get(status)
        if word is None:
            raise Unsupported(f"Zendesk has no status for {status}")
        try:
            answer = self._update(ticket_id, {"status": word})
        except Conflict:
            ticket = self.read_ticket(ticket_id)
            if status.done and ticket.status.done:
                return ticket
            raise
        with understood("PUT /tickets/{id}"):
            return self._ticket(answer["ticket"])

    def read_ticket(self, ticket_id: str) -> Ticket:
        answer = self.api.zenpy.ticket(_number(ticket_id))
        with understood("GET /tickets/{id}"):
            return self._ticket(answer["ticket"])

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return changes.of_ticket(self.api, _number(ticket_id))

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        user = self._user(requester)
        if user is None:
            return []
        query = {"sort_by": "created_at", "sort_order": "desc", "per_page": 10}
        path = f"/users/{user}/tickets/requested"
        answer = self.api.call("GET", path, params=query)
        with understood(f"GET {path}"):
            tickets = [words.ticket_of(raw, self.config) for raw in answer["tickets"]]
        never = datetime.min.replace(tzinfo=UTC)
        return sorted(tickets, key=lambda t: t.created_at or never, reverse=True)[:10]

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return hooks.ensure(self.api, url)  # Zendesk makes the secret itself

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _renew(self, ticket_id: str) -> Ticket:
        """The ticket if it is new still, else opened: no ticket becomes new again."""
        ticket = self.read_ticket(ticket_id)
        return ticket if ticket.status is Status.NEW else self.set_status(ticket_id, Status.OPEN)

    def _missing(self, role: str) -> list[str]:
        missing = []
        if role != "admin":
            missing.append(
                "This user is no admin: webhooks must be set up by hand, and changes are read from "
                "the list of tickets instead of Zendesk's export."
            )
        if self.config.uses_token:
            missing.append(
                f"API tokens stop working on {TOKENS_END}: make an OAuth client in Admin Center "
                "and enter its identifier and secret here instead."
            )
        return missing

    def _ticket(self, raw: Mapping[str, Any]) -> Ticket:
        """The ticket, whose requester we remember for its next messages."""
        ticket = words.ticket_of(raw, self.config)
        if ticket.requester_id:
            _keep(self.requesters, ticket.id, ticket.requester_id)
        return ticket

    def _requester_of(self, ticket_id: str) -> int:
        known = self.requesters.get(ticket_id) or self.read_ticket(ticket_id).requester_id
        with understood("GET /tickets/{id}"):
            return int(known or "")

    def _landed_before(self, key: str, refused: InvalidRequest) -> Ticket:
        """The ticket that took this Idempotency-Key, after the same key with another body."""
        landed = self.find_ticket(key) if "idempoten" in str(refused).casefold() else None
        if landed is None:
            raise refused
        return landed

    def _say_for_customer(
        self, ticket_id: str, comment: Mapping[str, Any], entry_id: str | None
    ) -> Any:
        """Add a public comment in the requester's name: as if the customer had answered."""
        before = self.requesters.get(ticket_id)
        public = {**comment, "public": True, "author_id": self._requester_of(ticket_id)}
        try:
            return self._say(ticket_id, public, entry_id)
        except InvalidRequest:  # `_update` has read the ticket again
            if before in (None, self.requesters.get(ticket_id)):
                raise
            # Merged into another user since we remembered who it was.
            public["author_id"] = self._requester_of(ticket_id)
            return self._say(ticket_id, public, entry_id)

    def _say(self, ticket_id: str, comment: Mapping[str, Any], entry_id: str | None) -> Any:
        """Add a comment, with the hub's id for it where `find_entry` looks; Zendesk's answer."""
        return self._update(ticket_id, {"comment": comment} | _marked(entry_id))

    def _said(self, answer: Any) -> str:
        """The id of the comment that an update has made."""
        with understood("PUT /tickets/{id}"):
            self._ticket(answer["ticket"])  # whose requester an agent may have changed
            events = answer["audit"]["events"]
            return str(next(event["id"] for event in events if event["type"] == "Comment"))

    def _update(self, ticket_id: str, fields: Mapping[str, Any]) -> Any:
        try:
            return self.api.zenpy.update_ticket(_number(ticket_id), fields)
        except InvalidRequest as refused:
            # "Status: closed prevents ticket update" comes as 422, like every other complaint; and
            # who asks may be another user since.
            if self.read_ticket(ticket_id).status is Status.CLOSED:
                raise Conflict(str(refused)) from None
            raise

    def _user(self, requester: Requester) -> int | str | None:
        """The id of the user who is this customer, if there is one."""
        known = self.users.get(usable_email(requester.email) or "")
        return known or people.find(self.api, requester)


def _marked(entry_id: str | None) -> dict[str, Any]:
    """The hub's id of what is written."""
    return {"metadata": {"hub_entry": entry_id}} if entry_id else {}


def _keep(known: dict[str, str], name: str, value: str) -> None:
    """Remember, but not without end."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[name] = value


def _number(ticket_id: str) -> str:
    """The id of a ticket or a file, which is a number at Zendesk and goes into an address."""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise NotFound("this is no number of Zendesk's")
    return ticket_id
