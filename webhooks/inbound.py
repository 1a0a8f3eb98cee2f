"""The story of a delivery that a bot platform sends us.

    body = read_body(stream, length)               TooLarge 413, Unreadable 400
    receive(Delivery(headers, body), ...)          BadSignature 401, Unreadable 400, WrongField 422,
                                                   Conflict 409, TooMany 429 (raised by the inbox)

All of them are `Refused` and know their HTTP `status`; what else an inbox raises is its own
business (503 when it cannot commit).
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from webhooks import dialects
from webhooks.dialects.base import Delivery
from webhooks.errors import TooLarge, Unreadable
from webhooks.events import Event
from webhooks.jsonbody import MAX_BODY

CHUNK = 65_536
NOTHING = "Nothing in it is an event that the hub keeps: is its type one of the dialect's?"


class Source(Protocol):
    """What we need to know of a source: its dialect and its options, every secret valid now."""

    @property
    def dialect(self) -> str: ...

    @property
    def secrets(self) -> Sequence[str]: ...

    @property
    def options(self) -> Mapping[str, Any]: ...


class Stream(Protocol):
    """Where the bytes of a request come from, such as `wsgi.input`."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Accepted:
    """An event that is stored, under our own id, and the escalation that it began."""

    id: str
    escalation_id: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What became of the events of one delivery."""

    accepted: Sequence[Accepted] = ()
    duplicates: Sequence[Accepted] = ()
    reply: Mapping[str, Any] | None = None  # where the dialect has an answer of its own

    @property
    def told(self) -> bool:
        """True when it was about anything that we keep."""
        return bool(self.accepted or self.duplicates)

    def as_dict(self) -> dict[str, Any]:
        """The JSON of the answer."""
        if self.reply is not None:
            return dict(self.reply)
        told = {
            "accepted": [asdict(one) for one in self.accepted],
            "duplicates": [asdict(one) for one in self.duplicates],
        }
        return told if self.told else told | {"note": NOTHING}


class Inbox(Protocol):
    """Where accepted events go."""

    def accept(self, events: list[tuple[str, Event]], body_hash: str) -> Receipt:
        """Store each event under its dedupe key, all or none, before returning.

        Conflict if a key is known with another `body_hash`; known with the same, the event is
        reported as a duplicate.
        """


def receive(delivery: Delivery, source: Source, inbox: Inbox, now: datetime) -> Receipt:
    """Verify the bytes, then read them, then have them stored."""
    dialect = dialects.get(source.dialect)
    delivery = replace(delivery, options=source.options, received_at=now)
    dialect.verify(delivery, source.secrets, now)
    events = dialect.parse(delivery)
    told = [(dialect.dedupe_key(delivery, event), event) for event in events]
    receipt = inbox.accept(told, delivery.digest) if told else Receipt()
    replying = dialects.REPLYING.get(source.dialect)
    return replace(receipt, reply=replying.reply(delivery, events)) if replying else receipt


def read_body(stream: Stream, length: str | None, limit: int = MAX_BODY) -> bytes:
    """The whole body, with or without Content-Length `length`; TooLarge beyond `limit` bytes.

    Web servers cut a chunked body at their own limit without a word, so this counts itself.
    """
    declared = _declared(length)
    if declared is not None and declared > limit:
        raise TooLarge(f"the body is longer than {limit} bytes")
    body = _read(stream, limit + 1 if declared is None else declared)
    if len(body) > limit:
        raise TooLarge(f"the body is longer than {limit} bytes")
    if declared is not None and len(body) < declared:
        raise Unreadable("the body is shorter than its Content-Length")
    return body


def _declared(length: str | None) -> int | None:
    if not length:
        return None
    if not (length.isascii() and length.isdigit()):
        raise Unreadable("Content-Length is not a number")
    # int() refuses numbers of thousands of digits; 19 are beyond any limit.
    return int(length[:19])


def _read(stream: Stream, wanted: int) -> bytes:
    parts = []
    while wanted > 0 and (part := stream.read(min(wanted, CHUNK))):
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)
