"""An escalation where a language model is to write its summary."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.doctor import Finding, examine
from hub.house import House
from hub.jobs import Job
from hub.pipeline import writing
from hub.pipeline.escalate import escalate
from tests.connectors.scripted import Answer, Script
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_brief import brief, words
from tests.hub.stories.test_relay_and_sync import ticketed
from tests.hub.summary.model import PATH, endpoint, refuses, says, summary, writer

SAID = [
    ("The customer's parcel 4711 is lost.", ["m1"]),
    ("The assistant could not find it.", ["m2"]),
]
GOOD = says(summary("Parcel 4711 is lost", SAID))
INVENTED = says(summary("Parcel 4712 is lost", SAID))
REFUND = says(summary("Refund of 49 EUR approved", [
    ("The customer wants the money back.", ["m1"]),
    ("The agent approved a refund of 49 EUR within five days.", ["m2"]),
]))  # fmt: skip


@pytest.fixture
def model(house: House) -> Iterator[Script]:
    """A model that the house asks, which does well."""
    with endpoint(GOOD) as script:
        house.llm = writer(script)
        yield script


def stored(stories: Stories) -> dict[str, object]:
    summary: dict[str, object] = stories.row("select summary from escalations")["summary"]
    return summary


def timeline(stories: Stories, escalation_id: str) -> dict[str, str]:
    rows = stories.rows("select what, detail from audit where escalation_id = :e", e=escalation_id)
    return {row["what"]: row["detail"] for row in rows}


def refund(stories: Stories, model: Script, *answers: Answer) -> str:
    """The ticket in which an agent approved a refund; the model's next answers are about that."""
    ticket = ticketed(stories)
    model.at("POST", PATH, *answers)
    stories.customer("I would rather have the money back.")
    stories.work()
    stories.act(ticket, reply="Your refund of 49 EUR was approved, it arrives within five days.")
    return ticket


def figures(house: House) -> dict[str, float]:
    (metric,) = house.metrics.llm.collect()
    return {
        sample.labels["end"]: sample.value
        for sample in metric.samples
        if sample.name.endswith("_total")
    }


def test_its_summary_is_the_tickets_and_the_news(zendesk: Stories, model: Script) -> None:
    escalation_id = zendesk.escalate()
    zendesk.work()
    assert stored(zendesk)["method"] == "llm"
    (created,) = zendesk.ledger("create_ticket")
    written = [entry["text"] for entry in zendesk.entries(created["ticket_id"])]
    (note,) = [text for text in written if text.startswith("Summary (llm, en)")]
    assert "- The customer's parcel 4711 is lost. [#1]" in note
    told = zendesk.row(
        "select payload from events where type = 'conversation.escalated' and direction = 'out'"
    )
    assert told["payload"]["escalation"]["summary"]["subject"] == "Parcel 4711 is lost"
    assert "summary.not_used" not in timeline(zendesk, escalation_id)
    assert figures(zendesk.house) == {"accepted": 1}


def test_what_it_invents_is_not_used_and_the_timeline_says_why(
    zendesk: Stories, model: Script
) -> None:
    model.at("POST", PATH, INVENTED)
    escalation_id = zendesk.escalate()
    zendesk.work()
    assert stored(zendesk)["method"] == "extractive_fallback"
    assert stored(zendesk)["subject"] == "My parcel 4711 is lost."
    line = timeline(zendesk, escalation_id)["summary.not_used"]
    assert line == ("The language model's summary was not used: it has a number that nobody wrote.")
    assert figures(zendesk.house) == {"invented_number": 1}
    assert len(zendesk.ledger("create_ticket")) == 1


