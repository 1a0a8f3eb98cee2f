"""New Desk's tickets in memory: what the API keeps, shows and refuses."""

import base64
import binascii
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors._template import sandbox_fields
from connectors._template.sandbox_webhooks import Webhooks
from connectors.sandbox import Held, Refused, SandboxDesk, answer, route

STATUSES = ("open", "waiting", "solved", "closed")
PAGE = 50
FILE_LIMIT = 10 * 1024 * 1024  # bytes
ONE = "/v1/tickets/<int:number>"


@dataclass
class Comment:
    """What somebody wrote; a note is a comment that is not public."""

    id: int
    author: str
    role: str
    text: str
    public: bool
    at: str
    external_id: str | None = None
    files: Mapping[int, Held] = field(default_factory=dict)


@dataclass
class Kept:
    """A ticket as the account keeps it."""

    id: int
    subject: str
    external_id: str | None
    requester: Mapping[str, Any]
    tags: Sequence[str]
    priority: str
    custom: Mapping[str, Any]
    created_at: str
    updated_at: str
    status: str = "open"
    change: int = 0  # the number of its last change: the incremental list walks by it
    assignee: str | None = None
    deleted: bool = False
    merged_into: int | None = None
    comments: list[Comment] = field(default_factory=list)


# WRITE: the vendor's paths, names, limits and refusals instead of these. `@route` names what a
# request may write into the ledger: faults are aimed with it.
class Tickets:
    """All tickets of the account, and the API's routes on them."""

    def __init__(self, desk: SandboxDesk, webhooks: Webhooks) -> None:
        self.desk = desk
        self.webhooks = webhooks
        self.kept: dict[int, Kept] = {}
        self.ids = itertools.count(1001)
        self.changes = itertools.count(1)

    @route("POST /v1/tickets", "create_ticket")
    def create(self, request: Request) -> Response:
        wish, now = _json(request), self._now()
        wrong, first = sandbox_fields.complaints(wish), wish.get("comment")
        if wrong or not isinstance(first, dict):
            raise no(422, "the ticket is not valid", **(wrong or {"comment": "is needed"}))
        made = Kept(
            id=next(self.ids),
            subject=wish["subject"],
            external_id=wish.get("external_id"),
            requester=wish.get("requester") or {},
            tags=wish.get("tags") or (),
            priority=wish.get("priority") or "normal",
            custom=wish.get("custom") or {},
            created_at=now,
            updated_at=now,
        )
        made.comments.append(self._written(made, first))
        self.kept[made.id] = made
        self.changed(made, "create_ticket", text=made.comments[0].text, subject=made.subject)
        return answer(self.shown(made), 201)

    @route("GET /v1/tickets")
    def list(self, request: Request) -> Any:
        """The newest first, filtered by `external_id` or by the requester's id or e-mail."""
        rows = [kept for kept in self.kept.values() if not kept.deleted]
        if key := request.args.get("external_id"):
            rows = [kept for kept in rows if kept.external_id == key]
        if who := request.args.get("requester"):
            known = ("id", "email")
            rows = [kept for kept in rows if who in [kept.requester.get(name) for name in known]]
        return {"tickets": [self.shown(kept) for kept in reversed(rows[-PAGE:])]}

    @route("GET /v1/tickets/changed")
    def list_changed(self, request: Request) -> Any:
        """Everything that changed `since` a time or after a `cursor`, oldest first, deleted too."""
        since, cursor = request.args.get("since"), request.args.get("cursor", "0")
        if not cursor.isdecimal():
            raise no(422, "the cursor is not valid", cursor="is none of ours")
        rows = [kept for kept in self.kept.values() if kept.change > int(cursor)]
        rows = [kept for kept in rows if since is None or kept.updated_at >= since]
        rows.sort(key=lambda kept: kept.change)
        page = rows[:PAGE]
        last = str(page[-1].change) if page else cursor
        told = [self.shown(kept) for kept in page]
        return {"tickets": told, "cursor": last, "more": len(rows) > PAGE}

    @route(f"GET {ONE}")
    def show(self, _request: Request, number: int) -> Any:
        return self.shown(self._known(number))

    @route(f"PATCH {ONE}", "set_status")
    def change(self, request: Request, number: int) -> Any:
        kept, word = self._open(number), _json(request).get("status")
        if word not in STATUSES:
            raise no(422, "the ticket is not valid", status=f"must be one of {', '.join(STATUSES)}")
        self.set_status(kept, str(word))
        return self.shown(kept)

    @route(f"POST {ONE}/comments", "append_message", "add_note", "attach")
    def write(self, request: Request, number: int) -> Response:
        kept = self._open(number)
        comment = self._written(kept, _json(request))
        self.add(kept, comment, "append_message" if comment.public else "add_note")
        return answer(self._comment_shown(comment), 201)

    @route("GET /v1/files/<int:number>")
    def file(self, _request: Request, number: int) -> Response:
        kept = [kept for kept in self.kept.values() if not kept.deleted]
        found = [c.files[number] for one in kept for c in one.comments if number in c.files]
        if not found:
            raise no(404, "no such file")
        return Response(found[0].data, content_type=found[0].content_type)

    def comment(
        self, author: str, role: str, text: str, *, public: bool, files: Sequence[Held] = ()
    ) -> Comment:
        """A comment that is in no ticket yet."""
        kept = {next(self.ids): file for file in files}
        return Comment(next(self.ids), author, role, text, public, self._now(), files=kept)

    def add(self, kept: Kept, comment: Comment, call: str) -> None:
        """Write a comment into a ticket, the ledger and the webhooks."""
        kept.comments.append(comment)
        for file in comment.files.values():
            self._record(kept, "attach", name=file.name, size=len(file.data))
        facts = {"id": str(comment.id), "text": comment.text, "author": comment.author}
        self.changed(kept, call, comment, **facts)

    def set_status(self, kept: Kept, word: str) -> None:
        """Bring a ticket to a status."""
        before, kept.status = kept.status, word
        self.changed(kept, "set_status", status=word, before=before)

    def changed(self, kept: Kept, call: str, comment: Comment | None = None, **facts: Any) -> None:
        """A ticket has changed: tell the ledger, the incremental list and the webhooks."""
        kept.updated_at, kept.change = self._now(), next(self.changes)
        self._record(kept, call, **facts)
        told = self.shown(kept, [comment] if comment else [])  # a webhook has the new one only
        self.webhooks.emit({"event": "ticket.changed", "ticket": told}, self._about(kept))

    def _record(self, kept: Kept, call: str, **facts: Any) -> None:
        self.desk.record(call, **self._about(kept), **facts)

    def _about(self, kept: Kept) -> dict[str, Any]:
        return {"ticket_id": str(kept.id), "key": kept.external_id}

    def shown(self, kept: Kept, comments: Sequence[Comment] | None = None) -> dict[str, Any]:
        """A ticket as the API shows it, with all its comments or with these."""
        names = ("id", "subject", "status", "external_id", "requester", "assignee", "priority")
        ends = ("custom", "created_at", "updated_at", "deleted", "merged_into")
        told = {name: getattr(kept, name) for name in (*names, *ends)}
        said = [
            self._comment_shown(one) for one in (kept.comments if comments is None else comments)
        ]
        return told | {"tags": list(kept.tags), "comments": said}

    def _comment_shown(self, comment: Comment) -> dict[str, Any]:
        files = [
            {"id": number, "name": file.name, "type": file.content_type, "size": len(file.data)}
            | {"url": f"{self.desk.url}/v1/files/{number}"}
            for number, file in comment.files.items()
        ]
        author = {"name": comment.author, "role": comment.role}
        told = {"id": comment.id, "author": author, "public": comment.public, "files": files}
        own = {"text": comment.text, "created_at": comment.at, "external_id": comment.external_id}
        return told | own

    def _written(self, kept: Kept, wish: Mapping[str, Any]) -> Comment:
        """A comment from the JSON of a request: the customer's, or a private one of the API."""
        public, files = bool(wish.get("public", True)), [_held(f) for f in wish.get("files") or ()]
        text = str(wish.get("text") or "")
        if not text.strip() and not files:
            raise no(422, "the comment is not valid", text="may not be empty")
        author = str(kept.requester.get("name") or "Customer") if public else "API"
        role = "customer" if public else "agent"
        comment = self.comment(author, role, text, public=public, files=files)
        comment.external_id = wish.get("external_id")
        return comment

    def _known(self, number: int) -> Kept:
        kept = self.kept.get(number)
        if kept is None or kept.deleted:
            raise no(404, "no such ticket")
        return kept

    def _open(self, number: int) -> Kept:
        kept = self._known(number)
        if kept.status == "closed":
            raise no(409, "the ticket is closed")
        return kept

    def _now(self) -> str:
        return self.desk.now().isoformat()


def no(status: int, words: str, /, **fields: str) -> Refused:
    """A refusal in the vendor's shape."""
    return Refused(answer({"error": {"message": words, "fields": fields}}, status))


def _json(request: Request) -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise no(400, "the body has to be a JSON object")
    return wish


def _held(wish: Mapping[str, str]) -> Held:
    try:
        data = base64.b64decode(wish["data"], validate=True)
    except (KeyError, TypeError, binascii.Error, ValueError):
        raise no(422, "the file is not valid", files="data has to be base64") from None
    if len(data) > FILE_LIMIT:
        raise no(413, "the file is too large")
    return Held(name=wish["name"], content_type=wish["type"], data=data)
