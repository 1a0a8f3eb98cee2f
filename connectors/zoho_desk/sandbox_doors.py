"""Zoho's ways in: OAuth with its errors in answers of 200, scopes, the organisation, credits.

From memory, not from the vendor's pages: the word for too many access tokens, and that the answer
to a grant names the scope.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Refused, Route, route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant
from connectors.zoho_desk.sandbox_rules import no, refusal

ORG = "60001280"
CLIENT, SECRET = "1000.SANDBOXHUB", "zoho-sandbox-secret"
ALL = (
    *("Desk.tickets.ALL", "Desk.contacts.READ", "Desk.contacts.CREATE", "Desk.search.READ"),
    *("Desk.basic.READ", "Desk.settings.READ", "Desk.events.ALL"),
)
FULL, WEAK = "1000.refresh-of-the-hub", "1000.refresh-without-rights"
LACKING = ("Desk.search.READ", "Desk.events.ALL")
GRANTED = {FULL: ALL, WEAK: tuple(scope for scope in ALL if scope not in LACKING)}
# web-apps/authorization: a code lives for two minutes; a wrong scope ends on Zoho's own page.
HABITS = Habits(code_life=120, scopes_by=",", tells_scopes=False)
VERBS = {"GET": "READ", "POST": "CREATE", "PATCH": "UPDATE", "DELETE": "DELETE"}
AREAS = {  # first part of a path: the area of its scope
    "organizations": "basic",
    "myinfo": "basic",
    "departments": "settings",
    "organizationFields": "settings",
    "layouts": "settings",
    "contacts": "contacts",
    "webhooks": "events",
}
LISTS = ("search", "tickets", "comments", "threads", "conversations", "contacts", "attachments")


@dataclass(frozen=True)
class Access:
    """An access token: what it may, until when, and the refresh token behind it."""

    scopes: tuple[str, ...]
    expires: datetime
    refresh: str
    made: datetime


class Doors:
    """The account's credentials and its daily credits."""

    def __init__(
        self,
        now: Callable[[], datetime],
        settings: dict[str, float],
        record: Callable[..., None],
        url: Callable[[], str],
    ) -> None:
        self.now = now
        self.settings = settings
        self.record = record
        self.url = url
        self.tokens: dict[str, Access] = {}
        self.refreshes = dict(GRANTED)
        self.consents: Consents | None = None
        self.day, self.spent, self.weight = "", 0, 0

    def admit(self, request: Request, found: Route, path: str) -> None:
        """Raise `Refused` unless token, organisation, scope and credits allow the request."""
        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        access = self.tokens.get(value) if kind == "Zoho-oauthtoken" else None
        if access is None or access.expires <= self.now():
            raise no(401, "INVALID_OAUTH", "The OAuth Token you provided is invalid.")
        parts = path.removeprefix("/api/v1/").split("/")
        if parts[0] != "organizations" and request.headers.get("orgId") != ORG:
            raise no(403, "OAUTH_ORG_MISMATCH", "The OAuth token is of another organization.")
        self._may(access.scopes, request.method, parts)
        self._spend(3 if request.method == "GET" and parts[-1] in LISTS else 1)

    def _may(self, scopes: tuple[str, ...], method: str, parts: list[str]) -> None:
        area, verb = AREAS.get(parts[0], "tickets"), VERBS.get(method, "UPDATE")
        if parts[-1] == "search":
            area = "search"
        verbs = {"ALL", verb} | ({"UPDATE"} if len(parts) > 2 else set())
        if not {f"Desk.{area}.{one}" for one in verbs} & set(scopes):
            raise no(403, "SCOPE_MISMATCH", f"The token lacks the scope Desk.{area}.{verb}.")

    def _spend(self, weight: int) -> None:
        today = self.now().date().isoformat()
        if today != self.day:
            self.day, self.spent = today, 0
        if self.spent + weight > self.settings["credits_per_day"]:
            refused = refusal(429, "The day's credits are spent", "THRESHOLD_EXCEEDED")
            midnight = self.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
            refused.headers["Retry-After"] = str(int((midnight - self.now()).total_seconds()) + 1)
            raise Refused(refused)
        self.spent, self.weight = self.spent + weight, weight

    def tell(self, made: Response) -> None:
        """Add the headers that tell the credits."""
        left = max(0, int(self.settings["credits_per_day"]) - self.spent)
        made.headers["X-Rate-Limit-Remaining-v3"] = str(left)
        made.headers["X-Rate-Limit-Request-Weight-v3"] = str(self.weight)

    def expire(self) -> None:
        """All access tokens die; the refresh tokens live for ever."""
        self.tokens.clear()

    @route("GET /oauth/v2/auth", public=True)
    def authorize(self, request: Request) -> Response:
        return self._consents().ask(request)

    @route("POST /oauth/v2/auth", public=True)
    def decide(self, request: Request) -> Response:
        return self._consents().decide(request)

    def _consents(self) -> Consents:
        """Made late: the sandbox knows its address once it listens."""
        if self.consents is None:
            told = {"location": "us", "accounts-server": self.url()}
            habits = replace(HABITS, returns=told)
            self.consents = Consents("Zoho", habits, {CLIENT: "Hub"}, self.now, lambda _: ALL)
        return self.consents

    @route("POST /oauth/v2/token", "token_granted")
    def grant(self, request: Request) -> Any:
        """A token, or an error: both with 200."""
        form = request.form
        if form.get("client_id") != CLIENT:
            return {"error": "invalid_client"}
        if not same(SECRET, form.get("client_secret", "")):
            return {"error": "invalid_client_secret"}
        if form.get("grant_type") == "authorization_code":
            return self._first(form)
        if form.get("grant_type") != "refresh_token":
            return {"error": "unsupported_grant_type"}
        refresh = form.get("refresh_token", "")
        return self._issue(refresh) if refresh in self.refreshes else {"error": "invalid_code"}

    def _first(self, form: Mapping[str, str]) -> dict[str, Any]:
        try:
            scopes = self._consents().redeem(CLIENT, form).scopes
        except NoGrant:
            return {"error": "invalid_code"}
        refresh = f"1000.{secrets.token_hex(32)}"
        self.refreshes[refresh] = scopes
        while len(self.refreshes) > 20:  # the oldest one dies without a word
            del self.refreshes[next(iter(self.refreshes))]
        return self._issue(refresh) | {"refresh_token": refresh}

    def _issue(self, refresh: str) -> dict[str, Any]:
        lately = self.now() - timedelta(minutes=10)
        made = [a for a in self.tokens.values() if a.refresh == refresh and a.made > lately]
        if len(made) >= self.settings["tokens_per_refresh"]:
            return {"error": "access_denied", "error_description": "too many requests"}
        life, scopes = int(self.settings["token_lifetime"]), self.refreshes[refresh]
        access = f"1000.{secrets.token_hex(32)}"
        ends = self.now() + timedelta(seconds=life)
        self.tokens[access] = Access(scopes, ends, refresh, self.now())
        self.record("token_granted", client=CLIENT)
        told = {"access_token": access, "expires_in": life, "token_type": "Bearer"}
        return told | {"scope": " ".join(scopes), "api_domain": "https://www.zohoapis.com"}
