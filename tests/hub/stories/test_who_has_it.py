"""Nobody is left without an answer: who has the conversation, whatever comes late or crosses."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import AuthFailed
from connectors.types import Status
from connectors.zendesk import CONNECTOR as ZENDESK
from hub import admin
from hub.pipeline import orphans, takeover
from hub.pipeline.case import begin
from hub.store import Fenced, conversations, forgetting, work
from hub.store.schema import escalations
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_relay_and_sync import tell, ticketed


def resume(zendesk: Stories) -> None:
    """A teammate gives the conversation back to the AI."""
    talk = zendesk.row("select id from conversations")["id"]
    with zendesk.house.store.transaction() as tx:
        takeover.resume(tx, conversations.lock(tx, talk), actor="test")


def take_over(zendesk: Stories) -> None:
    """A teammate takes the conversation."""
    talk = zendesk.row("select id from conversations")["id"]
    with zendesk.house.store.transaction() as tx:
        takeover.take_over(tx, conversations.lock(tx, talk), user=None, actor="test")


def speaker(zendesk: Stories) -> str:
    return str(zendesk.row("select speaker from conversations")["speaker"])


def soon(seconds: float) -> datetime:
    """A moment by the desk's clock, after all that has happened."""
    return datetime.now(UTC) + timedelta(seconds=60 + seconds)


