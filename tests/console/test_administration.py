"""The pages with which an admin looks after desks and what is parked."""

import re
from datetime import timedelta
from typing import Any

import pytest
import requests

from hub import admin as administration
from hub.console import queries
from hub.house import House
from hub.jobs import Job
from hub.pipeline import retrying
from hub.store import Fenced, connections, figures, work
from hub.store.schema import retries
from tests.console.office import Browser, Office


def accounts(house: House, desk: str) -> list[dict[str, Any]]:
    """The configs that the sandbox desk takes."""
    told = requests.get(f"{house.settings.sandbox_url}/_desks", timeout=10).json()["data"]
    (found,) = [one for one in told if one["desk"] == desk]
    return [account["config"] for account in found["accounts"]]


def with_key(browser: Browser, house: House, desk: str, **other: str) -> Any:
    """Fill in the form of a desk's credentials."""
    config = {name: str(value) for name, value in accounts(house, desk)[0].items()}
    path = f"/connections/new/{desk}/credentials"
    return browser.post(path, token_from=path, **({"name": "Support"} | config | other))


@pytest.fixture
def freshdesk(admin: Browser, house: House, office: Office) -> str:
    """A connection to the sandbox Freshdesk, made in the browser."""
    answer = with_key(admin, house, "freshdesk")
    assert answer.status_code == 200 and "takes the hub for" in answer.text, answer.text
    return str(office.row("select id from connections where name = 'Support'")["id"])


def test_a_desk_is_connected_with_a_key_and_no_page_shows_it(
    admin: Browser, house: House, freshdesk: str
) -> None:
    key = accounts(house, "freshdesk")[0]["api_key"]
    pages = (f"/connections/{freshdesk}", f"/connections/{freshdesk}/credentials")
    assert [path for path in pages if key in admin.get(path).text] == []


def test_a_key_that_the_desk_refuses_is_told_with_its_words_and_nothing_is_kept(
    admin: Browser, house: House, office: Office
) -> None:
    answer = with_key(admin, house, "freshdesk", api_key="not-the-key")
    assert answer.status_code == 422 and "Freshdesk did not accept this" in answer.text
    assert "not-the-key" not in answer.text
    assert office.row("select count(*) as n from connections")["n"] == 1  # the Help Desk


def test_status_words_are_lines_and_a_wrong_one_is_told_at_the_field(
    admin: Browser, house: House, office: Office
) -> None:
    answer = with_key(admin, house, "freshdesk", status_words="Waiting = somewhere")
    assert answer.status_code == 422 and 'id="status_words-wrong"' in answer.text
    with_key(admin, house, "freshdesk", status_words="Waiting for parts = on_hold\n")
    row = office.row("select * from connections where name = 'Support'")
    config = house.desks.unseal("freshdesk", row["workspace_id"], row["id"], row["config"])
    assert config.status_words == {"Waiting for parts": "on_hold"}


def test_changed_credentials_are_tried_and_an_empty_secret_stays(
    admin: Browser, office: Office, house: House, freshdesk: str
) -> None:
    path = f"/connections/{freshdesk}/credentials"
    config = accounts(house, "freshdesk")[0]
    said = {"domain": config["domain"], "base_url": config["base_url"], "api_key": ""}
    assert "takes the hub for" in admin.post(path, token_from=path, **said).text
    answer = admin.post(path, token_from=path, **(said | {"api_key": "wrong"}))
    assert answer.status_code == 422


def test_another_account_is_no_new_key_of_this_connection(
    admin: Browser, office: Office, house: House, freshdesk: str
) -> None:
    with house.store.transaction() as tx:
        tx.run("update connections set account_id = 'elsewhere' where id = :id", id=freshdesk)
    path = f"/connections/{freshdesk}/credentials"
    config = accounts(house, "freshdesk")[0]
    said = {"domain": config["domain"], "base_url": config["base_url"]}
    answer = admin.post(path, token_from=path, **said)
    assert answer.status_code == 422 and "Connect the other account" in answer.text


