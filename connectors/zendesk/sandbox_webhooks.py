"""Zendesk's webhooks: their registration, and the events that they carry.

What the vendor's pages show of event payloads ends at the envelope and `detail`; the inner fields
of `comment`, `merged` and `attachment` are from integrations' sources, so all are made here.
"""

import base64
import hashlib
import hmac
import json
import random
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Outgoing, answer, route
from connectors.zendesk.sandbox_errors import invalid_webhook

ACCOUNT = 22129848
EVENT = "zen:event-type:"
CONDITIONAL = "conditional_ticket_events"
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
QUICK = 60.0  # seconds: a longer Retry-After is not waited for


class Webhooks:
    """The account's webhooks."""

    def __init__(self, now: Callable[[], datetime], send: Callable[[Outgoing], None]) -> None:
        self.now = now
        self.send = send
        self.webhooks: dict[str, dict[str, Any]] = {}
        self.secrets: dict[str, str] = {}

    @route("POST /api/v2/webhooks", "register_webhook")
    def create(self, request: Request) -> Response:
        wish = _wish(request)
        for name in ("name", "endpoint", "http_method", "request_format", "status"):
            if not wish.get(name):
                raise invalid_webhook("InvalidWebhook", f"{name} is required")
        _check(wish)
        ulid = "01" + "".join(secrets.choice(CROCKFORD) for _ in range(24))
        at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        self.webhooks[ulid] = {"id": ulid, "created_at": at, "updated_at": at} | wish
        self.webhooks[ulid].setdefault("subscriptions", [])
        self.secrets[ulid] = secrets.token_urlsafe(40)
        return answer({"webhook": self.webhooks[ulid]}, 201)

    @route("GET /api/v2/webhooks")
    def list(self, request: Request) -> Any:
        part = request.args.get("filter[name_contains]", "")
        found = [hook for hook in self.webhooks.values() if part in hook["name"]]
        return {"webhooks": found, "meta": {"has_more": False}, "links": {}}

    @route("GET /api/v2/webhooks/<webhook_id>")
    def show(self, _request: Request, webhook_id: str) -> Any:
        return {"webhook": self._known(webhook_id)}

    @route("PATCH /api/v2/webhooks/<webhook_id>", "register_webhook")
    @route("PUT /api/v2/webhooks/<webhook_id>", "register_webhook")
    def change(self, request: Request, webhook_id: str) -> Response:
        hook, wish = self._known(webhook_id), _wish(request)
        _check(hook | wish)
        kinds = [CONDITIONAL in one.get("subscriptions", ()) for one in (hook, hook | wish)]
        if kinds[0] != kinds[1]:
            raise invalid_webhook("InvalidSubscription", "the kind of events cannot be changed")
        hook |= wish
        return Response(status=204)

    @route("DELETE /api/v2/webhooks/<webhook_id>", "register_webhook")
    def delete(self, _request: Request, webhook_id: str) -> Response:
        del self.webhooks[self._known(webhook_id)["id"]]
        return Response(status=204)

    @route("GET /api/v2/webhooks/<webhook_id>/signing_secret")
    def signing_secret(self, _request: Request, webhook_id: str) -> Any:
        secret = self.secrets[self._known(webhook_id)["id"]]
        return {"signing_secret": {"algorithm": "SHA256", "secret": secret}}

    @route("POST /api/v2/webhooks/<webhook_id>/signing_secret", "register_webhook")
    def reset_secret(self, request: Request, webhook_id: str) -> Any:
        self.secrets[self._known(webhook_id)["id"]] = secrets.token_urlsafe(40)
        return answer(self.signing_secret(request, webhook_id), 201)

    def _known(self, webhook_id: str) -> dict[str, Any]:
        if webhook_id not in self.webhooks:
            raise invalid_webhook("NotFound", "Webhook not found", 404)
        return self.webhooks[webhook_id]

    def emit(
        self, kind: str, ticket: Mapping[str, Any], actor: int, via: str, event: Mapping[str, Any]
    ) -> None:
        """Tell an event to every active webhook that wants it."""
        wanting = [h for h in self.webhooks.values() if _wants(h, f"{EVENT}{kind}")]
        if not wanting:
            return
        told = {
            "account_id": ACCOUNT,
            "id": str(uuid.uuid4()),
            "type": f"{EVENT}{kind}",
            "time": self.now().strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "zendesk_event_version": "2022-11-06",
            "subject": f"zen:ticket:{ticket['id']}",
            "detail": detail(ticket, actor, via),
            "event": {"meta": {"sequence": {"id": uuid.uuid4().hex, "position": 1}}, **event},
        }
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        facts = {"ticket_id": str(ticket["id"]), "key": ticket["external_id"]}
        facts |= {"event": told["id"], "type": told["type"]}
        for hook in wanting:
            self.send(self._outgoing(hook, body, facts))

    def _outgoing(self, hook: Mapping[str, Any], body: bytes, facts: Any) -> Outgoing:
        secret, invocation = self.secrets[hook["id"]], secrets.token_hex(13).upper()

        def headers() -> Mapping[str, str]:
            at = self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            return {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Zendesk Webhook",
                "X-Zendesk-Account-Id": str(ACCOUNT),
                "X-Zendesk-Webhook-Id": hook["id"],
                "X-Zendesk-Webhook-Invocation-Id": invocation,
                "X-Zendesk-Webhook-Signature": sign(secret, at, body),
                "X-Zendesk-Webhook-Signature-Timestamp": at,
            }

        return Outgoing(url=hook["endpoint"], body=body, headers=headers, facts=facts, again=_again)


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature header of a webhook: the secret's own characters are the key."""
    mac = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256)
    return base64.b64encode(mac.digest()).decode()


