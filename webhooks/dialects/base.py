"""The contract of a dialect: how one bot platform signs and words its events.

A dialect is a module with these three functions. They are pure: no clock, no network, no database.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from webhooks import jsonbody
from webhooks.events import Event


@dataclass(frozen=True)
class Delivery:
    """One request as it arrived; the names of `headers` are lower-case."""

    headers: Mapping[str, str]
    body: bytes

    @cached_property
    def json(self) -> dict[str, Any]:
        """The body, parsed once; Unreadable if it is not JSON that we take."""
        return jsonbody.parse(self.body)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the body, in hex."""
        return hashlib.sha256(self.body).hexdigest()


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
