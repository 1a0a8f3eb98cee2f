"""Help Scout in memory, from the vendor's facts: Mailbox API 2.0, OAuth apps, signed webhooks.

Unsure at the vendor, and decided here: longest text of a thread, retries of webhooks, the lag of
the search index, that a merge takes the tags along, the answer for an attachment's bytes. By its
name `userUpdatedAt` tells of users only: a customer's words do not move it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors.help_scout.sandbox_api import ConversationRoutes
from connectors.help_scout.sandbox_conversations import Conversation, Conversations, Thread
from connectors.help_scout.sandbox_doors import APPS, Doors, Limits
from connectors.help_scout.sandbox_errors import refusal
from connectors.help_scout.sandbox_people import OWN_FIELDS, People, name, shown
from connectors.help_scout.sandbox_story import Story, rich
from connectors.help_scout.sandbox_webhooks import Webhooks
from connectors.sandbox import Case, Entry, Harness, Held, Route, SandboxDesk, route
from connectors.types import Status

MAILBOX = "85"
TOKENS = "/v2/oauth2/token"


class HelpScoutSandbox(SandboxDesk):
    """One Help Scout account with two mailboxes."""

    name = "help_scout"
    title = "Help Scout"
    words = ("active", "pending", "closed", "spam")
    agents = ("Ann Agent", "Ben Berger")
    retry_header = "X-RateLimit-Retry-After"
    SETTINGS: Mapping[str, tuple[float, str]] = {
        "rate_per_minute": (800, "calls a minute and account, a write counts twice: Pro"),
        "token_lifetime": (172_800, "seconds that an access token lives"),
        "search_lag": (30, "seconds until query= finds a conversation; unknown at Help Scout"),
        "thread_bytes": (100_000, "longest text of a thread, in bytes; unconfirmed"),
        "attachment_bytes": (10_485_760, "largest file"),
        "webhook_failures": (10, "undelivered events after which a webhook is disabled"),
    }

    def reset(self) -> None:
        self.people = People(self.now)
        self.doors = Doors(self.now, self.settings, self.record)
        self.limits = Limits(self.now, self.settings)
        self.webhooks = Webhooks(self.send, self.settings)
        self.all = Conversations(self.people, self.now, self.settings, lambda: self.url)
        self.story = Story(self.all, self.webhooks, self.record)
        self.api = ConversationRoutes(self.all, self.story)

    def parts(self) -> Iterable[object]:
        return (self, self.doors, self.people, self.webhooks, self.api)

    def accounts(self) -> list[dict[str, Any]]:
        notes = {"hub-app": "an account owner's app", "ann-app": "an agent's app"}
        return [
            {"name": f"OAuth app {app}", "note": notes[app], "config": _config(self.url, app)}
            for app in APPS
        ]

    def admit(self, request: Request, found: Route) -> None:
        if found.path == TOKENS:
            return
        request.environ["sandbox.user"] = self.doors.caller(request)
        self.limits.take(request)

    def finish(self, request: Request, found: Route, made: Response) -> Response:
        self.limits.tell(made)
        return made

    def refusal(self, status: int, words: str) -> Response:
        return refusal(status, words)

    def expire_tokens(self) -> None:
        self.doors.expire()

    @route("GET /conversation/<int:number>/<int:_shown_number>", public=True)
    def deep_link(self, _request: Request, number: int, _shown_number: int) -> Response:
        """Where Help Scout's own link to a conversation leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{number}")

    def cases(self) -> Sequence[Case]:
        return [self._case(kept) for kept in reversed(self.all.latest.values())]

    def case(self, ticket_id: str) -> Case:
        return self._case(self._kept(ticket_id), whole=True)

    def _kept(self, ticket_id: str) -> Conversation:
        if not (ticket_id.isascii() and ticket_id.isdigit()):
            raise KeyError(ticket_id)
        return self.all.kept[int(ticket_id)]

    def _case(self, kept: Conversation, whole: bool = False) -> Case:
        customer = shown(kept.customer)
        known = customer["email"] or ", ".join(kept.customer["phones"])
        state = "deleted" if kept.deleted else ""
        return Case(
            id=str(kept.id),
            subject=kept.subject,
            status=kept.status,
            key=kept.key,
            requester=f"{name(kept.customer)} <{known}>",
            assignee=name(kept.assignee) if kept.assignee else None,
            tags=tuple(kept.tags),
            updated=kept.modified,
            state=f"merged into {kept.merged_into}" if kept.merged_into else state,
            entries=tuple(_entry(thread) for thread in kept.said) if whole else (),
        )

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        kept, kind = self._kept(ticket_id), "reply" if public else "note"
        who = self.people.agent(by)["id"]
        thread = self.all.thread({"type": kind, "text": rich(text), "user": who}, who, "thread")
        thread.files |= {next(self.all.file_ids): file for file in files}
        self.story.wrote(kept, thread, by_agent=True)
        return str(thread.id)

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        self.story.status(self._kept(ticket_id), word, by_agent=True)

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        self.story.assign(self._kept(ticket_id), self.people.agent(to), by_agent=True)

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        self.story.delete(self._kept(ticket_id), by_agent=True)

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        self.story.merge(self._kept(ticket_id), self._kept(into))


