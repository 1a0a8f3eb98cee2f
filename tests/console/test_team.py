"""The team: its page, and who gets a ticket at which moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from connectors.types import Draft, Requester
from hub import admin as administration
from hub.native_desk import NativeDesk
from tests.console.office import Browser, Office

WEEK = {"mon": "09:00-17:30", "tue": "09:00-12:00, 13:00-17:30", "fri": "22:00-06:00"}


@pytest.fixture
def desk(office: Office) -> NativeDesk:
    """The Help Desk of the office."""
    connection = office.row("select id from connections where desk = 'live_chat'")["id"]
    return NativeDesk(office.house.store, office.workspace, connection, public_url="http://hub")


def at(office: Office, moment: str) -> None:
    """The hub's clock stands there from now on."""
    office.house.store.now = lambda: datetime.fromisoformat(moment).replace(tzinfo=UTC)


def ticket(desk: NativeDesk, key: str, rule: str = "round_robin") -> str | None:
    """Who gets a new ticket."""
    made = desk.create(Draft(key=key, subject="Help", transcript=(), requester=Requester(),
                             fields={}, language="en"), rule)  # fmt: skip
    return made.assignee


def shifts(office: Office, user_id: str, zone: str = "Europe/Berlin", **week: str) -> None:
    """The teammate's hours."""
    with office.house.store.transaction() as tx:
        told = administration.read_week(week)
        administration.set_hours(tx, office.workspace, user_id, told, zone)


def test_a_ticket_goes_to_who_is_in_their_shift_on_their_own_clock(
    office: Office, desk: NativeDesk
) -> None:
    berlin, tokyo = (
        office.hire("b@example.com", name="Bo"),
        office.hire("t@example.com", name="Tam"),
    )
    shifts(office, berlin, mon="09:00-17:00")
    shifts(office, tokyo, "Asia/Tokyo", mon="09:00-17:00")
    for n, (moment, who) in enumerate([
        ("2026-06-01 01:00", "Tam"),  # Monday 10:00 in Tokyo
        ("2026-06-01 07:30", "Bo"),  # 09:30 in Berlin and 16:30 in Tokyo: Tam had the last one
        ("2026-06-01 12:00", "Bo"),
        ("2026-06-01 20:00", None),
    ]):  # fmt: skip
        at(office, moment)
        assert ticket(desk, f"esc_{n}") == who, moment


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-03-28 20:59", None),  # Saturday 21:59 in Berlin
        ("2026-03-28 21:00", "Nina"),
        ("2026-03-29 03:30", "Nina"),  # 05:30: an hour was left out
        ("2026-03-29 04:00", None),
        ("2026-10-25 04:30", "Nina"),  # 05:30: an hour came twice
        ("2026-10-25 05:00", None),
    ],
)
def test_a_night_shift_gets_tickets_until_the_morning_in_the_nights_clocks_change(
    office: Office, desk: NativeDesk, moment: str, who: str | None
) -> None:
    shifts(office, office.hire("n@example.com", name="Nina"), sat="22:00-06:00")
    at(office, moment)
    assert ticket(desk, "esc_1") == who


def test_who_is_away_off_or_full_gets_no_ticket(office: Office, desk: NativeDesk) -> None:
    away, off, full = (office.hire(f"{n}@example.com", name=n) for n in ("away", "off", "full"))
    at(office, "2026-06-03 12:00")
    with office.house.store.transaction() as tx:
        administration.change_user(tx, office.workspace, away, available=False)
        administration.change_user(tx, office.workspace, full, max_open=1)
        administration.add_days_off(tx, office.workspace, off, datetime(2026, 6, 3).date())
    assert [ticket(desk, f"esc_{n}") for n in range(2)] == ["full", None]
    at(office, "2026-06-04 12:00")
    assert ticket(desk, "esc_2") == "off"


@pytest.mark.parametrize(("rule", "who"), [("least_busy", "Idle"), ("manual", None)])
def test_the_rule_decides(office: Office, desk: NativeDesk, rule: str, who: str | None) -> None:
    for name in ("Busy", "Idle"):
        office.hire(f"{name}@example.com", name=name)
    assert ticket(desk, "esc_1") == "Busy"
    with office.house.store.transaction() as tx:
        tx.run("update users set last_assigned_at = null where name = 'Busy'")
    assert ticket(desk, "esc_2", rule) == who


def test_tickets_that_come_at_once_go_round(office: Office, desk: NativeDesk) -> None:
    for n in range(4):
        office.hire(f"a{n}@example.com", name=f"Agent {n}")
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda n: ticket(desk, f"esc_{n}"), range(8)))
    assert sorted(map(str, given)) == [f"Agent {n}" for n in range(4) for _ in range(2)]


def test_an_agent_changes_their_own_hours_and_an_admin_everybodys(
    agent: Browser, admin: Browser, office: Office
) -> None:
    me = office.row("select id from users where email = 'agent@example.com'")["id"]
    boss = office.row("select id from users where email = 'admin@example.com'")["id"]
    form = WEEK | {"time_zone": "europe/berlin", "max_open": "3"}
    assert agent.post(f"/team/{me}/hours", **form).status_code == 303
    text = agent.get(f"/team/{me}").text
    assert 'value="09:00-12:00, 13:00-17:30"' in text and 'value="Europe/Berlin"' in text
    assert office.row("select max_open from users where id = :id", id=me)["max_open"] == 20
    assert admin.post(f"/team/{me}/hours", **form).status_code == 303
    assert office.row("select max_open from users where id = :id", id=me)["max_open"] == 3
    assert (
        "Mon 09:00-17:30, Tue 09:00-12:00, 13:00-17:30, Fri 22:00-06:00" in agent.get("/team").text
    )
    for deed in ("hours", "available", "days-off", "days-off/off_1/remove"):
        assert agent.post(f"/team/{boss}/{deed}", first_day="2026-06-01").status_code == 403


