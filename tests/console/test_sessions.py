"""How long one stays signed in, where, and how one gets in for the first time."""

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from hub import admin as administration
from hub import auth
from hub.house import House
from hub.store import tries
from tests.console.office import PASSWORD, Browser, Office

LONG = "another correct horse"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that tests turn on; the database's own stays."""
    with time_machine.travel(time.time(), tick=True) as traveller:
        yield traveller


def signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def test_a_session_that_nobody_uses_ends(agent: Browser, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(hours=3, minutes=59))
    assert signed_in(agent)
    clock.shift(timedelta(hours=3, minutes=59))
    assert signed_in(agent)
    clock.shift(timedelta(hours=4, minutes=1))
    assert not signed_in(agent)


def test_a_page_that_refreshes_itself_keeps_nobody_signed_in(
    agent: Browser, clock: time_machine.Traveller
) -> None:
    for _ in range(5):
        clock.shift(timedelta(minutes=50))
        status = agent.get("/", **{"X-Part": "live"}).status_code
    assert status == 401


@pytest.mark.parametrize("path", ["/notices", "/live"])
def test_what_a_script_asks_for_keeps_nobody_signed_in(
    agent: Browser, clock: time_machine.Traveller, path: str
) -> None:
    for _ in range(5):
        clock.shift(timedelta(minutes=50))
        answer = agent.client.get(path, buffered=False)
        answer.close()
    assert answer.status_code == 401


def test_a_session_ends_after_twelve_hours_however_busy(
    agent: Browser, clock: time_machine.Traveller
) -> None:
    for _ in range(12):
        assert signed_in(agent)
        clock.shift(timedelta(minutes=61))
    assert not signed_in(agent)


def test_signing_in_again_ends_the_session_that_this_browser_had(
    app: Flask, agent: Browser
) -> None:
    cookie = agent.client.get_cookie("hub_session")
    assert cookie is not None
    assert agent.sign_in("agent@example.com").status_code == 303
    old = Browser(app.test_client())
    old.client.set_cookie("hub_session", cookie.value)
    assert signed_in(agent) and not signed_in(old)


def test_one_sees_where_one_is_signed_in_and_signs_out_there(
    app: Flask, agent: Browser, office: Office
) -> None:
    other = Browser(app.test_client())
    other.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (Windows NT 10.0) Firefox/130.0"
    other.sign_in("agent@example.com")
    text = agent.get("/account").text
    assert "Firefox on Windows" in text and "this one" in text
    there = text.split('formaction="/account/sessions/')[2].split("/end")[0]
    agent.post(f"/account/sessions/{there}/end", token_from="/account")
    assert signed_in(agent) and not signed_in(other)
    other.sign_in("agent@example.com")
    agent.post("/account/sessions/end", token_from="/account")
    assert signed_in(agent) and not signed_in(other)


def test_another_password_ends_every_other_session(app: Flask, agent: Browser) -> None:
    other = Browser.signed_in(app, "agent@example.com")
    form = {"token_from": "/account", "current": PASSWORD, "password": LONG, "again": LONG}
    assert agent.post("/account/password", **form).status_code == 303
    assert signed_in(agent) and not signed_in(other)
    assert other.sign_in("agent@example.com").status_code == 401
    assert other.sign_in("agent@example.com", LONG).status_code == 303


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"current": "wrong", "password": LONG, "again": LONG}, "not your password"),
        ({"current": PASSWORD, "password": LONG, "again": "x"}, "not the same"),
        ({"current": PASSWORD, "password": "short", "again": "short"}, "10 to 1024"),
    ],
)
def test_a_password_is_not_changed_by_mistake(
    agent: Browser, form: dict[str, str], told: str
) -> None:
    answer = agent.post("/account/password", token_from="/account", **form)
    assert answer.status_code == 422 and told in answer.text
    assert agent.sign_in("agent@example.com").status_code == 303


def test_one_changes_ones_name_and_how_the_pages_look(agent: Browser) -> None:
    agent.post("/account", token_from="/account", name="Olivia", appearance="dark")
    text = agent.get("/").text
    assert "Olivia" in text and '<html lang="en" data-appearance="dark">' in text
    answer = agent.post("/account", token_from="/account", name="Olivia", appearance="pink")
    assert answer.status_code == 422


def test_another_role_holds_at_once(
    agent: Browser, admin: Browser, app: Flask, office: Office
) -> None:
    user = office.row("select id from users where email = 'agent@example.com'")["id"]
    admin.post(f"/people/{user}", token_from=f"/people/{user}", name="Olive", role="viewer")
    assert not signed_in(agent)


