"""New Desk behind the contract."""

from datetime import datetime
from typing import Any

from connectors._template import webhook
from connectors._template.api import Api
from connectors._template.config import CAN, NAME, TITLE, Config
from connectors.base import Connector, Ports
from connectors.types import (
    Account,
    Change,
    ChangePage,
    Delivery,
    Draft,
    File,
    Message,
    Note,
    Registration,
    Requester,
    Status,
    Ticket,
)


class NewDesk(Connector):
    """One New Desk account."""

    name = NAME
    title = TITLE
    Config = Config
    can = CAN

    def __init__(self, config: Any, ports: Ports) -> None:
        super().__init__(config, ports)
        self.api = Api(config, ports)

    def verify(self) -> Account:
        # WRITE: ask the desk who we are. A right or setting that is missing is a sentence in
        # `missing` that names it, not an error; refused credentials raise AuthFailed by themselves.
        raise NotImplementedError

    def find_ticket(self, key: str) -> Ticket | None:
        # WRITE: search by the field in which create_ticket stamps the key. Compare the key
        # itself: searches like to find what is only similar.
        raise NotImplementedError

    def create_ticket(self, draft: Draft) -> Ticket:
        # WRITE: one request that makes the ticket with `draft.key`, the requester as far as known,
        # the whole transcript (connectors/transcript.py) and `draft.fields`, the mapping's result.
        # Most of the tests wait for this one and for read_ticket.
        raise NotImplementedError

    def append_message(self, ticket_id: str, message: Message) -> str:
        # WRITE: a public comment in the customer's name, never in an agent's; its files too, or
        # their links. A text over the vendor's limit goes whole as a file: transcript.text_file.
        # Return the id under which the desk will tell it.
        raise NotImplementedError

    def add_note(self, ticket_id: str, note: Note) -> str:
        # WRITE: a private comment.
        raise NotImplementedError

    def find_entry(self, ticket_id: str, entry: Message | Note) -> str | None:
        # WRITE: after a lost answer: does `entry` stand in the ticket? Best by `entry.id` in a
        # field of the comment; if the vendor has none, see connectors/help_scout/threads.py.
        raise NotImplementedError

    def attach(self, ticket_id: str, file: File) -> str:
        # WRITE: a file alone. One without bytes or over FILE_LIMIT: raise Unsupported.
        raise NotImplementedError

    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        # WRITE: the word in TO_VENDOR; for a status that is not there raise Unsupported.
        raise NotImplementedError

    def read_ticket(self, ticket_id: str) -> Ticket:
        # WRITE: the ticket now. Check `ticket_id` before it becomes part of a path ("../me", "").
        # Deleted is NotFound.
        raise NotImplementedError

    def fetch_changes(self, after: datetime | str) -> ChangePage:
        # WRITE: what changed since a time, or since a cursor of an earlier page, oldest first.
        # Better told twice than missed: the hub knows a change by its `id`. Does the list move
        # while you walk through its pages, are its times whole seconds? Then begin the next walk
        # a little before the end of this one.
        raise NotImplementedError

    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        # WRITE: newest first, at most ten; of nobody in particular, none.
        raise NotImplementedError

    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        # WRITE: look for a webhook to `url` and repair it, or make one; never a second. If only a
        # person can make it, return the `steps` in sentences.
        raise NotImplementedError

    def verify_signature(self, delivery: Delivery) -> None:
        webhook.verify(delivery)

    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        return webhook.parse(delivery, self.config)
