"""Freshdesk's automation rules that call a webhook: made by hand, unsigned, with our template.

The rule is one for ticket updates: a new ticket is none. The template's values are always strings;
what `{{triggered_event}}` says is from memory.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from connectors.freshdesk.sandbox_fields import STATUSES, key_of
from connectors.sandbox import Outgoing

HEADER = "X-Hub-Secret"
WAITS = (300.0, 1800.0, 3600.0)  # seconds; after the last try Freshdesk mails the admins


class Rules:
    """The rules "when a ticket is updated or deleted, then trigger a webhook"."""

    def __init__(self, send: Callable[[Outgoing], None], settings: Mapping[str, float]) -> None:
        self.send = send
        self.settings = settings
        self.rules: dict[str, str] = {}  # the address and the secret in its custom header

    def person_makes(self, url: str, secret: str) -> None:
        """What an admin does on the page for automation rules; the same address is edited."""
        self.rules[url] = secret

    def fire(self, ticket: Mapping[str, Any], event: str) -> None:
        """Tell every rule's webhook that something happened to a ticket."""
        told = {
            "event": event,
            "ticket_id": str(ticket["id"]),
            "status": STATUSES[ticket["status"]],
            "secret_version": "1",
        }
        body = json.dumps(told, separators=(",", ":")).encode()
        facts = {"ticket_id": str(ticket["id"]), "key": key_of(ticket), "event": event}
        for url, secret in self.rules.items():
            headers = {"Content-Type": "application/json", HEADER: secret}
            again = self._again
            self.send(Outgoing(url=url, body=body, headers=headers.copy, facts=facts, again=again))

    def _again(self, attempt: int, status: int | None, _headers: Mapping[str, str]) -> float | None:
        done = status is not None and 200 <= status < 300
        if done or attempt > len(WAITS):
            return None
        return WAITS[attempt - 1] * self.settings["webhook_retry_pace"]
