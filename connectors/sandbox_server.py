"""The sandbox's HTTP server: Werkzeug's threads and sockets, keep-alive, nothing slow.

Werkzeug's own request handler closes every connection and waits 10 ms after each answer; this one
reads a request whole, calls the application, writes the answer, and goes on with the same socket.
"""

import sys
import traceback
from collections.abc import Iterable
from email.utils import formatdate
from io import BytesIO
from typing import IO, Any, cast
from urllib.parse import unquote

from werkzeug.serving import BaseWSGIServer, DechunkedInput, WSGIRequestHandler, make_server

LARGEST_BODY = 64 * 1024 * 1024  # bytes; the largest file that a desk takes is 50 MB
LARGEST_LINE = 65536
NO_BODY = ("204", "304")


class Hangup(Exception):
    """Close the connection here, without an answer."""


class Exchange(WSGIRequestHandler):
    """One connection: requests and answers in turn until either side closes."""

    disable_nagle_algorithm = True
    rbufsize = 65536

    def handle(self) -> None:
        try:
            while self._exchange():
                pass
        except (Hangup, OSError):
            return

    def _exchange(self) -> bool:
        """Answer one request; False when the connection has to end."""
        line = self.rfile.readline(LARGEST_LINE)
        if not line:
            return False
        try:
            method, target, version = line.decode("latin-1").split()
            environ = self._environ(method, target, version)
            body = self._body(environ)
        except ValueError:
            return self._refuse("400 Bad Request")
        if len(body) > LARGEST_BODY:
            return self._refuse("413 Content Too Large")
        environ["wsgi.input"] = BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        keep = version != "HTTP/1.0" and environ.get("HTTP_CONNECTION", "").lower() != "close"
        self._answer(environ, keep)
        return keep

    def _environ(self, method: str, target: str, version: str) -> dict[str, Any]:
        path, _, query = target.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_URI": target,
            "QUERY_STRING": query,
            "SERVER_NAME": self.server.server_address[0],
            "SERVER_PORT": str(self.server.server_address[1]),
            "SERVER_PROTOCOL": version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
            "werkzeug.socket": self.connection,
        }
        for name, value in self._headers():
            environ[name] = value
        return environ

    def _headers(self) -> Iterable[tuple[str, str]]:
        while (line := self.rfile.readline(LARGEST_LINE)) not in (b"\r\n", b"\n", b""):
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise ValueError("a header without a colon")
            name = name.upper().replace("-", "_")
            plain = name in ("CONTENT_TYPE", "CONTENT_LENGTH")
            yield name if plain else f"HTTP_{name}", value.strip()

    def _body(self, environ: dict[str, Any]) -> bytes:
        if environ.get("HTTP_EXPECT", "").lower() == "100-continue":
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
            return DechunkedInput(cast(IO[bytes], self.rfile)).read(LARGEST_BODY + 1)
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return self.rfile.read(min(length, LARGEST_BODY + 1))

    def _answer(self, environ: dict[str, Any], keep: bool) -> None:
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc: Any = None) -> Any:
            started[:] = [status, headers]

        chunks = self._run(environ, start_response)
        try:
            status, headers = started
            head = _head(status, headers, keep)
            if environ["REQUEST_METHOD"] == "HEAD" or status[:3] in NO_BODY:
                chunks_sent: Iterable[bytes] = ()
            else:
                chunks_sent = chunks
            for chunk in chunks_sent:
                self.connection.sendall(head + chunk)
                head = b""
            if head:
                self.connection.sendall(head)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()

    def _run(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            return self.server.app(environ, start_response)
        except Hangup:
            raise
        except Exception:
            traceback.print_exc()  # a mistake in a sandbox desk: show it, and hide nothing
            text = b"the sandbox itself failed: see its terminal"
            start_response("500 Internal Server Error", [("Content-Length", str(len(text)))])
            return [text]

    def _refuse(self, status: str) -> bool:
        headers = [("Content-Length", "0")]
        self.connection.sendall(_head(status, headers, keep=False))
        return False


def _head(status: str, headers: list[tuple[str, str]], keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Date: {formatdate(usegmt=True)}", "Server: sandbox"]
    lines += [f"{name}: {value}" for name, value in headers]
    lines.append("Connection: keep-alive\r\n\r\n" if keep else "Connection: close\r\n\r\n")
    return "\r\n".join(lines).encode("latin-1")


def listen(app: Any, host: str, port: int) -> BaseWSGIServer:
    """A server for `app`, listening but not yet serving; port 0 takes a free one."""
    return make_server(host, port, app, threaded=True, request_handler=Exchange)