def test_who_is_assigned_after_the_hand_back_does_not_get_it_again(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    resume(zendesk)
    zendesk.fault("server_error", times=1, call="set_status")
    tell(zendesk, ticket, kind="assignment", assignee="Ben Berger", at=soon(0))
    zendesk.work()
    assert zendesk.row("select assignee from tickets")["assignee"] == "Ben Berger"
    assert speaker(zendesk) == "ai"
    zendesk.hurry()
    zendesk.work()
    assert speaker(zendesk) == "ai"
    assert zendesk.row("select status from tickets")["status"] == "solved"


def test_a_ticket_that_was_solved_before_we_found_it_gives_the_ai_its_word_back(
    zendesk: Stories,
) -> None:
    zendesk.fault("cut_after_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    zendesk.act(created["ticket_id"], reply="You get a refund.")
    zendesk.act(created["ticket_id"], status="solved")
    zendesk.hurry()
    zendesk.work()
    assert speaker(zendesk) == "ai"
    assert zendesk.row("select state from escalations")["state"] == "returned"
    told = zendesk.events()
    assert [told.count(one) for one in ("ticket.created", "ticket.closed")] == [1, 1]
    resumed = zendesk.row("select payload from events where type = 'conversation.resumed'")
    assert resumed["payload"]["brief"]["text"] == "You get a refund."


def test_what_was_about_to_leave_a_desk_opens_its_ticket_for_who_takes_over(
    zendesk: Stories,
) -> None:
    zendesk.fault("cut_before_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    with zendesk.house.store.transaction() as tx:  # it made sure, and the look was refused
        tx.run("update escalations set leaving = 'it is slow', state = 'parked',"
               " parked = '{}', promised_at = :now", now=tx.now)  # fmt: skip
    take_over(zendesk)
    zendesk.hurry()
    zendesk.work()
    assert speaker(zendesk) == "human"
    assert zendesk.row("select desk from tickets")["desk"] == "live_chat"
    assert zendesk.row("select state from escalations")["state"] == "ticketed"


def test_a_ticket_that_shows_up_after_a_takeover_is_closed(zendesk: Stories) -> None:
    zendesk.fault("cut_after_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    with zendesk.house.store.transaction() as tx:
        tx.run("update escalations set state = 'parked', parked = '{\"code\": \"unsure\"}'")
    take_over(zendesk)
    zendesk.hurry()
    zendesk.work()
    zendesk.poll()
    zendesk.work()
    assert zendesk.row("select desk from tickets")["desk"] == "live_chat"
    assert [row["status"] for row in zendesk.ledger("set_status")] == ["solved"]
    assert zendesk.rows("select 1 from audit where what = 'ticket.late'")
    assert zendesk.rows("select 1 from changes where state = 'waiting'") == []
    assert speaker(zendesk) == "human"


def test_a_ticket_that_a_human_has_again_is_not_closed_after_all(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    resume(zendesk)
    zendesk.fault("server_error", times=1, call="set_status")
    zendesk.work()
    tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=soon(0))
    tell(zendesk, ticket, kind="status", status=Status.OPEN, at=soon(1))
    zendesk.work()
    assert speaker(zendesk) == "human"
    zendesk.hurry()
    zendesk.work()
    assert zendesk.ledger("set_status") == []
    assert speaker(zendesk) == "human"
    assert zendesk.row("select status from tickets")["status"] == "open"
    assert zendesk.waiting() == []


def test_a_deleted_ticket_is_not_reopened_by_late_news(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="deleted", at=soon(3))
    zendesk.work()
    tell(zendesk, ticket, kind="status", status=Status.PENDING, at=soon(0))
    zendesk.work()
    assert speaker(zendesk) == "ai"
    assert zendesk.row("select word from tickets")["word"] == "deleted"


def test_a_ticket_that_we_closed_is_not_reopened_by_late_news(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    before = zendesk.row("select status_at from tickets")["status_at"]
    resume(zendesk)
    zendesk.work()
    after = zendesk.row("select status_at from tickets")["status_at"]
    assert before is not None and after >= before
    tell(zendesk, ticket, kind="status", status=Status.PENDING, at=after - timedelta(seconds=1))
    zendesk.work()
    assert speaker(zendesk) == "ai"
    assert zendesk.row("select status from tickets")["status"] == "solved"
    assert zendesk.events().count("conversation.paused") == 1


def test_what_is_said_in_the_surviving_ticket_before_we_know_of_the_merge_is_heard(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    with zendesk.house.store.transaction() as tx:  # so that news without a key waits
        tx.run("update escalations set create_started_at = :now, state = 'summarised'", now=tx.now)
    tell(zendesk, "4711", kind="message", message_id="m-1", text="Refunded.", at=soon(0))
    zendesk.work()
    tell(zendesk, ticket, kind="merged", merged_into="4711", at=soon(1))
    zendesk.work()
    assert zendesk.row("select external_id from tickets")["external_id"] == "4711"
    assert zendesk.rows("select 1 from messages where role = 'agent' and text = 'Refunded.'")


def test_an_older_assignment_never_overwrites_a_newer_one(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="assignment", assignee="New", at=soon(5))
    zendesk.work()
    tell(zendesk, ticket, kind="assignment", assignee="Old", at=soon(0))
    zendesk.work()
    assert zendesk.row("select assignee from tickets")["assignee"] == "New"


@pytest.mark.parametrize("again", [False, True])
def test_what_the_customer_tells_the_bot_stays_with_the_bot(zendesk: Stories, again: bool) -> None:
    ticketed(zendesk)
    zendesk.fault("server_error", times=1, method="PUT")
    zendesk.customer("for the agent")
    zendesk.work()
    resume(zendesk)
    zendesk.customer("for the bot")
    if again:  # the next ticket's transcript has both
        zendesk.escalate()
        zendesk.work()
    zendesk.hurry()
    zendesk.work()
    words = [row["text"] for row in zendesk.ledger("append_message")]
    assert words == ([] if again else ["for the agent"])


def test_a_doubt_is_cleared_after_the_hand_back(zendesk: Stories) -> None:
    zendesk.fault("cut_before_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    with zendesk.house.store.transaction() as tx:  # the look was refused for good
        tx.run("update escalations set state = 'parked', parked = '{\"code\": \"refused\"}'")
        tx.run("delete from pgqueuer")
    resume(zendesk)
    zendesk.work()
    talk = zendesk.row("select id from conversations")["id"]
    with zendesk.house.store.transaction() as tx:
        assert forgetting.is_over(tx, talk)
    assert zendesk.ledger("create_ticket") == []


def in_doubt(zendesk: Stories, monkeypatch: pytest.MonkeyPatch) -> None:
    """A create without an answer, and credentials that the desk refuses since then."""
    zendesk.fault("cut_before_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()

    def refused(connector: object, key: str) -> None:
        raise AuthFailed("401")

    with monkeypatch.context() as patched:
        patched.setattr(ZENDESK, "find_ticket", refused)
        zendesk.hurry()
        zendesk.work(limit=1)


def may_be_forgotten(zendesk: Stories) -> bool:
    talk = zendesk.row("select id from conversations")["id"]
    with zendesk.house.store.transaction() as tx:
        return forgetting.is_over(tx, talk)


def test_a_doubt_at_a_connection_that_is_removed_ends_with_it(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_doubt(zendesk, monkeypatch)
    resume(zendesk)
    assert not may_be_forgotten(zendesk)
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from routes")
        admin.remove_connection(tx, zendesk.house, zendesk.workspace, zendesk.connection)
    assert may_be_forgotten(zendesk)


def test_a_doubt_after_the_hand_back_is_looked_into_although_its_job_is_lost(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_doubt(zendesk, monkeypatch)
    resume(zendesk)
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set state = 'active'")
        tx.run("delete from pgqueuer")
        orphans.adopt(replace(tx, now=tx.now + orphans.LEFT_ALONE * 2))
    zendesk.work()
    assert may_be_forgotten(zendesk)
    assert zendesk.ledger("create_ticket") == []


def test_a_doubt_that_a_person_has_to_look_into_is_parked_once(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_doubt(zendesk, monkeypatch)
    resume(zendesk)
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set state = 'active'")
    zendesk.fault("refuse", rate=1, status=422, method="GET")
    zendesk.hurry()
    zendesk.work()
    assert zendesk.row("select parked from escalations")["parked"]["code"] == "invalid_request"
    with zendesk.house.store.transaction() as tx:
        assert orphans.adopt(replace(tx, now=tx.now + orphans.LEFT_ALONE * 2)) == 0
    zendesk.work()
    assert zendesk.events().count("escalation.parked") == 1


@pytest.mark.parametrize("how", ["assigned", "taken over", "reopened"])
def test_who_gets_the_conversation_hears_what_the_customer_said_to_the_ai(
    zendesk: Stories, how: str
) -> None:
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set pause_ai_at = 'assigned' where desk = 'zendesk'")
    ticket = ticketed(zendesk)
    if how == "reopened":
        tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=soon(0))
        zendesk.work()
    zendesk.customer("My new address is 5 Sea Road.")
    zendesk.work()
    assert (speaker(zendesk), zendesk.ledger("append_message")) == ("ai", [])
    if how == "assigned":
        tell(zendesk, ticket, kind="assignment", assignee="Ben Berger", at=soon(1))
    elif how == "reopened":
        tell(zendesk, ticket, kind="status", status=Status.OPEN, at=soon(2))
    else:
        take_over(zendesk)
    zendesk.work()
    assert speaker(zendesk) == "human"
    (said,) = zendesk.ledger("append_message")
    assert said["text"] == "My new address is 5 Sea Road."


def test_an_unknown_status_reopens_nothing(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=soon(0))
    tell(zendesk, ticket, kind="status", status=Status.UNKNOWN, word="in limbo", at=soon(1))
    zendesk.work()
    assert speaker(zendesk) == "ai"
    assert zendesk.row("select state from escalations")["state"] == "returned"
    tell(zendesk, ticket, kind="status", status=Status.OPEN, at=soon(2))
    zendesk.work()
    assert speaker(zendesk) == "human"


def test_an_older_ticket_that_is_reopened_moves_no_newer_escalation(zendesk: Stories) -> None:
    older = ticketed(zendesk)
    tell(zendesk, older, kind="status", status=Status.SOLVED, at=soon(0))
    zendesk.work()
    newer = zendesk.escalate()
    zendesk.work()
    newest = zendesk.row("select external_id from tickets where escalation_id = :e", e=newer)
    tell(zendesk, newest["external_id"], kind="status", status=Status.SOLVED, at=soon(1))
    tell(zendesk, older, kind="status", status=Status.OPEN, at=soon(2))
    zendesk.work()
    assert speaker(zendesk) == "ai"
    states = zendesk.rows("select state from escalations")
    assert [row["state"] for row in states] == ["returned", "returned"]


def test_a_solved_ticket_that_is_deleted_is_closed_once(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=soon(0))
    tell(zendesk, ticket, kind="deleted", at=soon(1))
    zendesk.work()
    assert zendesk.events().count("ticket.closed") == 1
    assert zendesk.row("select status from tickets")["status"] == "solved"


def test_a_run_that_is_under_way_writes_nothing_after_a_takeover(zendesk: Stories) -> None:
    escalation_id = zendesk.escalate()
    with zendesk.house.store.transaction() as tx:
        slow = begin(tx, zendesk.house, escalation_id)
    assert slow is not None
    with zendesk.house.store.transaction() as tx:
        tx.run("update escalations set state = 'parked', parked = '{\"code\": \"unsure\"}'")
    take_over(zendesk)
    with pytest.raises(Fenced), zendesk.house.store.transaction() as tx:
        work.write(tx, escalations, escalation_id, slow.run, create_started_at=None)


def test_a_ticket_that_shows_up_before_the_teammates_own_is_closed(zendesk: Stories) -> None:
    zendesk.fault("cut_after_commit", times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    with zendesk.house.store.transaction() as tx:
        tx.run("update escalations set state = 'parked', parked = '{\"code\": \"unsure\"}'")
    take_over(zendesk)
    with zendesk.house.store.transaction() as tx:
        tx.run("delete from pgqueuer")  # the job that opens the teammate's ticket is late
    zendesk.poll()
    assert [row["status"] for row in zendesk.ledger("set_status")] == ["solved"]
    assert zendesk.row("select c.desk from escalations e join connections c"
                       " on c.id = e.connection_id")["desk"] == "live_chat"  # fmt: skip
