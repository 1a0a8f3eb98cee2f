"""How a person lets the hub in at a desk: the authorisation code grant, its differences as data.

A desk that has it says so with `consent = Consent(…)` beside `can`. The person is sent to
`address(…)`, and comes back with a code that `Grants.redeem` exchanges for the first token (RFC
6749; PKCE is RFC 7636). All other grants of a desk go through `Grants` too.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import requests
from pydantic import BaseModel, Field, SecretStr

from connectors.auth import Token
from connectors.errors import AuthFailed, InvalidRequest, RateLimited
from connectors.http import Http, understood

if TYPE_CHECKING:
    from connectors.base import Ports

AGAIN = "Authorise the connection again in the console."
KNOWN = ("grant_type", "client_id", "redirect_uri", "scope")  # of a token request; no secrets


class Form(BaseModel, frozen=True):
    """The part of a desk's credentials form that tells who lets the hub in."""

    authorized: bool = Field(
        False,
        title="Allowed in the browser",
        description="A person allowed the hub at the desk's own page; the console sets it.",
    )


@dataclass(frozen=True, kw_only=True)
class Consent:
    """A desk's authorisation code grant; `{config.…}` in an address is the account's own part."""

    authorize: str  # where the person is asked
    token: str  # where a code, or a refresh token, becomes a token
    fields: tuple[str, ...]  # of the credentials form: what the person fills in before
    client: tuple[str, str] = ("client_id", "client_secret")  # which of them are the app's
    scopes: tuple[str, ...] = ()  # empty where the app itself has them
    joined_by: str = " "
    pkce: bool = False  # the desk checks a challenge (S256)
    tells_redirect: bool = True  # False: the desk knows only the address that its app has
    asks: Mapping[str, str] = field(default_factory=dict)  # more for the page
    sends: Mapping[str, Any] = field(default_factory=dict)  # more for every token request
    as_json: bool = False  # token requests are JSON rather than a form
    life: float | None = None  # seconds of an access token, where the answer tells none
    busy: Mapping[str, float] = field(default_factory=dict)  # words that mean: wait so many seconds


