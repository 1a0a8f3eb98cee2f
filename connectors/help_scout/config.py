"""What is particular to Help Scout, as data: the credentials form, capabilities, words, limits."""

from pydantic import Field, SecretStr

from connectors import base, oauth
from connectors.types import Status

NAME = "help_scout"
TITLE = "Help Scout"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other conversations are not our business

FILE_LIMIT = 10 * 1024 * 1024  # bytes
CAN = base.Capabilities(
    find_by_key=True,
    find_lag=120,  # unsure: nobody says how late the search index is
    attachments=FILE_LIMIT,
    webhooks="signed",
    registers_webhooks=True,
    rate=100,  # Standard: 200 calls a minute, and a write counts as two
)

API = "https://api.helpscout.net"
WEB = "https://secure.helpscout.net"
RETRY_HEADER = "X-RateLimit-Retry-After"

# Help Scout has no "solved": closed is what solves, and a customer's message opens it again.
FROM_VENDOR = {
    "active": Status.OPEN,
    "pending": Status.PENDING,
    "closed": Status.SOLVED,
    "spam": Status.CLOSED,
}
TO_VENDOR = {
    Status.NEW: "active",
    Status.OPEN: "active",
    Status.PENDING: "pending",
    Status.ON_HOLD: "pending",
    Status.SOLVED: "closed",
    Status.CLOSED: "closed",
}

# From memory or unsure, each used in one place:
TEXT_LIMIT = 60_000  # bytes of HTML in a thread; API v1 named 100 kB, v2 names none
HEAD_LIMIT = 8_000  # bytes of a longer text that stand in the thread above its file
NAME_LIMIT = 40  # characters of a first or last name
NO_MAIL = "customer.invalid"  # customers need an address: this domain can never get mail
TOKEN_LIFE = 172_800  # seconds, where the answer names none

# developer.helpscout.com/mailbox-api/overview/authentication. The app has the redirection URL, an
# app has no scopes, and a refresh token is good for one use.
CONSENT = oauth.Consent(
    authorize="{config.web}/authentication/authorizeClientApplication",
    token="{config.root}/v2/oauth2/token",
    fields=("app_id", "app_secret", "mailbox_id"),
    client=("app_id", "app_secret"),
    tells_redirect=False,
    life=TOKEN_LIFE,
)

EVENTS = (
    "convo.status",
    "convo.assigned",
    "convo.agent.reply.created",
    "convo.note.created",
    "convo.merged",
    "convo.deleted",
)
SECRET_LIMIT = 40  # characters of a webhook's secret
WEBHOOK_LABEL = "Escalation hub"


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: an OAuth2 app of your own account, and the inbox for new tickets."""

    app_id: str = Field(
        title="App ID", description="Your profile, My apps, Create app: the App ID.", min_length=1
    )
    app_secret: SecretStr = Field(
        title="App secret", description="Beside the App ID. It acts with your user's rights."
    )
    mailbox_id: int = Field(
        title="Inbox number",
        description="Where new tickets go: open the inbox, its number is in the address.",
        gt=0,
    )

    @property
    def root(self) -> str:
        """Where the API is, without a slash at its end."""
        return (self.base_url or API).rstrip("/")

    @property
    def web(self) -> str:
        """Where people read conversations."""
        return (self.base_url or WEB).rstrip("/")
