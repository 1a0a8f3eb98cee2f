"""What a desk does not take goes to the next one of its route, and never to two."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from connectors.errors import ConnectorError, Unavailable
from connectors.types import Draft, Requester, Ticket
from connectors.zendesk import CONNECTOR as ZENDESK
from hub import admin, worker
from hub.jobs import Job
from hub.pipeline import ladder, orphans, parking, strays
from hub.pipeline.case import begin
from hub.store import Fenced, work
from hub.store.schema import escalations
from tests.hub.stories.house_of_stories import Stories
from tests.hub.stories.test_who_has_it import resume

CREATE = r"/tickets(\.json)?$"
ADA = Requester(name="Ada", email="ada@example.com")


@pytest.fixture
def desks(zendesk: Stories) -> Stories:
    """Zendesk first, then Intercom, and nothing else of before."""
    requests.post(f"{zendesk.sandbox}/_reset", json={"desk": "intercom"}, timeout=10)
    told = requests.get(f"{zendesk.sandbox}/_desks", timeout=10).json()["data"]
    config = next(d["accounts"][0]["config"] for d in told if d["desk"] == "intercom")
    admin.add_connection(zendesk.house, zendesk.workspace, "intercom", "Intercom", config)
    route(zendesk, "Zendesk", "Intercom")
    return zendesk


def test_a_paused_connections_escalations_go_to_the_next_desk_at_once(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    climb(desks)
    assert opened(desks, "zendesk") == []
    assert opened(desks, "intercom") == [escalation_id]
    assert desks.row("select desk, escalation_id from tickets")["desk"] == "intercom"
    moved = detail(desks, "escalation.moved")
    assert moved.startswith("Moved to Intercom: Zendesk was paused since ")
    assert moved.endswith("UTC (credentials refused).")
    assert desks.events().count("escalation.moved") == 1


def test_credentials_that_the_desk_refuses_move_its_escalations(desks: Stories) -> None:
    desks.fault("refuse", rate=1, status=401)
    escalation_id = desks.escalate()
    desks.work(limit=1)
    assert desks.row("select state from connections where desk = 'zendesk'")["state"] == "paused"
    climb(desks)
    assert opened(desks, "intercom") == [escalation_id]


def test_the_old_desks_job_opens_nothing_when_the_connection_is_active_again(
    desks: Stories,
) -> None:
    escalation_id = desks.escalate()
    lane = f"desk:{desks.connection}"
    pause(desks, "Zendesk", "credentials refused")
    climb(desks)
    worker.run(desks.house, Job("escalate", escalation_id, lane=lane))
    assert opened(desks, "zendesk") == []
    assert len(opened(desks, "intercom")) == 1
    held = "select convert_from(payload, 'UTF8') as name from pgqueuer where entrypoint = :lane"
    assert [r["name"] for r in desks.rows(held, lane=lane) if "escalate" in r["name"]] == []


def test_what_the_desk_refuses_goes_to_the_next_desk(desks: Stories) -> None:
    refused = {"name": "Sus", "email": "suspended@customer.example"}
    escalation_id = desks.escalate(customer=refused)
    desks.work()
    assert desks.row("select state from escalations")["state"] == "parked"
    climb(desks)
    assert opened(desks, "intercom") == [escalation_id]
    assert "Zendesk did not take it" in detail(desks, "escalation.moved")
    assert desks.row("select state, parked from escalations")["parked"] is None


def test_a_desk_that_is_resting_after_failures_is_left_for_the_next(desks: Stories) -> None:
    escalation_id = desks.escalate()
    rest(desks, "Zendesk")
    climb(desks)
    assert opened(desks, "intercom") == [escalation_id]
    assert "did not answer 5 times in a row" in detail(desks, "escalation.moved")


def test_a_desk_that_is_only_slow_keeps_the_escalation_until_its_time_is_over(
    desks: Stories,
) -> None:
    desks.fault("rate_limit", rate=1, retry_after=3000)
    escalation_id = desks.escalate()
    desks.work()
    pass_time(desks, minutes=9)
    climb(desks)
    assert opened(desks, "intercom") == []
    pass_time(desks, minutes=2)
    climb(desks)
    assert opened(desks, "intercom") == [escalation_id]
    assert "Zendesk had not taken it within 10 minutes" in detail(desks, "escalation.moved")


def test_the_route_says_how_long_a_desk_has(desks: Stories) -> None:
    with desks.house.store.transaction() as tx:
        row = tx.one("select id from routes")
        admin.change_route(tx, desks.workspace, row["id"], give_up_after=60)
    desks.fault("rate_limit", rate=1, retry_after=90000)
    desks.escalate()
    desks.work()
    pass_time(desks, minutes=59)
    climb(desks)
    assert opened(desks, "intercom") == []
    pass_time(desks, minutes=2)
    climb(desks)
    assert len(opened(desks, "intercom")) == 1


def test_a_ticket_in_time_ends_the_promise(desks: Stories) -> None:
    desks.escalate()
    desks.work()
    pass_time(desks, minutes=600)
    climb(desks)
    assert len(opened(desks, "zendesk")) == 1
    assert opened(desks, "intercom") == []
    assert "escalation.moved" not in desks.events()


def test_a_desk_in_trouble_is_skipped_on_the_way_and_that_is_told(desks: Stories) -> None:
    desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    rest(desks, "Intercom")
    climb(desks)
    assert "escalation.moved" not in desks.events()  # nowhere better to go yet
    pass_time(desks, minutes=11, but="closed_until")
    climb(desks)
    moved = detail(desks, "escalation.moved")
    assert moved.startswith("Moved to Help Desk: Zendesk was paused since ")
    assert "Intercom was skipped, it did not answer 5 times in a row" in moved


def test_the_help_desk_is_the_last_rung(zendesk: Stories) -> None:
    zendesk.escalate()
    pause(zendesk, "Zendesk", "credentials refused")
    climb(zendesk)
    assert "escalation.moved" not in zendesk.events()  # new credentials may come in time
    pass_time(zendesk, minutes=11)
    climb(zendesk)
    assert zendesk.row("select waiting, speaker from conversations")["waiting"] is True
    assert {"escalation.moved", "conversation.waiting"} < set(zendesk.events())
    with zendesk.house.store.transaction() as tx:
        admin.activate_connection(tx, zendesk.workspace, str(zendesk.connection))
    zendesk.work()
    assert opened(zendesk, "zendesk") == []


def test_what_the_last_desk_refuses_stays_parked_with_its_reason(zendesk: Stories) -> None:
    zendesk.escalate(customer={"name": "Sus", "email": "suspended@customer.example"})
    zendesk.work()
    climb(zendesk)
    pass_time(zendesk, minutes=11)
    climb(zendesk)
    row = zendesk.row("select state, parked, promised_at from escalations")
    assert (row["state"], row["parked"]["code"]) == ("parked", "invalid_request")
    assert row["promised_at"] is None


def test_a_lost_answer_is_looked_for_before_the_escalation_moves(desks: Stories) -> None:
    desks.fault("cut_after_commit", rate=1, times=1, path=CREATE)
    desks.escalate()
    desks.work()
    assert len(opened(desks, "zendesk")) == 1  # the desk has it, and we do not know
    pass_time(desks, minutes=11)
    climb(desks)
    assert desks.row("select desk from tickets")["desk"] == "zendesk"
    assert opened(desks, "intercom") == []
    assert "escalation.moved" not in desks.events()


def test_a_lost_request_is_looked_for_and_then_moves(desks: Stories) -> None:
    desks.fault("cut_before_commit", rate=1, times=1, path=CREATE)
    escalation_id = desks.escalate()
    desks.work()
    pass_time(desks, minutes=11)
    climb(desks)
    assert opened(desks, "zendesk") == []
    assert opened(desks, "intercom") == [escalation_id]
    assert "Zendesk had not taken it within 10 minutes" in detail(desks, "escalation.moved")


def test_a_lost_answer_that_cannot_be_looked_for_is_parked_and_not_moved(desks: Stories) -> None:
    desks.fault("cut_after_commit", rate=1, times=1, path=CREATE)
    escalation_id = desks.escalate()
    desks.work()
    pause(desks, "Zendesk", "credentials refused")
    pass_time(desks, minutes=5)
    climb(desks)
    assert desks.row("select state from escalations")["state"] != "parked"  # it may be active again
    pass_time(desks, minutes=6)
    climb(desks)
    parked = desks.row("select state, parked from escalations")
    assert parked["state"] == "parked"
    assert parked["parked"]["code"] == "unsure"
    assert "A ticket may stand at Zendesk" in parked["parked"]["text"]
    assert "credentials refused" in parked["parked"]["text"]
    climb(desks)
    assert opened(desks, "intercom") == []

    with desks.house.store.transaction() as tx:
        admin.activate_connection(tx, desks.workspace, str(desks.connection))
        row = tx.one("select * from escalations where id = :id", id=escalation_id)
        assert parking.retry(tx, row, actor="test")
    desks.work()
    assert len(opened(desks, "zendesk")) == 1  # found and adopted
    assert desks.row("select desk from tickets")["desk"] == "zendesk"


def test_a_desk_that_never_answers_the_look_keeps_the_escalation_parked(desks: Stories) -> None:
    desks.fault("server_error", rate=1)
    desks.escalate()
    desks.work()
    pass_time(desks, minutes=11)
    climb(desks)
    pass_time(desks, minutes=11)
    climb(desks)
    parked = desks.row("select state, parked from escalations")
    assert (parked["state"], parked["parked"]["code"]) == ("parked", "unsure")
    assert opened(desks, "intercom") == []


def test_a_create_on_its_way_is_waited_for(desks: Stories) -> None:
    escalation_id = desks.escalate()
    with desks.house.store.transaction() as tx:
        assert begin(tx, desks.house, escalation_id) is not None  # and its worker is busy, or dead
    rest(desks, "Zendesk")
    climb(desks)
    pass_time(desks, minutes=11, but="create_started_at")
    climb(desks)
    assert "escalation.moved" not in desks.events()
    assert opened(desks, "intercom") == []


def test_a_ticket_that_shows_up_late_is_adopted_while_nobody_has_another(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    pause(desks, "Intercom", "credentials refused")
    pass_time(desks, minutes=11)
    climb(desks)
    assert detail(desks, "escalation.moved").startswith("Moved to Help Desk")
    with desks.house.store.transaction() as tx:
        admin.activate_connection(tx, desks.workspace, str(desks.connection))
    unseen(desks, escalation_id)
    desks.poll()
    ticket = desks.row("select desk, escalation_id from tickets")
    assert (ticket["desk"], ticket["escalation_id"]) == ("zendesk", escalation_id)
    assert len(opened(desks, "zendesk")) == 1
    assert "Went back to Zendesk" in detail(desks, "escalation.moved")
    assert desks.row("select speaker, waiting from conversations")["speaker"] == "human"


def test_a_ticket_that_shows_up_late_is_closed_when_another_desk_has_one(desks: Stories) -> None:
    escalation_id = desks.escalate()
    rest(desks, "Zendesk")
    climb(desks)
    assert len(opened(desks, "intercom")) == 1
    pass_time(desks, minutes=1)
    late = unseen(desks, escalation_id)
    desks.poll()
    assert desks.row("select desk from tickets")["desk"] == "intercom"
    statuses = [row for row in desks.ledger("set_status") if row["ticket_id"] == late]
    assert [row["status"] for row in statuses] == ["solved"]
    notes = [row for row in desks.ledger("add_note") if row["ticket_id"] == late]
    assert len(notes) == 1
    assert "This conversation goes on in intercom" in notes[0]["text"]
    assert "A second ticket appeared at Zendesk" in detail(desks, "ticket.late")
    met = desks.rows("select body from changes where outcome = 'a second ticket, closed'")
    assert met and not any(row["body"] for row in met)  # no words of it are kept
    desks.poll()
    assert len([r for r in desks.ledger("add_note") if r["ticket_id"] == late]) == 1


def test_a_second_ticket_that_cannot_be_closed_is_left_to_a_person(desks: Stories) -> None:
    escalation_id = desks.escalate()
    rest(desks, "Zendesk")
    climb(desks)
    pass_time(desks, minutes=1)
    late = unseen(desks, escalation_id)
    desks.fault("server_error", rate=1, method="PUT")
    desks.poll()
    for _ in range(strays.TRIES):
        with desks.house.store.transaction() as tx:
            tx.run("update connections set failures = 0, closed_until = null")
        desks.hurry()
        desks.work()
    told = detail(desks, "ticket.late")
    assert f"({late}). The desk does not answer" in told and "close it by hand" in told
    assert not desks.rows("select 1 from changes where state in ('waiting', 'parked')")


def test_a_look_that_fails_clears_no_doubt(
    zendesk: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost_then(monkeypatch, Unavailable("the search is away", sent=False))
    zendesk.escalate()
    for _ in range(4):
        zendesk.work()
        zendesk.hurry()
    zendesk.work()
    assert len(opened(zendesk, "zendesk")) == 1
    assert zendesk.row("select state from escalations")["state"] == "ticketed"


@pytest.mark.parametrize(
    ("line", "desk"),
    [("before the request", "intercom"), ("after the desk's commit", "zendesk")],
)
def test_a_worker_that_dies_while_it_creates_leaves_one_ticket(
    desks: Stories, monkeypatch: pytest.MonkeyPatch, line: str, desk: str
) -> None:
    create: Callable[[Any, Draft], Ticket] = ZENDESK.create_ticket

    def dies(self: Any, draft: Draft) -> Ticket:
        if line == "after the desk's commit":
            create(self, draft)
        raise Killed

    monkeypatch.setattr(ZENDESK, "create_ticket", dies)
    escalation_id = desks.escalate()
    with pytest.raises(Killed):
        desks.work()
    pass_time(desks, minutes=11)
    climb(desks)
    assert opened(desks, "zendesk") + opened(desks, "intercom") == [escalation_id]
    assert desks.row("select desk from tickets")["desk"] == desk


def test_a_worker_that_dies_before_it_leaves_a_desk_leaves_it_once(
    desks: Stories, monkeypatch: pytest.MonkeyPatch
) -> None:
    desks.fault("cut_before_commit", rate=1, times=1, path=CREATE)
    escalation_id = desks.escalate()
    desks.work()
    pass_time(desks, minutes=11)
    with monkeypatch.context() as patch:
        patch.setattr(ladder, "leave", dying)
        with pytest.raises(Killed):
            climb(desks)
    worker.run(desks.house, Job("escalate", escalation_id, lane=f"desk:{desks.connection}"))
    desks.work()
    assert opened(desks, "zendesk") == []
    assert opened(desks, "intercom") == [escalation_id]
    assert desks.events().count("escalation.moved") == 1


def test_a_move_is_told_once_however_often_it_is_looked_at(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    for number in (1, 0):
        with desks.house.store.transaction() as tx:
            assert ladder.find(tx) == number
    for _ in range(3):
        worker.run(desks.house, Job("climb", escalation_id))
    desks.work()
    assert desks.events().count("escalation.moved") == 1
    assert len(opened(desks, "intercom")) == 1


def test_a_moved_escalation_whose_job_is_lost_gets_it_again(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    worker.run(desks.house, Job("climb", escalation_id))
    assert desks.row("select parked is null as it_is from escalations")["it_is"]
    with desks.house.store.transaction() as tx:
        tx.run("delete from pgqueuer")
        orphans.adopt(replace(tx, now=tx.now + orphans.LEFT_ALONE * 2))
    assert [name for name, _ in desks.waiting()] == [f"escalate:{escalation_id}"]


def test_a_conversation_that_went_back_to_the_ai_moves_nowhere(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    with desks.house.store.transaction() as tx:
        tx.run("update escalations set state = 'returned' where id = :id", id=escalation_id)
    pass_time(desks, minutes=11)
    climb(desks)
    assert opened(desks, "intercom") == []
    with desks.house.store.transaction() as tx:
        assert ladder.find(tx) == 0  # and is not looked at for ever


# Where it goes first


GERMAN = [
    {"role": "user", "content": "Meine Bestellung ist seit einer Woche nicht angekommen."},
    {"role": "assistant", "content": "Das tut mir leid."},
    {"role": "user", "content": "Ich möchte bitte mit einem Menschen sprechen."},
]


def test_the_route_is_chosen_by_the_detected_language_when_the_platform_names_none(
    zendesk: Stories,
) -> None:
    route(zendesk, "Zendesk", when="language = de")
    german = zendesk.escalate("chat-de", transcript=GERMAN)
    zendesk.escalate("chat-en")
    zendesk.work()
    assert opened(zendesk, "zendesk") == [german]
    told = detail(zendesk, "escalation.routed", german)
    assert told.startswith("Went to Zendesk because language is de (route 1).")
    assert "de was read from the words" in told


def test_the_platforms_own_word_for_the_language_counts(zendesk: Stories) -> None:
    route(zendesk, "Zendesk", when="language = de")
    escalation_id = zendesk.escalate(language="de-AT")
    zendesk.work()
    told = detail(zendesk, "escalation.accepted")
    assert told == "Went to Zendesk because language is de-AT (route 1)."
    assert opened(zendesk, "zendesk") == [escalation_id]


def test_a_condition_that_cannot_be_read_any_more_stops_nothing(zendesk: Stories) -> None:
    route(zendesk, "Zendesk", when="language = de")
    with zendesk.house.store.transaction() as tx:
        tx.run("update routes set condition = 'moon is full'")
        admin.add_route(tx, zendesk.workspace, ["Zendesk"])
    escalation_id = zendesk.escalate()
    zendesk.work()
    assert opened(zendesk, "zendesk") == [escalation_id]


class Killed(BaseException):
    """What no code of ours catches: the database is as kill -9 leaves it."""


def dying(*_: Any) -> None:
    raise Killed


def route(stories: Stories, *to: str, when: str | None = None) -> None:
    """The only route."""
    with stories.house.store.transaction() as tx:
        for row in tx.all("select id from routes"):
            admin.remove_route(tx, stories.workspace, row["id"])
        admin.add_route(tx, stories.workspace, to, when)


def pause(stories: Stories, name: str, reason: str) -> None:
    with stories.house.store.transaction() as tx:
        found = tx.value("select id from connections where name = :name", name=name)
        parking.pause_connection(tx, found, reason)


def rest(stories: Stories, name: str) -> None:
    """The desk failed five times in a row and is left alone for a while."""
    with stories.house.store.transaction() as tx:
        tx.run(
            "update connections set failures = 5, closed_until = now() + interval '15 s'"
            " where name = :name",
            name=name,
        )


def climb(stories: Stories) -> None:
    """The clock looks; all that is due is done in the lanes that are open."""
    with stories.house.store.transaction() as tx:
        ladder.find(tx)
        closed = tx.all("select 'desk:' || id as lane from connections where state = 'paused'")
        lanes = [row["lane"] for row in closed]
        tx.run(
            "update pgqueuer set execute_after = now() + interval '1 day'"
            " where entrypoint = any(:lanes)",
            lanes=lanes,
        )
    stories.work()


def pass_time(stories: Stories, *, minutes: int, but: str = "") -> None:
    """What is stored was stored earlier, except for the column `but`."""
    with stories.house.store.transaction() as tx:
        for table, column in (
            ("escalations", "promised_at"),
            ("escalations", "create_started_at"),
            ("connections", "closed_until"),
        ):
            if column != but:
                tx.run(
                    f"update {table} set {column} = {column} - make_interval(mins => :minutes)",
                    minutes=minutes,
                )


def opened(stories: Stories, desk: str) -> list[Any]:
    """The keys of the tickets that a desk has made in this test."""
    asked = {"desk": desk, "call": "create_ticket", "after": stories.began}
    rows = requests.get(f"{stories.sandbox}/_ledger", params=asked, timeout=10).json()["data"]
    return [row["key"] for row in rows]


def detail(stories: Stories, what: str, escalation_id: str | None = None) -> str:
    """What the timeline says, the latest."""
    rows = stories.rows(
        "select detail from audit where what = :what"
        " and escalation_id = coalesce(:id, escalation_id) order by id desc",
        what=what,
        id=escalation_id,
    )
    return str(rows[0]["detail"])


def unseen(stories: Stories, escalation_id: str) -> str:
    """A ticket that Zendesk makes long after its caller has gone; its id."""
    with stories.house.store.transaction() as tx:
        connection = tx.one("select * from connections where id = :id", id=stories.connection)
        draft = Draft(key=escalation_id, subject="Parcel", transcript=(), requester=ADA)
    made: Ticket = stories.house.desks.open(connection).create_ticket(draft)
    return made.id


def lost_then(monkeypatch: pytest.MonkeyPatch, problem: ConnectorError) -> None:
    """The first create's answer is lost, and the first look after it fails."""
    create: Callable[[Any, Draft], Ticket] = ZENDESK.create_ticket
    look: Callable[[Any, str], Ticket | None] = ZENDESK.find_ticket
    troubles: list[ConnectorError] = [Unavailable("the answer is lost", sent=True), problem]

    def creates(self: Any, draft: Draft) -> Ticket:
        made = create(self, draft)
        if len(troubles) == 2:
            raise troubles.pop(0)
        return made

    def looks(self: Any, key: str) -> Ticket | None:
        if troubles:
            raise troubles.pop(0)
        return look(self, key)

    monkeypatch.setattr(ZENDESK, "create_ticket", creates)
    monkeypatch.setattr(ZENDESK, "find_ticket", looks)


