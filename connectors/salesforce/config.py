"""What is particular to Salesforce, as data: the credentials form, capabilities, words, limits."""

import re
from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors import base, oauth
from connectors.types import Status

NAME = "salesforce"
TITLE = "Salesforce Service Cloud"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other cases are none of our business
API_VERSION = "66.0"  # Spring '26; 41 and later are supported

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=0,  # SOQL reads the database, unlike SOSL's search index
    attachments=37_000_000,  # Salesforce takes 37.5 MB in JSON, before base64
    webhooks="secret",  # outbound messages carry no signature: a secret in their address
    reopen=True,
    rate=60,  # 100,000 calls a day, the smallest paid plan's, are 69 a minute
    rate_over=86_400,
)

# help.salesforce.com: remoteaccess_oauth_web_server_flow. A token's life is its session's, which no
# answer tells; whether a refresh token is good for one use is a setting of the app.
CONSENT = oauth.Consent(
    authorize="{config.root}/services/oauth2/authorize",
    token="{config.root}/services/oauth2/token",
    fields=("my_domain", "client_id", "client_secret", "key_field", "organization_id"),
    scopes=("api", "id", "refresh_token"),
    pkce=True,
)

# Words of new orgs and those that admins often add; what is not here is told by HINTS below, by the
# account's own `status_words`, or is open until it closes a case. New is open: Salesforce tells no
# difference.
FROM_VENDOR = {
    "new": Status.OPEN,
    "working": Status.OPEN,
    "in process": Status.OPEN,
    "escalated": Status.OPEN,
    "on hold": Status.ON_HOLD,
}
# What an open status means whose name has such a word in it.
HINTS = (
    ("waiting on customer", Status.PENDING),
    ("pending", Status.PENDING),
    ("on hold", Status.ON_HOLD),
)
SOLVED_WORDS = ("solved", "resolved")  # other closed statuses are closed
# Which statuses to take instead, in this order, where an account has none of the wanted meaning.
NEAREST = {
    Status.NEW: (Status.OPEN,),
    Status.OPEN: (),
    Status.PENDING: (Status.OPEN,),
    Status.ON_HOLD: (Status.PENDING, Status.OPEN),
    Status.SOLVED: (Status.CLOSED,),
    Status.CLOSED: (Status.SOLVED,),
}

SUBJECT_LIMIT = 255  # characters
NAME_LIMIT = 80
FIRST_NAME_LIMIT = 40
# A contact's; of a case's own field both 40 and 80 are told (unsure), and a longer one is refused.
PHONE_LIMIT = 40
# Salesforce counts 32,000 characters, and perhaps each line end twice: bytes are fewer.
TEXT_LIMIT = 30_000
COMMENT_LIMIT = 3_900  # bytes of UTF-8; Salesforce counts 4,000 of these
COMPOSITE = 25  # most records in one composite request
COMPOSITE_BYTES = 15_000_000  # of files in one composite request; no figure is published

CASE_PAGE = 200  # records a query: an answer stays below 5 MB
COMMENT_PAGE = 200
EMAIL_PAGE = 40  # each up to 32,000 characters
FILE_PAGE = 200
DRAFT_EMAIL = "5"  # EmailMessage.Status of what an agent has not sent yet (general knowledge)

# How long to stay away, in seconds; Salesforce never says.
LOCKED = 3.0  # UNABLE_TO_LOCK_ROW: safe to repeat after two seconds
SPENT = 900.0  # REQUEST_LIMIT_EXCEEDED: the day's calls are used up


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: an app with a client secret, or with a user's certificate."""

    my_domain: str = Field(
        title="My Domain",
        description="The first part of your address: acme for acme.my.salesforce.com, "
        "acme--uat.sandbox for a sandbox org.",
        pattern=r"^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,200}[a-zA-Z0-9])?$",
    )
    client_id: str = Field(
        title="Consumer key",
        description="Setup, External Client App Manager, your app, Settings, OAuth Settings.",
        min_length=1,
    )
    client_secret: SecretStr | None = Field(
        None,
        title="Consumer secret",
        description="Beside the key; not for the JWT bearer flow.",
    )
    username: str | None = Field(
        None,
        title="User (certificate only)",
        description="In whose name an app with a certificate works (JWT bearer flow).",
    )
    private_key: SecretStr | None = Field(
        None,
        title="Private key (certificate only)",
        description="The PEM text of the key whose certificate the app has.",
        json_schema_extra={"format": "multiline"},
    )
    key_field: str = Field(
        "Hub_Key__c",
        title="Key field",
        description="API name of the Case field that holds the escalation's id: Text(64), "
        "External ID, Unique.",
        pattern=r"^[A-Za-z][A-Za-z0-9_]{0,76}__c$",
    )
    organization_id: str | None = Field(
        None,
        title="Organization ID (optional)",
        description="Setup, Company Information. With it, webhooks of any other org are refused.",
        pattern=r"^00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?$",
    )

    @model_validator(mode="after")
    def exactly_one_way(self) -> Self:
        """A client secret, or a user and a private key, and not both."""
        by_key = (self.username, self.private_key)
        if self.client_secret and any(by_key):
            raise ValueError("give a consumer secret, or a user and a private key, not both")
        if not self.client_secret and not all(by_key):
            raise ValueError("without a consumer secret, a user and a private key are needed")
        if self.authorized and not self.client_secret:
            raise ValueError("an app that is allowed in the browser needs a consumer secret")
        if self.my_domain.lower().endswith(("force.com", "salesforce.com")) and not re.search(
            r"\.my\.salesforce\.com$", self.my_domain.lower()
        ):
            raise ValueError("my_domain: the address that ends in .my.salesforce.com is needed")
        return self

    @property
    def host(self) -> str:
        """Where the org itself is, whatever `base_url` says.

        With My Domain, which every org has, tokens' `instance_url` is this same host.
        """
        name = self.my_domain.lower().removesuffix(".my.salesforce.com")
        return f"https://{name}.my.salesforce.com"

    @property
    def root(self) -> str:
        """Where this desk is reached, without a slash at its end."""
        return (self.base_url or self.host).rstrip("/")

    @property
    def audience(self) -> str:
        """Whom a JWT is addressed to: one host for all production orgs, one for all sandboxes."""
        kind = "test" if "--" in self.my_domain else "login"
        return f"https://{kind}.salesforce.com"
