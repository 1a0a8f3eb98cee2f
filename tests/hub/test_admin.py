"""What people set up: checked, kept with its line in the audit, its secrets sealed."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from connectors.errors import AuthFailed
from hub import admin, auth
from hub.house import House
from hub.store import Row
from hub.vault import Place
from tests.hub.authorizing import connect, form
from webhooks import signing

WAITS = """select 1 from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'"""


def audit(house: House, subject_id: str) -> list[str]:
    """What was done to it."""
    with house.store.transaction() as tx:
        rows = tx.all("select what from audit where subject_id = :id order by id", id=subject_id)
    return [row["what"] for row in rows]


@pytest.fixture
def zendesk(sandbox_url: str) -> dict[str, Any]:
    """A config with which an empty sandbox Zendesk lets us in."""
    requests.delete(f"{sandbox_url}/_faults", timeout=10)
    requests.post(f"{sandbox_url}/_reset", json={"desk": "zendesk"}, timeout=10)
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    config: dict[str, Any] = next(
        desk["accounts"][0]["config"] for desk in told if desk["desk"] == "zendesk"
    )
    return config


def test_a_workspace_begins_with_its_help_desk(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        assert admin.workspace(tx, "default")["id"] == workspace
        desks = tx.all("select * from connections where workspace_id = :w", w=workspace)
    assert [(desk["desk"], desk["name"], desk["state"]) for desk in desks] == [
        ("live_chat", "Help Desk", "active")
    ]
    assert house.desks.open(desks[0]).verify().id == "live_chat"


@pytest.mark.parametrize("slug", ["", "-a", "A", "a b", "a" * 64, "ä", "a\n"])
def test_a_slug_is_small_and_plain(house: House, slug: str) -> None:
    with house.store.transaction() as tx, pytest.raises(admin.BadInput) as refusal:
        admin.add_workspace(tx, house, slug, "Name")
    assert set(refusal.value.errors) == {"slug"}


def test_a_slug_is_taken_once(house: House, workspace: str) -> None:
    with house.store.transaction() as tx, pytest.raises(admin.BadInput) as refusal:
        admin.add_workspace(tx, house, "default", "Name")
    assert refusal.value.errors == {"slug": "default is taken."}


def test_a_sources_secret_is_sealed_and_opens_where_it_lies(house: House, workspace: str) -> None:
    made = admin.add_source(house, workspace, "bot", "standard")
    signing.decode_secret(made["secret"])
    with house.store.transaction() as tx:
        row = tx.one("select * from sources where id = :id", id=made["id"])
    assert made["secret"].encode() not in bytes(row["secret"])
    place = Place(workspace, "sources", made["id"], "secret")
    assert house.vault.open(row["secret"], place) == made["secret"]
    assert audit(house, made["id"]) == ["source.added"]


def test_a_rotated_secret_leaves_the_one_before_valid(house: House, workspace: str) -> None:
    made = admin.add_source(house, workspace, "bot", "bookbag", "our old secret, long enough")
    rotated = admin.rotate_source(house, workspace, made["id"])
    with house.store.transaction() as tx:
        row = tx.one("select * from sources where id = :id", id=made["id"])
    place = Place(workspace, "sources", made["id"], "secret")
    assert house.vault.open(row["secret"], place) == rotated["secret"]
    assert house.vault.open(row["previous_secret"], place) == made["secret"]


def test_a_connection_gets_its_webhook_and_the_desks_secret(
    house: House, workspace: str, zendesk
) -> None:
    made = admin.add_connection(house, workspace, "zendesk", "Support", zendesk)
    assert made.account is not None and made.steps == ()
    with house.store.transaction() as tx:
        row = tx.one("select * from connections where id = :id", id=made.row["id"])
    assert row["webhook_id"]
    place = Place(workspace, "connections", row["id"], "webhook_secret")
    assert house.vault.open(row["webhook_secret"], place)
    hooks = requests.get(f"{house.settings.sandbox_url}/_desks", timeout=10).text
    assert row["id"] in hooks or row["webhook_id"]


def test_wrong_credentials_are_not_kept(house: House, workspace: str, zendesk) -> None:
    wrong = zendesk | {"client_secret": "wrong"}
    with pytest.raises(AuthFailed):
        admin.add_connection(house, workspace, "zendesk", "Support", wrong)
    with house.store.transaction() as tx:
        assert tx.value("select count(*) from connections where desk = 'zendesk'") == 0


def test_a_webhook_that_cannot_be_made_is_a_step_and_no_hindrance(
    house: House, workspace: str, zendesk, sandbox_url: str
) -> None:
    fault = {"desk": "zendesk", "mode": "server_error", "path": "/webhooks", "rate": 1}
    requests.post(f"{sandbox_url}/_faults", json=fault, timeout=10).raise_for_status()
    try:
        made = admin.add_connection(house, workspace, "zendesk", "Support", zendesk)
    finally:
        requests.delete(f"{sandbox_url}/_faults", timeout=10)
    assert made.row["state"] == "active"
    assert made.steps
    again = admin.verify_connection(house, workspace, made.row["id"])
    assert again.steps == ()


def test_changing_one_word_of_a_config_keeps_its_secrets(
    house: House, workspace: str, zendesk
) -> None:
    made = admin.add_connection(house, workspace, "zendesk", "Support", zendesk)
    words = {"status_words": {"escalated": "open"}}
    changed = admin.change_connection(house, workspace, made.row["id"], config=words)
    assert changed.row["version"] > made.row["version"]
    stored = house.vault.open_json(
        changed.row["config"], Place(workspace, "connections", made.row["id"], "config")
    )
    assert stored["client_secret"] == zendesk["client_secret"]
    assert stored["status_words"] == {"escalated": "open"}


def test_two_connections_cannot_have_one_name(house: House, workspace: str, zendesk) -> None:
    with pytest.raises(admin.BadInput) as refusal:
        admin.add_connection(house, workspace, "zendesk", "Help Desk", zendesk)
    assert set(refusal.value.errors) == {"name"}


def test_an_installation_without_sandbox_refuses_other_addresses(
    house: House, workspace: str, zendesk
) -> None:
    inner = zendesk | {"base_url": "http://169.254.169.254/zendesk"}
    with pytest.raises(admin.BadInput) as refusal:
        admin.add_connection(house, workspace, "zendesk", "Support", inner)
    assert set(refusal.value.errors) == {"config.base_url"}


def test_a_subscriber_is_called_with_two_secrets_while_one_rotates(
    house: House, workspace: str
) -> None:
    made = admin.add_subscriber(house, workspace, "https://x.example/hook")
    rotated, until = admin.rotate_subscriber(house, workspace, made["id"])
    with house.store.transaction() as tx:
        row = tx.one("select * from subscribers where id = :id", id=made["id"])
    place = Place(workspace, "subscribers", made["id"], "secret")
    opened = [house.vault.open(row[field], place) for field in ("secret", "previous_secret")]
    assert opened == [rotated["secret"], made["secret"]]
    assert row["previous_until"] == until > house.store.now()


def test_a_password_is_kept_as_argon2_and_fits_its_user_only(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        user_id = admin.add_user(tx, workspace, "Ada@X.example", None, "agent", "a long phrase")
        user = tx.one("select * from users where id = :id", id=user_id)
    assert user["password_hash"].startswith("$argon2id$")
    assert user["email"] == "ada@x.example"
    assert auth.password_fits(user, "a long phrase")
    assert not auth.password_fits(user, "another phrase")
    assert not auth.password_fits(user, "x" * 5000)
    assert not auth.password_fits(None, "a long phrase")
    without = dict(user) | {"password_hash": None}
    assert not auth.password_fits(without, "a long phrase")  # type: ignore[arg-type]


def test_a_new_password_signs_out_everywhere(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        user_id = admin.add_user(tx, workspace, "ada@x.example", "Ada", "agent", "a long phrase")
        user = tx.one("select * from users where id = :id", id=user_id)
        token = auth.begin_session(tx, user)
        principal = auth.by_session(tx, token)
        assert principal is not None and principal.user is not None
        assert (principal.user["id"], principal.role) == (user_id, "agent")
        admin.change_user(tx, workspace, user_id, password="another phrase")
        assert auth.by_session(tx, token) is None


def test_a_session_ends_by_time_and_by_signing_out(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        user_id = admin.add_user(tx, workspace, "ada@x.example", "Ada", "agent", "a long phrase")
        user = tx.one("select * from users where id = :id", id=user_id)
        first, second = auth.begin_session(tx, user), auth.begin_session(tx, user)
        assert (
            tx.value("select count(*) from sessions where token_hash = :t", t=first.encode()) == 0
        )
        auth.end_session(tx, first)
        assert auth.by_session(tx, first) is None and auth.by_session(tx, second)
        tx.run("update sessions set expires_at = :now", now=tx.now)
        assert auth.by_session(tx, second) is None


@pytest.mark.parametrize(
    ("role", "may"),
    [("viewer", ["viewer"]), ("agent", ["viewer", "agent"]),
     ("admin", ["viewer", "agent", "admin"]), ("owner", ["viewer", "agent", "admin", "owner"])],
)  # fmt: skip
def test_roles_include_each_other(role: str, may: list[str]) -> None:
    principal = auth.Principal("wsp_1", "key:k", role)
    assert [one for one in ("viewer", "agent", "admin", "owner") if principal.may(one)] == may


def test_a_route_at_a_position_moves_the_others_down(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        last = admin.add_route(tx, workspace, ["Help Desk"])
        first = admin.add_route(tx, workspace, ["Help Desk"], "language = de", 1)
        rows = tx.all("select id, position from routes order by position")
    assert [(row["id"], row["position"]) for row in rows] == [(first["id"], 1), (last["id"], 2)]


def test_two_who_move_routes_do_not_wait_for_each_other(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        route = admin.add_route(tx, workspace, ["Help Desk"])["id"]
    with ThreadPoolExecutor(1) as other, house.store.transaction() as tx:
        tx.run("select 1 from workspaces where id = :id for update", id=workspace)
        moved = other.submit(_move, house, workspace, route)
        _until_one_waits(house)
        tx.run("update routes set position = position + 1")  # a deadlock, had it locked the row
    assert moved.result(timeout=30)["position"] == 1


def _until_one_waits(house: House) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with house.store.transaction() as tx:
            if tx.first(WAITS) is not None:
                return
        time.sleep(0.02)
    raise AssertionError("nobody waited for a lock")


def _move(house: House, workspace: str, route: str) -> Row:
    with house.store.transaction() as tx:
        return admin.change_route(tx, workspace, route, position=1)


def test_a_mapping_of_another_desk_is_not_saved(house: House, workspace: str) -> None:
    with house.store.transaction() as tx:
        desk = tx.value("select id from connections where workspace_id = :w", w=workspace)
    text = "desk: zendesk\nticket:\n  subject: {from: summary.subject}\n"
    with pytest.raises(admin.BadInput) as refusal:
        admin.save_mapping(house, workspace, desk, text)
    assert set(refusal.value.errors) == {"desk"}


def test_every_desks_default_mapping_can_be_saved() -> None:
    from connectors import registry
    from hub.pipeline.facts import default_mapping

    for desk in registry.names():
        assert admin.check_mapping(desk, default_mapping(desk))


def test_other_settings_of_a_connection_that_a_person_allowed_keep_its_token(
    house: House, workspace: str
) -> None:
    made = connect(house, workspace, "zendesk", "Allowed")
    before = house.desks.tokens(made.row["id"]).get()
    words = {"status_words": {"on ice": "on_hold"}}
    changed = admin.change_connection(house, workspace, made.row["id"], config=words)
    assert changed.account is not None
    assert before is not None and house.desks.tokens(made.row["id"]).get() == before


@pytest.mark.parametrize("other", [{"subdomain": "other"}, {"client_id": "hub_agent"}])
def test_a_token_is_never_sent_to_another_address_or_for_another_app(
    house: House, workspace: str, other: dict[str, str]
) -> None:
    made = connect(house, workspace, "zendesk", "Allowed")
    change = {"base_url": None} | other if "subdomain" in other else other
    with pytest.raises(AuthFailed, match="Authorise the connection again"):
        admin.change_connection(house, workspace, made.row["id"], config=change)


def test_what_a_person_has_to_allow_is_not_connected_by_its_form_alone(
    house: House, workspace: str
) -> None:
    asked = form(house, "hubspot") | {"authorized": True}
    with pytest.raises(AuthFailed, match="Authorise the connection again"):
        admin.add_connection(house, workspace, "hubspot", "HubSpot", asked)
    with pytest.raises(admin.BadInput):
        admin.add_connection(house, workspace, "hubspot", "HubSpot", asked | {"authorized": False})