def test_whoever_is_deactivated_is_out_at_once_and_stays_out(
    agent: Browser, admin: Browser, office: Office
) -> None:
    user = office.row("select id from users where email = 'agent@example.com'")["id"]
    admin.post(f"/people/{user}/state/deactivated", token_from=f"/people/{user}")
    assert not signed_in(agent)
    refused = agent.sign_in("agent@example.com")
    assert refused.status_code == 401 and "do not fit together" in refused.text
    assert office.row("select available from users where id = :id", id=user)["available"] is False
    admin.post(f"/people/{user}/state/active", token_from=f"/people/{user}")
    assert agent.sign_in("agent@example.com").status_code == 303


def test_whoever_guesses_passwords_is_slowed_down_whether_anybody_has_the_email(
    app: Flask, agent: Browser
) -> None:
    browser = Browser(app.test_client())
    for email in ("agent@example.com", "nobody@example.com"):
        answers = [browser.sign_in(email, "a wrong guess") for _ in range(7)]
        assert [answer.status_code for answer in answers] == [401] * 6 + [429]
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 60
    refused = browser.sign_in("agent@example.com")  # the right one, too early
    assert refused.status_code == 429 and "Too many tries" in refused.text
    elsewhere = Browser(app.test_client())
    elsewhere.client.environ_base["REMOTE_ADDR"] = "198.51.100.7"
    assert elsewhere.sign_in("agent@example.com").status_code == 303


def test_tries_are_paid_for_with_time(house: House) -> None:
    pace = tries.Pace(3, timedelta(seconds=10))
    moment = house.store.now()

    def take(seconds: int) -> timedelta | None:
        house.store.now = lambda: moment + timedelta(seconds=seconds)  # type: ignore[method-assign]
        with house.store.transaction() as tx:
            return tries.take(tx, "somebody", pace)

    assert [take(0), take(0), take(0)] == [None, None, None]
    assert take(0) == timedelta(seconds=10)
    assert take(4) == timedelta(seconds=6)
    assert take(10) is None
    assert take(10) == timedelta(seconds=10)
    assert [take(100), take(100), take(100)] == [None, None, None]


def test_a_link_lets_somebody_in_once(app: Flask, admin: Browser, office: Office) -> None:
    invited = admin.post("/people", token_from="/people", email="New@Example.com", role="agent")
    path = "/join/" + invited.text.split("/join/")[1].split('"')[0]
    newcomer = Browser(app.test_client())
    assert "new@example.com" in newcomer.get(path).text
    wrong = newcomer.post(path, token_from=path, password=LONG, again="different one")
    assert wrong.status_code == 422
    assert newcomer.post(path, token_from=path, password=LONG, again=LONG).status_code == 303
    assert signed_in(newcomer)
    second = Browser(app.test_client())
    assert second.get(path).status_code == 404
    assert second.sign_in("new@example.com", LONG).status_code == 303
    token = path.removeprefix("/join/")
    assert token not in str(office.row("select to_jsonb(u) as u from users u order by id desc"))


def test_a_newer_link_ends_the_one_before_and_each_ends_by_time(
    app: Flask, agent: Browser, admin: Browser, office: Office, clock: time_machine.Traveller
) -> None:
    user = office.row("select id from users where email = 'agent@example.com'")["id"]

    def link() -> str:
        page = admin.post(f"/people/{user}/link", token_from=f"/people/{user}").text
        return "/join/" + page.split("/join/")[1].split('"')[0]

    first, second = link(), link()
    visitor = Browser(app.test_client())
    assert visitor.get(first).status_code == 404
    assert visitor.get(second).status_code == 200
    clock.shift(timedelta(hours=25))
    assert visitor.get(second).status_code == 404


def test_the_first_owner_needs_the_code_that_the_server_prints(
    app: Flask, house: House, workspace: str
) -> None:
    browser = Browser(app.test_client())
    assert browser.get("/sign-in").location == "/setup"
    form = {"name": "Olive", "email": "o@example.com", "password": LONG, "again": LONG}
    wrong = browser.post("/setup", token_from="/setup", code="AAAAAAAAAAAAAAAA", **form)
    assert wrong.status_code == 422 and "not the code" in wrong.text
    code = administration.setup_code(house)
    made = browser.post("/setup", token_from="/setup", code=code.lower(), **form)
    assert made.location == "/sources"
    assert "Olive" in browser.get("/people").text
    assert browser.get("/setup").location == "/sign-in"
    late = browser.post("/setup", token_from="/account", code=code, **form | {"email": "x@y.z"})
    assert late.location == "/sign-in"
    with house.store.transaction() as tx:
        assert tx.value("select count(*) from users") == 1


def test_nobody_guesses_the_setup_code(app: Flask, house: House, workspace: str) -> None:
    browser = Browser(app.test_client())
    answers = [browser.post("/setup", token_from="/setup", code=f"{n}") for n in range(7)]
    assert answers[-1].status_code == 429


def test_a_password_that_is_too_long_is_not_even_hashed() -> None:
    long = "x" * (auth.MAX_PASSWORD + 1)
    assert auth.password_fits({"password_hash": auth.hash_password(long[1:])}, long[1:])
    assert not auth.password_fits({"password_hash": auth.hash_password(long)}, long)
