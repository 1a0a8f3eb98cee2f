"""Help Scout behind the contract; a ticket is a conversation there, and an entry is a thread."""

from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, InvalidRequest, NotFound, Unsupported
from connectors.help_scout import changes, fields, hooks, people, threads, webhook, words
from connectors.help_scout.api import Api
from connectors.help_scout.config import CAN, CONSENT, NAME, TITLE, TO_VENDOR, Config
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

CONVERSATIONS = "/conversations"
JUST_NOW = timedelta(minutes=15)  # longer than the search index can be late, we hope


class HelpScout(Connector):
    """One Help Scout account and the inbox where its tickets begin."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN
    consent = CONSENT

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)

    def verify(self) -> Account:
        me = self.api.get("/users/me")
        with understood("GET /users/me"):
            names = [me.get("firstName"), me.get("lastName")]
            name = " ".join(str(n) for n in names if n) or str(me["email"])
            account = str(int(me["id"]))
        return Account(id=account, name=name, missing=tuple(self._missing(name)))

    def fields(self) -> tuple[Field, ...]:
        return fields.fields(self.api)

    def find_ticket(self, key: str) -> Ticket | None:
        """Search for the tag; the index may be late, so look also at what changed just now."""
        searched = self._search(f'(tag:"{_quoted(key)}")')
        mine = [ticket for ticket in searched if ticket.key == key]
        return min(mine, key=lambda ticket: int(ticket.id), default=None) or self._recent(key)

    def create_ticket(self, draft: Draft) -> Ticket:
        who = people.customer(draft.requester, draft.key)
        said, note = threads.opening(draft)
        form = {
            "subject": draft.subject or "-",
            "type": "email",
            "status": "active",
            "mailboxId": self.config.mailbox_id,
            "customer": who,
            "threads": [{**said, "customer": who}, note],
        }
        tags = [tag for tag in draft.fields.get("tags") or () if tag != draft.key]
        form |= dict(draft.fields) | {"tags": [draft.key, *tags]}
        number = self.api.post(CONVERSATIONS, form)
        with landed(f"POST {CONVERSATIONS}"):
            return self.read_ticket(number)

    def append_message(self, ticket_id: str, message: Message) -> str:
        return self._say_as_customer(ticket_id, threads.body_of(message))

    def add_note(self, ticket_id: str, note: Note) -> str:
        return self.api.post(f"{_path(ticket_id)}/notes", threads.body_of(note))

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        kind = "note" if isinstance(entry, Note) else "customer"
        for raw in self.api.pages(f"{_path(ticket_id)}/threads", "threads"):
            with understood("GET /conversations/{id}/threads"):
                if raw["type"] == kind and threads.same(raw, entry):
                    return str(int(raw["id"]))
        return None

    def attach(self, ticket_id: str, file: File) -> str:
        return self._say_as_customer(ticket_id, threads.file_body(file))

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        told = self.api.file(f"{_path(ticket_id)}/attachments/{_number(file.id or '')}/data")
        with understood("GET /conversations/{id}/attachments/{id}/data"):
            return iter((b64decode(told["data"], validate=True),))

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        word = TO_VENDOR.get(status)
        if word is None:
            raise Unsupported(f"Help Scout has no status for {status}")
        change = {"op": "replace", "path": "/status", "value": word}  # one operation at a time
        self.api.write("PATCH", _path(ticket_id), change)
        return self.read_ticket(ticket_id)

    def read_ticket(self, ticket_id: str) -> Ticket:
        raw = self.api.get(_path(ticket_id))
        with understood("GET /conversations/{id}"):
            return words.ticket_of(raw, self.config)

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        return changes.fetch(self.api, after)

    def read_changes(self, ticket_id: str) -> list[Change]:
        return changes.of_ticket(self.api, _path(ticket_id))

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        address = people.address_of(requester)
        if address is None:
            return []
        order = {"sortField": "createdAt", "sortOrder": "desc"}
        return self._search(f'(email:"{_quoted(address)}")', **order)[:10]

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return hooks.ensure(self.api, url, secret)

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _missing(self, name: str) -> list[str]:
        try:
            self.api.get(f"/mailboxes/{self.config.mailbox_id}")
        except (AuthFailed, NotFound, InvalidRequest):
            return [f"There is no mailbox {self.config.mailbox_id} (inbox) that {name} may see."]
        return []

    def _search(self, query: str, **order: str) -> list[Ticket]:
        return self._tickets(self.api.get(CONVERSATIONS, status="all", query=query, **order))

    def _recent(self, key: str) -> Ticket | None:
        """The ticket among all that changed just now, however many pages they fill.

        Newest first by creation: a place in that order changes by no news meanwhile.
        """
        asked = changes.recent(self.api.ports.now() - JUST_NOW, "createdAt")
        with understood("GET /conversations"):
            for raw in self.api.pages(CONVERSATIONS, "conversations", **asked):
                if words.key_of(raw) == key:
                    return words.ticket_of(raw, self.config)
        return None

    def _tickets(self, answer: Any) -> list[Ticket]:
        with understood("GET /conversations"):
            rows = answer.get("_embedded", {}).get("conversations", [])
            if "page" not in answer:
                raise KeyError("page")
            return [words.ticket_of(raw, self.config) for raw in rows]

    def _say_as_customer(self, ticket_id: str, body: dict[str, Any]) -> str:
        """Add a thread in the customer's name, which opens a closed conversation again."""
        customer = self.read_ticket(ticket_id).requester_id
        with understood("GET /conversations/{id}"):
            who = {"customer": {"id": int(customer or "")}}
        return self.api.post(f"{_path(ticket_id)}/customer", who | body)


def _path(ticket_id: str) -> str:
    """The path of a ticket, whose id is a number at Help Scout."""
    return f"{CONVERSATIONS}/{_number(ticket_id)}"


def _number(name: str) -> str:
    """The id of a conversation or a file, which goes into an address."""
    if not (name.isascii() and name.isdecimal()):
        raise NotFound("this is no number of Help Scout's")
    return name


def _quoted(text: str) -> str:
    """`text` for between the quotation marks of a search."""
    return text.replace("\\", "").replace('"', "")
