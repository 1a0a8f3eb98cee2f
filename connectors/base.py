"""The contract that every desk keeps, and that `tests/contract/` puts to each of them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, Field

from connectors import types
from connectors.auth import MemoryTokens, TokenStore
from connectors.errors import Unsupported
from connectors.http import CONNECT_TIMEOUT, READ_TIMEOUT, Throttle, Unthrottled, Ways, anywhere
from connectors.oauth import Consent
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


class Config(BaseModel, frozen=True, extra="forbid"):
    """The credentials form of a desk; secrets are `SecretStr`."""

    base_url: str | None = Field(
        None, title="Another address", description="Only for a sandbox desk: its address here."
    )
    status_words: dict[str, Status] = Field(
        {}, title="Status words", description="This account's own words, over the desk's defaults."
    )


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a desk can do: data for the hub, the docs and the contract tests."""

    find_by_key: bool
    find_lag: int = 0  # seconds a new ticket may stay invisible to find_ticket
    notes: bool = True
    attachments: int = 0  # largest file in bytes, 0 = none
    webhooks: Literal["signed", "secret", "none"] = "none"
    registers_webhooks: bool = False
    polling: bool = True
    rounds: int = 1  # from one poll to the next: more where a question costs credits of the day
    reopen: bool = True
    concurrency: int = 8  # calls in flight that the desk bears well
    rate: int | None = None  # calls a minute of the smallest plan, None = unlimited
    rate_over: int = 60  # seconds over which the desk counts them: 86,400 where a day has so many


def no_download(url: str) -> Iterator[bytes]:
    """Nothing from other hosts than the desk's own."""
    raise Unsupported("this connector was given no way to other hosts")


@dataclass(frozen=True, kw_only=True)
class Ports:
    """What a connector is given of the world: the clock, the pace, the token store."""

    now: Callable[[], datetime]
    throttle: Throttle = field(default_factory=Unthrottled)
    tokens: TokenStore = field(default_factory=MemoryTokens)
    native: Any = None  # live_chat only: the hub's own desk (`connectors.live_chat.desk`)
    timeout: tuple[float, float] = (CONNECT_TIMEOUT, READ_TIMEOUT)  # seconds: connect, read
    ways: Ways = anywhere  # who dials: `Http` is made of these ports
    download: Callable[[str], Iterator[bytes]] = no_download  # from any public host, guarded


class Connector(ABC):
    """One account at one desk; no state beyond its config and its HTTP session.

    Every call raises `connectors.errors` and nothing else.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    Config: ClassVar[type[Config]]
    can: ClassVar[Capabilities]
    # Where a person may let the hub in at the desk's own page, and the hub keeps the token. Such a
    # desk's Config has the field `authorized` (`connectors.oauth.Form`).
    consent: ClassVar[Consent | None] = None
    # Media type and body of the 200 without which the desk takes a webhook for lost; None = any.
    acknowledges: ClassVar[tuple[str, bytes] | None] = None

    def __init__(self, config: Any, ports: Ports) -> None:
        self.config = config
        self.ports = ports

    @abstractmethod
    def verify(self) -> Account:
        """Tell who we are at the desk and what is missing, with a cheap read."""

    def fields(self) -> tuple[types.Field, ...] | None:
        """The fields of a new ticket at this account; None where the desk cannot list them."""
        return None

    @abstractmethod
    def find_ticket(self, key: str) -> Ticket | None:
        """The ticket created with `key`, visible at most `can.find_lag` seconds late."""

    @abstractmethod
    def create_ticket(self, draft: Draft) -> Ticket:
        """Create the ticket with the whole transcript, `draft.key` in the same request.

        An error says that there is no ticket, but for `Unavailable` with `sent`: what fails after
        the desk has taken the ticket is told as that (`connectors.http.landed`).
        """

    def complete_ticket(self, ticket_id: str, draft: Draft) -> None:  # noqa: B027
        """Send what a create that failed half way has left out; again and again, each once.

        Only for desks whose create takes more than one request; the others have nothing to add.
        """

    @abstractmethod
    def append_message(self, ticket_id: str, message: Message) -> str:
        """Add what the customer wrote, as the customer; the id under which the desk echoes it."""

    @abstractmethod
    def add_note(self, ticket_id: str, note: Note) -> str:
        """Add a note for the desk's people only; its id at the desk."""

    @abstractmethod
    def find_entry(self, ticket_id: str, entry: Message | Note | File) -> str | None:
        """The id of `entry` if it already stands in the ticket: asked after a lost answer.

        A file is known again by its `id`, which `attach` has left there; its bytes aren't needed.
        """

    @abstractmethod
    def attach(self, ticket_id: str, file: File) -> str:
        """Add a file to the ticket, as the customer; its id at the desk.

        `Unsupported` or `InvalidRequest` without bytes, or with more than `can.attachments`.
        """

    @abstractmethod
    def fetch_file(self, ticket_id: str, file: File) -> Iterator[bytes]:
        """The bytes of a file that a change told, as they come; `NotFound` when it is gone."""

    @abstractmethod
    def set_status(self, ticket_id: str, status: Status) -> Ticket:
        """Bring the ticket to `status`, or to the nearest that the desk allows."""

    @abstractmethod
    def read_ticket(self, ticket_id: str) -> Ticket:
        """The ticket as it is now."""

    @abstractmethod
    def fetch_changes(self, after: datetime | str) -> ChangePage:
        """What happened to tickets created with a key since a time or a cursor, oldest first."""

    def read_changes(self, ticket_id: str) -> list[Change]:
        """All that `fetch_changes` would tell of one ticket, under the same ids: after a hint."""
        raise Unsupported(f"{self.title} tells changes when it is polled only")

    @abstractmethod
    def previous_tickets(self, requester: Requester) -> list[Ticket]:
        """The requester's latest tickets at this desk, newest first, at most ten."""

    @abstractmethod
    def ensure_webhooks(self, url: str, secret: str) -> Registration:
        """Create or repair our webhook to `url`, or tell the steps for a person."""

    @abstractmethod
    def verify_signature(self, delivery: Delivery) -> None:
        """Raise `BadDelivery` unless the desk sent these bytes within the last 300 seconds."""

    @abstractmethod
    def parse_webhook(self, delivery: Delivery) -> list[Change]:
        """The changes that a delivery tells, purely; an event that we don't use is no change."""
