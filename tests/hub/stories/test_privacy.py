"""Customers' data: erased everywhere and for good, taken along, kept no longer than wanted."""

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from connectors.types import File
from hub import admin, jobs, marks, native
from hub.clock import Clock
from hub.jobs import Job
from hub.pipeline import orphans, takeover
from hub.store import conversations, customers, escalations, forgetting, presence, reads
from hub.worker import STORIES
from hub.worker import run as run_job
from tests.hub.catalogue import dump
from tests.hub.stories.endpoint import Endpoint, answering
from tests.hub.stories.house_of_stories import Stories

NAME, EMAIL, DIGITS = "Wilhelmina Canary", "w.canary@erase.example", "4915118472739"
CHAT = f"wa-{DIGITS}"  # platforms name chats by numbers, too
CANARIES = ("canary", DIGITS, "15118472739")
WORDS = f"I am {NAME}, {EMAIL}, +{DIGITS}. My parcel is lost."
WRONG = "desk: zendesk\nticket:\n  priority: {from: reason.text}\n"


WAITS = """select 1 from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with answering() as listening:
        yield listening


@pytest.fixture
def owner(stories: Stories) -> dict[str, str]:
    """The headers of an owner's key."""
    with stories.house.store.transaction() as tx:
        key = admin.create_key(tx, stories.workspace, "privacy", "owner")["key"]
    return {"Authorization": f"Bearer {key}"}


def test_an_erased_customer_is_nowhere_in_the_database_and_does_not_come_back(
    zendesk: Stories, endpoint: Endpoint, owner: dict[str, str]
) -> None:
    admin.add_subscriber(zendesk.house, zendesk.workspace, endpoint.url)
    escalated = everything_happens(zendesk, endpoint)
    before = found_in(zendesk)
    assert before.keys() >= {
        "conversations", "messages", "events", "escalations", "tickets", "changes", "audit",
        "connections", "native_tickets", "native_entries",
    }  # fmt: skip
    figures = zendesk.rows(FIGURES)

    report = erase(zendesk, owner)
    assert (report["done"], report["total"], report["state"]) == (3, 3, "done")
    (ticket,) = report["remains"]["tickets"]
    assert (ticket["number"], ticket["connection"]) == (escalated["ticket"], "Zendesk")
    assert found_in(zendesk) == {}
    assert zendesk.rows(FIGURES) == figures

    comes_late(zendesk, escalated)
    assert found_in(zendesk) == {}
    assert not any(word in json.dumps(report).casefold() for word in CANARIES)


def test_who_writes_again_after_it_is_a_new_customer(
    zendesk: Stories, owner: dict[str, str]
) -> None:
    zendesk.escalate(CHAT, **customer())
    zendesk.work()
    hand_back(zendesk)
    erase(zendesk, owner)
    zendesk.customer("It is me again.", CHAT)
    again = zendesk.escalate(CHAT, transcript=[{"role": "user", "content": WORDS}])
    zendesk.work()
    ticket = zendesk.row("select * from tickets where escalation_id = :id", id=again)
    words = zendesk.rows("select text from messages where conversation_id = :id order by seq",
                         id=ticket["conversation_id"])  # fmt: skip
    assert [row["text"] for row in words] == ["It is me again."]
    assert len(zendesk.ledger("create_ticket")) == 2


def test_what_comes_at_the_very_moment_does_not_bring_a_customer_back(zendesk: Stories) -> None:
    body = escalation_of(CHAT)
    zendesk.post(body)
    zendesk.work()
    hand_back(zendesk)
    house = zendesk.house
    chat = zendesk.row("select * from conversations")
    late = json.dumps(json.loads(body) | {"event": "conversation.ended"}).encode()
    with ThreadPoolExecutor(1) as platform:
        with house.store.transaction() as tx:
            conversations.lock(tx, chat["id"])
            mark = marks.of_chat(house.settings, chat["source_id"], CHAT)
            forgetting.forget(tx, {chat["id"]: mark})
            answer = platform.submit(zendesk.post, late)
            wait_for(zendesk, WAITS)
        assert answer.result(timeout=60).status_code == 202
    assert found_in(zendesk) == {}


