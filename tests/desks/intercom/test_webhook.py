"""Intercom's notifications: signed bytes in, changes out."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.intercom import CONNECTOR, webhook
from connectors.intercom.config import Config
from connectors.types import Change, Delivery, Status

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECONDS = 1795341600  # date -ud 2026-11-22T10:00:00Z +%s
TICKET: dict[str, Any] = {
    "type": "ticket",
    "id": "215473853299345",
    "ticket_id": "33",
    "ticket_attributes": {"Escalation ref": "esc_42"},
    "ticket_state": {"id": "12", "category": "in_progress"},
    "open": True,
    "updated_at": SECONDS,
}
PART: dict[str, Any] = {
    "type": "ticket_part",
    "id": "175",
    "part_type": "comment",
    "body": "<p>We are on it</p>",
    "created_at": SECONDS - 1,
    "author": {"type": "admin", "id": "991", "name": "Ana"},
}


def intercom() -> Any:
    config = Config(access_token="a", client_secret="b", ticket_type_id="1")
    return CONNECTOR(config, Ports(now=lambda: NOW))


def delivery(body: Any, **headers: str) -> Delivery:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Delivery(
        method="POST",
        url="https://hub.example/in",
        headers=headers,
        body=data,
        received_at=NOW,
        secret="intercom-test-client-secret",
    )


def event(topic: str, item: Any) -> dict[str, Any]:
    data = {"type": "notification_event_data", "item": item}
    whole = {"type": "notification_event", "app_id": "a86dr8yl", "id": "notif_1", "topic": topic}
    return whole | {"created_at": SECONDS, "first_sent_at": SECONDS, "data": data}


def parsed(topic: str, item: Any) -> list[Change]:
    found: list[Change] = intercom().parse_webhook(delivery(event(topic, item)))
    return found


def kinds(changes: list[Change]) -> list[str]:
    return sorted(change.kind for change in changes)


def test_the_known_vector_matches_but_tells_no_time() -> None:
    body = (
        b'{"type":"notification_event","app_id":"a86dr8yl",'
        b'"topic":"ticket.state.updated","id":"notif_1"}'
    )
    header = {"x-hub-signature": "sha1=866ff9f5a75091a8cfb66c5d70ab5d0bf6ce240f"}
    with pytest.raises(BadDelivery, match="when it was sent"):
        webhook.verify(delivery(body, **header))
    with pytest.raises(BadDelivery, match="does not match"):
        webhook.verify(delivery(body + b" ", **header))


def signed(**more: Any) -> Delivery:
    import hashlib
    import hmac

    body = json.dumps(event("ping", {}) | more).encode()
    mac = hmac.new(b"intercom-test-client-secret", body, hashlib.sha1).hexdigest()
    return delivery(body, **{"x-hub-signature": f"sha1={mac}"})


def test_the_repetition_after_a_minute_is_believed_and_a_replay_is_not() -> None:
    minute, hour = timedelta(minutes=1, seconds=5), timedelta(hours=1)
    webhook.verify(replace(signed(), received_at=NOW + minute))
    with pytest.raises(BadDelivery, match="300 seconds"):
        webhook.verify(replace(signed(), received_at=NOW + hour))


@pytest.mark.parametrize("stamp", ["now", [], 10**30, -1, None])
def test_a_signed_time_that_is_none_is_refused(stamp: Any) -> None:
    with pytest.raises(BadDelivery):
        webhook.verify(signed(first_sent_at=stamp, created_at=stamp))


@pytest.mark.parametrize(
    "item",
    [
        {"type": "ticket", "ticket": TICKET, "ticket_part": PART},
        TICKET | {"ticket_parts": {"type": "ticket_part.list", "ticket_parts": [PART]}},
        {"ticket": TICKET | {"ticket_parts": {"ticket_parts": [PART]}}},
    ],
    ids=["nested", "flat", "nested list"],
)
def test_a_reply_is_understood_in_every_shape_that_was_seen(item: dict[str, Any]) -> None:
    told = parsed("ticket.admin.replied", item)
    assert kinds(told) == ["message", "status"]
    (change,) = [c for c in told if c.kind == "message"]
    assert change == Change(
        id="part:175",
        ticket_id="215473853299345",
        kind="message",
        at=NOW - timedelta(seconds=1),
        key="esc_42",
        message_id="175",
        text="We are on it",
        author="Ana",
    )


def test_a_plain_body_of_version_2_15_is_not_taken_for_html() -> None:
    plain = PART | {"body": "1 < 2 &amp; done\nbye"}
    told = parsed("ticket.admin.replied", {"ticket": TICKET, "ticket_part": plain})
    assert "1 < 2 &amp; done\nbye" in [c.text for c in told]


def test_a_note_is_a_note() -> None:
    noted = PART | {"part_type": "note"}
    told = parsed("ticket.note.created", {"ticket": TICKET, "ticket_part": noted})
    assert kinds(told) == ["note", "status"]


@pytest.mark.parametrize("nested", [True, False])
def test_a_status_comes_nested_or_flat(nested: bool) -> None:
    done = TICKET | {"ticket_state": {"id": "4", "category": "resolved"}}
    (change,) = parsed("ticket.state.updated", {"ticket": done} if nested else done)
    assert (change.status, change.word) == (Status.SOLVED, "resolved")
    assert change.id == f"status:215473853299345:resolved:{SECONDS}"


def test_an_assignment_names_the_teammate() -> None:
    told = parsed("ticket.admin.assigned", {"ticket": TICKET | {"admin_assignee_id": 991}})
    assert [c.assignee for c in told if c.kind == "assignment"] == ["991"]


def test_tickets_of_others_are_none_of_our_business() -> None:
    theirs = TICKET | {"ticket_attributes": {"_default_title_": "Hi"}}
    assert parsed("ticket.state.updated", theirs) == []


def test_a_ticket_without_attributes_may_be_ours() -> None:
    bare = {n: v for n, v in TICKET.items() if n != "ticket_attributes"}
    (change,) = parsed("ticket.state.updated", bare)
    assert (change.kind, change.key) == ("status", None)


@pytest.mark.parametrize(
    "item", [{"ticket": TICKET}, {"ticket": TICKET, "ticket_part": {"id": 1}}, {"ticket": TICKET,
    "ticket_part": "x"}, {"ticket": TICKET | {"ticket_state": "in_progress"}}]
)  # fmt: skip
def test_a_reply_in_an_unknown_shape_makes_the_hub_look(item: dict[str, Any]) -> None:
    hints = [c for c in parsed("ticket.admin.replied", item) if c.kind == "hint"]
    assert [(c.id, c.ticket_id) for c in hints] == [("event:notif_1", "215473853299345")]


def test_a_ticket_without_its_time_makes_the_hub_look() -> None:
    timeless = {n: v for n, v in TICKET.items() if n != "updated_at"}
    for item in ({"ticket": timeless, "ticket_part": PART}, timeless | {"updated_at": None}):
        assert kinds(parsed("ticket.admin.replied", item)) == ["hint"]


@pytest.mark.parametrize("topic", ["ping", "conversation.admin.replied", "ticket.rating.provided"])
def test_other_topics_are_no_change(topic: str) -> None:
    assert parsed(topic, {"ticket": TICKET, "ticket_part": PART}) == []
