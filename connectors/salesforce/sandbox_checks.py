"""What Salesforce checks of a record before it is written, and the words of its refusals."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from connectors.salesforce.sandbox_errors import refused
from connectors.salesforce.sandbox_schema import BY_PREFIX, PICKS, RESTRICTED, Field, Kind

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
TEXTS = (
    "multipicklist",
    "string",
    "textarea",
    "picklist",
    "email",
    "phone",
    "reference",
    "base64",
    "datetime",
)

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """Who changes something, and what its request's headers say."""

    user: str
    hidden: frozenset[str] = frozenset()  # fields of Case that the user may not see
    assigns: bool = True  # Sforce-Auto-Assign: the default owner takes every case, even updated
    duplicates: bool = False  # Sforce-Duplicate-Rule-Header: allowSave=true
    by_agent: bool = False


class Tables(Protocol):
    """Where records are found."""

    def look(self, one: str) -> Row | None: ...

    def by_key(self, kind: Kind, field: str, value: str) -> Row | None: ...


def checked(
    store: Tables, kind: Kind, wish: Mapping[str, Any], deed: Deed, row: Row | None
) -> dict[str, Any]:
    """The fields of a wish as they will stand, or what is wrong with one of them."""
    found = {}
    for name, value in wish.items():
        field = kind.fields.get(name)
        if field is None or field.name in deed.hidden:
            words = f"No such column '{name}' on sobject of type {kind.name}"
            raise refused("INVALID_FIELD", words)
        if "auto" in field.words or (row is not None and "once" in field.words):
            words = f"Unable to create/update fields: {name}. Please check the security settings"
            raise refused("INVALID_FIELD_FOR_INSERT_UPDATE", words, [name])
        found[name] = _value(store, field, value)
        if "key" in field.words and value is not None:
            _unique(store, kind, name, value, row)
    return found


def _unique(store: Tables, kind: Kind, name: str, value: str, row: Row | None) -> None:
    known = store.by_key(kind, name, value)
    if known is not None and known is not row:
        words = f"duplicate value found: {name} duplicates value on record with id: "
        raise refused("DUPLICATE_VALUE", words + known["Id"])


def _value(store: Tables, field: Field, value: Any) -> Any:
    wanted: Any = bool if field.kind == "boolean" else str if field.kind in TEXTS else int
    wanted = (int, float) if field.kind == "double" else wanted
    if value is None or value == "":
        return False if wanted is bool else None
    mixed = isinstance(value, bool) and wanted is not bool
    if mixed or not isinstance(value, wanted):
        words = f"Cannot deserialize instance of {field.kind} from value {value!r}"
        raise refused("JSON_PARSER_ERROR", words, [field.name])
    if field.kind == "reference":
        return _reference(store, field, value)
    if field.kind == "base64":
        return _decoded(value)
    if field.kind == "email" and not EMAIL.fullmatch(value):
        words = f"{field.name}: invalid email address: {value}"
        raise refused("INVALID_EMAIL_ADDRESS", words, [field.name])
    if field.name in RESTRICTED and not set(value.split(";")) <= set(PICKS[field.name]):
        words = f"{field.name}: bad value for restricted picklist field: {value}"
        raise refused("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", words, [field.name])
    size = len(value.encode("utf-8", "replace")) if "bytes" in field.words else 0
    if isinstance(value, str) and field.length and max(size, len(value)) > field.length:
        words = f"{field.name}: data value too large: {value[:80]} (max length={field.length})"
        raise refused("STRING_TOO_LONG", words, [field.name])
    return value


def _reference(store: Tables, field: Field, value: str) -> str:
    target = store.look(value)
    kind = BY_PREFIX.get(value[:3])
    if target is None or kind is None or kind.name not in field.targets:
        words = f"{field.name}: id value of incorrect type or unknown: {value}"
        code = "MALFORMED_ID" if len(value) not in (15, 18) else "INVALID_CROSS_REFERENCE_KEY"
        raise refused(code, words, [field.name])
    if target["IsDeleted"]:
        raise refused("ENTITY_IS_DELETED", "entity is deleted", [field.name])
    return str(target["Id"])


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise refused("JSON_PARSER_ERROR", "Cannot deserialize base64", ["VersionData"]) from None
