"""The team by API."""

from datetime import UTC, datetime

from hub import admin
from tests.hub.api.conftest import Api


def hire(api: Api) -> str:
    with api.house.store.transaction() as tx:
        return admin.add_user(tx, api.workspace, "ada@example.com", "Ada", "agent")


def test_hours_are_set_and_say_who_is_on_now(api: Api) -> None:
    ada = hire(api)
    shift = {"weekday": "mon", "begins": "22:00", "ends": "06:00"}
    body = {"shifts": [shift], "time_zone": "Europe/Berlin"}
    api.house.store.now = lambda: datetime(2026, 6, 2, 3, 59, tzinfo=UTC)
    assert api("PUT", f"/team/{ada}/hours", body)["on_now"] is True
    api.house.store.now = lambda: datetime(2026, 6, 2, 4, 0, tzinfo=UTC)
    told = api("GET", f"/team/{ada}", role="viewer")
    assert told["shifts"] == [shift] and told["time_zone"] == "Europe/Berlin"
    assert told["on_now"] is False and told["on_again_at"] == "2026-06-08T20:00:00.000Z"


def test_who_is_deactivated_is_not_on_now_whatever_is_said_of_them(api: Api) -> None:
    ada = hire(api)
    api("PATCH", f"/users/{ada}", {"active": False})
    api("PATCH", f"/users/{ada}", {"available": True})
    assert api("GET", "/team")["data"] == []
    api("GET", f"/team/{ada}", expect=404)


def test_days_off_are_added_and_removed(api: Api) -> None:
    ada = hire(api)
    off = api("POST", f"/team/{ada}/days-off", {"first_day": "2026-12-24"}, expect=201)
    assert off["last_day"] == "2026-12-24"
    assert api("GET", f"/team/{ada}")["days_off"] == [off]
    api("DELETE", f"/team/{ada}/days-off/{off['id']}")
    api("DELETE", f"/team/{ada}/days-off/{off['id']}", expect=404)
    wrong = {"first_day": "2026-12-24", "last_day": "2026-12-23"}
    told = api("POST", f"/team/{ada}/days-off", wrong, expect=422)
    assert told["errors"][0]["field"] == "last_day"


def test_wrong_hours_are_refused_by_field(api: Api) -> None:
    ada = hire(api)
    for shift in ({"weekday": "mon", "begins": "9", "ends": "17:00"}, {"weekday": "moon"}):
        api("PUT", f"/team/{ada}/hours", {"shifts": [shift]}, expect=422)
    told = api("PUT", f"/team/{ada}/hours", {"shifts": [], "time_zone": "Mars"}, expect=422)
    assert told["errors"][0]["field"] == "time_zone"


def test_agents_keys_change_no_hours_and_lists_have_pages(api: Api) -> None:
    ada = hire(api)
    api("PUT", f"/team/{ada}/hours", {"shifts": []}, role="agent", expect=403)
    with api.house.store.transaction() as tx:
        bo = admin.add_user(tx, api.workspace, "bo@example.com", "Bo", "owner")
        admin.add_user(tx, api.workspace, "vi@example.com", "Vi", "viewer")
    first = api("GET", "/team", limit=1)
    rest = api("GET", "/team", limit=1, cursor=first["next_cursor"])
    assert [one["id"] for one in first["data"] + rest["data"]] == [ada, bo]
    assert rest["next_cursor"] is None
