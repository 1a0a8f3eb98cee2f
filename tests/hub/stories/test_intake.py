"""Every answer of the intake, and that nothing acknowledged is lost or doubled."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub import admin
from hub.api import intake
from hub.pace import Pace
from hub.store import telling
from hub.vault import Place
from tests.hub.stories.house_of_stories import Stories
from webhooks import signing
from webhooks.events import Turn


def now() -> int:
    return int(time.time() * 1000)


def escalated(conversation: str = "chat-1", wait: int = 0) -> bytes:
    data = {"conversationId": conversation, "transcript": "User: help"}
    told = {"event": "conversation.escalated", "ts": now() + wait, "data": data}
    return json.dumps(told).encode()


def test_a_new_event_is_202_with_its_ids(stories: Stories) -> None:
    answer = stories.post(escalated())
    assert answer.status_code == 202
    (accepted,) = answer.json["accepted"]  # type: ignore[index]
    assert accepted["id"].startswith("evt_")
    assert accepted["escalation_id"].startswith("esc_")


def test_a_repeated_event_is_202_and_the_same(stories: Stories) -> None:
    body = escalated()
    first, second = stories.post(body).json, stories.post(body).json
    assert second == {"accepted": [], "duplicates": first["accepted"]}  # type: ignore[index]
    assert len(stories.rows("select id from escalations")) == 1


def test_a_wrong_missing_or_stale_signature_is_401(stories: Stories) -> None:
    url = f"/webhooks/sources/{stories.source['id']}"
    forged = {"X-Bookbag-Signature": "sha256=" + "0" * 64}
    assert stories.client.post(url, data=escalated(), headers=forged).status_code == 401
    assert stories.client.post(url, data=escalated()).status_code == 401
    stale = stories.say("conversation.escalated", ts=now() - 301_000, conversationId="c")
    assert stale.status_code == 401
    assert stories.rows("select id from events") == []


def test_an_unknown_source_is_404(stories: Stories) -> None:
    assert stories.client.post("/webhooks/sources/src_nobody", data=b"{}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a":' * 70, b'{"a":"\\u0000"}'],
)
def test_what_cannot_be_read_is_400(stories: Stories, body: bytes) -> None:
    assert stories.post(body).status_code == 400


@pytest.mark.timeout(60)
@pytest.mark.parametrize("noun", ["sources", "desks"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_id_with_a_nul_is_nobodys(stories: Stories, noun: str, method: str) -> None:
    answer = stories.client.open(f"/webhooks/{noun}/%00", method=method, data=b"{}")
    assert answer.status_code in (404, 405)


def test_what_nobody_can_store_is_not_asked_for_again() -> None:
    with Flask("any").test_request_context():
        fault = DBAPIError.instance(None, None, psycopg.DataError("NUL"), psycopg.Error)
        assert intake.unavailable(fault).status_code == 422


def test_all_of_a_mebibyte_is_stored_and_told(stories: Stories) -> None:
    fields = {"log": "x" * 1_000_000}
    answer = stories.say("conversation.escalated", conversationId="chat-1", fields=fields)
    assert answer.status_code == 202
    stories.work()
    assert stories.row("select fields from escalations")["fields"] == fields


def test_a_body_over_a_mebibyte_is_413(stories: Stories) -> None:
    assert stories.post(b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_wrong_field_is_422_and_named(stories: Stories) -> None:
    answer = stories.say("conversation.escalated", transcript="User: help")
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    (error,) = answer.json["errors"]  # type: ignore[index]
    assert "conversation" in error["field"]


def test_the_same_id_with_another_body_is_409(stories: Stories) -> None:
    source = admin.add_source(stories.house, stories.workspace, "std", "standard")

    def post(body: bytes) -> int:
        headers = signing.headers([source["secret"]], "msg_1", int(time.time()), body)
        url = f"/webhooks/sources/{source['id']}"
        return stories.client.post(url, data=body, headers=headers).status_code

    first = {"type": "conversation.escalated", "timestamp": "2026-11-22T10:00:00Z",
             "data": {"conversation": {"id": "c1"}}}  # fmt: skip
    other = first | {"data": {"conversation": {"id": "c2"}}}
    assert post(json.dumps(first).encode()) == 202
    assert post(json.dumps(first).encode()) == 202
    assert post(json.dumps(other).encode()) == 409


def test_what_cannot_be_committed_is_503_with_retry_after(stories: Stories) -> None:
    with stories.house.store.engine.begin() as connection:
        connection.execute(text("alter table events rename to events_away"))
    answer = stories.post(escalated())
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_an_escalation_is_committed_with_its_job(stories: Stories) -> None:
    escalation_id = stories.escalate()
    assert [name for name, _ in stories.waiting()] == [f"escalate:{escalation_id}"]


def test_without_a_desk_the_conversation_waits_in_the_help_desk(stories: Stories) -> None:
    stories.escalate()
    stories.work()
    row = stories.row("select waiting, speaker from conversations")
    assert (row["waiting"], row["speaker"]) == (True, "ai")
    assert stories.events() == ["conversation.escalated", "conversation.waiting"]


def test_an_ended_conversation_is_marked(stories: Stories) -> None:
    stories.say("conversation.ended", conversationId="c9")
    assert stories.row("select state from conversations")["state"] == "ended"


def test_a_transcript_that_repeats_single_messages_doubles_nothing(stories: Stories) -> None:
    for word in ("Yes", "Yes"):
        stories.customer(word)
        time.sleep(0.002)
    transcript = [
        {"role": "user", "content": "Yes"},
        {"role": "assistant", "content": "Really?"},
        {"role": "user", "content": "Yes"},
        {"role": "user", "content": "Yes"},
    ]
    stories.escalate(transcript=transcript)
    rows = stories.rows("select role, text from messages")
    assert sorted((r["role"], r["text"]) for r in rows) == [
        ("ai", "Really?"), ("customer", "Yes"), ("customer", "Yes"), ("customer", "Yes"),
    ]  # fmt: skip


def test_a_known_turn_is_known_by_id_or_by_its_words() -> None:
    known = [{"external_id": "m1", "role": "customer", "text": "Hi"}]
    turns = [Turn(id=i, role="customer", text=t) for i, t in (("m1", "Hi"), ("m2", "Hi"))]
    assert [t.id for t in telling.unknown(known, turns)] == ["m2"]
    renamed = [Turn(id="x", role="customer", text="Hi")]
    assert list(telling.unknown(known, renamed)) == []


def test_the_handoff_message_reaches_the_customer_once_in_their_language(
    stories: Stories,
) -> None:
    with stories.house.store.transaction() as tx:
        tx.run(
            "update sources set handoff_message ="
            """ '{"de": "Ein Mensch meldet sich gleich.", "default": "One moment."}'"""
        )
    stories.escalate(
        transcript="User: Meine Bestellung ist nicht angekommen, ich warte seit Tagen darauf."
    )
    stories.work()
    (message,) = stories.rows("select text, role from messages where origin = 'hub'")
    assert message["text"] == "Ein Mensch meldet sich gleich."
    assert stories.events().count("message.created") == 1


def test_more_than_the_sources_rate_is_429_until_there_is_room_again(stories: Stories) -> None:
    clock = [1000.0]
    stories.house.pace = Pace(2, lambda: clock[0])
    with stories.house.store.transaction() as tx:
        admin.change_source(tx, stories.workspace, stories.source["id"], rate=4)
    body = escalated("chat-3")
    statuses = [stories.post(escalated(f"chat-{n}")).status_code for n in (1, 2)]
    refused = stories.post(body)
    assert [*statuses, refused.status_code] == [202, 202, 429]  # two processes, two turns each
    assert refused.content_type == "application/problem+json"
    assert refused.headers["Retry-After"] == "30"
    assert len(stories.rows("select id from escalations")) == 2

    clock[0] += 30
    assert stories.post(body).status_code == 202
    assert stories.post(escalated("chat-4")).status_code == 429


def test_what_is_not_signed_takes_nothing_of_the_sources_rate(stories: Stories) -> None:
    stories.house.pace = Pace(1, lambda: 1000.0)
    with stories.house.store.transaction() as tx:
        admin.change_source(tx, stories.workspace, stories.source["id"], rate=1)
    for _ in range(3):
        forged = stories.post(escalated(), **{"X-Bookbag-Signature": "sha256=" + "0" * 64})
        assert forged.status_code == 401
    assert stories.post(escalated()).status_code == 202


def test_one_sources_rate_is_not_anothers() -> None:
    pace = Pace(2, lambda: 0.0)
    assert [pace.take("a", 1), pace.take("b", 1)] == [0, 0]  # a share below one is one
    assert pace.take("a", 1) == 120


def test_a_secret_that_was_changed_is_trusted_at_once_and_the_old_one_no_more(
    stories: Stories,
) -> None:
    assert stories.post(escalated("first")).status_code == 202
    sealed = stories.house.vault.seal(
        "another secret", Place(stories.workspace, "sources", stories.source["id"], "secret")
    )
    with stories.house.store.transaction() as tx:  # as another process does it
        tx.run("update sources set secret = :secret", secret=sealed)
    assert stories.post(escalated("second")).status_code == 401
    stories.source["secret"] = "another secret"
    assert stories.post(escalated("third")).status_code == 202
    assert len(stories.rows("select id from escalations")) == 2


def test_a_signature_of_a_secret_that_has_just_gone_stores_nothing(stories: Stories) -> None:
    """The process still believes in the source's old row when the database knows better."""
    assert stories.post(escalated("first")).status_code == 202
    with stories.house.store.transaction() as tx:
        tx.run("update sources set dialect = 'standard'")
    assert stories.post(escalated("second")).status_code == 401
    with stories.house.store.transaction() as tx:
        tx.run("delete from sources")
    assert stories.post(escalated("third")).status_code == 404
    assert len(stories.rows("select id from events where direction = 'in'")) == 1


