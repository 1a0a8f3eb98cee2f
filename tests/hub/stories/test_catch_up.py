"""The customer writes on while nobody has answered: the note at the desk is extended."""

from datetime import timedelta

import requests

from hub.jobs import Job
from hub.pipeline.catch_up import catch_up
from hub.pipeline.takeover import take_over
from hub.store import conversations
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_relay_and_sync import ticketed

MORE = "It is the blue one with the birthday present for my sister."
AND_MORE = "The tracking page says that it was returned to the sender."


def pass_time(stories: Stories, **much: float) -> None:
    """The hub's clock goes on, and what is due then is done."""
    before = stories.house.store.now
    stories.house.store.now = lambda: before() + timedelta(**much)
    stories.hurry()
    stories.work()


def notes(stories: Stories, ticket: str) -> list[str]:
    """The notes that extend the first, as the desk has them."""
    told = [entry["text"] for entry in stories.entries(ticket)]
    return [text for text in told if text.startswith("Since then")]


def planned(stories: Stories) -> int:
    return sum(name.startswith("catch_up:") for name, _ in stories.waiting())


def test_a_burst_becomes_one_further_note_and_the_first_stays(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    before = zendesk.ledger("add_note")
    for text in ("hello?", MORE, "please", AND_MORE):
        zendesk.customer(text)
        zendesk.work()
    assert (planned(zendesk), notes(zendesk, ticket)) == (1, [])
    pass_time(zendesk, seconds=61)
    (note,) = notes(zendesk, ticket)
    assert note.startswith("Since then (extractive, en)\n- The customer wrote: “")
    assert note.endswith("[#5]") and MORE in note or note.endswith("[#7]") and AND_MORE in note
    assert len(zendesk.ledger("add_note")) == len(before) + 1
    line = zendesk.row("select detail from audit where what = 'summary.extended'")
    assert line["detail"] in note
    zendesk.poll()  # our own words are no news
    assert zendesk.rows("select id from audit where what = 'agent.noted'") == []


def test_what_comes_after_it_has_a_note_of_its_own(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    for text in (MORE, AND_MORE):
        zendesk.customer(text)
        zendesk.work()
        pass_time(zendesk, seconds=61)
    first, second = notes(zendesk, ticket)
    assert MORE in first and AND_MORE in second and MORE not in second


def test_nothing_happens_for_words_without_substance(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    for text in ("hello?", "anyone there?", "ok thanks", "😡"):
        zendesk.customer(text)
        assert zendesk.work() == ["relay"]
    assert (planned(zendesk), notes(zendesk, ticket)) == (0, [])


def test_a_customer_who_does_not_stop_writing_is_told_of_after_five_minutes(
    zendesk: Stories,
) -> None:
    ticket = ticketed(zendesk)
    told = []
    for minute in range(7):
        ts = int(zendesk.house.store.now().timestamp() * 1000)
        message = {"role": "user", "content": f"{minute}: {MORE}"}
        zendesk.say("conversation.replied", ts, conversationId="chat-1", message=message)
        zendesk.work()
        pass_time(zendesk, seconds=50)
        told.append(len(notes(zendesk, ticket)))
    assert told == [0, 0, 0, 0, 0, 1, 1]


def test_after_an_answer_the_note_is_not_extended(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.customer(MORE)
    zendesk.work()
    zendesk.act(ticket, reply="I am looking for it.")
    zendesk.poll()
    zendesk.customer(AND_MORE)
    zendesk.work()
    pass_time(zendesk, seconds=61)
    assert (planned(zendesk), notes(zendesk, ticket)) == (0, [])


def test_a_lost_answer_leaves_one_note(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.customer(MORE)
    zendesk.work()
    zendesk.fault("cut_after_commit", rate=1, times=1)
    pass_time(zendesk, seconds=61)
    zendesk.customer(AND_MORE)
    zendesk.hurry()
    zendesk.work()
    assert len(notes(zendesk, ticket)) == 1
    pass_time(zendesk, seconds=122)
    first, second = notes(zendesk, ticket)
    assert MORE in first and AND_MORE in second
    row = zendesk.row("select parked, tries, due_at from tickets")
    assert (row["parked"], row["tries"], row["due_at"]) == (None, 0, None)


def test_a_desk_that_does_not_take_the_note_parks_nothing(zendesk: Stories) -> None:
    ticketed(zendesk)
    zendesk.customer(MORE)
    zendesk.work()
    zendesk.fault("server_error", rate=1, times=100)
    for _ in range(20):
        pass_time(zendesk, seconds=61)
    requests.delete(f"{zendesk.sandbox}/_faults", timeout=10).raise_for_status()
    row = zendesk.row("select parked, tries from tickets")
    assert (row["parked"], row["tries"], planned(zendesk)) == (None, 0, 0)


def test_the_job_done_twice_writes_once(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.customer(MORE)
    zendesk.work()
    pass_time(zendesk, seconds=61)
    own = zendesk.row("select id from tickets")["id"]
    catch_up(zendesk.house, Job("catch_up", own))
    assert len(notes(zendesk, ticket)) == 1


def test_the_built_in_help_desk_has_it_too(stories: Stories) -> None:
    escalation_id = stories.escalate()
    stories.work()
    with stories.house.store.transaction() as tx:
        talk = conversations.get(tx, stories.workspace, "chat-1")
        assert talk is not None
        take_over(tx, conversations.lock(tx, talk["id"]), user=None, actor="test")
    stories.work()
    stories.customer(MORE)
    stories.work()
    pass_time(stories, seconds=61)
    written = stories.rows("select text from native_entries where kind = 'note' order by seq")
    assert [row["text"].partition("\n")[0].partition(" (")[0] for row in written] == [
        "Summary", "Since then",
    ]  # fmt: skip
    told = stories.rows("select what from audit where escalation_id = :e", e=escalation_id)
    assert "summary.extended" in {row["what"] for row in told}