def test_nobody_is_erased_while_a_person_has_them(
    zendesk: Stories, client: FlaskClient, owner: dict[str, str]
) -> None:
    zendesk.escalate(**customer())
    zendesk.work()
    wanted = {"email": EMAIL.upper()}
    shown = client.post("/v1/privacy/preview", json=wanted, headers=owner).get_json()
    assert shown["counts"]["conversations"] == 1 and len(shown["open"]) == 1
    refused = client.post("/v1/privacy/erasures", json=wanted, headers=owner)
    assert refused.status_code == 409 and shown["open"][0] in refused.get_json()["detail"]

    hand_back(zendesk)
    other = client.post("/v1/privacy/erasures", json=wanted | {"conversations": 2}, headers=owner)
    assert other.status_code == 409
    made = client.post("/v1/privacy/erasures", json=wanted, headers=owner).get_json()
    with zendesk.house.store.transaction() as tx:  # and a person takes it before the job runs
        row = conversations.lock(tx, shown["open"][0])
        takeover.take_over(tx, row, user=None, actor="me")
    zendesk.work()
    waits = client.get(f"/v1/privacy/erasures/{made['id']}", headers=owner).get_json()
    assert waits["state"] == "running" and shown["open"][0] in waits["waits_for"]
    assert found_in(zendesk)

    hand_back(zendesk)
    zendesk.hurry()
    zendesk.work()
    done = client.get(f"/v1/privacy/erasures/{made['id']}", headers=owner).get_json()
    assert (done["state"], done["waits_for"]) == ("done", None)
    assert found_in(zendesk) == {}


def test_an_erasure_waits_for_a_worker_that_is_busy_with_the_customer(
    zendesk: Stories, owner: dict[str, str]
) -> None:
    zendesk.escalate(**customer())
    zendesk.work()
    hand_back(zendesk)
    with zendesk.house.store.transaction() as tx:
        ticket = tx.value("select id from tickets")
        jobs.enqueue(tx, "elsewhere", "relay", ticket, delay=3600)
    with zendesk.house.store.transaction() as tx:
        tx.run("update pgqueuer set status = 'picked', heartbeat = now()")
    erasure = begin(zendesk, owner)
    zendesk.work(1)
    assert found_in(zendesk) and erasure["done"] == 0
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from pgqueuer where status = 'picked'")
    zendesk.hurry()
    zendesk.work()
    assert found_in(zendesk) == {}


def test_a_customer_takes_along_all_that_the_hub_holds_of_them(
    zendesk: Stories, client: FlaskClient, endpoint: Endpoint, owner: dict[str, str]
) -> None:
    admin.add_subscriber(zendesk.house, zendesk.workspace, endpoint.url)
    zendesk.escalate("chat-other")
    everything_happens(zendesk, endpoint)
    answer = client.post("/v1/privacy/export", json={"phone": "0049 151-18472739",
                         "email": EMAIL}, headers=owner)  # fmt: skip
    told = answer.get_json()
    assert (told["format"], told["version"]) == ("hub.customer", 1)
    first, second, third = told["conversations"]
    assert first["requester"]["email"] == EMAIL and first["external_id"] == CHAT
    assert WORDS in [one["text"] for one in first["messages"]]
    assert [one["number"] for one in first["tickets"] if "number" in one] == []
    assert first["tickets"][0]["desk"] == "zendesk" and second["help_desk_tickets"]
    assert {one["kind"] for one in first["told_by_desks"]} >= {"message", "note", "status"}
    assert "Y2FuYXJ5" in json.dumps(second["help_desk_entries"])  # the file's bytes
    assert third["escalations"] and {one["direction"] for one in first["events"]} == {"in", "out"}
    assert "chat-other" not in answer.text
    line = zendesk.row("select detail from audit where what = 'customer.exported'")
    assert line["detail"] == "conversations: 3"


