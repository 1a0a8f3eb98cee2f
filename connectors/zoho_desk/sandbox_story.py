"""What happens to a ticket at Zoho Desk, told to the ledger and to webhooks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from connectors.sandbox import Held
from connectors.zoho_desk.sandbox_people import HUB, name_of
from connectors.zoho_desk.sandbox_rules import invalid
from connectors.zoho_desk.sandbox_tickets import KEY, Kept, Part, Tickets, readable, rich
from connectors.zoho_desk.sandbox_webhooks import Webhooks

WRITES = {("api", True): "append_message", ("api", False): "add_note"}


class Story:
    """Deeds of the API and of agents."""

    def __init__(self, tickets: Tickets, webhooks: Webhooks, record: Callable[..., None]) -> None:
        self.tickets = tickets
        self.webhooks = webhooks
        self.record = record
        self.uploads: dict[str, Held] = {}

    def create(self, wish: Mapping[str, Any]) -> Kept:
        """A ticket by the API; its description stands as its first thread, from the contact."""
        numbers = wish.get("uploads") or ()
        self._check(numbers)
        kept = self.tickets.create(wish, channel="Web")
        content, contact = wish.get("description") or "", self._contact(kept)
        text = readable(content)
        self._record(kept, "create_ticket", subject=kept.shown["subject"], text=text)
        files = self.spend(numbers)
        if content or files:
            author = {"id": contact["id"], "name": name_of(contact), "type": "END_USER"}
            raw = {"direction": "in", "isDescriptionThread": True, "author": author}
            self._thread(kept, raw, content, files)
            self._attached(kept, files)
        self._emit(kept, "Ticket_Add", kept.shown)
        return kept

    def _contact(self, kept: Kept) -> dict[str, Any]:
        return self.tickets.people.contacts[kept.shown["contactId"]]

    def change(self, kept: Kept, wish: Mapping[str, Any], by: str) -> None:
        """Fields of a ticket are changed, by the API or by an agent."""
        before = self.tickets.change(kept, wish)
        if "status" in before:
            self._record(kept, "set_status", status=kept.shown["status"], by=by)
        if "assigneeId" in before:
            agent = self.tickets.people.agents.get(kept.shown["assigneeId"] or "")
            self._record(kept, "assign", to=agent and agent["name"], by=by)
        if before:
            self.webhooks.updated(kept.shown, before, self._facts(kept))

    def comment(
        self,
        kept: Kept,
        wish: Mapping[str, Any],
        author: Mapping[str, Any],
        files: Sequence[Held],
        by: str,
    ) -> Part:
        """A comment, public or private; by the API it is the token's user who writes it."""
        at, public = self.tickets.stamp(), bool(wish.get("isPublic", True))
        kind = wish.get("contentType", "html")
        text = wish["content"] if kind == "plainText" else readable(wish["content"])
        commenter = {"id": author["id"], "name": author["name"], "email": author["emailId"]}
        raw = {
            **{"id": str(next(self.tickets.ids)), "content": wish["content"], "contentType": kind},
            **{"isPublic": public, "commentedTime": at, "modifiedTime": None},
            **{"commenterId": author["id"], "commenter": commenter | {"type": "AGENT"}},
        }
        raw["attachments"] = [self._file(kept, file) for file in files]
        # Nobody can write as a customer here; people go by the line that says who wrote.
        customer = by == "api" and public and text.partition("\n")[0].rstrip().endswith("wrote:")
        part = Part("comments", raw, text, author["name"], customer, public, at, tuple(files))
        self.tickets.add(kept, part)
        call = WRITES.get((by, public), "agent_note")
        self._record(kept, call, id=raw["id"], text=text, author=author["name"], by=by)
        self._attached(kept, files)
        self._emit(kept, "Ticket_Comment_Add", raw | {"ticketId": kept.shown["id"]})
        return part

    def reply(self, kept: Kept, text: str, by: Mapping[str, Any], files: Sequence[Held]) -> Part:
        """An agent's answer to the customer: an outgoing thread."""
        author = {"id": by["id"], "name": by["name"], "email": by["emailId"], "type": "AGENT"}
        raw = {"direction": "out", "isDescriptionThread": False, "author": author}
        part = self._thread(kept, raw, rich(text), files)
        self._record(kept, "agent_reply", id=part.raw["id"], text=text, author=by["name"])
        bare = {n: v for n, v in part.raw.items() if n not in ("content", "attachments")}
        self._emit(kept, "Ticket_Thread_Add", bare | {"ticketId": kept.shown["id"]})
        return part

    def _thread(
        self, kept: Kept, what: Mapping[str, Any], content: str, files: Sequence[Held]
    ) -> Part:
        at, text = self.tickets.stamp(), readable(content)
        raw = {
            **{"id": str(next(self.tickets.ids)), "channel": "EMAIL", "status": "SUCCESS"},
            **{"visibility": "public", "createdTime": at, "summary": text[:200], **what},
            **{"contentType": "text/html", "content": content, "hasAttach": bool(files)},
        }
        raw["attachments"] = [self._file(kept, file) for file in files]
        customer = what["direction"] == "in"
        author = what["author"]["name"]
        part = Part("threads", raw, text, author, customer, True, at, tuple(files))
        return self.tickets.add(kept, part)

    def attach(self, kept: Kept, file: Held, *, public: bool) -> Part:
        """A file beside the conversation."""
        raw = self._file(kept, file) | {"isPublic": public, "creatorId": HUB}
        at, author = self.tickets.stamp(), self.tickets.people.agents[HUB]["name"]
        part = Part("attachments", raw, "", author, False, public, at, (file,))
        self.tickets.add(kept, part)
        self._attached(kept, (file,))
        return part

    def delete(self, kept: Kept) -> None:
        """An agent moves a ticket into the trash."""
        self.tickets.remove(kept)
        self._record(kept, "delete", by="agent")
        self._emit(kept, "Ticket_Delete", kept.shown)

    def merge(self, kept: Kept, into: Kept) -> None:
        """What stood in one ticket stands in the other, and the one is gone."""
        if kept is into:
            raise invalid("ids")
        into.parts += kept.parts
        into.parts.sort(key=lambda part: part.at)
        self.tickets.remove(kept)
        kept.merged_into = into.shown["id"]
        self.tickets.touch(into)
        self._record(kept, "merge", into=into.shown["id"], by="agent")
        self._emit(kept, "Ticket_Delete", kept.shown)

    def spend(self, numbers: Sequence[str]) -> tuple[Held, ...]:
        """The uploads of these ids; each can be used once."""
        self._check(numbers)
        return tuple(self.uploads.pop(str(number)) for number in numbers)

    def _check(self, numbers: Sequence[str]) -> None:
        if any(str(number) not in self.uploads for number in numbers):
            raise invalid("uploads")

    def _file(self, kept: Kept, file: Held) -> dict[str, Any]:
        number = str(next(self.tickets.ids))
        path = f"/api/v1/tickets/{kept.shown['id']}/attachments/{number}/content"
        size = str(len(file.data))
        told = {"id": number, "name": file.name, "size": size, "href": self.tickets.url() + path}
        return told | {"createdTime": self.tickets.stamp()}

    def _attached(self, kept: Kept, files: Sequence[Held]) -> None:
        for file in files:
            self._record(kept, "attach", name=file.name, size=len(file.data))

    def _facts(self, kept: Kept) -> dict[str, Any]:
        return {"ticket_id": kept.shown["id"], "key": kept.shown["cf"][KEY]}

    def _record(self, kept: Kept, call: str, **facts: Any) -> None:
        self.record(call, **self._facts(kept), **facts)

    def _emit(self, kept: Kept, event: str, payload: Mapping[str, Any]) -> None:
        self.webhooks.emit(event, payload, kept.shown["departmentId"], self._facts(kept))
