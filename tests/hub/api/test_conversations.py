"""Conversations over the API: who speaks, taking over, handing back, the bot's fence."""

from typing import Any

import pytest

from hub import jobs, worker
from hub.jobs import Job
from tests.hub.api.conftest import Api, tell


def work(api: Api) -> None:
    """Run all jobs that are queued, and those that follow from them."""
    while True:
        with api.house.store.transaction() as tx:
            rows = tx.all("delete from pgqueuer where status = 'queued' returning payload")
        if not rows:
            return
        for row in rows:
            story, _, subject = bytes(row["payload"]).decode().partition(":")
            worker.run(api.house, Job(story=story, subject=subject))


def taken_over(api: Api, chat: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The chat's ticket in the Help Desk, after a teammate took it over."""
    api("POST", f"/conversations/{chat['id']}/takeover", body)
    work(api)
    ticket: dict[str, Any] = api("GET", "/tickets", conversation_id=chat["id"])["data"][0]
    return ticket


def test_a_conversation_is_found_by_our_id_and_by_the_platforms(api: Api, chat) -> None:
    ours = api("GET", f"/conversations/{chat['id']}")
    assert ours == api("GET", "/conversations/chat-1")
    assert (ours["speaker"], ours["epoch"], ours["message_count"]) == ("ai", 0, 2)


def test_its_messages_come_oldest_first_page_by_page(api: Api, chat) -> None:
    first = api("GET", "/conversations/chat-1/messages", limit=1)
    assert [m["text"] for m in first["data"]] == ["My parcel 4711 is lost."]
    rest = api("GET", "/conversations/chat-1/messages", limit=1, cursor=first["next_cursor"])
    assert [m["author"]["role"] for m in rest["data"]] == ["ai"]
    assert rest["next_cursor"] is None


def test_taking_over_pauses_the_ai_at_once(api: Api, chat) -> None:
    told = api("POST", "/conversations/chat-1/takeover")
    assert told["conversation"]["speaker"] == "human"
    assert told["conversation"]["epoch"] == 1
    assert told["escalation"]["state"] == "received"
    assert told["escalation"]["reason"]["code"] == "takeover"


def test_taking_over_twice_is_once(api: Api, chat) -> None:
    once = api("POST", "/conversations/chat-1/takeover")
    assert api("POST", "/conversations/chat-1/takeover") == once
    assert len(api("GET", "/escalations")["data"]) == 1


def test_who_takes_over_by_name_gets_the_ticket(api: Api, chat) -> None:
    for email in ("ada@x.example", "bob@x.example"):
        api("POST", "/users", {"email": email}, expect=201)
    ticket = taken_over(api, chat, user="bob@x.example")
    assert (ticket["assignee"], ticket["type"]) == ("bob", "live_chat")


def test_a_stranger_does_not_get_the_ticket(api: Api, strangers: Api, chat) -> None:
    strangers("POST", "/users", {"email": "eve@x.example"}, expect=201)
    body = {"user": "eve@x.example"}
    problem = api("POST", "/conversations/chat-1/takeover", body, expect=422)
    assert problem["errors"][0]["field"] == "user"
    assert api("GET", "/conversations/chat-1")["speaker"] == "ai"


@pytest.mark.parametrize("change", [{"active": False}, {"role": "viewer"}])
def test_who_may_hold_no_ticket_does_not_get_it(api: Api, chat, change: dict[str, Any]) -> None:
    api("POST", "/users", {"email": "o@x.example", "role": "owner"}, expect=201)
    ada = api("POST", "/users", {"email": "ada@x.example"}, expect=201)
    api("PATCH", f"/users/{ada['id']}", change)
    problem = api("POST", "/conversations/chat-1/takeover", {"user": ada["id"]}, expect=422)
    assert problem["errors"][0]["field"] == "user"
    assert api("GET", "/conversations/chat-1")["speaker"] == "ai"


def test_an_ended_conversation_is_not_taken_over(api: Api, source, chat) -> None:
    over = {"id": "e2", "type": "conversation.ended", "conversation": {"id": "chat-1"}}
    tell(api, source, over)
    api("POST", "/conversations/chat-1/takeover", expect=409)


def test_resuming_gives_the_ai_the_conversation_and_the_humans_words(api: Api, chat) -> None:
    api("POST", "/conversations/chat-1/takeover")
    told = api("POST", "/conversations/chat-1/resume", {"text": "Refunded."})
    assert (told["conversation"]["speaker"], told["conversation"]["epoch"]) == ("ai", 2)
    assert told["escalation"]["state"] == "returned"
    news = api("GET", "/events", type="conversation.resumed", direction="out")["data"][0]
    assert news["data"]["brief"]["text"] == "Refunded."


def test_resuming_what_the_ai_has_changes_nothing(api: Api, chat) -> None:
    told = api("POST", "/conversations/chat-1/resume")
    assert (told["conversation"]["speaker"], told["conversation"]["epoch"]) == ("ai", 0)
    assert told["escalation"] is None


def test_a_bot_that_knows_the_epoch_may_speak(api: Api, chat) -> None:
    told = api("POST", "/conversations/chat-1/control", {"epoch": 0, "speaker": "ai"})
    assert told == {"granted": True, "epoch": 0}


def test_a_bot_is_refused_while_a_human_speaks(api: Api, chat) -> None:
    api("POST", "/conversations/chat-1/takeover")
    for epoch in (0, 1):
        body = {"epoch": epoch, "speaker": "ai"}
        told = api("POST", "/conversations/chat-1/control", body, expect=409)
        assert told == {"granted": False, "epoch": 1, "speaker": "human"}


def test_an_answer_made_before_the_human_came_is_refused_after_they_left(api: Api, chat) -> None:
    api("POST", "/conversations/chat-1/takeover")
    api("POST", "/conversations/chat-1/resume")
    told = api("POST", "/conversations/chat-1/control", {"epoch": 0}, expect=409)
    assert told == {"granted": False, "epoch": 2, "speaker": "ai"}


def test_an_agent_answers_in_the_open_ticket_of_the_help_desk(api: Api, chat) -> None:
    ticket = taken_over(api, chat)
    body = {"role": "agent", "text": "Your parcel is in Graz.", "name": "Ada"}
    told = api("POST", "/conversations/chat-1/messages", body, expect=202)
    assert told["ticket"]["id"] == ticket["id"]
    work(api)
    last = api("GET", "/conversations/chat-1/messages")["data"][-1]
    assert last["author"] == {"role": "agent", "name": "Ada"}
    assert last["text"] == "Your parcel is in Graz."


def test_a_note_stays_inside(api: Api, chat) -> None:
    taken_over(api, chat)
    body = {"role": "note", "text": "He calls every week."}
    api("POST", "/conversations/chat-1/messages", body, expect=202)
    work(api)
    texts = [m["text"] for m in api("GET", "/conversations/chat-1/messages")["data"]]
    assert "He calls every week." not in texts
    kept = api.row("select count(*) as n from native_entries where text = :t", t=body["text"])
    assert kept["n"] == 1


def test_without_a_ticket_the_answer_says_what_to_do(api: Api, chat) -> None:
    body = {"role": "agent", "text": "Hello"}
    problem = api("POST", "/conversations/chat-1/messages", body, expect=409)
    assert "take it over" in problem["detail"]
    api("POST", "/conversations/chat-1/takeover")
    problem = api("POST", "/conversations/chat-1/messages", body, expect=409)
    assert "try again" in problem["detail"]


def test_the_ticket_of_another_desk_is_answered_there(api: Api, chat, zendesk) -> None:
    body = {"desk": "zendesk", "name": "Support", "config": zendesk}
    api("POST", "/connections", body, expect=201)
    api("POST", "/escalations", {"conversation_id": "chat-1", "target": "zendesk"}, expect=202)
    work(api)
    body = {"role": "agent", "text": "Hello"}
    problem = api("POST", "/conversations/chat-1/messages", body, expect=409)
    assert "zendesk" in problem["detail"] and "http" in problem["detail"]


def test_what_a_customer_says_reaches_the_open_ticket(api: Api, chat) -> None:
    ticket = taken_over(api, chat)
    body = {"role": "customer", "text": "Are you there?", "id": "m3"}
    told = api("POST", "/conversations/chat-1/messages", body, expect=202)
    assert told["ticket"]["id"] == ticket["id"]
    work(api)
    entry = api.row("select * from native_entries where text = :t", t="Are you there?")
    assert entry["kind"] == "message"


def test_what_a_customer_says_twice_counts_once(api: Api, chat) -> None:
    body = {"role": "customer", "text": "Hello?", "id": "m3"}
    for _ in range(2):
        api("POST", "/conversations/chat-1/messages", body, expect=202)
    assert api("GET", "/conversations/chat-1")["message_count"] == 3
    other = body | {"text": "Goodbye"}
    api("POST", "/conversations/chat-1/messages", other, expect=409)


def test_conversations_are_filtered(api: Api, source, chat) -> None:
    tell(api, source, {"id": "e2", "conversation": {"id": "chat-2"}})
    api("POST", "/conversations/chat-2/takeover")

    def listed(**query: Any) -> list[str]:
        return [row["external_id"] for row in api("GET", "/conversations", **query)["data"]]

    assert listed() == ["chat-2", "chat-1"]
    assert listed(speaker="human") == ["chat-2"]
    assert listed(speaker="ai", state="live") == ["chat-1"]
    assert listed(waiting="true") == []
    assert listed(external_id="chat-1", source_id=source["id"]) == ["chat-1"]


def test_jobs_are_queued_in_the_transaction_of_the_takeover(api: Api, chat) -> None:
    told = api("POST", "/conversations/chat-1/takeover")
    with api.house.store.transaction() as tx:
        assert jobs.open_subjects(tx, [f"escalate:{told['escalation']['id']}"])
