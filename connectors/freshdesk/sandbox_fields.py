"""What a Freshdesk ticket may hold: the form of this account, and what is wrong with a wish."""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.freshdesk.sandbox_errors import Complaint, complaint, invalid

STATUSES = {
    2: "Open",
    3: "Pending",
    4: "Resolved",
    5: "Closed",
    6: "Waiting on Customer",
    7: "Waiting on Third Party",
    8: "Awaiting courier",  # this account's own
}
PRIORITIES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCES = (1, 2, 3, 5, 6, 7, 8, 9, 10, 15)
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")
CUSTOM = {"cf_escalation_id": "Escalation ID", "cf_order_number": "Order number"}
CUSTOM |= {"cf_product": "Product", "cf_seats": "Seats", "cf_vip": "VIP"}
CUSTOM |= {"cf_country": "Country", "cf_city": "City"}
PRODUCTS = ("Web", "Mobile app")
PLACES: dict[str, dict[str, list[str]]] = {"Germany": {"Berlin": [], "Köln": []}, "Japan": {}}
GROUPS = {80000123456: "Billing", 80000123457: "Support"}
FORM = {"cf_product": "custom_dropdown", "cf_seats": "custom_number"}  # else custom_text
FORM |= {"cf_vip": "custom_checkbox", "cf_country": "nested_field"}
# For the tests: fields of this account, each with a value that it takes.
OWN_FIELDS: dict[str, Any] = {
    "type": "Refund",
    "group_id": 80000123456,
    "custom_fields.cf_order_number": "A-20417",
    "custom_fields.cf_product": "Mobile app",
    "custom_fields.cf_seats": 12,
    "custom_fields.cf_vip": True,
    "custom_fields.cf_country": "Germany",
    "custom_fields.cf_city": "Köln",
}
CHOICES = {"status": tuple(STATUSES), "priority": tuple(PRIORITIES), "source": SOURCES}
NUMBERS = (
    *("requester_id", "responder_id", "group_id", "product_id", "company_id", "email_config_id"),
    *("parent_id", "internal_agent_id", "internal_group_id", "status", "priority", "source"),
)
TEXTS = (
    *("name", "email", "phone", "unique_external_id", "facebook_id", "twitter_id", "subject"),
    *("description", "type", "due_by", "fr_due_by", "lookup_parameter"),
)
LISTS = ("tags", "cc_emails", "related_ticket_ids")
KINDS: dict[str, tuple[type, str]] = {
    **dict.fromkeys(NUMBERS, (int, "Positive Integer")),
    **dict.fromkeys(TEXTS, (str, "String")),
    **dict.fromkeys(LISTS, (list, "Array")),
    "custom_fields": (dict, "key/value pair"),
    "cf_seats": (int, "Integer"),
    "cf_vip": (bool, "Boolean"),
}
SUBJECT, TAG = 255, 32  # characters; known from the product, not from its documentation


def check(wish: Mapping[str, Any], *, new: bool) -> None:
    """Raise `Refused` with every complaint about a ticket's fields."""
    found = [*_unknown(wish), *_wrong_type(wish)] or [*_wrong_value(wish), *_dates(wish)]
    if new:
        found += [
            complaint(name, "It should not be blank", "missing_field")
            for name in ("subject", "description")
            if not wish.get(name)
        ]
    if found:
        raise invalid(*found)


def _unknown(wish: Mapping[str, Any]) -> Iterator[Complaint]:
    for name in wish:
        if name not in KINDS:
            yield complaint(name, "Unexpected/invalid field in request", "invalid_field")
    custom = wish.get("custom_fields")
    for name in custom if isinstance(custom, dict) else ():
        if name not in CUSTOM:
            yield complaint(name, "Unexpected/invalid field in request", "invalid_field")


def _wrong_type(wish: Mapping[str, Any]) -> Iterator[Complaint]:
    custom = wish.get("custom_fields")
    whole = {**wish, **(custom if isinstance(custom, dict) else {})}
    for name, value in whole.items():
        kind, title = KINDS.get(name, (str, "String"))
        mixed = isinstance(value, bool) is not (kind is bool)
        if value is not None and (not isinstance(value, kind) or mixed):
            told = f"Value set is of type {type(value).__name__}. It should be a/an {title}"
            yield complaint(name, told, "datatype_mismatch")


