"""From text to a condition; what cannot be read is refused with its place."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hub.conditions.weighing import DAYS, FIELD, LONG_DAYS, LONGEST_TOLD, Condition, Term, zones

NAMES = (
    "language", "channel", "reason", "rule", "team", "priority", "target", "source",
    "weekday", "time", "zone",
)  # fmt: skip
MIDNIGHT = 24 * 60  # in minutes
HUGE = (99, 99, 99, 99)  # no time of a day

TOKEN = re.compile(
    r"""(?P<quoted>"[^"]*"|'[^']*')|(?P<sign>!=|=)|(?P<comma>,)|(?P<word>(?:(?!!=)[^\s,="])+)|\S"""
)
TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*")
SPAN = re.compile(r"(\d{1,2})(?::(\d\d))?-(\d{1,2})(?::(\d\d))?")


class BadCondition(ValueError):
    """A condition that cannot be read; the message names the place and how to write it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a condition and where it begins, counted from 1."""

    kind: str
    text: str
    at: int

    def is_word(self, *words: str) -> bool:
        """True for one of these words without quotes."""
        return self.kind == "word" and self.text.casefold() in words


@lru_cache(maxsize=1024)
def parse(text: str) -> Condition:
    """The condition that `text` writes down; raises `BadCondition`."""
    terms: list[Term] = []
    zone = None
    for tokens in _split(list(_tokens(text)), len(text) + 1):
        name, wanted, values = _comparison(tokens)
        if name.text.casefold() == "zone":
            zone = _one_zone(name, wanted, values)
            continue
        terms.append(_term(name, wanted, values))
    if not terms:
        raise BadCondition("At character 1: `zone` alone compares nothing: add weekday or time.")
    return Condition(tuple(terms), zone)


def _tokens(text: str) -> Iterator[Token]:
    for found in TOKEN.finditer(text):
        if found.lastgroup is None:
            raise _bad(Token("odd", found[0], found.start() + 1), "does not belong here")
        value = found[0][1:-1] if found.lastgroup == "quoted" else found[0]
        yield Token(found.lastgroup, value, found.start() + 1)


def _split(tokens: list[Token], end: int) -> Iterator[list[Token]]:
    """The comparisons between the `and`s."""
    part: list[Token] = []
    for token in [*tokens, Token("word", "and", end)]:
        if not token.is_word("and"):
            part.append(token)
            continue
        if not part:
            raise BadCondition(f"At character {token.at}: a comparison is missing here.")
        yield part
        part = []


def _comparison(tokens: list[Token]) -> tuple[Token, bool, list[Token]]:
    """The name, whether the words are wanted, and the words of `name = word`."""
    name, signs = tokens[0], tokens[1:3]
    if len(signs) == 2 and signs[0].is_word("not") and signs[1].is_word("in"):
        return name, False, _list(name, tokens[3:])
    if signs and signs[0].is_word("in"):
        return name, True, _list(name, tokens[2:])
    if not signs or signs[0].kind != "sign":
        raise _bad(name, "is not a comparison: write name = word, or name in a, b. Quote a value"
                   ' that holds the word "and"')  # fmt: skip
    values = _list(name, tokens[2:])
    if len(values) > 1:
        raise _bad(values[1], "is a second word: write `in` for several")
    return name, signs[0].text == "=", values


def _list(name: Token, tokens: Sequence[Token]) -> list[Token]:
    """The values between the commas; words side by side are one value."""
    values: list[Token] = []
    room = True
    for token in tokens:
        if token.is_word("or"):
            raise _bad(token, "is not known: write `in a, b` or a second route; quote the word")
        if token.kind == "sign" or (token.kind == "comma" and room):
            raise _bad(token, "does not belong here; put it in quotes if it is a part of a word")
        if token.kind != "comma":
            before = "" if room else f"{values.pop().text} "
            values.append(Token("word", before + token.text, token.at))
        room = token.kind == "comma"
    if room:
        raise _bad(name, "is compared with nothing")
    return values


def _term(name: Token, wanted: bool, values: list[Token]) -> Term:
    known = name.text.casefold()
    if known.startswith(FIELD) and len(known) > len(FIELD):
        known = FIELD + name.text[len(FIELD) :]  # the platform's own names have their case
    elif known not in NAMES:
        raise _bad(name, f"is not known: use {', '.join(NAMES)} or fields.NAME")
    if known == "weekday":
        return Term(known, wanted, frozenset(day for value in values for day in _days(value)))
    if known == "time":
        return Term(known, wanted, spans=tuple(_span(value) for value in values))
    read = _tag if known == "language" else _folded
    return Term(known, wanted, frozenset(map(read, values)))


def _folded(value: Token) -> str:
    return value.text.casefold()


def _tag(value: Token) -> str:
    tag = value.text.casefold().replace("_", "-")
    if not TAG.fullmatch(tag):
        raise _bad(value, "is no language: write its code, such as de or de-AT")
    return tag


def _days(value: Token) -> list[str]:
    """`fri-mon` as the four days."""
    names = [part.strip().casefold() for part in value.text.split("-")]
    known = {*DAYS, *(day.casefold() for day in LONG_DAYS)}
    if len(names) > 2 or not known.issuperset(names):
        raise _bad(value, "is no weekday: write mon, tue, wed, thu, fri, sat, sun or mon-fri")
    first, last = DAYS.index(names[0][:3]), DAYS.index(names[-1][:3])
    return [DAYS[(first + n) % 7] for n in range((last - first) % 7 + 1)]


def _span(value: Token) -> tuple[int, int]:
    """`09:00-17:30` in minutes; the end is not inside."""
    found = SPAN.fullmatch(value.text.replace(" ", ""))
    hour, minute, last_hour, last_minute = (int(p or 0) for p in found.groups()) if found else HUGE
    start, end = hour * 60 + minute, last_hour * 60 + last_minute
    if max(start, end) > MIDNIGHT or max(minute, last_minute) > 59:
        raise _bad(value, "is no span of time: write 09:00-17:30, or 22:00-06:00 over midnight")
    if start == end:
        raise _bad(value, "ends when it begins")
    return start, end


def _one_zone(name: Token, wanted: bool, values: list[Token]) -> str:
    known = zones().get(values[0].text.casefold())
    if not wanted or len(values) > 1:
        raise _bad(name, "says whose clock counts: write zone = Europe/Berlin")
    if known is None:
        raise _bad(values[0], "is no time zone: write one such as Europe/Berlin, or UTC")
    return known


def _bad(token: Token, text: str) -> BadCondition:
    return BadCondition(f"At character {token.at}: {token.text[:LONGEST_TOLD]!r} {text}.")
