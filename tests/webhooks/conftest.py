"""Servers on loopback that answer as subscribers do, well or badly, and a certificate for one."""

import datetime
import http.server
import queue
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Subscriber(http.server.BaseHTTPRequestHandler):
    """Answers by path; what arrived is in `server.seen` and connections in `server.connections`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.seen.append((self.path, dict(self.headers), body))
        getattr(self, self.path.strip("/").split("?")[0])()

    do_GET = do_POST

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def ok(self) -> None:
        self.answer(200, b"thanks")

    def no_content(self) -> None:
        self.answer(204)

    def moved(self) -> None:
        self._large(301, location=f"http://{self.headers['host']}/ok")

    def gone(self) -> None:
        self.answer(410, b"unsubscribed")

    def busy(self) -> None:
        self.answer(429, b"slow down", retry_after="120")

    def busy_until(self) -> None:
        self.answer(503, retry_after="Sun, 22 Nov 2099 10:00:00 GMT")

    def broken(self) -> None:
        self.answer(500, b"oh\x00no\r\nnot again" + b"!" * 5000)

    def long(self) -> None:
        self._large(500)

    def trickle_thanks(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n")
        self._trickle(b"a" * 200)

    def bomb(self) -> None:
        self.answer(500, b"\x1f\x8b" + b"\0" * 100, content_encoding="gzip")

    def cookie(self) -> None:
        self.answer(200, set_cookie="who=me")

    def trickle_headers(self) -> None:
        self._trickle(b"HTTP/1.1 200 OK\r\nx-slow: " + b"a" * 2000)

    def trickle_body(self) -> None:
        self.wfile.write(b"HTTP/1.1 500 No\r\ncontent-length: 2000\r\n\r\n")
        self._trickle(b"a" * 2000)

    def trickle_chunk(self) -> None:
        self.wfile.write(b"HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n")
        self._trickle(b"0" * 2000)

    def hang(self) -> None:
        self.server.stopped.wait(100)

    def cut(self) -> None:
        self.close_connection = True

    def rubbish(self) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")
        self.close_connection = True

    def _large(self, status: int, **headers: str) -> None:
        self.close_connection = True
        try:
            self.answer(status, b"x" * 10_000_000, **headers)
        except OSError:
            self.server.large_answers.put("cut")
        else:
            self.server.large_answers.put("read")

    def _trickle(self, data: bytes) -> None:
        self.close_connection = True
        for byte in data:
            if self.server.stopped.wait(0.05):
                return
            try:
                self.wfile.write(bytes([byte]))
            except OSError:
                return

    def log_message(self, format: str, *args: Any) -> None:
        return


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Subscriber)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.names: list[str | None] = []  # that TLS clients asked for
        self.connections = 0
        self.large_answers: queue.Queue[str] = queue.Queue()
        self.stopped = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        return


@contextmanager
def running(server: Server) -> Iterator[Server]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.stopped.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def subscriber() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for hooks.example.com, with its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example.com")])
    today = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example.com")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_subscriber(certificate: Path) -> Iterator[Server]:
    server = Server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda sock, name, context: server.names.append(name)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    with running(server):
        yield server


@pytest.fixture
def unanswered() -> Iterator[int]:
    """A port that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
