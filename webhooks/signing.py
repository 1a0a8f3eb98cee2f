"""Standard Webhooks v1 and v1a: sign what we send, verify what we get.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

v1 is HMAC-SHA256 with a secret that both sides know, `whsec_<base64>`. v1a is Ed25519: we sign with
the private key, `whsk_<base64>`, and show the public one, `whpk_<base64>`. The prefix tells which.
"""

import base64
import hashlib
import hmac
import re
import secrets as random
from collections.abc import Mapping, Sequence
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from webhooks.errors import BadSignature

PREFIX, PRIVATE, PUBLIC = "whsec_", "whsk_", "whpk_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret that we sign with
ED25519 = 32  # bytes of a key
TOLERANCE = 300  # seconds that a timestamp may differ from our clock, either way
ID = re.compile(r"[\x21-\x7e]{1,255}")
TIMESTAMP = re.compile(r"[1-9][0-9]{0,14}")
MOST_SIGNATURES = 32  # of one message that are looked at


def new_secret() -> str:
    """A fresh signing secret of 256 bits, as `whsec_<base64>`."""
    return PREFIX + base64.b64encode(random.token_bytes(32)).decode()


def new_private_key() -> str:
    """A fresh Ed25519 key, as `whsk_<base64>`."""
    return PRIVATE + base64.b64encode(random.token_bytes(ED25519)).decode()


def public_key(private_key: str) -> str:
    """The half of a `whsk_` key that may be shown, as `whpk_<base64>`."""
    public = _private(private_key).public_key().public_bytes_raw()
    return PUBLIC + base64.b64encode(public).decode()


def decode_secret(secret: str) -> bytes:
    """The key inside `whsec_<base64>`; ValueError for anything else."""
    return _decode(secret, PREFIX)


def check_strength(secret: str) -> None:
    """ValueError unless `secret` is `whsec_<base64>` of 24 to 64 bytes."""
    if not SHORTEST <= len(decode_secret(secret)) <= LONGEST:
        raise ValueError(f"a signing secret has {SHORTEST} to {LONGEST} bytes behind {PREFIX}")


def check_verifier(key: str) -> None:
    """ValueError unless messages can be verified with `key`, a secret or a public key."""
    if key.startswith(PUBLIC):
        _public(key)
    else:
        decode_secret(key)


def sign(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message sent at `timestamp` (epoch seconds): `v1,…`, by a key `v1a,…`."""
    signed = _signed(id, timestamp, body)
    if secret.startswith(PRIVATE):
        return "v1a," + base64.b64encode(_private(secret).sign(signed)).decode()
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
    signed = _signed(id, int(timestamp), body)
    # A list, not a generator: every secret is tried, so that the time tells nothing.
    if not any([_fits(key, signed, offered[:MOST_SIGNATURES]) for key in secrets]):
        raise BadSignature("no signature in webhook-signature matches")


def _signed(id: str, timestamp: int, body: bytes) -> bytes:
    return f"{id}.{timestamp}.".encode() + body


def _fits(key: str, signed: bytes, offered: Sequence[bytes]) -> bool:
    """True when one of the offered signatures is of this key."""
    try:
        if key.startswith(PUBLIC):
            public = _public(key)
            return any([_verifies(public, signed, one) for one in offered])
        digest = hmac.new(decode_secret(key), signed, hashlib.sha256).digest()
    except ValueError:
        raise BadSignature("the secret that is kept for this sender cannot be used") from None
    ours = b"v1," + base64.b64encode(digest)
    return any([hmac.compare_digest(ours, theirs) for theirs in offered])


def _verifies(public: Ed25519PublicKey, signed: bytes, offered: bytes) -> bool:
    version, _, coded = offered.partition(b",")
    if version != b"v1a":
        return False
    try:
        public.verify(base64.b64decode(coded, validate=True), signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(key: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(_decode(key, PRIVATE))


def _public(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_decode(key, PUBLIC))


def _decode(secret: str, prefix: str) -> bytes:
    if not secret.startswith(prefix):
        raise ValueError(f"a signing secret starts with {prefix}")
    coded = secret.removeprefix(prefix).rstrip("=")
    try:
        key = base64.b64decode(coded + "=" * (-len(coded) % 4), validate=True)
    except ValueError:
        raise ValueError(f"a signing secret is {prefix} and base64") from None
    if not key:
        raise ValueError("a signing secret is not empty")
    return key
