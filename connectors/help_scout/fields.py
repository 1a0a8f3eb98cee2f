"""The fields of a new Help Scout conversation: those of its inbox, and what every one has."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from connectors.errors import AuthFailed
from connectors.help_scout.api import Api
from connectors.http import understood
from connectors.types import Choice, Field, FieldType

MOST = 500  # rows of a list: enough to choose from
KINDS: Mapping[str, FieldType] = {
    "single_line": "text",
    "multi_line": "text",
    "number": "number",
    "date": "date",
    "dropdown": "choice",
}
LIMITS = {"single_line": 255, "multi_line": 65_535}  # characters, from the pages of API 1.0


def fields(api: Api) -> tuple[Field, ...]:
    """The inbox's custom fields, then what every conversation has; none needs the mapping."""
    return (
        Field(path="subject", title="Subject", required=True, filled=True),
        *_custom(api),
        _tags(api),
        _mailboxes(api),
        _users(api),
        _words("type", "Type", "email", "chat", "phone"),
        _words("status", "Status", "active", "pending", "closed"),
        Field(path="user", title="Created by the user with this id", type="number"),
        Field(path="autoReply", title="Send the automatic reply", type="boolean"),
        Field(path="imported", title="Imported: nobody gets mail", type="boolean"),
        Field(path="createdAt", title="Created at (imported only)", type="date"),
        Field(path="customer", title="Customer", type="other", filled=True),
    )


def _custom(api: Api) -> tuple[Field, ...]:
    """`required` is left aside: only the web page asks for it, creating does not."""
    path = f"/mailboxes/{api.config.mailbox_id}/fields"
    rows = list(islice(api.pages(path, "fields"), MOST))
    with understood("GET /mailboxes/{id}/fields"):
        return tuple(_field(raw) for raw in rows)


def _field(raw: Mapping[str, Any]) -> Field:
    kind = str(raw["type"]).casefold()
    options = raw.get("options") or ()
    return Field(
        path=f"fields[{raw['id']}]",
        title=str(raw["name"]),
        type=KINDS.get(kind, "text"),
        # The value of a dropdown is an option's number, as text.
        choices=tuple(Choice(value=str(o["id"]), label=str(o["label"])) for o in options),
        max=LIMITS.get(kind),
    )


def _tags(api: Api) -> Field:
    """Tags of the account are suggestions: a new one is made when it is used."""
    rows = list(islice(api.pages("/tags", "tags"), MOST))
    with understood("GET /tags"):
        known = tuple(Choice(value=str(raw["name"]), label=str(raw["name"])) for raw in rows)
    return Field(path="tags", title="Tags", type="tags", choices=known, others=True)


def _mailboxes(api: Api) -> Field:
    rows = list(islice(api.pages("/mailboxes", "mailboxes"), MOST))
    with understood("GET /mailboxes"):
        known = tuple(Choice(value=int(raw["id"]), label=str(raw["name"])) for raw in rows)
    return Field(path="mailboxId", title="Inbox", type="choice", choices=known, filled=True)


def _users(api: Api) -> Field:
    """Users; teams have ids of the same kind, so that others are taken too."""
    try:
        rows = list(islice(api.pages("/users", "users"), MOST))
    except AuthFailed:
        rows = []
    with understood("GET /users"):
        known = tuple(
            Choice(value=int(r["id"]), label=f"{r['firstName']} {r['lastName']}") for r in rows
        )
    return Field(path="assignTo", title="Assignee", type="number", choices=known, others=True)


def _words(path: str, title: str, *words: str) -> Field:
    known = tuple(Choice(value=word, label=word) for word in words)
    return Field(path=path, title=title, type="choice", choices=known, filled=True)
