"""A lean HTTP client for load: requests made and signed beforehand, raw sockets, one process."""

import hashlib
import hmac
import json
import selectors
import socket
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

SENTENCES = (
    "I ordered two pairs of running shoes last Thursday and only one of them has arrived.",
    "The tracking page says that the parcel was delivered, but nobody was at home that day.",
    "Could you please tell me when the second parcel will be handed over to the courier?",
    "I have already written twice about this and nobody has answered me so far.",
)
AT_ONCE = 16  # requests of a steady rate that may wait for their answers
SIZE = 4096  # bytes of one event, about twenty turns


@dataclass
class Line:
    """One keep-alive connection with what it still has to send."""

    sock: socket.socket
    left: list[bytes]
    began: float = 0.0
    buffer: bytes = b""
    times: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


def events(
    source: dict[str, str], host: str, number: int, *, name: str, targets: Sequence[str] = ()
) -> list[bytes]:
    """Whole HTTP requests, each escalating another conversation with about 4 KB.

    They go to the `targets` in turn, or where the routes say.
    """
    aims = [targets[n % len(targets)] if targets else None for n in range(number)]
    return [_request(source, host, f"{name}-{n}", aim) for n, aim in enumerate(aims)]


def steady(port: int, requests: Iterable[tuple[float, bytes]]) -> dict[str, float]:
    """Send each so many seconds from now, whether the one before is answered; when each was sent.

    The keys are the escalations' ids.
    """
    began = time.time()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting = []
        for due, request in requests:
            time.sleep(max(0.0, began + due - time.time()))
            waiting.append(pool.submit(_escalate, port, request))
        return dict(one.result() for one in waiting)


def _escalate(port: int, request: bytes) -> tuple[str, float]:
    at = time.time()
    told = _ask(port, request)
    return [*told["accepted"], *told["duplicates"]][0]["escalation_id"], at


def _ask(port: int, request: bytes) -> Any:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.sendall(request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        answer = b""
        while chunk := sock.recv(65536):
            answer += chunk
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def burst(port: int, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Send all over so many connections; (seconds, seconds of each). Every answer must be 2xx."""
    selector = selectors.DefaultSelector()
    lines = []
    for n in range(connections):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = Line(sock, list(requests[n::connections]))
        lines.append(line)
        selector.register(sock, selectors.EVENT_READ, line)
    began = time.perf_counter()
    active = sum(_send(line) for line in lines)
    while active:
        for key, _ in selector.select(timeout=60):
            active -= _receive(key.data)
    seconds = time.perf_counter() - began
    for line in lines:
        line.sock.close()
    wrong = {s for line in lines for s in line.statuses if s // 100 != 2}
    assert not wrong, f"answers other than 2xx: {wrong}"
    return seconds, [t for line in lines for t in line.times]


def _request(source: dict[str, str], host: str, conversation: str, target: str | None) -> bytes:
    turns: list[dict[str, str]] = []
    data: dict[str, Any] = {
        "conversationId": conversation,
        "customer": {"name": "Ada", "email": f"{conversation}@example.com"},
        "transcript": turns,
    }
    if target:
        data["target"] = target
    told = {"event": "conversation.escalated", "data": data, "ts": int(time.time() * 1000)}
    while len(json.dumps(told)) < SIZE - 200:
        role = ("user", "assistant")[len(turns) % 2]
        words = SENTENCES[len(turns) % len(SENTENCES)]
        turns.append({"role": role, "content": f"{words} ({len(turns)})"})
    body = json.dumps(told).encode()
    digest = hmac.new(source["secret"].encode(), body, hashlib.sha256).hexdigest()
    path = "/webhooks/sources/" + source["id"]
    return plain(host, "POST", path, body, f"X-Bookbag-Signature: sha256={digest}\r\n")


def plain(host: str, method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
    """One HTTP request."""
    head = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n{headers}"
    return head.encode() + b"\r\n" + body


def _send(line: Line) -> bool:
    if not line.left:
        return False
    line.began = time.perf_counter()
    line.sock.sendall(line.left.pop())
    return True


def _receive(line: Line) -> int:
    """Read; 1 when this line is through."""
    chunk = line.sock.recv(65536)
    if not chunk:
        raise AssertionError("the server closed the connection")
    line.buffer += chunk
    head, gap, body = line.buffer.partition(b"\r\n\r\n")
    if not gap:
        return 0
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    if len(body) < length:
        return 0
    line.times.append(time.perf_counter() - line.began)
    line.statuses.append(int(head.split()[1]))
    line.buffer = b""
    return 0 if _send(line) else 1
