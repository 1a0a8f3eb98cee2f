"""Keys: what they open, how they are kept, whose rights they give; routes are in `test_matrix`."""

import pytest

from tests.hub.api.conftest import Api


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer hub_wrong", "Basic aHViOmh1Yg==", "Bearer ÿ\x80"]
)
def test_a_wrong_key_is_refused(api: Api, header: str) -> None:
    answer = api.client.get("/v1/sources", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_removed_key_opens_nothing(api: Api) -> None:
    made = api("POST", "/keys", {"name": "bot", "role": "viewer"}, expect=201)
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert api.client.get("/v1/sources", headers=headers).status_code == 200
    api("DELETE", f"/keys/{made['id']}")
    assert api.client.get("/v1/sources", headers=headers).status_code == 401


def test_a_key_that_would_have_expired_is_not_made(api: Api) -> None:
    body = {"name": "bot", "expires_at": "2001-01-01T00:00:00Z"}
    problem = api("POST", "/keys", body, expect=422)
    assert problem["errors"][0]["field"] == "expires_at"


def test_a_key_is_kept_as_a_hash_and_shown_once(api: Api) -> None:
    made = api("POST", "/keys", {"name": "bot", "role": "agent"}, expect=201)
    assert made["key"].startswith("hub_")
    row = api.row("select * from keys where id = :id", id=made["id"])
    assert made["key"].encode() not in bytes(row["hash"])
    assert "key" not in api("GET", f"/keys/{made['id']}")
    assert all("key" not in one for one in api("GET", "/keys")["data"])


def test_the_use_of_a_key_is_noted(api: Api) -> None:
    made = api("POST", "/keys", {"name": "bot", "role": "viewer"}, expect=201)
    assert made["last_used_at"] is None
    api.client.get("/v1/sources", headers={"Authorization": f"Bearer {made['key']}"})
    assert api("GET", f"/keys/{made['id']}")["last_used_at"] is not None


def test_nobody_gives_away_rights_that_they_do_not_have(api: Api) -> None:
    api("POST", "/keys", {"name": "k", "role": "owner"}, role="admin", expect=403)
    api("POST", "/users", {"email": "o@x.example", "role": "owner"}, role="admin", expect=403)
    owner = api("POST", "/users", {"email": "o@x.example", "role": "owner"}, expect=201)
    api("PATCH", f"/users/{owner['id']}", {"name": "Me"}, role="admin", expect=403)
    api("DELETE", f"/users/{owner['id']}", role="admin", expect=403)
    agent = api("POST", "/users", {"email": "a@x.example"}, role="admin", expect=201)
    api("PATCH", f"/users/{agent['id']}", {"role": "owner"}, role="admin", expect=403)


@pytest.mark.parametrize(
    ("role", "path"), [("admin", "T1/B2/secret?k=1"), ("agent", "…"), ("viewer", "…")]
)
def test_an_address_that_lets_one_in_is_told_to_admins_only(api: Api, role: str, path: str) -> None:
    url = "https://hooks.bots.example/T1/B2/secret?k=1"
    added = api("POST", "/subscribers", {"url": url}, expect=201)
    told = api("GET", f"/subscribers/{added['id']}", role=role)["url"]
    assert told == f"https://hooks.bots.example/{path}"
    assert told in [row["url"] for row in api("GET", "/subscribers", role=role)["data"]]
    callback = {"url": url, "token": "t"}
    body = {"name": "Bot", "dialect": "botpress", "callback": callback}
    source = api("POST", "/sources", body, expect=201)
    assert api("GET", f"/sources/{source['id']}", role=role)["callback"]["url"] == told
    (listed,) = api("GET", "/sources", role=role)["data"]
    assert listed["callback"]["url"] == told


def test_an_address_without_a_path_hides_nothing(api: Api) -> None:
    added = api("POST", "/subscribers", {"url": "https://bots.example:8443/"}, expect=201)
    told = api("GET", f"/subscribers/{added['id']}", role="viewer")["url"]
    assert told == "https://bots.example:8443/"


def test_an_admin_takes_no_owners_key_away(api: Api) -> None:
    made = api("POST", "/keys", {"name": "k", "role": "owner"}, expect=201)
    api("DELETE", f"/keys/{made['id']}", role="admin", expect=403)
