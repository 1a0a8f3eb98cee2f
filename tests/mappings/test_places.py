"""Where a field stands in the text, and what is offered for a field of the desk."""

import pytest

from connectors.types import Choice, Field
from mappings.engine import load
from mappings.fit import misfits
from mappings.places import line_of, suggestion

TEXT = """desk: zendesk
ticket:
  # a comment
  subject: {from: summary.subject}
  custom_fields:
    - id: {value: 7}
      value: {from: escalation.fields.order}
  tags:
    - value: ai
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("ticket.subject", 4),
        ("ticket.subject.from", 4),
        ("ticket.custom_fields[0].value", 7),
        ("ticket.tags[0]", 9),
        ("ticket.tags[3].value", 8),
        ("ticket.category", 2),
        ("desk", 1),
        ("check", None),
    ],
)
def test_an_error_is_found_in_the_text(place: str, line: int | None) -> None:
    assert line_of(TEXT, place) == line


@pytest.mark.parametrize("text", ["a: [", "&a [*a]", "x: &a {y: *a}", "", "[" * 5000, "\t"])
def test_a_text_that_is_no_mapping_has_no_lines(text: str) -> None:
    assert line_of(text, "ticket.subject") is None


@pytest.mark.parametrize(
    "field",
    [
        Field(path="priority", title="Priority"),
        Field(path="priority", title="Größe: ä/b", max=30),
        Field(path="custom_fields[360]", title="Order", type="text"),
        Field(path="cf.cf_city", title="City"),
        Field(path="ticket_attributes.Order number: new", title="Order number"),
        Field(path="tags", title="Tags", type="tags"),
        Field(path="level", title="Level", type="choice",
              choices=(Choice(value="0", label="Yes"), Choice(value="1", label="a: {b}"))),
        Field(path="group_id", title="Group", type="choice",
              choices=(Choice(value=360, label="Support"),)),
    ],
)  # fmt: skip
def test_what_is_offered_for_a_field_fits_the_field(field: Field) -> None:
    under, rule = suggestion(field)
    text = "desk: zendesk\nticket:\n" + (f"{under}\n" if under else "") + f"{rule}\n"
    assert misfits(load(text), [field]) == []
