"""New Desk behind the contract."""

from collections.abc import Iterator
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
    Field,
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

    def fields(self) -> tuple[Field, ...] | None:
        # WRITE: what a new ticket of this account may have, by the paths that a mapping writes,
        # with the values it takes. A desk that cannot list them: remove this call.
        raise NotImplementedError

    def find_ticket(self, key: str) -> Ticket | None:
        # WRITE: search by the field in which create_ticket stamps the key. Compare the key
        # itself: searches like to find what is only similar.
        raise NotImplementedError

    def create_ticket(self, draft: Draft) -> Ticket:
        # WRITE: one request that makes the ticket with `draft.key`, the requester as far as known,
        # the whole transcript (connectors/transcript.py) and `draft.fields`, the mapping's result.
        # What a second request has to do goes into `with landed(...)`, and into complete_ticket.
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

    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        # WRITE: after a lost answer: does `entry` stand in the ticket? Best by `entry.id` in a
        # field of the comment; if the vendor has none, see connectors/help_scout/threads.py. Of a
        # file only its `id` and its name are known here.
        raise NotImplementedError

    def attach(self, ticket_id: str, file: File) -> str:
        # WRITE: a file alone, as the customer: its name by files.safe_name, its `file.id` where
        # find_entry looks. One without bytes or over FILE_LIMIT: raise Unsupported.
        raise NotImplementedError

    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        # WRITE: an agent's file by the `id` that changes_of gave it, which is checked like a
        # ticket's; an address that dies is asked for anew. files.read fetches it: as a stream, and
        # with our credentials at the desk's own address only.
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

    def read_changes(self, ticket_id: str) -> list[Change]:
        # WRITE: what fetch_changes would tell of this ticket, under the same ids, read from the
        # ticket itself. The hub asks for it after a webhook that is only a hint. A desk without
        # webhooks: remove this call.
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