def test_the_webhooks_steps_come_with_their_template(admin: Browser, freshdesk: str) -> None:
    page = f"/connections/{freshdesk}"
    text = admin.post(f"{page}/webhook", token_from=page).text
    assert "Left for you to do" in text and "ticket_id" in text


def test_limits_are_changed_and_checked(admin: Browser, office: Office, freshdesk: str) -> None:
    page = f"/connections/{freshdesk}"
    said = {"name": "Support", "rate": "30", "concurrency": "2", "pause_ai_at": "assigned"}
    admin.post(f"{page}/settings", token_from=page, **said)
    row = office.row("select * from connections where id = :id", id=freshdesk)
    assert (row["rate"], row["concurrency"], row["pause_ai_at"]) == (30, 2, "assigned")
    answer = admin.post(f"{page}/settings", token_from=page, **(said | {"concurrency": "65"}))
    assert answer.status_code == 422 and "From 1 to 64." in answer.text


def test_a_connection_tells_its_health(agent: Browser, office: Office) -> None:
    zendesk = office.connect()
    with office.house.store.transaction() as tx:
        connections.complained(tx, zendesk, "escalate", "POST /tickets -> 503: out of order")
        tx.run("update connections set failures = 5 where id = :id", id=zendesk)
    text = agent.get(f"/connections/{zendesk}").text
    assert "POST /tickets -&gt; 503: out of order" in text and "Opening a ticket" in text
    assert "failed 5 times in a row" in text and "0 waiting, 0 running" in text
    assert "Remove this connection" not in text


def test_a_connection_is_removed_once_nothing_needs_it(
    admin: Browser, office: Office, freshdesk: str
) -> None:
    page = f"/connections/{freshdesk}"
    with office.house.store.transaction() as tx:
        route = administration.add_route(tx, office.workspace, ["Support"])
    admin.post(f"{page}/remove", token_from=page)
    assert "Routes lead here (1)" in admin.get(page).text
    with office.house.store.transaction() as tx:
        administration.remove_route(tx, office.workspace, route["id"])
    escalation = office.escalate("chat-1")
    office.ticket_at(freshdesk, escalation)
    admin.post(f"{page}/remove", token_from=page)
    assert "1 ticket is not closed yet" in admin.get(page).text
    with office.house.store.transaction() as tx:
        tx.run("update tickets set closed_at = now()")
    admin.post(f"{page}/remove", token_from=page)
    assert admin.get(page).status_code == 404
    assert "Support" not in admin.get("/connections").text.split("<table")[1]
    row = office.row("select * from connections where id = :id", id=freshdesk)
    with pytest.raises(ValueError):
        office.house.desks.unseal("freshdesk", office.workspace, freshdesk, row["config"])
    answer = admin.client.post(f"/webhooks/desks/{freshdesk}", data=b"{}")
    assert answer.status_code == 404


def test_a_refused_setting_changes_nothing_else_in_the_form(admin: Browser, office: Office) -> None:
    page = f"/connections/{office.connect()}"
    form = {"name": "", "concurrency": "2", "pause_ai_at": "assigned"}
    answer = admin.post(f"{page}/settings", token_from=page, **form)
    assert answer.status_code == 422
    assert '<option value="assigned" selected>' in answer.text


def test_an_agent_changes_nothing_about_a_connection(agent: Browser, office: Office) -> None:
    zendesk = office.connect()
    for what in ("settings", "webhook", "secret", "remove", "credentials"):
        assert agent.post(f"/connections/{zendesk}/{what}").status_code == 403, what


def park_many(office: Office, number: int) -> list[str]:
    found = [office.escalate(f"chat-{n}") for n in range(number)]
    office.work()
    for one in found:
        office.park(one)
    return found


def test_many_go_on_with_one_click_and_the_page_tells_how_far(
    agent: Browser, office: Office
) -> None:
    parked = park_many(office, 3)
    answer = agent.post("/escalations/retries", which="all")
    assert answer.status_code == 303
    page = answer.headers["Location"]
    assert "0 of 3" in agent.get(page).text
    assert "A bulk retry is at 0 of 3" in agent.get("/escalations").text
    agent.post(f"/escalations/{parked[0]}/retry")
    assert "retry_many" in office.work()
    text = agent.get(page).text
    assert "3 of 3" in text and "<dt>Went on</dt><dd>2</dd>" in text
    assert office.row("select count(*) as n from escalations where parked is not null")["n"] == 0