def address(consent: Consent, config: Any, *, redirect_uri: str, state: str, verifier: str) -> str:
    """Where the person is asked; `verifier` is the secret whose hash goes along (PKCE)."""
    asked = {"client_id": getattr(config, consent.client[0]), "response_type": "code"}
    asked |= {"state": state, **consent.asks}
    if consent.tells_redirect:
        asked["redirect_uri"] = redirect_uri
    if consent.scopes:
        asked["scope"] = consent.joined_by.join(consent.scopes)
    if consent.pkce:
        asked |= {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    return f"{consent.authorize.format(config=config)}?{urlencode(asked, quote_via=quote)}"


def party(consent: Consent, config: Any) -> tuple[str, str, bool]:
    """For whom a token is good: its desk's address, the app, and whether a person gave it."""
    client = str(getattr(config, consent.client[0]))
    return consent.token.format(config=config), client, config.authorized


def new_verifier() -> str:
    """A fresh secret for PKCE: 64 characters."""
    return secrets.token_urlsafe(48)


def challenge(verifier: str) -> str:
    """The verifier's hash as RFC 7636 writes it."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Grants:
    """The token endpoint of one account, for every grant that its desk has."""

    def __init__(self, consent: Consent, config: Any, ports: "Ports") -> None:
        self.consent = consent
        self.config = config
        self.ports = ports

    def redeem(self, code: str, *, redirect_uri: str, verifier: str) -> Token:
        """The first token; `AuthFailed` when the code is refused or rights are missing."""
        form = {"code": code}
        if self.consent.tells_redirect:
            form["redirect_uri"] = redirect_uri
        if self.consent.pkce:
            form["code_verifier"] = verifier
        return self._token(self._answer("authorization_code", form), whole=True)

    def refresh(self, current: Token | None) -> Token:
        """The next token; `AuthFailed`, which says what to do, when a person has to come again."""
        if current is None or current.refresh is None:
            raise AuthFailed(f"Nobody has allowed the hub at the desk, or no longer. {AGAIN}")
        form = {"refresh_token": current.refresh.get_secret_value()}
        try:
            answer = self._answer("refresh_token", form)
        except AuthFailed as refused:
            raise AuthFailed(f"{refused}. {AGAIN}") from None
        return self._token(answer, kept=current.refresh)  # who does not rotate sends no other

    def ask(self, grant_type: str, *, by_client: bool = True, **form: str) -> Token:
        """A token by a grant that needs no person; `by_client` sends the app's id and secret."""
        return self._token(self._answer(grant_type, form, by_client=by_client))

    def _answer(
        self, grant_type: str, form: Mapping[str, str], *, by_client: bool = True
    ) -> Mapping[str, Any]:
        whole = {"grant_type": grant_type, **(self._client() if by_client else {}), **form}
        whole |= self.consent.sends
        with self._session(whole) as http:
            body = {"json" if self.consent.as_json else "data": whole}
            try:
                answer = http.call("POST", self._url, **body)
            except InvalidRequest as refused:  # 400 invalid_grant, invalid_client, ...
                raise self._refused(str(refused)) from None
            with understood(f"POST {self._path}"):
                if answer.get("error"):  # Zoho refuses with status 200
                    told = (answer["error"], answer.get("error_description"))
                    words = "; ".join(str(word) for word in told if word)
                    raise self._refused(http.scrub(f"POST {self._path}: {words}"))
                return dict(answer)

    def _client(self) -> dict[str, str]:
        name, secret = (getattr(self.config, one) for one in self.consent.client)
        return {
            "client_id": name,
            "client_secret": secret.get_secret_value() if secret else "",
        }

    def _session(self, form: Mapping[str, Any]) -> Http:
        """For this request alone: what it carries appears in no message."""
        known = {*KNOWN, *self.consent.sends}
        hidden = [str(value) for name, value in form.items() if name not in known]
        return Http(self.ports, secrets=hidden, explain=explain, pool=1)

    def _refused(self, words: str) -> AuthFailed | RateLimited:
        for busy, seconds in self.consent.busy.items():
            if busy in words.casefold():
                return RateLimited(words, retry_after=seconds)
        return AuthFailed(words)

    def _token(
        self, answer: Mapping[str, Any], *, kept: SecretStr | None = None, whole: bool = False
    ) -> Token:
        with understood(f"POST {self._path}"):
            life = answer.get("expires_in") or self.consent.life
            refresh = answer.get("refresh_token")
            made = Token(
                access=SecretStr(str(answer["access_token"])),
                refresh=SecretStr(str(refresh)) if refresh else kept,
                expires_at=self.ports.now() + timedelta(seconds=float(life)) if life else None,
            )
        lacking = self._lacking(answer) if whole else ()
        if lacking:
            words = f"The desk did not grant {', '.join(lacking)}"
            raise AuthFailed(words, scopes=lacking)
        return made

    def _lacking(self, answer: Mapping[str, Any]) -> tuple[str, ...]:
        """What was asked for and not granted; an answer that names no scope granted all."""
        told = answer.get("scope") or answer.get("scopes")
        granted = re.split(r"[\s,]+", told) if isinstance(told, str) else told
        if not isinstance(granted, list):
            return ()
        return tuple(scope for scope in self.consent.scopes if scope not in granted)

    @property
    def _url(self) -> str:
        return self.consent.token.format(config=self.config)

    @property
    def _path(self) -> str:
        return urlsplit(self._url).path


def explain(response: requests.Response) -> tuple[str, dict[str, str]]:
    """The words of a token endpoint: RFC 6749's, and those of the desks that have their own."""
    try:
        told = response.json()
    except ValueError:
        return response.text[:200], {}
    if not isinstance(told, Mapping):
        return response.text[:200], {}
    listed = told.get("errors")
    parts = [told, *(listed if isinstance(listed, list) else ())]
    names = ("error", "error_description", "code", "message")
    words = [
        str(part[n]) for part in parts if isinstance(part, Mapping) for n in names if n in part
    ]
    return "; ".join(words)[:1000] or response.text[:200], {}
