"""Customer to desk and desk to customer, in order, each once."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.types import Change, Status
from connectors.zendesk.connector import Zendesk
from hub import admin, jobs
from hub.pipeline import orphans
from hub.store import changes, connections
from tests.hub.stories.house_of_stories import Stories


def ticketed(zendesk: Stories, conversation: str = "chat-1") -> str:
    """Escalate; the ticket's id at the desk."""
    escalation_id = zendesk.escalate(conversation)
    zendesk.work()
    row = zendesk.row("select external_id from tickets where escalation_id = :e", e=escalation_id)
    return str(row["external_id"])


def tell(zendesk: Stories, ticket: str, *, at: datetime | None = None, **what: object) -> None:
    """A change as a webhook would bring it."""
    number = len(zendesk.rows("select id from changes"))
    values = {"id": f"test:{number}", "at": at or datetime.now(UTC)} | what
    change = Change(ticket_id=ticket, **values)  # type: ignore[arg-type]
    with zendesk.house.store.transaction() as tx:
        changes.receive(tx, zendesk.workspace, str(zendesk.connection), [change], via="webhook")


def test_customers_words_reach_the_ticket_in_their_order(zendesk: Stories) -> None:
    ticketed(zendesk)
    for number in range(5):
        zendesk.customer(f"message {number}")
    zendesk.work()
    assert [row["text"] for row in zendesk.ledger("append_message")] == [
        f"message {number}" for number in range(5)
    ]


def test_words_that_come_before_the_ticket_is_there_are_not_lost(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1, times=1)
    zendesk.escalate()
    zendesk.work()
    zendesk.customer("and one more thing")
    zendesk.hurry()
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    written = "\n".join(entry["text"] for entry in zendesk.entries(created["ticket_id"]))
    assert written.count("and one more thing") == 1


def test_a_lost_answer_leaves_one_comment(zendesk: Stories) -> None:
    ticketed(zendesk)
    zendesk.fault("cut_after_commit", rate=1, times=1)
    zendesk.customer("hello?")
    zendesk.work()
    zendesk.hurry()
    zendesk.work()
    assert [row["text"] for row in zendesk.ledger("append_message")] == ["hello?"]
    ticket = zendesk.row("select relaying, relayed_seq from tickets")
    last = zendesk.row("select max(seq) as seq from messages")["seq"]
    assert (ticket["relaying"], ticket["relayed_seq"]) == (False, last)


def test_a_ticket_that_takes_no_more_words_says_so_to_subscribers(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, status="closed")
    zendesk.customer("are you there?")
    zendesk.work()
    told = zendesk.row("select payload from events where type = 'delivery.degraded'")["payload"]
    assert (told["code"], told["message"]["text"]) == ("message_refused", "are you there?")
    assert "closed" in told["reason"].partition("the conversation has it.")[2]  # the desk's words


def test_a_collision_with_another_writer_loses_no_words(zendesk: Stories) -> None:
    ticketed(zendesk)
    zendesk.fault("refuse", status=409, times=1, call="append_message")
    zendesk.customer("are you there?")
    zendesk.work()
    zendesk.hurry()
    zendesk.work()
    assert [row["text"] for row in zendesk.ledger("append_message")] == ["are you there?"]
    assert "delivery.degraded" not in zendesk.events()


def test_the_ai_keeps_the_conversation_to_itself_while_it_speaks(zendesk: Stories) -> None:
    zendesk.say("conversation.replied", conversationId="quiet", message={"role": "user",
                "content": "hi"})  # fmt: skip
    zendesk.work()
    assert zendesk.ledger("append_message") == []


def test_an_agents_reply_comes_home_once_though_webhook_and_poll_tell_it(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, reply="We are on it.")
    zendesk.poll()
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set poll_cursor = null")
    zendesk.poll()
    replies = zendesk.rows("select text, name from messages where role = 'agent'")
    assert [row["text"] for row in replies] == ["We are on it."]
    assert zendesk.events().count("message.created") == 1


def test_our_own_words_are_no_news(zendesk: Stories) -> None:
    ticketed(zendesk)
    zendesk.customer("hello?")
    zendesk.work()
    zendesk.poll()
    assert zendesk.rows("select id from messages where role = 'agent'") == []
    assert "message.created" not in zendesk.events()


def test_solving_there_resumes_the_ai_here_with_what_the_human_said(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, reply="You get a refund.")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    conversation = zendesk.row("select speaker, epoch from conversations")
    assert (conversation["speaker"], conversation["epoch"]) == ("ai", 2)
    resumed = zendesk.row("select payload from events where type = 'conversation.resumed'")
    assert resumed["payload"]["brief"]["text"] == "You get a refund."
    assert zendesk.row("select state from escalations")["state"] == "returned"


