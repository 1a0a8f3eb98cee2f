"""What was said beside the summary's sentences: numbers, money, dates, contacts, offers, tone.

A fact is taken from the transcript word by word and never made up: where the words leave it open
what they mean, there is none.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise

from hub.summary.facts.amounts import amounts
from hub.summary.facts.contacts import emails, phones
from hub.summary.facts.dates import dates
from hub.summary.facts.found import NUMBER, Found
from hub.summary.facts.products import products
from hub.summary.facts.references import answers, references
from hub.summary.facts.talk import MOST_OFFERS, offers, open_question
from hub.summary.facts.tone import tones
from hub.summary.passages import Passage
from hub.summary.text import cut
from hub.summary.types import Fact, Kind, Turn

MOST = 5  # of a kind: more than an agent takes in
WORDS, CHARACTERS = 30, 300  # of an offer or a question


class Page:
    """The cleaned texts of some turns as one text, so that each rule reads it once."""

    def __init__(self, turns: Sequence[Turn], texts: Sequence[str]) -> None:
        self.turns = turns
        self.text = "\n".join(texts)
        self.low = self.text.replace("İ", "i").lower()  # each sign in its place
        self.starts = list(accumulate((len(text) + 1 for text in texts[:-1]), initial=0))

    def fact(self, found: Found) -> Fact:
        """What was found, with its message and exact words."""
        turn = self.turns[bisect_right(self.starts, found.start) - 1]
        return Fact(found.kind, found.value, self.text[found.start : found.end], turn.id)

    def by_customer(self, found: Found) -> bool:
        """Whether the customer said it."""
        return self.turns[bisect_right(self.starts, found.start) - 1].role == "customer"


def find(
    turns: Sequence[Turn],
    texts: Sequence[str],
    passages: Sequence[Passage],
    language: str,
    region: str | None = None,
) -> tuple[Fact, ...]:
    """The facts of the turns, whose cleaned `texts` these are; `region` reads national numbers."""
    page = Page(turns, texts)
    own = [n for n, turn in enumerate(turns) if turn.role == "customer"]
    heard = Page([turns[n] for n in own], [texts[n] for n in own])
    return (
        *map(page.fact, _several(_figures(page, language, region))),
        *(_passage("offer", one) for one in list(offers(passages, language))[-MOST_OFFERS:]),
        *(_passage("question", one) for one in [open_question(passages)] if one),
        *map(heard.fact, tones(heard.text, heard.low, language)),
    )


def _figures(page: Page, language: str, region: str | None) -> list[Found]:
    """What is told by its form, each word used once: what is surest claims it first."""
    numbers = list(NUMBER.finditer(page.text))
    contacts = [f for f in emails(page.text) if page.by_customer(f)]
    rules: list[Iterable[Found]] = [contacts]
    if numbers:
        calls = (f for f in phones(page.text, region) if page.by_customer(f))
        rules += [
            dates(page.text, numbers, language),
            amounts(page.text, numbers),
            calls,
            references(page.text, page.low, numbers),
            answers(page.text, page.low, numbers, _answered(page)),
        ]
    rules.append(f for f in products(page.text, language) if page.by_customer(f))
    taken: list[Found] = []
    for rule in rules:
        for one in rule:
            if not any(one.overlaps(other) for other in taken):
                taken.append(one)
    return taken


def _answered(page: Page) -> Iterator[tuple[int, int, int]]:
    """Where each turn of the customer's stands that follows one of the other side's."""
    ends = [*page.starts[1:], len(page.text)]
    for n, (before, turn) in enumerate(pairwise(page.turns), start=1):
        if turn.role == "customer" and before.role != "customer":
            yield page.starts[n - 1], page.starts[n], ends[n]


def _several(found: Iterable[Found]) -> list[Found]:
    """Each value once, where it was said first, and of each kind a few."""
    first: dict[tuple[Kind, str], Found] = {}
    for one in sorted(found, key=lambda f: f.start):
        first.setdefault((one.kind, one.value), one)
    order: dict[Kind, list[Found]] = {
        kind: [] for kind in ("reference", "amount", "date", "email", "phone", "product")
    }
    for one in first.values():
        order[one.kind].append(one)
    return [one for some in order.values() for one in some[:MOST]]


def _passage(kind: Kind, passage: Passage) -> Fact:
    words = cut(passage.text, words=WORDS, characters=CHARACTERS)
    return Fact(kind, words, words, passage.turn.id)
