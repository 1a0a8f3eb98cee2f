"""What the desks' webhook signatures share: the HMAC, a constant-time comparison, the clock."""

import base64
import hashlib
import hmac
from datetime import datetime

from connectors.errors import BadDelivery
from connectors.types import Delivery

TOLERANCE = 300.0  # seconds that a delivery may lie from our clock, either way


def digest(secret: str, *parts: bytes, algorithm: str = "sha256") -> bytes:
    """The HMAC of the joined `parts` under the secret's UTF-8 bytes."""
    return hmac.new(secret.encode(), b"".join(parts), getattr(hashlib, algorithm)).digest()


def digest_base64(secret: str, *parts: bytes, algorithm: str = "sha256") -> str:
    """The HMAC of the joined `parts` in base64."""
    return base64.b64encode(digest(secret, *parts, algorithm=algorithm)).decode()


def digest_hex(secret: str, *parts: bytes, algorithm: str = "sha256") -> str:
    """The HMAC of the joined `parts` in lower-case hexadecimal."""
    return digest(secret, *parts, algorithm=algorithm).hex()


def require_secret(delivery: Delivery) -> str:
    """The delivery's secret; without one nothing can be believed."""
    if not delivery.secret:
        raise BadDelivery("no signing secret is stored for this webhook")
    return delivery.secret


def require_header(delivery: Delivery, name: str) -> str:
    """A header that the desk always sends (`name` in lower case)."""
    value = delivery.headers.get(name)
    if not value:
        raise BadDelivery(f"the header {name} is missing")
    return value


def require_equal(expected: str, given: str) -> None:
    """Raise `BadDelivery` unless both are the same, in a time that tells nothing."""
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise BadDelivery("the signature does not match")


def require_fresh(at: datetime, received_at: datetime) -> None:
    """Raise `BadDelivery` unless `at` lies within `TOLERANCE` of the arrival; both are aware."""
    if abs((received_at - at).total_seconds()) > TOLERANCE:
        raise BadDelivery("the delivery is older than 300 seconds, or from the future")
