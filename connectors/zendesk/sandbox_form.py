"""What the account's ticket form looks like: fields, groups, brands, forms, in pages."""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request

from connectors.sandbox import route
from connectors.zendesk.sandbox_fields import ALLOWED
from connectors.zendesk.sandbox_pages import page

# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "custom_fields[360012345678]": "A-20417",
    "custom_fields[360012345679]": "card_reader",
    "custom_fields[360012345680]": 12,
    "custom_fields[360012345681]": True,
    "custom_fields[360012345682]": ["billing", "refund"],
    "custom_fields[360012345683]": "2026-12-01",
    "group_id": 360011111111,
    "brand_id": 8447320466430,
    "ticket_form_id": 360033333333,
}
MADE = "2026-01-05T09:00:00Z"
PRODUCTS = {"web_app": "Web app", "mobile_app": "Mobile app", "card_reader": "Card reader"}
# Number, type, title, options, active: as an admin of this account made them.
SYSTEM = (
    (360000000001, "subject", "Subject", None),
    (360000000002, "description", "Description", None),
    (360000000003, "status", "Status", ("open", "pending", "hold", "solved")),
    (360000000004, "tickettype", "Type", ALLOWED["type"]),
    (360000000005, "priority", "Priority", ("low", "normal", "high", "urgent")),
    (360000000006, "group", "Group", None),
    (360000000007, "assignee", "Assignee", None),
)
CUSTOM: tuple[tuple[int, str, str, dict[str, str], bool], ...] = (
    (360012345678, "text", "Order number", {}, True),
    (360012345679, "tagger", "Product", PRODUCTS, True),
    (360012345680, "integer", "Seats", {}, True),
    (360012345681, "checkbox", "VIP", {}, True),
    (360012345682, "multiselect", "Topics", {"billing": "Billing", "refund": "Refund"}, True),
    (360012345683, "date", "Promised for", {}, True),
    (360012345684, "text", "Old order number", {}, False),
)
GROUPS = {360011111111: "Billing", 360022222222: "Support"}
BRANDS = {8447320466430: "Acme"}
FORMS = {8447320466431: "Default form", 360033333333: "Escalations"}


class FormRoutes:
    """What the API tells of the form; any agent may read it."""

    def __init__(self, url: Callable[[], str]) -> None:
        self.url = url

    @route("GET /api/v2/ticket_fields")
    def ticket_fields(self, request: Request) -> Any:
        rows = [_system(*one) for one in SYSTEM] + [_custom(*one) for one in CUSTOM]
        return self._page(request, "ticket_fields", rows)

    @route("GET /api/v2/groups")
    def groups(self, request: Request) -> Any:
        rows = [_row(n, name) | {"deleted": False} for n, name in GROUPS.items()]
        return self._page(request, "groups", rows)

    @route("GET /api/v2/brands")
    def brands(self, request: Request) -> Any:
        return self._page(request, "brands", [_row(n, b, active=True) for n, b in BRANDS.items()])

    @route("GET /api/v2/ticket_forms")
    def forms(self, _request: Request) -> Any:
        rows = [_row(n, name, active=True) for n, name in FORMS.items()]
        return {"ticket_forms": rows, "count": len(rows), "next_page": None, "previous_page": None}

    def _page(self, request: Request, name: str, rows: list[dict[str, Any]]) -> Any:
        return page(request, self.url(), name, rows)


def _row(number: int, name: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "name": name, "created_at": MADE, "updated_at": MADE} | more


def _system(number: int, kind: str, title: str, words: tuple[str, ...] | None) -> dict[str, Any]:
    told = _field(number, kind, title) | {"removable": False}
    options = [{"name": word.title(), "value": word} for word in words or ()]
    return told | ({"system_field_options": options} if words else {})


def _custom(
    number: int, kind: str, title: str, options: dict[str, str], active: bool
) -> dict[str, Any]:
    told = _field(number, kind, title) | {"removable": True, "active": active}
    rows = [
        {"id": number * 10 + place, "name": label, "raw_name": label, "value": tag}
        for place, (tag, label) in enumerate(options.items())
    ]
    return told | ({"custom_field_options": rows} if options else {})


def _field(number: int, kind: str, title: str) -> dict[str, Any]:
    told: dict[str, Any] = {"id": number, "type": kind, "title": title, "raw_title": title}
    told |= {"description": title, "position": 0, "active": True, "required": False}
    told |= {"collapsed_for_agents": False, "regexp_for_validation": None, "tag": None}
    told |= {"visible_in_portal": False, "editable_in_portal": False, "required_in_portal": False}
    return told | {"agent_can_edit": True, "created_at": MADE, "updated_at": MADE}
