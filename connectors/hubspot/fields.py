"""The properties of a new HubSpot ticket, with the account's pipelines, stages and owners."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from connectors.errors import AuthFailed
from connectors.http import understood
from connectors.hubspot.api import Api
from connectors.hubspot.config import KEY
from connectors.types import Choice, Field, FieldType

PAGES = 20  # of a hundred owners each
KINDS: Mapping[str, FieldType] = {
    "number": "number",
    "bool": "boolean",
    "date": "date",
    "datetime": "date",
    "enumeration": "choice",
}
FILLED = ("subject", "content", "hs_pipeline", "hs_pipeline_stage")


def fields(api: Api) -> tuple[Field, ...]:
    """Every property that may be written, in HubSpot's order."""
    answer = api.crm.properties()
    with understood("GET /crm/properties/tickets"):
        known = {f.path: f for raw in answer["results"] if (f := _field(raw)) is not None}
    for name, choices in _places(api).items():
        if name in known and choices:
            known[name] = replace(known[name], type="choice", choices=choices)
    return tuple(known.values())


def _field(raw: Mapping[str, Any]) -> Field | None:
    name = str(raw["name"])
    fixed = (raw.get("modificationMetadata") or {}).get("readOnlyValue") or raw.get("calculated")
    if name == KEY or fixed or raw.get("archived") or raw.get("hidden"):
        return None
    kind = KINDS.get(raw["type"], "text")
    options = [one for one in raw.get("options") or () if not one.get("hidden")]
    if kind == "choice":
        kind = "choices" if raw["fieldType"] == "checkbox" else kind if options else "text"
    elif kind == "boolean":
        options = []
    return Field(
        path=name,
        title=str(raw["label"]),
        type=kind,
        required=name in ("subject", "hs_pipeline_stage"),
        filled=name in FILLED,
        choices=tuple(Choice(value=str(o["value"]), label=str(o["label"])) for o in options),
        as_text=True,  # every property is sent as text
    )


def _places(api: Api) -> dict[str, tuple[Choice, ...]]:
    answer = api.crm.pipelines()
    with understood("GET /crm/pipelines/tickets"):
        pipelines = answer["results"]
        stages = [(one, stage) for one in pipelines for stage in one["stages"]]
        return {
            "hs_pipeline": tuple(_choice(one["id"], one["label"]) for one in pipelines),
            "hs_pipeline_stage": tuple(
                _choice(stage["id"], f"{one['label']}: {stage['label']}") for one, stage in stages
            ),
            "hubspot_owner_id": tuple(_owners(api)),
        }


def _owners(api: Api) -> Iterator[Choice]:
    """Who may own a ticket; without the scope for owners their ids are not checked."""
    after = None
    for _ in range(PAGES):
        try:
            answer = api.crm.owners(100, after)
        except AuthFailed:
            return
        with understood("GET /crm/owners"):
            for raw in answer["results"]:
                name = f"{raw.get('firstName') or ''} {raw.get('lastName') or ''}".strip()
                yield _choice(raw["id"], name or raw.get("email") or raw["id"])
            after = ((answer.get("paging") or {}).get("next") or {}).get("after")
        if not after:
            return


def _choice(value: Any, label: Any) -> Choice:
    return Choice(value=str(value), label=str(label))
