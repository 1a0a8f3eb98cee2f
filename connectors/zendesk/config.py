"""What is particular to Zendesk, as data: the credentials form, capabilities, words, limits."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors import base, oauth
from connectors.types import Status

NAME = "zendesk"
TITLE = "Zendesk"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other tickets are none of our business
TOKENS_END = "2027-04-30"

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=0,  # the list by external_id reads the database, unlike /search (1-2 minutes late)
    attachments=50 * 1024 * 1024,
    webhooks="signed",
    registers_webhooks=True,
    rate=200,  # Support Team; the larger plans have 400 to 2,500
)

TOKEN_LIFE = 7200  # seconds; Zendesk lets the client choose, older clients' tokens never end
# developer.zendesk.com: authentication/oauth-pkce, and grant-type tokens. A refresh token is good
# for one use, and the access token that came with it dies then too.
CONSENT = oauth.Consent(
    authorize="{config.root}/oauth/authorizations/new",
    token="{config.root}/oauth/tokens",
    fields=("subdomain", "client_id", "client_secret"),
    scopes=("read", "write"),
    pkce=True,
    sends={"scope": "read write", "expires_in": TOKEN_LIFE},
    as_json=True,
)

FROM_VENDOR = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "hold": Status.ON_HOLD,
    "solved": Status.SOLVED,
    "closed": Status.CLOSED,
}
# Zendesk closes tickets itself, by automation: asked to close one, we solve it.
TO_VENDOR = {status: word for word, status in FROM_VENDOR.items()} | {Status.CLOSED: "solved"}
STAFF = ("agent", "admin")

COMMENT_LIMIT = 64_000  # bytes; Zendesk names 65,535 and does not say of what
EXPORT = "/incremental/tickets/cursor"
# What Zendesk counts by itself: 10 exports a minute, 30 updates of a ticket by one user in ten
# minutes, and each message, note, file and status is one. No other call has to wait for these; if
# the whole account is at its limit, the next one of them is told so.
OWN_LIMITS = rf"{EXPORT}$|^PUT .*/tickets/\d"

# Pages that stay below `http.MAX_ANSWER`, 5 MiB, with a third to spare for what JSON escapes.
TICKETS_PAGE = 50  # each repeats its first comment, up to 64 KB of transcript: 3.1 MiB
COMMENTS_PAGE = 20  # each told three times (body, html_body, plain_body), 64 KB each: 3.8 MiB
COMMENTS = 100  # newest comments of a changed ticket that a poll tells again

EVENT = "zen:event-type:ticket."
SUBSCRIPTIONS = (
    f"{EVENT}status_changed",
    f"{EVENT}comment_added",
    f"{EVENT}attachment_linked_to_comment",
    f"{EVENT}agent_assignment_changed",
    f"{EVENT}merged",
    f"{EVENT}soft_deleted",
    f"{EVENT}permanently_deleted",
)
WEBHOOK_NAME = "Escalation hub"
# Zendesk signs "test webhook" calls, made before a webhook exists, with this published secret.
TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: an OAuth client, or the API token of an older account."""

    subdomain: str = Field(
        title="Subdomain",
        description="The first part of your Zendesk address: acme for acme.zendesk.com.",
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
    )
    client_id: str | None = Field(
        None,
        title="OAuth client: unique identifier",
        description="Admin Center, Apps and integrations, APIs, OAuth clients. Recommended.",
    )
    client_secret: SecretStr | None = Field(
        None, title="OAuth client: secret", description="Shown once, when the client is saved."
    )
    email: str | None = Field(
        None,
        title="Agent's email (API token only)",
        description="The agent or admin in whose name an API token of an older account works.",
    )
    api_token: SecretStr | None = Field(
        None,
        title="API token (older accounts)",
        description=f"Zendesk makes no new ones, and ends all of them on {TOKENS_END}.",
    )

    @model_validator(mode="after")
    def exactly_one_way(self) -> Self:
        """An OAuth client or an API token, complete, and not both."""
        client, token = (self.client_id, self.client_secret), (self.email, self.api_token)
        if any(client) and any(token):
            raise ValueError("give an OAuth client or an API token, not both")
        if not (all(client) or all(token)):
            raise ValueError("an OAuth client needs client_id and client_secret")
        if self.authorized and not all(client):
            raise ValueError("only an OAuth client can be allowed in the browser")
        return self

    @property
    def uses_token(self) -> bool:
        """True for the API token that Zendesk is about to end."""
        return bool(self.api_token)

    @property
    def host(self) -> str:
        """Where Zendesk itself is, whatever `base_url` says."""
        return f"https://{self.subdomain}.zendesk.com"

    @property
    def root(self) -> str:
        """Where this desk is reached, without a slash at its end."""
        return (self.base_url or self.host).rstrip("/")
