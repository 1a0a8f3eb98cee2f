"""What is particular to HubSpot, as data: the credentials form, capabilities, ids, limits."""

from pydantic import Field, SecretStr

from connectors import base
from connectors.types import Status

NAME = "hubspot"
TITLE = "HubSpot"
HOST = "https://api.hubapi.com"  # for every region
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


class Config(base.Config, frozen=True):
    """The credentials form: the token of an app of this one account."""

    access_token: SecretStr = Field(
        title="Access token",
        description="Settings, Integrations, your app, Auth: the token that begins with pat-.",
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

    @property
    def root(self) -> str:
        """Where the API is reached, without a slash at its end."""
        return (self.base_url or HOST).rstrip("/")
