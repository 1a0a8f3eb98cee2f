"""A TCP address before the tests' PostgreSQL, whose connections can fall silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from hub import cluster


class Wire:
    """Carries bytes to and fro; `silence` swallows those of the connections that there are."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.ends: list[socket.socket] = []
        self.silent: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def silence(self) -> None:
        """Nothing that is sent now arrives, and nobody is told."""
        self.silent = set(self.ends)

    def close(self) -> None:
        """Every connection ends, and with them the threads."""
        for end in (self.listener, *self.ends):
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self.path)
            self.ends += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                if one not in self.silent:
                    other.sendall(data)
            other.shutdown(socket.SHUT_RDWR)
        except OSError:
            return


@contextmanager
def before(url: str) -> Iterator[tuple[Wire, str]]:
    """A wire to the database of `url`, a socket's, and its URL there."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    wire = Wire(f"{folder}/.s.PGSQL.{cluster.PORT}")
    port = wire.listener.getsockname()[1]
    try:
        yield wire, f"postgresql://hub@127.0.0.1:{port}{parts.path}?sslmode=disable"
    finally:
        wire.close()
