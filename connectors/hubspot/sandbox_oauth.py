"""HubSpot's OAuth: an app that a person allows, tokens of half an hour, refresh tokens that stay.

From memory: the words of `status` in a refusal, and how long a code lives.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.hubspot.sandbox_errors import refusal
from connectors.hubspot.sandbox_webhooks import CLIENT_SECRET, PORTAL
from connectors.sandbox import Refused, answer, route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant

CLIENT = "hubspot-sandbox-client"
TOKENS = "/oauth/token"  # without its version
HABITS = Habits(code_life=60, tells_scopes=False)  # a scope that the app lacks: HubSpot's own page


@dataclass
class Granted:
    """What an access token may do, and until when."""

    scopes: tuple[str, ...]
    ends: float


class Doors:
    """The app's page and token endpoint; `may` are the scopes that it has registered."""

    def __init__(
        self,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
        record: Callable[..., None],
        may: tuple[str, ...],
    ) -> None:
        self.now = now
        self.settings = settings
        self.record = record
        self.consents = Consents("HubSpot", HABITS, {CLIENT: "Ann Agent"}, now, lambda _: may)
        self.tokens: dict[str, Granted] = {}
        self.refreshes: dict[str, tuple[str, ...]] = {}

    def scopes(self, token: str) -> tuple[str, ...] | None:
        """What a token of this app may do; None for another, `Refused` for one that ended."""
        granted = self.tokens.get(token)
        if granted is not None and granted.ends <= self.now().timestamp():
            words = f"The OAuth token used to make this call expired {granted.ends:.0f}."
            raise Refused(refusal(401, words, category="EXPIRED_AUTHENTICATION"))
        return granted.scopes if granted else None

    def expire(self) -> None:
        """All access tokens die; refresh tokens live."""
        for granted in self.tokens.values():
            granted.ends = 0.0

    @route("GET /oauth/authorize", public=True)
    def authorize(self, request: Request) -> Response:
        return self.consents.ask(request)

    @route("POST /oauth/authorize", public=True)
    def decide(self, request: Request) -> Response:
        return self.consents.decide(request)

    @route("POST /oauth/token", "token_granted")
    def grant(self, request: Request) -> Any:
        form = request.form
        fits = same(CLIENT_SECRET, form.get("client_secret", ""))
        if form.get("client_id") != CLIENT or not fits:
            raise _no("BAD_CLIENT_SECRET", "client_id or client_secret is wrong", "invalid_client")
        kind = form.get("grant_type", "")
        if kind == "authorization_code":
            return self._issue(self._first(form), kind)
        if kind != "refresh_token":
            raise _no("BAD_GRANT_TYPE", "unknown grant_type", "unsupported_grant_type")
        if form.get("refresh_token") not in self.refreshes:
            raise _no("BAD_REFRESH_TOKEN", "missing or invalid refresh token")
        return self._issue(form["refresh_token"], kind)

    def _first(self, form: Mapping[str, str]) -> str:
        try:
            scopes = self.consents.redeem(CLIENT, form).scopes
        except NoGrant as no:
            raise _no("BAD_AUTH_CODE", str(no)) from None
        refresh = f"na1-{secrets.token_hex(20)}"
        self.refreshes[refresh] = scopes
        return refresh

    def _issue(self, refresh: str, kind: str) -> dict[str, Any]:
        token, life = secrets.token_urlsafe(120), int(self.settings["token_lifetime"])
        scopes = self.refreshes[refresh]
        self.tokens[token] = Granted(scopes, self.now().timestamp() + life)
        self.record("token_granted", client=CLIENT, grant=kind)
        told = {"access_token": token, "refresh_token": refresh, "expires_in": life}
        about = {"token_type": "bearer", "hub_id": PORTAL, "user_id": 51001}
        return told | about | {"scopes": list(scopes)}


def _no(status: str, words: str, error: str = "invalid_grant") -> Refused:
    told = {"status": status, "message": words, "error": error, "error_description": words}
    return Refused(answer(told, 400))
