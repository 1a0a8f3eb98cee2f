"""A TCP proxy before the desks that cuts the wire on purpose, between bytes where nobody else can.

cut_before_read   the connection ends before the request is read
cut_after_read    the request is read whole and goes nowhere
cut_after_commit  the desk has done it, its answer is swallowed
mid_headers       the answer ends within its headers
mid_body          the answer ends within its body
reset             the request is read, and answered by RST
black_hole        the request is read, and nothing ever comes
delay             everything is right, and late
"""

import socket
import struct
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from urllib.parse import urlsplit

KINDS = ("cut_before_read", "cut_after_read", "cut_after_commit", "mid_headers", "mid_body",
         "reset", "black_hole", "delay")  # fmt: skip
LONGEST = 30.0  # seconds that a black hole stays open: longer than anybody waits
LATE = 0.5  # seconds
HOP_BY_HOP = ("connection", "transfer-encoding", "content-length")


class Proxy:
    """Listens before an address; `planned` says what the next writing request to a desk meets."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.planned: dict[str, list[str]] = {}  # by desk
        self.done: Counter[tuple[str, str]] = Counter()  # by desk and kind
        self.lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def plan(self, desk: str, kind: str) -> None:
        """The next request of this desk that writes meets this."""
        with self.lock:
            self.planned.setdefault(desk, []).append(kind)

    def close(self) -> None:
        """Listen no more."""
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with client, client.makefile("rb") as reading:
                while line := reading.readline(65536):
                    method, target, _ = line.decode("latin-1").split(" ", 2)
                    kind = self._next(method, target)
                    if kind == "cut_before_read":
                        return
                    headers = _headers(reading)
                    body = reading.read(int(headers.get("content-length", 0)))
                    if not self._answer(client, kind, method, target, headers, body):
                        return
        except (OSError, ValueError):
            return

    def _next(self, method: str, target: str) -> str | None:
        desk = target.split("/")[1]
        with self.lock:
            waiting = self.planned.get(desk) if method in ("POST", "PUT", "PATCH") else None
            if not waiting or "token" in target or "search" in target:
                return None
            kind = waiting.pop(0)
            self.done[desk, kind] += 1
            return kind

    def _answer(
        self, client: socket.socket, kind: str | None, method: str, target: str,
        headers: dict[str, str], body: bytes,
    ) -> bool:  # fmt: skip
        """Answer one request, or do not; False when the connection is over."""
        if kind == "cut_after_read":
            return False
        if kind == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        if kind == "black_hole":
            client.settimeout(LONGEST)
            client.recv(1)  # until they hang up
            return False
        if kind == "delay":
            time.sleep(LATE)
        head, content = self._forward(method, target, headers, body)
        if kind == "cut_after_commit":
            return False
        if kind == "mid_headers":
            client.sendall(head[: len(head) // 2])
            return False
        if kind == "mid_body":
            client.sendall(head + content[: len(content) // 2])
            return False
        client.sendall(head + content)
        return True

    def _forward(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[bytes, bytes]:
        desk = HTTPConnection(self.upstream, timeout=60)
        kept = {name: value for name, value in headers.items() if name not in HOP_BY_HOP}
        desk.request(method, target, body or None, kept | {"Content-Length": str(len(body))})
        answer = desk.getresponse()
        content = answer.read()
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{n}: {v}" for n, v in answer.getheaders() if n.lower() not in HOP_BY_HOP]
        if answer.status != 204:
            lines.append(f"Content-Length: {len(content)}")
        desk.close()
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"), content


def _headers(reading: object) -> dict[str, str]:
    found: dict[str, str] = {}
    while (line := reading.readline(65536)) not in (b"\r\n", b"\n", b""):  # type: ignore[attr-defined]
        name, _, value = line.decode("latin-1").partition(":")
        found[name.strip().lower()] = value.strip()
    return found
