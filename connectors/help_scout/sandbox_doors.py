"""Help Scout's ways in: OAuth apps, tokens of two days, refresh tokens for one use; rate limits."""

import math
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_errors import denied, no, refusal
from connectors.help_scout.sandbox_people import AGENT, HUB
from connectors.sandbox import Refused, route, same

APPS = {  # app id: secret, whose rights, where a browser is sent back to
    "hub-app": ("help-scout-sandbox-secret", HUB, "http://127.0.0.1:9/back"),
    "ann-app": ("help-scout-sandbox-ann-secret", AGENT, "http://127.0.0.1:9/back"),
}


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
        self.codes: dict[str, str] = {}

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
        """What a user sees as "Authorize"; here it is allowed at once."""
        app = request.args.get("client_id", "")
        if app not in APPS:
            raise denied("invalid_client", "unknown client_id")
        code = secrets.token_hex(16)
        self.codes[code] = app
        back = urlencode({"code": code, "state": request.args.get("state", "")})
        return redirect(f"{APPS[app][2]}?{back}")

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
        spent = self.codes if kind == "authorization_code" else self.refreshes
        name = "code" if kind == "authorization_code" else "refresh_token"
        if spent.pop(str(wish.get(name)), None) != app:
            raise denied("invalid_grant", "The grant is invalid, expired or used already")
        told = self._issue(app, kind)
        told["refresh_token"] = secrets.token_hex(24)
        self.refreshes[told["refresh_token"]] = app
        return told

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
