"""Zoho Desk's comments and threads."""

from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.sandbox import route
from connectors.zoho_desk.sandbox_people import DEPTH, HUB
from connectors.zoho_desk.sandbox_rules import body_of, invalid, listed, missing, ordered, query_of
from connectors.zoho_desk.sandbox_story import Story
from connectors.zoho_desk.sandbox_tickets import Part

TICKET = "/api/v1/tickets/<ticket_id>"
COMMENT = {"content": str, "contentType": str, "isPublic": bool, "attachmentIds": list}
BODY = ("content", "attachments")  # of a thread, which only the single one shows


class TalkRoutes:
    """What is said in a ticket."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.tickets = story.tickets

    @route(f"POST {TICKET}/comments", "append_message", "add_note")
    def comment(self, request: Request, ticket_id: str) -> Any:
        kept = self.tickets.find(ticket_id)
        wish = body_of(request, COMMENT, "content")
        if wish.get("contentType", "html") not in ("html", "plainText"):
            raise invalid("contentType")
        if len(wish["content"]) > self.tickets.settings["comment_chars"]:
            raise invalid("content", words="longer than 32000 characters")
        author = self.tickets.people.agents[HUB]
        files = self.story.spend(wish.get("attachmentIds") or ())
        return self.story.comment(kept, wish, author, files, "api").raw

    @route(f"GET {TICKET}/comments")
    def comments(self, request: Request, ticket_id: str) -> Response:
        asked = query_of(request, "from", "limit", "sortBy", "include")
        rows = self._raw(ticket_id, "comments")
        rows = ordered(asked, rows, ("commentedTime",), lambda row, name: (row[name], row["id"]))
        return listed(asked, rows, most=100, depth=DEPTH)

    @route(f"GET {TICKET}/comments/<comment_id>")
    def one_comment(self, _request: Request, ticket_id: str, comment_id: str) -> Any:
        return self._one(ticket_id, "comments", comment_id)

    @route(f"GET {TICKET}/threads")
    def threads(self, request: Request, ticket_id: str) -> Response:
        """Summaries only."""
        asked = query_of(request, "from", "limit", "sortBy")
        rows = self._raw(ticket_id, "threads")
        rows = ordered(
            asked, rows, ("sendDateTime",), lambda row, _name: (row["createdTime"], row["id"])
        )
        rows = [{n: v for n, v in row.items() if n not in BODY} for row in rows]
        return listed(asked, rows, most=200, depth=DEPTH)

    @route(f"GET {TICKET}/threads/<thread_id>")
    def one_thread(self, request: Request, ticket_id: str, thread_id: str) -> Any:
        query_of(request, "include")
        return self._one(ticket_id, "threads", thread_id)

    @route(f"GET {TICKET}/conversations")
    def conversations(self, request: Request, ticket_id: str) -> Response:
        """Threads and comments, newest first."""
        asked = query_of(request, "from", "limit")
        rows = []
        for part in reversed(self._parts(ticket_id)):
            bare = {n: v for n, v in part.raw.items() if n != "content" or part.kind == "comments"}
            if part.kind != "attachments":
                rows.append(bare | {"type": part.kind.removesuffix("s")})
        return listed(asked, rows, most=200, depth=DEPTH)

    def _parts(self, ticket_id: str) -> list[Part]:
        return self.tickets.find(ticket_id).parts

    def _raw(self, ticket_id: str, kind: str) -> list[dict[str, Any]]:
        return [part.raw for part in self._parts(ticket_id) if part.kind == kind]

    def _one(self, ticket_id: str, kind: str, number: str) -> dict[str, Any]:
        for raw in self._raw(ticket_id, kind):
            if raw["id"] == number:
                return raw
        raise missing()
