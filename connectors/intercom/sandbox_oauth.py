"""Intercom's OAuth: an app that a person allows, with a token that never ends.

From memory: the words of a refusal, and how long a code lives.
"""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.intercom.sandbox_errors import refused
from connectors.intercom.sandbox_webhooks import CLIENT_SECRET
from connectors.sandbox import route, same
from connectors.sandbox_oauth import Consents, Habits, NoGrant

CLIENT = "intercom-sandbox-client"
TOKENS = "/auth/eagle/token"
HABITS = Habits(code_life=600, scopes_by=None)


class OAuth:
    """The app's page and token endpoint."""

    def __init__(self, now: Callable[[], datetime], record: Callable[..., None]) -> None:
        self.record = record
        self.consents = Consents("Intercom", HABITS, {CLIENT: "Hub"}, now)
        self.tokens: set[str] = set()

    @route("GET /oauth", public=True)
    def authorize(self, request: Request) -> Response:
        return self.consents.ask(request)

    @route("POST /oauth", public=True)
    def decide(self, request: Request) -> Response:
        return self.consents.decide(request)

    @route("POST /auth/eagle/token", "token_granted")
    def grant(self, request: Request) -> Any:
        form = request.get_json(force=True, silent=True) or request.form
        fits = same(CLIENT_SECRET, str(form.get("client_secret", "")))
        if form.get("client_id") != CLIENT or not fits:
            raise refused(401, "Unauthorized Client")
        try:
            self.consents.redeem(CLIENT, form)
        except NoGrant as no:
            raise refused(401, f"Unauthorized Code: {no}") from None
        token = f"dG9r{secrets.token_urlsafe(30)}"
        self.tokens.add(token)
        self.record("token_granted", client=CLIENT, grant="authorization_code")
        return {"token_type": "Bearer", "token": token, "access_token": token}
