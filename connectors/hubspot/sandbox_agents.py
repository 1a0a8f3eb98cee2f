"""What HubSpot's own pages write when an agent answers or notes something."""

import html
import json

from connectors.hubspot.sandbox_account import OWNERS, owner_of
from connectors.hubspot.sandbox_records import Actor


def actor(name: str) -> Actor:
    """An agent in HubSpot's pages."""
    owner = owner_of(name)
    return Actor("CRM_UI", f"userId:{OWNERS[owner][3]}", owner)


def written(text: str, owner: str, *, public: bool) -> tuple[str, dict[str, str], int]:
    """The kind of object, its properties, and how it is associated with the ticket."""
    if not public:
        return "notes", {"hs_note_body": _rich(text)}, 228
    first, last, email, _user = OWNERS[owner]
    sender = {"email": email, "firstName": first, "lastName": last}
    values = {
        "hs_email_direction": "EMAIL",
        "hs_email_status": "SENT",
        "hs_email_text": text,
        "hs_email_html": _rich(text),
        "hs_email_headers": json.dumps({"from": sender, "to": []}),
        "hs_email_from_email": email,
        "hs_email_from_firstname": first,
        "hs_email_from_lastname": last,
    }
    return "emails", values, 224


def _rich(text: str) -> str:
    """How the editor keeps a text."""
    lines = html.escape(text, quote=False).replace("\n", "<br>")
    return f'<div style="" dir="auto" data-top-level="true"><p style="margin:0;">{lines}</p></div>'
