"""What is particular to Freshdesk, as data: the credentials form, capabilities, words, limits."""

from datetime import timedelta

from pydantic import Field, SecretStr

from connectors import base
from connectors.types import Status

NAME = "freshdesk"
TITLE = "Freshdesk"
KEY_PREFIX = "esc_"  # of the tag with the hub's key; other tickets are none of our business

ATTACHMENTS = 20 * 1024 * 1024  # bytes; Freshdesk counts all files of a ticket together

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=0,  # the newest tickets come from the list, which reads the database; see find_ticket
    attachments=ATTACHMENTS,
    webhooks="secret",
    rate=200,  # Growth, whole account; a trial has 50, Pro 400, Enterprise 700
)

# Statuses are numbers, and an account may add its own from 6 on, in any meaning: those are known
# by their labels only.
WORDS = {2: "open", 3: "pending", 4: "resolved", 5: "closed"}
FROM_VENDOR = {
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "resolved": Status.SOLVED,
    "closed": Status.CLOSED,
    "waiting on customer": Status.PENDING,
    "waiting on third party": Status.ON_HOLD,
}
TO_VENDOR = {
    Status.NEW: 2,  # there is no new
    Status.OPEN: 2,
    Status.PENDING: 3,
    Status.ON_HOLD: 3,  # unless the account has a status for it
    Status.SOLVED: 4,
    Status.CLOSED: 5,
}

REPLY, NOTE = 0, 2  # sources of conversations; a forward (8) is not for the customer

# What Freshdesk counts by itself: on Growth, of 200 calls a minute 20 lists of tickets and 80
# updates. No other call has to wait for these. New tickets (80) are not among them: that limit
# and the account's look the same, and every waiting escalation would ask for itself.
OWN_LIMITS = r"^GET .*/api/v2/tickets$|^PUT .*/tickets/\d+$"

PAGE = 100  # rows, the most that Freshdesk gives
SAID_PAGE = 30  # conversations: each is told twice, as HTML and as text, of 60 KB at worst
TOLD = 100  # newest conversations of a changed ticket that a poll tells again

# Not in the documentation; from memory or chosen with care, each used in one place.
SUBJECT_LIMIT = 255  # characters
BODY_LIMIT = 60_000  # bytes of HTML; what is longer comes as a file
INDEX_LAG = timedelta(minutes=15)  # how old a ticket is before the search surely knows it
OVERLAP = timedelta(minutes=2)  # that a poll repeats
CLOCKS = timedelta(minutes=5)  # how far our clock and Freshdesk's may lie apart
AGES_AGO = "2010-01-01T00:00:00Z"  # without a start the list ends 30 days ago


class Config(base.Config, frozen=True):
    """The credentials form."""

    domain: str = Field(
        title="Account name",
        description="The first part of your Freshdesk address: acme for acme.freshdesk.com. Your "
        "own help desk address (support.example.com) does not serve the API.",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    )
    api_key: SecretStr = Field(
        title="API key",
        description="Profile settings of the agent in whose name the hub works, right side.",
        min_length=1,
    )

    @property
    def root(self) -> str:
        """Where this desk is reached, without a slash at its end."""
        return (self.base_url or f"https://{self.domain}.freshdesk.com").rstrip("/")
