"""Escalations, connections and subscribers."""

import re

import pytest

from hub import admin as administration
from tests.console.office import Browser, Office


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/escalations", "python -m hub demo"),
        ("/connections", "python -m hub connect"),
        ("/subscribers", "python -m hub subscriber add"),
    ],
)
def test_an_empty_page_names_the_command_that_fills_it(
    agent: Browser, path: str, words: str
) -> None:
    assert words in agent.get(path).text


@pytest.fixture
def parked(office: Office) -> str:
    """An escalation that its desk refused."""
    escalation = office.escalate("chat-1")
    office.work()
    office.park(escalation)
    return escalation


def test_parked_escalations_stand_on_top_with_their_reason_in_plain_words(
    agent: Browser, office: Office, parked: str
) -> None:
    newer = office.escalate("chat-2")
    office.work()
    text = agent.get("/escalations").text
    assert text.index(f'id="{parked}"') < text.index(f'id="{newer}"')
    assert "The desk refused the ticket because of what is in its fields." in text


def test_a_parked_escalation_tells_field_by_field_what_the_desk_refused(
    agent: Browser, parked: str
) -> None:
    text = agent.get(f"/escalations/{parked}").text
    assert "gold is not one of low, normal, high, urgent" in text
    assert "Priority is not in the list" in text
    assert re.search(r'<button id="retry"', text)


def test_retry_lets_it_go_on_once(agent: Browser, office: Office, parked: str) -> None:
    agent.post(f"/escalations/{parked}/retry")
    row = office.row("select state, parked from escalations where id = :id", id=parked)
    assert (row["state"], row["parked"]) == ("summarised", None)
    agent.post(f"/escalations/{parked}/retry")
    assert "not parked any more" in agent.get("/escalations").text
    tried = office.row("select count(*) as n from audit where what = 'escalation.retried'")
    assert tried["n"] == 1


def test_the_escalations_timeline_tells_what_happened_in_order(
    agent: Browser, office: Office
) -> None:
    escalation = office.escalate("chat-1")
    office.work()
    text = agent.get(f"/escalations/{escalation}").text.split("Timeline")[1]
    assert text.index("Escalated") < text.index("Waiting for a teammate")


def test_a_viewer_reads_escalations_and_retries_none(
    viewer: Browser, office: Office, parked: str
) -> None:
    assert "Retry</button>" not in viewer.get(f"/escalations/{parked}").text
    assert viewer.post(f"/escalations/{parked}/retry").status_code == 403
    assert office.row("select state from escalations")["state"] == "parked"


def test_another_workspaces_escalation_is_not_there(agent: Browser, strangers: Office) -> None:
    theirs = strangers.escalate("theirs")
    strangers.work()
    strangers.park(theirs)
    assert theirs not in agent.get("/escalations").text
    assert agent.get(f"/escalations/{theirs}").status_code == 404
    assert agent.post(f"/escalations/{theirs}/retry").status_code == 404
    assert strangers.row("select state from escalations")["state"] == "parked"


def test_an_admin_pauses_a_connection_and_activates_it(admin: Browser, office: Office) -> None:
    zendesk = office.connect()
    admin.post(f"/connections/{zendesk}/pause")
    text = admin.get("/connections").text
    assert "Paused by a person." in text and "Activate" in text
    assert (
        office.row("select state from connections where id = :id", id=zendesk)["state"] == "paused"
    )
    admin.post(f"/connections/{zendesk}/activate")
    assert (
        office.row("select state from connections where id = :id", id=zendesk)["state"] == "active"
    )


def test_an_agent_sees_connections_and_cannot_pause_them(agent: Browser, office: Office) -> None:
    zendesk = office.connect()
    text = agent.get("/connections").text
    assert "Zendesk" in text and "Pause" not in text
    assert agent.post(f"/connections/{zendesk}/pause").status_code == 403


def test_an_admin_cannot_pause_another_workspaces_connection(
    admin: Browser, strangers: Office
) -> None:
    theirs = strangers.connect()
    assert theirs not in admin.get("/connections").text
    assert admin.post(f"/connections/{theirs}/pause").status_code == 404
    row = strangers.row("select state from connections where id = :id", id=theirs)
    assert row["state"] == "active"


def test_a_connection_says_whether_its_webhook_is_registered(
    admin: Browser, office: Office
) -> None:
    zendesk = office.connect()
    assert "Polled; its webhook is not registered" in admin.get("/connections").text
    with office.house.store.transaction() as tx:
        tx.run("update connections set webhook_id = 'w1' where id = :id", id=zendesk)
    assert "Webhook registered" in admin.get("/connections").text


def test_a_failing_connection_says_how_often_it_failed(admin: Browser, office: Office) -> None:
    zendesk = office.connect()
    with office.house.store.transaction() as tx:
        tx.run("update connections set failures = 3 where id = :id", id=zendesk)
    text = admin.get("/connections").text
    assert "Failing" in text and "3 failures in a row" in text


def test_no_page_shows_a_secret(admin: Browser, office: Office) -> None:
    made = administration.add_subscriber(
        office.house, office.workspace, "http://127.0.0.1:9999/hook"
    )
    text = admin.get("/subscribers").text
    assert "http://127.0.0.1:9999/hook" in text
    assert made["secret"] not in text and "whsec_" not in text


def test_another_workspaces_subscriber_is_not_there(viewer: Browser, strangers: Office) -> None:
    administration.add_subscriber(
        strangers.house, strangers.workspace, "http://127.0.0.1:9999/theirs"
    )
    assert "theirs" not in viewer.get("/subscribers").text
