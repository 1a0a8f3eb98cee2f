"""Routes over the API: their time for a desk, and what they would do."""

from typing import Any

import pytest

from tests.hub.api.conftest import Api, tell

GERMAN = {
    "id": "evt-2",
    "conversation": {"id": "chat-de", "channel": "email"},
    "requester": {"email": "zoe@kundin.example"},
    "transcript": [
        {"id": "d1", "author": {"role": "customer"},
         "text": "Meine Bestellung ist seit einer Woche nicht angekommen."},
    ],
}  # fmt: skip


@pytest.fixture
def routes(api: Api) -> list[dict[str, Any]]:
    """German by day to the Help Desk, gold customers too, and nothing else."""
    wanted = (
        "language = de and weekday in mon-fri and time in 09:00-17:00 and zone = Europe/Berlin",
        "fields.plan = gold",
    )
    return [
        api("POST", "/routes", {"to": ["Help Desk"], "when": when}, expect=201) for when in wanted
    ]


def test_a_route_gives_each_desk_ten_minutes_unless_it_says_otherwise(api: Api) -> None:
    made = api("POST", "/routes", {"to": ["Help Desk"]}, expect=201)
    assert made["give_up_after"] == 10
    changed = api("PATCH", f"/routes/{made['id']}", {"give_up_after": 45})
    assert changed["give_up_after"] == 45
    assert api("PATCH", f"/routes/{made['id']}", {"position": 3})["give_up_after"] == 45
    for minutes in (0, -5, 10081):
        told = api("POST", "/routes", {"to": ["Help Desk"], "give_up_after": minutes}, expect=422)
        assert told["errors"][0]["field"] == "give_up_after"


def test_a_condition_that_cannot_be_read_is_refused_with_its_place(api: Api) -> None:
    body = {"to": ["Help Desk"], "when": "language = de and moon = full"}
    (error,) = api("POST", "/routes", body, expect=422)["errors"]
    assert error["field"] == "when"
    assert error["message"].startswith("At character 19: 'moon' is not known")


def test_a_preview_of_facts_tells_which_route_fits_and_why(api: Api, routes) -> None:
    body = {"facts": {"language": "de-AT"}, "at": "2026-11-23T08:30:00Z"}
    told = api("POST", "/routes/preview", body)
    assert told["route_id"] == routes[0]["id"]
    assert told["why"] == (
        "Went to Help Desk because language is de-AT and it is Monday 09:30 (Europe/Berlin)"
        " (route 1)."
    )
    assert [one["name"] for one in told["targets"]] == ["Help Desk"]
    assert [(one["holds"], one["why"]) for one in told["routes"]][1] == (
        False, "fields.plan is not set",
    )  # fmt: skip


def test_a_preview_at_night_goes_elsewhere(api: Api, routes) -> None:
    body = {"facts": {"language": "de", "fields": {"plan": "Gold"}}, "at": "2026-11-23T16:00:00Z"}
    told = api("POST", "/routes/preview", body)
    assert told["route_id"] == routes[1]["id"]
    assert told["routes"][0]["why"] == "it is Monday 17:00 (Europe/Berlin)"


def test_a_preview_of_a_conversation_reads_the_language_from_its_words(
    api: Api, source, routes
) -> None:
    tell(api, source, GERMAN)
    body = {"conversation_id": "chat-de", "at": "2026-11-23T08:30:00Z"}
    told = api("POST", "/routes/preview", body)
    assert told["facts"]["language"] == "de"
    assert told["facts"]["channel"] == "email"
    assert told["route_id"] == routes[0]["id"]
    body["facts"] = {"language": "fr"}  # what is given counts over what is stored
    assert api("POST", "/routes/preview", body)["route_id"] is None


def test_a_preview_without_a_language_says_that_it_depends_on_it(api: Api, routes) -> None:
    told = api("POST", "/routes/preview", {"at": "2026-11-23T08:30:00Z"})
    assert told["connection_id"] is None
    assert "depends on its language" in told["why"]
    assert told["routes"][0]["holds"] is None


def test_a_preview_names_what_is_wrong_and_sees_no_other_workspace(
    api: Api, chat, strangers: Api
) -> None:
    assert strangers("POST", "/routes/preview", {"conversation_id": "chat-1"}, expect=404)
    for body, field in (
        ({"at": "2026-11-23T08:30:00"}, "at"),
        ({"facts": {"moon": "full"}}, "facts.moon"),
    ):
        told = api("POST", "/routes/preview", body, expect=422)
        assert told["errors"][0]["field"] == field


def test_a_preview_sends_and_stores_nothing(api: Api, chat, routes) -> None:
    before = api.row("select count(*) as n from escalations")["n"]
    api("POST", "/routes/preview", {"conversation_id": "chat-1"})
    assert api.row("select count(*) as n from escalations")["n"] == before
    assert api.row("select count(*) as n from pgqueuer")["n"] == 0


def test_a_route_that_is_switched_off_takes_nothing(api: Api, routes) -> None:
    (first, *_) = api("GET", "/routes")["data"]
    api("PATCH", f"/routes/{first['id']}", {"enabled": False})
    told = api("POST", "/routes/preview", {"facts": {"language": "de"}})
    assert told["route_id"] != first["id"]
    assert told["routes"][0]["why"] == "it is switched off"
