import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webhooks import dialects
from webhooks.dialects import Delivery, bookbag
from webhooks.errors import BadSignature, Unreadable, WrongField
from webhooks.events import Event

SECRET = "bookbag-secret"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TS = 1_795_348_800_000  # noon in milliseconds


def delivery(body: object, secret: str = SECRET) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    mac = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    return Delivery({"x-bookbag-signature": f"sha256={mac}"}, raw)


def sent(event: str = "conversation.escalated", ts: object = TS, **data: Any) -> Delivery:
    return delivery({"event": event, "data": data, "ts": ts})


def parsed(event: str = "conversation.escalated", ts: object = TS, **data: Any) -> Event:
    (only,) = bookbag.parse(sent(event, ts, **data))
    return only


def wrong(event: str = "conversation.escalated", ts: object = TS, **data: Any) -> list[str]:
    with pytest.raises(WrongField) as refusal:
        bookbag.parse(sent(event, ts, **data))
    return [error["field"] for error in refusal.value.errors]


TURNS = [
    {"role": "user", "content": "Where is my parcel?", "ts": TS - 60_000},
    {"role": "assistant", "text": "Let me see.", "createdAt": "2026-11-22T11:59:30Z", "id": "m2"},
    {"role": "agent", "content": "Anna here.", "name": "Anna"},
    {"role": "system", "content": "Anna joined."},
]


def test_the_camel_case_spelling_becomes_the_canonical_event() -> None:
    event = parsed(
        conversationId="c1",
        target="zendesk",
        transcript=TURNS,
        locale="de",
        channel="whatsapp",
        conversationUrl="https://bookbag.example/c1",
        customer={"userId": "u1", "fullName": "Zo\u00eb", "phoneNumber": "+49 30 1"},
        reason={"code": "refund", "text": "Above the limit", "rule": "r1"},
        transcriptComplete=False,
    )
    assert event.type == "conversation.escalated"
    assert event.occurred_at == NOON
    assert event.conversation.model_dump() == {
        "id": "c1",
        "url": "https://bookbag.example/c1",
        "channel": "whatsapp",
        "language": "de",
    }
    assert (event.requester.id, event.requester.name) == ("u1", "Zo\u00eb")
    assert (event.requester.phone, event.requester.email) == ("+49 30 1", None)
    assert event.reason.model_dump() == {"code": "refund", "text": "Above the limit", "rule": "r1"}
    assert event.target == "zendesk"
    assert event.transcript_complete is False


def test_the_snake_case_spelling_says_the_same() -> None:
    camel = parsed(
        conversationId="c1",
        conversationUrl="https://bookbag.example/c1",
        customer={"userId": "u1", "fullName": "Z", "phoneNumber": "1"},
        transcript=[{"role": "user", "content": "Hi", "createdAt": TS, "messageId": "m1"}],
        transcriptComplete=True,
    )
    snake = parsed(
        conversation_id="c1",
        conversation_url="https://bookbag.example/c1",
        customer={"user_id": "u1", "full_name": "Z", "phone_number": "1"},
        transcript=[{"role": "user", "text": "Hi", "created_at": TS, "message_id": "m1"}],
        transcript_complete=True,
    )
    assert camel.model_copy(update={"id": ""}) == snake.model_copy(update={"id": ""})


def test_the_four_roles_become_ours_in_order() -> None:
    turns = parsed(conversationId="c1", transcript=TURNS).transcript
    assert [turn.role for turn in turns] == ["customer", "ai", "agent", "system"]
    assert [turn.text for turn in turns] == [
        "Where is my parcel?",
        "Let me see.",
        "Anna here.",
        "Anna joined.",
    ]
    assert [turn.at for turn in turns] == [
        NOON - timedelta(minutes=1),
        NOON - timedelta(seconds=30),
        None,
        None,
    ]
    assert (turns[1].id, turns[2].name) == ("m2", "Anna")


def test_a_transcript_in_one_string_is_cut_at_its_roles() -> None:
    text = (
        "User: Hello\nI need help:\n- refund\r\nAssistant: Sure.\n\nagent :Anna here\nsystem: end"
    )
    event = parsed(conversation_id="c1", transcript=text)
    assert [(turn.role, turn.text.replace("\r", "")) for turn in event.transcript] == [
        ("customer", "Hello\nI need help:\n- refund"),
        ("ai", "Sure."),
        ("agent", "Anna here"),
        ("system", "end"),
    ]
    assert event.transcript_complete is True


def test_what_stands_before_the_first_role_is_kept() -> None:
    turns = parsed(conversation_id="c1", transcript="\nFrom the web chat\nUser: Hi").transcript
    assert [(turn.role, turn.text) for turn in turns] == [
        ("system", "From the web chat"),
        ("customer", "Hi"),
    ]


def test_without_a_transcript_nothing_is_complete() -> None:
    event = parsed(conversationId="c1")
    assert (event.transcript, event.transcript_complete) == ((), False)


