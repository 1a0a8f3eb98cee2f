"""Signing in at a provider, which runs on loopback and really signs."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from joserfc.jwk import RSAKey
from pydantic import SecretStr
from werkzeug.test import TestResponse

from hub import settings as settings_module
from hub.house import House
from hub.setting_values import BadSetting
from hub.settings import Oidc
from tests.console.office import Browser, Office
from tests.console.provider import CLIENT, SECRET, Provider, query


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def provider(running: Provider, house: House, office: Office) -> Provider:
    """The provider as a hub with one owner goes by it; `acme.example` is allowed."""
    running.email, running.verified, running.claims = "ada@acme.example", True, {}
    running.email_in_token, running.signs_with = True, None
    oidc = Oidc(issuer=running.issuer, client_id=CLIENT, client_secret=SecretStr(SECRET),
                name="Acme", domains=("acme.example",), role="viewer")  # fmt: skip
    house.settings = replace(house.settings, oidc=oidc)
    office.hire("owner@example.com", "owner")
    return running


@pytest.fixture
def browser(app: Flask, provider: Provider) -> Browser:
    return Browser(app.test_client())


def leave(browser: Browser, path: str = "/sign-in/oidc") -> str:
    """To the provider and back, up to the hub's own door: the address of the call-back."""
    there = browser.get(path)
    assert there.status_code == 302, there.text
    back = requests.get(there.location, allow_redirects=False, timeout=10)
    address = urlsplit(back.headers["Location"])
    return f"{address.path}?{address.query}"


def sign_in(browser: Browser) -> TestResponse:
    return browser.get(leave(browser))


def people(office: Office) -> list[str]:
    with office.house.store.transaction() as tx:
        return [row["email"] for row in tx.all("select email from users order by email")]


def test_the_sign_in_page_offers_it(browser: Browser) -> None:
    assert "Sign in with Acme" in browser.get("/sign-in").text


def test_a_known_teammate_comes_in_and_to_the_page_they_wanted(
    browser: Browser, provider: Provider, office: Office
) -> None:
    office.hire("ada@acme.example", "admin", "Ada")
    answer = browser.get(leave(browser, "/sign-in/oidc?next=/audit"))
    assert (answer.status_code, answer.location) == (303, "/audit")
    assert "Ada" in browser.get("/account").text
    assert people(office) == ["ada@acme.example", "owner@example.com"]
    line = office.row("select * from audit where what = 'user.signed_in'")
    assert (line["actor"], line["detail"]) == ("user:ada@acme.example", "at the provider")


def test_somebody_of_an_allowed_domain_gets_an_account_with_the_role_that_is_set(
    browser: Browser, provider: Provider, office: Office
) -> None:
    assert sign_in(browser).status_code == 303
    row = office.row("select * from users where email = 'ada@acme.example'")
    assert (row["name"], row["role"], row["password_hash"]) == ("Ada Lovelace", "viewer", None)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Ada\tLovelace\n\0", "Ada Lovelace"),
        ("A" * 300, "A" * 255),
        (" \t ", "ada"),
        (None, "ada"),
        (["Ada"], "ada"),
    ],
)
def test_whatever_the_provider_calls_them_they_come_in(
    browser: Browser, provider: Provider, office: Office, told: object, kept: str
) -> None:
    provider.claims = {"name": told}
    assert sign_in(browser).status_code == 303
    assert office.row("select name from users where email = 'ada@acme.example'")["name"] == kept


def test_a_local_part_longer_than_a_name_is_no_fault(
    browser: Browser, provider: Provider, office: Office
) -> None:
    provider.email, provider.claims = "a" * 300 + "@acme.example", {"name": None}
    assert sign_in(browser).status_code == 303
    assert office.row("select name from users where email like 'aaa%'")["name"] == "a" * 255


