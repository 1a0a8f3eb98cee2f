"""Intercom's notifications: verify the bytes, then tell what they say. Pure functions."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.intercom import words
from connectors.intercom.config import NEEDS_PART, TOPICS, Config
from connectors.types import Change, Delivery

SIGNATURE = "x-hub-signature"


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless `sha1=` and hex(HMAC-SHA1(client secret, body)) was sent now.

    No header tells the time, but the signed body does: when it was sent first. Intercom repeats
    once, a minute later; what it throttled for longer comes with the poll.
    """
    secret = signatures.require_secret(delivery)
    given = signatures.require_header(delivery, SIGNATURE)
    signed = signatures.digest_hex(secret, delivery.body, algorithm="sha1")
    signatures.require_equal(f"sha1={signed}", given)
    signatures.require_fresh(_sent(_event(delivery.body)), delivery.received_at)


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """The changes of one notification about a ticket that the hub made; else none."""
    event = _event(delivery.body)
    topic, item = str(event.get("topic")), _inner(event, "data", "item")
    if topic not in TOPICS or item is None:
        return []
    ticket = _ticket(item)
    # A notification without the ticket's attributes may be ours: the hub knows its ticket's id.
    told_whose = isinstance(ticket.get("ticket_attributes"), Mapping)
    if not words.id_or_none(ticket.get("id")) or (told_whose and not words.ours(ticket)):
        return []
    try:  # a ticket in another shape, or without `updated_at`, has to be read
        parts = _parts(item)
        told = words.changes_of(ticket, parts, config, delivery.received_at, sniff=True)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError):
        return [_hint(event, ticket, delivery.received_at)]
    if topic in NEEDS_PART and not parts:
        told.append(_hint(event, ticket, delivery.received_at))
    return told


def steps(url: str) -> tuple[str, ...]:
    """What a person does, since Intercom has no API for it."""
    return (
        "Intercom has no API for webhooks. Open developers.intercom.com, Developer Hub, your app, "
        "Configure, Webhooks.",
        f"Enter the endpoint URL {url} and save. An app has one endpoint only: two connections of "
        "the hub need two apps.",
        f"Tick these topics: {', '.join(TOPICS)}. Some appear only with the app's API version.",
        "Under Authentication, the app needs the permissions to read and write tickets, users and "
        "conversations, and to read admins.",
        "The hub checks signatures with the client secret of this form (Basic information).",
    )


def _ticket(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ticket, which some topics put at `item` and others at `item.ticket`."""
    inner = item.get("ticket")
    return inner if isinstance(inner, Mapping) else item


def _parts(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts that a notification brings: one as `ticket_part`, or a list as REST has it."""
    if item.get("ticket_part"):
        return [item["ticket_part"]]
    for holder in (item, _ticket(item)):
        listed = holder.get("ticket_parts")
        if listed:
            return list(listed["ticket_parts"])
    return []


def _hint(event: Mapping[str, Any], ticket: Mapping[str, Any], at: datetime) -> Change:
    """Something happened to the ticket that the notification does not tell in full."""
    return Change(
        id=f"event:{event.get('id')}",
        ticket_id=str(ticket["id"]),
        kind="hint",
        at=at,
        key=words.key_of(ticket),
    )


def _inner(event: Mapping[str, Any], *path: str) -> Mapping[str, Any] | None:
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _event(body: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(event, Mapping):
        raise BadDelivery("the body is not a JSON object")
    return event


def _sent(event: Mapping[str, Any]) -> datetime:
    try:
        return words.time_of(event.get("first_sent_at") or event["created_at"])
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise BadDelivery("the notification does not tell when it was sent") from None