def test_an_export_that_would_not_be_whole_is_refused(
    zendesk: Stories,
    client: FlaskClient,
    owner: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admin.privacy, "MOST", 1)
    for chat in ("one", "two"):
        zendesk.escalate(chat)
    answer = client.post("/v1/privacy/export", json={"email": "ada@example.com"}, headers=owner)
    assert answer.status_code == 422 and "More than 1 conversations fit." in answer.text


def test_what_is_older_than_a_workspace_keeps_is_forgotten_in_batches(
    zendesk: Stories, endpoint: Endpoint
) -> None:
    admin.add_subscriber(zendesk.house, zendesk.workspace, endpoint.url)
    zendesk.escalate("chat-open", **customer())
    zendesk.work()
    zendesk.escalate("chat-old", **customer())
    zendesk.work()
    hand_back(zendesk, "chat-old")
    zendesk.work()
    house = zendesk.house
    with house.store.transaction() as tx:
        admin.set_retention(tx, zendesk.workspace, transcript_days=30, payload_days=7)
        tx.run("update deliveries set state = 'delivered'")
        Clock(house).forget_transcripts(tx)
        Clock(house).forget_bodies(tx)
    assert names(zendesk) == ["chat-old", "chat-open"]
    assert zendesk.rows("select 1 from events where payload is not null")
    with house.store.transaction() as tx:
        later = replace(tx, now=tx.now + timedelta(days=31))
        Clock(house).forget_transcripts(later)
        Clock(house).forget_bodies(later)
    assert names(zendesk) == ["chat-open"]  # a person has it
    left = zendesk.rows("select 1 from events where payload is not null")
    line = zendesk.row("select detail, actor from audit where what = 'privacy.forgotten'")
    assert (len(left), line["detail"], line["actor"]) == (0, "conversations by age: 1", "hub")


def test_a_customer_is_found_by_any_of_their_names(stories: Stories) -> None:
    stories.escalate("chat-1", **customer())
    stories.escalate("chat-2", customer={"name": "Ada", "id": "cust-1", "phone": f"+{DIGITS}"})
    with stories.house.store.transaction() as tx:
        by_phone = admin.held(tx, stories.workspace, admin.customer(phone=f"00{DIGITS}"))
        by_chat = customers.find(tx, stories.workspace, admin.customer(id="chat-2"))
        nobody = admin.held(tx, stories.workspace, admin.customer(email="no@example.com"))
    assert by_phone.counts["conversations"] == 2 and by_phone.counts["messages"] == 4
    assert by_phone.others["email"] == [EMAIL] and by_phone.others["phone"] == []
    assert len(by_chat) == 1 and not any(nobody.counts.values())
    with pytest.raises(admin.BadInput):
        admin.customer(phone="12-34")


FIGURES = """
select e.id, e.state, e.created_at, e.ticketed_at, e.returned_at, t.status, t.external_id,
    (select count(*) from messages m where m.conversation_id = e.conversation_id
     and m.role = 'agent') as answers,
    (select array_agg(detail order by id) from audit where escalation_id = e.id
     and what = 'conversation.resumed') as ends
from escalations e left join tickets t on t.escalation_id = e.id order by e.id
"""


def customer() -> dict[str, Any]:
    """The customer, as the platform tells of them."""
    return {
        "customer": {"name": NAME, "email": EMAIL, "phone": f"+49 151 {DIGITS[5:]}"},
        "transcript": [{"role": "user", "name": NAME, "content": WORDS, "attachments": [
            {"name": "canary.png", "url": "https://files.example.com/canary.png"}]}],
        "reason": {"code": "canary", "text": f"{NAME} asks"},
        "team": "canary", "url": f"https://chat.example.com/{DIGITS}",
        "channel": f"whatsapp {DIGITS}",
    }  # fmt: skip


