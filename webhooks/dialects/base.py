"""The contract of a dialect: how one bot platform signs and words its events.

A dialect is a module with these functions. They are pure: no clock, no network, no database. One
that speaks back has `SPEAKS` and `speak` as well.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, Protocol

from webhooks import jsonbody
from webhooks.events import Event
from webhooks.outbound import Outgoing

TOLERANCE = 300  # seconds that a signed time may differ from our clock, either way


@dataclass(frozen=True)
class Delivery:
    """One request as it arrived; the names of `headers` are lower-case.

    `options` is what the source was set up with, checked by `check_options`.
    """

    headers: Mapping[str, str]
    body: bytes
    options: Mapping[str, Any] = field(default_factory=dict)
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body, parsed once; Unreadable if it is not JSON that we take."""
        return jsonbody.parse(self.body)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the body, in hex."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class Told:
    """An event of ours that a platform is to hear of; `chat` is its own id of the conversation."""

    id: str
    type: str
    data: Mapping[str, Any] = field(repr=False)
    chat: str


class Dialect(Protocol):
    """What every dialect can do."""

    def check_secret(self, secret: str) -> None:
        """ValueError, with what is wrong, unless deliveries can be verified with `secret`."""

    def verify(self, delivery: Delivery, secrets: Sequence[str], now: datetime) -> None:
        """BadSignature unless an owner of one of `secrets` sent exactly this, within 300 s."""

    def parse(self, delivery: Delivery) -> list[Event]:
        """The events in a verified delivery, none if we don't use it; Unreadable, WrongField."""

    def dedupe_key(self, delivery: Delivery, event: Event) -> str:
        """What repeats, within one source, exactly when the sender repeats this event."""


class Speaking(Dialect, Protocol):
    """A dialect that the platform is answered in, too."""

    SPEAKS: Sequence[str]  # the events that it has words for

    def speak(self, told: Told, url: str, token: str) -> Outgoing | None:
        """The request that tells the platform at `url`, None where there is nothing to say."""


class Replying(Dialect, Protocol):
    """A dialect whose sender waits for an answer of its own shape."""

    def reply(self, delivery: Delivery, events: Sequence[Event]) -> Mapping[str, Any]:
        """What the sender is told, once the events are stored."""
