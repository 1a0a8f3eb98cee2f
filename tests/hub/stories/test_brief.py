"""What the AI is told when a human hands back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.types import Status
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_relay_and_sync import tell, ticketed


def brief(stories: Stories) -> dict[str, Any]:
    """The latest one."""
    row = stories.rows("select payload from events where type = 'conversation.resumed' order by id")
    told: dict[str, Any] = row[-1]["payload"]["brief"]
    return told


def words(stories: Stories, ids: list[str]) -> list[str]:
    rows = stories.rows("select id, text from messages where id = any(:ids)", ids=ids)
    texts = {row["id"]: row["text"] for row in rows}
    return [texts[one] for one in ids]


def test_it_has_what_the_human_said_and_decided_with_the_messages(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.customer("I would rather have the money back than a new parcel.")
    zendesk.work()
    zendesk.act(ticket, reply="Your refund of 49 EUR was approved, it arrives within five days.")
    zendesk.poll()
    zendesk.act(ticket, reply="You are welcome!")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    told = brief(zendesk)
    assert told["text"] == "Your refund of 49 EUR was approved, it arrives within five days."
    assert words(zendesk, told["message_ids"]) == [told["text"], "You are welcome!"]
    assert told["ticket"]["status"] == "solved"
    first, second = told["summary"]["sentences"]
    assert first["quotes"] == ["I would rather have the money back than a new parcel."]
    assert words(zendesk, first["message_ids"]) == first["quotes"]
    assert words(zendesk, second["message_ids"]) == [told["text"]]
    assert (told["summary"]["language"], told["summary"]["method"]) == ("en", "extractive")


def test_it_has_nothing_of_what_was_said_before_the_human_had_it(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, reply="The first answer, which has been given and is over.")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    zendesk.customer("Between, with the AI: this parcel is still not here.")
    zendesk.act(ticket, status="open")
    zendesk.poll()
    zendesk.act(ticket, reply="A second parcel was sent to you this morning.")
    zendesk.poll()
    later = datetime.now(UTC) + timedelta(seconds=5)  # its clock has seconds
    tell(zendesk, ticket, kind="status", status=Status.SOLVED, at=later)
    zendesk.work()
    told = brief(zendesk)
    assert words(zendesk, told["message_ids"]) == ["A second parcel was sent to you this morning."]
    (sentence,) = told["summary"]["sentences"]
    assert sentence["quotes"] == ["A second parcel was sent to you this morning."]
    assert "Between" not in str(told["summary"])


def test_an_answer_that_was_given_before_the_ticket_was_assigned_counts(zendesk: Stories) -> None:
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set pause_ai_at = 'assigned' where desk = 'zendesk'")
    ticket = ticketed(zendesk)
    zendesk.act(ticket, reply="We will send you another parcel tomorrow morning.")
    zendesk.poll()
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"
    zendesk.act(ticket, assign="Ann Agent")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert brief(zendesk)["text"] == "We will send you another parcel tomorrow morning."


def test_a_human_who_said_nothing_leaves_a_brief_without_words(zendesk: Stories) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    told = brief(zendesk)
    assert (told["text"], told["message_ids"], told["summary"]) == (None, [], None)
    assert told["ticket"]["status"] == "solved"


def test_a_brief_is_in_the_customers_language(zendesk: Stories) -> None:
    zendesk.escalate(transcript=[
        {"role": "user", "content": "Mein Paket ist seit Montag nicht angekommen."}])  # fmt: skip
    zendesk.work()
    ticket = zendesk.row("select external_id from tickets")["external_id"]
    zendesk.act(ticket, reply="Wir schicken Ihnen morgen ein neues Paket.")
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    told = brief(zendesk)["summary"]
    assert told["subject"] == "Mein Paket ist seit Montag nicht angekommen."
    (sentence,) = told["sentences"]
    assert sentence["text"].startswith("Der Mitarbeiter antwortete:")
