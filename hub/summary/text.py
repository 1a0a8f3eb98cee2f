"""Cleaning, splitting, tokenising and cutting of chat text in any script.

Every expression here takes time linear in the text, whatever a stranger sends.
"""

from __future__ import annotations

import re
import unicodedata

# Scripts that put no spaces between words: Thai, Lao, Myanmar, Khmer, Kana, Han.
UNSPACED = (
    "\u0e01-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17dd\u3005-\u3007\u3041-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
)
# Python's \w leaves out combining marks; without them Hindi and vocalised Arabic fall to pieces.
MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0971-\u0dff"
)
WORD = re.compile(f"[{UNSPACED}]+|(?:(?![{UNSPACED}])[\\w{MARKS}])+")
PIECE = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")
IS_UNSPACED = re.compile(f"[{UNSPACED}]")

# Controls, lone surrogates, and the overrides that would turn the words around a quote.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
BLANK = re.compile(r"[^\S\n\r\x0b\x0c\x85\u2028\u2029]+")
NEWLINE = re.compile("[\n\r\x0b\x0c\x85\u2028\u2029]\\s*")
URL = re.compile(r" ?(?:https?://|www\.)\S+ ?", re.IGNORECASE)
ADDRESSED = re.compile(r"^(?:\s*@\w+)+")
# How agents sign short messages ("^AB", "*TRR", "-CO", "/Jo") and anyone numbers them ("1/2").
SIGNATURE = re.compile(
    r"(?:\s|(?<=[.!?…]))(?:[\^*~/][A-Za-z]{1,12}|[-–—]\s?[A-Z][A-Za-z]{0,2})\s?$"
)
LONGEST_ENDING = 20
PART = re.compile(r"\s?[(\[]?\b[1-9]/[1-9][)\]]?\s?$")

END = re.compile(
    "\n|(?<![.!?…؟।॥۔])[.!?…؟।॥۔]++[\"'»”’)\\]]*+\\s+|(?<![。！？｡])[。！？｡]++[」』”’）]*+"
)
LAST_WORD = re.compile(r"([\w.№]+)\.$")
LONGEST_ABBREVIATION = 12
# Before a full stop that ends no sentence; by language: en, de, es/fr/it, nl/pl, ru/tr.
ABBREVIATIONS = re.compile(
    r"mrs?|ms|dr|prof|st|vs|etc|approx|e\.g|i\.e|inc|ltd|dept|ext"
    r"|hr|fr|bzw|ca|evtl|ggf|inkl|usw|z\.b|d\.h|u\.a|str|tel"
    r"|sra?|dra|uds?|p\.ej|av|mme|mlle|env|p\.ex|dott|sig|ecc"
    r"|mevr|dhr|bijv|enz|t\.a\.v|np|m\.in|tzn|godz|ul"
    r"|г|ул|т\.е|т\.д|руб|стр|vb|örn"
)
NUMBERED = re.compile("no|nr|núm|num|№|art|n")
MONTHS = re.compile(
    "jan|feb|m[aä]r|apr|ma[iy]|ju[nl]|aug|sep|o[kc]t|nov|de[zc]"
    "|oca|şub|nis|haz|tem|ağu|eyl|eki|kas|ara"
)
JOINED = frozenset(["Mn", "Mc", "Me", "Cf", "Sk"])  # what belongs to the character before it


def clean(text: str, *, signed: bool = False) -> str:
    """`text` without URLs, unprintables and whom it is addressed to; `signed`: or by whom.

    What is left out in the middle leaves a new line, so that every sentence stays verbatim.
    """
    text = printable(text)
    if "@" in text:
        text = ADDRESSED.sub("", text)
    if "://" in text or "www." in text.lower():
        text = URL.sub("\n", text)
    text = _without_end(text.strip(), PART)
    return _without_end(_without_end(text, SIGNATURE), PART) if signed else text


def printable(text: str) -> str:
    """`text` without unprintables, each run of blanks and of new lines one of them."""
    if text.isprintable() and "  " not in text:  # so is most text
        return text
    return NEWLINE.sub("\n", BLANK.sub(" ", UNPRINTABLE.sub("", text)))


def _without_end(text: str, ending: re.Pattern[str]) -> str:
    """`text` without what `ending` finds among its last characters."""
    found = ending.search(text, max(0, len(text) - LONGEST_ENDING))
    return text[: found.start()].strip() if found else text


def sentences(text: str) -> list[str]:
    """The sentences of a cleaned text, each a verbatim part of it."""
    found, start = [], 0
    for end in END.finditer(text):
        if _goes_on(text[start : end.end()].strip(), text[end.end() : end.end() + 3]):
            continue
        found.append(text[start : end.end()].strip())
        start = end.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


def _goes_on(before: str, after: str) -> bool:
    """Whether the full stop at the end of `before` belongs to an abbreviation or a number."""
    last = LAST_WORD.search(before[-LONGEST_ABBREVIATION:])
    if last is None or not after:
        return False
    word = last[1].lower()
    if word.isdigit():  # "1. Restart it", "am 3. Mai", "3. 5."
        return before[:-1].isdigit() or after[0].isdigit() or bool(MONTHS.match(after.lower()))
    if NUMBERED.fullmatch(word):
        return after[0].isdigit()
    return bool(ABBREVIATIONS.fullmatch(word)) or (len(word) == 1 and last[1].isupper())


def tokens(text: str) -> list[str]:
    """Lower-case words; a run of an unspaced script becomes its pairs of characters."""
    words: list[str] = WORD.findall(text.lower())
    if not IS_UNSPACED.search(text):
        return words
    found: list[str] = []
    for word in words:
        if len(word) > 1 and IS_UNSPACED.match(word):
            found.extend(word[i : i + 2] for i in range(len(word) - 1))
        else:
            found.append(word)
    return found


def cut(text: str, *, characters: int, words: int | None = None) -> str:
    """The start of `text` up to a word's end; two signs of an unspaced script count as a word."""
    half_words = 2 * (words or characters)
    end = 0
    for piece in PIECE.finditer(text):
        half_words -= 1 if IS_UNSPACED.match(piece[0]) else 2
        if half_words < 0 or piece.end() > characters:
            return text[: _between_characters(text, end or characters)].rstrip()
        end = piece.end()
    return text


def _between_characters(text: str, end: int) -> int:
    """The nearest place up to `end` that parts no accent, vowel sign or emoji."""
    while 0 < end < len(text) and (
        unicodedata.category(text[end]) in JOINED or text[end - 1] == "\u200d"
    ):
        end -= 1
    return end
