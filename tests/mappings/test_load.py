"""What a person may write, and what they are told when it is wrong."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.engine import FieldError, MappingError, load, paths, render
from mappings.facts import SAMPLE


def errors(text: str) -> list[FieldError]:
    with pytest.raises(MappingError) as refused:
        load(text)
    return refused.value.errors


def fields(text: str) -> set[str]:
    return {error.field for error in errors(text)}


def ticket(rule: str) -> str:
    return f"desk: zendesk\nticket:\n  field: {rule}\n"


def test_all_problems_are_told_at_once_each_at_its_place():
    text = """
desk: Zendesk!
tickets: {}
ticket:
  subject: {from: summry.subject, max: 0}
  tags: [{value: a}, {txt: "{summary.text}"}, {from: summary.text, text: "{summary.text}"}]
  priority: {lookup: {low: low}}
  group: {value: 1, required: perhaps}
  group: {value: 2}
"""
    assert fields(text) == {
        "desk",
        "tickets",
        "ticket.subject.from",
        "ticket.subject.max",
        "ticket.tags[1].txt",
        "ticket.tags[2]",
        "ticket.priority",
        "ticket.group",
    }


@pytest.mark.parametrize(
    ("path", "suggestion"),
    [
        ("sumary.subject", "summary.subject"),
        ("summary.subjct", "summary.subject"),
        ("email", "requester.email"),
        ("customer.phone", "requester.phone"),
        ("escalation.reson.code", "escalation.reason.code"),
        ("escalation.field.plan", "escalation.fields"),
    ],
)
def test_a_misspelt_fact_is_told_with_the_one_that_was_meant(path, suggestion):
    (error,) = errors(ticket(f"{{from: {path}}}"))
    assert error.field == "ticket.field.from"
    assert f"did you mean `{suggestion}`?" in error.message


@pytest.mark.parametrize(
    "path",
    ["summary.subject.x", "summary.sentences.0", "escalation.fields..a", "escalation.fields.", "."],
)
def test_a_path_below_a_fact_or_with_an_empty_step_is_refused(path):
    assert fields(ticket(f'{{from: "{path}"}}')) == {"ticket.field.from"}


@pytest.mark.parametrize("attack", ["__class__", "escalation.__class__", "escalation.fields[0]"])
def test_attributes_and_indexes_are_no_facts(attack):
    assert fields(ticket(f'{{text: "{{{attack}}}"}}')) == {"ticket.field.text"}


def test_any_name_below_fields_is_allowed():
    mapping = load(ticket("{from: escalation.fields.Größe der Firma.été}"))
    assert paths(mapping) == {"escalation.fields.Größe der Firma.été"}


def test_the_facts_in_use_are_listed_once_each():
    text = ticket('[{text: "{summary.text} {source.name}"}, {x: {from: source.name}}, {value: a}]')
    assert paths(load(text)) == {"summary.text", "source.name"}


def test_a_billion_laughs_is_refused_without_being_expanded():
    text = "a: &a [x, x]\nb: &b [*a, *a]\ndesk: zendesk\nticket: {t: {value: *b}}"
    assert {"a", "b", "b[0]", "ticket.t.value"} <= fields(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: !!python/object/apply:os.system ['true']",
        "!!python/name:os.system x: 1",
        "a: !custom 1",
        "a: !!binary aGk=",
    ],
)
def test_tags_are_refused(text):
    assert any("tags are not read" in error.message for error in errors(text))


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "{a: ", '["'])
def test_a_bottomless_document_is_refused_in_good_time(opening):
    started = time.thread_time()
    (error,) = errors(opening * (60_000 // len(opening)))
    assert error.field == "mapping"
    assert time.thread_time() - started < 2


def test_a_document_over_64_kilobytes_is_refused():
    (error,) = errors(ticket("{value: a}") + "#" + "é" * 33_000)
    assert "64 KB" in error.message


def test_a_document_of_nonsense_gets_a_bounded_answer_in_good_time():
    started = time.thread_time()
    rules = "".join(f"  a{n}: {{from: nowhere{n}}}\n" for n in range(2_000))
    assert len(errors("desk: zendesk\nticket:\n" + rules)) <= 50
    assert time.thread_time() - started < 3


def test_two_documents_are_refused():
    assert any("second document" in e.message for e in errors(ticket("{value: a}") + "---\nb: 1\n"))


@pytest.mark.parametrize("character", [r"\0", r"\ud83d"])
def test_a_character_that_cannot_be_stored_or_sent_is_refused(character):
    assert fields(ticket(f'{{value: "a{character}"}}')) == {"ticket.field.value"}


def test_a_syntax_error_tells_the_line():
    (error,) = errors("desk: zendesk\nticket:\n\tsubject: {value: a}\n")
    assert error.field == "mapping"
    assert "line 3, column 1" in error.message


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("on", "on"),
        ("0042", "0042"),
        ("12:30", "12:30"),
        ("2026-11-22", "2026-11-22"),
        ("1_000", "1_000"),
        ("1e999", "1e999"),
        (".inf", ".inf"),
        ("9" * 5_000, "9" * 5_000),
        ("'7'", "7"),
        ("7", 7),
        ("-7.50", -7.5),
        ("0", 0),
        ("true", True),
        ("false", False),
        ("[a, 1, true]", ["a", 1, True]),
    ],
)
def test_a_constant_means_what_a_person_reads(written, meant):
    got = render(load(ticket(f"{{value: {written}}}")), SAMPLE)["field"]
    assert got == meant
    assert type(got) is type(meant)


@pytest.mark.parametrize(
    "rule",
    [
        "{value: }",
        "{value: ''}",
        "{value: []}",
        "{value: [a, '']}",
        "{from: }",
        "{from: 3}",
        "{text: ' '}",
        "{from: summary.text, default: }",
        "{from: summary.text, default: {a: b}}",
        "{from: summary.text, max: true}",
        "{from: summary.text, max: 1.5}",
        "{from: summary.text, max: '3'}",
        "{from: summary.text, lookup: {}}",
        "{from: summary.text, lookup: [a]}",
        "{from: summary.text, lookup: {a: }}",
        "{from: summary.text, lookup: {a: [b]}}",
        "{from: summary.text, lookup: {A: b, a: c}}",
        "{from: summary.text, required: 1}",
        "{from: summary.text, slug: yes}",
        "{from: summary.text, Max: 3}",
        "{from: summary.text, id: {value: 1}}",
        "{default: 3, max: 4}",
        "{}",
        "[]",
        "[a]",
        "[{}]",
        "plain",
        "",
    ],
)
def test_half_a_rule_is_refused_at_its_field(rule):
    assert all(field.startswith("ticket.field") for field in fields(ticket(rule)))


@pytest.mark.parametrize(
    "text", ["", "# nothing", "- a", "desk: zendesk", "ticket: {a: {value: 1}}"]
)
def test_a_mapping_needs_a_desk_and_a_field(text):
    assert fields(text) <= {"desk", "ticket"}


@settings(max_examples=150, deadline=None)
@given(
    st.text(
        alphabet=st.sampled_from("adesk:ticket{}[]&*!-?|>'\"\\#,.\n \té\0\ud800~0"), max_size=80
    )
)
def test_whatever_is_written_is_a_mapping_or_a_list_of_errors(text):
    for document in (text, ticket(text)):
        try:
            load(document)
        except MappingError as refused:
            assert refused.errors


def test_a_mapping_cannot_be_changed():
    mapping = load(ticket("{from: escalation.priority, lookup: {a: b}}"))
    rule = mapping.ticket.fields[0][1]
    with pytest.raises(AttributeError):
        rule.max = 3
    with pytest.raises(TypeError):
        rule.lookup["a"] = "c"
