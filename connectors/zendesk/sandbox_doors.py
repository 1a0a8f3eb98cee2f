"""Zendesk's ways in: OAuth clients and their tokens, legacy API tokens, and who may do what."""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Refused, answer, route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant
from connectors.zendesk.sandbox_errors import forbidden
from connectors.zendesk.sandbox_people import ADMIN, AGENT, People

CLIENTS = {  # client id: secret, whose rights, scopes
    "hub": ("zendesk-sandbox-secret", ADMIN, "read write"),
    "hub_agent": ("zendesk-sandbox-agent-secret", AGENT, "read write"),
    "hub_readonly": ("zendesk-sandbox-readonly-secret", ADMIN, "read"),
}
API_TOKENS = {"hub@acme.example": "zendesk-sandbox-token", "ann@acme.example": "ann-sandbox-token"}
PHRASE = "The access token provided is expired, revoked, malformed or invalid for other reasons."
HABITS = Habits(  # oauth-pkce; how long a code lives is from memory
    code_life=120,
    pkce=True,
    denied="The end-user or authorization server denied the request.",
)
GRANTS = ("client_credentials", "authorization_code", "refresh_token")


@dataclass
class Grant:
    """A pair of tokens: whose, for what, until when."""

    client: str
    user: int
    scope: str
    expires: float | None
    refresh: str | None = None
    refresh_expires: float | None = None