def test_a_bulk_retry_goes_on_where_a_killed_worker_left_it(office: Office) -> None:
    parked = park_many(office, 4)
    with office.house.store.transaction() as tx:
        retry_id = retrying.begin(tx, office.workspace, parked, actor="me")
    killed = Job(retrying.STORY, retry_id)
    with office.house.store.transaction() as tx:
        row = work.begin(tx, retries, retry_id)
        assert row is not None
    step = (office.house, killed, row["run"], office.workspace, "me")
    assert retrying.next_one(*step) and retrying.next_one(*step)
    office.work()  # the queue gives its job to another worker
    with pytest.raises(Fenced):
        retrying.next_one(*step)  # it was only slow
    told = office.row("select done, went_on, ended_at from retries")
    assert (told["done"], told["went_on"]) == (4, 4) and told["ended_at"] is not None
    tried = "select count(*) as n from audit where what = 'escalation.retried'"
    assert office.row(tried)["n"] == 4


def test_only_those_that_are_ticked_go_on(agent: Browser, office: Office) -> None:
    first, second = park_many(office, 2)
    agent.post("/escalations/retries", which="ticked", id=first)
    office.work()
    row = office.row("select id from escalations where parked is not null")
    assert row["id"] == second


@pytest.mark.parametrize("show", ["all", "parked"])
def test_the_list_of_escalations_keeps_its_filters_wherever_it_leads(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch, show: str
) -> None:
    monkeypatch.setattr(queries, "SIZE", 1)
    desk = office.connect()
    park_many(office, 2)
    with office.house.store.transaction() as tx:
        tx.run("update escalations set connection_id = :desk", desk=desk)
    text = agent.get(f"/escalations?show={show}&desk={desk}&q=ada").text
    assert "Retry all 2" in text and f'name="desk" value="{desk}"' in text
    links = re.findall(r'id="([^"]+)"[^>]* href="/escalations\?([^"]+)"', text)
    kept = {id for id, query in links if {f"desk={desk}", "q=ada"} <= set(re.split("&amp;", query))}
    more = "more-parked" if show == "all" else "page-next"
    assert kept == {"chip-all", "chip-parked", "chip-open", "chip-returned", more}
    answer = agent.post(f"/escalations/retries?desk={desk}&q=ada", which="ticked")
    assert answer.location == f"/escalations?show=parked&q=ada&desk={desk}"


def test_a_desk_without_escalations_says_no_more_than_that(agent: Browser, office: Office) -> None:
    park_many(office, 1)
    text = agent.get(f"/escalations?desk={office.connect()}").text
    assert "None of these now" in text and "No escalation yet" not in text


def test_another_workspaces_escalations_are_not_taken_along(
    agent: Browser, office: Office, strangers: Office
) -> None:
    theirs = park_many(strangers, 1)
    agent.post("/escalations/retries", which="ticked", id=theirs[0])
    office.work()
    assert strangers.row("select state from escalations")["state"] == "parked"


def test_a_viewer_starts_no_bulk_retry(viewer: Browser, office: Office) -> None:
    park_many(office, 1)
    assert "Retry all" not in viewer.get("/escalations").text
    assert viewer.post("/escalations/retries").status_code == 403


def test_a_parked_escalation_says_what_to_do(agent: Browser, office: Office) -> None:
    (parked,) = park_many(office, 1)
    text = agent.get(f"/escalations/{parked}").text
    assert "What to do:" in text and "Correct the mapping" in text


@pytest.mark.parametrize("show", ["day", "week", "month"])
def test_the_overview_of_an_empty_house_tells_so(agent: Browser, show: str) -> None:
    text = agent.get(f"/overview?show={show}").text
    assert "No escalation in" in text and "No ticket was opened" in text and "<svg" not in text


