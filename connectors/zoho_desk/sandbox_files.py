"""Zoho Desk's files: uploads that wait for their use, and attachments of tickets."""

from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import Held, route
from connectors.zoho_desk.sandbox_people import DEPTH
from connectors.zoho_desk.sandbox_rules import invalid, listed, missing, no, query_of
from connectors.zoho_desk.sandbox_story import Story

FILES = "/api/v1/tickets/<ticket_id>/attachments"


class FileRoutes:
    """Routes that take and give files."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.tickets = story.tickets

    @route("POST /api/v1/uploads")
    def upload(self, request: Request) -> Any:
        held = self._held(request)
        number = str(next(self.tickets.ids))
        self.story.uploads[number] = held
        return {"id": number, "name": held.name, "size": str(len(held.data))}

    @route(f"POST {FILES}", "attach")
    def attach(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.find(ticket_id)
        public = request.values.get("isPublic", "false").casefold() == "true"
        return self.story.attach(kept, self._held(request), public=public).raw

    def _held(self, request: Request) -> Held:
        if not (request.content_type or "").startswith("multipart/form-data"):
            raise no(415, "UNSUPPORTED_MEDIA_TYPE", "multipart/form-data is needed")
        file = request.files.get("file")
        if file is None:
            raise invalid("file", kind="missing")
        data = file.read()
        if len(data) > self.tickets.settings["attachment_bytes"]:
            raise no(413, "RESOURCE_SIZE_EXCEEDED", "The file is larger than 20 MB")
        kind = file.content_type or "application/octet-stream"
        return Held(name=file.filename or "file", content_type=kind, data=data)

    @route(f"GET {FILES}")
    def every(self, request: Request, ticket_id: str) -> Response:
        asked = query_of(request, "from", "limit", "sortBy", "include", "isPublic")
        parts = self.tickets.find(ticket_id).parts
        rows = [part.raw for part in parts if part.kind == "attachments"]
        return listed(asked, rows, most=100, depth=DEPTH)

    @route(f"GET {FILES}/<file_id>/content")
    def content(self, _request: Request, ticket_id: str, file_id: str) -> Response:
        """A file of the ticket, wherever in it it stands."""
        for part in self.tickets.find(ticket_id).parts:
            told = part.raw.get("attachments") or [part.raw]
            for raw, file in zip(told, part.files, strict=False):
                if raw["id"] == file_id:
                    return Response(file.data, content_type=file.content_type)
        raise missing()
