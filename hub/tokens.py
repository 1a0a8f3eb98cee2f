"""A connection's token: sealed in its row, renewed by one process at a time, stored before use.

Who renews takes a lease in the row (`renewing_until`) and gives the database back before the desk
is asked: no transaction and no database connection waits for a desk. The lease outlasts every
answer that we would still take, and PostgreSQL's clock ends it, so that a process that was killed
stops the others for `LEASE` at most. What a late process brings is kept only if the row still has
the pair that it started from.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from connectors.auth import Token
from connectors.errors import AuthFailed, Retryable
from hub.store import Row, Store, passing
from hub.telemetry import crashpoint
from hub.vault import Place, Vault

LEASE = 75  # seconds: a turn (10), a connection (5), an answer's wait (20) and drip (20), KEEPING
PATIENCE = 10.0  # seconds that a thread waits for another process's renewal
LOOK_EVERY = 0.1
KEEPING = 15.0  # seconds for which the database is asked again to take what the desk gave

Grant = Callable[[Token | None], Token]


class Tokens:
    """The token of one connection, as `connectors.auth.TokenStore`."""

    def __init__(self, store: Store, vault: Vault, connection_id: str) -> None:
        self.store = store
        self.vault = vault
        self.connection_id = connection_id
        self._here = threading.Lock()  # one thread of this process asks, the others take its token

    def get(self) -> Token | None:
        return self._token(self._row())

    def renew(self, stale: Token | None, grant: Grant) -> Token:
        """Raises `Retryable` when somebody else renews for longer than `PATIENCE`."""
        until = time.monotonic() + PATIENCE
        if not self._here.acquire(timeout=PATIENCE):
            raise Retryable("this process renews the token of this connection", retry_after=1.0)
        try:
            return self._renew(stale, grant, until)
        finally:
            self._here.release()

    def _renew(self, stale: Token | None, grant: Grant, until: float) -> Token:
        while True:
            row = self._row()
            current = self._token(row)
            if current is not None and current != stale:
                return current
            lease = self._take(row)
            if lease is not None:
                return self._renewed(row, lease, current, grant)
            self._wait(row, until)

    def _renewed(self, row: Row, lease: datetime, current: Token | None, grant: Grant) -> Token:
        with self._given_back(lease):
            try:
                fresh = grant(current)
            except AuthFailed:
                # Somebody stopped for longer than a lease may have used up the pair meanwhile.
                later = self._row()
                if later["token"] != row["token"]:
                    return self._must(later)
                raise
            crashpoint("token.answered", self.connection_id)
            if self._keep(fresh, instead_of=row):
                crashpoint("token.stored", self.connection_id)
                return fresh
            return self._must(self._row())  # a person has authorised anew

    def _take(self, row: Row) -> datetime | None:
        """The end of our lease; None while another has it, or when the pair has changed."""
        with self.store.transaction() as tx:
            taken = tx.first(
                "update connections set renewing_until = now() + make_interval(secs => :lease)"
                " where id = :id and token is not distinct from :token"
                " and coalesce(renewing_until, '-infinity') <= now() returning renewing_until",
                id=self.connection_id,
                token=row["token"],
                lease=LEASE,
            )
        return None if taken is None else taken["renewing_until"]

    @contextmanager
    def _given_back(self, lease: datetime) -> Iterator[None]:
        """The lease ends with the block, unless the process does not live to see it."""
        try:
            yield
        finally:
            with self.store.transaction() as tx:
                tx.run(
                    "update connections set renewing_until = null"
                    " where id = :id and renewing_until = :lease",
                    id=self.connection_id,
                    lease=lease,
                )

    def _wait(self, row: Row, until: float) -> None:
        if time.monotonic() >= until:
            words = "another process renews the token of this connection"
            raise Retryable(words, retry_after=max(1.0, row["lease_left"] or 0.0))
        time.sleep(LOOK_EVERY)

    def _keep(self, token: Token, *, instead_of: Row) -> bool:
        """Store the pair; False when the row has another than the one that it replaces.

        A desk that has given a new pair takes the old one no more, so a database that is away for
        a moment must not cost it.
        """
        until = time.monotonic() + KEEPING
        while True:
            try:
                return self._kept(token, instead_of)
            except (DBAPIError, PoolTimeout) as problem:
                if not passing(problem) or time.monotonic() >= until:
                    raise
                time.sleep(LOOK_EVERY)

    def _kept(self, token: Token, instead_of: Row) -> bool:
        with self.store.transaction() as tx:
            kept = tx.run(
                "update connections set token = :fresh"
                " where id = :id and token is not distinct from :old",
                id=self.connection_id,
                fresh=seal(self.vault, instead_of["workspace_id"], self.connection_id, token),
                old=instead_of["token"],
            )
        return bool(kept)

    def _row(self) -> Row:
        with self.store.reading() as tx:
            return tx.one(
                "select token, workspace_id,"
                " extract(epoch from renewing_until - now())::float as lease_left"
                " from connections where id = :id",
                id=self.connection_id,
            )

    def _must(self, row: Row) -> Token:
        """The row's token; `AuthFailed` when it was taken away."""
        token = self._token(row)
        if token is None:
            raise AuthFailed("The token was taken away while it was renewed.")
        return token

    def _token(self, row: Row) -> Token | None:
        if row["token"] is None:
            return None
        place = _place(row["workspace_id"], self.connection_id)
        value = self.vault.open_json(row["token"], place)
        return Token(
            access=SecretStr(value["access"]),
            refresh=SecretStr(value["refresh"]) if value["refresh"] else None,
            expires_at=datetime.fromisoformat(value["expires_at"]) if value["expires_at"] else None,
        )


def seal(vault: Vault, workspace_id: str, connection_id: str, token: Token) -> bytes:
    """A token as it is stored."""
    value = {
        "access": token.access.get_secret_value(),
        "refresh": token.refresh.get_secret_value() if token.refresh else None,
        "expires_at": token.expires_at.isoformat() if token.expires_at else None,
    }
    return vault.seal_json(value, _place(workspace_id, connection_id))


def _place(workspace_id: str, connection_id: str) -> Place:
    return Place(workspace_id, "connections", connection_id, "token")
