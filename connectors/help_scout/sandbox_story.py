"""What follows from a change at Help Scout: the ledger's entry, lineitems, webhooks."""

import html
from collections.abc import Callable, Mapping
from typing import Any

from connectors.help_scout.sandbox_conversations import Conversation, Conversations, Thread
from connectors.help_scout.sandbox_errors import bad
from connectors.help_scout.sandbox_people import AGENT, name, shown
from connectors.help_scout.sandbox_webhooks import Webhooks
from connectors.sandbox import Held

STATUSES = ("active", "pending", "closed", "spam")
CALLS = {"customer": "append_message", "note": "add_note", "message": "agent_reply"}
EVENTS = {
    "customer": "convo.customer.reply.created",
    "note": "convo.note.created",
    "message": "convo.agent.reply.created",
}


class Story:
    """Carries changes out and tells them, to the ledger and to webhooks."""

    def __init__(
        self, all_: Conversations, webhooks: Webhooks, record: Callable[..., None]
    ) -> None:
        self.all = all_
        self.webhooks = webhooks
        self.record = record

    def created(self, kept: Conversation) -> None:
        """A conversation was created."""
        first = kept.threads[0]
        facts = {"subject": kept.subject, "status": kept.status, "tags": kept.tags}
        self._record(kept, "create_ticket", id=str(first.id), text=first.text, **facts)
        for thread in kept.threads:
            self.attached(kept, thread.files)
        self.told(kept, "convo.created")

    def wrote(self, kept: Conversation, thread: Thread, *, by_agent: bool) -> None:
        """A thread was added."""
        kept.threads.append(thread)
        self.all.touch(kept)
        call = CALLS.get(thread.kind, "append_message")
        call = "agent_note" if by_agent and thread.kind == "note" else call
        author = shown(thread.by)
        facts = {"id": str(thread.id), "text": thread.text, "author": name(thread.by)}
        self._record(kept, call, author_role=author["type"], by=_by(by_agent), **facts)
        self.attached(kept, thread.files)
        self.told(kept, EVENTS.get(thread.kind, EVENTS["customer"]))

    def attached(self, kept: Conversation, files: Mapping[int, Held]) -> None:
        """Files were added."""
        for number, file in files.items():
            facts = {"id": str(number), "name": file.name, "size": len(file.data)}
            self._record(kept, "attach", **facts)

    def status(
        self,
        kept: Conversation,
        word: str,
        *,
        by_agent: bool,
        who: Mapping[str, Any] | None = None,
    ) -> None:
        """Bring the conversation to a status; nothing happens when it has it."""
        if word not in STATUSES:
            raise bad("status", f"must be one of {', '.join(STATUSES)}", word)
        if word == kept.status:
            return
        before, kept.status = kept.status, word
        kept.closed = self.all.stamp() if word == "closed" else None
        self._lineitem(kept, f"marked as {word.title()}", who)
        self._record(kept, "set_status", status=word, before=before, by=_by(by_agent))
        self.told(kept, "convo.status")

    def assign(self, kept: Conversation, to: Mapping[str, Any] | None, *, by_agent: bool) -> None:
        """Give the conversation to a user, or to nobody."""
        kept.assignee = to
        who = name(to) if to else None
        self._lineitem(kept, f"assigned to {who or 'Anyone'}")
        self._record(kept, "assign", to=who, by=_by(by_agent))
        self.told(kept, "convo.assigned")

    def delete(self, kept: Conversation, *, by_agent: bool) -> None:
        """Delete the conversation: gone from the API."""
        kept.deleted = True
        self.all.touch(kept)
        self._record(kept, "delete", by=_by(by_agent))
        self.webhooks.emit("convo.deleted", {"id": kept.id}, self._facts(kept))

    def merge(self, source: Conversation, target: Conversation) -> None:
        """Move the threads of one conversation into another, and leave a pointer behind."""
        if source is target or target.deleted:
            raise bad("id", "cannot be merged into this conversation", target.id)
        # Unsure: which of the two conversations the event shows. Here the one that is gone, under
        # the id by which integrations know it.
        gone = self._shown(source)
        target.threads = sorted(target.threads + source.threads, key=lambda one: one.at)
        source.merged_into, source.deleted = target.id, True
        self.all.tag(target, target.tags + source.tags)
        self.all.touch(source)
        self._lineitem(target, f"merged with #{source.number}")
        self._record(source, "merge", into=str(target.id), by="agent")
        self.webhooks.emit("convo.merged", gone, self._facts(source))

    def told(self, kept: Conversation, event: str) -> None:
        """Tell webhooks of a change, with the conversation and its newest thread."""
        self.all.touch(kept)
        self.webhooks.emit(event, self._shown(kept), self._facts(kept))

    def _shown(self, kept: Conversation) -> dict[str, Any]:
        told = self.all.shown(kept)
        newest = kept.threads[-1:]
        told["_embedded"] = {"threads": [self.all.thread_shown(kept, one) for one in newest]}
        return told

    def _lineitem(
        self, kept: Conversation, what: str, who: Mapping[str, Any] | None = None
    ) -> None:
        by = who or self.all.people.users[AGENT]
        number = next(self.all.thread_ids)
        kept.threads.append(Thread(number, "lineitem", "", by, self.all.stamp(), action=what))
        self.all.touch(kept)

    def _record(self, kept: Conversation, call: str, **facts: Any) -> None:
        self.record(call, **self._facts(kept), **facts)

    def _facts(self, kept: Conversation) -> dict[str, Any]:
        return {"ticket_id": str(kept.id), "key": kept.key}


def rich(text: str) -> str:
    """What an agent typed, as the editor stores it."""
    lines = [html.escape(line, quote=False) for line in text.split("\n")]
    return f"<p>{'<br>'.join(lines)}</p>"


def _by(by_agent: bool) -> str:
    return "agent" if by_agent else "api"
