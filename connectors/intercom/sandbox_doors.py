"""Intercom's way in: access tokens that never expire, API versions, and the rate."""

import math
from collections.abc import Callable, Container, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.intercom.sandbox_errors import invalid, refusal, refused
from connectors.intercom.sandbox_oauth import CLIENT
from connectors.intercom.sandbox_people import HUB
from connectors.intercom.sandbox_types import CUSTOMER
from connectors.intercom.sandbox_webhooks import APP_ID, CLIENT_SECRET
from connectors.sandbox import Refused, same

TOKEN, WEAK_TOKEN = "intercom-sandbox-token", "intercom-sandbox-token-without-tickets"
APP = {
    "type": "app",
    "id_code": APP_ID,
    "name": "Acme",
    "region": "US",
    "timezone": "Europe/Dublin",
    "identity_verification": False,
}
SPOKEN = ("2.14", "2.15", "2.16")
WINDOW = 10  # seconds: the limit of a minute is dealt out in six parts


class Doors:
    """Who may come in, and how often."""

    def __init__(
        self, now: Callable[[], datetime], settings: Mapping[str, float], granted: Container[str]
    ) -> None:
        self.now = now
        self.granted = granted  # tokens of the app with OAuth
        self.settings = settings
        self.end, self.calls = 0.0, 0

    def admit(self, request: Request, path: str) -> None:
        """Raise `Refused` unless token, rate, version and permissions allow the request."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        known = [one for one in (TOKEN, WEAK_TOKEN) if same(one, token)]
        if kind.casefold() != "bearer" or not (known or token in self.granted):
            raise refused(401, "Access Token Invalid")
        self._count()
        version = request.headers.get("Intercom-Version", f"{self.settings['app_version']:.2f}")
        if version not in SPOKEN:
            raise invalid(f"Version {version} is not spoken here", "intercom_version_invalid")
        if known == [WEAK_TOKEN] and path.startswith("/ticket"):
            raise refused(403, "Active subscription needed for tickets.", "api_plan_restricted")

    @property
    def limit(self) -> int:
        """Calls in one window."""
        return int(self.settings["rate_per_minute"] * WINDOW / 60)

    def _count(self) -> None:
        now = self.now().timestamp()
        if self.end <= now:
            self.end, self.calls = now + WINDOW, 0
        if self.calls >= self.limit:
            raise Refused(refusal(429, "Exceeded rate limit"))
        self.calls += 1

    def tell(self, made: Response) -> None:
        """Add the headers that tell what is left; there is no Retry-After."""
        made.headers["X-RateLimit-Limit"] = str(self.limit)
        made.headers["X-RateLimit-Remaining"] = str(max(0, self.limit - self.calls))
        made.headers["X-RateLimit-Reset"] = str(math.ceil(self.end))


def form(url: str) -> dict[str, Any]:
    """The credentials of the workspace's private app."""
    secrets = {"access_token": TOKEN, "client_secret": CLIENT_SECRET}
    return secrets | {"region": "us", "admin_id": HUB, "ticket_type_id": CUSTOMER, "base_url": url}


def app_form(url: str) -> dict[str, Any]:
    """The credentials of an app that a person allows."""
    app = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "authorized": True}
    return app | {"region": "us", "ticket_type_id": CUSTOMER, "base_url": url}
