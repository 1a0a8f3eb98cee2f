"""Help Scout's routes on conversations: create, list, read, change, threads, files."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_conversations import Conversation, Conversations, Thread
from connectors.help_scout.sandbox_errors import bad, no, refusal
from connectors.help_scout.sandbox_pages import filtered, page
from connectors.help_scout.sandbox_people import made_at
from connectors.help_scout.sandbox_story import Story
from connectors.sandbox import Refused, route

ONE = "/v2/conversations/<int:number>"
PATHS = ("/status", "/subject", "/assignTo", "/draft", "/primaryCustomer.id", "/mailboxId")


class ConversationRoutes:
    """What the Mailbox API offers on conversations."""

    def __init__(self, all_: Conversations, story: Story) -> None:
        self.all = all_
        self.story = story

    @route("POST /v2/conversations", "create_ticket")
    def create(self, request: Request) -> Response:
        kept = self.all.create(_json(request), _user(request))
        self.story.created(kept)
        return made_at(request, kept.id)

    @route("GET /v2/conversations")
    def list(self, request: Request) -> Any:
        ready = self.all.now().timestamp() - self.all.settings["search_lag"]
        rows = [
            self.all.row(kept)
            for kept in self.all.kept.values()
            if not kept.deleted and ("query" not in request.args or kept.made <= ready)
        ]
        told = page(request, "conversations", filtered(request, rows))
        if "_embedded" in told:
            kept = [row["kept"] for row in told["_embedded"]["conversations"]]
            told["_embedded"]["conversations"] = [self._whole(request, one) for one in kept]
        return told

    @route(f"GET {ONE}")
    def show(self, request: Request, number: int) -> Any:
        kept = self.all.kept.get(number)
        if kept is not None and kept.merged_into:
            moved = refusal(301, "Moved Permanently")
            moved.headers["Location"] = f"{self.all.url()}/v2/conversations/{kept.merged_into}"
            raise Refused(moved)
        return self._whole(request, self._kept(number))

    def _whole(self, request: Request, kept: Conversation) -> dict[str, Any]:
        told = self.all.shown(kept)
        if "threads" in request.args.get("embed", ""):
            told["_embedded"]["threads"] = self._threads(kept)
        return told

    def _threads(self, kept: Conversation) -> Any:
        return [self.all.thread_shown(kept, thread) for thread in reversed(kept.threads)]

    def _kept(self, number: int) -> Conversation:
        """The conversation; 404 when it was deleted or merged."""
        kept = self.all.kept.get(number)
        if kept is None or kept.deleted:
            raise no(404)
        return kept

    @route(f"PATCH {ONE}", "set_status", "assign")
    def patch(self, request: Request, number: int) -> Response:
        kept, wish = self._kept(number), _json(request)
        path, value = str(wish.get("path")), wish.get("value")
        if wish.get("op") not in ("replace", "move", "remove") or path not in PATHS:
            raise bad("path", "operation is not supported", path)
        changes: dict[str, Callable[[], None]] = {
            "/status": lambda: self.story.status(kept, str(value), by_agent=False),
            "/assignTo": lambda: self._assign(kept, None if wish["op"] == "remove" else value),
        }
        if path in changes:
            changes[path]()
        elif path == "/subject":
            kept.subject = str(value)
        elif path == "/primaryCustomer.id":
            kept.customer = self.all.people.customer({"id": value})
        self.all.touch(kept)
        return Response(status=204)

    def _assign(self, kept: Conversation, who: Any) -> None:
        self.story.assign(kept, self.all.people.agent(who) if who else None, by_agent=False)

    @route(f"DELETE {ONE}", "delete")
    def delete(self, request: Request, number: int) -> Response:
        self.story.delete(self._kept(number), by_agent=False)
        return Response(status=204)

    @route(f"PUT {ONE}/tags", "tag")
    def put_tags(self, request: Request, number: int) -> Response:
        kept = self._kept(number)
        self.all.tag(kept, _json(request).get("tags") or [])
        self.story.told(kept, "convo.tags")
        return Response(status=204)

    @route(f"PUT {ONE}/fields", "tag")
    def put_fields(self, request: Request, number: int) -> Response:
        kept = self._kept(number)
        self.all.fill(kept, _json(request).get("fields") or [])
        self.story.told(kept, "convo.custom-fields")
        return Response(status=204)

    @route(f"GET {ONE}/threads")
    def threads(self, request: Request, number: int) -> Any:
        return page(request, "threads", self._threads(self._kept(number)))

    @route(f"POST {ONE}/customer", "append_message")
    def customer(self, request: Request, number: int) -> Response:
        wish = _json(request)
        if not wish.get("customer"):
            raise bad("customer", "may not be empty")
        return self._add(request, number, wish | {"type": "customer"})

    @route(f"POST {ONE}/notes", "add_note")
    def note(self, request: Request, number: int) -> Response:
        return self._add(request, number, _json(request) | {"type": "note"})

    @route(f"POST {ONE}/reply", "agent_reply")
    def reply(self, request: Request, number: int) -> Response:
        """It mails the customer."""
        return self._add(request, number, _json(request) | {"type": "reply"})

    def _add(self, request: Request, number: int, wish: dict[str, Any]) -> Response:
        kept = self._kept(number)
        if len(kept.said) >= 100:
            raise no(412, "A conversation takes at most 100 threads")
        thread = self.all.thread(wish, _user(request), "thread")
        self.story.wrote(kept, thread, by_agent=False)
        if wish["type"] == "customer" and not wish.get("imported"):
            self.story.status(kept, "active", by_agent=False, who=thread.by)
        elif wish.get("status"):
            self.story.status(kept, str(wish["status"]), by_agent=False)
        made = made_at(request, thread.id)
        made.headers["Location"] = f"{self.all.url()}/v2/conversations/{number}/threads/{thread.id}"
        return made

    @route(f"POST {ONE}/threads/<int:thread_id>/attachments", "attach")
    def attach(self, request: Request, number: int, thread_id: int) -> Response:
        kept = self._kept(number)
        thread = next((one for one in kept.threads if one.id == thread_id), None)
        if thread is None:
            raise no(404)
        file_id, held = self.all.file(_json(request), "attachment")
        thread.files[file_id] = held
        self.all.touch(kept)
        self.story.attached(kept, {file_id: held})
        return made_at(request, file_id)

    @route(f"GET {ONE}/attachments/<int:file_id>/data")
    def data(self, request: Request, number: int, file_id: int) -> Any:
        held = self._file(self._kept(number).threads, file_id)
        return {"data": base64.b64encode(held.data).decode()}

    def _file(self, threads: Sequence[Thread], file_id: int) -> Any:
        for thread in threads:
            if file_id in thread.files:
                return thread.files[file_id]
        raise no(404)


def _user(request: Request) -> int:
    user: int = request.environ["sandbox.user"]
    return user


def _json(request: Request) -> dict[str, Any]:
    wish = request.get_json(force=True, silent=True)
    if not isinstance(wish, dict):
        raise bad("", "the body has to be a JSON object")
    return wish
