"""A web server on loopback that plays what a test wrote down, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.base import Ports


def ports(**more: Any) -> Ports:
    """The world of a session: the real clock, and what the test gives it."""
    return Ports(now=lambda: datetime.now(UTC), **more)


@dataclass
class Asked:
    """One request as it arrived; `headers` in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    """What the server answers; `raw` writes the bytes of the whole answer itself."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[Any], None] | None = None


class Script:
    """`at(method, path, *answers)`: each answer once, the last one for ever."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.answers: dict[tuple[str, str], list[Any]] = {}

    def at(self, method: str, path: str, *answers: Any) -> None:
        self.answers[method, path] = [a if isinstance(a, Answer) else Answer(a) for a in answers]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        waiting = self.answers.get((asked.method, asked.path))
        if not waiting:
            return Answer({"error": "RecordNotFound", "description": "Not found"}, 404)
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]

    def to(self, method: str, path: str) -> list[Asked]:
        """The requests of one kind, in order."""
        return [a for a in self.asked if (a.method, a.path) == (method, path)]


@contextmanager
def server(prefix: str = "", drop: str = "") -> Iterator[Script]:
    """A running script; paths are told without `prefix` and without the ending `drop`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one packet

        def go(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("content-length") or 0)
            asked = Asked(
                self.command,
                parts.path.removeprefix(prefix).removesuffix(drop),
                dict(parse_qsl(parts.query)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            self.play(script.answer(asked))

        def play(self, answer: Answer) -> None:
            if answer.raw:
                answer.raw(self.wfile)
                self.close_connection = True
                return
            whole = answer.body
            body = whole if isinstance(whole, bytes) else b"" if whole is None else _json(whole)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = go

        def log_message(self, *args: Any) -> None: ...

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that had enough is what some tests want
                super().handle()

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    script = Script(f"http://127.0.0.1:{http.server_address[1]}{prefix}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield script
    finally:
        http.shutdown()
        http.server_close()


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()
