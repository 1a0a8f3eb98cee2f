"""HubSpot's object types, their properties, association types and pipelines, as data.

Property names beyond the facts (`notes_last_updated`, `hs_merged_object_ids`, `hs_object_source`)
are general knowledge.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

VERSIONS = ("v3", "v4", "2026-03", "2026-09")
MADE = "2026-01-05T09:00:00.000Z"


@dataclass(frozen=True)
class Kind:
    """An object type: its number, singular, and the properties that hold its times."""

    number: str
    singular: str
    created: str
    changed: str
    shown: tuple[str, ...]  # what is answered when no properties are asked for
    properties: tuple[str, ...]


EMAIL_PARTS = tuple(
    f"hs_email_{who}_{part}"
    for who in ("from", "to")
    for part in ("email", "firstname", "lastname")
)
ENGAGEMENT = ("hs_timestamp", "hubspot_owner_id", "hs_attachment_ids")
TICKET_SHOWN: tuple[str, ...] = ("subject", "content", "hs_pipeline", "hs_pipeline_stage")
TICKET_SHOWN += ("hs_ticket_category", "hs_ticket_priority")
KINDS: Mapping[str, Kind] = {
    "tickets": Kind(
        "0-5",
        "ticket",
        "createdate",
        "hs_lastmodifieddate",
        TICKET_SHOWN,
        (
            *TICKET_SHOWN,
            *("hubspot_owner_id", "source_type", "hs_resolution", "hs_file_upload"),
            *("notes_last_updated", "hs_lastactivitydate", "num_notes"),
        ),
    ),
    "contacts": Kind(
        "0-1",
        "contact",
        "createdate",
        "lastmodifieddate",
        ("email", "firstname", "lastname"),
        ("email", "firstname", "lastname", "phone", "company", "lifecyclestage", "hs_language"),
    ),
    "notes": Kind(
        "0-46",
        "note",
        "hs_createdate",
        "hs_lastmodifieddate",
        (),
        (*ENGAGEMENT, "hs_note_body", "hs_body_preview"),
    ),
    "emails": Kind(
        "0-49",
        "email",
        "hs_createdate",
        "hs_lastmodifieddate",
        (),
        (
            *ENGAGEMENT,
            *EMAIL_PARTS,
            *("hs_email_direction", "hs_email_subject", "hs_email_text", "hs_email_html"),
            *("hs_email_status", "hs_email_headers", "hs_email_message_id", "hs_email_thread_id"),
        ),
    ),
}
NAMES = {name: kind for kind, one in KINDS.items() for name in (one.number, one.singular)}
SYSTEM = (  # of every object, never to be written
    *("hs_object_id", "hs_merged_object_ids", "hs_created_by_user_id"),
    *("hs_object_source", "hs_object_source_id", "hs_object_source_label"),
)
READ_ONLY = {*SYSTEM, "hs_lastmodifieddate", "lastmodifieddate", "notes_last_updated", "num_notes"}
READ_ONLY |= {"hs_lastactivitydate"}
TIMES = {"hs_timestamp", "createdate", "hs_createdate", "hs_lastmodifieddate", "lastmodifieddate"}
TIMES |= {"notes_last_updated", "hs_lastactivitydate"}
OPTIONS = {
    "hs_ticket_priority": ("LOW", "MEDIUM", "HIGH", "URGENT"),
    "source_type": ("CHAT", "EMAIL", "FORM", "PHONE"),
    "hs_email_direction": ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
    "hs_email_status": ("BOUNCED", "FAILED", "SCHEDULED", "SENDING", "SENT"),
    "hs_ticket_category": ("PRODUCT_ISSUE", "BILLING_ISSUE", "FEATURE_REQUEST", "GENERAL_INQUIRY"),
}
REQUIRED = {
    "tickets": ("subject", "hs_pipeline_stage"),
    "contacts": (),
    "notes": ("hs_timestamp",),
    "emails": ("hs_timestamp", "hs_email_direction"),
}
# The default association of one kind with another, and the type ids that are allowed.
TYPES: Mapping[tuple[str, str], tuple[int, ...]] = {
    ("tickets", "contacts"): (16,),
    ("contacts", "tickets"): (15,),
    ("notes", "tickets"): (228,),
    ("tickets", "notes"): (227,),
    ("notes", "contacts"): (202,),
    ("contacts", "notes"): (201,),
    ("emails", "tickets"): (224,),
    ("tickets", "emails"): (223,),
    ("emails", "contacts"): (198,),
    ("contacts", "emails"): (197,),
}
STAGES = {  # pipeline: its name, and its stages with their label and state
    "0": (
        "Support Pipeline",
        {
            "1": ("New", "OPEN"),
            "2": ("Waiting on contact", "OPEN"),
            "3": ("Waiting on us", "OPEN"),
            "1034210": ("On hold", "OPEN"),
            "4": ("Closed", "CLOSED"),
        },
    ),
    "90211": ("Billing", {"90301": ("Open", "OPEN"), "90302": ("Done", "CLOSED")}),
}
LABELS = {stage: label for _, stages in STAGES.values() for stage, (label, _) in stages.items()}


def spell(path: str) -> str:
    """A path without its version, object types by their plural: what routes are written for.

    The dated Files API of September 2026 lacks the upload, so that version stays unknown.
    """
    parts = path.split("/")
    if parts[1:3] == ["files", "2026-09"]:
        return path
    for place in (2, 3):
        if len(parts) > place and parts[place] in VERSIONS:
            del parts[place]
            break
    if parts[1] != "crm":
        return "/".join(parts)
    return "/".join(NAMES.get(part, part) for part in parts)


def dated(path: str) -> bool:
    """True for the versions that enforce the portal's own required properties."""
    return re.search(r"/2026-09/", path) is not None


