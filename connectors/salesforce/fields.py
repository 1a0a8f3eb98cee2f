"""The fields of a new case, from the org's own description of Case and its queues."""

from collections.abc import Mapping
from typing import Any

from connectors.http import understood
from connectors.salesforce.api import Api
from connectors.types import Choice, Field, FieldType

KINDS: Mapping[str, FieldType] = {
    "boolean": "boolean",
    "int": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "date",
    "picklist": "choice",
    "multipicklist": "choices",
    "address": "other",
    "location": "other",
}
FILLED = ("Subject", "Description", "ContactId", "SuppliedName", "SuppliedEmail", "SuppliedPhone")
QUEUES = "SELECT Id, Name FROM Group WHERE Type = 'Queue' ORDER BY Name LIMIT 200"


def fields(api: Api) -> tuple[Field, ...]:
    """What the user may set at creation; the key field is ours."""
    described = api.library.describe("Case")
    with understood("GET /sobjects/Case/describe"):
        types = described.get("recordTypeInfos") or ()
        known = [raw for raw in described["fields"] if raw["createable"]]
        listed = [_field(raw, types) for raw in known if raw["name"] != api.config.key_field]
    return tuple(_owner(api, field) if field.path == "OwnerId" else field for field in listed)


def _field(raw: Mapping[str, Any], types: Any) -> Field:
    name, kind = str(raw["name"]), KINDS.get(raw["type"], "text")
    optional = raw["nillable"] or raw.get("defaultedOnCreate") or kind == "boolean"
    # A picklist that is not restricted takes any text. What the org does not list is a slip all
    # the same: no report and no rule of the org would know the word.
    choices = [one for one in raw.get("picklistValues") or () if one["active"]]
    if name == "RecordTypeId":
        kind, choices = "choice", _record_types(types)
    return Field(
        path=name,
        title=str(raw["label"]),
        type=kind,
        required=not optional,
        filled=name in FILLED,
        choices=tuple(Choice(value=str(c["value"]), label=str(c["label"])) for c in choices),
        max=(raw["length"] or None) if kind == "text" else None,
    )


def _record_types(types: Any) -> list[dict[str, Any]]:
    """The user's own; the master stands for an org that has none."""
    own = [one for one in types if one["available"] and not one["master"]]
    return [{"value": one["recordTypeId"], "label": one["name"]} for one in own]


def _owner(api: Api, field: Field) -> Field:
    """Queues as suggestions: the owner may be a user as well, of whom there may be thousands."""
    rows = api.query(QUEUES)
    with understood("GET /query"):
        queues = tuple(Choice(value=str(raw["Id"]), label=str(raw["Name"])) for raw in rows)
    return Field(path=field.path, title=field.title, choices=queues, others=True)
