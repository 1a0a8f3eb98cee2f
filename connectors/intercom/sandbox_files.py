"""Files of Intercom's parts: sent as base64 or fetched from an address, kept, and shown again."""

import base64
import binascii
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

from werkzeug.wrappers import Request, Response

from connectors.intercom.sandbox_errors import invalid, missing
from connectors.sandbox import Held, route

MOST = 10


class Files:
    """All attachments of the workspace."""

    def __init__(self, url: Callable[[], str]) -> None:
        self.url = url
        self.held: dict[str, Held] = {}  # by the secret part of their address

    def sent(self, wish: Mapping[str, Any]) -> list[tuple[Held, dict[str, Any]]]:
        """The files that a reply brings; given both kinds, files win over addresses."""
        found = list(_of_files(wish.get("attachment_files") or ()))
        found = found or list(_of_urls(wish.get("attachment_urls") or ()))
        if len(found) > MOST:
            raise invalid(f"at most {MOST} attachments", field="attachment_files")
        return self.shown(found)

    def shown(self, files: Sequence[Held]) -> list[tuple[Held, dict[str, Any]]]:
        """Each file with what the API shows of it."""
        return [(file, self._keep(file)) for file in files]

    def _keep(self, file: Held) -> dict[str, Any]:
        token = secrets.token_urlsafe(16)
        self.held[token] = file
        told = {"type": "upload", "name": file.name, "content_type": file.content_type}
        url = f"{self.url()}/attachments/{token}/{quote(file.name, safe='')}"
        return told | {"url": url, "filesize": len(file.data), "width": None, "height": None}

    @route("GET /attachments/<token>/<path:name>", public=True)
    def download(self, _request: Request, token: str, name: str) -> Response:
        if token not in self.held:
            raise missing(f"no file {name}")
        file = self.held[token]
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(file.data, 200, headers, content_type=file.content_type)


def _of_files(wanted: Sequence[Mapping[str, Any]]) -> Iterator[Held]:
    for one in wanted:
        if not all(isinstance(one.get(name), str) for name in ("content_type", "name", "data")):
            raise invalid("a file needs content_type, name and data", field="attachment_files")
        try:
            data = base64.b64decode(one["data"], validate=True)
        except (binascii.Error, ValueError):
            raise invalid("data is not base64", field="attachment_files") from None
        yield Held(name=one["name"], content_type=one["content_type"], data=data)


def _of_urls(wanted: Sequence[str]) -> Iterator[Held]:
    """Intercom fetches these; the sandbox goes nowhere and keeps the address."""
    for url in wanted:
        if urlsplit(str(url)).scheme not in ("http", "https"):
            raise invalid("attachment_urls has to be a list of addresses", field="attachment_urls")
        name = urlsplit(url).path.rpartition("/")[2] or "file"
        yield Held(name=name, content_type="text/uri-list", data=url.encode())
