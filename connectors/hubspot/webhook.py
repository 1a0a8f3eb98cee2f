"""HubSpot's webhooks: verify the bytes, then tell which tickets to look at. Pure functions.

An event names a ticket and never its key, so that events of others' tickets come through as well;
nor does it tell texts or what a stage means: nearly all are hints.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.hubspot import words
from connectors.hubspot.config import TICKET_TYPE, WATCHED, Config
from connectors.types import Change, Delivery

SIGNATURE = "x-hubspot-signature-v3"
TIMESTAMP = "x-hubspot-request-timestamp"
# The characters that HubSpot decodes in the URL before it signs; all others stay encoded.
DECODED = re.compile("%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)", re.IGNORECASE)


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless HubSpot's signature v3 fits and was made just now.

    developers.hubspot.com/docs/api-reference/webhooks/validating-requests: base64 of the
    HMAC-SHA256 under the app's client secret of method, whole public URL, body, timestamp in ms.
    """
    secret = signatures.require_secret(delivery)
    stamp = signatures.require_header(delivery, TIMESTAMP)
    given = signatures.require_header(delivery, SIGNATURE)
    head = f"{delivery.method.upper()}{decoded(delivery.url)}".encode("utf-8", "replace")
    end = stamp.encode("utf-8", "replace")
    signatures.require_equal(signatures.digest_base64(secret, head, delivery.body, end), given)
    signatures.require_fresh(_time(stamp), delivery.received_at)


def decoded(url: str) -> str:
    """The URL as HubSpot signs it."""
    return DECODED.sub(lambda found: chr(int(found[1], 16)), url)


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """What the events of a delivery tell of tickets of this account."""
    changes: list[Change] = []
    for event in _events(delivery.body):
        if isinstance(event, Mapping) and str(event.get("portalId")) == config.portal_id:
            changes += _changes(event, delivery.received_at)
    return changes


def steps(url: str) -> tuple[str, ...]:
    """How a person sets up the webhooks to `url`, which HubSpot lets nobody else do."""
    return (
        "HubSpot lets nobody but a person set up the webhooks of such an app: open Settings, "
        "Integrations, Legacy apps, the app of this connection, Edit app, Webhooks. (A service "
        "key has no webhooks; without them the hub polls.)",
        f"Enter the target URL {url} and leave the throttling as it is.",
        "Create subscriptions for Tickets: Deleted, Merged, and Property changed of "
        f"{', '.join(WATCHED)}.",
        "Activate the subscriptions and save the app; the secret that signs is the app's client "
        "secret, which the hub knows.",
    )


def _changes(event: Mapping[str, Any], received_at: datetime) -> list[Change]:
    kind, _, what = str(event.get("subscriptionType")).partition(".")
    if kind != "ticket" and (kind, event.get("objectTypeId")) != ("object", TICKET_TYPE):
        return []
    at = _when(event.get("occurredAt"), received_at)
    if what == "merge":
        return _merged(event, at)
    ticket = _number(event.get("objectId") or event.get("fromObjectId"))
    if ticket is None:
        return []
    if what == "deletion":
        return [Change(id=f"deleted:{ticket}", ticket_id=ticket, kind="deleted", at=at)]
    names = ("subscriptionType", "eventId", "occurredAt")  # eventId alone is not unique
    told = ":".join(str(event.get(name)) for name in names)
    return [Change(id=f"event:{ticket}:{told}", ticket_id=ticket, kind="hint", at=at)]


def _merged(event: Mapping[str, Any], at: datetime) -> list[Change]:
    """The tickets that are gone (fields from memory), and the one that has all of theirs."""
    into = _number(event.get("newObjectId") or event.get("primaryObjectId"))
    gone = event.get("mergedObjectIds")
    numbers = [_number(one) for one in gone] if isinstance(gone, list) else []
    return [
        Change(id=f"merged:{n}", ticket_id=n, kind="merged", at=at, merged_into=into)
        for n in numbers
        if n is not None and n != into
    ]


def _events(body: bytes) -> list[Any]:
    """The events: an array from the CRM; a single object, from a channel, is none of our use."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if isinstance(told, dict):
        return []
    if not isinstance(told, list) or not told:
        raise BadDelivery("the body is not a JSON array of events")
    return told


def _number(value: Any) -> str | None:
    text = str(value)
    return text if text.isascii() and text.isdecimal() else None


def _when(value: Any, otherwise: datetime) -> datetime:
    try:
        return words.time_of(value)
    except ValueError:
        return otherwise


def _time(stamp: str) -> datetime:
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 15):
        raise BadDelivery("the timestamp is not a time")
    return datetime.fromtimestamp(int(stamp) / 1000, UTC)
