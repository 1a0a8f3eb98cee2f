"""A person lets the hub in at the desk's own page, and no secret is told on the way."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from pydantic import SecretStr

from connectors import oauth
from connectors.auth import MemoryTokens, Token
from connectors.base import Connector, Ports
from connectors.errors import AuthFailed, Unavailable
from connectors.oauth import Consent, Form, Grants
from tests.contract.desk import Desk, now

BACK = "https://hub.example/oauth/callback"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0123456789"


@dataclass
class Person:
    """Somebody at the desk's page, and the hub that sent them there."""

    desk: Desk
    consent: Consent
    config: Any
    verifier: str = VERIFIER

    @property
    def address(self) -> str:
        return oauth.address(
            self.consent, self.config, redirect_uri=BACK, state="state-1", verifier=self.verifier
        )

    @property
    def asked(self) -> dict[str, str]:
        return _query(self.address)

    def decide(self, decision: str) -> dict[str, str]:
        """What the browser brings back to the hub."""
        shown = requests.get(self.address, timeout=10)
        assert shown.status_code == 200, shown.text
        said = self.asked | {"redirect_uri": BACK, "decision": decision}
        where = self.address.partition("?")[0]
        back = requests.post(where, data=said, allow_redirects=False, timeout=10)
        assert back.headers["Location"].startswith(f"{BACK}?"), back.text
        return _query(back.headers["Location"])

    def grants(self) -> Grants:
        return Grants(self.consent, self.config, Ports(now=now))

    def redeem(self, code: str, **other: str) -> Token:
        given = {"redirect_uri": BACK, "verifier": self.verifier} | other
        return self.grants().redeem(code, **given)

    def connector(self, token: Token) -> Connector:
        """One that has this token."""
        tokens = MemoryTokens()
        tokens.token = token
        return self.desk.connector(self.desk.harness.consent_config, tokens=tokens)


@pytest.fixture
def person(desk: Desk) -> Person:
    if desk.kind.consent is None:
        pytest.skip("this desk has no page on which a person lets the hub in")
    assert desk.harness.consent_config is not None, "harness.consent_config is missing"
    return Person(desk, desk.kind.consent, desk.kind.Config(**desk.harness.consent_config))


def test_the_form_tells_who_lets_the_hub_in(person: Person) -> None:
    form = person.desk.kind.Config
    assert issubclass(form, Form)
    assert {*person.consent.fields} <= {*form.model_fields}
    assert {*person.consent.client} <= {*person.consent.fields}


def test_the_address_carries_state_and_challenge(person: Person) -> None:
    asked = person.asked
    assert (asked["state"], asked["response_type"]) == ("state-1", "code")
    assert asked["client_id"] and (asked.get("redirect_uri", BACK) == BACK)
    if not person.consent.pkce:
        return
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert asked["code_challenge_method"] == "S256"


def test_no_secret_goes_through_the_browser(person: Person) -> None:
    hidden = [value for value in vars(person.config).values() if isinstance(value, SecretStr)]
    assert hidden
    for secret in [*hidden, SecretStr(VERIFIER)]:
        assert secret.get_secret_value() not in person.address


def test_who_allows_is_connected_with_nothing_missing(person: Person) -> None:
    back = person.decide("allow")
    assert back["state"] == "state-1"
    account = person.connector(person.redeem(back["code"])).verify()
    assert account.id and account.missing == ()


def test_who_denies_comes_back_without_a_code(person: Person) -> None:
    back = person.decide("deny")
    assert (back["error"], back["state"]) == ("access_denied", "state-1")
    assert "code" not in back


def test_a_code_is_good_for_one_use(person: Person) -> None:
    code = person.decide("allow")["code"]
    person.redeem(code)
    with pytest.raises(AuthFailed):
        person.redeem(code)


def test_a_code_sent_elsewhere_is_refused(person: Person) -> None:
    if not person.consent.tells_redirect:
        pytest.skip("this desk knows the address from its app")
    code = person.decide("allow")["code"]
    with pytest.raises(AuthFailed):
        person.redeem(code, redirect_uri="https://hub.example/other/oauth/callback")


def test_a_code_without_its_verifier_is_refused(person: Person) -> None:
    if not person.consent.pkce:
        pytest.skip("this desk checks no challenge")
    code = person.decide("allow")["code"]
    with pytest.raises(AuthFailed):
        person.redeem(code, verifier="another-verifier-that-is-long-enough-0123456789")


def test_an_address_that_the_app_has_not_registered_is_told_to_the_person(person: Person) -> None:
    if not person.consent.tells_redirect:
        pytest.skip("this desk knows the address from its app")
    wrong = oauth.address(
        person.consent, person.config, redirect_uri="https://evil.example/", state="s", verifier="v"
    )
    shown = requests.get(wrong, allow_redirects=False, timeout=10)
    assert shown.status_code == 400 and "Location" not in shown.headers


def test_a_token_that_ends_is_refreshed_and_the_new_pair_kept(person: Person) -> None:
    token = person.redeem(person.decide("allow")["code"])
    if token.refresh is None:
        pytest.skip("this desk's tokens never end")
    before = len(person.desk.harness.ledger())
    connector = person.connector(_ended(token))
    connector.verify()
    kept = connector.ports.tokens.get()
    assert kept is not None and kept.access != token.access and kept.refresh is not None
    calls = [entry["call"] for entry in person.desk.harness.ledger(before)]
    assert calls.count("token_granted") == 1
    person.connector(_ended(kept)).verify()  # and the kept pair is one that works


def test_a_refused_refresh_says_what_to_do_and_no_secret(person: Person) -> None:
    refresh = "1000.a-refresh-token-that-was-revoked"
    token = Token(access=SecretStr("ended"), refresh=SecretStr(refresh), expires_at=now())
    connector = person.connector(token)
    with pytest.raises(AuthFailed, match="Authorise the connection again") as problem:
        Grants(person.consent, person.config, Ports(now=now)).refresh(token)
    told = f"{problem.value!s}{problem.value!r}"
    assert not [s for s in [refresh, *person.desk.secrets(connector)] if s in told]


def test_without_a_token_a_person_is_asked_for(person: Person) -> None:
    with pytest.raises(AuthFailed, match="Authorise the connection again"):
        person.desk.connector(person.desk.harness.consent_config).verify()


@pytest.mark.parametrize("mode", ["server_error", "cut_after_commit", "html_200"])
def test_a_token_endpoint_that_fails_can_be_asked_again(person: Person, mode: str) -> None:
    code = person.decide("allow")["code"]
    person.desk.harness.fault(mode, rate=1)
    with pytest.raises(Unavailable) as problem:
        person.redeem(code)
    assert code not in str(problem.value) and VERIFIER not in str(problem.value)


def _ended(token: Token) -> Token:
    """The same pair an hour after it ended."""
    past = now() - timedelta(hours=1)
    return Token(access=token.access, refresh=token.refresh, expires_at=past)


def _query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
