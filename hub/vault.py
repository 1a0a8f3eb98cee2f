"""Secrets at rest: AES-256-GCM under named keys, bound to the place where they are stored.

A sealed value is `2, key id, NUL, 12 bytes nonce, ciphertext and tag`. Its place (workspace, table,
row and field) is authenticated with it, so that a ciphertext moved elsewhere opens nothing. Without
the 2 in front it is of the first form, whose place was without workspace: `keys rotate` ends those.
"""

import base64
import hmac
import json
import os
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

NONCE = 12
FORM = b"\x02"


class Unsealable(Exception):
    """A stored secret that none of our keys opens."""


class Place(NamedTuple):
    """Where a secret lives."""

    workspace_id: str
    table: str
    row: str
    field: str

    def __str__(self) -> str:
        return "/".join(self[1:])


class Vault:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: tuple[tuple[str, SecretStr], ...]) -> None:
        plain = {name: base64.b64decode(key.get_secret_value()) for name, key in keys}
        self._keys = {name: AESGCM(key) for name, key in plain.items()}
        self._marks = {
            name: hmac.digest(key, b"the hub's mark of a key", "sha256").hex()[:16]
            for name, key in plain.items()
        }
        self._first = keys[0][0]

    @property
    def marks(self) -> dict[str, str]:
        """Each key's id with a mark by which this very key is known, and from which none is had."""
        return dict(self._marks)

    @property
    def mark(self) -> bytes:
        """With what everything begins that is sealed from now on."""
        return FORM + self._first.encode() + b"\0"

    def seal(self, secret: str, place: Place) -> bytes:
        """`secret` encrypted for `place`."""
        nonce = os.urandom(NONCE)
        key = self._keys[self._first]
        return self.mark + nonce + key.encrypt(nonce, secret.encode(), _bound(place))

    def open(self, sealed: bytes, place: Place) -> str:
        """What was sealed for `place`; raises `Unsealable`."""
        mark, _, rest = bytes(sealed).partition(b"\0")
        key = self._keys.get(mark.removeprefix(FORM).decode(errors="replace"))
        if key is None:
            raise Unsealable(f"{place} was sealed with a key that HUB_KEYS does not have")
        bound = _bound(place) if mark.startswith(FORM) else str(place).encode()
        try:
            return key.decrypt(rest[:NONCE], rest[NONCE:], bound).decode()
        except (InvalidTag, ValueError):  # ValueError: too short to have a nonce
            raise Unsealable(f"{place} does not open: its key or its row has changed") from None

    def seal_json(self, value: Any, place: Place) -> bytes:
        """A JSON value encrypted for `place`."""
        return self.seal(json.dumps(value), place)

    def open_json(self, sealed: bytes, place: Place) -> Any:
        """The JSON value sealed for `place`."""
        return json.loads(self.open(sealed, place))


def _bound(place: Place) -> bytes:
    return "/".join(place).encode()
