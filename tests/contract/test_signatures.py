"""A webhook is believed only when the desk sent these bytes now."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.base import Connector
from connectors.errors import BadDelivery
from connectors.types import Delivery
from tests.contract.desk import Desk, Inbox, draft, eventually, subscribe


@pytest.fixture
def delivery(desk: Desk, connector: Connector, box: Inbox) -> Delivery:
    """A genuine one."""
    ticket = connector.create_ticket(draft())
    desk.act(ticket.id, reply="Hello")
    eventually(lambda: box.requests, "a webhook")
    return box.deliveries()[-1]


def test_a_genuine_webhook_is_accepted(connector: Connector, delivery: Delivery) -> None:
    connector.verify_signature(delivery)


def test_another_secret_is_refused(connector: Connector, delivery: Delivery) -> None:
    with pytest.raises(BadDelivery):
        connector.verify_signature(replace(delivery, secret="another-secret-0123456789abcdef"))


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_stored_secret_nothing_is_believed(
    connector: Connector, delivery: Delivery, secret: str | None
) -> None:
    with pytest.raises(BadDelivery):
        connector.verify_signature(replace(delivery, secret=secret))


def test_one_altered_byte_is_refused(
    connector: Connector, signed: Inbox, delivery: Delivery
) -> None:
    body = delivery.body
    for at in {0, len(body) // 3, len(body) // 2, len(body) - 1}:
        altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        with pytest.raises(BadDelivery):
            connector.verify_signature(replace(delivery, body=altered))
    for altered in (body + b" ", body[:-1], b""):
        with pytest.raises(BadDelivery):
            connector.verify_signature(replace(delivery, body=altered))


@pytest.mark.parametrize("seconds", [-301, 301, 3600])
def test_a_stale_webhook_is_refused(
    desk: Desk, connector: Connector, signed: Inbox, delivery: Delivery, seconds: int
) -> None:
    if not desk.harness.signs_time:
        pytest.skip("this desk's signature does not cover the time")
    late = delivery.received_at + timedelta(seconds=seconds + (2 if seconds > 0 else -2))
    with pytest.raises(BadDelivery):
        connector.verify_signature(replace(delivery, received_at=late))


@pytest.mark.parametrize("seconds", [-290, 290])
def test_a_webhook_may_take_its_time(
    connector: Connector, signed: Inbox, delivery: Delivery, seconds: int
) -> None:
    later = delivery.received_at + timedelta(seconds=seconds)
    connector.verify_signature(replace(delivery, received_at=later))


def test_every_signing_header_is_needed(
    desk: Desk, connector: Connector, delivery: Delivery
) -> None:
    names = desk.harness.signature_headers
    if connector.can.webhooks == "secret" and not names:
        pytest.skip("this desk's webhooks bring their secret in the address")
    assert names, "the harness names no signature_headers"
    for name in names:
        assert name in delivery.headers
        without = {n: v for n, v in delivery.headers.items() if n != name}
        for headers in (without, without | {name: ""}, without | {name: "x"}):
            with pytest.raises(BadDelivery):
                connector.verify_signature(replace(delivery, headers=headers))


@pytest.mark.parametrize(
    "value",
    ["ü", "\x00", "=" * 100, "1" * 10_000, "😀", "nan", "-1", "None"],
    ids=["umlaut", "NUL", "equals", "digits", "emoji", "nan", "negative", "none"],
)
def test_strange_header_values_are_refused_and_do_not_crash(
    desk: Desk, connector: Connector, delivery: Delivery, value: str
) -> None:
    for name in desk.harness.signature_headers:
        with pytest.raises(BadDelivery):
            connector.verify_signature(replace(delivery, headers={**delivery.headers, name: value}))


def test_an_event_that_we_have_no_use_for_is_no_change(
    desk: Desk, connector: Connector, delivery: Delivery
) -> None:
    assert desk.harness.unused_event is not None, "the harness has no unused_event"
    assert connector.parse_webhook(replace(delivery, body=desk.harness.unused_event)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"{} {}",
    ],
    ids=["empty", "no UTF-8", "cut", "null", "list", "number", "text", "deep", "deeper", "two"],
)
def test_an_unreadable_webhook_is_refused(
    connector: Connector, delivery: Delivery, body: bytes
) -> None:
    with pytest.raises(BadDelivery):
        connector.parse_webhook(replace(delivery, body=body))


def test_a_genuine_body_with_parts_missing_never_crashes(
    connector: Connector, delivery: Delivery
) -> None:
    """Whatever the desk leaves out tomorrow: a change, no change, or a refusal."""
    if not delivery.body.startswith((b"{", b"[")):
        pytest.skip("this desk's webhooks are no JSON: its own tests ask this")
    whole = json.loads(delivery.body)
    for path in _paths(whole):
        for value in (None, [], {}, 7, "x"):
            body = json.dumps(_with(whole, path, value)).encode()
            try:
                connector.parse_webhook(replace(delivery, body=body))
            except BadDelivery:
                continue


def _paths(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path] if path else []
    inside = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inside = enumerate(value)  # type: ignore[assignment]
    for name, part in inside:
        found += _paths(part, (*path, name))
    return found


def _with(value: object, path: tuple[object, ...], new: object) -> object:
    if not path:
        return new
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {n: _with(v, rest, new) if n == first else v for n, v in value.items()}
    assert isinstance(value, list)
    return [_with(v, rest, new) if n == first else v for n, v in enumerate(value)]


def test_a_webhook_after_the_secret_was_renewed_is_believed(
    by_http: Desk, connector: Connector, box: Inbox
) -> None:
    subscribe(by_http, connector, box)
    subscribe(by_http, connector, box, ours="another-secret-that-we-propose-9876543210")
    ticket = connector.create_ticket(draft())
    before = len(box.requests)
    by_http.act(ticket.id, reply="Hello again")
    eventually(lambda: len(box.requests) > before, "a webhook")
    connector.verify_signature(box.deliveries()[-1])
