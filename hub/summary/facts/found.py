"""What one rule found on the page: a kind, its value and where its words stand."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hub.summary.types import Kind

# A number as people type it, its groups parted as in any country. ٫ and ٬ are the Arabic ones.
NUMBER = re.compile(
    r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d])(?:[.,]\d{1,2}(?!\d))?|\d+(?:[.,'’٫٬]\d+)*"
)
BEFORE, AFTER = 48, 40  # characters around a number that can tell what it is


@dataclass(frozen=True)
class Found:
    """Words of the page, from `start` to `end`, that say `value`."""

    kind: Kind
    value: str
    start: int
    end: int

    def overlaps(self, other: Found) -> bool:
        """Whether the two rest on the same words."""
        return self.start < other.end and other.start < self.end


def digits(text: str) -> str:
    """`text` with the digits of every script as 0 to 9."""
    return text if text.isascii() else "".join(str(int(c)) if c.isdecimal() else c for c in text)
