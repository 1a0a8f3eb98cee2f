"""Sandbox desks: vendors' APIs in memory behind one address, for demos, tests and experiments.

A desk folder's `sandbox.py` has `SANDBOX`, a `SandboxDesk` written from the vendor's facts, and
`harness(base_url)`, what the contract tests need to know of it. Nothing is kept on disk.
"""

import importlib
import importlib.util
import signal
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import BaseWSGIServer
from werkzeug.wrappers import Request, Response

from connectors import registry, sandbox_faults
from connectors.sandbox_control import Control
from connectors.sandbox_desk import SandboxDesk
from connectors.sandbox_faults import Faults
from connectors.sandbox_harness import Harness
from connectors.sandbox_ledger import Ledger
from connectors.sandbox_outbox import Outgoing
from connectors.sandbox_page import desk_page, index
from connectors.sandbox_server import listen
from connectors.sandbox_shapes import (
    Case,
    Entry,
    Held,
    Refused,
    Route,
    World,
    answer,
    route,
    same,
)

__all__ = [
    "Case",
    "Entry",
    "Faults",
    "Harness",
    "Held",
    "Ledger",
    "Outgoing",
    "Refused",
    "Route",
    "Sandbox",
    "SandboxDesk",
    "World",
    "answer",
    "find_desks",
    "route",
    "running",
    "same",
    "serve",
]


class Sandbox:
    """All sandbox desks as one WSGI application: `/<desk>/…`, `/<desk>/` for agents, `/_…`."""

    def __init__(self, desks: Iterable[type[SandboxDesk]], *, seed: int = 0) -> None:
        self.world = World(faults=Faults(seed))
        self.desks = {desk.name: desk(self.world) for desk in desks}
        self.control = Control(self.world, self.desks)

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        return self.respond(Request(environ))(environ, start_response)

    def respond(self, request: Request) -> Response:
        """The answer to any request."""
        path = request.path
        if path.startswith("/_"):
            return self.control(request, path)
        name, slash, rest = path[1:].partition("/")
        desk = self.desks.get(name)
        if desk is None:
            return index(self.desks.values()) if path == "/" else _unknown(name, self.desks)
        if not rest or rest.startswith("_agent/"):
            with desk.lock:
                return desk_page(desk, request, f"/{rest}")
        return self._call(desk, request, f"/{rest}")

    def _call(self, desk: SandboxDesk, request: Request, path: str) -> Response:
        """A request to the vendor's API: through the faults, then to the desk."""
        try:
            found, function, values = desk.find(request.method, path)
        except Refused as no:
            return no.answer
        if found.public:
            return desk.run(found, function, values, request)
        first, last = self.world.faults.strike(desk.name, request.method, path, found.calls)
        for fault in first + last:
            desk.record("fault", mode=fault.mode, method=request.method, path=path)
        instead = sandbox_faults.before(first, desk, request)
        if instead is not None:
            return instead
        return sandbox_faults.after(last, desk.run(found, function, values, request))


def _unknown(name: str, desks: Mapping[str, SandboxDesk]) -> Response:
    return answer({"error": f"no desk is called {name!r}; known are {', '.join(desks)}"}, 404)


def find_desks(names: Iterable[str] | None = None) -> list[type[SandboxDesk]]:
    """The sandbox of every installed desk that has one, or of those named."""
    found = []
    for name in registry.names() if names is None else names:
        where = f"{registry.home(name)}.sandbox"
        if importlib.util.find_spec(where) is None:
            continue
        desk = getattr(importlib.import_module(where), "SANDBOX", None)
        if desk is not None:  # live_chat is a desk without HTTP
            found.append(desk)
    return found


def serve(
    port: int, host: str = "127.0.0.1", desks: Iterable[str] | None = None, *, seed: int = 0
) -> None:
    """Serve the sandbox desks until SIGTERM or SIGINT, in the main thread."""
    server = _server(Sandbox(find_desks(desks), seed=seed), host, port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    origin = server.app.world.origin
    print(f"The sandbox desks answer at {origin}; they forget all when they stop.", flush=True)
    try:
        _serve(server)
    finally:
        server.server_close()


@contextmanager
def running(desks: Iterable[str] | None = None, *, seed: int = 0, port: int = 0) -> Iterator[str]:
    """The sandbox in a thread of this process: yields its base URL."""
    server = _server(Sandbox(find_desks(desks), seed=seed), "127.0.0.1", port)
    thread = threading.Thread(target=_serve, args=(server,), daemon=True)
    thread.start()
    try:
        yield server.app.world.origin
    finally:
        server.app.world.faults.clear()
        server.shutdown()
        thread.join()
        server.server_close()


def _server(sandbox: Sandbox, host: str, port: int) -> Any:
    server: BaseWSGIServer = listen(sandbox, host, port)
    sandbox.world.origin = f"http://{host}:{server.server_address[1]}"
    return server


def _serve(server: BaseWSGIServer) -> None:
    server.serve_forever(poll_interval=0.1)  # how soon a shutdown is noticed
