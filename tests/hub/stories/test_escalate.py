"""An escalation becomes one ticket, whatever happens."""

import html
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import requests

from connectors import registry
from connectors.types import Note
from hub import admin, routing, worker
from hub.jobs import Job
from hub.pipeline import parking, takeover
from hub.store import Fenced, connections, work
from hub.store import escalations as escalation_rows
from hub.store.schema import escalations
from hub.vault import Place
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_parking import resume


def test_an_escalation_opens_a_ticket_with_transcript_and_note(zendesk: Stories) -> None:
    escalation_id = zendesk.escalate()
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    assert created["key"] == escalation_id
    assert "My parcel 4711 is lost." in created["text"]
    (note,) = zendesk.ledger("add_note")
    assert "Summary" in note["text"]
    assert zendesk.row("select state from escalations")["state"] == "ticketed"
    assert zendesk.row("select speaker, epoch from conversations")["speaker"] == "human"
    assert zendesk.events() == ["conversation.escalated", "ticket.created", "conversation.paused"]


def test_repeating_the_job_opens_no_second_ticket(zendesk: Stories) -> None:
    escalation_id = zendesk.escalate()
    zendesk.work()
    again(zendesk, escalation_id)
    assert len(zendesk.ledger("create_ticket")) == 1
    assert len(zendesk.ledger("add_note")) == 1


def test_a_lost_answer_is_looked_up_before_anything_is_created_again(zendesk: Stories) -> None:
    zendesk.fault("cut_after_commit", rate=1, times=1, path=r"/tickets(\.json)?$")
    zendesk.escalate()
    zendesk.work()
    assert zendesk.rows("select id from tickets") == []
    zendesk.hurry()
    zendesk.work()
    assert len(zendesk.ledger("create_ticket")) == 1
    assert zendesk.row("select state from escalations")["state"] == "ticketed"


@pytest.mark.parametrize("looks", [1, 2])
def test_what_is_said_while_an_answer_is_lost_reaches_the_ticket(
    zendesk: Stories, looks: int
) -> None:
    zendesk.fault("cut_after_commit", rate=1, times=1, call="create_ticket")
    if looks == 2:  # the first look has no answer either
        zendesk.fault("server_error", rate=1, times=1, method="GET")
    zendesk.escalate()
    zendesk.work()
    zendesk.customer("my number is 4711")
    for _ in range(looks):
        zendesk.hurry()
        zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    written = "\n".join(entry["text"] for entry in zendesk.entries(created["ticket_id"]))
    assert [row["text"] for row in zendesk.ledger("append_message")] == ["my number is 4711"]
    assert written.count("my number is 4711") == 1


@pytest.mark.parametrize("landed", [True, False])
def test_a_ticket_that_lands_unseen_is_closed_when_the_ai_has_been_given_its_word_again(
    zendesk: Stories, landed: bool
) -> None:
    mode = "cut_after_commit" if landed else "cut_before_commit"
    zendesk.fault(mode, rate=1, times=1, call="create_ticket")
    zendesk.escalate()
    zendesk.work()
    resume(zendesk)
    zendesk.hurry()
    zendesk.work()
    assert len(zendesk.ledger("create_ticket")) == landed
    assert [row["status"] for row in zendesk.ledger("set_status")] == ["solved"] * landed
    escalation = zendesk.row("select state, create_started_at, ticketed_at from escalations")
    assert escalation["state"] == "returned"
    assert landed or escalation["create_started_at"] is None
    assert zendesk.row("select speaker from conversations")["speaker"] == "ai"


def test_a_note_is_finished_although_the_ticket_is_solved(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1, times=1, call="add_note")
    zendesk.escalate()
    zendesk.work()
    resume(zendesk)
    zendesk.work()
    zendesk.hurry()
    zendesk.work()
    assert len(zendesk.ledger("add_note")) == 1
    assert zendesk.row("select state from entries where kind = 'note'")["state"] == "sent"
    assert zendesk.row("select state from escalations")["state"] == "returned"


