"""Intercom's ticket types with their attributes and states, and its tags."""

import itertools
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from werkzeug.wrappers import Request

from connectors.intercom.sandbox_errors import invalid, missing
from connectors.intercom.sandbox_people import wish_of
from connectors.sandbox import route

CUSTOMER, BACK_OFFICE = "1201", "1202"
REFERENCE = "Escalation ref"
STATES = {
    "1": ("submitted", "Submitted", "Submitted"),
    "2": ("in_progress", "In progress", "In progress"),
    "3": ("waiting_on_customer", "Waiting on customer", "Waiting on you"),
    "4": ("resolved", "Resolved", "Resolved"),
}
KINDS = {
    "string": str,
    "integer": int,
    "decimal": (int, float),
    "boolean": bool,
    "datetime": (int, str),
    "list": str,
    "files": list,
}
TEAMS = {"5017690": "Billing", "5017691": "Support"}
PRIORITY = {  # list items are named by their GUID, not by their label
    "8a5f0c52-4f0e-4b1a-9d5e-0c0a4e0a0001": "Low",
    "8a5f0c52-4f0e-4b1a-9d5e-0c0a4e0a0002": "High",
}

# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "ticket_attributes.Order number": "A-20417",
    "ticket_attributes.Priority": "8a5f0c52-4f0e-4b1a-9d5e-0c0a4e0a0002",
    "ticket_attributes.Seats": 12,
    "assignment.team_assignee_id": "5017690",
}


class Types:
    """What kinds of ticket the workspace has."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.numbers = itertools.count(210001)
        self.types: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, dict[str, Any]] = {}
        self._add(CUSTOMER, "Escalation", "Customer")
        self._add(BACK_OFFICE, "Back office", "Back-office")
        # An attribute is one type's: the other gets it when somebody adds it there.
        self._attribute(CUSTOMER, {"name": REFERENCE, "data_type": "string"})

    def _add(self, type_id: str, name: str, category: str) -> None:
        at = int(self.now().timestamp())
        one: dict[str, Any] = {"type": "ticket_type", "id": type_id, "name": name}
        one["category"] = category
        one |= {"description": "", "icon": "🎟️", "archived": False, "is_internal": False}
        one |= {"created_at": at, "updated_at": at, "workspace_id": "a86dr8yl"}
        self.types[type_id] = one | {"ticket_type_attributes": {"type": "list", "data": []}}
        for attribute, kind in (
            ("_default_title_", "string"),
            ("_default_description_", "string"),
            ("Priority", "list"),
            ("Order number", "string"),
            ("Seats", "integer"),
        ):
            self._attribute(type_id, {"name": attribute, "data_type": kind})

    def _attribute(self, type_id: str, wish: Mapping[str, Any]) -> dict[str, Any]:
        at, data = int(self.now().timestamp()), self._attributes(type_id)
        one: dict[str, Any] = {"type": "ticket_type_attribute", "id": str(next(self.numbers))}
        one |= {"name": wish["name"], "description": wish.get("description", "")}
        one |= {"data_type": wish["data_type"], "input_options": {}, "order": len(data)}
        one |= {"required_to_create": bool(wish.get("required_to_create"))}
        one |= {"visible_to_contacts": bool(wish.get("visible_to_contacts", True))}
        one |= {"default": str(wish["name"]).startswith("_default_"), "archived": False}
        one |= {"ticket_type_id": int(type_id), "created_at": at, "updated_at": at}
        if wish["data_type"] == "list":
            items = [{"id": guid, "name": label} for guid, label in PRIORITY.items()]
            one["input_options"] = {"list_options": items}
        data.append(one)
        return one

    def _attributes(self, type_id: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.types[type_id]["ticket_type_attributes"]["data"]
        return found

    @route("GET /ticket_types")
    def index(self, _request: Request) -> Any:
        return {"type": "list", "data": [self.shown(one) for one in self.types]}

    @route("GET /ticket_types/<type_id>")
    def show(self, _request: Request, type_id: str) -> Any:
        return self.shown(self.known(type_id))

    @route("POST /ticket_types/<type_id>/attributes", "create_attribute")
    def create_attribute(self, request: Request, type_id: str) -> Any:
        wish = wish_of(request)
        for name in ("name", "description", "data_type"):
            if not wish.get(name):
                raise invalid(f"{name} is needed", "parameter_not_found", name)
        if wish["data_type"] not in KINDS:
            raise invalid("data_type is invalid", field="data_type")
        have = self._attributes(self.known(type_id))
        if wish["name"] in [one["name"] for one in have]:
            raise invalid("an attribute with this name already exists", field="name")
        return self._attribute(type_id, wish)

    @route("GET /ticket_states")
    def states(self, _request: Request) -> Any:
        return {"type": "list", "data": [state(one) for one in STATES]}

    @route("GET /teams")
    def teams(self, _request: Request) -> Any:
        rows = [{"type": "team", "id": n, "name": t, "admin_ids": []} for n, t in TEAMS.items()]
        return {"type": "team.list", "teams": rows}

    @route("GET /tags")
    def show_tags(self, _request: Request) -> Any:
        return {"type": "list", "data": list(self.tags.values())}

    @route("POST /tags", "create_tag")
    def create_tag(self, request: Request) -> Any:
        name = str(wish_of(request).get("name") or "")
        if not name:
            raise invalid("name is needed", "parameter_not_found", "name")
        known = next((one for one in self.tags.values() if one["name"] == name), None)
        tag = known or {"type": "tag", "id": str(next(self.numbers)), "name": name}
        self.tags[tag["id"]] = tag
        return tag

    def known(self, type_id: Any) -> str:
        """The id of a ticket type, or 404."""
        if str(type_id) not in self.types:
            raise missing("Resource Not Found", "ticket_type_not_found")
        return str(type_id)

    def shown(self, type_id: str) -> dict[str, Any]:
        """A ticket type as the API shows it."""
        states = {"type": "list", "data": [state(one) for one in STATES]}
        return self.types[type_id] | {"ticket_states": states}

    def checked(self, type_id: str, given: Any) -> dict[str, Any]:
        """Attributes by name with values of their kinds, or 400."""
        if not isinstance(given, Mapping):
            raise invalid("ticket_attributes has to be an object", field="ticket_attributes")
        kinds = {one["name"]: one["data_type"] for one in self._attributes(type_id)}
        for name, value in given.items():
            if name not in kinds:
                raise invalid(f"ticket attribute {name} does not exist", "parameter_not_found")
            kind: Any = KINDS[kinds[name]]
            wrong = not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))
            if value is not None and wrong:
                raise invalid(f"{name} is not a {kinds[name]}", "parameter_mismatch", name)
            if kinds[name] == "list" and value not in (None, *PRIORITY):
                raise invalid(f"{name}: no such list item", "parameter_invalid", name)
        return dict(given)

    def named(self, type_id: str, values: Mapping[str, Any], number: str) -> Any:
        """The value of the attribute with this number."""
        for one in self._attributes(type_id):
            if one["id"] == number:
                return values.get(one["name"])
        return None


def state(state_id: str) -> dict[str, Any]:
    """A ticket state as the API shows it."""
    category, internal, external = STATES[state_id]
    told = {"type": "ticket_state", "id": state_id, "category": category}
    return told | {"internal_label": internal, "external_label": external, "archived": False}


def key_of(values: Mapping[str, Any]) -> str | None:
    """The reference that a hub stamped into one of the attributes."""
    texts = (value for value in values.values() if isinstance(value, str))
    return next((text for text in texts if re.fullmatch(r"esc_\w+", text)), None)