def test_a_wrong_hour_is_said_beside_its_day_and_nothing_is_lost(
    agent: Browser, office: Office
) -> None:
    me = office.row("select id from users")["id"]
    answer = agent.post(f"/team/{me}/hours", **(WEEK | {"wed": "9 to 5"}))
    assert answer.status_code == 422 and 'id="wed-wrong"' in answer.text
    assert 'value="9 to 5"' in answer.text and 'value="22:00-06:00"' in answer.text
    assert office.row("select count(*) as n from shifts")["n"] == 0
    answer = agent.post(f"/team/{me}/hours", **WEEK, time_zone="Middle/Earth")
    assert answer.status_code == 422 and 'id="time_zone-wrong"' in answer.text


def test_the_switch_says_who_is_here(agent: Browser, office: Office) -> None:
    me = office.row("select id from users")["id"]
    assert "On now" in agent.get("/team").text
    agent.post(f"/team/{me}/available", available="0")
    text = agent.get("/team").text
    assert 'aria-checked="false"' in text and "Nobody is on now" in text


def test_days_off_are_added_and_removed(agent: Browser, office: Office) -> None:
    me = office.row("select id from users")["id"]
    agent.post(f"/team/{me}/days-off", first_day="2999-12-24", last_day="2999-12-31")
    assert "24 Dec 2999 to 31 Dec 2999" in agent.get(f"/team/{me}").text
    for first, last in (("", ""), ("2026-02-30", ""), ("2026-02-03", "2026-02-01")):
        wrong = agent.post(f"/team/{me}/days-off", first_day=first, last_day=last)
        assert wrong.status_code == 422 and "-wrong" in wrong.text
    off = office.row("select id from days_off")["id"]
    agent.post(f"/team/{me}/days-off/{off}/remove")
    assert office.row("select count(*) as n from days_off")["n"] == 0


def test_the_rule_is_an_admins(agent: Browser, admin: Browser, office: Office) -> None:
    assert agent.post("/team/rule", rule="manual").status_code == 403
    assert admin.post("/team/rule", token_from="/team", rule="dice").status_code == 400
    assert admin.post("/team/rule", token_from="/team", rule="manual").status_code == 303
    assert administration.assignment_rule(office.house, office.workspace) == "manual"
    office.chat("chat-1")
    assert 'value="manual" checked' in admin.get("/team").text


def test_a_viewer_reads_and_a_stranger_sees_nobody(
    viewer: Browser, agent: Browser, office: Office, strangers: Office
) -> None:
    me = office.row("select id from users where email = 'agent@example.com'")["id"]
    text = viewer.get("/team").text
    assert "Olive Agent" in text and "Victor" not in text.split("<main")[1]
    assert 'role="switch"' not in text
    assert viewer.post(f"/team/{me}/available", available="0").status_code == 403
    theirs = strangers.hire("stranger@example.com", name="Not Yours")
    assert "Not Yours" not in agent.get("/team").text
    assert agent.get(f"/team/{theirs}").status_code == 404
    assert agent.post(f"/team/{theirs}/hours", **WEEK).status_code == 404


def test_a_teammate_with_hours_can_be_removed(office: Office) -> None:
    gone = office.hire("gone@example.com")
    shifts(office, gone, mon="09:00-17:00")
    with office.house.store.transaction() as tx:
        administration.add_days_off(tx, office.workspace, gone, datetime(2026, 6, 3).date())
        administration.remove_user(tx, office.workspace, gone)
    assert office.row("select count(*) as n from shifts")["n"] == 0


def test_who_is_deactivated_gets_no_ticket_and_cannot_be_made_available(
    office: Office, desk: NativeDesk, admin: Browser
) -> None:
    gone = office.hire("gone@example.com", name="Gone")
    with office.house.store.transaction() as tx:
        administration.deactivate_user(tx, office.workspace, gone)
        tx.run("update users set available = false where name = 'Amy Admin'")
    assert "Gone" not in admin.get("/team").text
    assert admin.get(f"/team/{gone}").status_code == 404
    answer = admin.post(f"/team/{gone}/available", token_from="/team", available="1")
    assert answer.status_code == 404
    with office.house.store.transaction() as tx:  # as the API does it
        administration.change_user(tx, office.workspace, gone, available=True)
    assert ticket(desk, "esc_1") is None


@pytest.mark.parametrize(("rule", "who"), [("round_robin", "Bo"), ("manual", None)])
def test_the_ticket_of_who_took_over_and_was_deactivated_before_it_came_goes_by_the_rule(
    office: Office, desk: NativeDesk, rule: str, who: str | None
) -> None:
    gone = office.hire("gone@example.com", name="Gone")
    office.hire("bo@example.com", name="Bo")
    escalation = office.escalate("chat-1")
    with office.house.store.transaction() as tx:
        tx.run("update escalations set taken_by = :gone", gone=gone)
        administration.deactivate_user(tx, office.workspace, gone)
    assert ticket(desk, escalation, rule) == who