def test_a_desk_that_says_when_to_come_back_is_left_alone_until_then(zendesk: Stories) -> None:
    zendesk.fault("rate_limit", rate=1, retry_after=7)
    zendesk.escalate()
    zendesk.work()
    ((name, wait),) = zendesk.waiting()
    assert name.startswith("escalate:")
    assert 6 < wait < 8.5
    row = zendesk.row("select tries, due_at from escalations")
    assert row["tries"] == 0  # waiting for one's turn is no failure


def test_what_the_desk_refuses_is_parked_with_its_words_and_goes_on_when_told(
    zendesk: Stories,
) -> None:
    escalation_id = zendesk.escalate(
        customer={"name": "Sus", "email": "suspended@customer.example"}
    )
    zendesk.work()
    parked = zendesk.row("select state, parked from escalations")
    assert parked["state"] == "parked"
    assert parked["parked"]["code"] == "invalid_request"
    assert "suspended" in parked["parked"]["text"].casefold()
    assert zendesk.events()[-1] == "escalation.parked"
    assert zendesk.ledger("create_ticket") == []
    assert zendesk.row("select count(*) as n from audit where what = 'escalation.parked'")["n"] == 1
    assert escalation_id


def test_replaying_a_parked_escalation_twice_opens_one_ticket(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1)
    escalation_id = zendesk.escalate()
    for _ in range(20):
        zendesk.hurry()
        zendesk.work()
        open_breaker(zendesk)
    assert zendesk.row("select state from escalations")["state"] == "parked"

    requests.delete(f"{zendesk.sandbox}/_faults", timeout=10)
    answers = []
    for _ in range(2):
        with zendesk.house.store.transaction() as tx:
            row = tx.one("select * from escalations where id = :id for update", id=escalation_id)
            answers.append(parking.retry(tx, row, actor="test"))
    assert answers == [True, False]
    zendesk.work()
    assert len(zendesk.ledger("create_ticket")) == 1


def test_a_refused_key_pauses_the_connection_and_loses_no_job(zendesk: Stories) -> None:
    with zendesk.house.store.transaction() as tx:
        tx.run("update connections set token = null where id = :id", id=zendesk.connection)
        sealed = tx.value("select config from connections where id = :id", id=zendesk.connection)
    place = Place(zendesk.workspace, "connections", zendesk.connection, "config")
    config = zendesk.house.vault.open_json(sealed, place) | {"client_secret": "wrong"}
    with zendesk.house.store.transaction() as tx:
        tx.run(
            "update connections set config = :config, version = version + 1 where id = :id",
            id=zendesk.connection,
            config=zendesk.house.vault.seal_json(config, place),
        )
    zendesk.escalate()
    zendesk.work(limit=1)
    connection = zendesk.row("select state, state_reason from connections where desk = 'zendesk'")
    assert connection["state"] == "paused"
    assert "wrong" not in connection["state_reason"].split()
    assert "connection.paused" in zendesk.events()
    assert [name for name, _ in zendesk.waiting()] != []


def test_a_platform_that_escalates_twice_hands_over_once(zendesk: Stories) -> None:
    first = zendesk.escalate()
    second = zendesk.escalate(reason="again")
    zendesk.work()
    assert first == second
    assert len(zendesk.ledger("create_ticket")) == 1


def test_a_run_that_was_overtaken_writes_nothing(zendesk: Stories) -> None:
    escalation_id = zendesk.escalate()
    with zendesk.house.store.transaction() as tx:
        first = work.begin(tx, escalations, escalation_id)
        work.begin(tx, escalations, escalation_id)
    assert first is not None
    with pytest.raises(Fenced), zendesk.house.store.transaction() as tx:
        work.write(tx, escalations, escalation_id, first["run"], state="ticketed")
    assert zendesk.row("select state from escalations")["state"] == "received"


def test_a_note_that_the_desk_refuses_is_told_on_the_timeline(zendesk: Stories) -> None:
    zendesk.fault("refuse", status=422, call="add_note")
    zendesk.escalate()
    zendesk.work()
    assert zendesk.row("select state from entries where kind = 'note'")["state"] == "failed"
    told = zendesk.row("select payload from events where type = 'delivery.degraded'")["payload"]
    assert (told["code"], told["message"]) == ("note_refused", None)
    line = zendesk.row("select detail from audit where what = 'delivery.degraded'")["detail"]
    assert line == told["reason"] and "422" in line


