"""HTTP to addresses that strangers chose: guarded, never redirected, and with a real deadline.

A read timeout of requests is for each `recv`, so a byte a second keeps a caller for ever. Here the
timeout is the time for everything once the name is resolved, down to the last byte of the answer.
"""

import functools
import http.client
import io
import socket
import ssl
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import certifi
import requests
from requests.adapters import DEFAULT_POOLSIZE, HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import create_connection

from webhooks.guard import Guard

CONNECT_TIMEOUT = 5.0  # seconds
POOLS = 64  # hosts whose connections are kept


@functools.cache
def public_tls() -> ssl.SSLContext:
    """TLS verified by the certificates of certifi; one for the process: loading it is slow."""
    return ssl.create_default_context(cafile=certifi.where())


class GuardedSession(requests.Session):
    """A session that calls only what `guard` allows, and takes nothing from the environment.

    It follows no redirect, keeps no cookie, uses no proxy, and always verifies TLS: by `tls`, or
    by the certificates of certifi.
    """

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Accept-Encoding"] = "identity"  # nothing that swells when unpacked
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = GuardedAdapter(guard, tls)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """None: requests would read the whole answer of a redirect, however long."""
        return None


class CheckedAdapter(HTTPAdapter):
    """Resolves a host once, has the guard check every address, and dials one that was checked."""

    def __init__(
        self,
        guard: Guard,
        tls: ssl.SSLContext | None = None,
        *,
        pool: int = DEFAULT_POOLSIZE,
        response: type[http.client.HTTPResponse] = http.client.HTTPResponse,
    ) -> None:
        self.asked = {"guard": guard, "response": response}
        self.guard = guard
        self.tls = tls or public_tls()
        super().__init__(pool_connections=POOLS, pool_maxsize=pool)

    def init_poolmanager(
        self, connections: int, maxsize: int, block: bool = False, **pool_kwargs: Any
    ) -> None:
        """Connections that ask the guard, and one TLS context for all."""
        self.poolmanager = _Pools(
            self.asked,
            num_pools=connections,
            maxsize=maxsize,
            block=block,
            ssl_context=self.tls,
            **pool_kwargs,
        )

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Nothing to choose for a caller: the context of this adapter verifies."""

    def send(  # type: ignore[override]
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        **_asked: Any,
    ) -> requests.Response:
        """Send, verified and without proxy whatever is asked; Forbidden if the guard refuses."""
        return super().send(request, stream=stream, timeout=timeout)


class GuardedAdapter(CheckedAdapter):
    """The same for whole URLs that strangers chose, with a timeout for the whole answer."""

    def __init__(self, guard: Guard, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(guard, tls, response=_TimedResponse)

    def send(  # type: ignore[override]
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        **_asked: Any,
    ) -> requests.Response:
        """One number as `timeout` is for all of it, of which 5 s at most to connect."""
        self.guard.check_url(request.url or "")
        if isinstance(timeout, int | float):
            timeout = Timeout(total=timeout, connect=min(CONNECT_TIMEOUT, timeout))
        return super().send(request, stream=stream, timeout=timeout)


class _Guarded(HTTPConnection):
    """A connection that dials an address which the guard has seen."""

    def __init__(
        self, *args: Any, guard: Guard, response: type[http.client.HTTPResponse], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.guard = guard
        self.response_class = response

    def _new_conn(self) -> socket.socket:
        try:
            addresses = self.guard.resolve(self._dns_host, self.port)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(str(error))) from error
        return self._dial(addresses)

    def _dial(self, addresses: list[str]) -> socket.socket:
        """The first address that answers; the connect timeout is for all of them together."""
        deadline = time.monotonic() + (self.timeout or 0)
        error: OSError = OSError("the host has no address")
        for address in addresses:
            left = max(0.01, deadline - time.monotonic()) if self.timeout else None
            try:
                return create_connection(
                    (address, self.port), left, socket_options=self.socket_options
                )
            except OSError as failure:
                error = failure
        if isinstance(error, TimeoutError):
            raise ConnectTimeoutError(self, "no connection in time") from error
        raise NewConnectionError(self, f"no connection: {error}") from error


class _GuardedHTTPS(_Guarded, HTTPSConnection):
    """The same under TLS, which verifies the name and not the address."""


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _Guarded


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _GuardedHTTPS


class _Pools(PoolManager):
    def __init__(self, asked: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.asked = asked
        self.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def _new_pool(
        self,
        scheme: str,
        host: str,
        port: int,
        request_context: dict[str, Any] | None = None,
    ) -> HTTPConnectionPool:
        pool = super()._new_pool(scheme, host, port, request_context)
        pool.conn_kw.update(self.asked)
        return pool


class _TimedResponse(http.client.HTTPResponse):
    """An answer that must arrive, to its last byte, within the timeout that its socket has now."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(sock, raw))


class _TimedReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self.sock = sock
        self.raw = raw
        timeout = sock.gettimeout()
        self.deadline = None if timeout is None else time.monotonic() + timeout

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the answer took too long")
            self.sock.settimeout(left)
        return self.raw.readinto(buffer)

    def close(self) -> None:
        self.raw.close()
        super().close()
