"""The place where a platform keeps its customers' files, on loopback."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox_server import listen

PHOTO = b"\x89PNG" + bytes(range(256)) * 8


@dataclass
class FileHouse:
    """Answers by path; `asked` has every path that was called."""

    files: dict[str, Response] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    failures: int = 0  # so many requests get a 503 first

    def __post_init__(self) -> None:
        self.server = listen(self._answer, "127.0.0.1", 0)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def put(self, name: str, data: bytes = PHOTO, kind: str = "image/png", **more: Any) -> str:
        """Keep a file; its URL."""
        self.files[f"/{name}"] = Response(data, content_type=kind, **more)
        return f"{self.url}/{name}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def _answer(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        path = Request(environ).path
        self.asked.append(path)
        answer = self.files.get(path, Response(status=404))
        if self.failures:
            self.failures -= 1
            answer = Response(status=503)
        return answer(environ, start_response)
