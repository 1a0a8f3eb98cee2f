"""What is parked is seen, and goes on as what it was."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from connectors.types import Change
from hub import admin
from hub.pipeline import parking, retrying, takeover
from hub.store import changes, conversations
from tests.hub.stories.house_of_stories import Stories


def ticketed(zendesk: Stories) -> tuple[str, str]:
    """An escalation and its ticket's id at the desk."""
    escalation_id = zendesk.escalate()
    zendesk.work()
    return escalation_id, str(zendesk.row("select external_id from tickets")["external_id"])


def resume(zendesk: Stories) -> None:
    """A teammate hands the conversation back to the AI."""
    with zendesk.house.store.transaction() as tx:
        conversation = tx.one("select * from conversations for update")
        takeover.resume(tx, conversation, actor="test")


def retry(zendesk: Stories, escalation_id: str) -> bool:
    """What the button and the API do."""
    with zendesk.house.store.transaction() as tx:
        row = tx.one("select * from escalations where id = :id", id=escalation_id)
        conversations.lock(tx, row["conversation_id"])
        return parking.retry(tx, row, actor="test")


def parked(zendesk: Stories) -> list[tuple[str, str]]:
    """What subscribers are told of parked work: (work, code)."""
    told = zendesk.rows("select payload from events where type = 'escalation.parked' order by id")
    return [(row["payload"]["work"], row["payload"]["reason"]["code"]) for row in told]


def well_again(zendesk: Stories) -> None:
    """The desk refuses nothing any more."""
    requests.delete(f"{zendesk.sandbox}/_faults", timeout=10).raise_for_status()


def test_a_ticket_that_could_not_be_solved_is_solved_when_retried(zendesk: Stories) -> None:
    escalation_id, ticket = ticketed(zendesk)
    zendesk.fault("refuse", rate=1, status=422)
    resume(zendesk)
    zendesk.work()
    assert parked(zendesk) == [("close", "invalid_request")]
    assert zendesk.ledger("set_status") == []

    well_again(zendesk)
    assert [retry(zendesk, escalation_id), retry(zendesk, escalation_id)] == [True, False]
    zendesk.work()
    assert [row["ticket_id"] for row in zendesk.ledger("set_status")] == [ticket]
    row = zendesk.row("select status, parked, tries, last_error from tickets")
    assert tuple(row.values()) == ("solved", None, 0, None)


def test_a_ticket_that_a_human_has_again_is_not_solved_by_a_late_retry(zendesk: Stories) -> None:
    escalation_id, ticket = ticketed(zendesk)
    zendesk.fault("refuse", rate=1, status=422)
    resume(zendesk)
    zendesk.work()
    well_again(zendesk)
    for status in ("solved", "open"):
        zendesk.act(ticket, status=status)
        zendesk.poll()
    assert zendesk.row("select speaker from conversations")["speaker"] == "human"

    assert retry(zendesk, escalation_id)
    zendesk.work()
    assert len(zendesk.ledger("set_status")) == 2  # the agent's own
    assert zendesk.row("select parked from tickets")["parked"] is None


def test_words_that_wait_behind_a_parked_solution_go_on_with_it(zendesk: Stories) -> None:
    escalation_id, _ = ticketed(zendesk)
    zendesk.fault("refuse", rate=1, status=422)
    resume(zendesk)
    zendesk.work()
    with zendesk.house.store.transaction() as tx:
        tx.run("update tickets set relaying = true")
    well_again(zendesk)
    retry(zendesk, escalation_id)
    assert sorted(zendesk.work()) == ["close", "relay"]


def hint(zendesk: Stories, ticket: str) -> None:
    """The desk hints that something happened to the ticket."""
    told = Change(id="test:hint", ticket_id=ticket, kind="hint", at=datetime.now(UTC))
    with zendesk.house.store.transaction() as tx:
        changes.receive(tx, zendesk.workspace, str(zendesk.connection), [told], via="webhook")


@pytest.fixture
def unheard(zendesk: Stories) -> str:
    """An escalation whose ticket was solved while the desk refused to tell."""
    escalation_id, ticket = ticketed(zendesk)
    zendesk.act(ticket, status="solved")
    zendesk.fault("refuse", rate=1, status=422)
    hint(zendesk, ticket)
    zendesk.work()
    well_again(zendesk)
    return escalation_id


def test_news_that_could_not_be_applied_is_told_and_applied_when_retried(
    zendesk: Stories, unheard: str
) -> None:
    assert parked(zendesk) == [("change", "invalid_request")]
    assert zendesk.row("select speaker from conversations")["speaker"] == "human"
    assert [retry(zendesk, unheard), retry(zendesk, unheard)] == [True, False]
    zendesk.work()
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"
    assert zendesk.row("select state from escalations")["state"] == "returned"


def test_the_api_shows_parked_news_and_retries_it(zendesk: Stories, unheard: str) -> None:
    story = api(zendesk, "GET", f"/v1/escalations/{unheard}")
    assert (story["parked"]["work"], story["state"]) == ("change", "ticketed")
    assert api(zendesk, "POST", f"/v1/escalations/{unheard}/retry")["parked"] is None
    zendesk.work()
    assert api(zendesk, "GET", f"/v1/escalations/{unheard}")["state"] == "returned"


def api(zendesk: Stories, method: str, path: str) -> Any:
    """The JSON of an owner's call."""
    from hub import admin

    with zendesk.house.store.transaction() as tx:
        key = admin.create_key(tx, zendesk.workspace, "tests", "owner")["key"]
        tx.run("update keys set name = id")
    answer = zendesk.client.open(path, method=method, headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_figures_count_what_is_parked_by_what_it_was(zendesk: Stories, unheard: str) -> None:
    text = zendesk.client.get("/metrics").text
    assert 'hub_parked{what="change"} 1.0' in text
    assert 'hub_parked{what="close"} 0.0' in text


def test_a_bulk_retry_leaves_other_workspaces_alone(stories: Stories) -> None:
    escalation_id = stories.escalate()
    with stories.house.store.transaction() as tx:
        tx.run("update escalations set state = 'parked', parked = '{}'")
        tx.run("delete from pgqueuer")
        others = admin.add_workspace(tx, stories.house, "others", "Others")
        retrying.begin(tx, others, [escalation_id], actor="me")
    stories.work()
    assert stories.row("select state from escalations")["state"] == "parked"
    assert tuple(stories.row("select done, went_on from retries").values()) == (1, 0)