def everything_happens(stories: Stories, endpoint: Endpoint) -> dict[str, Any]:
    """Three conversations of the customer go every way that there is, and end."""
    body = escalation_of(CHAT)
    assert stories.post(body).status_code == 202
    stories.work()
    ticket = stories.row(
        "select t.external_id from tickets t join conversations c on c.id = t.conversation_id"
        " where c.external_id = :chat", chat=CHAT,
    )  # fmt: skip
    stories.customer(f"Call +{DIGITS}", CHAT)
    stories.work()
    endpoint.status = 500  # what is told from now on waits
    stories.act(ticket["external_id"], reply=f"Dear {NAME}, we are on it.")
    stories.act(ticket["external_id"], note=f"{EMAIL} is a VIP.")
    stories.poll()
    stories.act(ticket["external_id"], status="solved")
    stories.poll()

    stories.escalate("chat-2", target="live_chat", **customer())
    stories.work()
    at_the_help_desk(stories)

    stories.fault("refuse", status=422)
    with stories.house.store.transaction() as tx:
        tx.run("update connections set troubles = cast(:one as jsonb) where desk = 'zendesk'",
               one=json.dumps([{"why": f"422: {EMAIL} is no address"}]))  # fmt: skip
    stories.escalate("chat-3", **customer())
    stories.work()
    requests.delete(f"{stories.sandbox}/_faults", timeout=10)
    hand_back(stories, "chat-3", words=f"Told {NAME} to wait.")
    stories.work()
    return {"body": body, "ticket": ticket["external_id"]}


def escalation_of(chat: str) -> bytes:
    """A delivery of the platform, to be sent more than once."""
    told = {"event": "conversation.escalated", "ts": int(time.time() * 1000),
            "data": {"conversationId": chat} | customer()}  # fmt: skip
    return json.dumps(told).encode()


def at_the_help_desk(stories: Stories) -> None:
    """A teammate takes the second conversation, answers with a file, and gives it back."""
    with stories.house.store.transaction() as tx:
        user = admin.add_user(tx, stories.workspace, "grace@example.com", "Grace")
        chat = conversations.get(tx, stories.workspace, "chat-2")
        assert chat is not None
        row = conversations.lock(tx, chat["id"])
        takeover.take_over(tx, row, user=tx.one("select * from users"), actor="me")
        reads.mark(tx, stories.workspace, user, chat["id"], 1)
        presence.here(tx, stories.workspace, chat["id"], user, "replying")
    stories.work()
    with stories.house.store.transaction() as tx:
        ticket = escalations.open_ticket(tx, chat["id"])
        assert ticket is not None
        mine = tx.one("select * from native_tickets where id = :id", id=ticket["external_id"])
        file = File(name="canary.txt", content_type="text/plain", url="", data=b"canary")
        for say in (native.reply, native.note):
            say(tx, ticket["connection_id"], mine, {"name": "Grace"}, f"Hello {NAME}", [file])
    stories.work()
    hand_back(stories, "chat-2", words=f"{NAME} is happy.")
    stories.work()


def hand_back(stories: Stories, chat: str | None = None, words: str | None = None) -> None:
    """The AI has it again; and the desk's ticket is solved."""
    with stories.house.store.transaction() as tx:
        for row in tx.all("select id from conversations where coalesce(external_id = :chat, true)",
                          chat=chat):  # fmt: skip
            takeover.resume(tx, conversations.lock(tx, row["id"]), actor="me", words=words)
    stories.work()


def wait_for(stories: Stories, sql: str) -> None:
    """Until there is such a row."""
    deadline = time.monotonic() + 60
    while not stories.rows(sql):
        assert time.monotonic() < deadline, sql
        time.sleep(0.02)


def begin(stories: Stories, owner: dict[str, str]) -> dict[str, Any]:
    """An owner confirms what the preview has shown."""
    wanted = {"email": EMAIL}
    shown = stories.client.post("/v1/privacy/preview", json=wanted, headers=owner).get_json()
    body = wanted | {"conversations": shown["counts"]["conversations"]}
    answer = stories.client.post("/v1/privacy/erasures", json=body, headers=owner)
    assert answer.status_code == 202, answer.text
    return dict(answer.get_json())


def erase(stories: Stories, owner: dict[str, str]) -> dict[str, Any]:
    """The same, carried out; what its report says."""
    erasure = begin(stories, owner)
    stories.work()
    path = f"/v1/privacy/erasures/{erasure['id']}"
    return dict(stories.client.get(path, headers=owner).get_json())