def meanwhile(answer: Answer, do: Callable[[], None]) -> Answer:
    """The same answer, once something else has happened."""

    def raw(out: Any) -> None:
        do()
        body = json.dumps(answer.body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        out.write(head.encode() + b"\r\n\r\n" + body)

    return Answer(raw=raw)


def test_it_is_asked_while_no_transaction_is_open(zendesk: Stories, model: Script) -> None:
    seen: list[int] = []

    def look() -> None:
        with zendesk.house.store.reading() as tx:
            seen.append(tx.value(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state like 'idle in transaction%'"))  # fmt: skip

    model.at("POST", PATH, meanwhile(GOOD, look))
    ticket = refund(zendesk, model, meanwhile(REFUND, look))
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert seen == [0, 0] and brief(zendesk)["summary"]["method"] == "llm"


def test_a_repeated_job_does_not_ask_again(zendesk: Stories, model: Script) -> None:
    zendesk.fault("server_error", rate=1, times=2)
    escalation_id = zendesk.escalate()
    for _ in range(3):
        zendesk.work()
        zendesk.hurry()
    assert len(zendesk.ledger("create_ticket")) == 1
    escalate(zendesk.house, Job("escalate", escalation_id))
    assert len(model.asked) == 1


def test_a_run_that_dies_after_the_answer_leaves_nothing_and_the_next_asks(
    zendesk: Stories, model: Script
) -> None:
    escalation_id = zendesk.escalate()
    assert writing.ahead(zendesk.house, escalation_id) is not None  # and here it is killed
    assert zendesk.row("select state, summary from escalations")["summary"] is None
    zendesk.work()
    assert len(model.asked) == 2 and len(zendesk.ledger("create_ticket")) == 1


def test_an_endpoint_that_is_gone_delays_no_escalation_for_long(
    zendesk: Stories, model: Script
) -> None:
    model.at("POST", PATH, refuses(503))
    for number in range(5):
        zendesk.escalate(f"chat-{number}")
    zendesk.work()
    assert len(zendesk.ledger("create_ticket")) == 5
    assert figures(zendesk.house) == {"unavailable": 3, "resting": 2}
    assert len(model.asked) == 6


def test_the_native_desk_has_it_too(stories: Stories, model: Script) -> None:
    stories.escalate()
    stories.work()
    assert stored(stories)["method"] == "llm" and "conversation.waiting" in stories.events()


def test_the_doctor_says_whether_it_answers(stories: Stories, model: Script) -> None:
    def found() -> Finding:
        (one,) = [f for f in examine(stories.house) if f.what.startswith("language model small")]
        return one

    lamp = [("The customer's lamp does not light.", ["m1"]), ("The bulb sits firmly.", ["m2"])]
    model.at("POST", PATH, says(summary("Lamp of order 4711", lamp)), INVENTED, refuses(401))
    assert (found().fault, found().hint) == (None, "It answers, but its summary of a sample was"
            " not used: it has a number that nobody wrote.")  # fmt: skip
    assert found().fault == "No summary came: the model's endpoint answered with 401."


def test_the_brief_that_hands_back_is_its_own(zendesk: Stories, model: Script) -> None:
    ticket = refund(zendesk, model, REFUND)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    told = brief(zendesk)
    assert (told["summary"]["method"], told["summary"]["subject"]) == (
        "llm", "Refund of 49 EUR approved")  # fmt: skip
    assert words(zendesk, told["summary"]["sentences"][1]["message_ids"]) == [told["text"]]
    sent = model.asked[-1].json["messages"]
    assert "My parcel 4711 is lost" not in sent[-1]["content"]  # the human's stretch alone
    assert figures(zendesk.house) == {"accepted": 2}


def test_a_brief_that_it_made_badly_is_quoted(zendesk: Stories, model: Script) -> None:
    ticket = refund(zendesk, model, INVENTED)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert brief(zendesk)["summary"]["method"] == "extractive_fallback"
    lines = timeline(zendesk, zendesk.row("select id from escalations")["id"])
    assert lines["summary.not_used"].startswith("The language model's brief was not used: ")


def test_a_brief_of_which_something_is_missing_by_now_is_not_used(
    zendesk: Stories, model: Script
) -> None:
    """The customer writes on while the model writes."""
    ticket = refund(zendesk, model)
    zendesk.poll()
    model.at("POST", PATH, meanwhile(REFUND, lambda: zendesk.customer("To my old account!")))
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert brief(zendesk)["summary"]["method"] == "extractive"


def test_a_brief_is_asked_for_once(zendesk: Stories, model: Script) -> None:
    ticket = refund(zendesk, model, REFUND)
    zendesk.poll()
    asked = len(model.asked)
    for _ in range(2):  # the first run is killed before it hands back
        writing.brief_ahead(zendesk.house, zendesk.row("select id from escalations")["id"])
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    zendesk.act(ticket, status="closed")
    zendesk.poll()
    assert len(model.asked) == asked + 1 and brief(zendesk)["summary"]["method"] == "llm"


def test_a_human_who_said_nothing_is_not_written_about(zendesk: Stories, model: Script) -> None:
    ticket = ticketed(zendesk)
    zendesk.act(ticket, status="solved")
    zendesk.poll()
    assert brief(zendesk)["summary"] is None and len(model.asked) == 1


def test_a_house_without_a_model_asks_the_database_nothing_more(zendesk: Stories) -> None:
    class Closed:
        def transaction(self) -> None:
            raise AssertionError("a transaction")

    house = zendesk.house
    store, house.store = house.store, Closed()  # type: ignore[assignment]
    try:
        assert writing.ahead(house, "esc_any") is None
        writing.brief_ahead(house, "esc_any")
    finally:
        house.store = store
