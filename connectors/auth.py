"""How a connector proves who it is: fixed headers, or tokens renewed once for all processes."""

import base64
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import SecretStr
from requests import PreparedRequest
from requests.auth import AuthBase


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """An access token; `expires_at` is None where the desk names no lifetime."""

    access: SecretStr
    refresh: SecretStr | None = None
    expires_at: datetime | None = None

    def stale(self, now: datetime, margin: timedelta = timedelta(seconds=60)) -> bool:
        """True when it ends within `margin`."""
        return self.expires_at is not None and self.expires_at - margin <= now


class TokenStore(Protocol):
    """Where a connection's token lives, shared by all processes."""

    def get(self) -> Token | None:
        """The stored token, or None before the first."""
        ...

    def renew(self, stale: Token | None, grant: Callable[[Token | None], Token]) -> Token:
        """A token other than `stale`: somebody else's new one, or `grant(current)` stored first."""
        ...


class MemoryTokens:
    """A token store for one process: tests and commands."""

    def __init__(self) -> None:
        self.token: Token | None = None
        self._one = threading.Lock()

    def get(self) -> Token | None:
        return self.token

    def renew(self, stale: Token | None, grant: Callable[[Token | None], Token]) -> Token:
        with self._one:
            if self.token is None or self.token == stale:
                self.token = grant(self.token)
            return self.token


class Renewable(Protocol):
    """Authentication that can be renewed after a 401."""

    def renew(self) -> None:
        """Get a token other than the one that this thread used last."""
        ...


class OAuth(AuthBase):
    """A bearer token from the store, granted or renewed when it is missing, stale or refused."""

    def __init__(
        self,
        tokens: TokenStore,
        grant: Callable[[Token | None], Token],
        now: Callable[[], datetime],
        scheme: str = "Bearer",
    ) -> None:
        self.scheme = scheme
        self.tokens = tokens
        self.grant = grant
        self.now = now
        self.token: Token | None = None
        # Per thread: a thread whose refusal comes late must not renew the token that another has
        # just got, which at some desks would kill it.
        self._used = threading.local()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        token = self.token
        if token is None or token.stale(self.now()):
            token = self.tokens.get()
        if token is None or token.stale(self.now()):
            token = self.tokens.renew(token, self.grant)
        self.token = self._used.token = token
        request.headers["Authorization"] = f"{self.scheme} {token.access.get_secret_value()}"
        return request

    def renew(self) -> None:
        self.token = self.tokens.renew(getattr(self._used, "token", None), self.grant)


class Basic(AuthBase):
    """HTTP basic authentication with a name and a secret, both in UTF-8."""

    def __init__(self, name: str, secret: SecretStr) -> None:
        pair = f"{name}:{secret.get_secret_value()}".encode()
        self.header = "Basic " + base64.b64encode(pair).decode()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = self.header
        return request
