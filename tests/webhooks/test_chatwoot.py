"""The dialect of Chatwoot, by the shapes that its webhooks have."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from webhooks.dialects import Delivery, Told, chatwoot
from webhooks.errors import BadSignature, WrongField

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "q3VJ6yv1cWbYwqVb"
CONTACT = {
    "id": 12, "name": "Ada Lovelace", "email": "ada@example.com",
    "phone_number": "+4915112345678", "identifier": None, "type": "contact",
}  # fmt: skip
LAST = {
    "id": 901, "content": "A human please.", "account_id": 3, "inbox_id": 5,
    "conversation_id": 42, "message_type": 0, "created_at": 1795348790, "private": False,
    "content_type": "text", "content_attributes": {}, "sender_type": "Contact",
    "sender": CONTACT,
}  # fmt: skip
CONVERSATION = {
    "id": 42, "inbox_id": 5, "status": "open", "channel": "Channel::WebWidget",
    "priority": None, "can_reply": True, "unread_count": 1, "labels": ["shop"],
    "additional_attributes": {"browser": {"browser_language": "de"}},
    "custom_attributes": {"plan": "gold", "seats": None}, "contact_inbox": {"id": 8},
    "meta": {"sender": CONTACT, "assignee": None, "team": None}, "messages": [LAST],
    "account": {"id": 3, "name": "Acme"}, "timestamp": 1795348790, "created_at": 1795348000,
}  # fmt: skip
OPENED = CONVERSATION | {
    "event": "conversation_status_changed",
    "changed_attributes": [{"status": {"previous_value": "pending", "current_value": "open"}}],
}
MESSAGE = {
    "event": "message_created", "id": "902", "content": "Hello?",
    "created_at": "2026-11-22 11:59:58 UTC", "message_type": "incoming", "content_type": "text",
    "content_attributes": {}, "private": False, "source_id": None, "sender": CONTACT,
    "account": {"id": 3, "name": "Acme"}, "inbox": {"id": 5, "name": "Shop"},
    "conversation": CONVERSATION, "additional_attributes": {},
}  # fmt: skip


def sent(body: Any, at: datetime = NOON, secret: str = SECRET, **headers: str) -> Delivery:
    """What Chatwoot posts."""
    raw, moment = json.dumps(body).encode(), str(int(at.timestamp()))
    mac = hmac.new(secret.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
    signed = {
        "x-chatwoot-timestamp": moment,
        "x-chatwoot-signature": f"sha256={mac}",
        "x-chatwoot-delivery": "0f3c2f5e-1",
    }
    return Delivery(signed | headers, raw, received_at=NOON)


def test_what_chatwoot_signed_is_genuine_and_nothing_else() -> None:
    chatwoot.verify(sent(OPENED), ["old", SECRET], NOON)
    genuine = sent(OPENED)
    for wrong, secrets in (
        (genuine, []), (genuine, [""]), (genuine, ["another"]),
        (Delivery(genuine.headers, genuine.body + b" "), [SECRET]),
        (sent(OPENED, **{"x-chatwoot-timestamp": "1795348801"}), [SECRET]),
        (sent(OPENED, **{"x-chatwoot-signature": "sha256=x"}), [SECRET]),
        (sent(OPENED, **{"x-chatwoot-signature": ""}), [SECRET]),
        (sent(OPENED, **{"x-chatwoot-timestamp": "-1"}), [SECRET]),
        (Delivery({}, genuine.body), [SECRET]),
    ):  # fmt: skip
        with pytest.raises(BadSignature):
            chatwoot.verify(wrong, secrets, NOON)


@pytest.mark.parametrize(
    ("seconds", "fits"), [(-301, False), (-300, True), (300, True), (301, False)]
)
def test_the_signed_time_may_be_five_minutes_away(seconds: int, fits: bool) -> None:
    at = datetime.fromtimestamp(NOON.timestamp() + seconds, UTC)
    if fits:
        chatwoot.verify(sent(OPENED, at), [SECRET], NOON)
        return
    with pytest.raises(BadSignature):
        chatwoot.verify(sent(OPENED, at), [SECRET], NOON)


def test_from_pending_to_open_is_an_escalation_with_what_is_known() -> None:
    (event,) = chatwoot.parse(sent(OPENED))
    assert event.type == "conversation.escalated"
    assert event.conversation.model_dump(exclude_none=True) == {
        "id": "3-42", "channel": "webwidget", "language": "de",
    }  # fmt: skip
    assert event.requester.model_dump(exclude_none=True) == {
        "id": "12", "name": "Ada Lovelace", "email": "ada@example.com", "phone": "+4915112345678",
    }  # fmt: skip
    assert event.fields == {"plan": "gold"}
    assert event.transcript_complete is False
    (turn,) = event.transcript
    assert (turn.id, turn.role, turn.text) == ("chatwoot_901", "customer", "A human please.")
    assert turn.at == datetime.fromtimestamp(1795348790, UTC)


@pytest.mark.parametrize(
    ("change", "types"),
    [
        ({"event": "conversation_opened"}, ["conversation.escalated"]),
        ({"event": "conversation_resolved", "status": "resolved"}, ["conversation.ended"]),
        ({"status": "resolved"}, ["conversation.ended"]),
        ({"status": "pending"}, []),
        ({"status": "snoozed"}, []),
        ({"event": "conversation_updated"}, []),
        ({"event": "conversation_created"}, []),
        ({"changed_attributes": [{"status": {"previous_value": "resolved"}}]}, []),
        ({"changed_attributes": [{"status": {"previous_value": 2}}]}, ["conversation.escalated"]),
        ({"changed_attributes": None}, ["conversation.escalated"]),
        ({"event": "webwidget_triggered"}, []),
    ],
)
def test_of_all_that_is_told_only_a_handover_and_an_end_count(
    change: dict[str, Any], types: list[str]
) -> None:
    assert [event.type for event in chatwoot.parse(sent(OPENED | change))] == types


@pytest.mark.parametrize(
    ("change", "role"),
    [
        ({}, "customer"),
        ({"message_type": "outgoing", "sender": {"id": 1, "type": "user"}}, "agent"),
        ({"message_type": "outgoing", "sender": {"id": 1, "type": "agent_bot"}}, "ai"),
        ({"message_type": "outgoing", "sender": None}, "ai"),
        ({"message_type": "template"}, "system"),
        ({"private": True}, None),
        ({"message_type": "activity"}, None),
        ({"content": None}, None),
        ({"content_attributes": {"hub_message_id": "msg_1"}, "message_type": "outgoing"}, None),
    ],
)
def test_a_message_is_told_once_with_who_said_it_and_private_ones_stay(
    change: dict[str, Any], role: str | None
) -> None:
    events = chatwoot.parse(sent(MESSAGE | change))
    assert [turn.role for event in events for turn in event.transcript] == ([role] if role else [])
    for event in events:
        assert (event.type, event.conversation.id) == ("message.created", "3-42")
        assert event.transcript[0].id == "chatwoot_902"


def test_a_file_is_a_file_even_without_words() -> None:
    url = "https://chat.example/rails/active_storage/blobs/redirect/x/label.pdf?disposition=a"
    file = {"id": 1, "file_type": "file", "data_url": url, "file_size": 1234}
    place = {"id": 2, "file_type": "location", "data_url": None, "coordinates_lat": 1.0}
    (event,) = chatwoot.parse(sent(MESSAGE | {"content": None, "attachments": [file, place]}))
    (attachment,) = event.transcript[0].attachments
    assert (attachment.name, attachment.url, attachment.size) == ("label.pdf", url, 1234)


def test_the_account_may_stand_in_the_last_message_and_must_stand_somewhere() -> None:
    without = {name: value for name, value in OPENED.items() if name != "account"}
    assert chatwoot.parse(sent(without))[0].conversation.id == "3-42"
    with pytest.raises(WrongField) as refusal:
        chatwoot.parse(sent(without | {"messages": []}))
    assert refusal.value.errors == [{"field": "account.id", "message": "is missing"}]


def test_a_repeated_delivery_has_one_key_and_another_has_another() -> None:
    first, again = sent(OPENED), sent(OPENED)
    (event,) = chatwoot.parse(first)
    assert chatwoot.dedupe_key(first, event) == chatwoot.dedupe_key(again, event)
    other = sent(OPENED, **{"x-chatwoot-delivery": "0f3c2f5e-2"})
    assert chatwoot.dedupe_key(other, event) != chatwoot.dedupe_key(first, event)
    bare = [Delivery({k: v for k, v in sent(body).headers.items() if "delivery" not in k},
                     json.dumps(body).encode()) for body in (OPENED, OPENED, MESSAGE)]  # fmt: skip
    keys = [chatwoot.dedupe_key(one, event) for one in bare]
    assert keys[0] == keys[1] != keys[2]


def test_an_agents_words_are_posted_as_the_bot_and_known_again_as_our_echo() -> None:
    message = {
        "id": "msg_1", "text": "On its way.", "author": {"role": "agent", "name": "Ann"},
        "attachments": [{"name": "label.pdf", "url": "https://hub.example/files/1"}],
    }  # fmt: skip
    told = Told("evt_1", "message.created", {"message": message}, "3-42")
    request = chatwoot.speak(told, "https://chat.example/", "bot-token")
    assert request is not None
    assert request.url == "https://chat.example/api/v1/accounts/3/conversations/42/messages"
    assert request.headers["api_access_token"] == "bot-token"
    body = json.loads(request.body)
    assert body["content"] == "On its way.\nlabel.pdf: https://hub.example/files/1"
    assert (body["message_type"], body["private"]) == ("outgoing", False)
    echo = MESSAGE | {name: body[name] for name in ("content", "content_attributes")}
    assert chatwoot.parse(sent(echo | {"message_type": "outgoing"})) == []


@pytest.mark.parametrize(
    ("type", "status"), [("conversation.paused", "open"), ("conversation.resumed", "pending")]
)
def test_who_speaks_is_the_conversations_status_at_chatwoot(type: str, status: str) -> None:
    request = chatwoot.speak(Told("evt_1", type, {}, "3-42"), "https://chat.example", "t")
    assert request is not None and request.url.endswith("/conversations/42/toggle_status")
    assert json.loads(request.body) == {"status": status}
