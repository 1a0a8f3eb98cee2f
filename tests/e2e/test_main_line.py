"""The main job over real processes and real HTTP: from the bot's webhook to the AI's return."""

import pytest

from tests.e2e.town import TRANSCRIPT, Town, conversation_name, eventually


def run(town: Town) -> None:
    for name in ("web", "worker", "clock"):
        town.start(name)


def escalate(town: Town, conversation: str) -> str:
    answer = town.say(
        "conversation.escalated",
        conversationId=conversation,
        reason="customer_request",
        customer={"name": "Ada", "email": f"{conversation}@example.com"},
        transcript=TRANSCRIPT,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["accepted"][0]["escalation_id"])


def there_and_back(town: Town) -> None:
    """Escalated, answered, solved, resumed."""
    conversation = conversation_name()
    escalation_id = escalate(town, conversation)
    ticket = town.ticket(escalation_id)
    desk_id = ticket["external_id"]

    created = town.ledger("create_ticket", desk_id)
    assert [row["key"] for row in created] == [escalation_id]
    assert all(turn["content"] in town.written(desk_id) for turn in TRANSCRIPT)
    note = eventually(lambda: town.ledger("add_note", desk_id), "the note is written")[0]
    assert "Bestellung 4711" in note["text"]
    assert town.speaker(conversation) == "human"

    for number in range(3):
        text = {"role": "user", "content": f"Sind Sie noch da? {number}"}
        assert town.say("conversation.replied", conversationId=conversation, message=text).ok
    comments = eventually(
        lambda: len(rows := town.ledger("append_message", desk_id)) == 3 and rows,
        "the customer's words are comments",
    )
    assert [row["text"] for row in comments] == [f"Sind Sie noch da? {n}" for n in range(3)]

    town.act(desk_id, reply="Hier ist Ann. Sie bekommen Ihr Geld zurück.")
    reply = eventually(
        lambda: [
            e
            for e in town.subscriber.events("message.created")
            if e["data"]["conversation"]["external_id"] == conversation
        ],
        "the agent's reply is a signed message.created",
    )
    assert [e["data"]["message"]["text"] for e in reply] == [
        "Hier ist Ann. Sie bekommen Ihr Geld zurück."
    ]

    town.act(desk_id, status="solved")
    resumed = eventually(
        lambda: [
            e
            for e in town.subscriber.events("conversation.resumed")
            if e["data"]["conversation"]["external_id"] == conversation
        ],
        "the AI is resumed",
    )
    assert len(resumed) == 1
    assert "Geld zurück" in resumed[0]["data"]["brief"]["text"]
    assert town.speaker(conversation) == "ai"
    assert town.api("GET", f"/escalations/{escalation_id}")["state"] == "returned"
    assert len(town.ledger("create_ticket")) == 1
    assert len(town.ledger("append_message", desk_id)) == 3


def test_an_escalation_becomes_a_ticket_and_comes_back_when_it_is_solved(town: Town) -> None:
    town.route_to_zendesk()
    run(town)
    there_and_back(town)


def test_polling_finds_what_lost_webhooks_did_not_tell(town: Town) -> None:
    town.route_to_zendesk()
    town.fault("webhook_lost", rate=1)
    run(town)
    there_and_back(town)


@pytest.mark.parametrize("mode", ["webhook_double", "webhook_reorder"])
def test_doubled_and_reordered_webhooks_change_nothing(town: Town, mode: str) -> None:
    town.route_to_zendesk()
    town.fault(mode, rate=1)
    run(town)
    there_and_back(town)


def test_a_teammate_takes_over_and_hands_back_without_any_external_desk(town: Town) -> None:
    run(town)
    conversation = conversation_name()
    escalation_id = escalate(town, conversation)
    eventually(
        lambda: town.api("GET", f"/conversations/{conversation}")["waiting"],
        "the conversation waits in the Help Desk",
    )
    assert town.speaker(conversation) == "ai"

    town.api("POST", f"/conversations/{conversation}/takeover")
    assert town.speaker(conversation) == "human"
    epoch = town.api("GET", f"/conversations/{conversation}")["epoch"]
    refused = town.api("POST", f"/conversations/{conversation}/control", epoch=0, speaker="ai")
    assert refused == {"granted": False, "epoch": epoch, "speaker": "human"}
    ticket = town.ticket(escalation_id)
    assert ticket["type"] == "live_chat"

    town.api(
        "POST", f"/conversations/{conversation}/messages", role="agent", text="Ann, wie kann ich?"
    )
    eventually(
        lambda: [
            e
            for e in town.subscriber.events("message.created")
            if e["data"]["message"]["text"] == "Ann, wie kann ich?"
        ],
        "the reply reaches the platform",
    )

    town.api("POST", f"/conversations/{conversation}/resume", text="Refund is on its way.")
    assert town.speaker(conversation) == "ai"
    eventually(lambda: town.subscriber.events("ticket.closed"), "the ticket is closed")
    resumed = eventually(
        lambda: town.subscriber.events("conversation.resumed"), "the platform is told"
    )
    assert resumed[0]["data"]["brief"]["text"] == "Refund is on its way."
    assert town.ledger("create_ticket") == []