def test_a_workspace_that_is_not_there_is_named(
    browser: Browser, provider: Provider, house: House, office: Office
) -> None:
    assert house.settings.oidc is not None
    wrong = replace(house.settings.oidc, workspace="nowhere")
    house.settings = replace(house.settings, oidc=wrong)
    answer = sign_in(browser)
    assert answer.status_code == 403 and "HUB_OIDC_WORKSPACE" in answer.text
    assert people(office) == ["owner@example.com"]


def test_an_email_that_only_the_userinfo_tells_is_good(
    browser: Browser, provider: Provider, office: Office
) -> None:
    provider.email_in_token = False
    assert sign_in(browser).status_code == 303
    assert "ada@acme.example" in people(office)


@pytest.mark.parametrize(
    "email", ["ada@evil.example", "ada@acme.example.evil", "a@sub.acme.example"]
)
def test_nobody_else_gets_one(
    browser: Browser, provider: Provider, office: Office, email: str
) -> None:
    provider.email = email
    answer = sign_in(browser)
    assert answer.status_code == 403 and "no account here" in answer.text
    assert people(office) == ["owner@example.com"]


def test_whoever_is_deactivated_stays_out(
    browser: Browser, provider: Provider, office: Office
) -> None:
    user = office.hire("ada@acme.example")
    with office.house.store.transaction() as tx:
        tx.run("update users set deactivated_at = now() where id = :id", id=user)
    assert sign_in(browser).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1_000_000_000},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_visit_lets_nobody_in(
    browser: Browser, provider: Provider, office: Office, claims: dict[str, object]
) -> None:
    provider.claims = claims
    answer = sign_in(browser)
    assert answer.status_code == 403 and "does not hold" in answer.text
    assert browser.get("/").status_code == 303
    assert people(office) == ["owner@example.com"]


@pytest.mark.parametrize("verified", [False, "true", None])
def test_an_email_that_is_not_verified_lets_nobody_in(
    browser: Browser, provider: Provider, office: Office, verified: object
) -> None:
    office.hire("ada@acme.example")
    provider.claims = {"email_verified": verified}
    answer = sign_in(browser)
    assert answer.status_code == 403 and "has not verified" in answer.text
    assert browser.get("/").status_code == 303


def test_a_token_that_another_key_signed_lets_nobody_in(
    browser: Browser, provider: Provider
) -> None:
    provider.signs_with = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(browser).status_code == 403


