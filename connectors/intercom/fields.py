"""The fields of a new Intercom ticket: its type's attributes, teams, teammates."""

from collections.abc import Mapping
from typing import Any

from connectors.errors import AuthFailed, NotFound
from connectors.http import understood
from connectors.intercom.api import Api
from connectors.intercom.config import REFERENCE, TEXT_ATTRIBUTE, TITLE_ATTRIBUTE, TITLE_LIMIT
from connectors.types import Choice, Field, FieldType

KINDS: Mapping[str, FieldType] = {
    "integer": "number",
    "decimal": "number",
    "boolean": "boolean",
    "datetime": "other",  # a Unix time, or a date as text
    "list": "choice",
    "files": "other",
}
ALWAYS = (
    Field(path="contacts", title="Contact", type="other", filled=True),
    Field(path="company_id", title="Company's id"),
    Field(path="conversation_to_link_id", title="Linked conversation's id"),
    Field(path="created_at", title="Created at (Unix time)", type="number"),
    Field(path="skip_notifications", title="Send no notifications", type="boolean"),
)


def fields(api: Api) -> tuple[Field, ...]:
    """The ticket type's attributes in their order, then who gets the ticket, then the rest."""
    found = api.ticket_type()
    with understood("GET /ticket_types/{id}"):
        rows = found["ticket_type_attributes"]["data"]
        used = [raw for raw in rows if not raw.get("archived") and raw["name"] != REFERENCE]
        attributes = [_attribute(raw) for raw in sorted(used, key=lambda raw: raw["order"] or 0)]
    subject = Field(
        path="subject", title="Title", max=TITLE_LIMIT, required=True, filled=True
    )  # becomes the title attribute
    return (
        subject,
        *attributes,
        _one_of(api, "assignment.team_assignee_id", "Team", "/teams", "teams"),
        _one_of(api, "assignment.admin_assignee_id", "Teammate", "/admins", "admins"),
        *ALWAYS,
    )


def _attribute(raw: Mapping[str, Any]) -> Field:
    """Intercom's pages say that `required_to_create` binds teammates; that it spares the API is
    not told, so that it counts."""
    name = str(raw["name"])
    options = (raw.get("input_options") or {}).get("list_options") or ()
    return Field(
        path=f"ticket_attributes.{name}",
        title=name,
        type=KINDS.get(raw["data_type"], "text"),
        required=bool(raw.get("required_to_create")),
        filled=name in (TITLE_ATTRIBUTE, TEXT_ATTRIBUTE),
        choices=tuple(Choice(value=str(o["id"]), label=str(o["name"])) for o in options),
    )


def _one_of(api: Api, path: str, title: str, where: str, name: str) -> Field:
    """An id, as text, of a list; one that the app may not read is not checked."""
    try:
        answer = api.call("GET", where)
    except (AuthFailed, NotFound):
        return Field(path=path, title=title)
    with understood(f"GET {where}"):
        rows = [raw for raw in answer[name] if not raw.get("archived")]
        choices = tuple(Choice(value=str(raw["id"]), label=str(raw["name"])) for raw in rows)
    return Field(path=path, title=title, type="choice", choices=choices)
