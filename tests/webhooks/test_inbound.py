import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from tests.webhooks.test_events import whole
from webhooks import errors, signing
from webhooks.dialects import Delivery
from webhooks.errors import BadSignature, Conflict, TooLarge, Unreadable, WrongField
from webhooks.events import Event
from webhooks.inbound import Accepted, Receipt, read_body, receive

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Bot:
    dialect: str = "standard"
    secrets: Sequence[str] = (SECRET,)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Shelf:
    """An inbox in memory."""

    kept: dict[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def accept(self, events: list[tuple[str, Event]], body_hash: str) -> Receipt:
        ((key, event),) = events
        if self.kept.setdefault(key, body_hash) != body_hash:
            raise Conflict(f"{key} came before with another body")
        known = Accepted("evt_1", "esc_1")
        if event in self.events:
            return Receipt(duplicates=[known])
        self.events.append(event)
        return Receipt(accepted=[known])


def delivery(id: str = "msg_1", secret: str = SECRET, **change: object) -> Delivery:
    content = {
        "type": "conversation.escalated",
        "timestamp": "2026-11-22T11:59:59Z",
        "data": whole(),
    }
    body = json.dumps(content | change).encode()
    return Delivery(signing.headers([secret], id, int(NOON.timestamp()), body), body)


def test_a_delivery_is_verified_read_and_stored() -> None:
    shelf = Shelf()
    receipt = receive(delivery(), Bot(), shelf, NOON)
    assert receipt.as_dict() == {
        "accepted": [{"id": "evt_1", "escalation_id": "esc_1"}],
        "duplicates": [],
    }
    assert shelf.kept == {"msg_1": sha256(delivery().body).hexdigest()}


def test_an_event_without_escalation_says_null() -> None:
    assert Receipt(accepted=[Accepted("evt_1")]).as_dict()["accepted"] == [
        {"id": "evt_1", "escalation_id": None}
    ]


def test_a_repeated_delivery_is_a_duplicate() -> None:
    shelf = Shelf()
    receive(delivery(), Bot(), shelf, NOON)
    again = receive(delivery(), Bot(), shelf, NOON).as_dict()
    assert again == {"accepted": [], "duplicates": [{"id": "evt_1", "escalation_id": "esc_1"}]}
    assert len(shelf.events) == 1


def test_the_same_id_with_another_body_is_a_conflict() -> None:
    shelf = Shelf()
    receive(delivery(), Bot(), shelf, NOON)
    with pytest.raises(Conflict):
        receive(delivery(type="conversation.ended"), Bot(), shelf, NOON)


def test_an_event_that_we_do_not_use_is_received_and_not_stored() -> None:
    shelf = Shelf()
    assert receive(delivery(type="lead.created"), Bot(), shelf, NOON) == Receipt()
    assert shelf.kept == {}


@pytest.mark.parametrize(
    ("sent", "source", "refusal"),
    [
        (delivery(secret=signing.new_secret()), Bot(), BadSignature),
        (delivery(), Bot(secrets=()), BadSignature),
        (Delivery({}, b"{"), Bot(), BadSignature),
        (delivery(data=float("nan")), Bot(), Unreadable),
        (delivery(data=whole() | {"conversation": {}}), Bot(), WrongField),
        (delivery(), Bot(dialect="bookbag"), BadSignature),
    ],
)
def test_what_is_refused_is_not_stored(
    sent: Delivery, source: Bot, refusal: type[Exception]
) -> None:
    shelf = Shelf()
    with pytest.raises(refusal):
        receive(sent, source, shelf, NOON)
    assert shelf.events == []


def test_every_refusal_knows_its_http_status() -> None:
    kinds = errors.Refused.__subclasses__()
    assert {kind.__name__: kind.status for kind in kinds} == {
        "Unreadable": 400,
        "BadSignature": 401,
        "Conflict": 409,
        "TooLarge": 413,
        "WrongField": 422,
        "TooMany": 429,
        "Paused": 503,
    }


class Dribble(io.RawIOBase):
    """A socket: gives a few bytes at a time, and counts what was taken."""

    def __init__(self, data: bytes, step: int = 7) -> None:
        self.data, self.step, self.taken = data, step, 0

    def read(self, size: int = -1, /) -> bytes:
        part = self.data[self.taken : self.taken + min(size, self.step)]
        self.taken += len(part)
        return part


@pytest.mark.parametrize("size", [0, 1, 6, 7, 8, 99, 100])
@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_up_to_the_limit_is_read_whole(size: int, chunked: bool) -> None:
    stream = Dribble(b"x" * size)
    assert read_body(stream, None if chunked else str(size), limit=100) == b"x" * size


@pytest.mark.parametrize("size", [101, 102, 10_000])
def test_a_chunked_body_beyond_the_limit_is_refused_and_not_read_on(size: int) -> None:
    stream = Dribble(b"x" * size)
    with pytest.raises(TooLarge):
        read_body(stream, None, limit=100)
    assert stream.taken == 101


@pytest.mark.parametrize("length", ["101", "9" * 30, "9" * 5000])
def test_a_length_beyond_the_limit_is_refused_before_reading(length: str) -> None:
    stream = Dribble(b"x" * 200)
    with pytest.raises(TooLarge):
        read_body(stream, length, limit=100)
    assert stream.taken == 0


def test_no_more_is_read_than_was_announced() -> None:
    stream = Dribble(b"x" * 50)
    assert len(read_body(stream, "20", limit=100)) == 20
    assert stream.taken == 20


def test_a_body_that_ends_early_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="shorter"):
        read_body(Dribble(b"x" * 10), "20")


@pytest.mark.parametrize("length", ["-1", "+1", "1.0", "0x10", "1_0", "\u0661", "ten", " 1"])
def test_a_length_that_is_no_number_is_unreadable(length: str) -> None:
    with pytest.raises(Unreadable, match="Content-Length"):
        read_body(Dribble(b"x"), length)


def test_the_limit_is_one_mebibyte() -> None:
    assert len(read_body(io.BytesIO(b"x" * 1_048_576), None)) == 1_048_576
    with pytest.raises(TooLarge):
        read_body(io.BytesIO(b"x" * 1_048_577), None)