def _wrong_value(wish: Mapping[str, Any]) -> Iterator[Complaint]:
    for name, allowed in CHOICES.items():
        if name in wish and wish[name] not in allowed:
            told = f"It should be one of these values: '{','.join(map(str, allowed))}'"
            yield complaint(name, told, "invalid_value")
    if wish.get("type") is not None and wish["type"] not in TYPES:
        told = f"It should be one of these values: '{','.join(TYPES)}'"
        yield complaint("type", told, "invalid_value")
    product = (wish.get("custom_fields") or {}).get("cf_product")
    if product is not None and product not in PRODUCTS:
        told = f"It should be one of these values: '{','.join(PRODUCTS)}'"
        yield complaint("cf_product", told, "invalid_value")
    if wish.get("group_id") is not None and wish["group_id"] not in GROUPS:
        yield complaint("group_id", "There is no group matching it", "invalid_value")
    if len(wish.get("subject") or "") > SUBJECT:
        told = f"Has {len(wish['subject'])} characters, it can have maximum of {SUBJECT} characters"
        yield complaint("subject", told, "invalid_value")
    for tag in wish.get("tags") or ():
        if not isinstance(tag, str) or len(tag) > TAG or "," in tag:
            told = f"It should only contain elements having maximum of {TAG} characters"
            yield complaint("tags", told, "invalid_value")


def _dates(wish: Mapping[str, Any]) -> Iterator[Complaint]:
    if bool(wish.get("due_by")) != bool(wish.get("fr_due_by")):
        name = "fr_due_by" if wish.get("due_by") else "due_by"
        yield complaint(name, "It should be set with the other due date", "missing_field")


def key_of(ticket: Mapping[str, Any]) -> str | None:
    """The escalation's id that a ticket carries: in its field, or as a tag."""
    custom = ticket["custom_fields"].get("cf_escalation_id")
    marks = [custom, *ticket["tags"]]
    spelt = (str(mark).replace("esc-", "esc_", 1) for mark in marks if mark)
    return next((mark for mark in spelt if mark.startswith("esc_")), None)


def ticket_fields() -> list[dict[str, Any]]:
    """The account's ticket form, as an admin would see it."""
    labels = {str(number): [label, label] for number, label in STATUSES.items()}
    levels = {label: number for number, label in PRIORITIES.items()}
    fields = [
        _field(1, "requester", "default_requester", needed=True),
        _field(2, "subject", "default_subject", needed=True),
        _field(3, "status", "default_status", labels, needed=True),
        _field(4, "priority", "default_priority", levels, needed=True),
        _field(5, "ticket_type", "default_ticket_type", list(TYPES)),
        _field(6, "description", "default_description", needed=True),
    ]
    fields.append(_field(7, "group", "default_group"))
    choices = {"cf_product": list(PRODUCTS), "cf_country": PLACES}
    for number, (name, label) in enumerate(CUSTOM.items(), 20):
        if name != "cf_city":  # told inside of the country, on which it depends
            kind = FORM.get(name, "custom_text")
            fields.append(_field(number, name, kind, choices.get(name), label=label))
    below = {"id": 80000030099, "name": "cf_city", "label": "City", "level": 2}
    fields[-1] |= {"nested_ticket_fields": [below]}
    return fields


def _field(
    number: int,
    name: str,
    kind: str,
    choices: Any = None,
    *,
    label: str | None = None,
    needed: bool = False,
) -> dict[str, Any]:
    title = label or name.replace("_", " ").capitalize()
    field: dict[str, Any] = {"id": 80000030000 + number, "name": name, "label": title}
    field |= {"description": "", "position": number, "type": kind, "default": label is None}
    field |= {"required_for_agents": needed, "required_for_customers": needed}
    field |= {"required_for_closure": False, "customers_can_edit": False}
    return field | ({} if choices is None else {"choices": choices})
