"""Who may call the API: by key, by role, within one workspace."""

import re

import pytest
from flask.testing import FlaskClient

from hub.api import NOUNS
from tests.hub.api.conftest import Api

TABLE = [operation for noun in NOUNS for operation in noun.operations]
ROLES = ["viewer", "agent", "admin", "owner"]


def at_no_id(path: str) -> str:
    """The path with ids that nothing has."""
    return re.sub(r"<\w+>", "xyz_00000000000000000000000000", path)


def test_no_operation_answers_without_a_key(client: FlaskClient) -> None:
    for operation in TABLE:
        answer = client.open(at_no_id(operation.path), method=operation.method, json={})
        assert answer.status_code == 401, operation
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"


def test_every_operation_asks_for_its_role_and_for_no_more(api: Api) -> None:
    for operation in TABLE:
        enough = ROLES.index(operation.role)
        for rank, role in enumerate(ROLES):
            answer = api.client.open(
                at_no_id(operation.path),
                method=operation.method,
                json={"nothing": "that anybody knows"},
                headers=api.headers(role),
            )
            assert (answer.status_code == 403) == (rank < enough), (operation, role, answer.text)
            assert answer.status_code < 500


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


def test_an_expired_key_opens_nothing(api: Api) -> None:
    made = api("POST", "/keys", {"name": "bot", "expires_at": "2099-01-01T00:00:00Z"}, expect=201)
    with api.house.store.transaction() as tx:
        tx.run("update keys set expires_at = now() - interval '1 s' where id = :i", i=made["id"])
    headers = {"Authorization": f"Bearer {made['key']}"}
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


def test_everything_of_another_workspace_is_unknown(api: Api, strangers: Api, source, chat) -> None:
    user = api("POST", "/users", {"email": "a@x.example"}, expect=201)
    key = api("POST", "/keys", {"name": "k"}, expect=201)
    subscriber = api("POST", "/subscribers", {"url": "https://x.example/h"}, expect=201)
    route = api("POST", "/routes", {"to": ["Help Desk"]}, expect=201)
    escalation = api("POST", "/escalations", {"conversation_id": "chat-1"}, expect=202)
    connection = api("GET", "/connections")["data"][0]
    event = api("GET", "/events")["data"][0]
    for path in (
        f"/sources/{source['id']}", f"/conversations/{chat['id']}", "/conversations/chat-1",
        f"/users/{user['id']}", f"/keys/{key['id']}", f"/subscribers/{subscriber['id']}",
        f"/routes/{route['id']}", f"/escalations/{escalation['id']}", f"/events/{event['id']}",
        f"/connections/{connection['id']}", f"/conversations/{chat['id']}/messages",
        f"/subscribers/{subscriber['id']}/deliveries", f"/connections/{connection['id']}/mapping",
    ):  # fmt: skip
        api("GET", path)
        strangers("GET", path, expect=404)
    for method, path, body in (
        ("POST", f"/conversations/{chat['id']}/takeover", {}),
        ("POST", f"/conversations/{chat['id']}/resume", {}),
        ("POST", f"/conversations/{chat['id']}/control", {"epoch": 0}),
        ("POST", f"/conversations/{chat['id']}/messages", {"role": "customer", "text": "x"}),
        ("POST", f"/escalations/{escalation['id']}/retry", None),
        ("POST", f"/connections/{connection['id']}/pause", {}),
        ("POST", f"/connections/{connection['id']}/activate", None),
        ("POST", f"/connections/{connection['id']}/verify", None),
        ("PATCH", f"/connections/{connection['id']}", {"name": "mine"}),
        ("POST", f"/sources/{source['id']}/rotate", {}),
        ("PATCH", f"/sources/{source['id']}", {"name": "mine"}),
        ("DELETE", f"/sources/{source['id']}", None),
        ("POST", f"/subscribers/{subscriber['id']}/rotate", {}),
        ("PATCH", f"/subscribers/{subscriber['id']}", {"state": "disabled"}),
        ("DELETE", f"/subscribers/{subscriber['id']}", None),
        ("PATCH", f"/routes/{route['id']}", {"position": 3}),
        ("DELETE", f"/routes/{route['id']}", None),
        ("PATCH", f"/users/{user['id']}", {"name": "mine"}),
        ("DELETE", f"/users/{user['id']}", None),
        ("DELETE", f"/keys/{key['id']}", None),
        ("POST", "/mappings", {"connection_id": connection["id"], "text": "desk: live_chat"}),
    ):
        strangers(method, path, body, expect=404)
    strangers("POST", "/routes", {"to": [connection["id"]]}, expect=422)
    strangers("POST", "/escalations", {"conversation_id": chat["id"]}, expect=422)
    assert strangers("GET", "/conversations")["data"] == []
    assert strangers("GET", "/sources")["data"] == []
    assert len(strangers("GET", "/connections")["data"]) == 1  # their own Help Desk
