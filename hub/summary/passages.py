"""The sentences of a conversation with all that decides which of them are quoted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.summary import centrality
from hub.summary.text import clean, sentences, tokens
from hub.summary.types import Turn

# Bounds on the work, whatever arrives.
FIRST_TURNS, LAST_TURNS = 20, 40
CHARACTERS, TURN_CHARACTERS = 14_000, 2_000
TURN_SENTENCES = 12


@dataclass(frozen=True)
class Passage:
    """One sentence of one turn."""

    turn: Turn
    text: str
    index: int  # among all sentences
    nth: int  # among its own side's, from 0
    place: float  # of the turn: 0 is the first, 1 the last
    content: int  # words that are not small talk
    vector: centrality.Vector
    central: float  # to the conversation, 0 to 1
    related: float  # to the other side's words, 0 to 1

    @property
    def by_customer(self) -> bool:
        return self.turn.role == "customer"


def window(turns: Sequence[Turn]) -> list[Turn]:
    """What was said, without system messages; of a long conversation its start and its end."""
    spoken = [turn for turn in turns if turn.role != "system"]
    if len(spoken) <= FIRST_TURNS + LAST_TURNS:
        return spoken
    return spoken[:FIRST_TURNS] + spoken[-LAST_TURNS:]


def cleaned(turns: Sequence[Turn]) -> list[str]:
    """The text of each turn without what is no speech, up to its room."""
    room = min(TURN_CHARACTERS, CHARACTERS // max(1, len(turns)))
    return [clean(_start(turn.text, room), signed=turn.role != "customer") for turn in turns]


def read(
    turns: Sequence[Turn], texts: Sequence[str], idle: frozenset[str] = frozenset()
) -> list[Passage]:
    """The passages of the turns, whose cleaned `texts` these are; `idle` words are no content."""
    found = [
        (place, sentence)
        for place, text in enumerate(texts)
        for sentence in sentences(text)[:TURN_SENTENCES]
    ]
    words = [tokens(text) for _, text in found]
    vectors = centrality.vectors(words)
    sides = [turns[place].role == "customer" for place, _ in found]
    central, related = centrality.measure(vectors, sides)
    return [
        Passage(
            turn=turns[place],
            text=text,
            index=index,
            nth=sides[:index].count(sides[index]),
            place=place / max(1, len(turns) - 1),
            content=len(words[index]) - sum(map(idle.__contains__, words[index])),
            vector=vectors[index],
            central=central[index],
            related=related[index],
        )
        for index, (place, text) in enumerate(found)
    ]


def _start(text: str, room: int) -> str:
    return text if len(text) <= room else text[:room].rpartition(" ")[0] or text[:room]
