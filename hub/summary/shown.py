"""A summary as lines that a person reads; the words around it are plain English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from hub.summary.types import Fact, Summary

TITLES: dict[str, str] = {
    "reference": "Numbers", "amount": "Amounts", "date": "Dates", "email": "E-mail",
    "phone": "Phone", "product": "Products", "offer": "Offered already",
    "question": "Open question", "tone": "Tone",
}  # fmt: skip


def lines(told: Summary, numbers: Mapping[str, int]) -> list[str]:
    """Sentences and facts with the numbers of the messages they rest on: `numbers` by id."""
    shown = [f"Summary ({told.method}, {told.language})"]
    for sentence in told.sentences:
        marks = ", ".join(f"#{numbers[i]}" for i in sentence.message_ids if i in numbers)
        shown.append(f"- {sentence.text} [{marks}]" if marks else f"- {sentence.text}")
    if told.facts:
        shown += ["Facts, in the words of the transcript", *_facts(told.facts, numbers)]
    return shown


def _facts(facts: Sequence[Fact], numbers: Mapping[str, int]) -> list[str]:
    """A line a kind; each fact with its words where they differ from its value."""
    return [
        f"- {TITLES[kind]}: {'; '.join(_fact(fact, numbers) for fact in some)}"
        for kind, some in groupby(facts, key=lambda fact: fact.kind)
    ]


def _fact(fact: Fact, numbers: Mapping[str, int]) -> str:
    words = fact.value if fact.value == fact.quote else f"{fact.value} “{fact.quote}”"
    return f"{words} [#{numbers[fact.message_id]}]" if fact.message_id in numbers else words
