"""Whether a message adds something to what is known already."""

from __future__ import annotations

import re

from hub.summary.small_talk import ALL_IDLE_WORDS
from hub.summary.text import clean, sentences, tokens

ENOUGH = 4  # words of one sentence that are not small talk
READ = 2_000  # characters
REFERENCE = re.compile(r"\d{3}")  # an order number needs no sentence


def has_substance(text: str) -> bool:
    """True for a sentence that says something, or a number; not for "hello? anyone there?"."""
    found = clean(text[:READ])
    if REFERENCE.search(found):
        return True
    return any(
        sum(word not in ALL_IDLE_WORDS for word in tokens(one)) >= ENOUGH
        for one in sentences(found)
    )
