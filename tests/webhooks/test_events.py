import json
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from webhooks import events
from webhooks.errors import FieldError, WrongField
from webhooks.events import Event, read

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def whole() -> dict[str, Any]:
    """An event with everything in it."""
    return {
        "id": "e1",
        "type": "conversation.escalated",
        "occurred_at": "2026-11-22T12:00:00Z",
        "conversation": {
            "id": "c1",
            "url": "https://bot.example/c1",
            "channel": "web",
            "language": "de",
        },
        "requester": {
            "id": "u1",
            "name": "Zo\u00eb",
            "email": " Zoe@Example.com ",
            "phone": " +49 30 1234 ",
            "verified": True,
        },
        "reason": {"code": "customer_request", "text": "Wants a person", "rule": "r1"},
        "target": "zendesk",
        "team": "billing",
        "priority": "high",
        "transcript": [
            {
                "id": "m1",
                "at": "2026-11-22T13:59:00+02:00",
                "author": {"role": "customer", "name": "Zo\u00eb"},
                "text": " Hello \n",
                "attachments": [
                    {
                        "name": "bill.pdf",
                        "url": "https://files.example/1",
                        "content_type": "application/pdf",
                        "size": 12,
                    }
                ],
            }
        ],
        "transcript_complete": True,
        "fields": {"plan": "pro", "seats": 3},
    }


def changed(path: str, value: object) -> dict[str, Any]:
    """The whole event with one field set; the path is dotted."""
    event = whole()
    place: Any = event
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in way:
        place = place[step]
    place[last] = value
    return event


def errors(raw: object) -> list[FieldError]:
    with pytest.raises(WrongField) as refusal:
        read(Event, raw, at="data")
    return refusal.value.errors


def test_everything_that_is_sent_is_kept() -> None:
    event = read(Event, whole())
    turn = event.transcript[0]
    assert (event.id, event.type, event.occurred_at) == ("e1", "conversation.escalated", NOON)
    assert event.conversation.model_dump() == whole()["conversation"]
    assert event.reason.model_dump() == whole()["reason"]
    assert (event.target, event.team, event.priority) == ("zendesk", "billing", "high")
    assert (turn.id, turn.role, turn.name, turn.text) == ("m1", "customer", "Zo\u00eb", " Hello \n")
    assert turn.attachments[0].model_dump() == whole()["transcript"][0]["attachments"][0]
    assert event.transcript_complete is True
    assert event.fields == {"plan": "pro", "seats": 3}


def test_times_are_kept_in_utc() -> None:
    turn = read(Event, whole()).transcript[0]
    assert turn.at == NOON - timedelta(minutes=1)
    assert turn.at.tzinfo is UTC


def test_email_and_phone_are_trimmed_and_otherwise_as_given() -> None:
    requester = read(Event, whole()).requester
    assert (requester.email, requester.phone) == ("Zoe@Example.com", "+49 30 1234")


def test_what_is_missing_stays_missing() -> None:
    event = read(
        Event,
        {
            "id": "e1",
            "type": "conversation.started",
            "occurred_at": "2026-11-22T12:00:00Z",
            "conversation": {"id": "c1"},
        },
    )
    assert event.requester.model_dump() == dict.fromkeys(
        ("id", "name", "email", "phone", "verified")
    )
    assert event.reason.model_dump() == dict.fromkeys(("code", "text", "rule"))
    assert (event.conversation.url, event.target, event.priority) == (None, None, None)
    assert (event.transcript, event.transcript_complete, event.fields) == ((), False, {})


@pytest.mark.parametrize(
    "path", ["requester", "reason", "transcript", "fields", "target", "conversation.url"]
)
def test_null_is_as_good_as_missing(path: str) -> None:
    without = whole()
    read(Event, changed(path, None))
    *way, last = path.split(".")
    (without[way[0]] if way else without).pop(last)
    assert read(Event, changed(path, None)) == read(Event, without)


def test_blanks_are_as_good_as_missing() -> None:
    assert read(Event, changed("requester.name", "  ")).requester.name is None
    assert read(Event, changed("conversation.url", "")).conversation.url is None


def test_fields_that_we_do_not_know_are_accepted() -> None:
    event = changed("transcript.0.sentiment", 0.5) | {"schema": "v9"}
    event["conversation"]["extra"] = [1]
    assert read(Event, event) == read(Event, whole())


