"""HubSpot's webhooks: arrays of events, signed with the app's client secret, retried ten times.

In HubSpot an app has one target URL; here every URL that a person enters stands for one more app
with the same secret. The array keeps its `attemptNumber` of 0 in retries.
"""

import base64
import hashlib
import hmac
import itertools
import json
import random
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.sandbox import Outgoing

PORTAL = 33
APP_ID = 1160452
CLIENT_SECRET = "hubspot-sandbox-client-secret"
LARGEST_ARRAY = 100
ATTEMPTS = 11  # the first one, and ten more within 24 hours
# What stays encoded in a signed URI and what does not: validating-requests, "v3".
DECODED = {f"%{ord(letter):02X}": letter for letter in ":/?@!$'()*,;"}


class Webhooks:
    """The apps' webhooks and the events that wait to be sent."""

    def __init__(self, now: Callable[[], datetime], send: Callable[[Outgoing], None]) -> None:
        self.now = now
        self.send = send
        self.urls: list[str] = []
        self.waiting: list[tuple[str, str | None, dict[str, Any]]] = []
        self.events = itertools.count(3816279340)

    def add(self, url: str) -> None:
        """A person enters a target URL and all subscriptions."""
        if url not in self.urls:
            self.urls.append(url)

    def emit(
        self, kind: str, ticket_id: str, key: str | None, *, source: tuple[str, str], **event: Any
    ) -> None:
        """Remember an event about a ticket for the next array."""
        told = {
            "eventId": next(self.events),
            "subscriptionId": 25,
            "portalId": PORTAL,
            "appId": APP_ID,
            "occurredAt": int(self.now().timestamp() * 1000),
            "subscriptionType": kind,
            "attemptNumber": 0,
            **event,
            "changeSource": source[0],
            "sourceId": source[1],
        }
        self.waiting.append((ticket_id, key, told))

    def flush(self) -> None:
        """Send what has gathered, one array a ticket, to every target."""
        waiting, self.waiting = self.waiting, []
        arrays: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        for ticket_id, key, event in waiting:
            arrays.setdefault((ticket_id, key), []).append(event)
        for (ticket_id, key), events in arrays.items():
            for start in range(0, len(events), LARGEST_ARRAY):
                self._send(events[start : start + LARGEST_ARRAY], ticket_id, key)

    def _send(self, events: list[dict[str, Any]], ticket_id: str, key: str | None) -> None:
        body = json.dumps(events, ensure_ascii=False).encode("utf-8", "surrogatepass")
        facts = {"ticket_id": ticket_id, "key": key, "event": events[0]["eventId"]}
        facts["types"] = sorted({event["subscriptionType"] for event in events})
        for url in self.urls:
            headers = self._headers(url, body)
            self.send(Outgoing(url=url, body=body, headers=headers, facts=facts, again=_again))

    def _headers(self, url: str, body: bytes) -> Callable[[], Mapping[str, str]]:
        def headers() -> Mapping[str, str]:
            stamp = str(int(self.now().timestamp() * 1000))
            return {
                "Content-Type": "application/json",
                "User-Agent": "HubSpot Connect 2.0 (http://dev.hubspot.com/)",
                "X-HubSpot-Signature": sign_v1(CLIENT_SECRET, body),
                "X-HubSpot-Signature-Version": "v1",
                "X-HubSpot-Signature-v3": sign(CLIENT_SECRET, "POST", url, body, stamp),
                "X-HubSpot-Request-Timestamp": stamp,
            }

        return headers


def sign(secret: str, method: str, url: str, body: bytes, timestamp: str) -> str:
    """The v3 signature."""
    uri = re.sub(r"%[0-9A-Fa-f]{2}", lambda m: DECODED.get(m[0].upper(), m[0]), url)
    source = method.upper().encode() + uri.encode() + body + timestamp.encode()
    return base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()


def sign_v1(secret: str, body: bytes) -> str:
    """The old signature, without the time."""
    return hashlib.sha256(secret.encode() + body).hexdigest()


def _again(attempt: int, status: int | None, _headers: Mapping[str, str]) -> float | None:
    """Anything but 2xx is sent again, at random times (here within a second)."""
    done = status is not None and 200 <= status < 300
    return None if done or attempt >= ATTEMPTS else random.uniform(0.02, 0.1)
