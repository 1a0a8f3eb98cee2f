"""The dialect `json`: any platform's body, by a mapping."""

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from webhooks.dialects import Delivery, mapped
from webhooks.errors import BadSignature, WrongField

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "a-secret-of-the-platform"
OPTIONS: dict[str, Any] = {
    "signature": {"header": "X-Acme-Signature", "prefix": "sha256="},
    "type": {"path": "event", "words": {"handoff": "conversation.escalated",
                                        "message": "message.created"}},
    "id": "meta.id",
    "occurred_at": "meta.at",
    "fields": {"conversation.id": "chat.id", "conversation.language": "chat.lang",
               "requester.email": "chat.visitor.email", "reason.text": "why",
               "fields.plan": "chat.visitor.tags.0"},
    "transcript": {"path": "chat.messages", "id": "id", "text": "body.text", "role": "from",
                   "at": "at", "name": "who", "roles": {"shop": "agent"}, "complete": True},
}  # fmt: skip
BODY: dict[str, Any] = {
    "event": "handoff", "meta": {"id": 77, "at": 1795348800000}, "why": "angry",
    "chat": {
        "id": 4711, "lang": "de", "visitor": {"email": "ada@example.com", "tags": ["gold"]},
        "messages": [
            {"id": 1, "from": "Visitor", "body": {"text": "Wo ist mein Paket?"}, "who": "Ada"},
            {"from": "bot", "body": {"text": "Das weiß ich nicht."}, "at": "2026-11-22T11:59:00Z"},
            {"from": "shop", "body": {"text": "  "}},
        ],
    },
}  # fmt: skip


def sent(body: Any = BODY, options: Any = OPTIONS, **headers: str) -> Delivery:
    return Delivery(headers, json.dumps(body).encode(), mapped.check_options(options), NOON)


def test_a_body_becomes_an_event_by_the_paths() -> None:
    (event,) = mapped.parse(sent())
    assert (event.id, event.type, event.occurred_at) == ("json_77", "conversation.escalated", NOON)
    assert (event.conversation.id, event.conversation.language) == ("4711", "de")
    assert event.requester.email == "ada@example.com"
    assert (event.reason.text, event.fields) == ("angry", {"plan": "gold"})
    assert event.transcript_complete
    first, second = event.transcript
    assert (first.id, first.role, first.name) == ("1", "customer", "Ada")
    assert (second.role, second.text) == ("ai", "Das weiß ich nicht.")
    assert second.id == mapped.parse(sent())[0].transcript[1].id  # repeated, it has the same


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"chat": {"messages": []}}, "chat.id"),
        ({"chat": BODY["chat"] | {"id": {"a": 1}}}, "chat.id"),
        ({"meta": {}}, "meta.id"),
        ({"meta": {"id": 7, "at": "yesterday"}}, "meta.at"),
        ({"chat": BODY["chat"] | {"messages": [{"from": "martian"}]}}, "chat.messages.0.from"),
        ({"chat": BODY["chat"] | {"messages": [{"from": "bot", "body": {"text": {"x": 1}}}]}},
         "chat.messages.0.body.text"),
    ],
)  # fmt: skip
def test_a_wrong_field_is_named_by_the_platforms_own_path(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(WrongField) as refusal:
        mapped.parse(sent(BODY | change))
    assert field in [error["field"] for error in refusal.value.errors]


def test_a_type_without_a_word_of_ours_is_not_used() -> None:
    assert mapped.parse(sent(BODY | {"event": "typing"})) == []
    assert mapped.parse(sent({})) == []


def test_a_constant_type_and_one_message_in_the_body_itself() -> None:
    options = {
        "signature": {"kind": "secret", "header": "X-Api-Key"},
        "type": {"value": "message.created"},
        "fields": {"conversation.id": "session"},
        "transcript": {"path": "", "text": "text", "role": "role"},
    }
    (event,) = mapped.parse(sent({"session": "s-1", "text": "Hi", "role": "user"}, options))
    assert [(turn.role, turn.text) for turn in event.transcript] == [("customer", "Hi")]


def signed(options: dict[str, Any], moment: str | None = None, encoding: str = "hex") -> str:
    body = json.dumps(BODY).encode()
    mac = hmac.new(SECRET.encode(), (f"{moment}.".encode() if moment else b"") + body,
                   hashlib.sha256).digest()  # fmt: skip
    return mac.hex() if encoding == "hex" else base64.b64encode(mac).decode()


def test_a_signature_is_checked_as_the_platform_makes_it() -> None:
    now = str(int(NOON.timestamp()))
    ways: list[tuple[dict[str, Any], dict[str, str]]] = [
        ({"header": "X-Sig", "prefix": "sha256="}, {"x-sig": "sha256=" + signed({})}),
        ({"header": "X-Sig"}, {"x-sig": signed({}).upper()}),
        ({"header": "X-Sig", "encoding": "base64"}, {"x-sig": signed({}, None, "base64")}),
        ({"header": "X-Sig", "timestamp_header": "X-Time"},
         {"x-sig": signed({}, now), "x-time": now}),
        ({"header": "X-Sig", "timestamp_header": "X-Time"},
         {"x-sig": signed({}, now + "000"), "x-time": now + "000"}),
        ({"header": "X-Key", "kind": "secret"}, {"x-key": SECRET}),
        ({"header": "Authorization", "kind": "secret", "prefix": "Bearer "},
         {"authorization": f"Bearer {SECRET}"}),
    ]  # fmt: skip
    for signature, headers in ways:
        options = OPTIONS | {"signature": signature}
        mapped.verify(sent(options=options, **headers), ["another of ours", SECRET], NOON)
        first = next(iter(headers))
        for wrong in (
            {}, headers | {first: ""}, headers | {first: headers[first][:-1]},
            headers | {first: "\udcff"}, {first: "x" * 9999},
            headers | {"x-time": "1"} if "x-time" in headers else {},
        ):  # fmt: skip
            with pytest.raises(BadSignature):
                mapped.verify(sent(options=options, **wrong), [SECRET], NOON)
        for secrets in ([], [""]):
            with pytest.raises(BadSignature):
                mapped.verify(sent(options=options, **headers), secrets, NOON)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"signature": None}, "signature"),
        ({"signature": {"header": "X Sig"}}, "signature.header"),
        ({"signature": {"header": "X-Sig", "kind": "rsa"}}, "signature.kind"),
        ({"type": {}}, "type"),
        ({"type": {"path": "a"}}, "type"),
        ({"type": {"path": "a", "value": "conversation.ended"}}, "type"),
        ({"type": {"value": "conversation.lost"}}, "type.value"),
        ({"type": {"path": "a", "words": {"x": "y"}}}, "type.words.x"),
        ({"fields": {}}, "fields"),
        ({"fields": {"conversation.id": "a..b"}}, "fields.conversation.id"),
        ({"fields": {"conversation.id": "a", "password": "b"}}, "fields"),
        ({"transcript": {"path": "a", "text": "b"}}, "transcript.role"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_cannot_be_used_are_named(change: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongField) as refusal:
        mapped.check_options(OPTIONS | change)
    assert refusal.value.errors[0]["field"] == field


def test_a_repeated_event_has_one_key() -> None:
    again = BODY | {"why": "angry still"}
    keys = {mapped.dedupe_key(d, mapped.parse(d)[0]) for d in (sent(), sent(again))}
    assert len(keys) == 1  # by the platform's id; another body under it is a conflict
    other = BODY | {"meta": BODY["meta"] | {"id": 78}}
    assert mapped.dedupe_key(sent(other), mapped.parse(sent(other))[0]) not in keys