def test_reopening_there_gives_the_human_the_conversation_again(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    zendesk.act(ticket, status="open")
    zendesk.poll()
    assert zendesk.row("select speaker from conversations")["speaker"] == "human"
    assert zendesk.row("select state from escalations")["state"] == "ticketed"


def test_an_older_status_never_overwrites_a_newer_one(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    now = datetime.now(UTC) + timedelta(seconds=5)
    tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=now)
    zendesk.work()
    tell(zendesk, ticket, kind="status", status=Status.OPEN, at=now - timedelta(seconds=3))
    zendesk.work()
    assert zendesk.row("select status from tickets")["status"] == "solved"
    outcomes = [row["outcome"] for row in zendesk.rows("select outcome from changes order by at")]
    assert "older than what we know" in outcomes


def test_an_unknown_status_keeps_the_conversation_with_the_human(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    later = datetime.now(UTC) + timedelta(seconds=5)
    tell(zendesk, ticket, kind="status", status=Status.UNKNOWN, word="in limbo", at=later)
    zendesk.work()
    assert zendesk.row("select speaker from conversations")["speaker"] == "human"
    assert zendesk.row("select status, word from tickets")["word"] == "in limbo"


def test_news_of_a_ticket_that_is_not_linked_yet_waits_for_the_link(zendesk: Stories) -> None:
    number = str(int(ticketed(zendesk, "chat-0")) + 1)  # Zendesk counts
    escalation_id = zendesk.escalate()
    later = datetime.now(UTC) + timedelta(seconds=30)
    tell(
        zendesk, number, kind="message", key=escalation_id, message_id="m1", text="early", at=later
    )
    tell(zendesk, number, kind="status", key=escalation_id, status=Status.SOLVED, at=later)
    zendesk.work()
    ticket = zendesk.row("select * from tickets where escalation_id = :e", e=escalation_id)
    assert ticket["external_id"] == number
    assert zendesk.row("select text from messages where role = 'agent'")["text"] == "early"
    assert ticket["status"] == "solved"


def test_nothing_is_kept_of_strangers_tickets(zendesk: Stories) -> None:
    ticketed(zendesk)
    tell(zendesk, "999", kind="status", key="esc_nobody", status=Status.SOLVED)
    tell(zendesk, "998", kind="status", status=Status.SOLVED)
    tell(zendesk, "997", kind="hint")
    zendesk.work()
    assert zendesk.rows("select id from changes where external_ticket_id like '99%'") == []


def test_news_without_a_key_waits_while_a_ticket_of_ours_may_be_new_and_not_longer(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    zendesk.fault("server_error", rate=1, times=1)
    zendesk.escalate()
    zendesk.work()
    with zendesk.house.store.transaction() as tx:
        tx.run("update escalations set create_started_at = now()")  # its answer was lost
    monkeypatch.setattr(changes, "EARLY", 2)
    for number in range(4):
        tell(zendesk, f"99{number}", kind="status", status=Status.SOLVED, id=f"s{number}")
        zendesk.work()
    assert len(zendesk.rows("select id from changes where state = 'waiting'")) == 2
    with zendesk.house.store.transaction() as tx:
        tx.run("update changes set received_at = now() - interval '2 h'")
        assert changes.forget_strangers(tx) == 2


def test_an_assignment_at_the_desk_is_told(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, assign="Ben Berger")
    zendesk.poll()
    assert "ticket.assigned" in zendesk.events()
    assert zendesk.row("select assignee from tickets")["assignee"]


def test_a_deleted_ticket_gives_the_conversation_back(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="deleted")
    zendesk.work()
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"
    assert zendesk.row("select status, word from tickets")["word"] == "deleted"


def test_a_hint_makes_the_hub_ask_the_desk_and_not_believe_the_messenger(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, reply="Refunded.")
    zendesk.act(ticket, status="solved")
    tell(zendesk, ticket, kind="hint")
    zendesk.work()
    resumed = zendesk.row("select payload from events where type = 'conversation.resumed'")
    assert resumed["payload"]["brief"]["text"] == "Refunded."


def test_a_hint_about_a_ticket_that_is_gone_gives_the_conversation_back(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, delete="yes")
    tell(zendesk, ticket, kind="hint")
    zendesk.work()
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"


def test_a_hint_is_read_at_once_though_the_desks_index_does_not_know_it_yet(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    zendesk.settings(incremental_holdback=60)
    zendesk.act(ticket, reply="Refunded.")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert zendesk.row("select speaker from conversations")["speaker"] == "human"
    tell(zendesk, ticket, kind="hint")
    assert "poll" not in zendesk.work()
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"


def test_many_hints_of_one_ticket_are_read_once(zendesk: Stories) -> None:
    ticket, other = ticketed(zendesk), ticketed(zendesk, "chat-2")
    zendesk.act(ticket, reply="One moment.")
    for _ in range(5):
        tell(zendesk, ticket, kind="hint")
    tell(zendesk, other, kind="hint")
    asked = zendesk.rows("select 1 from pgqueuer where entrypoint like 'desk:%'")
    assert len(asked) == 2
    zendesk.work()
    states = zendesk.rows("select distinct state, outcome from changes where kind = 'hint'")
    assert [(row["state"], row["outcome"]) for row in states] == [("applied", "read")]
    assert zendesk.events().count("message.created") == 1


def test_a_hint_that_comes_while_the_ticket_is_read_has_it_read_again(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="hint")
    read, late = Zendesk.read_changes, ["Refunded."]

    def reading(connector: Zendesk, ticket_id: str) -> list[Change]:
        told = read(connector, ticket_id)
        while late:
            zendesk.act(ticket, reply=late.pop())
            tell(zendesk, ticket, kind="hint")
        return told

    monkeypatch.setattr(Zendesk, "read_changes", reading)
    zendesk.work()
    assert zendesk.row("select text from messages where role = 'agent'")["text"] == "Refunded."


def test_a_hint_of_a_ticket_that_is_not_linked_yet_is_followed_after_the_link(
    zendesk: Stories,
) -> None:
    number = str(int(ticketed(zendesk, "chat-0")) + 1)  # Zendesk counts
    escalation_id = zendesk.escalate()
    tell(zendesk, number, kind="hint", key=escalation_id)
    tell(zendesk, number, kind="hint", key=escalation_id)
    zendesk.work()
    states = zendesk.rows("select distinct outcome from changes where kind = 'hint'")
    assert [row["outcome"] for row in states] == ["read"]


def test_of_a_tickets_hints_only_the_oldest_can_be_lost_work(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="hint")
    tell(zendesk, ticket, kind="hint")
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from pgqueuer")
        tx.run("update changes set received_at = now() - interval '1 h'")
        assert orphans.adopt(tx) == 1
    assert zendesk.row("select entrypoint from pgqueuer")["entrypoint"].startswith("desk:")
    zendesk.work()
    assert zendesk.rows("select 1 from changes where state = 'waiting'") == []


def test_a_hint_that_comes_while_a_poll_runs_is_followed_by_another_poll(
    zendesk: Stories,
) -> None:
    lane = f"desk:{zendesk.connection}"
    for _ in range(2):
        with zendesk.house.store.transaction() as tx:
            jobs.enqueue_once(tx, lane, "poll", str(zendesk.connection))
            jobs.enqueue_once(tx, lane, "poll", str(zendesk.connection))
        count = "select count(*) as n from pgqueuer where status = 'queued'"
        assert zendesk.row(count)["n"] == 1
        with zendesk.house.store.transaction() as tx:
            tx.run("update pgqueuer set status = 'picked'")


def test_a_poll_that_the_desk_refuses_pauses_the_connection(zendesk: Stories) -> None:
    zendesk.fault("refuse", rate=1, status=401)
    with zendesk.house.store.transaction() as tx:
        jobs.enqueue(tx, "any", "poll", str(zendesk.connection))
    zendesk.work(limit=1)
    row = zendesk.row("select state from connections where id = :id", id=zendesk.connection)
    assert row["state"] == "paused"


def test_a_poll_that_the_desk_slows_down_holds_no_ticket_up(zendesk: Stories) -> None:
    zendesk.fault("rate_limit", rate=1, retry_after=60, path="/incremental/")
    zendesk.poll()
    zendesk.escalate()
    zendesk.work()
    assert len(zendesk.ledger("create_ticket")) == 1


def test_what_nobody_can_store_holds_up_no_news_of_a_desk(zendesk: Stories) -> None:
    """A desk that cuts texts at UTF-16 units leaves half an emoji; some let NUL pass."""
    zendesk.escalate()
    zendesk.work()
    ticket = str(zendesk.row("select external_id from tickets")["external_id"])
    for text in ("On its way \ud83d", "Sent\0 today", "Anything else?"):
        zendesk.act(ticket, reply=text)
    zendesk.poll()
    said = zendesk.rows("select text from messages where role = 'agent' order by seq")
    assert [row["text"] for row in said] == ["On its way ?", "Sent today", "Anything else?"]


def test_news_with_the_key_of_another_workspaces_escalation_is_not_kept(zendesk: Stories) -> None:
    escalation_id = zendesk.escalate()
    with zendesk.house.store.transaction() as tx:
        others = admin.add_workspace(tx, zendesk.house, "others", "Others")
        desk = connections.native(tx, others)["id"]
        told = Change(id="c1", ticket_id="4711", kind="message", at=tx.now, key=escalation_id,
                      message_id="m1", text="hello")  # fmt: skip
        changes.receive(tx, others, desk, [told], via="poll")
    zendesk.work()
    assert zendesk.rows("select 1 from changes where external_ticket_id = '4711'") == []


@pytest.mark.parametrize("kind", ["message", "note"])
def test_what_may_be_our_own_words_waits_until_that_is_known(zendesk: Stories, kind: str) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind=kind, message_id="m-1", text="hello?")
    with zendesk.house.store.transaction() as tx:  # a write begins before the news is applied
        tx.run("update entries set state = 'sending', created_at = :now", now=tx.now)
    zendesk.work()
    assert zendesk.row("select state from changes")["state"] == "waiting"
    assert zendesk.rows("select 1 from messages where role = 'agent'") == []
