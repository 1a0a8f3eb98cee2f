"""HubSpot's file manager: upload, details, signed addresses."""

import itertools
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.hubspot.sandbox_errors import bad, missing
from connectors.hubspot.sandbox_times import iso
from connectors.sandbox import Held, answer, route

ACCESS = ("PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE", "PRIVATE")


class Files:
    """The portal's files."""

    def __init__(
        self,
        now: Callable[[], datetime],
        settings: Mapping[str, float],
        url: Callable[[], str],
    ) -> None:
        self.now = now
        self.settings = settings
        self.url = url
        self.ids = itertools.count(165400001)
        self.held: dict[str, Held] = {}
        self.shown: dict[str, dict[str, Any]] = {}
        self.passes: dict[str, str] = {}  # signature: file id

    @route("POST /files/files", "upload")
    def upload(self, request: Request) -> Response:
        file = request.files.get("file")
        if file is None:
            raise bad("file is required")
        if not (request.form.get("folderPath") or request.form.get("folderId")):
            raise bad("Either folderId or folderPath must be set")
        try:
            access = json.loads(request.form["options"])["access"]
        except (KeyError, ValueError, TypeError):
            raise bad("options with access is required") from None
        if access not in ACCESS:
            raise bad(f"access has to be one of {', '.join(ACCESS)}")
        data = file.read()
        if len(data) > self.settings["file_bytes"]:
            raise bad("the file is too large")
        name = request.form.get("fileName") or file.filename or "file"
        kind = file.mimetype or "application/octet-stream"
        number = self.put(Held(name=name, content_type=kind, data=data), access)
        return answer(self.shown[number], 201)

    def put(self, file: Held, access: str = "PRIVATE") -> str:
        """Keep a file; its id."""
        number, at = str(next(self.ids)), iso(self.now())
        stem, dot, extension = file.name.rpartition(".")
        self.held[number] = file
        self.shown[number] = {
            "id": number,
            "name": stem if dot else file.name,
            "extension": extension if dot else "",
            "type": file.content_type.split("/")[0].upper(),
            "size": len(file.data),
            "access": access,
            "path": f"/hub/{file.name}",
            "url": f"{self.url()}/hubfs/{number}",
            "createdAt": at,
            "updatedAt": at,
            "archived": False,
            "isUsableInContent": True,
        }
        return number

    @route("GET /files/files/<number>")
    def show(self, _request: Request, number: str) -> Any:
        if number not in self.shown:
            raise missing()
        return self.shown[number]

    @route("GET /files/files/<number>/signed-url")
    def sign(self, _request: Request, number: str) -> Any:
        if number not in self.shown:
            raise missing()
        signature = secrets.token_hex(16)
        self.passes[signature] = number
        file = self.shown[number]
        return {
            "url": f"{self.url()}/hubfs/{number}?signature={signature}",
            "expiresAt": iso(self.now() + timedelta(hours=1)),
            "name": file["name"],
            "extension": file["extension"],
            "type": file["type"],
            "size": file["size"],
        }

    @route("GET /hubfs/<number>", public=True)
    def download(self, request: Request, number: str) -> Response:
        allowed = self.passes.get(request.args.get("signature", "")) == number
        if number not in self.held or not (allowed or self.shown[number]["access"] != "PRIVATE"):
            raise missing()
        file = self.held[number]
        headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
        return Response(file.data, headers=headers, content_type=file.content_type)
