"""A collector of traces on loopback: what any one speaks, OTLP over HTTP."""

import gzip
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span as it arrived."""

    trace: str
    id: str
    parent: str
    name: str
    process: int


class Collector:
    """Keeps every span that is sent to it, and the bytes in which they came."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.bytes = b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                zipped = self.headers.get("Content-Encoding") == "gzip"
                outer.take(gzip.decompress(body) if zipped else body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, body: bytes) -> None:
        """What a process exports."""
        self.bytes += body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            about = {one.key: one.value for one in resource.resource.attributes}
            process = about["process.pid"].int_value
            self.spans += [
                Span(
                    one.trace_id.hex(),
                    one.span_id.hex(),
                    one.parent_span_id.hex(),
                    one.name,
                    process,
                )
                for scope in resource.scope_spans
                for one in scope.spans
            ]

    def of(self, trace: str) -> list[Span]:
        """The spans of one trace."""
        return [span for span in self.spans if span.trace == trace]

    def close(self) -> None:
        """Take nothing more."""
        self.server.shutdown()
