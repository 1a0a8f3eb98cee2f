"""Zendesk's uploads: a token for an hour, until a comment takes it."""

import itertools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Held, answer, route
from connectors.zendesk.sandbox_errors import bad, invalid, missing


@dataclass
class Upload:
    """Files behind one token."""

    expires: datetime
    attachments: list[dict[str, Any]] = field(default_factory=list)


class Uploads:
    """Files of the account."""

    def __init__(
        self, now: Callable[[], datetime], settings: dict[str, float], url: Callable[[], str]
    ) -> None:
        self.now = now
        self.settings = settings
        self.url = url
        self.ids = itertools.count(8447500000000, 7)
        self.pending: dict[str, Upload] = {}
        self.files: dict[int, Held] = {}
        self.shown: dict[int, dict[str, Any]] = {}
        self.addresses: dict[str, int] = {}

    @route("POST /api/v2/uploads", "upload")
    def upload(self, request: Request) -> Response:
        data = request.get_data()
        if len(data) > self.settings["attachment_bytes"]:
            raise bad("AttachmentTooLarge", "The attachment is larger than the account allows", 422)
        name = request.args.get("filename")
        if not name:
            raise bad("BadRequest", "filename is required")
        kind = request.mimetype or "application/unknown"
        file = Held(name=name, content_type=kind, data=data)
        token = self.put(file, request.args.get("token"))
        upload = self.pending[token]
        told = {"token": token, "expires_at": upload.expires.strftime("%Y-%m-%dT%H:%M:%SZ")}
        files = {"attachment": upload.attachments[-1], "attachments": upload.attachments}
        return answer({"upload": told | files}, 201)

    def put(self, file: Held, token: str | None = None) -> str:
        """A file behind a token, a new one or one that waits already."""
        token = token or secrets.token_urlsafe(18)
        expires = self.now() + timedelta(seconds=self.settings["upload_life"])
        upload = self.pending.setdefault(token, Upload(expires))
        upload.attachments.append(self._keep(file))
        return token

    @route("DELETE /api/v2/uploads/<token>", "upload")
    def delete(self, _request: Request, token: str) -> Response:
        if self.pending.pop(token, None) is None:
            raise missing()
        return Response(status=204)

    @route("GET /api/v2/attachments/<int:attachment_id>")
    def show(self, _request: Request, attachment_id: int) -> Any:
        if attachment_id not in self.shown:
            raise missing()
        return {"attachment": self.shown[attachment_id]}

    @route("GET /attachments/token/<token>/", public=True)
    def download(self, _request: Request, token: str) -> Response:
        if token not in self.addresses:
            raise missing()
        held = self.files[self.addresses[token]]
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(held.data, 200, headers, content_type=held.content_type)

    def _keep(self, file: Held) -> dict[str, Any]:
        """How REST shows a file; its address needs no credentials."""
        number, token = next(self.ids), secrets.token_urlsafe(16)
        self.files[number] = file
        self.addresses[token] = number
        self.shown[number] = {
            "id": number,
            "url": f"{self.url()}/api/v2/attachments/{number}.json",
            "file_name": file.name,
            "content_url": f"{self.url()}/attachments/token/{token}/?name={quote(file.name)}",
            "content_type": file.content_type,
            "size": len(file.data),
            "inline": False,
            "deleted": False,
            "thumbnails": [],
        }
        return self.shown[number]

    def look(self, tokens: Sequence[str]) -> list[dict[str, Any]]:
        """The files behind tokens; an unknown or dead token is refused."""
        found: list[dict[str, Any]] = []
        for token in tokens:
            upload = self.pending.get(token)
            if upload is None or upload.expires <= self.now():
                raise invalid("uploads", "Uploads: the token is invalid or expired")
            found += upload.attachments
        return found

    def spend(self, tokens: Sequence[str]) -> None:
        """The tokens were used; each can be used once."""
        for token in tokens:
            del self.pending[token]