def test_a_desk_that_lists_no_earlier_tickets_gets_its_note(zendesk: Stories) -> None:
    zendesk.fault("refuse", status=422, method="GET", path="requested")
    zendesk.escalate()
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    assert "it refused to list them" in _note(zendesk, created["ticket_id"])
    assert "delivery.degraded" not in zendesk.events()


def test_a_desk_without_notes_waits_for_none(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = registry.get("zendesk")
    monkeypatch.setattr(kind, "can", replace(kind.can, notes=False))
    zendesk.escalate()
    zendesk.work()
    assert zendesk.rows("select state from entries") == []
    assert zendesk.row("select state from escalations")["state"] == "ticketed"
    assert zendesk.ledger("add_note") == []


def test_earlier_tickets_of_the_customer_stand_in_the_note(zendesk: Stories) -> None:
    zendesk.escalate("chat-1")
    zendesk.work()
    zendesk.escalate("chat-2")
    zendesk.work()
    first, second = zendesk.ledger("create_ticket")
    assert zendesk.ledger("add_note")[1]["ticket_id"] == second["ticket_id"]
    _, _, earlier = _note(zendesk, second["ticket_id"]).partition("Earlier tickets:")
    assert first["ticket_id"] in earlier


def test_the_note_tells_sentences_and_facts_with_the_numbers_of_their_messages(
    zendesk: Stories,
) -> None:
    zendesk.escalate("chat-1")
    zendesk.work()
    (created,) = zendesk.ledger("create_ticket")
    note = _note(zendesk, created["ticket_id"])
    assert "The customer wrote: “My parcel 4711 is lost.” [#1]" in note
    assert "Numbers: 4711 “parcel 4711” [#1]" in note


def _note(stories: Stories, ticket_id: str) -> str:
    """The page of the ticket at the desk, from its note on; the ledger shows its start only."""
    page = requests.get(f"{stories.sandbox}/zendesk/_agent/{ticket_id}", timeout=10).text
    return "Summary (" + html.unescape(page).partition("Summary (")[2]


def again(stories: Stories, escalation_id: str) -> None:
    worker.run(stories.house, Job("escalate", escalation_id))


def open_breaker(stories: Stories) -> None:
    with stories.house.store.transaction() as tx:
        tx.run("update connections set closed_until = null")


def test_the_help_desk_takes_what_has_one_id_once(stories: Stories) -> None:
    """Two runs of an escalation may meet: one that was taken for dead, and the next."""
    stories.escalate()
    stories.work()
    with stories.house.store.transaction() as tx:
        chat = tx.one("select * from conversations for update")
        takeover.take_over(tx, chat, user=None, actor="test")
    stories.work()
    ticket = stories.row("select connection_id, external_id from tickets")
    with stories.house.store.transaction() as tx:
        desk = stories.house.desks.open(connections.get(tx, ticket["connection_id"]))
    note = Note(id="esc_1", text="Summary")
    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(lambda _: desk.add_note(ticket["external_id"], note), range(2)))
    assert len(set(written)) == 1
    assert len(stories.rows("select id from native_entries where text = 'Summary'")) == 1


def test_another_workspaces_tickets_stand_in_no_note(zendesk: Stories) -> None:
    zendesk.escalate("chat-1")
    zendesk.work()
    with zendesk.house.store.transaction() as tx:
        others = admin.add_workspace(tx, zendesk.house, "others", "Others")
        tx.run("update conversations set workspace_id = :w", w=others)
    again = zendesk.escalate("chat-2")
    with zendesk.house.store.transaction() as tx:
        assert tx.rows(escalation_rows.earlier(again)) == []


def test_a_target_that_is_no_connection_is_named_on_the_timeline(zendesk: Stories) -> None:
    with zendesk.house.store.transaction() as tx:
        choice = routing.choose(tx, zendesk.workspace, {"target": "Zendeks"})
    assert choice.connection_id == str(zendesk.connection)
    assert choice.why.startswith("Went to Zendesk by route 1")
    assert choice.why.endswith("The platform named Zendeks, which is no connection here.")