def comes_late(stories: Stories, known: dict[str, Any]) -> None:
    """What was on its way when the customer was erased: deliveries, the desk's news, jobs."""
    told = json.loads(known["body"])
    late = told | {"event": "conversation.replied", "data": told["data"] | {
        "message": {"role": "user", "content": f"{WORDS} Hurry!"}}}  # fmt: skip
    longer = told | {"data": told["data"] | {"transcript": told["data"]["transcript"] * 2}}
    for body in (told, late, longer):
        assert stories.post(json.dumps(body).encode()).status_code == 202
    stories.act(known["ticket"], reply=f"Dear {NAME}, are you there?")
    stories.act(known["ticket"], status="open")
    stories.poll()
    for story, job in STORIES.items():
        for row in stories.rows(f"select id from {job.table.name}"):
            run_job(stories.house, Job(story, row["id"]))
    stories.hurry()
    stories.work()


def found_in(stories: Stories) -> dict[str, list[str]]:
    """The tables that tell of the customer, with what they tell: as text, and as bytes."""
    coats = [*CANARIES, *(word.encode().hex() for word in ("canary", "Canary", DIGITS))]
    there = re.compile("|".join(coats) + r"|151\W*18472739", re.IGNORECASE)
    found = {name: there.findall(text) for name, text in dump(stories.house).items()}
    return {name: words for name, words in found.items() if words}


def names(stories: Stories) -> list[str]:
    """The chats that are not forgotten."""
    rows = stories.rows("select external_id from conversations where forgotten_at is null")
    return sorted(row["external_id"] for row in rows)


def test_a_conversation_is_locked_for_one_step_at_a_time(zendesk: Stories) -> None:
    zendesk.escalate()
    chat, store = zendesk.row("select id from conversations")["id"], zendesk.house.store
    free = "select 1 from conversations where id = :id for update skip locked"
    with store.transaction() as tx:
        conversations.lock(tx, chat)
        with store.transaction() as other:
            assert other.value(free, id=chat) is None


def test_who_is_taken_over_at_the_very_moment_is_not_erased(
    zendesk: Stories, owner: dict[str, str]
) -> None:
    zendesk.escalate(**customer())
    zendesk.work()
    hand_back(zendesk)
    begin(zendesk, owner)
    with ThreadPoolExecutor(1) as worker:
        with zendesk.house.store.transaction() as tx:
            row = conversations.lock(tx, zendesk.row("select id from conversations")["id"])
            takeover.take_over(tx, row, user=None, actor="me")
            tx.write()
            erasing = worker.submit(zendesk.work, 1)
            wait_for(zendesk, WAITS)
        assert erasing.result(timeout=60) == ["erase"]
    assert zendesk.row("select forgotten_at from conversations")["forgotten_at"] is None


def test_an_erasure_stands_in_the_audit_when_it_is_done(
    zendesk: Stories, owner: dict[str, str]
) -> None:
    zendesk.escalate(**customer())
    zendesk.work()
    hand_back(zendesk)
    report = erase(zendesk, owner)
    line = zendesk.row("select detail, subject_id from audit where what = 'customer.erased'")
    assert tuple(line.values()) == ("conversations: 1", report["id"])


def test_an_erasure_whose_job_is_lost_goes_on(zendesk: Stories, owner: dict[str, str]) -> None:
    zendesk.escalate(**customer())
    zendesk.work()
    hand_back(zendesk)
    begin(zendesk, owner)
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from pgqueuer")
        tx.run("update erasures set created_at = created_at - interval '1 h'")
        assert orphans.adopt(tx) == 1
    assert zendesk.work() == ["erase"]
    assert found_in(zendesk) == {}


def test_a_subscriber_that_never_said_yes_has_it_all_the_same(
    zendesk: Stories, endpoint: Endpoint, owner: dict[str, str]
) -> None:
    admin.add_subscriber(zendesk.house, zendesk.workspace, endpoint.url)
    endpoint.status = 500
    zendesk.escalate(**customer())
    zendesk.work()
    hand_back(zendesk)
    (told,) = erase(zendesk, owner)["remains"]["subscribers"]
    assert told["url"] == endpoint.url and told["delivered"] > 0
