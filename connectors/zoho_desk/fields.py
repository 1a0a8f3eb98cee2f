"""The fields of a new Zoho Desk ticket: the organization's list, its departments and layouts."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import AuthFailed, InvalidRequest, NotFound
from connectors.http import understood
from connectors.types import Choice, Field, FieldType
from connectors.zoho_desk.api import Api
from connectors.zoho_desk.config import SUBJECT_LIMIT

PATH = "/organizationFields"
# The OAS names Picklist and Text; the other words are from memory: what is unknown is text.
KINDS: Mapping[str, FieldType] = {
    "picklist": "choice",
    "multiselect": "choices",
    "number": "number",
    "decimal": "number",
    "currency": "number",
    "percent": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "date",
}
# What `POST /tickets` takes; the organization's list tells their labels and values.
CREATE = {
    "subject": "Subject",
    "description": "Description",
    "email": "E-mail",
    "phone": "Phone",
    "status": "Status",
    "priority": "Priority",
    "channel": "Channel",
    "category": "Category",
    "subCategory": "Sub category",
    "classification": "Classification",
    "language": "Language",
    "dueDate": "Due date",
    "assigneeId": "Owner's id",
    "teamId": "Team's id",
    "productId": "Product's id",
    "accountId": "Account's id",
    "resolution": "Resolution",
}
REFERENCES = ("assigneeId", "teamId", "productId", "accountId")  # ids as text, of lists elsewhere
OTHERS = ("channel", "language")  # take words beyond the list
FILLED = ("subject", "description", "status", "contactId", "departmentId")


def fields(api: Api) -> tuple[Field, ...]:
    """Standard fields in the order of `CREATE`, then the account's own, then where a ticket goes.

    Without the scope Desk.settings.READ the desk refuses the list, and so does this.
    """
    rows = api.rows(PATH, module="tickets")
    with understood(f"GET {PATH}"):
        known = {str(raw["apiName"]): raw for raw in rows}
        standard = [_field(name, name, known.get(name, {}), CREATE[name]) for name in CREATE]
        own = [
            _field(f"cf.{name}", name, raw, name)
            for name, raw in known.items()
            if raw["isCustomField"] and name != api.config.key_field
        ]
    return (*standard, *own, *_places(api))


def _field(path: str, name: str, raw: Mapping[str, Any], title: str) -> Field:
    values = [one["value"] for one in raw.get("allowedValues") or ()]
    kind = KINDS.get(str(raw.get("type", "")).casefold(), "text")
    if name in REFERENCES or (kind in ("choice", "choices") and not values):
        kind = "text"
    limit = SUBJECT_LIMIT if name == "subject" else raw.get("maxLength")
    return Field(
        path=path,
        title=str(raw.get("displayLabel") or title),
        type=kind,
        required=bool(raw.get("isMandatory")) or name == "subject",
        filled=name in FILLED,
        choices=tuple(Choice(value=str(value), label=str(value)) for value in values),
        others=name in OTHERS,
        max=int(limit) if limit and kind == "text" else None,
    )


def _places(api: Api) -> tuple[Field, ...]:
    department = api.config.department_id
    return (
        _one_of(api, "departmentId", "Department", "/departments", "name"),
        _one_of(
            api, "layoutId", "Layout", "/layouts", "layoutName",
            module="tickets", departmentId=department,
        ),
        Field(path="contactId", title="Contact's id", filled=True),
        Field(path="contact", title="Contact", type="other", filled=True),
        Field(path="secondaryContacts", title="Secondary contacts' ids", type="tags"),
    )  # fmt: skip


def _one_of(api: Api, path: str, title: str, where: str, name: str, **query: Any) -> Field:
    """An id of a list; one that we may not read, or that an edition lacks, is not checked."""
    try:
        rows = api.rows(where, **query)
    except (AuthFailed, NotFound, InvalidRequest):
        rows = []
    with understood(f"GET {where}"):
        choices = tuple(Choice(value=str(r["id"]), label=str(r.get(name) or r["id"])) for r in rows)
    kind: FieldType = "choice" if choices else "text"
    return Field(path=path, title=title, type=kind, choices=choices, filled=path in FILLED)
