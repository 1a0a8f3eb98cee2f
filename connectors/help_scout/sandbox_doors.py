"""Help Scout's ways in: OAuth apps, tokens of two days, refresh tokens for one use; rate limits."""

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_errors import denied, no, refusal
from connectors.help_scout.sandbox_people import AGENT, HUB
from connectors.sandbox import Refused, route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant

APPS = {  # app id: secret, whose rights
    "hub-app": ("help-scout-sandbox-secret", HUB),
    "ann-app": ("help-scout-sandbox-ann-secret", AGENT),
}
# overview/authentication: the app has the address; how long a code lives is not told.
HABITS = Habits(code_life=60, scopes_by=None, asks_redirect=False)


@dataclass
class Pair:
    """An access token's app and end."""

    app: str
    ends: float


class Doors:
    """The account's OAuth apps and their tokens."""

    def __init__(
        self, now: Callable[[], datetime], settings: dict[str, float], record: Callable[..., None]
    ) -> None:
        self.now = now
        self.settings = settings
        self.record = record
        self.tokens: dict[str, Pair] = {}
        self.refreshes: dict[str, str] = {}  # refresh token: app
        users = {name: f"user {user}" for name, (_, user) in APPS.items()}
        self.consents = Consents("Help Scout", HABITS, users, now)

    def caller(self, request: Request) -> int:
        """The user in whose name a request comes, or 401."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        pair = self.tokens.get(token) if kind.casefold() == "bearer" else None
        if pair is None or pair.ends <= self.now().timestamp():
            answer = refusal(401, "Invalid or expired access token")
            answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            raise Refused(answer)
        return APPS[pair.app][1]

    def expire(self) -> None:
        """All access tokens die; refresh tokens live."""
        for pair in self.tokens.values():
            pair.ends = 0.0

    @route("GET /authentication/authorizeClientApplication", public=True)
    def authorize(self, request: Request) -> Response:
        return self.consents.ask(request)

    @route("POST /authentication/authorizeClientApplication", public=True)
    def decide(self, request: Request) -> Response:
        return self.consents.decide(request)

    @route("POST /v2/oauth2/token")
    def grant(self, request: Request) -> Any:
        wish = request.get_json(force=True, silent=True) or request.form.to_dict()
        app = str(wish.get("client_id", ""))
        if app not in APPS or not same(APPS[app][0], str(wish.get("client_secret"))):
            raise denied("invalid_client", "Client authentication failed", 401)
        kind = wish.get("grant_type")
        if kind == "client_credentials":
            return self._issue(app, kind)
        if kind not in ("authorization_code", "refresh_token"):
            raise denied("unsupported_grant_type", "The grant type is not supported")
        self._spend(app, kind, wish)
        told = self._issue(app, kind)
        told["refresh_token"] = secrets.token_hex(24)
        self.refreshes[told["refresh_token"]] = app
        return told

    def _spend(self, app: str, kind: str, wish: Mapping[str, Any]) -> None:
        """Use up the code or the refresh token."""
        if kind == "refresh_token":
            if self.refreshes.pop(str(wish.get("refresh_token")), None) != app:
                raise denied("invalid_grant", "The grant is invalid, expired or used already")
            return
        try:
            self.consents.redeem(app, wish)
        except NoGrant as no:
            raise denied(no.error, str(no)) from None

    def _issue(self, app: str, kind: str) -> dict[str, Any]:
        token, life = secrets.token_hex(24), int(self.settings["token_lifetime"])
        self.tokens[token] = Pair(app, self.now().timestamp() + life)
        self.record("token_granted", client=app, grant=kind)
        return {"access_token": token, "token_type": "bearer", "expires_in": life}


class Limits:
    """Calls a minute for the whole account; a call that writes counts twice."""

    def __init__(self, now: Callable[[], datetime], settings: Mapping[str, float]) -> None:
        self.now = now
        self.settings = settings
        self.ends, self.spent = 0.0, 0

    def take(self, request: Request) -> None:
        """Count a request, or refuse it with the time to wait."""
        now = self.now().timestamp()
        if self.ends <= now:
            self.ends, self.spent = now + 60, 0
        cost = 1 if request.method in ("GET", "HEAD") else 2
        if self.spent + cost > self.settings["rate_per_minute"]:
            refused = no(429)
            wait = max(1, math.ceil(self.ends - now))
            refused.answer.headers["X-RateLimit-Retry-After"] = str(wait)
            raise refused
        self.spent += cost

    def tell(self, made: Response) -> None:
        """Add the headers that tell what is left."""
        limit = int(self.settings["rate_per_minute"])
        made.headers["X-RateLimit-Limit-Minute"] = str(limit)
        made.headers["X-RateLimit-Remaining-Minute"] = str(max(0, limit - self.spent))
