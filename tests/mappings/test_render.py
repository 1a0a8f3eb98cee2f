"""What the facts of an escalation become."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.engine import MappingError, load, render
from mappings.facts import SAMPLE


def field(rule: str, **sent: Any) -> Any:
    """What a field becomes when the source sent these fields; None where it is left out."""
    text = f"desk: zendesk\nticket:\n  field: {rule}\n"
    return render(load(text), {"escalation": {"fields": sent}}).get("field")


A = "from: escalation.fields.a"


@pytest.mark.parametrize("value", ["ü", 3, 2.5, 0, True, False, ["x", 1], {"k": {"l": 1}}])
def test_from_keeps_the_type(value):
    got = field(f"{{{A}}}", a=value)
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize("nothing", [None, "", "  \n", [], {}, {"k": None}, [None, ""]])
def test_an_empty_fact_leaves_no_trace(nothing):
    assert field(f"{{{A}}}", a=nothing) is None
    assert field(f"[{{{A}}}, {{value: b}}]", a=nothing) == ["b"]
    assert field(f"{{{A}, default: none yet}}", a=nothing) == "none yet"


def test_a_group_of_facts_loses_its_empty_ones():
    assert field(f"{{{A}}}", a={"k": None, "l": {"m": ""}, "n": [0, None]}) == {"n": [0]}


def test_a_path_walks_dictionaries_only():
    rule = "{from: escalation.fields.a.real}"
    assert field(rule, a=3) is None
    assert field(rule, a=[{"real": 1}]) is None
    assert field(rule, a={"real": 1}) == 1


def test_facts_that_are_no_dictionary_at_all_are_missing():
    mapping = load("desk: x\nticket: {a: {from: summary.text}, b: {value: 1}}")
    assert render(mapping, {"summary": "oops"}) == {"b": 1}
    assert render(mapping, {}) == {"b": 1}


def test_a_text_shows_values_as_a_person_would_write_them():
    rule = '{text: "{escalation.fields.a}/{escalation.fields.b}/{escalation.fields.c}"}'
    assert field(rule, a=True, b=["x", None, 2], c={"k": 1, "l": None}) == "true/x, 2/k: 1"


def test_braces_inside_a_fact_are_not_read_again():
    rule = '{text: "{escalation.fields.a}"}'
    assert (
        field(rule, a="{summary.text} {{x}} {0.__class__}") == "{summary.text} {{x}} {0.__class__}"
    )


def test_a_text_has_no_line_whose_facts_are_all_missing():
    rule = '{text: "Order\\nno. {escalation.fields.a}\\nphone {escalation.fields.b}"}'
    assert field(rule, a=7) == "Order\nno. 7"
    assert field(rule, a=7, b=" ") == "Order\nno. 7"
    assert field(rule) is None
    assert field(rule, a="", b=[]) is None


def test_a_line_with_one_of_its_facts_is_kept():
    rule = '{text: "{escalation.fields.a} of {escalation.fields.b}"}'
    assert field(rule, a=7) == "7 of"


@pytest.mark.parametrize(
    ("word", "becomes"),
    [
        ("low", 1),
        (" LOW ", 1),
        ("STRASSE", 2),
        ("straße", 2),
        (5, 3),
        (True, 4),
        ("no", 5),
        ("x", None),
    ],
)
def test_a_lookup_finds_the_word_whatever_its_case_and_type(word, becomes):
    table = "{low: 1, Straße: 2, 5: 3, true: 4, no: 5}"
    assert field(f"{{{A}, lookup: {table}}}", a=word) == becomes


def test_a_lookup_tells_another_word_from_no_word():
    rule = f"{{{A}, lookup: {{low: 1, default: 9}}, default: 0}}"
    assert [field(rule, a="low"), field(rule, a="x"), field(rule, a="")] == [1, 9, 0]


def test_a_lookup_of_a_list_keeps_the_words_that_it_knows():
    assert field(f"{{{A}, lookup: {{x: 1, y: 2}}}}", a=["y", "z", "x"]) == [2, 1]


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("Customer request!", "customer_request"),
        ("pt-BR", "pt_br"),
        ("  a  &  b ", "a_b"),
        ("返金 希望", "返金_希望"),
        ("हिन्दी भाषा", "हिन्दी_भाषा"),
        ("!!!", None),
    ],
)
def test_a_slug_is_a_tag_in_any_script(code, tag):
    assert field(f"{{{A}, slug: true}}", a=code) == tag


@pytest.mark.parametrize(
    ("limit", "text", "becomes"),
    [
        (11, "hello world", "hello world"),
        (10, "hello world", "hello…"),
        (6, "hello world", "hello…"),
        (12, "Hello, world and all", "Hello…"),
        (8, "I unbreakable", "I unbre…"),
        (5, "注文した商品が届きません", "注文した…"),
        (1, "hello", "…"),
        (4, "abe\u0301def", "ab…"),
        (4, "ab👩\u200d🚒c", "ab…"),
        (4, "ab👍🏽c", "ab…"),
    ],
)
def test_a_long_text_is_cut_between_words_and_never_through_a_character(limit, text, becomes):
    assert field(f"{{{A}, max: {limit}}}", a=text) == becomes


def test_max_counts_the_items_of_a_list_and_leaves_numbers_alone():
    assert field(f"{{{A}, max: 2}}", a=[1, 2, 3]) == [1, 2]
    assert field(f"{{{A}, max: 2}}", a=12345) == 12345
    assert field(f"{{{A}, max: 4, default: not known}}") == "not…"


def test_an_item_with_fields_goes_whole_or_not_at_all():
    rule = f"[{{id: {{value: 1}}, value: {{{A}}}}}, {{id: {{value: 2}}, value: {{value: b}}}}]"
    assert field(rule) == [{"id": 2, "value": "b"}]
    assert field(rule, a=False) == [{"id": 1, "value": False}, {"id": 2, "value": "b"}]


def test_a_group_without_any_value_is_left_out():
    assert field(f"{{x: {{y: {{{A}}}}}}}") is None


def test_every_required_field_that_is_empty_is_told_with_its_reason():
    mapping = load("""
