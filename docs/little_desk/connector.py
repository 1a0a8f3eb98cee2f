"""Little Desk behind the contract."""

import base64
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from connectors import files, transcript
from connectors.base import Connector, Ports
from connectors.errors import NotFound, Unsupported
from connectors.http import understood
from connectors.little_desk import webhook, words
from connectors.little_desk.api import Api
from connectors.little_desk.config import (
    CAN,
    FILE_LIMIT,
    NAME,
    SUBJECT_LIMIT,
    TITLE,
    TO_VENDOR,
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

TICKETS, FILES, FORM, HOOKS = "/v1/tickets", "/v1/files", "/v1/fields", "/v1/webhooks"


class LittleDesk(Connector):
    """One Little Desk account."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)

    def verify(self) -> Account:
        me = self.api.get("/v1/me")
        with understood("GET /v1/me"):
            may_write = "write" in me["rights"]
            missing = () if may_write else ("This token may not write: make one that may.",)
            return Account(id=str(int(me["id"])), name=str(me["account"]), missing=missing)

    def fields(self) -> tuple[Field, ...]:
        answer = self.api.get(FORM)
        with understood("GET /v1/fields"):
            return tuple(words.field_of(raw) for raw in answer["fields"])

    def find_ticket(self, key: str) -> Ticket | None:
        found = [ticket for ticket in self._list(external_id=key) if ticket.key == key]
        return min(found, key=lambda ticket: int(ticket.id), default=None)

    def create_ticket(self, draft: Draft) -> Ticket:
        said = draft.transcript
        sent = _sent(file for message in said for file in message.files)
        form = {
            "subject": draft.subject,
            "comment": {"text": transcript.as_text(said), "files": sent},
            "requester": _person(draft.requester),
        }
        form |= dict(draft.fields) | {"external_id": draft.key}
        form["subject"] = " ".join(str(form["subject"]).split())[:SUBJECT_LIMIT] or "-"
        return self._ticket(self.api.send("POST", TICKETS, form))

    def append_message(self, ticket_id: str, message: Message) -> str:
        text = transcript.with_links(message.text, message.files)
        return self._write(ticket_id, text, message.id, sent=message.files)

    def add_note(self, ticket_id: str, note: Note) -> str:
        return self._write(ticket_id, transcript.clean(note.text), note.id, public=False)

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        raw = self.api.get(_path(ticket_id))
        with understood("GET /v1/tickets/{id}"):
            found = [one["id"] for one in raw["comments"] if one["external_id"] == entry.id]
            return str(int(found[0])) if entry.id and found else None

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data or len(file.data) > FILE_LIMIT:
            raise Unsupported(f"Little Desk takes files of 1 to {FILE_LIMIT} bytes")
        return self._write(ticket_id, files.safe_name(file.name), file.id, sent=[file])

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        root = self.config.root
        url = f"{root}{FILES}/{_number(file.id or '')}"
        return files.read(self.api.http, self.ports, url, own=root)

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        word = TO_VENDOR.get(status)
        if word is None:
            raise Unsupported(f"Little Desk has no status for {status}")
        return self._ticket(self.api.send("PATCH", _path(ticket_id), {"status": word}))

    def read_ticket(self, ticket_id: str) -> Ticket:
        return self._ticket(self.api.get(_path(ticket_id)))

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        query = {"since": _stamp(after)} if isinstance(after, datetime) else {"cursor": after}
        answer = self.api.get(f"{TICKETS}/changed", **query)
        with understood("GET /v1/tickets/changed"):
            rows = answer["tickets"]
            changes = [change for raw in rows for change in words.changes_of(raw, self.config)]
            changes.sort(key=lambda change: change.at)
            cursor, more = str(answer["cursor"]), bool(answer["more"])
        return ChangePage(changes=tuple(changes), cursor=cursor, more=more)

    def read_changes(self, ticket_id: str) -> list[Change]:
        raw = self.api.get(_path(ticket_id))
        with understood("GET /v1/tickets/{id}"):
            return words.changes_of(raw, self.config)

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        who = requester.id or requester.email
        return self._list(requester=who)[:10] if who else []

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        form = {"url": url, "secret": secret}
        known = self.api.get(HOOKS)
        with understood("GET /v1/webhooks"):
            mine = [int(hook["id"]) for hook in known["webhooks"] if hook["url"] == url]
        call = ("PUT", f"{HOOKS}/{mine[0]}") if mine else ("POST", HOOKS)
        made = self.api.send(*call, form)
        with understood("POST /v1/webhooks"):
            return Registration(id=str(int(made["id"])), secret=secret)

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)

    def _list(self, **query: str) -> list[Ticket]:
        """The tickets that a query finds, newest first."""
        answer = self.api.get(TICKETS, **query)
        with understood("GET /v1/tickets"):
            return [words.ticket_of(raw, self.config) for raw in answer["tickets"]]

    def _write(
        self,
        ticket_id: str,
        text: str,
        entry_id: str | None,
        *,
        public: bool = True,
        sent: Iterable[File] = (),
    ) -> str:
        """Add a comment with our id in it; its id at the desk."""
        form = {"text": text, "public": public, "external_id": entry_id, "files": _sent(sent)}
        made = self.api.send("POST", f"{_path(ticket_id)}/comments", form)
        with understood("POST /v1/tickets/{id}/comments"):
            return str(int(made["id"]))

    def _ticket(self, raw: Any) -> Ticket:
        with understood("a ticket"):
            return words.ticket_of(raw, self.config)


def _path(ticket_id: str) -> str:
    return f"{TICKETS}/{_number(ticket_id)}"


def _number(text: str) -> str:
    """The id of a ticket or a file, which is a number at Little Desk and goes into a path."""
    if not (text.isascii() and text.isdecimal()):
        raise NotFound("this is no number of Little Desk's")
    return text


def _person(who: Requester) -> dict[str, str]:
    """What is known of the customer; nothing is made up for the rest."""
    known = {"id": who.id, "name": who.name, "email": who.email, "phone": who.phone}
    return {name: transcript.clean(value) for name, value in known.items() if value}


def _sent(wanted: Iterable[File]) -> list[dict[str, str]]:
    """The files with bytes that Little Desk takes; the others are links in the text."""
    return [
        {
            "name": files.safe_name(file.name),
            "type": file.content_type,
            "data": base64.b64encode(file.data).decode(),
        }
        for file in wanted
        if file.data and len(file.data) <= FILE_LIMIT
    ]


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
