"""What a new connection sends before anyone changes its mapping."""

import time
from pathlib import Path
from typing import Any

import pytest

from mappings.engine import load, render
from mappings.facts import SAMPLE

FOLDER = Path(__file__).parents[2] / "mappings" / "defaults"
DESKS = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def text_of(desk: str) -> str:
    return (FOLDER / f"{desk}.yaml").read_text(encoding="utf-8")


def ticket(desk: str, **escalation: Any) -> dict[str, Any]:
    return render(load(text_of(desk)), {**SAMPLE, "escalation": escalation})


@pytest.mark.parametrize("desk", DESKS)
def test_a_default_is_for_the_desk_that_its_file_is_named_after(desk):
    assert load(text_of(desk)).desk == desk


@pytest.mark.parametrize("desk", DESKS)
def test_a_default_makes_a_ticket_of_the_sample_and_asks_nothing_of_poor_facts(desk):
    made = render(load(text_of(desk)), SAMPLE)
    assert SAMPLE["summary"]["subject"] in made.values()  # however the desk calls it
    render(load(text_of(desk)), {})


def test_a_zendesk_ticket_has_subject_priority_and_tags():
    assert render(load(text_of("zendesk")), SAMPLE) == {
        "subject": "Rechnung A-20417 doppelt abgebucht, ich möchte mein Geld zurück",
        "priority": "high",
        "tags": ["escalated_by_ai", "lang_de", "customer_request"],
    }


@pytest.mark.parametrize(
    ("said", "zendesk", "live_chat"),
    [
        ("urgent", "urgent", "urgent"),
        ("Critical", "urgent", "urgent"),
        ("P1", "urgent", "urgent"),
        ("high", "high", "high"),
        ("medium", "normal", "normal"),
        ("normal", "normal", "normal"),
        ("LOW", "low", "low"),
        ("whatever", None, "normal"),
        (None, None, "normal"),
    ],
)
def test_priority_is_one_of_the_words_of_the_desk(said, zendesk, live_chat):
    assert ticket("zendesk", priority=said).get("priority") == zendesk
    assert ticket("live_chat", priority=said).get("priority") == live_chat


def test_the_language_tag_has_no_sign_that_a_tag_cannot_have():
    facts = {"summary": {"language": "pt-BR"}}
    assert render(load(text_of("zendesk")), facts)["tags"] == ["escalated_by_ai", "lang_pt_br"]


def test_a_native_ticket_has_subject_priority_and_team():
    assert render(load(text_of("live_chat")), SAMPLE) == {
        "subject": "Rechnung A-20417 doppelt abgebucht, ich möchte mein Geld zurück",
        "priority": "high",
        "team": "billing",
    }


def test_the_examples_in_the_zendesk_default_work_once_the_hash_is_removed():
    head, marker, examples = text_of("zendesk").partition("  # custom_fields:")
    text = head + (marker + examples).replace("  # ", "  ")
    assert render(load(text), SAMPLE) | {"subject": "", "priority": "", "tags": []} == {
        "subject": "",
        "priority": "",
        "tags": [],
        "custom_fields": [{"id": 360012345678, "value": "A-20417"}],
        "group_id": 360011111111,
        "ticket_form_id": 360033333333,
    }


@pytest.mark.parametrize("desk", DESKS)
def test_a_default_is_rendered_in_less_than_a_tenth_of_a_millisecond(desk):
    mapping = load(text_of(desk))
    best = min(_seconds(mapping) for _ in range(20))
    assert best < 0.000_1


def _seconds(mapping: Any) -> float:
    started = time.thread_time()
    for _ in range(20):
        render(mapping, SAMPLE)
    return (time.thread_time() - started) / 20
