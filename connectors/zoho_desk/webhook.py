"""Zoho Desk's webhooks: a secret address and a signed token; bodies are only hints."""

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors import signatures
from connectors.base import Ports
from connectors.errors import BadDelivery, ConnectorError
from connectors.http import Http, Unthrottled
from connectors.types import Change, Delivery
from connectors.zoho_desk import words
from connectors.zoho_desk.config import Config, subscriptions

HEADER = "x-zdesk-jwt"
OF_TICKETS = ("Ticket_Update", "Ticket_Delete")  # others' payloads name theirs in `ticketId`
MILLISECONDS = 100_000_000_000  # a later "second" is the year 5138: it is milliseconds
ASK_AGAIN = timedelta(seconds=60)  # for a key that we don't know


class Keys:
    """The desk's public keys, fetched when one is met for the first time."""

    def __init__(self, config: Config, ports: Ports) -> None:
        self.url = f"{config.root}/.well-known/jwks.json"
        self.ports = ports
        self.known: dict[str, Any] = {}
        self.asked: datetime | None = None
        self.one = threading.Lock()

    def get(self, kid: Any) -> Any:
        """The key with that id, or `BadDelivery`."""
        with self.one:
            if kid not in self.known:
                self._ask()
        if kid not in self.known:
            raise BadDelivery("the webhook's token is signed with an unknown key")
        return self.known[kid]

    def _ask(self) -> None:
        now = self.ports.now()
        if self.asked is not None and abs(now - self.asked) < ASK_AGAIN:
            return
        self.asked = now
        from jwt import PyJWK, PyJWTError

        try:
            http = Http(replace(self.ports, throttle=Unthrottled()))  # no call of the account's
            answer = http.call("GET", self.url)
            rsa = [key for key in answer["keys"] if key["kty"] == "RSA"]
            found = {key["kid"]: PyJWK(key, "RS256") for key in rsa}
        except (ConnectorError, PyJWTError, KeyError, TypeError, ValueError) as problem:
            self.asked = None
            raise BadDelivery(f"Zoho's keys cannot be read ({type(problem).__name__})") from None
        self.known = found


def verify(delivery: Delivery, config: Config, keys: Keys) -> None:
    """Raise `BadDelivery` unless our secret address was called with a token that Zoho signed now.

    The address is checked first, so that strangers cannot make us fetch keys.
    """
    hook, _, secret = signatures.require_secret(delivery).rpartition(".")
    given = parse_qs(urlsplit(delivery.url).query).get("token", [""])[0]
    signatures.require_equal(secret, given)
    claims = _claims(signatures.require_header(delivery, HEADER), keys)
    signatures.require_equal(f"orgId:{config.org_id}", str(claims.get("iss")))
    audience = str(claims.get("aud"))
    if hook:  # unknown when a person made the webhook
        signatures.require_equal(f"webhookId:{hook}", audience)
    elif not audience.startswith("webhookId:"):
        raise BadDelivery("the token is for somebody else")
    signatures.require_fresh(_time(claims.get("iat")), delivery.received_at)
    if _time(claims.get("exp")) < delivery.received_at - timedelta(seconds=signatures.TOLERANCE):
        raise BadDelivery("the token has expired")


def _claims(token: str, keys: Keys) -> Mapping[str, Any]:
    import jwt  # with cryptography 25 ms: not before the first webhook

    # Times, issuer and audience are checked by ourselves: Zoho's are milliseconds or seconds.
    off: Any = {
        f"verify_{what}": False for what in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")
    }
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        claims: Mapping[str, Any] = jwt.decode(
            token, keys.get(kid), algorithms=["RS256"], options=off
        )
    except (jwt.PyJWTError, ValueError, TypeError) as problem:
        raise BadDelivery(f"the webhook's token is not good ({type(problem).__name__})") from None
    return claims


def _time(claim: Any) -> datetime:
    """A claim's time: the documents say milliseconds, their sample looks like seconds."""
    try:
        number = float(claim)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        raise BadDelivery("the token has no time") from None


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """A hint for each event of a ticket that may be ours: nothing in a body is signed.

    Only a deletion is believed, because what is gone cannot be read; our address is secret.
    """
    told = [_change(event, config, delivery.received_at) for event in _events(delivery.body)]
    return [change for change in told if change is not None]


def _change(event: Any, config: Config, received_at: datetime) -> Change | None:
    if not isinstance(event, dict) or not isinstance(event.get("payload"), dict):
        return None
    kind, payload = event.get("eventType"), event["payload"]
    number = payload.get("id") if kind in OF_TICKETS else payload.get("ticketId")
    wanted = isinstance(kind, str) and kind in subscriptions(config.department_id)
    if not wanted or not str(number or "").isdecimal() or _is_none_of_ours(payload, config):
        return None
    gone, time = kind == "Ticket_Delete", event.get("eventTime")
    return Change(
        id=f"deleted:{number}" if gone else f"event:{kind}:{payload.get('id')}:{time}",
        ticket_id=str(number),
        kind="deleted" if gone else "hint",
        at=_at(time, received_at),
        key=words.key_of(payload, config) if isinstance(payload.get("cf"), dict) else None,
    )


def _is_none_of_ours(payload: Mapping[str, Any], config: Config) -> bool:
    """True for another's ticket, where the event tells, and for a comment of our own."""
    fields, content = payload.get("cf"), payload.get("content")
    foreign = isinstance(fields, dict) and words.key_of(payload, config) is None
    return foreign or (isinstance(content, str) and not words.is_from_agent({"content": content}))


def _at(value: Any, received_at: datetime) -> datetime:
    try:
        return words.time_of(value)
    except (TypeError, ValueError, OverflowError, OSError):
        return received_at


def _events(body: bytes) -> list[Any]:
    try:
        events = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(events, list) or not events:
        raise BadDelivery("the body is not a list of events")
    return events
