"""Freshdesk behind the contract."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from connectors.base import Connector, Ports
from connectors.errors import InvalidRequest, NotFound, Unsupported
from connectors.freshdesk import bodies, changes, fields, webhook, words
from connectors.freshdesk.api import Api
from connectors.freshdesk.config import (
    AGES_AGO,
    ATTACHMENTS,
    CAN,
    FROM_VENDOR,
    INDEX_LAG,
    NAME,
    SUBJECT_LIMIT,
    TITLE,
    TO_VENDOR,
    Config,
)
from connectors.http import landed, understood
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

REMEMBERED = 1000  # tickets whose requester we know without asking
WHO = {"email", "requester_id", "phone", "unique_external_id", "facebook_id", "twitter_id"}
EVERYWHERE = 1  # an agent's `ticket_scope`; 2 is the agent's groups, 3 the agent's own tickets


class Freshdesk(Connector):
    """One Freshdesk account."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)
        self.requesters: dict[str, str] = {}

    def verify(self) -> Account:
        me = self.api.call("GET", "/agents/me")
        with understood("GET /agents/me"):
            name = f"{me['contact']['name']} at {self.config.domain}.freshdesk.com"
            scope = me.get("ticket_scope", EVERYWHERE)
            return Account(
                id=str(me["id"]),
                name=name,
                organization=self.config.domain,
                missing=_missing(scope),
            )

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        """The newest tickets from the list, older ones by the search, which is minutes late."""
        found = self._recent(key) or self._search(key)
        with understood("GET /tickets"):
            first = min(found, key=lambda raw: int(raw["id"]), default=None)
            return self._ticket(first) if first else None

    def create_ticket(self, draft: Draft) -> Ticket:
        fields = dict(draft.fields)
        lead = str(fields.pop("description", "") or "")
        description, files = bodies.opening(draft, lead)
        subject = _subject(str(fields.pop("subject", "") or draft.subject))
        tags = fields.pop("tags", None) or []
        tags = [tags] if isinstance(tags, str) else list(tags)
        whole = {"subject": subject, "description": description, "status": 2, "priority": 1}
        whole |= {} if WHO & fields.keys() else _requester(draft)
        raw = self.api.write("/tickets", whole | fields | {"tags": [*tags, draft.key]}, files)
        with landed("POST /tickets"), understood("POST /tickets"):
            return self._ticket(raw)  # an own status has the account's words read

    def append_message(self, ticket_id: str, message: Message) -> str:
        body, files = bodies.entry(message)
        return self._say_for_customer(ticket_id, body, files)

    def add_note(self, ticket_id: str, note: Note) -> str:
        body, files = bodies.entry(note)
        return str(self._say(ticket_id, {"body": body, "private": True}, files)["id"])

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        self.read_ticket(ticket_id)  # a deleted one still shows what was said
        mark, private = bodies.mark(entry), isinstance(entry, Note)
        with understood("GET /tickets/{id}/conversations"):
            for raw in reversed(changes.conversations(self.api, ticket_id)):
                if raw["private"] is private and mark in (raw.get("body") or ""):
                    return str(raw["id"])
        return None

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data or len(file.data) > ATTACHMENTS:
            raise Unsupported(f"Freshdesk takes files of 1 to {ATTACHMENTS} bytes")
        return self._say_for_customer(ticket_id, bodies.of_file(file), [file])

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        with understood("GET /tickets/{id}/conversations"):
            for raw in reversed(changes.conversations(self.api, _number(ticket_id))):
                for one in raw.get("attachments") or ():
                    if str(one["id"]) == file.id:  # with an address that is good for a while
                        return self.ports.download(one["attachment_url"])
        raise NotFound("the file is not in this ticket any more")

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        number = self._on_hold() if status is Status.ON_HOLD else None
        number = number or TO_VENDOR.get(status)
        if number is None:
            raise Unsupported(f"Freshdesk has no status for {status}")
        raw = self._write(f"/tickets/{_number(ticket_id)}", {"status": number}, method="PUT")
        with understood("PUT /tickets/{id}"):
            return self._ticket(raw)

    def read_ticket(self, ticket_id: str) -> Ticket:
        raw = self.api.call("GET", f"/tickets/{_number(ticket_id)}")
        with understood("GET /tickets/{id}"):
            if raw.get("deleted") or raw.get("spam"):
                raise NotFound(f"ticket {ticket_id} is deleted, or spam")
            return self._ticket(raw)

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return changes.of_ticket(self.api, _number(ticket_id))

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        who = _known(requester)
        if not who:
            return []
        order = {"order_by": "created_at", "order_type": "desc", "per_page": 10}
        try:
            rows = self.api.call(
                "GET", "/tickets", params={**who, **order, "updated_since": AGES_AGO}
            )
        except InvalidRequest as refused:
            if who.keys() & refused.fields.keys():  # "There is no contact matching ..."
                return []
            raise
        with understood("GET /tickets"):
            return [words.ticket_of(raw, self.api) for raw in rows][:10]

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return Registration(secret=secret, steps=webhook.steps(url, secret))

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery)

    def _recent(self, key: str) -> list[Mapping[str, Any]]:
        """From the list, newest first, as far back as the search may not know yet."""
        since = self.ports.now() - INDEX_LAG
        order = {"order_by": "created_at", "order_type": "desc"}
        with understood("GET /tickets"):
            for rows in self.api.pages("/tickets", order):
                found = [raw for raw in rows if key in raw["tags"]]
                if found or (rows and words.time_of(rows[-1]["created_at"]) < since):
                    return found
        return []

    def _search(self, key: str) -> list[Mapping[str, Any]]:
        query = "\"tag:'" + key.replace("'", "").replace('"', "") + "'\""
        answer = self.api.call("GET", "/search/tickets", params={"query": query})
        with understood("GET /search/tickets"):
            return [raw for raw in answer["results"] if key in raw["tags"]]

    def _ticket(self, raw: Mapping[str, Any]) -> Ticket:
        """The ticket, whose requester we remember for its next messages."""
        ticket = words.ticket_of(raw, self.api)
        if len(self.requesters) >= REMEMBERED:
            self.requesters.clear()
        if ticket.requester_id:
            self.requesters[ticket.id] = ticket.requester_id
        return ticket

    def _say_for_customer(self, ticket_id: str, body: str, files: Sequence[File]) -> str:
        """A public note in the requester's name: as if the customer had answered."""
        before = self.requesters.get(ticket_id)
        try:
            made = self._say(ticket_id, self._customer(ticket_id, body), files)
        except InvalidRequest:  # `_write` has read the ticket again
            if before in (None, self.requesters.get(ticket_id)):
                raise
            # Merged into another contact since we remembered who it was.
            made = self._say(ticket_id, self._customer(ticket_id, body), files)
        return str(made["id"])

    def _customer(self, ticket_id: str, body: str) -> dict[str, Any]:
        known = self.requesters.get(ticket_id) or self.read_ticket(ticket_id).requester_id
        with understood("GET /tickets/{id}"):
            return {"body": body, "private": False, "incoming": True, "user_id": int(known or "")}

    def _say(self, ticket_id: str, fields: Mapping[str, Any], files: Sequence[File]) -> Any:
        made = self._write(f"/tickets/{_number(ticket_id)}/notes", fields, files)
        with understood("POST /tickets/{id}/notes"):
            return {"id": made["id"]}

    def _write(
        self, path: str, fields: Mapping[str, Any], files: Sequence[File] = (), method: str = "POST"
    ) -> Any:
        try:
            return self.api.write(path, fields, files, method=method)
        except InvalidRequest:
            ticket_id = path.split("/")[2]
            self.read_ticket(ticket_id)  # a deleted ticket or spam gives 405; who asks may be new
            raise

    def _on_hold(self) -> int | None:
        """The account's own status for waiting on others, if it has one."""
        own = {word for word, status in self.config.status_words.items() if status == "on_hold"}
        known = {word for word, status in FROM_VENDOR.items() if status is Status.ON_HOLD}
        found = (self.api.number(word.casefold()) for word in sorted(own | known))
        return next((number for number in found if number), None)


