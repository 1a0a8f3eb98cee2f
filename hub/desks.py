"""Connections come to life here: their config opened, their pace kept in the database."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails

from connectors import registry
from connectors.auth import MemoryTokens, Token, TokenStore
from connectors.base import Config, Connector, Ports
from connectors.errors import NotFound, RateLimited, Unavailable
from connectors.files import LARGEST
from connectors.types import Field
from hub import tokens as token_store
from hub.native_desk import NativeDesk
from hub.store import Row, Store, connections
from hub.tokens import Tokens
from hub.vault import Place, Vault
from hub.ways import Out
from webhooks.download import Downloads, Failed

FIELDS_FRESH = timedelta(minutes=5)  # how long a list of a desk's fields is believed


class BadConfig(Exception):
    """A connection's config that its desk cannot work with; `errors` maps fields to sentences."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = errors


@dataclass(frozen=True)
class FieldList:
    """The fields of a new ticket as a desk told them; None where it cannot list them."""

    fields: tuple[Field, ...] | None
    read_at: datetime
    version: int  # of the connection


class Desks:
    """Opens connectors, one per version of a connection, and keeps their HTTP sessions."""

    def __init__(
        self,
        store: Store,
        vault: Vault,
        *,
        public_url: str,
        sandbox_url: str | None,
        downloads: Downloads,
        ways: Out,
    ) -> None:
        self.store = store
        self.vault = vault
        self.public_url = public_url
        self.sandbox_url = sandbox_url
        self.downloads = downloads
        self.ways = ways
        self._open: dict[str, tuple[int, Connector]] = {}
        self._fields: dict[str, FieldList] = {}
        self._lock = threading.Lock()

    def fields(self, connection: Row, *, fresh: bool = False) -> FieldList:
        """The desk's fields, at most five minutes old; `fresh` asks the desk now.

        Raises `connectors.errors` when it has to ask and the desk does not answer.
        """
        known, now = self._fields.get(connection["id"]), self.store.now()
        same = known is not None and known.version == connection["version"] and not fresh
        if known is not None and same and now - known.read_at < FIELDS_FRESH:
            return known
        listed = FieldList(self.open(connection).fields(), now, connection["version"])
        self._fields[connection["id"]] = listed
        return listed

    def open(self, connection: Row) -> Connector:
        """The connector of a stored connection."""
        with self._lock:
            version, connector = self._open.get(connection["id"], (None, None))
            if connector is None or version != connection["version"]:
                connector = self._make(connection)
                self._open[connection["id"]] = (connection["version"], connector)
            return connector

    def fresh(self, connection: Row) -> Connector:
        """Another connector of a stored connection, which shares no memory with the others."""
        return self._make(connection)

    def read_config(self, desk: str, values: dict[str, Any]) -> Config:
        """`values` as the desk's config; raises `BadConfig` by field."""
        connector = registry.get(desk)
        try:
            config = connector.Config.model_validate(values)
        except ValidationError as problem:
            told = [(".".join(map(str, e["loc"])) or "config", _words(e)) for e in problem.errors()]
            raise BadConfig(dict(told)) from None
        if config.base_url is not None and not self._is_sandbox(config.base_url):
            raise BadConfig(
                {"base_url": "Only an address below HUB_SANDBOX_URL may stand here. Leave it out."}
            )
        return config

    def try_out(self, desk: str, config: Config, tokens: TokenStore | None = None) -> Connector:
        """A connector for a config that is not stored yet."""
        return registry.get(desk)(config, self.ports(tokens))

    def ports(self, tokens: TokenStore | None = None) -> Ports:
        """What a connector needs that is not stored yet."""
        return Ports(now=self.store.now, tokens=tokens or MemoryTokens(), ways=self.ways)

    def seal(self, workspace_id: str, connection_id: str, config: Config) -> bytes:
        """The config as it is stored: whole, secrets included, readable by the vault only."""
        return self.vault.seal_json(_plain(config), _config_place(workspace_id, connection_id))

    def unseal(self, desk: str, workspace_id: str, connection_id: str, sealed: bytes) -> Config:
        """What was sealed for this connection."""
        values = self.vault.open_json(sealed, _config_place(workspace_id, connection_id))
        return registry.get(desk).Config.model_validate(values)

    def seal_token(self, workspace_id: str, connection_id: str, token: Token) -> bytes:
        """A token as it is stored."""
        return token_store.seal(self.vault, workspace_id, connection_id, token)

    def tokens(self, connection_id: str) -> TokenStore:
        """Where the token of a stored connection lives."""
        return Tokens(self.store, self.vault, connection_id)

    def close(self) -> None:
        """Forget every connector."""
        with self._lock:
            self._open.clear()
            self._fields.clear()

    def _make(self, connection: Row) -> Connector:
        desk = connection["desk"]
        connector = registry.get(desk)
        paced, over = connection["rate"] is not None, connector.can.rate_over
        ports = Ports(
            now=self.store.now,
            throttle=_Throttle(self.store, connection["id"], paced=paced, over=over),
            tokens=self.tokens(connection["id"]),
            native=NativeDesk(
                self.store,
                connection["workspace_id"],
                connection["id"],
                public_url=self.public_url,
            ),
            download=self._download,
            ways=self.ways,
        )
        config = self.unseal(
            desk, connection["workspace_id"], connection["id"], connection["config"]
        )
        return connector(config, ports)

    def _download(self, url: str) -> Iterator[bytes]:
        """What a desk keeps at another host: guarded, and in the errors of connectors."""
        try:
            yield from self.downloads.stream(url, LARGEST)
        except Failed as problem:
            if problem.again:
                raise Unavailable(str(problem), sent=False) from None
            raise NotFound(str(problem)) from None

    def _is_sandbox(self, url: str) -> bool:
        """True for an address on the very host and port of the sandbox desks."""
        if self.sandbox_url is None:
            return False
        here, there = urlsplit(self.sandbox_url), urlsplit(url)
        return (here.scheme, here.netloc) == (there.scheme, there.netloc)


class _Throttle:
    """A connection's pace over all workers; see `store.connections.turn`."""

    def __init__(self, store: Store, connection_id: str, *, paced: bool, over: int) -> None:
        self.store = store
        self.connection_id = connection_id
        self.paced = paced
        self.over = over

    def take(self) -> None:
        if not self.paced:
            return
        with self.store.transaction() as tx:
            # A turn lost in a crash costs a fraction of a second; it need not reach the disk.
            tx.run("set local synchronous_commit = off")
            seconds = connections.turn(tx, self.connection_id, self.over)
        if seconds > connections.SOON:
            raise RateLimited("waiting for this connection's turn", retry_after=seconds)
        if seconds:
            time.sleep(seconds)

    def limited(self, seconds: float) -> None:
        with self.store.transaction() as tx:
            connections.close_for(tx, self.connection_id, seconds)


def _words(error: ErrorDetails) -> str:
    """What is wrong with a field; nobody is asked to read a regular expression."""
    if error["type"] == "string_pattern_mismatch":
        return "This does not look like one; see what the field is for."
    return error["msg"].removeprefix("Value error, ")


def _config_place(workspace_id: str, connection_id: str) -> Place:
    return Place(workspace_id, "connections", connection_id, "config")


def _plain(config: Config) -> dict[str, Any]:
    """The config's values with its secrets in the clear, for sealing only."""
    return {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value
        for name, value in config.model_dump().items()
        if value is not None
    }
