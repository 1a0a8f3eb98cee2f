"""Help Scout's webhooks: their registration, HMAC-SHA1 over the body, retries."""

import base64
import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_errors import bad, no
from connectors.help_scout.sandbox_pages import page
from connectors.help_scout.sandbox_people import made_at
from connectors.sandbox import Outgoing, route

CONVO = "status agent.reply.created note.created customer.reply.created created assigned tags"
CONVO += " merged moved deleted custom-fields"
EVENTS = {f"convo.{one}" for one in CONVO.split()} | {"customer.created", "customer.updated"}
LONGEST_SECRET = 40
TRIES, PAUSE = 5, 0.3  # unsure: no page of the vendor tells of retries
HOOK = "/v2/webhooks/<int:hook_id>"


class Webhooks:
    """The account's webhooks."""

    def __init__(self, send: Callable[[Outgoing], None], settings: Mapping[str, float]) -> None:
        self.send = send
        self.settings = settings
        self.ids = itertools.count(9991)
        self.hooks: dict[int, dict[str, Any]] = {}
        self.secrets: dict[int, str] = {}
        self.failures: dict[int, int] = {}

    @route("POST /v2/webhooks", "register_webhook")
    def create(self, request: Request) -> Response:
        wish = _checked(request)
        number = next(self.ids)
        self._keep(number, wish)
        return made_at(request, number)

    @route("GET /v2/webhooks")
    def list(self, request: Request) -> Any:
        return page(request, "webhooks", list(self.hooks.values()))

    @route(f"GET {HOOK}")
    def show(self, _request: Request, hook_id: int) -> Any:
        return self._known(hook_id)

    @route(f"PUT {HOOK}", "register_webhook")
    def change(self, request: Request, hook_id: int) -> Response:
        self._known(hook_id)
        self._keep(hook_id, _checked(request))
        return Response(status=204)

    @route(f"DELETE {HOOK}", "register_webhook")
    def delete(self, _request: Request, hook_id: int) -> Response:
        del self.hooks[self._known(hook_id)["id"]]
        return Response(status=204)

    def _keep(self, number: int, wish: dict[str, Any]) -> None:
        """Keep a webhook; its secret is never shown again."""
        shown = {"id": number, "url": wish["url"], "state": "enabled", "events": wish["events"]}
        shown |= {name: wish.get(name) for name in ("label", "notification", "mailboxIds")}
        shown["payloadVersion"] = wish.get("payloadVersion", "V1")
        self.hooks[number] = shown
        self.secrets[number] = wish["secret"]
        self.failures[number] = 0

    def _known(self, hook_id: int) -> dict[str, Any]:
        if hook_id not in self.hooks:
            raise no(404)
        return self.hooks[hook_id]

    def emit(self, event: str, told: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Tell an event to every enabled webhook that wants it."""
        for hook in self.hooks.values():
            boxes = hook["mailboxIds"] or [told.get("mailboxId")]
            here = told.get("mailboxId") in (None, *boxes)
            if hook["state"] == "enabled" and event in hook["events"] and here:
                self.send(self._outgoing(hook, event, told, {**facts, "event": event}))

    def _outgoing(
        self, hook: Mapping[str, Any], event: str, told: Mapping[str, Any], facts: Any
    ) -> Outgoing:
        if hook["notification"]:
            told = {"_links": told.get("_links", {})}
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        secret, number = self.secrets[hook["id"]], hook["id"]

        def headers() -> Mapping[str, str]:
            return {
                "Content-Type": "application/json",
                "X-HelpScout-Event": event,
                "X-HelpScout-Signature": sign(secret, body),
            }

        def again(attempt: int, status: int | None, _headers: Mapping[str, str]) -> float | None:
            if status is not None and 200 <= status < 300:
                self.failures[number] = 0
                return None
            if attempt < TRIES:
                return PAUSE
            self._failed(number)
            return None

        return Outgoing(url=hook["url"], body=body, headers=headers, facts=facts, again=again)

    def _failed(self, number: int) -> None:
        """Unsure, from memory: after many failures a webhook is disabled."""
        self.failures[number] = self.failures.get(number, 0) + 1
        if number in self.hooks and self.failures[number] >= self.settings["webhook_failures"]:
            self.hooks[number]["state"] = "disabled"


def sign(secret: str, body: bytes) -> str:
    """The signature header of a webhook."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha1).digest()).decode()


def _checked(request: Request) -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise bad("", "the body has to be a JSON object")
    if urlsplit(str(wish.get("url"))).scheme not in ("http", "https"):
        raise bad("url", "must be a URL", wish.get("url"))
    events = wish.get("events")
    if not isinstance(events, list) or not events or not set(events) <= EVENTS:
        raise bad("events", "must be known events, at least one", events)
    if not 0 < len(str(wish.get("secret") or "")) <= LONGEST_SECRET:
        raise bad("secret", f"size must be between 1 and {LONGEST_SECRET}")
    return wish