def test_a_longer_transcript_repeats_the_ids_of_the_shorter() -> None:
    yes = {"role": "user", "content": "Yes"}
    short = parsed(conversationId="c1", transcript=[yes, yes]).transcript
    long = parsed(conversationId="c1", transcript=[yes, yes, yes], ts=TS + 5).transcript
    elsewhere = parsed(conversationId="c2", transcript=[yes, yes]).transcript
    assert [turn.id for turn in long[:2]] == [turn.id for turn in short]
    assert len({turn.id for turn in (*long, *elsewhere)}) == 5


def test_turns_that_say_nothing_are_dropped() -> None:
    call: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": [{}]}
    file = {"role": "user", "content": "", "attachments": [{"url": "https://f.example/1"}]}
    turns = parsed(conversationId="c1", transcript=[call, TURNS[0], file]).transcript
    assert [turn.role for turn in turns] == ["customer", "customer"]


@pytest.mark.parametrize("word", ["requester", "customer", "user", "contact", "visitor"])
def test_the_customer_goes_by_many_names(word: str) -> None:
    who: dict[str, Any] = {word: {"name": "Zo\u00eb", "email": " z@e.org "}}
    event = parsed(conversationId="c1", **who)
    assert (event.requester.name, event.requester.email) == ("Zo\u00eb", "z@e.org")


def test_the_customer_may_stand_in_the_data_itself() -> None:
    event = parsed(conversationId="c1", customerName="Zo\u00eb", email="z@e.org", phone="1")
    assert event.requester.model_dump(exclude_none=True) == {
        "name": "Zo\u00eb",
        "email": "z@e.org",
        "phone": "1",
    }


def test_a_reason_of_one_word_is_a_code_and_a_sentence_is_a_text() -> None:
    assert parsed(conversationId="c", reason="customer_request").reason.code == "customer_request"
    assert parsed(conversationId="c", reason="Wants a person.").reason.text == "Wants a person."
    assert parsed(conversationId="c").reason.model_dump(exclude_none=True) == {}


def test_an_id_of_digits_is_an_id() -> None:
    assert parsed(conversationId=42).conversation.id == "42"


def test_what_has_no_place_of_its_own_is_in_fields() -> None:
    event = parsed(conversation_id="c1", agent_id="a7", message="hm", fields={"plan": "pro"})
    assert event.fields == {"agent_id": "a7", "message": "hm", "plan": "pro"}


@pytest.mark.parametrize(
    "data",
    [
        {"message": {"role": "assistant", "content": "Sure.", "id": "m9"}},
        {"messages": [{"role": "assistant", "text": "Sure.", "messageId": "m9"}]},
        {"role": "assistant", "content": "Sure.", "messageId": "m9"},
        {"role": "assistant", "message": "Sure.", "message_id": "m9"},
        {"message": {"role": "assistant", "content": "Sure.", "id": "m9"}, "transcript": TURNS},
    ],
)
def test_a_reply_is_a_message_in_each_of_its_shapes(data: dict[str, Any]) -> None:
    event = parsed("conversation.replied", conversationId="c1", **data)
    (turn,) = event.transcript
    assert event.type == "message.created"
    assert (turn.id, turn.role, turn.text, turn.at) == ("m9", "ai", "Sure.", NOON)
    assert (event.transcript_complete, event.fields) == (False, {})


def test_the_same_word_said_twice_is_two_messages() -> None:
    said = {"conversationId": "c1", "role": "user", "text": "Yes"}
    first = parsed("conversation.replied", **said)
    second = parsed("conversation.replied", ts=TS + 1000, **said)
    assert first.transcript[0].id != second.transcript[0].id


def test_the_end_of_a_conversation_is_an_event() -> None:
    assert parsed("conversation.ended", conversationId="c1").type == "conversation.ended"


@pytest.mark.parametrize("event", ["lead.created", "action.run", "campaign.sent", "x", ""])
def test_an_event_that_we_do_not_use_is_no_error(event: str) -> None:
    unused = sent(event, leadId=1)
    bookbag.verify(unused, [SECRET], NOON)
    assert bookbag.parse(unused) == []


def test_a_wrong_field_is_named_as_the_sender_spelled_it() -> None:
    assert wrong() == ["data.conversationId"]
    assert wrong(conversationId="") == ["data.conversationId"]
    assert wrong(conversation_id=[]) == ["data.conversation_id"]
    assert wrong(conversation={"id": {}}) == ["data.conversation.id"]
    assert wrong(conversation_id="c", customer="Zoe") == ["data.customer"]
    assert wrong(conversation_id="c", visitor={"full_name": {}}) == ["data.visitor.full_name"]
    assert wrong(conversation_id="c", transcript=5) == ["data.transcript"]
    assert wrong(conversation_id="c", messages=[{"role": "user", "content": []}]) == [
        "data.messages.0.content"
    ]
    assert wrong(conversation_id="c", transcript=[{"role": "wizard"}]) == ["data.transcript.0.role"]
    assert wrong(conversation_id="c", transcript=[{"role": "user", "createdAt": "soon"}]) == [
        "data.transcript.0.createdAt"
    ]


