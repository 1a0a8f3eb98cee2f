"""Salesforce's way in: OAuth grants, sessions that end when idle, and the daily allowance.

A token response names no lifetime: a session ends after `session_seconds` without a call, and only
a 401 INVALID_SESSION_ID tells.
"""

import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.salesforce.sandbox_errors import EXPIRED, no_grant, refused
from connectors.salesforce.sandbox_schema import KEY_FIELD
from connectors.sandbox import route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant

ORG = "00D5g0000004ABCEA2"
HUB, LIMITED = "hub@acme.example", "limited@acme.example"
CLIENTS = {  # consumer key: secret, whom it runs as
    "3MVG9.sandbox.hub": ("salesforce-sandbox-secret", HUB),
    "3MVG9.sandbox.limited": ("salesforce-sandbox-limited-secret", LIMITED),
}
SCOPES = ("api", "id", "refresh_token")
# remoteaccess_oauth_web_server_flow: a code lives for 15 minutes; PKCE wants S256.
HABITS = Habits(code_life=900, pkce=True, denied="end-user denied authorization")
HIDDEN = {LIMITED: frozenset({KEY_FIELD})}  # by field-level security
JWT_CLIENT = "3MVG9.sandbox.hub"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFE = 190  # seconds: three minutes, and a little for clocks
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


@functools.cache
def key_pair() -> tuple[str, str]:
    """The demo account's private key and the certificate's public key, made once, as PEM."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()
    ).decode()
    public = key.public_key().public_bytes(
        form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo
    )
    return private, public.decode()


@dataclass
class Session:
    """Who came in, and when they last called."""

    user: str
    last: float


class Doors:
    """The org's credentials, sessions and allowance; `users` are ids by username."""

    def __init__(
        self,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
        record: Callable[..., None],
        url: Callable[[], str],
    ) -> None:
        self.now = now
        self.settings = settings
        self.record = record
        self.url = url
        self.users: dict[str, str] = {}
        self.sessions: dict[str, Session] = {}
        users = {client: user for client, (_, user) in CLIENTS.items()}
        self.consents = Consents("Salesforce", HABITS, users, now, lambda _client: SCOPES)
        self.refreshes: dict[str, str] = {}  # refresh token: client
        self.calls = 0

    def enter(self, request: Request) -> str:
        """The username behind the session, whose idle time begins anew; its call is counted."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        session = self.sessions.get(token)
        now = self.now().timestamp()
        if kind.casefold() not in ("bearer", "oauth") or session is None:
            raise refused("INVALID_SESSION_ID", EXPIRED, status=401)
        if session.last + self.settings["session_seconds"] < now:
            del self.sessions[token]
            raise refused("INVALID_SESSION_ID", EXPIRED, status=401)
        session.last = now
        self.calls += 1
        if self.calls > self.settings["calls_per_day"]:
            words = "TotalRequests Limit exceeded."
            raise refused("REQUEST_LIMIT_EXCEEDED", words, status=403)
        return session.user

    @property
    def usage(self) -> str:
        """The header that tells what is used; there is none that tells when to come back."""
        return f"api-usage={self.calls}/{int(self.settings['calls_per_day'])}"

    @route("GET /services/oauth2/authorize", public=True)
    def authorize(self, request: Request) -> Response:
        return self.consents.ask(request)

    @route("POST /services/oauth2/authorize", public=True)
    def decide(self, request: Request) -> Response:
        return self.consents.decide(request)

    @route("POST /services/oauth2/token")
    def grant(self, request: Request) -> Any:
        form = request.form
        kind = form.get("grant_type", "")
        if kind == JWT_GRANT:
            return self._issue(JWT_CLIENT, self._asserted(form.get("assertion", "")), kind)
        if kind not in ("client_credentials", "authorization_code", "refresh_token"):
            raise no_grant("unsupported_grant_type", "grant type not supported")
        client = self._client(form)
        user = CLIENTS[client][1]
        if kind == "client_credentials":
            return self._issue(client, user, kind)
        self._spend(client, kind, form)
        fresh = secrets.token_urlsafe(40)
        self.refreshes[fresh] = client  # rotation is on: each refresh token is good for one use
        told = {"refresh_token": fresh, "scope": " ".join(SCOPES)}
        return self._issue(client, user, kind) | told

    def _spend(self, client: str, kind: str, form: Mapping[str, str]) -> None:
        """Use up the code or the refresh token."""
        if kind == "refresh_token":
            if self.refreshes.pop(form.get("refresh_token", ""), None) != client:
                raise no_grant("invalid_grant", "expired access/refresh token")
            return
        try:
            self.consents.redeem(client, form)
        except NoGrant as no:
            raise no_grant(no.error, str(no)) from None

    def _client(self, form: Mapping[str, str]) -> str:
        client = form.get("client_id", "")
        if client not in CLIENTS:
            raise no_grant("invalid_client_id", "client identifier invalid")
        if not same(CLIENTS[client][0], form.get("client_secret", "")):
            raise no_grant("invalid_client", "invalid client credentials")
        return client

    def _asserted(self, assertion: str) -> str:
        """The username that a signed assertion names."""
        import jwt

        try:
            said = jwt.decode(
                assertion,
                key_pair()[1],
                algorithms=["RS256"],
                audience=[*AUDIENCES, self.url()],
                issuer=JWT_CLIENT,
                options={"require": ["exp", "iss", "sub", "aud"]},
            )
        except jwt.PyJWTError as problem:
            raise no_grant("invalid_grant", f"invalid assertion: {problem}") from None
        if said["exp"] > self.now().timestamp() + JWT_LIFE:
            raise no_grant("invalid_grant", "assertion expires too late")
        if said["sub"] != HUB:
            raise no_grant("invalid_grant", "user hasn't approved this consumer")
        return HUB

    def _issue(self, client: str, user: str, kind: str) -> dict[str, Any]:
        token = f"{ORG[:15]}!{secrets.token_urlsafe(60)}"
        now = self.now().timestamp()
        self.sessions[token] = Session(user, now)
        self.record("token_granted", client=client, grant=kind)
        return {
            "access_token": token,
            "instance_url": self.url(),
            "id": f"{self.url()}/id/{ORG}/{self.users[user]}",
            "token_type": "Bearer",
            "issued_at": str(int(now * 1000)),
            "signature": secrets.token_urlsafe(32),
            "scope": "api",
        }

    @route("GET /services/oauth2/userinfo")
    @route(f"GET /id/{ORG}/<user_id>")
    def who(self, request: Request, user_id: str = "") -> Any:
        name = request.environ["sandbox.user"]
        return {
            "sub": f"{self.url()}/id/{ORG}/{self.users[name]}",
            "user_id": self.users[name],
            "organization_id": ORG,
            "preferred_username": name,
            "username": name,
            "nickname": name.partition("@")[0],
            "name": "Hub Integration",
            "email": name,
            "active": True,
            "urls": {"rest": f"{self.url()}/services/data/v{{version}}/"},
        }
