"""A permission ends: the connection pauses, its work waits, and goes on once a person came."""

import requests

from hub import admin
from hub.admin import authorizing
from tests.hub.authorizing import ACTOR, SESSION, connect, decide, form
from tests.hub.stories.house_of_stories import Stories


def test_work_waits_for_the_permission_and_becomes_one_ticket(stories: Stories) -> None:
    house, workspace = stories.house, stories.workspace
    one = str(connect(house, workspace, "zendesk", "Support").row["id"])
    with house.store.transaction() as tx:
        admin.add_route(tx, workspace, ["Support"])
    taken_back(stories)
    escalation = stories.escalate()
    stories.work(8)  # here no lane is closed, so it would be tried for ever
    row = stories.row("select state, state_reason from connections where id = :id", id=one)
    assert row["state"] == "paused" and "Authorise the connection again" in row["state_reason"]
    assert stories.events().count("connection.paused") == 1

    asked = {k: v for k, v in form(house, "zendesk").items() if k != "client_secret"}
    there = authorizing.begin_again(house, workspace, SESSION, one, asked)
    back = decide(house, there)
    visit = authorizing.come_back(house, workspace, SESSION, back["state"])
    assert authorizing.finish(house, visit, back["code"], actor=ACTOR).row["state"] == "active"
    stories.hurry()
    stories.work()
    ticket = stories.row("select * from tickets where escalation_id = :id", id=escalation)
    assert ticket["connection_id"] == one
    created = [row for row in stories.ledger("create_ticket") if row["key"] == escalation]
    assert len(created) == 1


def taken_back(stories: Stories) -> None:
    """Zendesk forgets every token that it gave."""
    told = {"desk": "zendesk"}
    requests.post(f"{stories.sandbox}/_reset", json=told, timeout=10).raise_for_status()
