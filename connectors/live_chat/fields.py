"""The fields of a ticket in the hub's own help desk."""

from connectors.types import Choice, Field

PRIORITIES = tuple(Choice(value=word, label=word) for word in ("low", "normal", "high", "urgent"))
FIELDS = (
    Field(path="subject", title="Subject", required=True, filled=True),
    Field(path="priority", title="Priority", type="choice", choices=PRIORITIES),
    Field(path="team", title="Team"),
)
