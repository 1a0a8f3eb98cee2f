"""What can be made to go wrong at a sandbox desk, on purpose and repeatably."""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from werkzeug.wrappers import Request, Response

from connectors.sandbox_server import Hangup

LONGEST_HANG = 60.0  # seconds
HUGE = 10 * 1024 * 1024  # bytes
SHOWN = (
    *("id", "desk", "mode", "rate", "times", "skip", "path", "method", "call"),
    *("ms", "retry_after", "status", "seed", "hits"),
)
WEBHOOK_MODES = ("webhook_double", "webhook_reorder", "webhook_lost")


class Refuses(Protocol):
    """The part of a desk that faults need: its own way to say no, and its tokens."""

    retry_header: ClassVar[str]

    def refusal(self, status: int, words: str) -> Response: ...

    def expire_tokens(self) -> None: ...


@dataclass
class Fault:
    """One thing that goes wrong: where (`desk`, `path`, `method`, `call`) and how often."""

    mode: str
    desk: str = "*"
    rate: float = 1.0
    times: int | None = None  # after so many hits the fault is over
    skip: int = 0  # so many requests go well before the first
    path: str | None = None  # regular expression, searched in the path below the desk's prefix
    method: str | None = None
    call: str | None = None  # only requests that may do this, in the ledger's words
    ms: int = 100
    retry_after: float | None = None
    status: int | None = None
    seed: int = 0
    id: int = 0
    hits: int = 0
    seen: int = 0
    ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}")
        if not 0 <= float(self.rate) <= 1:
            raise ValueError("rate must be between 0 and 1")
        self.random = random.Random(self.seed)
        self.pattern = re.compile(self.path or "")

    def concerns(self, desk: str, method: str, path: str, calls: Iterable[str]) -> bool:
        """True when the fault is meant for such a request."""
        return (
            self.desk in ("*", desk)
            and self.method in (None, method)
            and (self.call is None or self.call in calls)
            and bool(self.pattern.search(path))
        )

    def strikes(self) -> bool:
        """Draw: does it happen this time?"""
        self.seen += 1
        spent = self.times is not None and self.hits >= self.times
        if self.seen <= self.skip or spent or self.random.random() >= self.rate:
            return False
        self.hits += 1
        return True

    def shown(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in SHOWN}


