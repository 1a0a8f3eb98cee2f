"""What is particular to HubSpot, as data: the credentials form, capabilities, ids, limits."""

from typing import Self

from pydantic import Field, SecretStr, model_validator

from connectors import base, oauth
from connectors.types import Status

NAME = "hubspot"
TITLE = "HubSpot"
HOST = "https://api.hubapi.com"  # for every region
APP = "https://app.hubspot.com"
# Of the CRM's paths. The library writes "v3", which is unsupported from September 2027.
VERSION = "2026-09"
FILES = "/files/v3/files"  # the files API of 2026-09 lacks the upload

CAN = base.Capabilities(
    find_by_key=True,
    find_lag=0,  # read by a unique property, not from the search index
    attachments=20 * 1024 * 1024,  # HubSpot names no limit for attachments
    webhooks="signed",
    registers_webhooks=False,
    rate=600,  # 100 in ten seconds: Free and Starter
)

SCOPES = (
    *("tickets", "crm.objects.contacts.read", "crm.objects.contacts.write"),
    *("crm.objects.owners.read", "files"),
)
# developers.hubspot.com/docs/api-reference/auth-oauth-v3: a token lives 30 minutes, its refresh
# token stays the same. The token endpoint's schema names a code_verifier, the guide for apps no
# challenge: without PKCE until it does.
CONSENT = oauth.Consent(
    authorize="{config.install}/oauth/authorize",
    token="{config.root}/oauth/v3/token",
    fields=("client_id", "client_secret", "portal_id", "pipeline_id"),
    scopes=SCOPES,
    life=1800,
)

KEY = "escalation_ref"  # our unique property of a ticket
KEY_PREFIX = "esc_"  # of every key that the hub stamps; other tickets are none of our business
KEY_PROPERTY = {
    "name": KEY,
    "label": "Escalation",
    "type": "string",
    "fieldType": "text",
    "groupName": "ticketinformation",
    "hasUniqueValue": True,
    "formField": False,
}
TICKET_PROPERTIES = (
    *("subject", "hs_pipeline", "hs_pipeline_stage", "hubspot_owner_id", "createdate"),
    *("hs_lastmodifieddate", KEY),
    "hs_merged_object_ids",  # from memory: the tickets that were merged into this one
)
HISTORY = ("hs_pipeline_stage", "hubspot_owner_id")

# developers.hubspot.com: association types that HubSpot defines
TICKET_TO_CONTACT = 16
TICKET_TO_NOTE = 227
NOTE_TO_TICKET = 228
EMAIL_TO_TICKET = 224
EMAIL_TO_CONTACT = 198

TEXT_LIMIT = 65_000  # bytes; HubSpot names 65,536 characters for notes, we take it for all texts
LIST_PAGE = 100
SEARCH_PAGE = 100

# A stage is OPEN or CLOSED at HubSpot; the label of an open one may say more. Config overrides.
LABELS = (
    (r"waiting on (the )?(contact|customer)", Status.PENDING),
    (r"on hold|blocked", Status.ON_HOLD),
)
# What to try in turn for a status that no stage of the pipeline has.
NEAREST = {
    Status.NEW: (Status.NEW, Status.OPEN),
    Status.OPEN: (Status.OPEN, Status.NEW),
    Status.PENDING: (Status.PENDING, Status.OPEN),
    Status.ON_HOLD: (Status.ON_HOLD, Status.PENDING, Status.OPEN),
    Status.SOLVED: (Status.SOLVED, Status.CLOSED),
    Status.CLOSED: (Status.CLOSED, Status.SOLVED),
}

TICKET_TYPE = "0-5"  # objectTypeId of tickets in webhooks
# The properties whose changes make us look. The last one changes with every note and email (from
# memory); webhooks about notes themselves do not name the ticket.
WATCHED = ("hs_pipeline_stage", "hubspot_owner_id", "notes_last_updated")


class Config(base.Config, oauth.Form, frozen=True):
    """The credentials form: the token of an app of this one account, or an app to be allowed."""

    access_token: SecretStr | None = Field(
        None,
        title="Access token (app of one account)",
        description="Settings, Integrations, your app, Auth: the token that begins with pat-.",
    )
    client_id: str | None = Field(
        None,
        title="Client ID",
        description="Your app's page, Auth. Only for an app that is allowed in the browser.",
        min_length=1,
    )
    client_secret: SecretStr = Field(
        title="Client secret",
        description="On the same page; HubSpot signs webhooks with it.",
    )
    portal_id: str = Field(
        title="Hub ID",
        description="The number of your HubSpot account, in the menu at the top right.",
        pattern=r"^[0-9]{1,12}$",
    )
    pipeline_id: str | None = Field(
        None,
        title="Ticket pipeline",
        description="The id of the pipeline for new tickets; empty for the account's first one.",
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
    def install(self) -> str:
        """Where a person allows the app, whatever the account's region."""
        return (self.base_url or APP).rstrip("/")

    @property
    def root(self) -> str:
        """Where the API is reached, without a slash at its end."""
        return (self.base_url or HOST).rstrip("/")
