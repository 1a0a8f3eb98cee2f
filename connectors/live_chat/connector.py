"""The native desk behind the contract: every call is the desk's own."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from connectors.base import Config, Connector, Ports
from connectors.errors import BadDelivery, InvalidRequest, Unsupported
from connectors.files import safe_name
from connectors.live_chat.config import CAN, LiveChatConfig
from connectors.live_chat.desk import Desk
from connectors.live_chat.fields import FIELDS
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


class LiveChat(Connector):
    """The hub's own help desk."""

    name = "live_chat"
    title = "Help Desk (built in)"
    Config: ClassVar[type[Config]] = LiveChatConfig
    can = CAN

    def __init__(self, config: LiveChatConfig, ports: Ports) -> None:
        super().__init__(config, ports)
        self.desk: Desk = ports.native

    def verify(self) -> Account:
        return Account(id="live_chat", name=self.title)

    def fields(self) -> tuple[Field, ...]:
        return FIELDS

    def find_ticket(self, key: str) -> Ticket | None:
        return self.desk.find(key)

    def create_ticket(self, draft: Draft) -> Ticket:
        return self.desk.create(draft, self.config.assignment)

    def append_message(self, ticket_id: str, message: Message) -> str:
        for file in message.files:
            _check_size(file)
        return self.desk.add(ticket_id, message)

    def add_note(self, ticket_id: str, note: Note) -> str:
        return self.desk.add(ticket_id, note)

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        return self.desk.find_entry(ticket_id, entry)

    def attach(self, ticket_id: str, file: File) -> str:
        if not file.data:
            raise Unsupported("the Help Desk takes files with their bytes only")
        _check_size(file)
        return self.desk.add(ticket_id, replace(file, name=safe_name(file.name)))

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        return iter((self.desk.open_file(ticket_id, file.id or ""),))

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        return self.desk.set_status(ticket_id, status)

    def read_ticket(self, ticket_id: str) -> Ticket:
        return self.desk.read(ticket_id)

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        cursor = after if isinstance(after, str) else f"at:{after.isoformat()}"
        changes, cursor, more = self.desk.changes(cursor)
        return ChangePage(changes=tuple(changes), cursor=cursor, more=more)

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        return self.desk.previous(requester)

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        return Registration()  # nothing to register and nothing to do by hand

    def verify_signature(self, delivery: Delivery) -> None:
        raise BadDelivery("the native desk sends no webhooks")

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        raise BadDelivery("the native desk sends no webhooks")


def _check_size(file: File) -> None:
    if file.data is not None and len(file.data) > CAN.attachments:
        raise InvalidRequest(f"{file.name} is larger than {CAN.attachments} bytes")