class Faults:
    """The faults in force, drawn with seeded randomness so that a run can be repeated."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.lock = threading.Lock()
        self.faults: list[Fault] = []
        self.count = 0

    def make(self, wish: dict[str, Any]) -> Fault:
        """A fault from its JSON; `ValueError` or `TypeError` tell what is wrong with it."""
        with self.lock:
            self.count += 1
            return Fault(**{"seed": self.seed + self.count} | wish | {"id": self.count})

    def add(self, fault: Fault) -> None:
        """From now on, until it is cleared."""
        with self.lock:
            self.faults.append(fault)

    def clear(self, desk: str | None = None) -> None:
        """End all faults (of one desk), and with them every request that hangs."""
        with self.lock:
            gone = [fault for fault in self.faults if desk in (None, fault.desk)]
            self.faults = [fault for fault in self.faults if fault not in gone]
        for fault in gone:
            fault.ended.set()

    def shown(self) -> list[dict[str, Any]]:
        with self.lock:
            return [fault.shown() for fault in self.faults]

    def strike(
        self, desk: str, method: str, path: str, calls: Iterable[str]
    ) -> tuple[list[Fault], list[Fault]]:
        """The faults that hit this request: those before it is executed, those after."""
        if not self.faults:
            return [], []
        with self.lock:
            hit = [
                fault
                for fault in self.faults
                if fault.mode not in WEBHOOK_MODES
                and fault.concerns(desk, method, path, calls)
                and fault.strikes()
            ]
        return [f for f in hit if f.mode in BEFORE], [f for f in hit if f.mode in AFTER]

    def strike_webhook(self, desk: str) -> set[str]:
        """The webhook modes that hit this delivery."""
        with self.lock:
            modes = [f for f in self.faults if f.mode in WEBHOOK_MODES and f.desk in ("*", desk)]
            return {fault.mode for fault in modes if fault.strikes()}


def before(faults: list[Fault], desk: Refuses, request: Request) -> Response | None:
    """Do what the faults do instead of the request; None when it shall be executed after all."""
    for fault in faults:
        answer = BEFORE[fault.mode](fault, desk, request)
        if answer is not None:
            return answer
    return None


def after(faults: list[Fault], answer: Response) -> Response:
    """The answer as the faults leave it."""
    for fault in faults:
        answer = AFTER[fault.mode](fault, answer)
    return answer


def _latency(fault: Fault, _desk: Refuses, _request: Request) -> None:
    time.sleep(fault.ms / 1000)


def _rate_limit(fault: Fault, desk: Refuses, _request: Request) -> Response:
    answer = desk.refusal(429, "Too many requests")
    answer.headers[desk.retry_header] = f"{1 if fault.retry_after is None else fault.retry_after:g}"
    return answer


def _server_error(fault: Fault, desk: Refuses, _request: Request) -> Response:
    answer = desk.refusal(fault.status or 500, "Something went wrong")
    if fault.retry_after is not None:
        answer.headers["Retry-After"] = f"{fault.retry_after:g}"
    return answer


def _refuse(fault: Fault, desk: Refuses, _request: Request) -> Response:
    return desk.refusal(fault.status or 403, "Refused on purpose")


def _echo(fault: Fault, desk: Refuses, request: Request) -> Response:
    """A careless vendor: its complaint repeats what we sent, credentials and all."""
    sent = f"{request.headers.get('Authorization')} {request.get_data(as_text=True)[:2000]}"
    return desk.refusal(fault.status or 400, f"cannot understand: {sent}")


def _hang(fault: Fault, _desk: Refuses, _request: Request) -> None:
    fault.ended.wait(LONGEST_HANG)
    raise Hangup


def _cut(_fault: Fault, *_what: Any) -> Any:
    raise Hangup


def _html(_fault: Fault, _desk: Refuses, _request: Request) -> Response:
    return Response("<!doctype html><title>Maintenance</title><p>Back soon.", mimetype="text/html")


def _wrong_schema(_fault: Fault, _desk: Refuses, _request: Request) -> Response:
    other = json.dumps({"unexpected": {"shape": [1, None, "two"]}})
    return Response(other, mimetype="application/json")


def _huge(_fault: Fault, _desk: Refuses, _request: Request) -> Response:
    return Response(b'{"padding": "' + b"x" * HUGE + b'"}', mimetype="application/json")


def _redirect(_fault: Fault, _desk: Refuses, _request: Request) -> Response:
    return Response(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})


def _expired_token(_fault: Fault, desk: Refuses, _request: Request) -> None:
    desk.expire_tokens()


def _slow_bytes(fault: Fault, answer: Response) -> Response:
    body = answer.get_data()

    def drip() -> Iterator[bytes]:
        for at in range(len(body)):
            time.sleep(fault.ms / 1000)
            yield body[at : at + 1]

    slow = Response(drip(), status=answer.status, headers=answer.headers)
    slow.headers["Content-Length"] = str(len(body))
    return slow


BEFORE: dict[str, Callable[[Fault, Refuses, Request], Response | None]] = {
    "latency": _latency,
    "expired_token": _expired_token,
    "rate_limit": _rate_limit,
    "server_error": _server_error,
    "refuse": _refuse,
    "echo": _echo,
    "hang": _hang,
    "cut_before_commit": _cut,
    "html_200": _html,
    "wrong_schema": _wrong_schema,
    "huge_answer": _huge,
    "redirect": _redirect,
}
AFTER: dict[str, Callable[[Fault, Response], Response]] = {
    "cut_after_commit": _cut,
    "slow_bytes": _slow_bytes,
}
MODES = (*BEFORE, *AFTER, *WEBHOOK_MODES)
