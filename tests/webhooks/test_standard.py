import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.webhooks.test_events import whole
from webhooks import dialects, signing
from webhooks.dialects import Delivery, standard
from webhooks.errors import BadSignature, Unreadable, WrongField
from webhooks.events import Event, read

SECRET = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def delivery(body: object, id: str = "msg_1") -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(signing.headers([SECRET], id, int(NOON.timestamp()), raw), raw)


def envelope(**change: Any) -> dict[str, Any]:
    return {
        "type": "conversation.escalated",
        "timestamp": "2026-11-22T11:59:59Z",
        "data": whole(),
    } | change


def test_a_signed_event_is_verified_and_becomes_the_canonical_event() -> None:
    sent = delivery(envelope())
    standard.verify(sent, [SECRET], NOON)
    assert standard.parse(sent) == [read(Event, whole())]


def test_one_byte_more_is_not_what_was_signed() -> None:
    sent = delivery(envelope())
    with pytest.raises(BadSignature):
        standard.verify(Delivery(sent.headers, sent.body + b" "), [SECRET], NOON)


def test_the_dedupe_key_is_the_id_of_the_message() -> None:
    sent = delivery(envelope(), id="msg_7")
    (event,) = standard.parse(sent)
    assert standard.dedupe_key(sent, event) == "msg_7"


def test_id_and_time_of_the_message_stand_in_for_those_of_the_event() -> None:
    data = whole()
    del data["id"], data["type"]
    data["occurred_at"] = None
    (event,) = standard.parse(delivery(envelope(data=data)))
    assert event.id == "msg_1"
    assert event.type == "conversation.escalated"
    assert event.occurred_at == datetime(2026, 11, 22, 11, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "type",
    ["conversation.started", "message.created", "conversation.escalated", "conversation.ended"],
)
def test_the_outer_type_counts(type: str) -> None:
    (event,) = standard.parse(delivery(envelope(type=type)))
    assert event.type == type


@pytest.mark.parametrize("type", ["lead.created", "", "conversation.escalated.v2"])
def test_a_type_that_we_do_not_use_is_no_event_and_no_error(type: str) -> None:
    assert standard.parse(delivery({"type": type, "whatever": [1]})) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "type"),
        (envelope(type=None), "type"),
        (envelope(type=["conversation.escalated"]), "type"),
        (envelope(timestamp="soon"), "timestamp"),
        ({"type": "message.created", "data": {}}, "timestamp"),
        (envelope(data=[]), "data"),
        (envelope(data=None), "data"),
        (envelope(data=whole() | {"conversation": {}}), "data.conversation.id"),
        (envelope(data=whole() | {"transcript": [{"id": "m", "text": ""}]}), None),
    ],
)
def test_a_wrong_field_is_named(body: object, field: str | None) -> None:
    with pytest.raises(WrongField) as refusal:
        standard.parse(delivery(body))
    assert refusal.value.errors[0]["field"] == (field or "data.transcript.0.author.role")


def test_what_is_not_json_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        standard.parse(delivery(b'{"type":'))


def test_only_a_secret_that_can_verify_is_taken() -> None:
    standard.check_secret(SECRET)
    with pytest.raises(ValueError):
        standard.check_secret("hunter2")


def test_a_dialect_is_found_by_its_name_and_no_other_is() -> None:
    assert dialects.get("standard") is standard
    with pytest.raises(KeyError):
        dialects.get("klingon")