SANDBOX = HelpScoutSandbox


def _config(url: str, app: str) -> dict[str, Any]:
    secret = APPS[app][0]
    return {"app_id": app, "app_secret": secret, "mailbox_id": MAILBOX, "base_url": url}


def _entry(thread: Thread) -> Entry:
    return Entry(
        id=str(thread.id),
        author=name(thread.by) or shown(thread.by)["email"] or "Customer",
        role="agent" if shown(thread.by)["type"] == "user" else "customer",
        public=thread.kind != "note",
        text=thread.text,
        at=thread.at,
        files=tuple(thread.files.values()),
    )


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of Help Scout."""
    config = _config(f"{base_url}/help_scout", "hub-app")
    return Harness(
        desk="help_scout",
        own_fields=OWN_FIELDS,
        base_url=base_url,
        config=config,
        agents=HelpScoutSandbox.agents,
        wrong_config=config | {"app_secret": "not-the-secret"},
        weak_config=config | {"mailbox_id": "999"},  # one that this user does not see
        weak_word="999",
        consent_config=config | {"authorized": True},
        words={
            "active": Status.OPEN,
            "pending": Status.PENDING,
            "closed": Status.SOLVED,  # it has no solved, and a closed conversation reopens
            "spam": Status.CLOSED,
        },
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.PENDING,  # no hold
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.SOLVED,
        },
        renews_tokens=True,
        closed_refuses=False,  # a customer's message reopens
        signature_headers=("x-helpscout-signature",),
        signs_time=False,  # nothing but the body is signed
        untold_by_poll=("delete", "merge"),  # lists show neither
        names_survivor=("webhook",),  # it makes us look, and the old address leads to the new one
        unused_event=UNUSED_EVENT,
        settings={"search_lag": 0, "rate_per_minute": 100_000},
    )


# Of a conversation without a tag of ours.
UNUSED_EVENT = b"""{"id": 7001, "number": 12, "threads": 1, "type": "email", "status": "active",
 "state": "published", "subject": "Else", "mailboxId": 85, "tags": [{"id": 5, "tag": "vip"}],
 "primaryCustomer": {"id": 9, "type": "customer", "email": "else@example.com"},
 "createdAt": "2026-11-22T09:00:00Z", "userUpdatedAt": "2026-11-22T10:00:00Z",
 "customFields": [], "_embedded": {"threads": [{"id": 71, "type": "message",
 "state": "published", "body": "<p>Hi</p>", "createdBy": {"id": 12, "type": "user"},
 "createdAt": "2026-11-22T10:00:00Z"}]},
 "_links": {"web": {"href": "https://secure.helpscout.net/conversation/7001/12/"}}}"""
