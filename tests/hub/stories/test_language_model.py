"""An escalation where a language model is to write its summary."""

import json
from collections.abc import Iterator

import pytest

from hub.doctor import Finding, examine
from hub.house import House
from hub.jobs import Job
from hub.pipeline import writing
from hub.pipeline.escalate import escalate
from tests.connectors.scripted import Answer, Script
from tests.hub.stories.house_of_stories import Stories
from tests.hub.summary.model import PATH, endpoint, refuses, says, summary, writer

SAID = [
    ("The customer's parcel 4711 is lost.", ["m1"]),
    ("The assistant could not find it.", ["m2"]),
]
GOOD = says(summary("Parcel 4711 is lost", SAID))
INVENTED = says(summary("Parcel 4712 is lost", SAID))


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


def test_it_is_asked_while_no_transaction_is_open(zendesk: Stories, model: Script) -> None:
    seen: list[int] = []

    def look(out: object) -> None:
        with zendesk.house.store.reading() as tx:
            seen.append(tx.value(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and state like 'idle in transaction%'"))  # fmt: skip
        body = json.dumps(GOOD.body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        out.write(head.encode() + b"\r\n\r\n" + body)  # type: ignore[attr-defined]

    model.at("POST", PATH, Answer(raw=look))
    zendesk.escalate()
    zendesk.work()
    assert seen == [0] and stored(zendesk)["method"] == "llm"


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


def test_a_house_without_a_model_asks_the_database_nothing_more(zendesk: Stories) -> None:
    class Closed:
        def transaction(self) -> None:
            raise AssertionError("a transaction")

    house = zendesk.house
    store, house.store = house.store, Closed()  # type: ignore[assignment]
    try:
        assert writing.ahead(house, "esc_any") is None
    finally:
        house.store = store
