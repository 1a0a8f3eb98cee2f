"""What is particular to Intercom, as data: the credentials form, capabilities, words, limits."""

import re
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors import base, oauth
from connectors.types import Status

NAME = "intercom"
TITLE = "Intercom"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other tickets are none of our business
VERSION = "2.14"  # the oldest with ticket states as objects and an assignment at creation

FILE_LIMIT = 20 * 1024 * 1024  # bytes; Intercom names no limit: ours

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=60,  # the search is an index; Intercom names no figure
    attachments=FILE_LIMIT,
    webhooks="signed",
    registers_webhooks=False,  # only in the Developer Hub
    rate=10_000,
)

# developers.intercom.com: setting-up-oauth. The app has the permissions, and a token never ends: it
# has no refresh token.
CONSENT = oauth.Consent(
    authorize="{config.inbox}/oauth",
    token="{config.root}/auth/eagle/token",
    fields=("client_id", "client_secret", "region", "ticket_type_id", "admin_id"),
)

REFERENCE = "Escalation ref"  # the ticket attribute that holds our key; tickets have no external id
TITLE_ATTRIBUTE = "_default_title_"
TEXT_ATTRIBUTE = "_default_description_"
BACK_OFFICE = "Back-office"  # the category of tickets that customers cannot answer

# Labels are an account's own; every state has one of these categories.
FROM_VENDOR = {
    "submitted": Status.OPEN,
    "in_progress": Status.OPEN,
    "waiting_on_customer": Status.PENDING,
    "resolved": Status.SOLVED,
}
TO_VENDOR = {
    Status.NEW: "submitted",
    Status.OPEN: "in_progress",
    Status.PENDING: "waiting_on_customer",
    Status.SOLVED: "resolved",
}
SNOOZED, CLOSED = "snoozed", "closed"  # our words for a ticket with snoozed_until, or not open
SNOOZE_DAYS = 7  # Intercom has no status "on hold": a ticket sleeps until a day
# Unsure: whether null wakes a ticket. The reference asks for a number, and shows null in a ticket
# that is awake. So it is sent alone, and to a ticket that sleeps on in its new state.
AWAKE: dict[str, Any] = {"snoozed_until": None}
# An agent's answer that also assigns or closes comes as one part of that type, with the body.
SPOKEN = ("comment", "quick_reply", "assignment", "open", "close")
NOTED = ("note", "note_and_reopen")

PHONE = re.compile(r"\+\d{7,15}")  # E.164: Intercom refuses phone numbers in any other form
TITLE_LIMIT = 255  # characters
BODY_LIMIT = 25_000  # bytes; Intercom names no limit, so we stay far below any
FILES_LIMIT = 10  # of one answer
PAGE = 10  # tickets of one search, each with up to 500 parts: half of what Intercom would bring
OVERLAP = 120  # seconds that a poll repeats, for what the index showed late
TOPICS = (
    "ticket.state.updated",
    "ticket.closed",
    "ticket.resolved",
    "ticket.admin.replied",
    "ticket.note.created",
    "ticket.admin.assigned",
    "ticket.admin.snoozed",
    "ticket.admin.unsnoozed",
)
NEEDS_PART = ("ticket.admin.replied", "ticket.note.created")


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: an app's access token or the app itself, and where tickets go."""

    access_token: SecretStr | None = Field(
        None,
        title="Access token (private app)",
        description="Developer Hub, your app, Configure, Authentication.",
    )
    client_id: str | None = Field(
        None,
        title="Client ID",
        description="Developer Hub, your app, Basic information. Only for an app with OAuth.",
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="Developer Hub, your app, Basic information. Intercom signs webhooks with it.",
    )
    region: Literal["us", "eu", "au"] = Field(
        "us", title="Region", description="Where Intercom keeps your workspace."
    )
    admin_id: str | None = Field(
        None,
        title="Teammate's id",
        description="The teammate in whose name notes stand; empty: the owner of the app's token.",
        pattern=r"^\d{1,20}$",
    )
    ticket_type_id: str = Field(
        title="Ticket type's id",
        description="The type of the tickets that the hub makes, of the category Customer.",
        pattern=r"^\d{1,20}$",
    )

    @model_validator(mode="after")
    def exactly_one_way(self) -> Self:
        """An access token, or an app that a person allows, and not both."""
        if self.authorized == bool(self.access_token):
            raise ValueError("give an access token, or connect in the console")
        if self.authorized and not self.client_id:
            raise ValueError("an app that is allowed in the browser needs its client_id")
        return self

    @property
    def root(self) -> str:
        """Where the API is reached, without a slash at its end."""
        return (self.base_url or f"https://api{self._dot}intercom.io").rstrip("/")

    @property
    def inbox(self) -> str:
        """Where people read tickets."""
        return (self.base_url or f"https://app{self._dot}intercom.com").rstrip("/")

    @property
    def _dot(self) -> str:
        return "." if self.region == "us" else f".{self.region}."