def test_a_ticket_that_shows_up_late_waits_while_another_desk_makes_one(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    with desks.house.store.transaction() as tx:
        ladder.find(tx)
        tx.run("delete from pgqueuer where entrypoint <> 'hub'")
    desks.work(limit=1)
    with desks.house.store.transaction() as tx:
        assert begin(tx, desks.house, escalation_id) is not None  # its worker is busy
        tx.run("delete from pgqueuer")
        admin.activate_connection(tx, desks.workspace, str(desks.connection))
    unseen(desks, escalation_id)
    desks.poll()
    assert detail(desks, "escalation.moved").startswith("Moved to Intercom")
    assert desks.rows("select 1 from tickets") == []
    assert [name.partition(":")[0] for name, wait in desks.waiting() if wait > 50] == ["stray"]


def test_a_ticket_that_shows_up_after_the_hand_back_is_closed(desks: Stories) -> None:
    escalation_id = desks.escalate()
    pause(desks, "Zendesk", "credentials refused")
    pause(desks, "Intercom", "credentials refused")
    pass_time(desks, minutes=11)
    climb(desks)
    resume(desks)
    with desks.house.store.transaction() as tx:
        admin.activate_connection(tx, desks.workspace, str(desks.connection))
    late = unseen(desks, escalation_id)
    desks.poll()
    assert desks.row("select state from escalations")["state"] == "returned"
    assert [row["ticket_id"] for row in desks.ledger("set_status")] == [late]
    assert detail(desks, "ticket.late")


def test_a_run_that_was_overtaken_leaves_no_desk(desks: Stories) -> None:
    escalation_id = desks.escalate()
    with desks.house.store.transaction() as tx:
        tx.run("update escalations set leaving = 'it is slow'")
        first = work.begin(tx, escalations, escalation_id)
        work.begin(tx, escalations, escalation_id)
    assert first is not None
    with pytest.raises(Fenced), desks.house.store.transaction() as tx:
        ladder.leave(tx, escalation_id, first["run"])
    assert "escalation.moved" not in desks.events()


def test_a_run_at_the_old_desk_writes_nothing_after_the_move(desks: Stories) -> None:
    escalation_id = desks.escalate()
    with desks.house.store.transaction() as tx:
        slow = work.begin(tx, escalations, escalation_id)
    assert slow is not None
    pause(desks, "Zendesk", "credentials refused")
    with desks.house.store.transaction() as tx:
        ladder.find(tx)
        tx.run("delete from pgqueuer where entrypoint <> 'hub'")
    assert desks.work(limit=1) == ["climb"]
    with pytest.raises(Fenced), desks.house.store.transaction() as tx:
        work.write(tx, escalations, escalation_id, slow["run"], state="ticketed")
