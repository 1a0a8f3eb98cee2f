"""Zendesk's event webhooks: only its own, only fresh ones, and only what a person must know."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Ports
from connectors.errors import BadDelivery
from connectors.types import Change, Delivery, Status
from connectors.zendesk import CONNECTOR
from connectors.zendesk.config import Config

NOW = datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
SENT = datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=UTC)
SECRET = "our-signing-secret"
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="
DETAIL = {
    "id": "35436",
    "external_id": "esc_42",
    "status": "OPEN",
    "requester_id": "8447388090494",
    "assignee_id": "8447346621310",
    "tags": ["escalation"],
    "via": {"channel": "web_service"},
    "created_at": "2026-11-22T09:00:00Z",
    "updated_at": "2026-11-22T10:00:00Z",
}
COMMENT = {
    "id": "999",
    "body": "We are on it",
    "is_public": True,
    "author": {"id": "8447346621310", "is_staff": True, "name": "Ann"},
}


def zendesk() -> CONNECTOR:
    config = Config(subdomain="acme", client_id="hub", client_secret="x")
    return CONNECTOR(config, Ports(now=lambda: NOW))


def event(kind: str, told: Any, **detail: Any) -> dict[str, Any]:
    return {
        "account_id": 22129848,
        "id": "2b24ef10-19d3-4740-93cf-8f98ec4776c0",
        "type": f"zen:event-type:ticket.{kind}",
        "time": "2026-11-22T10:00:00.123Z",
        "zendesk_event_version": "2022-11-06",
        "subject": "zen:ticket:35436",
        "detail": DETAIL | detail,
        "event": told,
    }


def delivery(body: Any, *, secret: str | None = SECRET, signed_with: str = SECRET) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = "2026-11-22T10:00:00Z"
    mac = hmac.new(signed_with.encode(), stamp.encode() + raw, hashlib.sha256).digest()
    return Delivery(
        method="POST",
        url="https://hub.example/webhooks/desks/cxn_1",
        headers={
            "x-zendesk-webhook-signature": base64.b64encode(mac).decode(),
            "x-zendesk-webhook-signature-timestamp": stamp,
        },
        body=raw,
        received_at=NOW,
        secret=secret,
    )


def parsed(body: Any) -> list[Change]:
    return zendesk().parse_webhook(delivery(body))


def with_header(told: Delivery, name: str, value: str) -> Delivery:
    return replace(told, headers={**told.headers, name: value})


def test_zendesk_s_own_delivery_is_believed() -> None:
    zendesk().verify_signature(delivery(b""))
    zendesk().verify_signature(delivery({"say": "hello"}))


@pytest.mark.parametrize(
    ("body", "signature"),
    [
        (b'{"say": "hello"}', "gf3v0LzLRHPUnIdhbvwRDVEvzSb07/QN0GYjSNlkBT0="),
        (b"", "Quv38XAfu9ZaMGBsk0NSntquALrZBp815j0203kelQA="),
    ],
)
def test_the_known_answers_come_out(body: bytes, signature: str) -> None:
    """Computed by hand, for the secret that Zendesk publishes: timestamp before body, in UTF-8."""
    from connectors.signatures import digest_base64

    assert digest_base64(TEST_SECRET, b"2021-07-25T10:00:00Z", body) == signature


def test_the_published_test_secret_opens_nothing() -> None:
    with pytest.raises(BadDelivery, match="tests"):
        zendesk().verify_signature(delivery({}, secret=TEST_SECRET, signed_with=TEST_SECRET))


@pytest.mark.parametrize("secret", [None, ""])
def test_without_a_secret_nothing_is_believed(secret: str | None) -> None:
    with pytest.raises(BadDelivery, match="no signing secret"):
        zendesk().verify_signature(delivery({}, secret=secret, signed_with=""))


def test_a_forged_or_changed_delivery_is_refused() -> None:
    good = delivery({"say": "hello"})
    forged = [
        delivery({}, signed_with="another"),
        replace(good, body=b'{"say": "hullo"}'),
        with_header(good, "x-zendesk-webhook-signature", ""),
        with_header(good, "x-zendesk-webhook-signature", "ünsigned"),
        with_header(good, "x-zendesk-webhook-signature-timestamp", "2026-11-22T10:00:01Z"),
        with_header(good, "x-zendesk-webhook-signature-timestamp", ""),
        replace(good, headers={}),
    ]
    for told in forged:
        with pytest.raises(BadDelivery):
            zendesk().verify_signature(told)


@pytest.mark.parametrize("late", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_a_replayed_delivery_is_refused(late: timedelta) -> None:
    told = delivery({})
    sent = datetime(2026, 11, 22, 10, tzinfo=UTC)
    zendesk().verify_signature(replace(told, received_at=sent + late * 300 / 301))
    with pytest.raises(BadDelivery, match="300 seconds"):
        zendesk().verify_signature(replace(told, received_at=sent + late))


@pytest.mark.parametrize("stamp", ["now", "2026-11-22T10:00:00", "1795341600"])
def test_a_signed_time_that_is_none_is_refused(stamp: str) -> None:
    mac = hmac.new(SECRET.encode(), stamp.encode(), hashlib.sha256).digest()
    told = with_header(delivery(b""), "x-zendesk-webhook-signature-timestamp", stamp)
    signature = base64.b64encode(mac).decode()
    with pytest.raises(BadDelivery, match="not a time"):
        zendesk().verify_signature(with_header(told, "x-zendesk-webhook-signature", signature))


def test_an_agent_s_reply_is_a_message() -> None:
    assert parsed(event("comment_added", {"comment": COMMENT})) == [
        Change(
            id="comment:999",
            ticket_id="35436",
            kind="message",
            at=SENT,
            key="esc_42",
            message_id="999",
            text="We are on it",
            author="Ann",
        )
    ]


def test_an_internal_comment_is_a_note() -> None:
    private = COMMENT | {"is_public": False}
    assert [c.kind for c in parsed(event("comment_added", {"comment": private}))] == ["note"]


def test_what_the_customer_wrote_is_not_told_again() -> None:
    requester = COMMENT | {"author": {"id": "8447388090494", "is_staff": False, "name": "Zoë"}}
    staff = COMMENT | {"author": {"id": "8447388090494", "is_staff": True, "name": "Zoë"}}
    other = COMMENT | {"author": {"id": "5", "is_staff": False, "name": "A friend in CC"}}
    for comment in (requester, staff, other):
        assert parsed(event("comment_added", {"comment": comment})) == []


def test_our_own_transcript_is_not_told_to_the_customer() -> None:
    transcript = COMMENT | {"body": "2026-11-22 …, Zoë (customer):\n  help\n\n[esc_42]"}
    assert parsed(event("comment_added", {"comment": transcript})) == []


def test_a_status_is_told_in_our_words_whatever_its_case() -> None:
    assert parsed(event("status_changed", {"current": "SOLVED", "previous": "OPEN"})) == [
        Change(
            id="status:35436:solved:1795341600",  # date -ud 2026-11-22T10:00:00Z +%s
            ticket_id="35436",
            kind="status",
            at=SENT,
            key="esc_42",
            status=Status.SOLVED,
            word="solved",
        )
    ]


def test_a_status_that_nobody_knows_is_unknown() -> None:
    (change,) = parsed(event("status_changed", {"current": "Parked", "previous": "OPEN"}))
    assert (change.status, change.word) == (Status.UNKNOWN, "parked")


def test_an_account_s_own_status_word_counts() -> None:
    words = {"Parked": Status.ON_HOLD}
    config = Config(subdomain="acme", client_id="a", client_secret="b", status_words=words)
    desk = CONNECTOR(config, Ports(now=lambda: NOW))
    told = delivery(event("status_changed", {"current": "PARKED", "previous": "OPEN"}))
    assert desk.parse_webhook(told)[0].status is Status.ON_HOLD


def test_an_assignment_tells_to_whom() -> None:
    (change,) = parsed(event("agent_assignment_changed", {"current": "77", "previous": None}))
    assert (change.kind, change.assignee) == ("assignment", "77")
    (change,) = parsed(event("agent_assignment_changed", {"current": None, "previous": "77"}))
    assert (change.kind, change.assignee) == ("assignment", None)


def test_a_deleted_ticket_is_told_once_however_it_goes() -> None:
    for kind in ("soft_deleted", "permanently_deleted"):
        (change,) = parsed(event(kind, {}, status="DELETED"))
        assert (change.kind, change.id) == ("deleted", "deleted:35436")


def test_a_merged_ticket_tells_into_which() -> None:
    (change,) = parsed(event("merged", {"target_ticket_id": "35440"}))
    assert (change.kind, change.merged_into) == ("merged", "35440")


def test_a_file_that_may_belong_to_a_note_is_only_a_hint() -> None:
    linked = {"comment": {"id": "999", "attachment": {"id": "7", "filename": "a.pdf"}}}
    (change,) = parsed(event("attachment_linked_to_comment", linked))
    assert (change.kind, change.files) == ("hint", ())


@pytest.mark.parametrize("external_id", ["", None, "their-own-7"])
def test_other_tickets_of_the_account_are_none_of_our_business(external_id: str | None) -> None:
    told = event("comment_added", {"comment": COMMENT}, external_id=external_id)
    assert parsed(told) == []


@pytest.mark.parametrize("body", [{}, {"type": "zen:event-type:ticket.tags_changed"}, {"type": 7}])
def test_an_event_that_we_do_not_use_is_no_change(body: dict[str, Any]) -> None:
    assert parsed(body) == []


def test_an_event_in_an_unknown_shape_is_a_hint_to_read_the_ticket() -> None:
    for told in ({}, {"comment": {"id": "999"}}, {"comment": "We are on it"}, None):
        (change,) = parsed(event("comment_added", told))
        assert (change.kind, change.ticket_id, change.key) == ("hint", "35436", "esc_42")


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_an_unreadable_body_is_refused(body: bytes) -> None:
    with pytest.raises(BadDelivery):
        parsed(body)
