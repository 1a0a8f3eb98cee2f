"""What a person can read of each try at a desk."""

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