def test_the_overview_counts_by_desk_with_times_and_ends(agent: Browser, office: Office) -> None:
    zendesk = office.connect()
    for n in range(3):
        escalation = office.escalate(f"chat-{n}")
        office.ticket_at(zendesk, escalation, str(n))
    office.escalate("chat-9", minutes_ago=3)
    with office.house.store.transaction() as tx:
        tx.run("update escalations e set created_at = t.created_at - interval '4 s'"
               " from tickets t where t.escalation_id = e.id")  # fmt: skip
    agent.post(f"/conversations/{_conversation(office)}/resume")
    text = agent.get("/overview?show=day").text
    assert '<svg class="plot"' in text and "<strong>4</strong> escalations" in text
    assert text.count("4.0 s") == 2  # p50 and p95 at Zendesk
    assert "A teammate gave it back" in text


def test_one_of_a_thing_is_told_as_one(agent: Browser, office: Office) -> None:
    hook = "http://127.0.0.1:9999/hook"
    subscriber = administration.add_subscriber(office.house, office.workspace, hook)["id"]
    office.escalate("chat-1")
    with office.house.store.transaction() as tx:
        administration.send_test_event(tx, office.workspace, subscriber)
        tx.finish()
        tx.run("update deliveries set tries = 1, due_at = now()")
    text = agent.get("/overview?show=day").text
    assert "<strong>1</strong> escalation in" in text and ">1 escalation, a column" in text
    assert "<strong>1</strong> delivery tried again" in text


def test_a_day_that_is_over_is_counted_once_and_tells_the_same(
    agent: Browser, office: Office
) -> None:
    zendesk = office.connect()
    for n, days in enumerate((0, 2, 2, 9)):
        office.ticket_at(zendesk, office.escalate(f"chat-{n}"), str(n))
        with office.house.store.transaction() as tx:
            for table in ("escalations", "tickets"):
                tx.run(f"update {table} set created_at = created_at - :days * interval '1 day'"
                       " where id = (select max(id) from " f"{table})", days=days)  # fmt: skip
    agent.post(f"/conversations/{_conversation(office)}/resume")
    part = {"X-Part": "1"}
    before = agent.get("/overview?show=month", **part).text
    for _ in range(2):
        with office.house.store.transaction() as tx:
            figures.count_days(tx)
    counted = office.row("select sum(n) as n from figures where what = 'begun'")
    assert counted["n"] == 3
    assert agent.get("/overview?show=month", **part).text == before
    assert "<strong>4</strong> escalations" in before
    assert "<strong>3</strong> escalations" in agent.get("/overview?show=week").text
    assert "<strong>1</strong> escalation in" in agent.get("/overview?show=day").text


def test_another_clock_has_its_days_counted_anew(admin: Browser, office: Office) -> None:
    office.escalate("chat-1")
    with office.house.store.transaction() as tx:
        tx.run("update escalations set created_at = created_at - interval '2 days'")
        figures.count_days(tx)
    with office.house.store.transaction() as tx:
        administration.change_workspace(tx, office.workspace, time_zone="Asia/Kathmandu")
    assert "<strong>1</strong> escalation in" in admin.get("/overview?show=week").text
    assert office.row("select count(*) as n from figures")["n"] == 0


@pytest.mark.parametrize(("seconds", "median"), [(0.4, 0.4), (4, 4), (90, 90), (100_000, 100_000)])
def test_a_time_is_told_to_a_fortieth(seconds: float, median: float, office: Office) -> None:
    zendesk = office.connect()
    office.ticket_at(zendesk, office.escalate("chat-1"))
    with office.house.store.transaction() as tx:
        tx.run("update escalations e set created_at = t.created_at - :s * interval '1 second'"
               " from tickets t", s=seconds)  # fmt: skip
        workspace = tx.one("select * from workspaces where id = :id", id=office.workspace)
        told = figures.told(tx, workspace, tx.now - timedelta(days=3), "hour")
    times = [row for row in told if row["what"] == "ticket"]
    assert figures.quantile(times, 0.5) == pytest.approx(median, rel=0.026)


def _conversation(office: Office) -> str:
    row = office.row("select id from conversations where speaker = 'human' limit 1")
    return str(row["id"])
