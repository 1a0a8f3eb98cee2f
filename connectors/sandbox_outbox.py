"""Sends a sandbox desk's webhooks, in order, as its vendor would: signed, retried, written down."""

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from connectors.sandbox_faults import Faults

HELD = 0.5  # seconds that a reordered webhook waits for another one to overtake it

Again = Callable[[int, int | None, Mapping[str, str]], float | None]
Record = Callable[..., None]


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One webhook; `headers` are made anew for each attempt, since signatures carry the time."""

    url: str
    body: bytes
    headers: Callable[[], Mapping[str, str]]
    facts: Mapping[str, Any]  # for the ledger: ticket_id, key, event, ...
    again: Again = lambda _attempt, _status, _headers: None  # seconds until the next attempt
    accepted: Callable[[bytes], bool] = lambda _body: True  # whether the body of a 2xx agrees


class Outbox:
    """One desk's queue of webhooks and the thread that empties it."""

    def __init__(self, desk: str, faults: Faults, record: Record, timeout: float = 10.0) -> None:
        self.desk = desk
        self.faults = faults
        self.record = record
        self.queue: queue.Queue[Outgoing] = queue.Queue()
        self.pool = urllib3.PoolManager(retries=False, timeout=timeout, maxsize=2)
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def put(self, webhook: Outgoing) -> None:
        """Send it soon; returns at once."""
        with self.lock:
            if self.thread is None:
                self.thread = threading.Thread(target=self._run, daemon=True)
                self.thread.start()
        self.queue.put(webhook)

    def _run(self) -> None:
        held: Outgoing | None = None
        while True:
            try:
                webhook = self.queue.get(timeout=HELD if held else None)
            except queue.Empty:
                webhook = None
            if webhook is not None:
                modes = self.faults.strike_webhook(self.desk)
                if held is None and "webhook_reorder" in modes:
                    held = webhook
                    continue
                self._deliver(webhook, modes)
            if held is not None:
                self._deliver(held, set())
                held = None

    def _deliver(self, webhook: Outgoing, modes: set[str]) -> None:
        if "webhook_lost" in modes:
            self.record("webhook_sent", **webhook.facts, status="lost", attempt=0)
            return
        for _ in range(2 if "webhook_double" in modes else 1):
            self._try(webhook)

    def _try(self, webhook: Outgoing) -> None:
        attempt = 0
        pause: float | None = 0.0
        while pause is not None:
            time.sleep(pause)
            attempt += 1
            status, headers = self._post(webhook)
            told = status if status is not None else "no answer"
            self.record("webhook_sent", **webhook.facts, status=told, attempt=attempt)
            pause = webhook.again(attempt, status, headers)

    def _post(self, webhook: Outgoing) -> tuple[int | None, Mapping[str, str]]:
        try:
            answer = self.pool.request(
                "POST",
                webhook.url,
                body=webhook.body,
                headers=dict(webhook.headers()),
                redirect=False,
            )
        except urllib3.exceptions.HTTPError:  # down or too slow: the ledger says so
            return None, {}
        agreed = answer.status >= 300 or webhook.accepted(answer.data)
        return answer.status if agreed else None, answer.headers
