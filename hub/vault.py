"""Secrets at rest: AES-256-GCM under named keys, bound to the place where they are stored.

A sealed value is `key id, NUL, 12 bytes nonce, ciphertext and tag`. The place ("workspace/table/
row/field") is authenticated with it, so that a ciphertext moved to another row opens nothing.
"""

import base64
import json
import os
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

NONCE = 12


class Unsealable(Exception):
    """A stored secret that none of our keys opens."""


class Vault:
    """Seals with the first key, opens with any."""

    def __init__(self, keys: tuple[tuple[str, SecretStr], ...]) -> None:
        self._keys = {name: AESGCM(base64.b64decode(key.get_secret_value())) for name, key in keys}
        self._first = keys[0][0]

    def seal(self, secret: str, place: str) -> bytes:
        """`secret` encrypted for `place`."""
        nonce = os.urandom(NONCE)
        body = self._keys[self._first].encrypt(nonce, secret.encode(), place.encode())
        return self._first.encode() + b"\0" + nonce + body

    def open(self, sealed: bytes, place: str) -> str:
        """What was sealed for `place`; raises `Unsealable`."""
        name, _, rest = bytes(sealed).partition(b"\0")
        key = self._keys.get(name.decode(errors="replace"))
        if key is None:
            raise Unsealable(f"{place} was sealed with a key that HUB_KEYS does not have")
        try:
            return key.decrypt(rest[:NONCE], rest[NONCE:], place.encode()).decode()
        except InvalidTag:
            raise Unsealable(f"{place} does not open: its key or its row has changed") from None

    def seal_json(self, value: Any, place: str) -> bytes:
        """A JSON value encrypted for `place`."""
        return self.seal(json.dumps(value), place)

    def open_json(self, sealed: bytes, place: str) -> Any:
        """The JSON value sealed for `place`."""
        return json.loads(self.open(sealed, place))


def place(table: str, row: str, field: str) -> str:
    """Where a secret lives; row ids are unique over workspaces."""
    return f"{table}/{row}/{field}"
