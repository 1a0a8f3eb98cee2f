"""Freshdesk's webhooks: a secret in a header, and nothing more than a hint."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.freshdesk import CONNECTOR
from connectors.freshdesk.config import Config
from connectors.types import Change, Delivery

NOW = datetime(2026, 11, 22, 10, 0, 1, 250_000, tzinfo=UTC)
SECRET = "a-secret-of-ours-0123456789abcdef"
URL = "https://hub.example/webhooks/desks/cxn_1"
GOOD = {"event": "{status:{from:2,to:4}}", "ticket_id": "35436", "status": "Resolved"}


def freshdesk() -> CONNECTOR:
    return CONNECTOR(Config(domain="acme", api_key="k"), Ports(now=lambda: NOW))


def delivery(body: Any = GOOD, **more: Any) -> Delivery:
    whole: dict[str, Any] = {
        "method": "POST",
        "url": URL,
        "headers": {"x-hub-secret": SECRET},
        "body": body if isinstance(body, bytes) else json.dumps(body).encode(),
        "received_at": NOW,
        "secret": SECRET,
    }
    return Delivery(**whole | more)


def test_our_secret_opens_the_door() -> None:
    freshdesk().verify_signature(delivery())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-secret": ""},
        {"x-hub-secret": "another"},
        {"x-hub-secret": SECRET + " "},
        {"x-freshworks-signature": SECRET},
    ],
)
def test_nothing_else_does(headers: dict[str, str]) -> None:
    with pytest.raises(BadDelivery):
        freshdesk().verify_signature(delivery(headers=headers))


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_stored_secret_nothing_is_believed(secret: str | None) -> None:
    with pytest.raises(BadDelivery, match="no signing secret"):
        freshdesk().verify_signature(delivery(headers={"x-hub-secret": ""}, secret=secret))


def test_whatever_it_says_it_is_a_hint() -> None:
    (change,) = freshdesk().parse_webhook(delivery())
    assert change == Change(
        id="hint:35436:2026-11-22T10:00:01.250000+00:00",
        ticket_id="35436",
        kind="hint",
        at=NOW,
    )


def test_two_events_of_a_ticket_are_never_one_hint() -> None:
    later = NOW + timedelta(milliseconds=1)
    told = [delivery(), delivery(received_at=later)]
    assert len({freshdesk().parse_webhook(one)[0].id for one in told}) == 2


@pytest.mark.parametrize("number", ["", None, "{{ticket.id}}", "../me", [], {}, True, "٣"])
def test_without_a_tickets_number_there_is_nothing_to_read(number: Any) -> None:
    assert freshdesk().parse_webhook(delivery(GOOD | {"ticket_id": number})) == []


def test_a_broken_body_is_refused() -> None:
    for body in (b"", b'{"ticket_id": "1" "x"}', b"[]", b"null", b"\xff"):
        with pytest.raises(BadDelivery):
            freshdesk().parse_webhook(replace(delivery(), body=body))


def test_a_person_is_told_the_address_the_secret_and_the_body() -> None:
    told = freshdesk().ensure_webhooks(URL, SECRET)
    assert told.secret == SECRET and told.id is None
    whole = " ".join(told.steps)
    assert URL in whole and f"X-Hub-Secret: {SECRET}" in whole
    body = whole[whole.index("{") : whole.index("}", whole.index("secret_version")) + 1]
    names = {"{{triggered_event}}": "x", "{{ticket.id}}": "35436", "{{ticket.status}}": "Open"}
    for name, value in names.items():
        body = body.replace(name, value)
    (change,) = freshdesk().parse_webhook(delivery(body.encode()))
    assert change.ticket_id == "35436"
