"""Freshdesk's attachments: behind signed addresses that soon stop working."""

import hashlib
import hmac
import itertools
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from connectors.freshdesk.sandbox_errors import denied, missing
from connectors.sandbox import Held, route, same


class Files:
    """Files of the account."""

    def __init__(
        self, now: Callable[[], datetime], settings: Mapping[str, float], url: Callable[[], str]
    ) -> None:
        self.now = now
        self.settings = settings
        self.url = url
        self.ids = itertools.count(80000700001, 11)
        self.files: dict[int, Held] = {}
        self.key = secrets.token_bytes(16)

    def keep(self, file: Held) -> dict[str, Any]:
        """A file, as a ticket or conversation lists it."""
        number, at = next(self.ids), self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        self.files[number] = file
        told = {"id": number, "name": file.name, "content_type": file.content_type}
        return told | {"size": len(file.data), "created_at": at, "updated_at": at}

    def shown(self, listed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The same with an address for each, good for a while."""
        return [{**file, "attachment_url": self._address(file)} for file in listed]

    def _address(self, file: Mapping[str, Any]) -> str:
        ends = int(self.now().timestamp() + self.settings["attachment_url_life"])
        path = f"/attachments/{file['id']}/{quote(file['name'] or 'file', safe='')}"
        return f"{self.url()}{path}?Expires={ends}&Signature={self._sign(file['id'], ends)}"

    def _sign(self, number: int, ends: int) -> str:
        return hmac.new(self.key, f"{number}|{ends}".encode(), hashlib.sha256).hexdigest()

    @route("GET /attachments/<int:number>/<name>", public=True)
    def download(self, request: Request, number: int, name: str) -> Response:
        """The file, to whoever has its address in time."""
        ends = request.args.get("Expires", type=int, default=0)
        good = same(self._sign(number, ends), request.args.get("Signature", ""))
        if not good or ends < self.now().timestamp():
            raise denied("Request has expired")
        if number not in self.files:
            raise missing()
        held = self.files[number]
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(held.data, 200, headers, content_type=held.content_type)
