"""Platforms that are answered in their own dialect, from the handover to its end."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub import admin
from tests.hub.stories.endpoint import Endpoint, answering
from tests.hub.stories.house_of_stories import Stories
from tests.webhooks.test_chatwoot import MESSAGE, OPENED
from webhooks.inbound import NOTHING

SECRET = "a-shared-secret-of-length"
IGNORED = {"accepted": [], "duplicates": [], "note": NOTHING}


@pytest.fixture
def platform() -> Iterator[Endpoint]:
    with answering() as listening:
        yield listening


def add(stories: Stories, dialect: str, platform: Endpoint) -> dict[str, Any]:
    callback = admin.Callback(url=platform.url, token="the-platforms-token")
    made = admin.add_source(stories.house, stories.workspace, dialect, dialect, SECRET,
                            callback=callback)  # fmt: skip
    return dict(made)


def chatwoot(stories: Stories, source: dict[str, Any], body: Any, delivery: str) -> TestResponse:
    raw, moment = json.dumps(body).encode(), str(int(time.time()))
    mac = hmac.new(SECRET.encode(), f"{moment}.".encode() + raw, hashlib.sha256).hexdigest()
    headers = {"X-Chatwoot-Timestamp": moment, "X-Chatwoot-Signature": f"sha256={mac}",
               "X-Chatwoot-Delivery": delivery}  # fmt: skip
    return stories.client.post(f"/webhooks/sources/{source['id']}", data=raw, headers=headers)


def botpress(stories: Stories, source: dict[str, Any], **body: Any) -> TestResponse:
    basic = base64.b64encode(f"hub:{SECRET}".encode()).decode()
    path = f"/webhooks/sources/{source['id']}/{body['type']}"
    return stories.client.post(path, json=body, headers={"Authorization": f"Basic {basic}"})


def act(stories: Stories, chat: str, deed: str, **body: Any) -> None:
    """What a teammate does by the API."""
    with stories.house.store.transaction() as tx:
        key = admin.create_key(tx, stories.workspace, f"{chat}.{deed}.{len(body)}", "owner")["key"]
    answer = stories.client.post(f"/v1/conversations/{chat}/{deed}", json=body or None,
                                 headers={"Authorization": f"Bearer {key}"})  # fmt: skip
    assert answer.status_code < 300, answer.text
    stories.work()


def test_chatwoot_hears_the_agent_and_who_speaks(stories: Stories, platform: Endpoint) -> None:
    source = add(stories, "chatwoot", platform)
    accepted = chatwoot(stories, source, OPENED, "d-1")
    assert accepted.status_code == 202
    again = chatwoot(stories, source, OPENED, "d-1")
    assert again.json == {"accepted": [], "duplicates": accepted.json["accepted"]}  # type: ignore[index]
    assert chatwoot(stories, source, MESSAGE, "d-2").status_code == 202
    stories.escalate("chat-1")  # of another platform, which Chatwoot must not hear of
    stories.work()
    act(stories, "chat-1", "takeover")
    act(stories, "3-42", "takeover")
    act(stories, "3-42", "messages", role="agent", text="On its way.")
    act(stories, "3-42", "resume")
    base = "/api/v1/accounts/3/conversations/42"
    assert [call.path for call in platform.calls] == [
        f"{base}/toggle_status", f"{base}/messages", f"{base}/toggle_status",
    ]  # fmt: skip
    bodies = [call.json for call in platform.calls]
    assert (bodies[0], bodies[2]) == ({"status": "open"}, {"status": "pending"})
    assert bodies[1]["content"] == "On its way."
    assert {call.headers["api-access-token"] if "api-access-token" in call.headers
            else call.headers["api_access_token"] for call in platform.calls} == {
        "the-platforms-token"}  # fmt: skip
    echo = MESSAGE | bodies[1] | {"id": 950, "event": "message_created"}
    assert chatwoot(stories, source, echo, "d-3").json == IGNORED


def test_a_bot_at_botpress_waits_for_its_human_and_gets_the_chat_back(
    stories: Stories, platform: Endpoint
) -> None:
    source = add(stories, "botpress", platform)
    assert botpress(stories, source, type="ping").status_code == 200
    user = botpress(stories, source, type="createRemoteUser", payload={"name": "Ada"}).json
    began = botpress(stories, source, type="createRemoteConversation",
                     payload={"title": "Lost parcel"})  # fmt: skip
    assert began.status_code == 200
    chat = began.json["id"]  # type: ignore[index]
    said = botpress(
        stories,
        source,
        type="botSendsMessage",
        remoteConversationId=chat,
        remoteUserId=user["id"],
        payload={"text": "Hello?"},
    )  # type: ignore[index]
    assert said.status_code == 200
    stories.work()
    platform.status = 500
    act(stories, chat, "takeover")
    act(stories, chat, "messages", role="agent", text="On its way.")
    platform.status = 200
    act(stories, chat, "resume")
    while stories.waiting():  # what failed comes again, and in order
        stories.hurry()
        stories.work()
    right = [call for call in platform.calls if call.path != "/agent-assigned"]
    said_once = list(dict.fromkeys(call.body for call in right))
    assert [json.loads(body).get("payload") for body in said_once] == [
        {"text": "On its way."}, None,
    ]  # fmt: skip
    assert platform.calls[-1].path == "/stop-hitl"
    assert {call.json["remoteConversationId"] for call in platform.calls} == {chat}
    requester = stories.row("select requester from conversations where external_id = :c", c=chat)
    assert requester["requester"] == {"name": "Ada"}


def test_a_way_back_is_checked_changed_and_ended(stories: Stories, platform: Endpoint) -> None:
    source = add(stories, "botpress", platform)
    house, workspace = stories.house, stories.workspace
    for dialect, url, token, field in (
        ("standard", platform.url, "token", "callback"),
        ("chatwoot", "http://10.0.0.1/", "token", "callback.url"),
        ("chatwoot", platform.url, "two words", "callback.token"),
    ):
        with pytest.raises(admin.BadInput) as refusal:
            admin.add_source(house, workspace, dialect, dialect,
                             callback=admin.Callback(url=url, token=token))  # fmt: skip
        assert list(refusal.value.errors) == [field]
    line = stories.row("select * from subscribers where source_id = :id", id=source["id"])
    assert b"the-platforms-token" not in bytes(line["secret"]) and line["ordered"]
    with stories.house.store.transaction() as tx:
        with pytest.raises(admin.Conflict):
            admin.change_subscriber(tx, house, workspace, line["id"], url="https://x.example/")
        other = admin.Callback(url="https://bp.example/hook", token="t")
        admin.answer_source(tx, house, workspace, source["id"], other)
        assert tx.one("select * from subscribers")["url"] == "https://bp.example/hook"
        admin.answer_source(tx, house, workspace, source["id"], None)
        assert tx.value("select count(*) from subscribers") == 0


def test_new_options_count_at_once_in_a_process_that_knew_the_old(stories: Stories) -> None:
    options = {
        "signature": {"kind": "secret", "header": "X-Api-Key"},
        "type": {"path": "event", "words": {"lost": "conversation.escalated"}},
        "fields": {"conversation.id": "chat"},
    }
    source = admin.add_source(stories.house, stories.workspace, "Acme", "json", SECRET,
                              options=options)  # fmt: skip

    def post() -> Any:
        told = {"event": "handoff", "chat": "chat-9"}
        path = f"/webhooks/sources/{source['id']}"
        return stories.client.post(path, json=told, headers={"X-Api-Key": SECRET}).get_json()

    assert post() == IGNORED
    words = {"type": {"path": "event", "words": {"handoff": "conversation.escalated"}}}
    with stories.house.store.transaction() as tx:
        admin.change_source(tx, stories.workspace, source["id"], options=options | words)
    assert post()["accepted"][0]["escalation_id"]