def test_a_token_that_nobody_signed_lets_nobody_in(
    browser: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsigned(header: object, claims: dict[str, object], key: object) -> str:
        import json

        parts = (json.dumps({"alg": "none"}), json.dumps(claims))
        return (
            ".".join(
                base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts
            )
            + "."
        )

    monkeypatch.setattr("tests.console.provider.jwt.encode", unsigned)
    assert sign_in(browser).status_code == 403


def test_a_state_is_good_once(browser: Browser, provider: Provider) -> None:
    back = leave(browser)
    assert browser.get(back).status_code == 303
    cookie = browser.client.get_cookie("hub_session")
    again = browser.get(back)
    assert again.status_code == 403 and "used already" in again.text
    assert cookie is not None


def test_a_state_is_good_in_the_browser_that_left_and_in_no_other(
    app: Flask, browser: Browser, provider: Provider
) -> None:
    back = leave(browser)
    victim = Browser(app.test_client())
    assert victim.get(back).status_code == 403
    assert victim.get("/").status_code == 303
    assert browser.get(back).status_code == 403  # the attempt has used it up


def test_a_state_is_good_for_ten_minutes(
    browser: Browser, provider: Provider, house: House
) -> None:
    back = leave(browser)
    moment = house.store.now()
    house.store.now = lambda: moment + timedelta(minutes=11)  # type: ignore[method-assign]
    assert browser.get(back).status_code == 403


def test_the_request_carries_pkce_a_nonce_and_no_secret(
    browser: Browser, provider: Provider
) -> None:
    asked = query(browser.get("/sign-in/oidc").location)
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert asked["response_type"] == "code" and asked["nonce"] and asked["state"]
    assert asked["redirect_uri"] == "http://127.0.0.1:8000/sign-in/oidc/callback"
    assert SECRET not in str(asked)


def test_what_the_provider_says_instead_of_a_code_is_shown_escaped(browser: Browser) -> None:
    said = "/sign-in/oidc/callback?error=access_denied&error_description=<script>no</script>"
    answer = browser.get(said)
    assert answer.status_code == 403
    assert "&lt;script&gt;no" in answer.text and "<script>no" not in answer.text


def test_a_provider_that_is_away_is_told_of(browser: Browser, house: House) -> None:
    assert house.settings.oidc is not None
    gone = replace(house.settings.oidc, issuer="http://127.0.0.1:1")
    house.settings = replace(house.settings, oidc=gone)
    answer = browser.get("/sign-in/oidc")
    assert answer.status_code == 502 and "does not answer" in answer.text


def test_who_leaves_again_and_again_is_slowed_down(
    app: Flask, browser: Browser, provider: Provider, office: Office
) -> None:
    codes = [browser.get("/sign-in/oidc").status_code for _ in range(31)]
    assert codes == [302] * 30 + [429]
    answer = browser.get("/sign-in/oidc")
    assert int(answer.headers["Retry-After"]) <= 5 and "Too many tries" in answer.text
    elsewhere = app.test_client().get("/sign-in/oidc", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 302


def test_without_a_provider_there_is_no_such_page(app: Flask, office: Office) -> None:
    office.hire("owner@example.com", "owner")
    browser = Browser(app.test_client())
    assert browser.get("/sign-in/oidc").status_code == 404
    assert "Sign in with" not in browser.get("/sign-in").text


ENVIRON = {
    "HUB_OIDC_ISSUER": "https://login.acme.example/",
    "HUB_OIDC_CLIENT_ID": "hub",
    "HUB_OIDC_CLIENT_SECRET": "secret",
    "HUB_OIDC_DOMAINS": "acme.example, @acme.test",
}


def test_the_provider_is_set_by_the_environment(tmp_path) -> None:
    oidc = settings_module.read(ENVIRON | {"HUB_DATA_DIR": str(tmp_path)}).oidc
    assert oidc is not None
    assert oidc.issuer == "https://login.acme.example"
    assert oidc.domains == ("acme.example", "acme.test")
    assert "secret" not in repr(oidc).replace("client_secret", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [("ISSUER", "http://login.acme.example"), ("CLIENT_ID", ""), ("CLIENT_SECRET", ""),
     ("ROLE", "owner")],
)  # fmt: skip
def test_a_setting_that_would_be_unsafe_is_refused(tmp_path, name: str, value: str) -> None:
    environ = ENVIRON | {"HUB_DATA_DIR": str(tmp_path), f"HUB_OIDC_{name}": value}
    with pytest.raises(BadSetting, match="HUB_OIDC_"):
        settings_module.read(environ)


def test_userinfo_of_somebody_else_lets_nobody_in(
    browser: Browser, provider: Provider, office: Office
) -> None:
    provider.email_in_token, provider.claims = False, {"sub": "user-2"}
    answer = sign_in(browser)
    assert answer.status_code == 403 and "somebody else" in answer.text
    assert people(office) == ["owner@example.com"]


def test_nobody_from_the_provider_is_the_first(
    browser: Browser, provider: Provider, office: Office
) -> None:
    with office.house.store.transaction() as tx:
        tx.run("delete from users")
    assert sign_in(browser).status_code == 403
    assert people(office) == []


def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    browser: Browser, provider: Provider, house: House
) -> None:
    assert house.settings.oidc is not None
    other = provider.issuer.replace("127.0.0.1", "localhost")
    house.settings = replace(house.settings, oidc=replace(house.settings.oidc, issuer=other))
    assert browser.get("/sign-in/oidc").status_code == 502
