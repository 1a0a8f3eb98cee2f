"""The fields of a new Zendesk ticket: the account's own, and those that every account has."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.errors import AuthFailed, NotFound
from connectors.http import understood
from connectors.types import Choice, Field, FieldType
from connectors.zendesk.api import Api

PAGES = 20  # of a hundred rows each: more than an account may have

# What Zendesk's list of ticket fields calls its own, and how `POST /tickets` calls them.
SYSTEM: Mapping[str, tuple[str, FieldType]] = {
    "subject": ("subject", "text"),
    "priority": ("priority", "choice"),
    "tickettype": ("type", "choice"),
    "status": ("status", "choice"),
}
# Taken by the API, and not offered to agents.
UNLISTED = (Choice(value="new", label="New"), Choice(value="closed", label="Closed"))
KINDS: Mapping[str, FieldType] = {
    "checkbox": "boolean",
    "date": "date",
    "integer": "number",
    "decimal": "number",
    "tagger": "choice",
    "multiselect": "choices",
    "multi_lookup": "other",
}
# Of tickets in the API, not in the list of fields.
ALWAYS = (
    Field(path="tags", title="Tags", type="tags"),
    Field(path="assignee_id", title="Assignee's id", type="number"),
    Field(path="assignee_email", title="Assignee's e-mail"),
    Field(path="custom_status_id", title="Custom status's id", type="number"),
    Field(path="organization_id", title="Organization's id", type="number"),
    Field(path="problem_id", title="Problem ticket's id", type="number"),
    Field(path="via_followup_source_id", title="Follow-up of this ticket", type="number"),
    Field(path="due_at", title="Due date of a task", type="date"),
    Field(path="requester", title="Requester", type="other", filled=True),
    Field(path="requester_id", title="Requester's id", type="number", filled=True),
    Field(path="submitter_id", title="Submitter's id", type="number"),
    Field(path="recipient", title="Support address", type="text"),
    Field(path="email_ccs", title="CCs", type="other"),
    Field(path="followers", title="Followers", type="other"),
    Field(path="collaborators", title="Collaborators", type="other"),
    Field(path="metadata", title="Metadata", type="other"),
)
LISTS = (("groups", "group_id", "Group"), ("brands", "brand_id", "Brand"),
         ("ticket_forms", "ticket_form_id", "Form"))  # fmt: skip


def fields(api: Api) -> tuple[Field, ...]:
    """The ticket fields in the account's order, then groups, brands and forms, then the rest."""
    own = (_field(raw) for raw in _rows(api, "ticket_fields"))
    listed = [field for field in own if field is not None]
    return (*listed, *(_one_of(api, *names) for names in LISTS), *ALWAYS)


def _rows(api: Api, name: str) -> Iterator[Mapping[str, Any]]:
    query: dict[str, Any] = {"page[size]": 100}
    for _ in range(PAGES):
        answer = api.call("GET", f"/{name}", params=query)
        with understood(f"GET /{name}"):
            yield from answer[name]
            meta = answer.get("meta") or {}  # forms come all at once
            if not meta.get("has_more"):
                return
            query["page[after]"] = meta["after_cursor"]


def _field(raw: Mapping[str, Any]) -> Field | None:
    with understood("GET /ticket_fields"):
        if raw["type"] in SYSTEM:
            path, kind = SYSTEM[raw["type"]]
            choices = _choices(raw.get("system_field_options"))
            if path == "status":
                choices = (*choices, *UNLISTED)
            return Field(
                path=path, title=str(raw["title"]), type=kind, choices=choices,
                filled=path in ("subject", "status"), required=path == "subject",
            )  # fmt: skip
        if not raw["removable"] or not raw["active"]:  # description, group, assignee, switched off
            return None
        return Field(
            path=f"custom_fields[{raw['id']}]",
            title=str(raw["title"]),
            type=KINDS.get(raw["type"], "text"),
            choices=_choices(raw.get("custom_field_options")),
        )


def _choices(options: Any) -> tuple[Choice, ...]:
    return tuple(Choice(value=one["value"], label=str(one["name"])) for one in options or ())


def _one_of(api: Api, name: str, path: str, title: str) -> Field:
    """Rows of the account that a ticket may belong to; a smaller plan has no brands or forms."""
    try:
        rows = [raw for raw in _rows(api, name) if raw.get("active", True)]
    except (AuthFailed, NotFound):
        return Field(path=path, title=title, type="number")
    with understood(f"GET /{name}"):
        choices = tuple(Choice(value=int(raw["id"]), label=str(raw["name"])) for raw in rows)
    return Field(path=path, title=title, type="choice", choices=choices)
