"""What a person can read of each try at a desk."""

import pytest

from hub import admin
from hub.pipeline import parking
from hub.taking import LANES_EVERY
from tests.hub.stories.house_of_stories import Stories


def told(zendesk: Stories, what: str) -> list[dict]:
    """The calls of each line of the audit."""
    rows = zendesk.rows("select calls from audit where what = :what order by id", what=what)
    return [row["calls"] for row in rows]


def test_a_ticket_tells_which_calls_made_it(zendesk: Stories) -> None:
    zendesk.escalate()
    zendesk.work()
    ((*_, created),) = told(zendesk, "ticket.created")
    assert (created["method"], created["status"]) == ("POST", 201)
    assert "/tickets" in created["path"] and "words" not in created
    (note,) = zendesk.rows("select calls from entries where kind = 'note'")
    assert note["calls"][-1]["status"] == 200


def test_a_failed_try_tells_what_the_desk_answered(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1, times=1, path=r"/tickets(\.json)?$")
    zendesk.escalate()
    zendesk.work()
    ((failed,),) = told(zendesk, "escalation.tried")
    assert (failed["method"], failed["status"]) == ("POST", 500)
    (trouble,) = zendesk.row("select troubles from connections where desk = 'zendesk'")["troubles"]
    assert trouble["work"] == "escalate" and "500" in trouble["text"]
    zendesk.hurry()
    zendesk.work()
    assert len(told(zendesk, "ticket.created")) == 1


def test_being_told_to_wait_again_and_again_is_one_line(zendesk: Stories) -> None:
    zendesk.fault("rate_limit", rate=1, retry_after=7)
    zendesk.escalate()
    for _ in range(3):
        zendesk.work()
        zendesk.hurry()
        with zendesk.house.store.transaction() as tx:
            tx.run("update connections set closed_until = null")
    assert len(told(zendesk, "escalation.tried")) == 1


def test_what_is_parked_tells_the_last_call_and_nobody_s_words(zendesk: Stories) -> None:
    zendesk.escalate(customer={"name": "Sus", "email": "suspended@customer.example"})
    zendesk.work()
    ((*_, last),) = told(zendesk, "escalation.parked")
    assert last["status"] == 422 and last["words"]
    assert "parcel 4711" not in str(zendesk.rows("select calls from audit"))


def test_a_message_tells_how_it_reached_the_ticket(zendesk: Stories) -> None:
    zendesk.escalate()
    zendesk.work()
    zendesk.customer("Are you there?")
    zendesk.work()
    (entry,) = zendesk.rows("select calls from entries where kind = 'message'")
    assert entry["calls"][-1]["status"] == 200


def test_the_last_five_troubles_of_a_connection_are_kept(zendesk: Stories) -> None:
    zendesk.fault("server_error", rate=1)
    zendesk.escalate()
    for _ in range(7):
        zendesk.work()
        zendesk.hurry()
        with zendesk.house.store.transaction() as tx:
            tx.run("update connections set closed_until = null")
    troubles = zendesk.row("select troubles from connections where desk = 'zendesk'")["troubles"]
    assert len(troubles) == 5


def test_credentials_that_are_refused_are_tried_once_until_the_lane_is_closed(
    zendesk: Stories,
) -> None:
    """Workers look for closed lanes once a second: here they have not looked yet."""
    zendesk.fault("refuse", rate=1, status=401)
    zendesk.escalate()
    assert zendesk.work() == ["escalate"]
    assert zendesk.row("select state from connections where desk = 'zendesk'")["state"] == "paused"
    ((name, wait),) = [job for job in zendesk.waiting() if job[0].startswith("escalate:")]
    assert wait > LANES_EVERY


def test_a_desk_that_says_at_once_is_not_asked_in_a_circle(zendesk: Stories) -> None:
    zendesk.fault("rate_limit", rate=1, retry_after=0)
    zendesk.escalate()
    zendesk.work()
    ((name, wait),) = [job for job in zendesk.waiting() if job[0].startswith("escalate:")]
    assert wait > 0.5


def test_what_the_database_refuses_is_told_without_the_statement(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        with zendesk.house.store.transaction() as tx:
            tx.run("select cast(:words as int)", words="secret words")

    monkeypatch.setattr("hub.pipeline.escalate.begin", refused)
    zendesk.escalate()
    zendesk.work()
    said = zendesk.row("select last_error from escalations")["last_error"]
    assert said == "The database refused what was to be stored (InvalidTextRepresentation)."


def test_a_mapping_that_cannot_be_filled_keeps_nobody_from_hearing_of_the_escalation(
    zendesk: Stories,
) -> None:
    text = "desk: zendesk\nticket:\n  subject: {from: escalation.team, required: true}\n"
    admin.save_mapping(zendesk.house, zendesk.workspace, zendesk.connection, text, check="syntax")
    zendesk.escalate()
    zendesk.work()
    assert zendesk.events() == ["conversation.escalated", "escalation.parked"]
    row = zendesk.row("select state, summary from escalations")
    assert row["state"] == "parked" and row["summary"]["subject"]
    with zendesk.house.store.transaction() as tx:
        parking.retry(tx, tx.one("select * from escalations"), actor="test")
    zendesk.work()
    assert zendesk.events().count("conversation.escalated") == 1
