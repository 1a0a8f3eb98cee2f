"""What a user of ours has to be allowed, and what an admin does about it."""

from collections.abc import Iterable
from typing import Any

from connectors.http import understood
from connectors.salesforce.api import Api

WRITES = {
    "Case": "give it a permission set that creates and edits cases",
    "CaseComment": "give it a permission set that edits cases",
    "Contact": "give it a permission set that creates contacts",
    "ContentVersion": "turn on Salesforce Files for it",
    "EmailMessage": "turn on Email-to-Case in Setup",
}


def missing(api: Api) -> Iterable[str]:
    """A sentence for each kind of record that we may not create, and for the key field."""
    name = api.config.key_field
    with understood("GET /sobjects"):
        kinds = {one["name"]: one for one in api.library.objects()["sobjects"]}
        barred = [kind for kind in WRITES if not kinds.get(kind, {}).get("createable")]
        fields = api.library.describe("Case")["fields"] if "Case" in kinds else []
        key: Any = next((one for one in fields if one["name"] == name), {})
        good = key.get("createable") and key.get("externalId") and key.get("unique")
    yield from (f"The user may not create {kind} records: {WRITES[kind]}." for kind in barred)
    if not good:
        yield (
            f"Case needs the field {name}: Text(64), External ID, Unique, and the user's "
            "permission set needs to read and edit it."
        )
