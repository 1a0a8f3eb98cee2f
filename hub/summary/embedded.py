"""The summary that is always there: it quotes, needs no network and takes milliseconds.

It picks one sentence of the customer and up to two of the other side, by how much they say, where
they stand and how central they are; the words around the quotes are in the customer's language.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from hub.summary import facts
from hub.summary.centrality import product
from hub.summary.frames import Frames, frames
from hub.summary.language import detect, region
from hub.summary.passages import Passage, cleaned, read, window
from hub.summary.small_talk import PROFANITY, idle_words, is_small_talk
from hub.summary.text import URL, cut, printable
from hub.summary.types import Sentence, Summary, Turn

METHOD = "extractive"
REPLIES = 2
QUOTE_WORDS, QUOTE_CHARACTERS = 30, 300
SUBJECT_CHARACTERS = 72
CLAUSE = re.compile(
    r".{40,}(?=[,;:] | [–-] )|.{16,}(?=[，；、،])"
)  # better than half a clause more


@dataclass(frozen=True)
class Weights:
    """What makes a sentence worth quoting; tests/bench/summary.py measures the effect."""

    enough: int = 10  # words of content: more say no more
    few: int = 4
    nothing: float = 1.2  # off, for fewer words than `few`
    length: float = 0.7
    early: float = 0.6
    central: float = 0.2
    profane: float = -0.3
    reply_length: float = 0.35
    reply_late: float = 0.3
    reply_related: float = 0.1
    repeated: float = -0.15  # what is quoted already


WEIGHTS = Weights()


def summarise(
    turns: Sequence[Turn],
    language: str | None = None,
    weights: Weights = WEIGHTS,
    *,
    certain: bool = False,
) -> Summary:
    """A summary by quotation of any conversation; `language` is the channel's locale, if known.

    `certain` takes the language as it is, and does not look at the words for it.
    """
    turns = window(turns)
    texts = cleaned(turns)
    heard = [text for turn, text in zip(turns, texts, strict=True) if turn.role == "customer"]
    locale = language
    if language is None or not certain:
        language = detect(heard, language)
    passages = read(turns, texts, idle_words(language))
    words = frames(language)
    problem = _problem(passages, weights)
    replies = _replies(passages, problem, weights)
    first = _quotation(words.customer, [problem]) if problem else _silence(turns, words)
    found = facts.find(turns, texts, passages, language, region(locale))
    said = (first, *_answers(replies, words))
    return Summary(_subject(problem, words), said, language, METHOD, found)


def _problem(passages: Sequence[Passage], weights: Weights) -> Passage | None:
    """The customer's sentence that tells most of what is wrong."""

    def worth(p: Passage) -> float:
        return (
            weights.length * _fullness(p, weights)
            + weights.early / (1 + p.nth)
            + weights.central * p.central
            + weights.profane * (not PROFANITY.isdisjoint(p.vector))
        )

    return max((p for p in passages if p.by_customer), key=worth, default=None)


def _replies(
    passages: Sequence[Passage], problem: Passage | None, weights: Weights
) -> list[Passage]:
    """The other side's sentences that say most, each unlike what is quoted already."""
    others = [p for p in passages if not p.by_customer]
    since = [p for p in others if problem is None or p.index > problem.index]
    others = since if any(p.content >= weights.few for p in since) else others
    # "How can I help you?" is quoted only where nothing better is.
    rest = [p for p in others if p.content >= weights.few] or others[-1:]
    quoted = [problem] if problem else []

    def worth(p: Passage) -> float:
        return (
            weights.reply_length * _fullness(p, weights)
            + weights.reply_late * p.place
            + weights.reply_related * p.related
            + weights.repeated * max((product(p.vector, q.vector) for q in quoted), default=0.0)
        )

    replies: list[Passage] = []
    while rest and len(replies) < REPLIES:
        best = max(rest, key=worth)
        rest = [p for p in rest if p is not best]
        replies.append(best)
        quoted.append(best)
    return sorted(replies, key=lambda p: p.index)


def _fullness(passage: Passage, weights: Weights) -> float:
    """How much a sentence says: 1 is enough, below 0 is next to nothing."""
    share = min(passage.content, weights.enough) / weights.enough
    return share - (weights.nothing if passage.content < weights.few else 0.0)


def _answers(replies: Sequence[Passage], words: Frames) -> list[Sentence]:
    """One sentence for each run of replies by the same role."""
    return [
        _quotation(words.ai if role == "ai" else words.agent, list(some))
        for role, some in groupby(replies, key=lambda p: p.turn.role)
    ]


def _quotation(frame: str, passages: Sequence[Passage]) -> Sentence:
    quotes = [cut(p.text, words=QUOTE_WORDS, characters=QUOTE_CHARACTERS) for p in passages]
    shortened = quotes[-1] != passages[-1].text
    text = frame.format(" … ".join(quotes) + "…" * shortened)
    return Sentence(text, tuple(dict.fromkeys(p.turn.id for p in passages)), tuple(quotes))


def _silence(turns: Sequence[Turn], words: Frames) -> Sentence:
    """What there is to say of a customer without a sentence: a link, "@shop", files, nothing."""
    sent = [turn for turn in turns if turn.role == "customer"]
    if links := [turn.id for turn in sent if URL.search(turn.text)]:
        return Sentence(words.link, tuple(links), ())
    for turn in reversed(sent):
        if line := printable(turn.text).strip().partition("\n")[0]:
            quote = cut(line, characters=QUOTE_CHARACTERS)
            return Sentence(words.customer.format(quote), (turn.id,), (quote,))
    return Sentence(words.silent, tuple(turn.id for turn in sent), ())


def _subject(problem: Passage | None, words: Frames) -> str:
    if problem is None or is_small_talk(problem.text):
        return words.subject
    start = cut(problem.text, characters=SUBJECT_CHARACTERS)
    if start == problem.text:
        return start
    clause = CLAUSE.match(start)
    return (clause[0] if clause else start).rstrip(" ,;:–-") + "…"
