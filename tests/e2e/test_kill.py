"""kill -9 at the worst lines: one ticket, one comment, nothing lost."""

import time

import pytest
import requests

from tests.e2e.test_main_line import escalate
from tests.e2e.town import Town, conversation_name, eventually

AGAIN = 40.0  # seconds in which a dead worker's job must be gone on with


@pytest.mark.parametrize(
    "line",
    ["escalate.before_request", "escalate.desk_committed", "escalate.linked", "escalate.noted"],
)
def test_a_worker_killed_while_it_escalates_leaves_one_ticket_and_one_note(
    town: Town, line: str
) -> None:
    town.route_to_zendesk()
    town.start("web")
    town.start("worker", HUB_CRASH=f"{line}:1")
    escalation_id = escalate(town, conversation_name())
    eventually(lambda: town.died("worker"), "the worker dies at the line")

    town.start("worker")
    ticket = town.ticket(escalation_id, AGAIN)
    eventually(lambda: town.ledger("add_note", ticket["external_id"]), "the note is written", AGAIN)
    eventually(lambda: idle(town), "no job is left", AGAIN)
    assert [row["key"] for row in town.ledger("create_ticket")] == [escalation_id]
    assert len(town.ledger("add_note")) == 1


def test_a_worker_killed_while_it_relays_leaves_one_comment(town: Town) -> None:
    town.route_to_zendesk()
    town.start("web")
    town.start("worker", HUB_CRASH="relay.desk_committed:1")
    conversation = conversation_name()
    town.ticket(escalate(town, conversation))
    words = {"role": "user", "content": "Hallo?"}
    assert town.say("conversation.replied", conversationId=conversation, message=words).ok
    eventually(lambda: town.died("worker"), "the worker dies at the line")

    town.start("worker")
    eventually(lambda: idle(town), "no job is left", AGAIN)
    assert [row["text"] for row in town.ledger("append_message")] == ["Hallo?"]


def test_web_killed_after_commit_and_before_the_answer_loses_and_doubles_nothing(
    town: Town,
) -> None:
    town.route_to_zendesk()
    town.start("web", HUB_CRASH="intake.committed:1")
    town.start("worker")
    body = (
        b'{"event":"conversation.escalated","ts":%d,"data":{"conversationId":"kill-web",'
        b'"transcript":"User: Where is my parcel?"}}' % now_ms()
    )
    with pytest.raises(requests.ConnectionError):
        town.post(body)
    town.stop("web")

    town.start("web")
    answer = town.post(body)
    assert answer.status_code == 202
    assert answer.json()["accepted"] == []
    escalation_id = answer.json()["duplicates"][0]["escalation_id"]
    town.ticket(escalation_id, AGAIN)
    assert [row["key"] for row in town.ledger("create_ticket")] == [escalation_id]


def test_a_lost_answer_of_the_desk_leaves_one_ticket(town: Town) -> None:
    town.route_to_zendesk()
    town.fault("cut_after_commit", rate=1, times=1, path=r"/api/v2/tickets(\.json)?$")
    town.start("web")
    town.start("worker")
    escalation_id = escalate(town, conversation_name())
    town.ticket(escalation_id, AGAIN)
    assert [row["key"] for row in town.ledger("create_ticket")] == [escalation_id]


def idle(town: Town) -> bool:
    """True when no job waits or runs."""
    figures = requests.get(f"{town.url}/metrics", timeout=10).text
    return not any(line.startswith("hub_queue_jobs{") for line in figures.splitlines())


def now_ms() -> int:
    return int(time.time() * 1000)
