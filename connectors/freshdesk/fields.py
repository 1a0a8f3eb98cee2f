"""The fields of a new Freshdesk ticket: the account's form, its groups, and what else is taken."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connectors.errors import AuthFailed
from connectors.freshdesk.api import Api
from connectors.freshdesk.config import SUBJECT_LIMIT
from connectors.http import understood
from connectors.types import Choice, Field, FieldType

TAG_LIMIT = 32  # characters; known from the product, not from its documentation

# How the form calls its own fields, and how `POST /tickets` does; the rest is filled by us.
OWN: Mapping[str, tuple[str, FieldType]] = {
    "default_subject": ("subject", "text"),
    "default_description": ("description", "text"),
    "default_ticket_type": ("type", "choice"),
    "default_source": ("source", "choice"),
    "default_status": ("status", "choice"),
    "default_priority": ("priority", "choice"),
    "default_group": ("group_id", "choice"),
    "default_agent": ("responder_id", "number"),
    "default_product": ("product_id", "choice"),
    "default_company": ("company_id", "number"),
}
PLAIN: Mapping[str, FieldType] = {  # of a choice whose values nobody tells
    "group_id": "number",
    "product_id": "number",
    "source": "number",
}
FILLED = ("subject", "description", "status", "priority", "source")
KINDS: Mapping[str, FieldType] = {
    "custom_text": "text",
    "custom_paragraph": "text",
    "custom_checkbox": "boolean",
    "custom_number": "number",
    "custom_decimal": "number",
    "custom_date": "date",
    "custom_date_time": "date",
    "custom_dropdown": "choice",
    "custom_multi_select_dropdown": "choices",
    "nested_field": "choice",
}
ALWAYS = (
    Field(path="tags", title="Tags", type="tags", max=TAG_LIMIT),
    Field(path="cc_emails", title="CC", type="tags"),
    Field(path="name", title="Requester's name"),
    Field(path="email", title="Requester's e-mail", filled=True),
    Field(path="phone", title="Requester's phone", filled=True),
    Field(path="requester_id", title="Requester's id", type="number", filled=True),
    Field(path="unique_external_id", title="Requester's external id", filled=True),
    Field(path="facebook_id", title="Requester's Facebook id", filled=True),
    Field(path="twitter_id", title="Requester's Twitter handle", filled=True),
    Field(path="email_config_id", title="Support address's id", type="number"),
    Field(path="parent_id", title="Parent ticket's id", type="number"),
    Field(path="due_by", title="Due by (with fr_due_by)", type="date"),
    Field(path="fr_due_by", title="First response due by (with due_by)", type="date"),
    Field(path="responder_id", title="Agent's id", type="number"),
    Field(path="group_id", title="Group's id", type="number"),
    Field(path="product_id", title="Product's id", type="number"),
    Field(path="company_id", title="Company's id", type="number"),
    Field(path="type", title="Type"),
    Field(path="source", title="Source", type="number", filled=True),
)


def fields(api: Api) -> tuple[Field, ...]:
    """The form's fields in its order, then what tickets take beside it."""
    raw = api.call("GET", "/ticket_fields")
    with understood("GET /ticket_fields"):
        listed = [field for one in raw for field in _fields(api, one)]
    paths = {field.path for field in listed}
    return (*listed, *(field for field in ALWAYS if field.path not in paths))


def _fields(api: Api, raw: Mapping[str, Any]) -> Iterator[Field]:
    if raw["type"] in OWN:
        yield _standard(api, raw)
    elif not raw.get("default", False):  # else the requester, whom we send ourselves
        yield from _custom(raw)


def _standard(api: Api, raw: Mapping[str, Any]) -> Field:
    path, kind = OWN[raw["type"]]
    choices = _groups(api) if path == "group_id" else _choices(path, raw.get("choices"))
    return Field(
        path=path,
        title=str(raw["label"]),
        type=PLAIN.get(path, "text") if kind == "choice" and not choices else kind,
        required=bool(raw.get("required_for_agents")),
        filled=path in FILLED,
        choices=choices,
        max=SUBJECT_LIMIT if path == "subject" else None,
    )


def _custom(raw: Mapping[str, Any]) -> Iterator[Field]:
    """A field of the account's own; a nested one brings those that depend on it."""
    levels = [_named(level) for level in _levels(raw.get("choices"))]
    below = sorted(raw.get("nested_ticket_fields") or (), key=lambda one: int(one["level"]))
    choices = levels[0] if levels else ()
    kind = KINDS.get(raw["type"], "text")
    needed = bool(raw.get("required_for_agents"))
    yield Field(
        path=f"custom_fields.{raw['name']}",
        title=str(raw["label"]),
        type="text" if kind == "choice" and not choices else kind,
        required=needed,
        choices=choices,
    )
    for one, values in zip(below, levels[1:], strict=False):
        path, title = f"custom_fields.{one['name']}", str(one["label"])
        yield Field(path=path, title=title, type="choice", choices=values)


def _choices(path: str, raw: Any) -> tuple[Choice, ...]:
    """Freshdesk tells choices in three shapes: {number: [label, …]}, {label: number}, [label]."""
    if path == "status":
        return tuple(Choice(value=int(n), label=_first(words)) for n, words in (raw or {}).items())
    if isinstance(raw, Mapping):
        return tuple(Choice(value=int(n), label=str(label)) for label, n in raw.items())
    return _named(raw or ())


def _levels(raw: Any) -> list[Iterable[str]]:
    """The values of each level: a nested field has maps in maps, and lists at its end."""
    if not isinstance(raw, Mapping):
        return [raw] if raw else []
    inner = [_levels(below) for below in raw.values()]
    deep = max((len(levels) for levels in inner), default=0)
    below = [
        dict.fromkeys(v for levels in inner if len(levels) > at for v in levels[at])
        for at in range(deep)
    ]
    return [list(raw), *below]


def _named(values: Iterable[Any]) -> tuple[Choice, ...]:
    return tuple(Choice(value=str(value), label=str(value)) for value in values)


def _first(words: Any) -> str:
    return str(words if isinstance(words, str) else words[0])


def _groups(api: Api) -> tuple[Choice, ...]:
    """The account's groups; an agent who may not read them maps their ids unchecked."""
    try:
        rows = [raw for page in api.pages("/groups", {}) for raw in page]
    except AuthFailed:
        return ()
    return tuple(Choice(value=int(raw["id"]), label=str(raw["name"])) for raw in rows)
