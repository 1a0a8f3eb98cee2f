"""Salesforce's record ids: 15 letters that differ by case, or 18 with a checksum of the cases."""

import itertools
import string

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHECK = string.ascii_uppercase + "012345"
PREFIX_LENGTH = 3
INSTANCE = "5g0"  # where an id says in which instance it was made


def whole(short: str) -> str:
    """The 18 letters of a 15-letter id: each of the last three tells five letters' cases."""
    ends = ""
    for start in (0, 5, 10):
        bits = [letter in string.ascii_uppercase for letter in short[start : start + 5]]
        ends += CHECK[sum(1 << place for place, upper in enumerate(bits) if upper)]
    return short + ends


def normal(one: str) -> str:
    """An id as the tables have it; whatever is no id stays as it is."""
    return whole(one) if len(one) == 15 and one.isalnum() and one.isascii() else one


class Ids:
    """New ids of each kind of record, in order."""

    def __init__(self) -> None:
        self.numbers = itertools.count(4_000_001, 37)

    def new(self, prefix: str) -> str:
        """The next id that begins with `prefix`."""
        number, letters = next(self.numbers), ""
        while number:
            number, digit = divmod(number, len(DIGITS))
            letters = DIGITS[digit] + letters
        return whole(prefix + INSTANCE + letters.rjust(15 - PREFIX_LENGTH - len(INSTANCE), "0"))
