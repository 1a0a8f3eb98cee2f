"""HubSpot's objects: properties with their history, associations, archive, merges."""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.hubspot.sandbox_errors import Problem, bad, invalid, missing, refusal
from connectors.hubspot.sandbox_schema import (
    KINDS,
    OPTIONS,
    OWN,
    READ_ONLY,
    REQUIRED,
    STAGES,
    SYSTEM,
    TIMES,
    TYPES,
    definition,
    own_definition,
    wrong_own,
)
from connectors.hubspot.sandbox_times import iso, time_of, time_or_none
from connectors.sandbox import Refused

KEY_PROPERTY = "escalation_ref"  # the unique ticket property that this portal's admin has made


@dataclass(frozen=True)
class Actor:
    """Who changes an object: an app by the API, or a person in HubSpot."""

    source: str
    id: str
    owner: str | None = None


@dataclass
class Record:
    """One object; `history` has every value of a property with its time, oldest first."""

    kind: str
    id: str
    made: datetime
    changed: datetime
    values: dict[str, str] = field(default_factory=dict)
    history: dict[str, list[tuple[str, datetime, Actor]]] = field(default_factory=dict)
    links: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    archived: datetime | None = None
    merged_into: str | None = None

    def linked(self, kind: str) -> list[str]:
        """The ids of the objects of a kind that it is associated with."""
        return sorted(self.links.get(kind, {}), key=int)