class Doors:
    """The account's credentials."""

    def __init__(
        self, people: People, settings: dict[str, float], record: Callable[..., None]
    ) -> None:
        self.people = people
        self.now = people.now
        self.settings = settings
        self.record = record
        self.tokens: dict[str, Grant] = {}
        self.refreshes: dict[str, str] = {}  # refresh token: its access token
        users = {name: people.users[user]["name"] for name, (_, user, _) in CLIENTS.items()}
        self.consents = Consents(
            "Zendesk", HABITS, users, self.now, lambda c: CLIENTS[c][2].split()
        )

    def caller(self, request: Request) -> tuple[dict[str, Any] | None, str]:
        """The user behind a request's credentials and their scope; None for nobody."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        if not kind:
            return None, ""
        if kind.casefold() == "bearer":
            return self._bearer(value)
        return self._basic(value), "read write"

    def _bearer(self, token: str) -> tuple[dict[str, Any], str]:
        grant = self.tokens.get(token)
        late = grant and grant.expires is not None and grant.expires <= self.now().timestamp()
        if grant is None or late:
            raise Refused(answer({"error": "invalid_token", "error_description": PHRASE}, 401))
        return self.people.users[grant.user], grant.scope

    def _basic(self, value: str) -> dict[str, Any]:
        no = Refused(answer({"error": "Couldn't authenticate you"}, 401))
        try:
            name, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise no from None
        email, slash, kind = name.rpartition("/")
        if kind != "token" or not slash or not same(API_TOKENS.get(email, ""), token):
            raise no
        return self.people.users[self.people.by_email[email]]

    def expire(self) -> None:
        """All access tokens die; refresh tokens live."""
        for grant in self.tokens.values():
            grant.expires = 0.0

    @route("GET /oauth/authorizations/new", public=True)
    def authorize(self, request: Request) -> Response:
        return self.consents.ask(request)

    @route("POST /oauth/authorizations/new", public=True)
    def decide(self, request: Request) -> Response:
        return self.consents.decide(request)

    @route("POST /oauth/tokens")
    def grant(self, request: Request) -> Any:
        wish = request.get_json(force=True, silent=True) or request.form.to_dict()
        client = str(wish.get("client_id", ""))
        if client not in CLIENTS or not same(CLIENTS[client][0], str(wish.get("client_secret"))):
            told = {"error": "invalid_client", "error_description": "Client authentication failed"}
            raise Refused(answer(told, 401))
        kind = wish.get("grant_type")
        if kind == "client_credentials":
            return self._issue(client, str(wish.get("scope") or CLIENTS[client][2]), wish)
        if kind == "authorization_code":
            return self._issue(client, self._redeem(client, wish), wish, refreshable=True)
        if kind == "refresh_token" and (pair := self._spend(client, wish)):
            return self._issue(client, pair.scope, wish, refreshable=True)
        error = "invalid_grant" if kind in GRANTS else "unsupported_grant_type"
        told = {"error": error, "error_description": "The grant is invalid, expired or revoked"}
        raise Refused(answer(told, 400))

    def _redeem(self, client: str, wish: dict[str, Any]) -> str:
        try:
            return " ".join(self.consents.redeem(client, wish).scopes)
        except NoGrant as no:
            told = {"error": no.error, "error_description": str(no)}
            raise Refused(answer(told, 400)) from None

    def _spend(self, client: str, wish: dict[str, Any]) -> Grant | None:
        """The pair behind a refresh token, which dies with this use."""
        access = self.refreshes.pop(str(wish.get("refresh_token")), "")
        pair = self.tokens.pop(access, None)
        if pair is None or pair.client != client:
            return None
        limit = pair.refresh_expires
        return pair if limit is None or limit > self.now().timestamp() else None

    def _issue(
        self, client: str, scope: str, wish: dict[str, Any], *, refreshable: bool = False
    ) -> dict[str, Any]:
        _secret, user, allowed = CLIENTS[client]
        if allowed == "read" and "write" in scope:
            no = {"error": "invalid_scope", "error_description": "The scope is not allowed"}
            raise Refused(answer(no, 400))
        access, now = secrets.token_hex(32), self.now().timestamp()
        told: dict[str, Any] = {"access_token": access, "token_type": "bearer", "scope": scope}
        pair = Grant(client=client, user=user, scope=scope, expires=None)
        if wish.get("expires_in"):  # without it: an older client, whose tokens do not expire
            told["expires_in"] = min(int(wish["expires_in"]), int(self.settings["token_lifetime"]))
            pair.expires = now + told["expires_in"]
        if refreshable:
            told |= self._refresh(pair, access, wish)
        self.tokens[access] = pair
        self.record("token_granted", client=client, grant=wish.get("grant_type"))
        return told

    def _refresh(self, pair: Grant, access: str, wish: dict[str, Any]) -> dict[str, Any]:
        """A refresh token for the pair, good for one use."""
        pair.refresh = secrets.token_hex(32)
        self.refreshes[pair.refresh] = access
        if not wish.get("refresh_token_expires_in"):
            return {"refresh_token": pair.refresh}
        lifetime = int(wish["refresh_token_expires_in"])
        pair.refresh_expires = self.now().timestamp() + lifetime
        return {"refresh_token": pair.refresh, "refresh_token_expires_in": lifetime}

    @route("GET /api/v2/users/me")
    def me(self, request: Request) -> Any:
        """Open to nobody too, who is then told an id of null."""
        user, _scope = self.caller(request)
        nobody = {"id": None, "name": "Anonymous user", "email": "invalid@example.com"}
        return {"user": user or nobody | {"role": "end-user"}}


def may(user: dict[str, Any] | None, scope: str, method: str, path: str) -> None:
    """Raise `Refused` unless the caller's role and scope allow the request."""
    if user is None:
        raise Refused(answer({"error": "Couldn't authenticate you"}, 401))
    if user["role"] == "end-user":
        raise forbidden()
    resource = path.split("/")[3]  # /api/v2/<resource>/...
    resource = {"uploads": "tickets", "incremental": "tickets", "search": "tickets"}.get(
        resource, resource
    )
    verb = "read" if method == "GET" else "write"
    if not {verb, f"{resource}:{verb}"} & set(scope.split()):
        told = {"error": "Forbidden", "description": f"Missing the scope {resource}:{verb}."}
        raise Refused(answer(told, 403))
    admin_only = path.startswith(("/api/v2/incremental", "/api/v2/webhooks"))
    if admin_only and user["role"] != "admin":
        raise forbidden("Only admins may do this.")
