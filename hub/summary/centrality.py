"""How close a sentence is to the rest of its conversation: TF-IDF and cosines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import repeat
from math import log, sqrt
from operator import mul

Vector = dict[str, float]


def vectors(sentences: Sequence[Sequence[str]]) -> list[Vector]:
    """One unit vector a sentence, from its words; a sentence without words has an empty one."""
    counts = [Counter(words) for words in sentences]
    frequency = Counter(word for count in counts for word in count)
    rarity = {word: log(1 + len(counts) / times) for word, times in frequency.items()}
    return [
        _unit(
            {
                word: rarity[word] * (1 + log(times)) if times > 1 else rarity[word]
                for word, times in count.items()
            }
        )  # fmt: skip
        for count in counts
    ]


def _unit(vector: Vector) -> Vector:
    length = sqrt(product(vector, vector))
    return {word: weight / length for word, weight in vector.items()}


def measure(
    vectors: Sequence[Vector], by_customer: Sequence[bool]
) -> tuple[list[float], list[float]]:
    """How close each is to all others, and to the other side's; 1 is the closest of all.

    The product with a sum of unit vectors is the sum of the cosines: linear, not quadratic.
    """
    pairs = list(zip(vectors, by_customer, strict=True))
    customer = _total(vector for vector, own in pairs if own)
    others = _total(vector for vector, own in pairs if not own)
    related = [product(vector, others if own else customer) for vector, own in pairs]
    within = [product(vector, customer if own else others) - bool(vector) for vector, own in pairs]
    central = [a + b for a, b in zip(related, within, strict=True)]
    return _scaled(central), _scaled(related)


def _total(some: Iterable[Vector]) -> Vector:
    summed: Vector = {}
    for vector in some:
        for word, weight in vector.items():
            summed[word] = summed.get(word, 0.0) + weight
    return summed


def product(one: Vector, other: Vector) -> float:
    """The dot product; of two unit vectors, their cosine."""
    total: float = sum(map(mul, one.values(), map(other.get, one, repeat(0.0))))
    return total


def _scaled(values: Sequence[float]) -> list[float]:
    largest = max(values, default=0.0)
    return [value / largest if largest > 0 else 0.0 for value in values]