def test_events_that_come_together_are_each_stored_once(stories: Stories) -> None:
    """Two of each conversation and each twice, from threads."""
    bodies = [escalated(f"chat-{n % 10}", wait=n) for n in range(20)] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = [answer.get_json() for answer in pool.map(stories.post, bodies)]
    accepted = [one for answer in answers for one in answer["accepted"]]
    repeated = [one for answer in answers for one in answer["duplicates"]]
    assert len(accepted) == len(repeated) == 20
    assert {one["id"] for one in accepted} == {one["id"] for one in repeated}
    assert len({one["escalation_id"] for one in accepted + repeated}) == 10
    assert len(stories.rows("select id from events where direction = 'in'")) == 20
    assert len(stories.rows("select id from escalations")) == 10
    assert len(stories.rows("select id from pgqueuer")) == 10


def test_a_persons_request_works_for_nobody_else(stories: Stories) -> None:
    """It may do what its own workspace may; a platform's event that waits is not in its batch."""
    house, asking = stories.house, threading.local()
    house.store.tenant = lambda: getattr(asking, "workspace", None)

    def a_person_posts() -> int:
        asking.workspace = stories.workspace
        return stories.post(escalated("the person's")).status_code

    with ThreadPoolExecutor(2) as pool:
        with house.intake._turn:  # somebody is at work, so that the platform's event waits
            waits = pool.submit(stories.post, escalated("the platform's"))
            while not house.intake._waiting:
                time.sleep(0.01)
            assert pool.submit(a_person_posts).result(60) == 202
            told = stories.rows("select external_id from conversations")
            assert [row["external_id"] for row in told] == ["the person's"]
        assert waits.result().status_code == 202
    assert len(stories.rows("select id from conversations")) == 2
