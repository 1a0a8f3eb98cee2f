"""The dialect of Botpress's bridge "Human in the Loop API"."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from webhooks.dialects import Delivery, Told, botpress
from webhooks.errors import BadSignature, WrongField

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = "a-shared-secret-of-length"
HISTORY = [
    {"source": {"type": "user", "userId": "user_1"}, "type": "text", "payload": {"text": "Hi"}},
    {"source": {"type": "bot"}, "type": "text", "payload": {"text": "I cannot find it."}},
    {"source": {"type": "user", "userId": "user_1"}, "type": "image",
     "payload": {"imageUrl": "https://files.bpcontent.cloud/a/parcel.png"}},
]  # fmt: skip
STARTED = {
    "type": "createRemoteConversation",
    "payload": {"userId": "user_1", "title": "Lost parcel", "description": "4711 is lost.",
                "messageHistory": HISTORY},
}  # fmt: skip


def sent(body: Any, at: datetime = NOON, **headers: str) -> Delivery:
    """What the bridge posts."""
    return Delivery(headers, json.dumps(body).encode(), received_at=at)


def basic(words: str) -> str:
    return "Basic " + base64.b64encode(words.encode()).decode()


@pytest.mark.parametrize(
    "headers",
    [
        {"x-hub-secret": SECRET},
        {"authorization": f"Bearer {SECRET}"},
        {"authorization": f"bearer  {SECRET} "},
        {"authorization": basic(f"hub:{SECRET}")},  # what an address with a password becomes
    ],
)
def test_the_shared_secret_may_come_in_three_ways(headers: dict[str, str]) -> None:
    botpress.verify(sent({"type": "ping"}, **headers), ["old secret of ours", SECRET], NOON)


@pytest.mark.parametrize(
    "headers",
    [
        {}, {"x-hub-secret": ""}, {"x-hub-secret": SECRET + "x"}, {"authorization": SECRET},
        {"authorization": "Basic %%%"}, {"authorization": "Basic /w=="}, {"x-hub-secret": "\ud800"},
        {"authorization": basic(SECRET)}, {"authorization": f"Digest {SECRET}"},
    ],
)  # fmt: skip
def test_without_the_secret_nothing_is_genuine(headers: dict[str, str]) -> None:
    for secrets in ([SECRET], [], [""]):
        with pytest.raises(BadSignature):
            botpress.verify(sent({"type": "ping"}, **headers), secrets, NOON)


def test_a_secret_that_travels_as_it_is_has_a_length() -> None:
    botpress.check_secret(SECRET)
    for wrong in ("", "short", "größer als sechzehn"):
        with pytest.raises(ValueError, match="shared secret"):
            botpress.check_secret(wrong)


def test_a_handover_brings_its_history_and_gets_its_id() -> None:
    delivery = sent(STARTED)
    (event,) = botpress.parse(delivery)
    assert event.type == "conversation.escalated" and event.transcript_complete
    assert event.reason.text == "Lost parcel\n4711 is lost."
    assert [(turn.role, turn.text) for turn in event.transcript] == [
        ("customer", "Hi"), ("ai", "I cannot find it."), ("customer", ""),
    ]  # fmt: skip
    assert event.transcript[2].attachments[0].name == "parcel.png"
    assert botpress.reply(delivery, [event]) == {"id": event.conversation.id}
    assert event.conversation.id.startswith("bp-")


def test_the_other_shape_of_a_history_is_read_too() -> None:
    told = [{"text": "Hi", "author": "user", "timestamp": "2026-11-22T11:59:00Z"},
            {"text": "Hello", "author": "bot"}]  # fmt: skip
    (event,) = botpress.parse(sent({"type": STARTED["type"], "payload": {"messages": told}}))
    assert [(turn.role, turn.text) for turn in event.transcript] == [
        ("customer", "Hi"), ("ai", "Hello"),
    ]  # fmt: skip
    assert event.transcript[0].at == datetime(2026, 11, 22, 11, 59, tzinfo=UTC)


def test_two_handovers_are_two_conversations_even_in_the_same_words() -> None:
    later = NOON + timedelta(microseconds=1)
    ids = {botpress.parse(sent(STARTED, at))[0].conversation.id for at in (NOON, later)}
    assert len(ids) == 2


def test_a_message_is_the_customers_with_the_name_that_was_told_at_first() -> None:
    user = {"name": "Ada", "email": "ada@example.com", "pictureUrl": "https://x.example/a.png"}
    made = botpress.reply(sent({"type": "createRemoteUser", "payload": user}), [])
    said = {"type": "botSendsMessage", "remoteConversationId": "bp-1", "remoteUserId": made["id"],
            "payload": {"text": "Hello?", "userId": "user_1"}}  # fmt: skip
    (event,) = botpress.parse(sent(said))
    assert (event.type, event.conversation.id) == ("message.created", "bp-1")
    assert (event.requester.name, event.requester.email) == ("Ada", "ada@example.com")
    assert [(t.role, t.name, t.text) for t in event.transcript] == [("customer", "Ada", "Hello?")]
    keys = {botpress.dedupe_key(d, botpress.parse(d)[0])
            for d in (sent(said), sent(said, NOON + timedelta(seconds=1)))}  # fmt: skip
    assert len(keys) == 2  # "yes" said twice is two messages


@pytest.mark.parametrize(
    "user", ["BOT", "bpu-", "bpu-%%", "bpu-W10", "someone", "bpu-" + "W" * 900]
)
def test_a_strange_user_says_it_all_the_same(user: str) -> None:
    card = {"title": "Choose", "options": [{"label": "A"}, {"label": "B"}]}
    said = {"type": "botSendsMessage", "remoteConversationId": "bp-1", "remoteUserId": user}
    (event,) = botpress.parse(sent(said | {"payload": card}))
    (turn,) = event.transcript
    assert (turn.role, turn.name) == ("ai" if user == "BOT" else "customer", None)
    assert turn.text == "Choose\n- A\n- B"


def test_only_a_conversation_of_ours_is_ended() -> None:
    ours = {"type": "closeRemoteTicket", "payload": {"remoteConversationId": "bp-1"}}
    (event,) = botpress.parse(sent(ours))
    assert (event.type, event.conversation.id) == ("conversation.ended", "bp-1")
    theirs = {"type": "closeRemoteTicket", "payload": {"botpressConversationId": "conv_01J"}}
    assert botpress.parse(sent(theirs)) == []
    said = {"type": "botSendsMessage", "payload": {"text": "x"}}
    with pytest.raises(WrongField, match="not an id of ours"):
        botpress.parse(sent(said | {"remoteConversationId": "conv_1"}))


def test_a_ping_and_an_unknown_call_are_answered() -> None:
    for body in ({"type": "ping"}, {"type": "somethingNew", "payload": 7}):
        assert botpress.parse(sent(body)) == []
        assert botpress.reply(sent(body), []) == {"ok": True}


def test_what_the_agent_does_comes_back_as_the_bridges_three_calls() -> None:
    url, chat = "https://webhook.botpress.cloud/0d0f", "bp-1"
    message = {"id": "msg_1", "text": "On its way.", "attachments": [],
               "author": {"role": "agent", "name": "Ann"}}  # fmt: skip
    told = [
        Told("evt_1", "ticket.assigned", {"ticket": {"assignee": "Ann"}}, chat),
        Told("evt_2", "message.created", {"message": message}, chat),
        Told("evt_3", "conversation.resumed", {"brief": {}}, chat),
    ]
    requests = [botpress.speak(one, url, "token") for one in told]
    bodies = [(r.url.removeprefix(url), json.loads(r.body)) for r in requests if r is not None]
    agent = bodies[0][1]["remoteUserId"]
    assert bodies == [
        ("/agent-assigned", {"remoteConversationId": chat, "remoteUserId": agent}),
        ("/message-from-agent", {
            "remoteConversationId": chat, "remoteUserId": agent, "messageType": "text",
            "payload": {"text": "On its way."},
        }),
        ("/stop-hitl", {"remoteConversationId": chat}),
    ]  # fmt: skip
    assert all(r and r.headers["authorization"] == "Bearer token" for r in requests)
    nobody = Told("evt_4", "ticket.assigned", {"ticket": {"assignee": None}}, chat)
    assert botpress.speak(nobody, url, "token") is None
