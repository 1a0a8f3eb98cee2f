"""New Desk's webhooks: their registration, signature and retries."""

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Outgoing, Refused, answer, route

TRIES, PAUSE = 3, 0.3


# WRITE: how the vendor registers webhooks, what it sends, how it signs and how often it tries
# again. Where only a person can register one: `person_registers` in sandbox.py.
class Webhooks:
    """The account's webhooks."""

    def __init__(self, send: Callable[[Outgoing], None], now: Callable[[], datetime]) -> None:
        self.send = send
        self.now = now
        self.ids = itertools.count(501)
        self.hooks: dict[int, dict[str, str]] = {}

    @route("POST /v1/webhooks", "register_webhook")
    def create(self, request: Request) -> Response:
        number = next(self.ids)
        self.hooks[number] = _wish(request)
        return answer(self._shown(number), 201)

    @route("GET /v1/webhooks")
    def list(self, _request: Request) -> Any:
        return {"webhooks": [self._shown(number) for number in self.hooks]}

    @route("PUT /v1/webhooks/<int:number>", "register_webhook")
    def change(self, request: Request, number: int) -> Any:
        if number not in self.hooks:
            raise Refused(answer({"error": {"message": "no such webhook"}}, 404))
        self.hooks[number] = _wish(request)
        return self._shown(number)

    def _shown(self, number: int) -> dict[str, Any]:
        return {"id": number, "url": self.hooks[number]["url"]}  # a secret is never shown again

    def emit(self, event: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Send an event to every webhook."""
        body = json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
        for hook in self.hooks.values():
            self.send(self._outgoing(hook, body, {**facts, "event": event["event"]}))

    def _outgoing(self, hook: Mapping[str, str], body: bytes, facts: Mapping[str, Any]) -> Outgoing:
        def headers() -> Mapping[str, str]:
            stamp = str(int(self.now().timestamp()))
            signature = sign(hook["secret"], stamp, body)
            signed = {"X-Desk-Timestamp": stamp, "X-Desk-Signature": signature}
            return {"Content-Type": "application/json", **signed}

        def again(attempt: int, status: int | None, _headers: Mapping[str, str]) -> float | None:
            taken = status is not None and 200 <= status < 300
            return None if taken or attempt >= TRIES else PAUSE

        return Outgoing(url=hook["url"], body=body, headers=headers, facts=facts, again=again)


def sign(secret: str, stamp: str, body: bytes) -> str:
    """The signature: HMAC-SHA256 of the time, a dot and the body, in hexadecimal."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _wish(request: Request) -> dict[str, str]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict) or not wish.get("url") or not wish.get("secret"):
        raise Refused(answer({"error": {"message": "needs url and secret"}}, 422))
    return {"url": str(wish["url"]), "secret": str(wish["secret"])}
