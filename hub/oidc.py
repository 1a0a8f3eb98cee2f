"""Signing in at an OpenID Connect provider: the code flow, with PKCE, state and nonce.

https://openid.net/specs/openid-connect-core-1_0.html#CodeFlowAuth. What has to be remembered while
somebody is at the provider's page lies in the database for ten minutes and is used once.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from hub import admin, auth
from hub.admin.input import fitting
from hub.house import House
from hub.settings import Oidc
from hub.store import Row, Tx, users
from hub.vault import Place

log = structlog.get_logger()

CALLBACK = "/sign-in/oidc/callback"
SCOPES = "openid email profile"
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
KEPT_FOR = timedelta(minutes=10)
LEEWAY = 60  # seconds that the provider's clock may differ
TIMEOUT = 10.0  # seconds for each of its answers


class Refused(Exception):
    """Nobody is let in; the message says why, for the one who tried."""


class Away(Exception):
    """The provider did not answer, or not as one; the message is for the log."""


@dataclass(frozen=True)
class Person:
    """Who signed in there, by a verified e-mail."""

    email: str
    name: str | None


def begin(house: House, browser: str, wanted: str) -> str:
    """Where to send the browser (known by `browser`, which its cookie holds)."""
    provider = _provider(house)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    url, _ = _session(house, provider).create_authorization_url(
        _metadata(house, provider)["authorization_endpoint"],
        state=state,
        nonce=nonce,
        code_verifier=verifier,
    )
    kept = {"nonce": nonce, "verifier": verifier, "wanted": wanted}
    hashed = auth.hashed(state)
    with house.store.transaction() as tx:
        tx.insert(
            "sign_ins",
            state_hash=hashed,
            browser_hash=auth.hashed(browser),
            kept=house.vault.seal_json(kept, _place(hashed)),
            expires_at=tx.now + KEPT_FOR,
        )
    return str(url)


def come_back(house: House, browser: str, state: str, code: str) -> tuple[Person, str]:
    """Who came back to the browser that left, and where they wanted to go."""
    provider = _provider(house)
    kept = _take(house, browser, state)
    metadata = _metadata(house, provider)
    session = _session(house, provider)
    try:
        token = session.fetch_token(
            metadata["token_endpoint"], code=code, code_verifier=kept["verifier"],
            grant_type="authorization_code",
        )  # fmt: skip
        keys = KeySet.import_key_set(
            cast(KeySetSerialization, _json(session, metadata["jwks_uri"]))
        )
        claims = _claims(provider, metadata, keys, str(token.get("id_token", "")), kept["nonce"])
        if "email" not in claims and "userinfo_endpoint" in metadata:
            claims = claims | _userinfo(session, metadata, claims["sub"])
    except requests.RequestException as problem:
        raise Away(str(problem)) from None
    except (AuthlibBaseError, JoseError, ValueError) as problem:
        log.warning("oidc.refused", why=str(problem))
        raise Refused(f"The provider's answer does not hold: {problem}") from None
    return _person(claims), str(kept["wanted"])


def teammate(tx: Tx, house: House, person: Person) -> Row:
    """Their account; made here for an allowed domain, and for nobody else."""
    provider = _provider(house)
    user = users.by_email(tx, person.email)
    if user is not None and user["deactivated_at"] is None:
        return user
    domain = person.email.rpartition("@")[2].casefold()
    if user is not None or domain not in provider.domains or admin.is_fresh(tx):
        raise Refused(f"There is no account here for {person.email}. Ask an admin of yours.")
    try:
        workspace = admin.workspace(tx, provider.workspace)["id"]
    except admin.Unknown:
        raise Refused(
            f"HUB_OIDC_WORKSPACE is {provider.workspace!r}, and there is none of that name here."
            " Tell who runs this hub."
        ) from None
    name = person.name or fitting(person.email.partition("@")[0])
    user_id = admin.add_user(tx, workspace, person.email, name, provider.role, actor="oidc")
    return tx.one("select * from users where id = :id", id=user_id)


def _take(house: House, browser: str, state: str) -> Mapping[str, Any]:
    """What was remembered for this state, once, and for this browser only."""
    hashed = auth.hashed(state)
    with house.store.transaction() as tx:
        row = tx.first(
            "delete from sign_ins where state_hash = :state and expires_at > :now returning *",
            state=hashed,
            now=tx.now,
        )
    if row is None or not hmac.compare_digest(bytes(row["browser_hash"]), auth.hashed(browser)):
        raise Refused("It was begun elsewhere, or too long ago, or used already. Begin again.")
    kept: Mapping[str, Any] = house.vault.open_json(row["kept"], _place(hashed))
    return kept


def _claims(
    provider: Oidc, metadata: Mapping[str, Any], keys: KeySet, token: str, nonce: str
) -> dict[str, Any]:
    """What the id token says, once it is known to be for us and for this visit."""
    claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
    jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": provider.client_id},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    ).validate(claims)
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise ValueError("it is for another client")
    return dict(claims)


def _userinfo(session: OAuth2Session, metadata: Mapping[str, Any], sub: str) -> dict[str, Any]:
    told = _json(session, metadata["userinfo_endpoint"], withhold_token=False)
    if told.get("sub") != sub:
        raise ValueError("userinfo tells of somebody else")
    return {name: told[name] for name in ("email", "email_verified", "name") if name in told}


def _person(claims: Mapping[str, Any]) -> Person:
    email, name = claims.get("email"), claims.get("name")
    usable = isinstance(email, str) and admin.is_email(email.strip())
    if not usable or claims.get("email_verified") is not True:
        raise Refused("The provider has not verified your e-mail. Do that there, then try again.")
    return Person(str(email).strip(), (fitting(name) if isinstance(name, str) else "") or None)


def _metadata(house: House, provider: Oidc) -> dict[str, Any]:
    """The provider's own description of itself."""
    try:
        with requests.Session() as session:
            house.ways.lead(session)
            found = _json(session, f"{provider.issuer}/.well-known/openid-configuration")
    except requests.RequestException as problem:
        raise Away(str(problem)) from None
    scheme = urlsplit(provider.issuer).scheme
    wanted = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if str(found.get("issuer")).rstrip("/") != provider.issuer or any(
        urlsplit(str(found.get(name))).scheme not in ("https", scheme) for name in wanted
    ):
        raise Away("its openid-configuration is for another issuer, or lacks an address")
    return found


def _json(session: requests.Session, url: str, **settings: Any) -> dict[str, Any]:
    answer = session.get(url, timeout=TIMEOUT, allow_redirects=False, **settings)
    answer.raise_for_status()
    found = answer.json()
    if answer.status_code != 200 or not isinstance(found, dict):
        raise requests.RequestException(f"{answer.status_code} without a JSON object")
    return found


def _session(house: House, provider: Oidc) -> OAuth2Session:
    session = OAuth2Session(
        provider.client_id,
        provider.client_secret.get_secret_value(),
        scope=SCOPES,
        redirect_uri=house.settings.public_url + CALLBACK,
        code_challenge_method="S256",
        default_timeout=TIMEOUT,
    )
    house.ways.lead(session)  # a proxy of the environment would see the secrets
    return session


def _provider(house: House) -> Oidc:
    if house.settings.oidc is None:
        raise Refused("This hub has no provider to sign in at.")
    return house.settings.oidc


def _place(state_hash: bytes) -> Place:
    """Nobody's workspace: who it is turns out when they come back."""
    return Place("", "sign_ins", state_hash.hex(), "kept")
