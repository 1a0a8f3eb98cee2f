"""New Desk in memory, from the vendor's facts: API, errors, webhooks, agents.

Unsure at the vendor, and decided here: nothing yet.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from connectors._template.sandbox_fields import FORM, OWN_FIELDS
from connectors._template.sandbox_tickets import Kept, Tickets
from connectors._template.sandbox_webhooks import Webhooks
from connectors.sandbox import (
    Case,
    Entry,
    Harness,
    Held,
    Refused,
    Route,
    SandboxDesk,
    answer,
    route,
    same,
)
from connectors.types import Status

# WRITE: demo accounts: one with every right, and one that lacks a right that the hub needs.
TOKENS = {"sandbox-token-of-the-hub": ("read", "write"), "sandbox-token-of-a-reader": ("read",)}
GOOD, WEAK = TOKENS


class NewDeskSandbox(SandboxDesk):
    """One New Desk account with two agents."""

    name = "new_desk"
    title = "New Desk"
    # WRITE: the vendor's statuses, and at the end one that an account may have made itself.
    words = ("open", "waiting", "solved", "closed", "at the supplier")
    agents = ("Ann Agent", "Ben Berger")

    def reset(self) -> None:
        self.webhooks = Webhooks(self.send, self.now)
        self.tickets = Tickets(self, self.webhooks)

    def parts(self) -> Iterable[object]:
        return (self, self.tickets, self.webhooks)

    def accounts(self) -> list[dict[str, Any]]:
        return [
            {"name": "the hub's token", "note": "may do everything", "config": form(self.url)},
            {"name": "a reader's", "note": "may not write", "config": form(self.url, WEAK)},
        ]

    def admit(self, request: Request, found: Route) -> None:
        # WRITE: how the vendor checks credentials, and its limit of calls if you want to meet it
        # here (`SETTINGS` and connectors/freshdesk/sandbox_limits.py show how).
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        rights = next((TOKENS[known] for known in TOKENS if same(known, token)), None)
        if rights is None:
            raise Refused(self.refusal(401, "the token is not valid"))
        if request.method != "GET" and "write" not in rights:
            raise Refused(self.refusal(403, "this token may not write"))
        request.environ["sandbox.rights"] = rights

    def refusal(self, status: int, words: str) -> Response:
        # WRITE: an error as the vendor words it; `no` in sandbox_tickets.py adds the fields.
        return answer({"error": {"message": words}}, status)

    @route("GET /v1/me")
    def me(self, request: Request) -> Any:
        rights = request.environ["sandbox.rights"]
        return {"id": 7, "account": "Sandbox Ltd", "name": "Hub User", "rights": list(rights)}

    @route("GET /v1/fields")
    def fields(self, _request: Request) -> Any:
        return {"fields": FORM}

    @route("GET /tickets/<int:number>", public=True)
    def link(self, _request: Request, number: int) -> Response:
        """Where the vendor's own link to a ticket leads: here, to the sandbox's page."""
        return redirect(f"{self.url}/_agent/{number}")

    def cases(self) -> Sequence[Case]:
        latest = sorted(self.tickets.kept.values(), key=lambda kept: -kept.change)
        return [_case(kept) for kept in latest]

    def case(self, ticket_id: str) -> Case:
        return _case(self._kept(ticket_id))

    def _kept(self, ticket_id: str) -> Kept:
        if not (ticket_id.isascii() and ticket_id.isdecimal()):
            raise KeyError(ticket_id)
        return self.tickets.kept[int(ticket_id)]

    def agent_writes(
        self, ticket_id: str, text: str, *, public: bool, by: str, files: Sequence[Held] = ()
    ) -> str:
        kept = self._kept(ticket_id)
        comment = self.tickets.comment(by, "agent", text, public=public, files=files)
        self.tickets.add(kept, comment, "agent_reply" if public else "agent_note")
        return str(comment.id)

    def agent_sets_status(self, ticket_id: str, word: str, *, by: str) -> None:
        self.tickets.set_status(self._kept(ticket_id), word)

    def agent_assigns(self, ticket_id: str, to: str, *, by: str) -> None:
        kept = self._kept(ticket_id)
        kept.assignee = to
        self.tickets.changed(kept, "assign", to=to)

    def agent_deletes(self, ticket_id: str, *, by: str) -> None:
        kept = self._kept(ticket_id)
        kept.deleted = True
        self.tickets.changed(kept, "delete")

    def agent_merges(self, ticket_id: str, into: str, *, by: str) -> None:
        kept, other = self._kept(ticket_id), self._kept(into)
        kept.merged_into, kept.status = other.id, "closed"
        other.comments += kept.comments
        self.tickets.changed(kept, "merge", into=into)


SANDBOX = NewDeskSandbox


def form(url: str, token: str = GOOD) -> dict[str, Any]:
    """The connector's form, filled in."""
    return {"token": token, "base_url": url}


def _case(kept: Kept) -> Case:
    merged = f"merged into {kept.merged_into}" if kept.merged_into else ""
    entries = (
        Entry(
            id=str(comment.id),
            author=comment.author,
            role=comment.role,
            public=comment.public,
            text=comment.text,
            at=comment.at,
            files=tuple(comment.files.values()),
        )
        for comment in kept.comments
    )
    return Case(
        id=str(kept.id),
        subject=kept.subject,
        status=kept.status,
        key=kept.external_id,
        requester=f"{kept.requester.get('name')} <{kept.requester.get('email')}>",
        assignee=kept.assignee,
        tags=tuple(kept.tags),
        updated=kept.updated_at,
        state="deleted" if kept.deleted else merged,
        entries=tuple(entries),
    )


def harness(base_url: str) -> Harness:
    """What the contract tests need to know of New Desk."""
    url = f"{base_url}/new_desk"
    # WRITE: what the vendor's documentation lets the tests expect; tests/contract/README.md
    # explains each field, those that have a usual value too (`needs`, `cannot`, `page`, …).
    # Not copied from config.py: two who agree are worth more than one.
    return Harness(
        desk="new_desk",
        base_url=base_url,
        config=form(url),
        wrong_config=form(url, "not-the-token"),
        weak_config=form(url, WEAK),
        weak_word="write",
        words={
            "open": Status.OPEN,
            "waiting": Status.PENDING,
            "solved": Status.SOLVED,
            "closed": Status.CLOSED,
        },
        own_fields=OWN_FIELDS,
        strange_word="at the supplier",
        reach={
            Status.OPEN: Status.OPEN,
            Status.PENDING: Status.PENDING,
            Status.ON_HOLD: Status.PENDING,
            Status.SOLVED: Status.SOLVED,
            Status.CLOSED: Status.CLOSED,
        },
        signature_headers=("x-desk-signature", "x-desk-timestamp"),
        unused_event=b'{"event": "article.published", "article": {"id": 7}}',
    )
