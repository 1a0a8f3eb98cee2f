"""What the hub tells about itself: log lines without contents, and Prometheus figures.

Log lines carry ids, never a transcript, a name, an address or a secret.
"""

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """Counters of one process; with `PROMETHEUS_MULTIPROC_DIR` they add up over processes."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.acks = self._counter("hub_acks_total", "Intake answers by status.", "status")
        self.limited = self._counter(
            "hub_source_limited_total", "Requests of a source over its rate.", "source"
        )
        self.jobs = self._counter("hub_jobs_total", "Jobs by story and outcome.", "story", "end")
        self.deliveries = self._counter(
            "hub_deliveries_total", "Delivery attempts by outcome.", "outcome"
        )
        self.parked = self._counter("hub_parked_total", "Parked work by reason.", "code")
        self.llm = self._counter(
            "hub_llm_summaries_total", "Summaries asked of the language model, by outcome.", "end"
        )
        self.llm_seconds = self._histogram(
            "hub_llm_seconds", "How long an escalation waited for the language model."
        )
        self.ack_seconds = self._histogram("hub_ack_seconds", "Time to answer the intake.")
        self.ticket_seconds = self._histogram(
            "hub_ticket_seconds", "From accepting an escalation to its ticket.", "desk"
        )

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, *labels: str) -> Histogram:
        return Histogram(name, text, labels, buckets=SECONDS, registry=self.registry)


def configure_logging(log_format: str | None = None) -> None:
    """One line an event on stderr: `json` or `text`, by default text on a terminal."""
    text = log_format == "text" if log_format else sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            # The default formatter shows local variables, and with them what nobody may log.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
            if text
            else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


log: Any = structlog.get_logger()


def crashpoint(name: str, *about: str) -> None:
    """Nothing, unless a fault test named this line: then the process dies here, as by kill -9.

    `HUB_CRASH=name:k` kills at the k-th hit, `name:k:id` at the k-th that is about this id, and
    several of them, with commas between, at the first that comes; the names are in `CRASHPOINTS`.
    """
    if CRASH is not None:
        _maybe_crash(name, about)


CRASHPOINTS = (
    "intake.received",
    "intake.verified",
    "intake.before_commit",
    "intake.committed",
    "intake.acknowledged",
    "webhook.verified",
    "webhook.before_commit",
    "webhook.committed",
    "job.claimed",
    "job.before_put_off",
    "job.put_off",
    "job.done",
    "escalate.summarised",
    "escalate.looked",
    "escalate.before_request",
    "escalate.desk_committed",
    "escalate.before_commit",
    "escalate.linked",
    "escalate.noted",
    "relay.before_request",
    "relay.desk_committed",
    "relay.committed",
    "files.before_request",
    "files.desk_committed",
    "catch_up.desk_committed",
    "close.desk_committed",
    "hint.read",
    "poll.fetched",
    "poll.committed",
    "sync.before_commit",
    "handover.before_commit",
    "deliver.begun",
    "deliver.signed",
    "deliver.answered",
    "replay.before_commit",
    "retry.committed",
    "climb.before_commit",
    "clock.before_commit",
    "token.answered",
    "token.stored",
    "rotation.before_commit",
    "rotation.committed",
    "migration.step",
    "migration.before_commit",
)
CRASH = os.environ.get("HUB_CRASH")
_hits: list[str] = []
_dying = threading.Lock()


def _maybe_crash(name: str, about: Sequence[str]) -> None:
    for one in (CRASH or "").split(","):
        wanted, number, subject, *_ = [*one.split(":"), "", ""]
        if name == wanted and (not subject or subject in about):
            _hits.append(one)
            if _hits.count(one) == int(number or 1):
                _die(one)


def _die(one: str) -> None:
    """The last words, then nothing more; of two threads that get here only one speaks."""
    _dying.acquire()
    os.write(2, f"crash: {one}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