class Records:
    """All objects of the portal."""

    def __init__(self, now: Callable[[], datetime], settings: Mapping[str, float]) -> None:
        self.now = now
        self.settings = settings
        self.ids = itertools.count(1145814089)
        self.all: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self.owners: set[str] = set()
        self.properties = {kind: _properties(kind) for kind in KINDS}
        self.properties["tickets"] |= {name: own_definition(name) for name in OWN}
        self.properties["tickets"][KEY_PROPERTY] = definition(KEY_PROPERTY, unique=True)

    def find(self, kind: str, value: str, id_property: str = "") -> Record:
        """A live object by its id (of a merged one, the survivor), or by a unique property."""
        if id_property in ("", "hs_object_id"):
            record = self.all[kind].get(value)
            while record is not None and record.merged_into:
                record = self.all[kind][record.merged_into]
        else:
            record = self.by(kind, id_property, value)
        if record is None or record.archived:
            raise missing()
        return record

    def by(self, kind: str, name: str, value: str) -> Record | None:
        """The live object with this value of a unique property, if there is one."""
        found = self.properties[kind].get(name)
        if found is None or not (found["hasUniqueValue"] or (kind, name) == ("contacts", "email")):
            raise bad(f"{name} is not a unique property of {kind}")
        return self._having(kind, name, value)

    def _having(self, kind: str, name: str, value: str) -> Record | None:
        wanted = value.strip().casefold()
        live = (r for r in self.all[kind].values() if not (r.archived or r.merged_into))
        return next((r for r in live if r.values.get(name, "").casefold() == wanted), None)

    def live(self, kind: str) -> Iterable[Record]:
        """Every object that is neither archived nor merged."""
        return (r for r in self.all[kind].values() if not (r.archived or r.merged_into))

    def create(
        self, kind: str, wish: Mapping[str, Any], links: Any, by: Actor, required: str = ""
    ) -> Record:
        """A new object with its associations; nothing is kept when anything is wrong."""
        values = self._checked(kind, wish, None)
        needed = (*REQUIRED[kind], *filter(None, [required]))
        lacking = [name for name in needed if not values.get(name)]
        if lacking:
            told = [
                Problem(n, "MISSING_REQUIRED_PROPERTY", f"{n} is a required property")
                for n in lacking
            ]
            raise invalid(told)
        wanted = self._links(kind, links)
        now = self.now()
        record = Record(kind, str(next(self.ids)), made=now, changed=now)
        self.all[kind][record.id] = record
        one = KINDS[kind]
        system = {"hs_object_id": record.id, one.created: iso(now)}
        system |= {"hs_object_source": by.source, "hs_object_source_id": by.id}
        self._write(record, {**system, **values}, by)
        for to, to_id, type_id in wanted:
            self.link(record, self.all[to][to_id], type_id)
        return record

    def update(self, record: Record, wish: Mapping[str, Any], by: Actor) -> dict[str, str]:
        """Change an object; what really changed."""
        values = self._checked(record.kind, wish, record)
        changed = {n: v for n, v in values.items() if record.values.get(n, "") != v}
        self._write(record, changed, by)
        return changed

    def system(self, record: Record, values: dict[str, str], by: Actor) -> None:
        """What HubSpot itself writes."""
        self._write(record, values, by)

    def _write(self, record: Record, values: Mapping[str, str], by: Actor) -> None:
        now = self.now()
        record.changed = now
        for name, value in {**values, KINDS[record.kind].changed: iso(now)}.items():
            record.values[name] = value
            record.history.setdefault(name, []).append((value, now, by))

    def _checked(self, kind: str, wish: Any, record: Record | None) -> dict[str, str]:
        if not isinstance(wish, Mapping):
            raise bad("Invalid input JSON: properties has to be an object")
        values = {name: "" if v is None else str(v) for name, v in wish.items()}
        problems = [p for n, v in values.items() if (p := self._problem(kind, n, v))]
        if problems:
            raise invalid(problems)
        if kind == "tickets":
            self._stage(values, record)
        for name, value in values.items():
            if name in TIMES and value:
                values[name] = iso(time_of(value))
            self._unique(kind, name, value, record)
        return values

    def _problem(self, kind: str, name: str, value: str) -> Problem | None:
        if name not in self.properties[kind]:
            return Problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
        if name in READ_ONLY:
            return Problem(name, "READ_ONLY_VALUE", f'"{name}" is a read only property')
        if len(value) > self.settings["text_limit"]:
            return Problem(name, "INVALID_STRING_LENGTH", f"{name} is too long")
        if not value:
            return None
        if value not in OPTIONS.get(name, (value,)):
            words = f"{value} was not one of the allowed options: {list(OPTIONS[name])}"
            return Problem(name, "INVALID_OPTION", words)
        if name in OWN and (wrong := wrong_own(name, value)):
            return Problem(name, *wrong)
        if name == "hubspot_owner_id" and value not in self.owners:
            return Problem(name, "INVALID_OWNER_ID", f"Owner {value} does not exist")
        if name == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            return Problem(name, "INVALID_EMAIL", f"Email address {value} is invalid")
        if name in TIMES and time_or_none(value) is None:
            return Problem(name, "INVALID_DATE", f"{value} is not a date")
        return None

    def _stage(self, values: dict[str, str], record: Record | None) -> None:
        """A stage has to belong to the ticket's pipeline, by default the first one."""
        if not record:
            values.setdefault("hs_pipeline", "0")
        pipeline = values.get("hs_pipeline") or (record.values["hs_pipeline"] if record else "0")
        stage = values.get("hs_pipeline_stage")
        if pipeline not in STAGES or (stage and stage not in STAGES[pipeline][1]):
            words = f"{stage} is not a stage of pipeline {pipeline}"
            raise invalid([Problem("hs_pipeline_stage", "INVALID_OPTION", words)])

    def _unique(self, kind: str, name: str, value: str, record: Record | None) -> None:
        email = (kind, name) == ("contacts", "email")
        if not value or not (email or self.properties[kind][name]["hasUniqueValue"]):
            return
        other = self._having(kind, name, value)
        if other is None or other is record:
            return
        if email:
            words = f"Contact already exists. Existing ID: {other.id}"
            raise Refused(refusal(409, words))
        words = f"{name}: another object already has the value {value}"
        raise invalid([Problem(name, "CONFLICTING_UNIQUE_VALUE", words)])

    def _links(self, kind: str, links: Any) -> list[tuple[str, str, int]]:
        """The associations asked for in a create, checked."""
        if not isinstance(links, list):
            raise bad("Invalid input JSON: associations has to be a list")
        found = []
        for link in links:
            to_id = str(link["to"]["id"])
            for one in link["types"]:
                found.append(self.target(kind, to_id, int(one["associationTypeId"])))
        return found

    def target(self, kind: str, to_id: str, type_id: int) -> tuple[str, str, int]:
        """Where an association leads; `Refused` for an unknown type or object."""
        kinds = [to for (start, to), ids in TYPES.items() if start == kind and type_id in ids]
        if not kinds:
            raise bad(f"association type {type_id} is not defined for {kind}")
        record = self.all[kinds[0]].get(to_id)
        if record is None or record.archived:
            name = KINDS[kinds[0]].singular.upper()
            sub = {"subCategory": "crm.associations.INVALID_OBJECT_IDS", "context": {name: [to_id]}}
            raise bad(f"{name}={to_id} is not valid", **sub)
        return kinds[0], record.merged_into or to_id, type_id

    def link(self, one: Record, other: Record, type_id: int | None = None) -> None:
        """Associate two objects; doing it again changes nothing."""
        there, back = TYPES[one.kind, other.kind], TYPES[other.kind, one.kind]
        one.links.setdefault(other.kind, {}).setdefault(other.id, set()).add(type_id or there[0])
        other.links.setdefault(one.kind, {}).setdefault(one.id, set()).add(back[0])


def key_of(record: Record, properties: Mapping[str, Any]) -> str | None:
    """The value of the ticket's first unique property."""
    unique = [name for name, one in properties.items() if one["hasUniqueValue"]]
    return next((record.values[n] for n in unique if record.values.get(n)), None)


def _properties(kind: str) -> dict[str, dict[str, Any]]:
    one = KINDS[kind]
    names = (*one.properties, *SYSTEM, one.created, one.changed)
    return {name: definition(name) for name in names}