def detail(ticket: Mapping[str, Any], actor: int, via: str) -> dict[str, Any]:
    """A ticket as events show it: ids as strings, words in capitals."""
    ids = ("id", "requester_id", "submitter_id", "assignee_id", "group_id", "brand_id")
    told: dict[str, Any] = {name: _text(ticket[name]) for name in ids}
    told |= {name: (ticket[name] or "").upper() or None for name in ("status", "priority", "type")}
    same = ("external_id", "subject", "description", "tags", "is_public", "created_at")
    told |= {name: ticket[name] for name in same}
    told |= {"actor_id": str(actor), "via": {"channel": via}, "updated_at": ticket["updated_at"]}
    told |= {"form_id": _text(ticket["ticket_form_id"]), "organization_id": None}
    return told | {"custom_status": _text(ticket["custom_status_id"])}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)


def _wish(request: Request) -> dict[str, Any]:
    wish = (request.get_json(force=True, silent=True) or {}).get("webhook")
    if not isinstance(wish, dict):
        raise invalid_webhook("InvalidWebhook", "webhook is required")
    return wish


def _check(hook: Mapping[str, Any]) -> None:
    if urlsplit(str(hook["endpoint"])).scheme not in ("http", "https"):
        raise invalid_webhook("InvalidEndpoint", "endpoint has to be a URL")
    wanted = hook.get("subscriptions", [])
    strange = [one for one in wanted if not one.startswith(EVENT) and one != CONDITIONAL]
    if strange or (CONDITIONAL in wanted and len(wanted) > 1):
        raise invalid_webhook("InvalidSubscription", "subscriptions cannot be mixed or unknown")


def _wants(hook: Mapping[str, Any], kind: str) -> bool:
    return hook["status"] == "active" and kind in hook["subscriptions"]


def _again(attempt: int, status: int | None, headers: Mapping[str, str]) -> float | None:
    """Retries: 409 three times, 429 and 503 with a short Retry-After, no answer five times."""
    if status == 409:
        return random.uniform(0.05, 0.2) if attempt <= 3 else None
    if status in (429, 503) and attempt <= 3:
        wait = headers.get("Retry-After", "")
        return float(wait) if wait.isdigit() and float(wait) <= QUICK else None
    if status is None:
        return 0.5 if attempt < 5 else None
    return None