def _missing(scope: Any) -> tuple[str, ...]:
    if scope == EVERYWHERE:
        return ()
    words = "This agent's ticket scope is not Global Access: tickets of other groups stay unseen."
    return (words,)


def _requester(draft: Draft) -> dict[str, Any]:
    """The customer, whom Freshdesk finds or makes: by email, else by the bot's own id."""
    who = draft.requester
    if who.email:
        return {"email": who.email, "name": who.name or who.email}
    name = who.name or who.phone or "Customer"
    return {"unique_external_id": _external(who.id or draft.key), "name": name}


def _known(who: Requester) -> dict[str, str]:
    if who.email:
        return {"email": who.email}
    return {"unique_external_id": _external(who.id)} if who.id else {}


def _external(bot_id: str) -> str:
    """The bot's id as a contact's, apart from the account's own numbers."""
    return f"bot:{bot_id}"


def _subject(text: str) -> str:
    """One line, not empty and not too long; the whole conversation stands in the description."""
    line = " ".join(text.replace("\0", "").split()) or "(no subject)"
    return line if len(line) <= SUBJECT_LIMIT else line[: SUBJECT_LIMIT - 1] + "…"


def _number(ticket_id: str) -> str:
    """The id of a ticket, which is a number at Freshdesk and goes into an address."""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        raise NotFound("this is no ticket's number")
    return ticket_id