def test_a_reply_that_says_nothing_is_wrong() -> None:
    assert wrong("conversation.replied", conversationId="c") == ["data.role"]
    assert wrong("conversation.replied", conversationId="c", message={"content": "x"}) == [
        "data.message.role"
    ]
    assert wrong("conversation.replied", conversationId="c", role="user", text=" ") == [
        "data.message"
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"data": {}, "ts": TS}, "event"),
        ({"event": 5, "data": {}, "ts": TS}, "event"),
        ({"event": "conversation.escalated", "data": {}}, "ts"),
        ({"event": "conversation.escalated", "data": {}, "ts": None}, "ts"),
        ({"event": "conversation.escalated", "data": {}, "ts": 10**4000}, "ts"),
        ({"event": "conversation.escalated", "data": {}, "ts": "soon"}, "ts"),
        ({"event": "conversation.escalated", "ts": TS}, "data"),
        ({"event": "conversation.escalated", "data": [], "ts": TS}, "data"),
        ({"event": "conversation.escalated", "data": "x", "ts": TS}, "data"),
    ],
)
def test_a_wrong_envelope_is_named_too(body: object, field: str) -> None:
    with pytest.raises(WrongField) as refusal:
        bookbag.verify(delivery(body), [SECRET], NOON)
        bookbag.parse(delivery(body))
    assert refusal.value.errors[0]["field"] == field


@pytest.mark.parametrize("milliseconds", [-300_000, 0, 300_000])
def test_a_delivery_within_five_minutes_is_genuine(milliseconds: int) -> None:
    bookbag.verify(sent(ts=TS + milliseconds, conversationId="c"), ["other", SECRET], NOON)


@pytest.mark.parametrize("milliseconds", [-300_001, 300_001, -TS, 10**13])
def test_a_stale_delivery_is_refused(milliseconds: int) -> None:
    with pytest.raises(BadSignature, match="300 s"):
        bookbag.verify(sent(ts=TS + milliseconds, conversationId="c"), [SECRET], NOON)


@pytest.mark.parametrize("secrets", [[], [""], ["other"]])
def test_without_the_right_secret_nothing_is_genuine(secrets: list[str]) -> None:
    with pytest.raises(BadSignature):
        bookbag.verify(sent(conversationId="c"), secrets, NOON)
    with pytest.raises(BadSignature):
        bookbag.verify(delivery({"event": "x", "ts": TS}, secret=""), secrets, NOON)


@pytest.mark.parametrize(
    "header", [None, "", "sha256=", "sha256=zz", "sha1=" + "a" * 40, "a" * 64, "sha256=\u00e9" * 64]
)
def test_a_malformed_signature_is_refused(header: str | None) -> None:
    body = sent(conversationId="c").body
    headers = {} if header is None else {"x-bookbag-signature": header}
    with pytest.raises(BadSignature):
        bookbag.verify(Delivery(headers, body), [SECRET], NOON)


def test_the_signature_is_of_the_raw_bytes() -> None:
    spaced = delivery(b'{"event" : "x",\n "ts": %d, "data": {}}' % TS)
    bookbag.verify(spaced, [SECRET], NOON)
    with pytest.raises(BadSignature):
        bookbag.verify(Delivery(spaced.headers, spaced.body.replace(b"\n", b"")), [SECRET], NOON)


def test_nothing_is_parsed_before_it_is_verified() -> None:
    rubbish = b'{"event": \x00'
    with pytest.raises(BadSignature):
        bookbag.verify(delivery(rubbish, "other"), [SECRET], NOON)
    with pytest.raises(Unreadable):
        bookbag.verify(delivery(rubbish), [SECRET], NOON)


def test_a_retry_has_the_same_dedupe_key_and_anything_else_another() -> None:
    def key(**change: Any) -> str:
        one = sent(**{"conversationId": "c1", "target": "zendesk"} | change)
        (event,) = bookbag.parse(one)
        return bookbag.dedupe_key(one, event)

    assert key() == key()
    others = [
        key(ts=TS + 1),
        key(conversationId="c2"),
        key(target="intercom"),
        key(event="conversation.ended"),
    ]
    assert len({key(), *others}) == 5


def test_only_a_secret_that_can_verify_is_taken() -> None:
    dialects.get("bookbag").check_secret("any text")
    with pytest.raises(ValueError):
        bookbag.check_secret("")


names = st.sampled_from(
    ["conversationId", "customer", "transcript", "messages", "message", "role", "content", "reason"]
)
storable = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | storable | st.just("user"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "id", "name", "ts"]), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(bookbag.TYPES)), st.dictionaries(names, anything))
def test_any_data_is_events_or_a_wrong_field(event: str, data: dict[str, Any]) -> None:
    one = sent(event, **data)
    try:
        events = bookbag.parse(one)
    except WrongField as refusal:
        assert refusal.errors[0]["field"].startswith("data")
        return
    assert [bookbag.dedupe_key(one, found) for found in events]
