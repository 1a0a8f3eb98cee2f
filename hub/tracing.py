"""Traces: one for each escalation, over all processes that work on it. Off unless asked for.

`OTEL_EXPORTER_OTLP_ENDPOINT` says where they go; only then are the libraries of OpenTelemetry
imported, which cost 4 MB a process and more for what waits to be sent. The intake begins a trace,
or goes on with the platform's, and the escalation's row keeps where: jobs in other processes go on
from there. Spans have ids and kinds, never words, names or addresses, of an error its class alone.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer
    from opentelemetry.util.types import Attributes

Kind = Literal["internal", "server", "client", "consumer"]

# https://www.w3.org/TR/trace-context/#traceparent-header
TRACEPARENT = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")


class Tracing:
    """Nothing is traced: every question costs a call, and is answered with nothing."""

    on = False

    def begin(
        self, name: str, parent: str | None, kind: Kind = "internal", **about: str
    ) -> AbstractContextManager[None]:
        """A span below `parent`, a `traceparent`; of a new trace when that is no good one."""
        return nullcontext()

    def span(
        self, name: str, kind: Kind = "internal", **about: str
    ) -> AbstractContextManager[None]:
        """A span below the one that we are in; nothing when we are in none."""
        return nullcontext()

    def here(self) -> str | None:
        """The `traceparent` of the span that we are in."""
        return None

    def close(self) -> None:
        """Send what is not sent yet."""


class Exporting(Tracing):
    """Spans go to a collector by OTLP over HTTP, some seconds later, from a thread of their own."""

    on = True

    @cached_property
    def _provider(self) -> "TracerProvider":
        """Made at the first span: after the fork of a web process, whose thread it is to be."""
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import (
            PROCESS_PID,
            SERVICE_NAME,
            OTELResourceDetector,
            Resource,
        )
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        own = Resource({SERVICE_NAME: "hub", PROCESS_PID: os.getpid()})
        named = own.merge(OTELResourceDetector().detect())
        provider = TracerProvider(resource=named)
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        return provider

    @cached_property
    def _tracer(self) -> "Tracer":
        return self._provider.get_tracer("hub")

    @contextmanager
    def begin(
        self, name: str, parent: str | None, kind: Kind = "internal", **about: str
    ) -> Iterator[None]:
        from opentelemetry import trace
        from opentelemetry.context import Context

        known = TRACEPARENT.fullmatch(parent or "")
        context = Context()
        if known is not None:
            number, span, flags = (int(part, 16) for part in known.groups())
            remote = trace.SpanContext(number, span, True, trace.TraceFlags(flags))
            context = trace.set_span_in_context(trace.NonRecordingSpan(remote), context)
        with self._record(name, kind, about, context):
            yield

    @contextmanager
    def span(self, name: str, kind: Kind = "internal", **about: str) -> Iterator[None]:
        if self.here() is None:
            yield
            return
        with self._record(name, kind, about):
            yield

    def here(self) -> str | None:
        from opentelemetry import trace

        span = trace.get_current_span().get_span_context()
        if not span.is_valid:
            return None
        return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}"

    def close(self) -> None:
        if "_provider" in self.__dict__:
            self._provider.shutdown()

    @contextmanager
    def _record(
        self, name: str, kind: Kind, about: dict[str, str], context: "Context | None" = None
    ) -> Iterator[None]:
        from opentelemetry.trace import SpanKind, Status, StatusCode

        attributes: Attributes = {f"hub.{key}": value for key, value in about.items()}
        with self._tracer.start_as_current_span(
            name,
            context=context,
            kind=SpanKind[kind.upper()],
            attributes=attributes,
            record_exception=False,  # its words may be a customer's
            set_status_on_exception=False,
        ) as span:
            done = False
            try:
                yield
                done = True
            finally:
                if not done:
                    problem = type(sys.exception()).__name__
                    span.set_status(Status(StatusCode.ERROR, problem))
