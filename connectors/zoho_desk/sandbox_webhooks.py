"""Zoho Desk's webhooks: checked with a GET, told as a JSON array, proved by a JWT over no body.

From memory: the events beside Ticket_Update, Ticket_Thread_Add and Ticket_Comment_Add, the routes
to list, change and delete, and the life of a JWT. Retries are undocumented: there are none here.
"""

import base64
import functools
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import urllib3
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from connectors.sandbox import Outgoing, route
from connectors.zoho_desk.sandbox_doors import ORG
from connectors.zoho_desk.sandbox_rules import body_of, invalid, listed, missing, no, query_of

EVENTS = (
    *("Ticket_Add", "Ticket_Update", "Ticket_Delete", "Ticket_Thread_Add"),
    *("Ticket_Comment_Add", "Ticket_Comment_Update", "Ticket_Attachment_Add"),
    *("Contact_Add", "Contact_Update", "Contact_Delete"),
)
HOOK = {"name": str, "url": str, "isEnabled": bool, "subscriptions": dict, "description": str}
KID = uuid.uuid4().hex
LIFE = 300  # seconds that a JWT is good for


class Webhooks:
    """The account's webhooks."""

    def __init__(
        self,
        now: Callable[[], datetime],
        settings: dict[str, float],
        send: Callable[[Outgoing], None],
    ) -> None:
        self.now = now
        self.settings = settings
        self.send = send
        self.hooks: dict[str, dict[str, Any]] = {}
        self.pool = urllib3.PoolManager(retries=False, timeout=5.0)

    @route("GET /.well-known/jwks.json")
    def jwks(self, _request: Request) -> Any:
        """The public key of every signature; no credentials are needed."""
        numbers = _key().public_key().public_numbers()
        made = {"n": _number(numbers.n), "e": _number(numbers.e)}
        return {"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": KID} | made]}

    @route("POST /api/v1/webhooks", "register_webhook")
    def create(self, request: Request) -> Any:
        wish = body_of(request, HOOK, "name", "url", "subscriptions")
        if len(self.hooks) >= self.settings["webhooks"]:
            raise no(403, "LICENSE_ACCESS_LIMITED", "The edition allows no further webhook.")
        self._check(wish)
        number = str(204000900001 + uuid.uuid4().int % 10**8)
        self.hooks[number] = {"id": number, "isEnabled": True, "orgId": ORG} | wish
        return self.hooks[number]

    @route("GET /api/v1/webhooks")
    def every(self, request: Request) -> Response:
        asked = query_of(request, "from", "limit")
        return listed({"limit": "100"} | asked, [*self.hooks.values()], most=100, depth=4999)

    @route("GET /api/v1/webhooks/<hook_id>")
    def show(self, _request: Request, hook_id: str) -> Any:
        return self._known(hook_id)

    @route("PATCH /api/v1/webhooks/<hook_id>", "register_webhook")
    def change(self, request: Request, hook_id: str) -> Any:
        hook, wish = self._known(hook_id), body_of(request, HOOK)
        self._check(hook | wish)
        hook |= wish
        return hook

    @route("DELETE /api/v1/webhooks/<hook_id>", "register_webhook")
    def delete(self, _request: Request, hook_id: str) -> Response:
        del self.hooks[self._known(hook_id)["id"]]
        return Response(status=204)

    def _known(self, hook_id: str) -> dict[str, Any]:
        if hook_id not in self.hooks:
            raise missing()
        return self.hooks[hook_id]

    def _check(self, hook: Mapping[str, Any]) -> None:
        if len(hook["name"]) > 50:
            raise invalid("name")
        for event, how in hook["subscriptions"].items():
            if event not in EVENTS or not _fits(how):
                raise invalid(f"subscriptions/{event}")
        if not self._answers(hook["url"]):
            raise invalid("url", words="GET of the URL was not answered with 200")

    def _answers(self, url: str) -> bool:
        try:
            return self.pool.request("GET", url, redirect=False).status == 200
        except (urllib3.exceptions.HTTPError, ValueError):
            return False

    def updated(
        self, ticket: Mapping[str, Any], before: Mapping[str, Any], facts: Mapping[str, Any]
    ) -> None:
        """Tell Ticket_Update to whoever wants one of the changed fields."""
        for hook, how in self._wanting("Ticket_Update", ticket["departmentId"]):
            fields = how.get("fields")
            if fields is None or set(fields) & set(before):
                previous = dict(before) if how.get("includePrevState") else None
                self._send(hook, "Ticket_Update", ticket, facts, previous)

    def emit(
        self, event: str, payload: Mapping[str, Any], department: str, facts: Mapping[str, Any]
    ) -> None:
        """Tell an event to whoever wants it."""
        for hook, how in self._wanting(event, department):
            if how.get("direction") in (None, payload.get("direction")):
                self._send(hook, event, payload, facts, None)

    def _wanting(self, event: str, department: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        found = []
        for hook in self.hooks.values():
            how = (hook["subscriptions"].get(event) or {}) if hook["isEnabled"] else {}
            departments = how.get("departmentIds")
            wants = hook["isEnabled"] and event in hook["subscriptions"]
            if wants and (departments is None or department in departments):
                found.append((hook, how))
        return found

    def _send(
        self,
        hook: dict[str, Any],
        event: str,
        payload: Mapping[str, Any],
        facts: Mapping[str, Any],
        previous: Mapping[str, Any] | None,
    ) -> None:
        at = str(int(self.now().timestamp() * 1000))
        told: dict[str, Any] = {"payload": dict(payload), "eventTime": at, "eventType": event}
        told |= {"orgId": ORG} | ({"prevState": previous} if previous is not None else {})

        def headers() -> Mapping[str, str]:
            signed = token(hook["id"], self.now(), in_ms=bool(self.settings["jwt_in_ms"]))
            return {"Content-Type": "application/json", "X-ZDesk-JWT": signed}

        def again(_attempt: int, status: int | None, _headers: Mapping[str, str]) -> None:
            if status == 410:
                hook["subscriptions"].pop(event, None)

        body = json.dumps([told], ensure_ascii=False).encode("utf-8", "surrogatepass")
        facts = {**facts, "event": event}
        self.send(Outgoing(url=hook["url"], body=body, headers=headers, facts=facts, again=again))


def token(hook_id: str, now: datetime, *, in_ms: bool = False) -> str:
    """What X-ZDesk-JWT carries: who tells whom, and when; nothing of the body."""
    at, unit = int(now.timestamp()), 1000 if in_ms else 1
    claims = {"iss": f"orgId:{ORG}", "aud": f"webhookId:{hook_id}"}
    claims |= {"iat": at * unit, "exp": (at + LIFE) * unit}  # type: ignore[dict-item]
    head = {"alg": "RS256", "typ": "JWT", "kid": KID}
    text = ".".join(_text(json.dumps(part).encode()) for part in (head, claims))
    return f"{text}.{_text(_key().sign(text.encode(), padding.PKCS1v15(), SHA256()))}"


def _fits(how: Any) -> bool:
    known = {"departmentIds", "fields", "includePrevState", "direction"}  # no ignoreSourceId
    if how is None:
        return True
    return isinstance(how, dict) and set(how) <= known and len(how.get("fields") or ()) <= 5


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
