"""Little Desk's webhooks: verify the bytes, then tell what they say. Pure."""

import json
from datetime import UTC, datetime

from connectors import signatures
from connectors.errors import BadDelivery
from connectors.little_desk import words
from connectors.little_desk.config import Config
from connectors.types import Change, Delivery

SIGNATURE, TIMESTAMP = "x-desk-signature", "x-desk-timestamp"


def verify(delivery: Delivery) -> None:
    """Raise `BadDelivery` unless Little Desk signed these bytes just now.

    The signature is hex(HMAC-SHA256(secret, timestamp + "." + body)).
    """
    secret = signatures.require_secret(delivery)
    stamp = signatures.require_header(delivery, TIMESTAMP)
    given = signatures.require_header(delivery, SIGNATURE)
    signed = f"{stamp}.".encode("utf-8", "replace")
    signatures.require_equal(signatures.digest_hex(secret, signed, delivery.body), given)
    signatures.require_fresh(_time(stamp), delivery.received_at)


def parse(delivery: Delivery, config: Config) -> list[Change]:
    """What a delivery tells of a ticket of ours; of anything else, nothing."""
    try:
        event = json.loads(delivery.body)
    except (ValueError, RecursionError):
        raise BadDelivery("the body is not JSON") from None
    if not isinstance(event, dict):
        raise BadDelivery("the body is not a JSON object")
    if event.get("event") != "ticket.changed":
        return []
    try:
        return words.changes_of(event["ticket"], config)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BadDelivery(f"a ticket in an unknown shape ({type(problem).__name__})") from None


def _time(stamp: str) -> datetime:
    try:
        return datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadDelivery("the timestamp is no time") from None