desk: zendesk
ticket:
  priority: {from: escalation.priority, required: true}
  group: {from: escalation.team, lookup: {billing: 1}, required: true}
  tag: {from: escalation.target, slug: true, required: true}
  contact: {text: "{requester.phone} {requester.email}", required: true}
  custom_fields: [{id: {value: 1}, value: {from: source.name, required: true}}]
""")
    with pytest.raises(MappingError) as refused:
        render(mapping, {"escalation": {"team": "sales", "target": "?!"}})
    assert [(error.field, error.message) for error in refused.value.errors] == [
        ("ticket.priority", "required, but escalation.priority is empty"),
        (
            "ticket.group",
            'required, but escalation.team is "sales", which the lookup does not list: '
            "add it, or a `default`",
        ),
        ("ticket.tag", 'required, but escalation.target is "?!", which has no letter or digit'),
        ("ticket.contact", "required, but requester.phone and requester.email are empty"),
        ("ticket.custom_fields[0].value", "required, but source.name is empty"),
    ]


def test_rendering_changes_neither_facts_nor_mapping():
    mapping = load(f"desk: x\nticket: {{a: {{{A}}}, b: {{value: [1]}}}}")
    facts = {"escalation": {"fields": {"a": {"k": [1]}}}}
    first = render(mapping, facts)
    first["a"]["k"].append(2)
    first["b"].append(2)
    assert facts == {"escalation": {"fields": {"a": {"k": [1]}}}}
    assert render(mapping, facts) == {"a": {"k": [1]}, "b": [1]}


def test_rendering_keeps_the_order_of_the_document():
    mapping = load("desk: x\nticket: {z: {value: 1}, a: {value: 2}, m: {value: 3}}")
    assert list(render(mapping, copy.deepcopy(SAMPLE))) == ["z", "a", "m"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
EVERYTHING = load("""
desk: x
ticket:
  a: {from: escalation.fields.a}
  b: {text: "x {escalation.fields.a}\\n{escalation.fields.b}", max: 9}
  c: [{from: escalation.fields.a, slug: true}, {k: {from: escalation.fields.b}}]
  d: {from: escalation.fields.b, lookup: {a: b, default: c}, max: 2}
""")


@settings(max_examples=150, deadline=None)
@given(JSON, JSON)
def test_whatever_was_sent_the_payload_is_json_without_a_hole(a, b):
    payload = render(EVERYTHING, {"escalation": {"fields": {"a": a, "b": b}}})
    assert json.loads(json.dumps(payload)) == payload
    assert len(payload.get("b", "")) <= 9

    assert not any(empty(value) for value in inside(payload))


def inside(value: Any) -> Iterator[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value
    for item in inner if isinstance(inner, list) else []:
        yield item
        yield from inside(item)


def empty(value: Any) -> bool:
    return value in (None, [], {}) or (isinstance(value, str) and not value.strip())


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60), st.integers(1, 40))
def test_a_cut_text_never_exceeds_its_limit_and_is_a_beginning_of_the_whole(text, limit):
    got = field(f"{{{A}, max: {limit}}}", a=text)
    if not text.strip():
        assert got is None
        return
    assert len(got) <= limit
    assert got == text if len(text) <= limit else text.startswith(got.removesuffix("…"))
