"""A mapping held against the fields of its desk."""

from typing import Any

import pytest

from connectors.types import Choice, Field
from mappings.engine import load
from mappings.facts import SAMPLE
from mappings.fit import misfits, refused


def choices(**known: Any) -> tuple[Choice, ...]:
    return tuple(Choice(value=value, label=label) for label, value in known.items())


PRIORITIES = choices(High="high", Low="low")
TOPICS = choices(Bill="bill", Refund="refund")
FIELDS = (
    Field(path="subject", title="Subject", required=True, filled=True, max=100),
    Field(path="priority", title="Priority", type="choice", choices=PRIORITIES),
    Field(path="level", title="Level", type="choice", choices=choices(High=3, Low=1)),
    Field(path="topics", title="Topics", type="choices", choices=TOPICS),
    Field(path="owner", title="Owner", type="choice", choices=choices(Support="q1"), others=True),
    Field(path="tags", title="Tags", type="tags", max=10),
    Field(path="seats", title="Seats", type="number"),
    Field(path="vip", title="VIP", type="boolean"),
    Field(path="due", title="Due", type="date"),
    Field(path="custom[7]", title="Order number", max=20),
    Field(path="cf.cf_city", title="City"),
    Field(path="requester", title="Requester", type="other"),
    Field(path="free", title="Free text", as_text=True),
)  # fmt: skip
NEEDED = Field(path="category", title="Category", type="choice", required=True,
               choices=choices(A="a", B="b"))  # fmt: skip


def told(ticket: str, *more: Field) -> dict[str, str]:
    mapping = load("desk: zendesk\nticket:\n" + ticket)
    return {error.field: error.message for error in misfits(mapping, (*FIELDS, *more))}


@pytest.mark.parametrize(
    "ticket",
    [
        "  subject: {from: summary.subject}\n",
        "  priority: {from: escalation.priority, lookup: {p1: high}, default: low}\n",
        "  level: {value: 3}\n",
        "  topics: {value: [bill, refund]}\n",
        "  topics: {value: bill;refund}\n",
        "  owner: {value: somebody-else}\n",
        "  tags: [{value: ai}, {from: escalation.reason.code, slug: true, max: 10}]\n",
        "  tags: {value: [ai, bot]}\n",
        "  tags: {from: escalation.fields.topics, lookup: {a: bill}, default: [ai]}\n",
        "  seats: {from: escalation.fields.seats}\n",
        "  vip: {value: true}\n",
        "  due: {value: '2026-12-01'}\n",
        "  custom:\n    - id: {value: 7}\n      value: {from: escalation.fields.n, max: 20}\n",
        "  cf:\n    cf_city: {from: escalation.fields.city}\n",
        "  requester:\n    name: {from: requester.name}\n    locale: {value: 8}\n",
        "  free: {value: 12}\n",
    ],
)
def test_what_the_desk_takes_is_left_alone(ticket: str) -> None:
    assert told(ticket) == {}


@pytest.mark.parametrize(
    ("ticket", "place", "words"),
    [
        ("  prioritee: {value: low}\n", "ticket.prioritee", "did you mean `priority` (Priority)"),
        ("  Order number: {value: x}\n", "ticket.Order number", "did you mean `custom[7]`"),
        ("  zzz: {value: low}\n", "ticket.zzz", "the desk has no field `zzz`"),
        ("  cf:\n    cf_town: {value: x}\n", "ticket.cf.cf_town", "did you mean `cf.cf_city`"),
        ("  custom:\n    - id: {value: 8}\n      value: {value: x}\n",
         "ticket.custom[0].value", "no field `custom[8]`; did you mean `custom[7]`"),
        ("  priority: {value: hihg}\n", "ticket.priority", "did you mean `high`?"),
        ("  priority: {value: urgent}\n", "ticket.priority", "takes `high` (High), `low` (Low)"),
        ("  priority: {from: escalation.team, lookup: {p1: top}}\n", "ticket.priority", "`top`"),
        ("  priority: {from: escalation.priority, default: none}\n", "ticket.priority", "`none`"),
        ("  level: {value: '3'}\n", "ticket.level", '"3" is not allowed: `level` takes `3` (High)'),
        ("  level: {value: low}\n", "ticket.level", "did you mean `1`?"),
        ("  topics: {value: [bill, refnd]}\n", "ticket.topics", "did you mean `refund`?"),
        ("  seats: {value: twelve}\n", "ticket.seats", "takes a number"),
        ("  vip: {value: 'yes'}\n", "ticket.vip", "takes true or false"),
        ("  due: {value: tomorrow}\n", "ticket.due", "takes a date"),
        ("  subject: {value: [a, b]}\n", "ticket.subject", "is a list"),
        ("  cf:\n    cf_city: {value: 12}\n", "ticket.cf.cf_city", "put a number in quotes"),
        ("  subject: {text: '{summary.text}'}\n", "ticket.subject", "add `max: 100`"),
        ("  subject: {from: summary.text, max: 150}\n", "ticket.subject", "add `max: 100`"),
        ("  tags: [{from: escalation.reason.code}]\n", "ticket.tags[0]", "add `max: 10`"),
        ("  tags: {from: escalation.fields.topics, default: ai}\n", "ticket.tags", "a list"),
        ("  tags: {value: ai}\n", "ticket.tags", "takes a list: put a `-` before the rule"),
        ("  tags: {text: 'x {summary.language}'}\n", "ticket.tags", "takes a list"),
        ("  tags: [{value: escalated_by_ai}]\n", "ticket.tags[0]", "has 15 characters"),
    ],
)  # fmt: skip
def test_what_the_desk_refuses_is_told_with_what_is_allowed(
    ticket: str, place: str, words: str
) -> None:
    errors = told(ticket)
    assert list(errors) == [place]
    assert words in errors[place]


def test_a_required_field_has_to_be_there_and_never_be_empty() -> None:
    assert "one of `a` (A), `b` (B)" in told("  vip: {value: true}\n", NEEDED)["ticket.category"]
    empty = told("  category: {from: escalation.team, lookup: {x: a}}\n", NEEDED)
    assert "add a `default`" in empty["ticket.category"]
    for rest in ("default: b}", "required: true}"):
        assert (
            told(f"  category: {{from: escalation.team, lookup: {{x: a}}, {rest}\n", NEEDED) == {}
        )


def test_a_rendered_ticket_is_held_against_the_fields_as_well() -> None:
    mapping = load(
        "desk: zendesk\nticket:\n  priority: {from: escalation.team}\n"
        "  tags: {from: escalation.team, max: 9}\n"
        "  cf: {cf_city: {from: escalation.fields.seats}}\n  vip: {from: escalation.fields.trial}\n"
    )
    assert misfits(mapping, FIELDS) == []
    errors = {error.field: error.message for error in refused(mapping, FIELDS, SAMPLE)}
    assert set(errors) == {"ticket.priority", "ticket.tags", "ticket.cf.cf_city"}
    assert "`billing` is not allowed" in errors["ticket.priority"]


def test_a_thousand_unknown_fields_are_told_without_a_thousand_suggestions() -> None:
    errors = told("".join(f"  priorit{n}: {{value: x}}\n" for n in range(1000)))
    assert len(errors) == 1000
    assert sum("did you mean" in message for message in errors.values()) <= 20
