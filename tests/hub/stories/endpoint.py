"""An endpoint of somebody else's that keeps what it is sent and answers as it is told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox_server import listen


@dataclass(frozen=True)
class Call:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Endpoint:
    """Answers `status` to everything."""

    def __init__(self) -> None:
        self.status = 200
        self.calls: list[Call] = []
        self.server = listen(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    @Request.application
    def _answer(self, request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Call(request.path, headers, request.get_data()))
        return Response(status=self.status)

    def ids(self) -> list[str]:
        """Which events it was sent, in order."""
        return [call.headers["webhook-id"] for call in self.calls]


@contextmanager
def answering() -> Iterator[Endpoint]:
    """An endpoint for a while."""
    endpoint = Endpoint()
    thread = threading.Thread(target=endpoint.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()
    thread.join()
