"""Standard Webhooks v1: sign what we send, verify what we get.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
import re
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import datetime

from webhooks.errors import BadSignature

PREFIX = "whsec_"
TOLERANCE = 300  # seconds that a timestamp may differ from our clock, either way
ID = re.compile(r"[\x21-\x7e]{1,255}")
TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")


def new_secret() -> str:
    """A fresh signing secret of 256 bits, as `whsec_<base64>`."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def decode_secret(secret: str) -> bytes:
    """The key inside `whsec_<base64>`; ValueError for anything else."""
    if not secret.startswith(PREFIX):
        raise ValueError(f"a signing secret starts with {PREFIX}")
    coded = secret.removeprefix(PREFIX).rstrip("=")
    try:
        key = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except ValueError:
        raise ValueError(f"a signing secret is {PREFIX} and base64") from None
    if not key:
        raise ValueError("a signing secret is not empty")
    return key


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The signature `v1,<base64>` of one message sent at `timestamp` (epoch seconds)."""
    signed = f"{id}.{timestamp}.".encode() + body
    digest = hmac.new(decode_secret(secret), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; one signature for each secret, two while one rotates."""
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(secret, id, timestamp, body) for secret in secrets),
    }


def verify(
    secrets: Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
    tolerance: int = TOLERANCE,
) -> None:
    """BadSignature unless one of `secrets` signed these bytes within `tolerance` seconds of `now`.

    The names of `headers` are lower-case. Without a secret nothing is genuine.
    """
    id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not ID.fullmatch(id):
        raise BadSignature("webhook-id is missing or malformed")
    if not TIMESTAMP.fullmatch(timestamp):
        raise BadSignature("webhook-timestamp is missing or not in seconds")
    if abs(now.timestamp() - int(timestamp)) > tolerance:
        raise BadSignature(f"webhook-timestamp is more than {tolerance} s from now")
    offered = headers.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    if not _any_matches(_expected(secrets, id, int(timestamp), body), offered):
        raise BadSignature("no signature in webhook-signature matches")


def _expected(secrets: Sequence[str], id: str, timestamp: int, body: bytes) -> list[bytes]:
    try:
        return [sign(secret, id, timestamp, body).encode() for secret in secrets]
    except ValueError:
        raise BadSignature("the secret that is kept for this sender cannot be used") from None


def _any_matches(expected: Sequence[bytes], offered: Sequence[bytes]) -> bool:
    # A list, not a generator: every pair is compared, so that the time tells nothing.
    return any([hmac.compare_digest(ours, theirs) for ours in expected for theirs in offered])
