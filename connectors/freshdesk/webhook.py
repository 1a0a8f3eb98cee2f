"""Freshdesk's webhooks: not signed, so a shared secret opens the door and a hint is all they say.

Their body is a template of ours (see `TEMPLATE`) with every value as text. Free text stays out of
it: Freshdesk does not escape it for JSON.
"""

import json
from typing import Any

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.types import Change, Delivery

SECRET = "x-hub-secret"
TEMPLATE = (
    '{"event":"{{triggered_event}}","ticket_id":"{{ticket.id}}","status":"{{ticket.status}}",'
    '"secret_version":"1"}'
)


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless the header that we chose holds our secret."""
    secret = signatures.require_secret(delivery)
    signatures.require_equal(secret, signatures.require_header(delivery, SECRET))


def parse(delivery: Delivery) -> list[Change]:
    """A hint to read the ticket; none without a ticket's number.

    A webhook has no id and may come again after 5, 30 and 60 minutes: each arrival is a hint of
    its own, so that none is taken for an earlier one.
    """
    number = _body(delivery.body).get("ticket_id")
    ticket_id = str(number) if isinstance(number, str | int) else ""
    if not (ticket_id.isascii() and ticket_id.isdecimal()):
        return []
    at = delivery.received_at
    hint = Change(id=f"hint:{ticket_id}:{at.isoformat()}", ticket_id=ticket_id, kind="hint", at=at)
    return [hint]


def steps(url: str, secret: str) -> tuple[str, ...]:
    """How an admin makes the webhook: Freshdesk has no documented API for it."""
    return (
        "In Freshdesk, as an admin, open Admin, Workflows, Automations, Ticket updates, New rule. "
        'Name it "Escalation hub".',
        "When an action is performed by: Agent. Involves any of these events: Reply is sent; Note "
        "is added, Any; Status is changed, from Any to Any; Agent is changed, from Any to Any; "
        "Ticket is deleted, if your plan shows it.",
        "On tickets with these properties: Tag contains escalated_by_ai, if your mapping sets this "
        "tag as the default one does; else no condition.",
        f"Perform these actions: Trigger webhook. Request type POST, URL {url}, a custom header "
        f'"X-Hub-Secret: {secret}", encoding JSON, content Advanced.',
        f"As content, paste exactly: {TEMPLATE}",
        "Preview and save, and see that the rule is switched on. Polling tells what a rule misses.",
    )


def _body(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(told, dict):
        raise BadDelivery("the body is not a JSON object")
    return told
