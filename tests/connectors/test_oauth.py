"""The token endpoint: what goes there, what comes back, and what no message tells."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from connectors import oauth
from connectors.auth import Token
from connectors.base import Ports
from connectors.errors import AuthFailed, RateLimited, Unavailable
from connectors.oauth import Consent, Grants
from tests.connectors.scripted import Answer, Script, server

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
CONSENT = Consent(
    authorize="{config.root}/allow",
    token="{config.root}/token",
    fields=("client_id", "client_secret"),
    scopes=("read", "write"),
    pkce=True,
    busy={"too many requests": 600.0},
)


@dataclass
class Config:
    root: str
    client_id: str = "the app"
    client_secret: SecretStr = SecretStr("app-secret")
    authorized: bool = True


@pytest.fixture
def vendor() -> Iterator[Script]:
    with server() as script:
        script.at("POST", "/token", {"access_token": "a1", "refresh_token": "r1", "expires_in": 60})
        yield script


def grants(vendor: Script, consent: Consent = CONSENT) -> Grants:
    return Grants(consent, Config(vendor.url), Ports(now=lambda: NOW))


def redeem(vendor: Script, consent: Consent = CONSENT) -> Token:
    return grants(vendor, consent).redeem(
        "code-1", redirect_uri="https://hub.example/oauth/callback", verifier="verifier-1"
    )


def test_the_challenge_is_that_of_the_rfcs_own_example() -> None:
    # RFC 7636, appendix B
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_verifier_is_as_long_as_the_rfc_asks_and_never_the_same() -> None:
    made = {oauth.new_verifier() for _ in range(20)}
    assert len(made) == 20 and all(43 <= len(one) <= 128 for one in made)


def test_an_address_keeps_its_parameters_apart(vendor: Script) -> None:
    config = Config(vendor.url, client_id="a&b=c d")
    made = oauth.address(
        CONSENT,
        config,
        redirect_uri="https://hub.example/oauth/callback",
        state="s&t",
        verifier="v",
    )
    told = parse_qs(made.partition("?")[2])
    assert (told["client_id"], told["state"]) == (["a&b=c d"], ["s&t"])
    assert made.startswith(f"{vendor.url}/allow?") and told["scope"] == ["read write"]


def test_a_code_goes_with_the_app_the_address_and_the_verifier(vendor: Script) -> None:
    token = redeem(vendor)
    (asked,) = vendor.asked
    told = {name: value for name, (value,) in parse_qs(asked.body.decode()).items()}
    assert told == {
        "grant_type": "authorization_code",
        "client_id": "the app",
        "client_secret": "app-secret",
        "code": "code-1",
        "redirect_uri": "https://hub.example/oauth/callback",
        "code_verifier": "verifier-1",
    }
    assert token == Token(
        access=SecretStr("a1"), refresh=SecretStr("r1"), expires_at=NOW + timedelta(seconds=60)
    )


def test_a_desk_that_does_not_rotate_leaves_the_refresh_token_as_it_is(vendor: Script) -> None:
    vendor.at("POST", "/token", {"access_token": "a2"})
    token = grants(vendor).refresh(Token(access=SecretStr("a1"), refresh=SecretStr("r1")))
    assert token.refresh == SecretStr("r1") and token.expires_at is None


def test_a_desk_that_rotates_gives_the_next_one(vendor: Script) -> None:
    vendor.at("POST", "/token", {"access_token": "a2", "refresh_token": "r2"})
    token = grants(vendor).refresh(Token(access=SecretStr("a1"), refresh=SecretStr("r1")))
    assert token.refresh == SecretStr("r2")
    assert b"refresh_token=r1" in vendor.asked[0].body


def test_a_token_without_a_lifetime_has_that_of_its_desk(vendor: Script) -> None:
    vendor.at("POST", "/token", {"access_token": "a1"})
    assert redeem(vendor, replace(CONSENT, life=1800)).expires_at == NOW + timedelta(seconds=1800)


def test_a_scope_that_was_not_granted_is_named(vendor: Script) -> None:
    for scope in ("read", "read,other", ["read"]):
        vendor.at("POST", "/token", {"access_token": "a1", "scope": scope})
        with pytest.raises(AuthFailed, match="write") as problem:
            redeem(vendor)
        assert problem.value.scopes == ("write",)


def test_an_answer_without_a_scope_granted_what_was_asked_for(vendor: Script) -> None:
    assert redeem(vendor).access == SecretStr("a1")


@pytest.mark.parametrize("status", [200, 400, 401])
def test_a_refusal_is_an_auth_failure_that_shows_no_secret(vendor: Script, status: int) -> None:
    words = "app-secret code-1 verifier-1 r1 do not fit"
    refusal = {"error": "invalid_grant", "error_description": words}
    vendor.at("POST", "/token", Answer(refusal, status))
    with pytest.raises(AuthFailed, match="invalid_grant") as problem:
        redeem(vendor)
    told = str(problem.value)
    assert not [s for s in ("app-secret", "code-1", "verifier-1") if s in told]
    with pytest.raises(AuthFailed, match="Authorise the connection again") as problem:
        grants(vendor).refresh(Token(access=SecretStr("a1"), refresh=SecretStr("r1")))
    assert "r1 " not in str(problem.value)


def test_too_many_tokens_are_waited_for(vendor: Script) -> None:
    refusal = {"error": "access_denied", "error_description": "Too Many Requests"}
    vendor.at("POST", "/token", refusal)
    with pytest.raises(RateLimited) as problem:
        redeem(vendor)
    assert problem.value.retry_after == 600


@pytest.mark.parametrize(
    "answer", [[], "token", {"token": "a1"}, {"access_token": "a1", "expires_in": "soon"}, None, 7]
)
def test_an_answer_in_another_shape_is_no_answer(vendor: Script, answer: object) -> None:
    vendor.at("POST", "/token", Answer(answer))
    with pytest.raises(Unavailable):
        redeem(vendor)


def test_a_grant_without_the_app_carries_no_secret(vendor: Script) -> None:
    grants(vendor).ask("urn:jwt", by_client=False, assertion="signed")
    assert vendor.asked[0].body == b"grant_type=urn%3Ajwt&assertion=signed"
