"""Intercom's webhooks: an endpoint of the app, notifications, and their signature.

The vendor's pages disagree on where a notification has its ticket; each topic here follows the
page or the integration that shows it, and `flat_parts` turns replies into the other known shape.
With `short_tickets` a ticket has no more there than in the example of the vendor's facts.
"""

import hashlib
import hmac
import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from connectors.intercom import sandbox_text
from connectors.intercom.sandbox_tickets import Kept, Tickets
from connectors.sandbox import Outgoing

APP_ID = "a86dr8yl"
CLIENT_SECRET = "intercom-sandbox-client-secret"
AT_ITEM = ("ticket.state.updated", "ticket.resolved")
SHORT = ("type", "id", "ticket_id", "ticket_state", "open")  # no updated_at, no attributes
GONE = 410


class Webhooks:
    """Where the app's notifications go."""

    def __init__(
        self,
        tickets: Tickets,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
        send: Callable[[Outgoing], None],
    ) -> None:
        self.tickets = tickets
        self.now = now
        self.settings = settings
        self.send = send
        self.endpoints: list[str] = []

    def register(self, url: str) -> None:
        """Enter the endpoint in the Developer Hub; an app has one, the latest."""
        kept = [one for one in self.endpoints if one != url]
        self.endpoints = [*kept, url][-max(1, int(self.settings["endpoints"])) :]

    def emit(self, topic: str, kept: Kept, part: dict[str, Any] | None = None) -> None:
        """Tell what happened to a ticket."""
        at = int(self.now().timestamp())
        told = {
            "type": "notification_event",
            "app_id": APP_ID,
            "id": f"notif_{uuid.uuid4()}",
            "topic": topic,
            "created_at": at,
            "delivery_attempts": 1,
            "first_sent_at": at,
            "self": None,
            "delivered_at": 0,
            "data": {"type": "notification_event_data", "item": self._item(topic, kept, part)},
        }
        body = json.dumps(told, ensure_ascii=False).encode("utf-8", "surrogatepass")
        facts = {"ticket_id": kept.id, "key": kept.key, "event": told["id"], "type": topic}
        for url in self.endpoints:
            self.send(self._outgoing(url, body, facts))

    def _item(self, topic: str, kept: Kept, part: dict[str, Any] | None) -> dict[str, Any]:
        spoken = None if part is None else self._spoken(part)
        if topic in AT_ITEM:
            return self._ticket(kept)
        if spoken is not None and self.settings["flat_parts"]:
            return self._ticket(kept, spoken)
        item = {"type": "ticket", "ticket": self._ticket(kept)}
        return item if spoken is None else item | {"ticket_part": spoken}

    def _ticket(self, kept: Kept, *spoken: dict[str, Any]) -> dict[str, Any]:
        whole = self.tickets.shown(kept, spoken)
        return {name: whole[name] for name in SHORT} if self.settings["short_tickets"] else whole

    def _spoken(self, part: dict[str, Any]) -> dict[str, Any]:
        """A part as this app's version tells it: plain words since 2.15, HTML before."""
        if self.settings["app_version"] < 2.15 or part["body"] is None:
            return part
        return part | {"body": sandbox_text.as_words(part["body"])}

    def _outgoing(self, url: str, body: bytes, facts: Mapping[str, Any]) -> Outgoing:
        def headers() -> Mapping[str, str]:
            return {
                "Content-Type": "application/json",
                "User-Agent": "intercom-webhook",
                "X-Hub-Signature": sign(CLIENT_SECRET, body),
            }

        def again(attempt: int, status: int | None, _headers: Mapping[str, str]) -> float | None:
            """One retry after a minute; 410 ends the subscription."""
            if status == GONE:
                self.endpoints = [one for one in self.endpoints if one != url]
            done = status is not None and (200 <= status < 300 or status == GONE)
            return None if done or attempt > 1 else self.settings["retry_after"]

        return Outgoing(url=url, body=body, headers=headers, facts=facts, again=again)


def sign(secret: str, body: bytes) -> str:
    """The signature header: HMAC-SHA1 over the raw body, nothing else."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
