"""What is particular to Zoho Desk, as data: the credentials form, capabilities, words, limits."""

from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator

from connectors import base, oauth
from connectors.types import Status

NAME = "zoho_desk"
TITLE = "Zoho Desk"
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other tickets are none of our business

HOSTS = {  # data centre: Desk's host, the host of its accounts
    "com": ("desk.zoho.com", "accounts.zoho.com"),
    "eu": ("desk.zoho.eu", "accounts.zoho.eu"),
    "in": ("desk.zoho.in", "accounts.zoho.in"),
    "com.au": ("desk.zoho.com.au", "accounts.zoho.com.au"),
    "jp": ("desk.zoho.jp", "accounts.zoho.jp"),
    "com.cn": ("desk.zoho.com.cn", "accounts.zoho.com.cn"),
    "sa": ("desk.zoho.sa", "accounts.zoho.sa"),
    "ca": ("desk.zohocloud.ca", "accounts.zohocloud.ca"),  # unsure: some sources say zoho.ca
}

# From memory or unsure, and nowhere else: the largest file, how late the search index is, the
# length of a ticket's subject and of a contact's names.
FILE_LIMIT = 20 * 1024 * 1024
FIND_LAG = 120
SUBJECT_LIMIT = 255
NAME_LIMIT = 50
# A comment's length is in Zoho's OAS (32,000, unit not named); a description's is not: the same.
TEXT_LIMIT = 32_000  # bytes, so that it holds whatever the unit is

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=FIND_LAG,
    attachments=FILE_LIMIT,
    webhooks="secret",  # the desk signs a token beside the body, not the body
    registers_webhooks=True,
    rounds=4,  # a poll costs 3 credits: every 30 s they were more than Free's 5,000 a day
    concurrency=5,  # of the smallest plan
)

SCOPES = (
    *("Desk.tickets.ALL", "Desk.contacts.READ", "Desk.contacts.CREATE", "Desk.search.READ"),
    *("Desk.basic.READ", "Desk.settings.READ", "Desk.events.ALL"),
)
# www.zoho.com/accounts/protocol/oauth/web-apps: PKCE is for mobile clients. A refresh token stays
# the same; without `prompt` a second consent would bring none. Unsure, from reports: more than ten
# access tokens per refresh token in ten minutes are refused with the words in `busy`.
CONSENT = oauth.Consent(
    authorize="{config.accounts}/oauth/v2/auth",
    token="{config.accounts}/oauth/v2/token",
    fields=("data_center", "org_id", "client_id", "client_secret", "department_id", "key_field"),
    scopes=SCOPES,
    joined_by=",",
    asks={"access_type": "offline", "prompt": "consent"},
    life=3600,
    busy={"too many requests": 600.0},
)

BY_TYPE = {"open": Status.OPEN, "on hold": Status.ON_HOLD, "closed": Status.CLOSED}
BY_NAME = {
    "waiting on customer": Status.PENDING,
    "resolved": Status.SOLVED,
    "escalated": Status.OPEN,
}
# The first word that the account has; the last one every account has.
TO_VENDOR = {
    Status.NEW: ("Open",),
    Status.OPEN: ("Open",),
    Status.PENDING: ("Waiting on customer", "On Hold"),
    Status.ON_HOLD: ("On Hold",),
    Status.SOLVED: ("Resolved", "Closed"),
    Status.CLOSED: ("Closed",),
}

PAGE = 25  # changed tickets at a time: each of ours costs two more calls
DEPTH = 900  # rows; the OAS searches 999 deep, the pages say 4,999
SAID_BY_CUSTOMER = "Customer wrote:"
WEBHOOK_NAME = "Escalation hub"


def subscriptions(department: str) -> dict[str, dict[str, Any] | None]:
    """What our webhook wants to hear (OAS); `ignoreSourceId` is documented, and refused."""
    here = {"departmentIds": [department]}
    return {
        "Ticket_Update": {**here, "fields": ["status", "assigneeId"], "includePrevState": True},
        "Ticket_Thread_Add": {**here, "direction": "out"},
        "Ticket_Comment_Add": here,
        "Ticket_Delete": None,  # takes no filter
    }


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: a client, a self client's refresh token, and where tickets go."""

    data_center: Literal["com", "eu", "in", "com.au", "jp", "com.cn", "sa", "ca"] = Field(
        title="Data center", description="The end of your Zoho address: eu for desk.zoho.eu."
    )
    org_id: str = Field(
        title="Organization id",
        description="Setup, Developer Space, API: OrgId.",
        pattern=r"^[0-9]+$",
    )
    client_id: str = Field(
        title="Client id", description="Of the client in Zoho's API console.", min_length=1
    )
    client_secret: SecretStr = Field(
        title="Client secret", description="Beside the client id.", min_length=1
    )
    refresh_token: SecretStr | None = Field(
        None,
        title="Refresh token (self client only)",
        description="Made once with the self client; it stays valid until it is revoked.",
        min_length=1,
    )
    department_id: str = Field(
        title="Department id",
        description="Where new tickets go: the number in the department's address.",
        pattern=r"^[0-9]+$",
    )
    key_field: str = Field(
        "cf_escalation_id",
        title="Field for the escalation's id",
        description="API name of a custom text field of tickets, made for this.",
        pattern=r"^cf_[a-z0-9_]+$",
    )

    @model_validator(mode="after")
    def exactly_one_way(self) -> Self:
        """A self client's refresh token, or a person who allowed the hub, and not both."""
        if self.authorized == bool(self.refresh_token):
            raise ValueError("give the refresh token of a self client, or connect in the console")
        return self

    @property
    def root(self) -> str:
        """Where the desk is reached, without a slash at its end."""
        return (self.base_url or f"https://{HOSTS[self.data_center][0]}").rstrip("/")

    @property
    def accounts(self) -> str:
        """Where tokens are granted."""
        return (self.base_url or f"https://{HOSTS[self.data_center][1]}").rstrip("/")
