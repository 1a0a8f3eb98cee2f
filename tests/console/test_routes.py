"""The page of routes: the order, a new one, and trying them out."""

from typing import Any

import pytest

from hub import admin as administration
from hub.pipeline import ladder, parking
from tests.console.office import Browser, Office


@pytest.fixture
def zendesk(office: Office) -> str:
    """A desk to route to."""
    return office.connect()


def add(browser: Browser, to: str, **form: str) -> Any:
    return browser.post("/routes", token_from="/routes", to=to, **{"give_up_after": "10"} | form)


def order(office: Office) -> list[str | None]:
    with office.house.store.transaction() as tx:
        rows = tx.all("select condition from routes order by position")
    return [row["condition"] for row in rows]


def test_an_admin_adds_a_route_with_its_desks_and_their_time(
    admin: Browser, office: Office, zendesk: str
) -> None:
    answer = add(admin, zendesk, when="language = de", give_up_after="25")
    assert answer.status_code == 303
    text = admin.get("/routes").text
    assert "<code>language = de</code>" in text and "25 minutes each" in text
    row = office.row("select connection_ids, give_up_after from routes")
    assert (row["connection_ids"], row["give_up_after"]) == ([zendesk], 25)


def test_a_condition_that_cannot_be_read_stands_there_again_with_its_place(
    admin: Browser, office: Office, zendesk: str
) -> None:
    answer = add(admin, zendesk, when="language = de and moon = <full>")
    assert answer.status_code == 422
    assert "At character 19" in answer.text
    assert 'value="language = de and moon = &lt;full&gt;"' in answer.text
    assert order(office) == []


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"give_up_after": "0"}, "From 1 to 10080 minutes."),
        ({"give_up_after": "soon"}, "From 1 to 10080 minutes."),
        ({"position": "-1"}, "From 1 to 10000."),
        ({"to": ""}, "Name at least one connection."),
        ({"to": "cxn_nowhere"}, "There is no connection"),
    ],
)
def test_wrong_fields_are_named_on_the_page(
    admin: Browser, office: Office, zendesk: str, form: dict[str, str], words: str
) -> None:
    answer = add(admin, form.pop("to", zendesk), **form)
    assert answer.status_code == 422
    assert words in answer.text
    assert order(office) == []


def test_routes_move_up_and_down_and_stay_where_they_end(
    admin: Browser, office: Office, zendesk: str
) -> None:
    ids = []
    with office.house.store.transaction() as tx:
        for when in ("language = de", "language = fr", None):
            made = administration.add_route(tx, office.workspace, [zendesk], when)
            ids.append(made["id"])
    admin.post(f"/routes/{ids[1]}/move/up")
    assert order(office) == ["language = fr", "language = de", None]
    admin.post(f"/routes/{ids[1]}/move/up")
    assert order(office) == ["language = fr", "language = de", None]
    admin.post(f"/routes/{ids[0]}/move/down")
    assert order(office) == ["language = fr", None, "language = de"]
    admin.post(f"/routes/{ids[0]}/remove")
    assert order(office) == ["language = fr", None]


def test_only_admins_change_routes(agent: Browser, office: Office, zendesk: str) -> None:
    with office.house.store.transaction() as tx:
        route = administration.add_route(tx, office.workspace, [zendesk], "language = de")["id"]
    text = agent.get("/routes").text
    assert "language = de" in text and "Add the route" not in text and "Remove" not in text
    assert add(agent, zendesk).status_code == 403
    assert agent.post(f"/routes/{route}/move/up").status_code == 403
    assert agent.post(f"/routes/{route}/remove").status_code == 403
    assert agent.post("/routes/time-zone", time_zone="Asia/Tokyo").status_code == 403
    assert order(office) == ["language = de"]


def test_another_workspaces_routes_are_not_there(admin: Browser, strangers: Office) -> None:
    theirs = strangers.connect()
    with strangers.house.store.transaction() as tx:
        row = administration.add_route(tx, strangers.workspace, [theirs], "channel = secret")
    assert "channel = secret" not in admin.get("/routes").text
    assert admin.post(f"/routes/{row['id']}/move/up").status_code == 404
    assert admin.post(f"/routes/{row['id']}/remove").status_code == 404
    assert add(admin, theirs).status_code == 422


def test_trying_out_tells_which_route_fits_and_why(
    viewer: Browser, office: Office, zendesk: str
) -> None:
    with office.house.store.transaction() as tx:
        administration.add_route(tx, office.workspace, [zendesk], "language = fr")
        administration.add_route(tx, office.workspace, [zendesk, "Help Desk"], "language = de")
        parking.pause_connection(tx, zendesk, "credentials refused")
    text = viewer.get("/routes?try=1&language=de-AT").text.partition('id="tried"')[2]
    assert "Goes to Zendesk because language is de-AT (route 2)." in text
    assert "is skipped now: it was paused since" in text
    assert "Route 1: <bdi>language is de-AT</bdi>" in text


def test_trying_out_a_stored_conversation_reads_its_language_from_its_words(
    viewer: Browser, office: Office, zendesk: str
) -> None:
    with office.house.store.transaction() as tx:
        administration.add_route(tx, office.workspace, [zendesk], "language = de")
    words = "Guten Tag, meine Bestellung ist leider noch immer nicht angekommen."
    office.chat("chat-de", words, conversation={"language": None})
    text = viewer.get("/routes?try=1&conversation=chat-de").text
    assert "Goes to Zendesk because language is de (route 1)." in text
    assert "There is no conversation" in viewer.get("/routes?try=1&conversation=nobody").text


def test_the_workspaces_time_zone_counts_for_times(
    admin: Browser, office: Office, zendesk: str
) -> None:
    with office.house.store.transaction() as tx:
        when = "weekday = mon and time in 09:00-10:00"
        administration.add_route(tx, office.workspace, [zendesk], when)
    assert admin.post("/routes/time-zone", time_zone="Mars").status_code == 422
    assert admin.post("/routes/time-zone", time_zone="asia/tokyo").status_code == 303
    assert office.row("select time_zone from workspaces")["time_zone"] == "Asia/Tokyo"
    text = admin.get("/routes?try=1&at=2026-11-23T09:30").text
    assert "it is Monday 09:30 (Asia/Tokyo)" in text and "Goes to Zendesk" in text
    assert "Write a day and a time." in admin.get("/routes?try=1&at=then").text


def test_the_timeline_tells_where_it_went_and_why_it_moved(
    agent: Browser, office: Office, zendesk: str
) -> None:
    with office.house.store.transaction() as tx:
        administration.add_route(tx, office.workspace, [zendesk, "Help Desk"], "language = en")
    escalation = office.escalate("chat-1")
    with office.house.store.transaction() as tx:
        parking.pause_connection(tx, zendesk, "credentials refused")
        ladder.find(tx)
        tx.run("delete from pgqueuer where entrypoint = :lane", lane=f"desk:{zendesk}")
    office.work()
    text = agent.get(f"/escalations/{escalation}").text.split("Timeline")[1]
    assert "Went to Zendesk because language is en (route 1)." in text
    assert "Moved to Help Desk: Zendesk was paused since" in text
    assert "(credentials refused)." in text
