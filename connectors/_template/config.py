"""What is particular to New Desk, as data: the form, capabilities, words."""

from pydantic import Field, SecretStr

from connectors import base
from connectors.types import Status

NAME = "new_desk"
TITLE = "New Desk"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other tickets are not our business

# WRITE: what the desk can do, by the vendor's documentation; `Capabilities` in connectors/base.py
# says what each word means. What stands in no documentation is marked "unsure", here alone.
FILE_LIMIT = 10 * 1024 * 1024  # bytes
SUBJECT_LIMIT = 255  # characters
CAN = base.Capabilities(
    find_by_key=True,
    find_lag=0,
    attachments=FILE_LIMIT,
    webhooks="signed",
    registers_webhooks=True,
    rate=600,
)

# WRITE: where the API is, and where people read tickets.
API = "https://api.vendor.example"
WEB = "https://app.vendor.example"

# WRITE: the vendor's status words, and which of them we ask for. A word that is not here is
# unknown, and keeps the conversation with the person.
FROM_VENDOR = {
    "open": Status.OPEN,
    "waiting": Status.PENDING,
    "solved": Status.SOLVED,
    "closed": Status.CLOSED,
}
TO_VENDOR = {
    Status.NEW: "open",
    Status.OPEN: "open",
    Status.PENDING: "waiting",
    Status.ON_HOLD: "waiting",
    Status.SOLVED: "solved",
    Status.CLOSED: "closed",
}


class Config(base.Config, frozen=True):
    """The credentials form: an API token."""

    # WRITE: what a person copies from the vendor's pages, one field each; secrets are SecretStr.
    # `description` says where to click.
    token: SecretStr = Field(
        title="API token", description="Settings, API, New token, with the right to write."
    )

    @property
    def root(self) -> str:
        """Where the API is, without a slash at its end."""
        return (self.base_url or API).rstrip("/")

    @property
    def web(self) -> str:
        """Where people read tickets."""
        return (self.base_url or WEB).rstrip("/")