def pipeline(pipeline_id: str) -> dict[str, Any]:
    """A pipeline as the API shows it."""
    label, stages = STAGES[pipeline_id]
    times = {"createdAt": MADE, "updatedAt": MADE, "archived": False}
    rows = [
        {
            "id": stage,
            "label": name,
            "displayOrder": order,
            "metadata": {"ticketState": state, "isClosed": str(state == "CLOSED").lower()},
            "writePermissions": "CRM_PERMISSIONS_ENFORCEMENT",
            **times,
        }
        for order, (stage, (name, state)) in enumerate(stages.items())
    ]
    order = list(STAGES).index(pipeline_id)
    return {"id": pipeline_id, "label": label, "displayOrder": order, "stages": rows, **times}


# What this portal's admin has made: label, type, field type, values with their labels.
OWN: Mapping[str, tuple[str, str, str, Mapping[str, str]]] = {
    "order_number": ("Order number", "string", "text", {}),
    "product_area": ("Product area", "enumeration", "select", {"web": "Web", "app": "Mobile app"}),
    "topics": ("Topics", "enumeration", "checkbox", {"billing": "Billing", "refund": "Refund"}),
    "seats": ("Seats", "number", "number", {}),
    "vip": ("VIP", "bool", "booleancheckbox", {"true": "Yes", "false": "No"}),
}


# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "order_number": "A-20417",
    "product_area": "app",
    "topics": ["billing", "refund"],
    "seats": 12,
    "vip": True,
    "hs_pipeline": "90211",
    "hs_pipeline_stage": "90301",
    "hubspot_owner_id": "910902",
}


def own_definition(name: str) -> dict[str, Any]:
    """A property of `OWN` as the API shows it."""
    label, kind, shape, values = OWN[name]
    options = [
        {"label": word, "value": value, "displayOrder": place, "hidden": False}
        for place, (value, word) in enumerate(values.items())
    ]
    told = definition(name, label=label) | {"type": kind, "fieldType": shape, "options": options}
    return told | {"hubspotDefined": False}


def wrong_own(name: str, value: str) -> tuple[str, str] | None:
    """What is wrong with the value of a property that the admin made."""
    _, kind, shape, values = OWN[name]
    parts = value.split(";") if shape == "checkbox" else [value]
    if values and not set(parts) <= set(values):
        return "INVALID_OPTION", f"{value} was not one of the allowed options: {list(values)}"
    if kind == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
        return "INVALID_INTEGER", f"{value} was not a valid number."
    return None


def definition(name: str, *, unique: bool = False, label: str = "") -> dict[str, Any]:
    """A property as the API shows it."""
    choices = OPTIONS.get(name, ())
    kind = "datetime" if name in TIMES else "enumeration" if choices else "string"
    return {
        "name": name,
        "label": label or name,
        "type": kind,
        "fieldType": "select" if choices else "date" if name in TIMES else "text",
        "description": "",
        "groupName": "ticketinformation",
        "options": [{"label": c, "value": c, "displayOrder": 0, "hidden": False} for c in choices],
        "hasUniqueValue": unique,
        "hidden": False,
        "archived": False,
        "hubspotDefined": not unique,
        "modificationMetadata": {
            "archivable": unique,
            "readOnlyDefinition": not unique,
            "readOnlyValue": name in READ_ONLY,
        },
    }