def test_an_event_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read(Event, whole()).target = "intercom"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", ""),
        ("id", "  "),
        ("id", 5),
        ("id", "x" * 256),
        ("type", "conversation.deleted"),
        ("occurred_at", None),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2026-11-22T12:00:00"),
        ("occurred_at", "0001-01-01T00:00:00+10:00"),
        ("occurred_at", "2026-13-22T12:00:00Z"),
        ("occurred_at", 10**400),
        ("occurred_at", -(10**18)),
        ("occurred_at", []),
        ("conversation", None),
        ("conversation", "c1"),
        ("conversation.id", None),
        ("conversation.id", ["c1"]),
        ("conversation.url", "javascript:alert(1)"),
        ("conversation.url", "https://" + "x" * 2048),
        ("requester", "Zoe"),
        ("requester.email", "x" * 321),
        ("requester.phone", 4930123),
        ("requester.verified", "perhaps"),
        ("reason", "because"),
        ("reason.text", "x" * 10_001),
        ("target", {"desk": "zendesk"}),
        ("transcript", "Customer: hello"),
        ("transcript", {"0": {}}),
        ("transcript.0", None),
        ("transcript.0.id", None),
        ("transcript.0.author.role", "wizard"),
        ("transcript.0.author.role", None),
        ("transcript.0.text", 5),
        ("transcript.0.text", "x" * 100_001),
        ("transcript.0.attachments", [{"url": "https://f.example/1"}] * 101),
        ("transcript.0.attachments.0.url", "file:///etc/passwd"),
        ("transcript.0.attachments.0.url", ""),
        ("transcript.0.attachments.0.size", -1),
        ("transcript_complete", "perhaps"),
        ("fields", []),
    ],
)
def test_a_wrong_field_is_named_by_its_path(path: str, value: object) -> None:
    event = changed(path, value)
    found = errors(event)
    assert [error["field"] for error in found] == [f"data.{path}"]
    assert found[0]["message"]


def test_a_missing_field_is_named_by_its_path() -> None:
    event = whole()
    del event["conversation"]["id"]
    assert errors(event) == [{"field": "data.conversation.id", "message": "is missing"}]


def test_all_wrong_fields_are_named_at_once_and_never_repeat_what_was_sent() -> None:
    event = changed("id", {"secret": "canary"}) | {"type": "canary", "target": ["canary"]}
    assert [error["field"] for error in errors(event)] == ["data.id", "data.type", "data.target"]
    assert "canary" not in str(errors(event))


def test_a_megabyte_of_wrong_turns_is_one_error() -> None:
    assert len(errors(changed("transcript", [1] * 500_000))) == 1


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
PATHS = ["id", "occurred_at", "conversation", "conversation.id", "requester", "requester.verified"]
PATHS += ["transcript", "transcript.0.at", "transcript.0.author", "transcript.0.attachments"]


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PATHS), anything)
def test_any_value_anywhere_is_an_event_or_a_wrong_field(path: str, value: object) -> None:
    try:
        read(Event, changed(path, value))
    except WrongField as refusal:
        assert refusal.errors[0]["field"].startswith(path)


def test_an_outgoing_body_is_compact_utf8_with_a_utc_timestamp() -> None:
    at = datetime(2026, 11, 22, 13, 0, 0, 5000, tzinfo=timezone(timedelta(hours=1)))
    assert (
        events.body("ticket.created", at, {"name": "Zo\u00eb"})
        == (
            '{"type":"ticket.created","timestamp":"2026-11-22T12:00:00.005Z",'
            '"data":{"name":"Zo\u00eb"}}'
        ).encode()
    )
    assert json.loads(events.body("ticket.closed", NOON, {}))["timestamp"].startswith(
        "2026-11-22T12"
    )


def test_only_events_of_the_list_go_out_and_only_with_a_zone() -> None:
    with pytest.raises(ValueError, match="not an event"):
        events.body("ticket.deleted", NOON, {})
    with pytest.raises(ValueError, match="zone"):
        events.body("ticket.created", NOON.replace(tzinfo=None), {})
    with pytest.raises(ValueError):
        events.body("ticket.created", NOON, {"n": float("nan")})


def test_the_outgoing_events_are_those_that_outsiders_rely_on() -> None:
    promised = """conversation.escalated conversation.paused conversation.resumed
        conversation.waiting ticket.created ticket.assigned ticket.status_changed ticket.closed
        message.created delivery.degraded escalation.moved escalation.parked
        connection.paused subscriber.failing subscriber.disabled subscriber.test"""
    assert list(events.OUTGOING) == promised.split()
    assert all(re.fullmatch(r"[^\n]{20,}\.", line) for line in events.OUTGOING.values())
