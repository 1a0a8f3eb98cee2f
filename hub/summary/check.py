"""Whether a language model's summary may be shown: all that can be held against the transcript is.

Numbers written as words, and a name at the very start of a sentence, cannot be told from other
words; the sentence's message ids are there to look them up.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence, Set

from hub.summary.frames import frames
from hub.summary.language import base, detect
from hub.summary.redact import PLACEHOLDER
from hub.summary.text import sentences
from hub.summary.types import Sentence, Summary, Turn, Unusable

SUBJECT = 80  # characters
SENTENCES = (2, 3)
SENTENCE, TOTAL = 300, 700

UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
LINK = re.compile(
    r"\w+://\S+|(?<![\w@.-])(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w.])(?:[/:?]\S*)?"
)
EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w.-]{1,253}")
NUMBER = re.compile(r"[a-z0-9]+(?:[-_/.,:'’][a-z0-9]+)*", re.ASCII)
DIGITS = re.compile(r"[0-9]+(?:[-_/.,:'’ ]?[0-9]+)*", re.ASCII)
AN_ENDING = re.compile(r"([0-9]+)-[a-z]+")  # "a 10-day trial"
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
PART = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]{2,}")
QUOTED = re.compile(r":\s*[\"“„«‘‚「]?\s*$")  # what stands before a sentence within a sentence
# Words that are capitalised in the middle of a sentence and name nobody.
NO_NAMES = frozenset(
    ["i", "ai", "ia", "ki", "id", "ok", "pdf", "url", "sms", "tv", "gps", "pc", "app"]
    + ["sie", "ihr", "ihre", "ihren", "ihrem", "ihnen"]
)
CAPITALISED_NOUNS = ("de", "lb")
# Scripts without capitals: there a name in Latin letters shows.
CASELESS = ("ar", "fa", "he", "hi", "bn", "ta", "te", "mr", "th", "zh", "ja", "ko", "ka", "ur")
# Where a name has endings: "Anna", "Anny", "Annie".
INFLECTED = (
    "pl", "ru", "uk", "cs", "sk", "hr", "sr", "sl", "bg", "tr", "fi", "et", "hu", "el", "de",
)  # fmt: skip
ENDING = 2  # letters
DOT_ABOVE = "\u0307"  # what a Turkish capital I leaves behind


def check(answer: Summary, turns: Sequence[Turn], language: str) -> None:
    """Nothing if `answer` may stand for `turns`; `Unusable`, which says why, if not."""
    _check_shape(answer)
    _check_messages(answer.sentences, {turn.id for turn in turns})
    _check_language(answer, language)
    texts = {turn.id: _plain(turn.text) for turn in turns}
    everything = "\n".join(texts.values())
    _check_facts(answer.subject, everything)
    for sentence in answer.sentences:
        _check_facts(sentence.text, "\n".join(texts[one] for one in sentence.message_ids))
    for text in (answer.subject, *(sentence.text for sentence in answer.sentences)):
        _check_names(text, everything, language)


def _check_shape(answer: Summary) -> None:
    if not SENTENCES[0] <= len(answer.sentences) <= SENTENCES[1]:
        raise Unusable("wrong_length", "it has not two or three sentences.")
    texts = [sentence.text for sentence in answer.sentences]
    if len(answer.subject) > SUBJECT:
        raise Unusable("wrong_length", f"its subject is longer than {SUBJECT} characters.")
    if sum(len(sentences(text)) for text in texts) > SENTENCES[1]:
        raise Unusable("wrong_length", "it has more than three sentences.")
    if max(map(len, texts)) > SENTENCE or sum(map(len, texts)) > TOTAL:
        raise Unusable("wrong_length", "its sentences are too long.")
    for text in (answer.subject, *texts):
        if not any(map(str.isalpha, text)):
            raise Unusable("wrong_length", "a part of it is empty.")
        if UNPRINTABLE.search(text):
            raise Unusable("unprintable", "it has characters that cannot be seen.")
        if PLACEHOLDER.search(text):
            raise Unusable("invented_contact", "it stands in for something that nobody wrote.")


def _check_messages(sentences: Iterable[Sentence], known: set[str]) -> None:
    for sentence in sentences:
        if not sentence.message_ids:
            raise Unusable("unknown_message", "a sentence does not say which messages it rests on.")
        if not known.issuperset(sentence.message_ids):
            raise Unusable("unknown_message", "a sentence rests on a message that does not exist.")


def _check_language(answer: Summary, language: str) -> None:
    """Each sentence's language; a subject is too short to tell."""
    for sentence in answer.sentences:
        if base(detect([sentence.text], language)) != base(language):
            raise Unusable("wrong_language", "it is not in the customer's language.")


def _check_facts(text: str, source: str) -> None:
    """Every address and number of `text` stands in `source`, which is plain."""
    text = _plain(text)
    for found in EMAIL.findall(text):
        if not _stands(found.strip("."), source):
            raise Unusable("invented_contact", "it has an e-mail address that nobody wrote.")
    for found in LINK.findall(EMAIL.sub(" ", text)):
        if not _stands(found.rstrip(".,;:!?)\"'”»"), source):
            raise Unusable("invented_link", "it has a link that nobody wrote.")
    known = {_compact(found) for found in DIGITS.findall(source)}
    for found in NUMBER.findall(text):
        if not _stands(found, source) and not _is_known(found, known, source):
            raise Unusable("invented_number", "it has a number that nobody wrote.")


def _is_known(found: str, known: set[str], source: str) -> bool:
    """A number in another spelling (1,000 and 1000) is the same; a code is not."""
    if not any(map(str.isdigit, found)):
        return True
    if not any(map(str.isalpha, found)):
        return _compact(found) in known
    ending = AN_ENDING.fullmatch(found)
    parts = [ending[1]] if ending else re.split("[,:'’]", found)
    return found not in parts and all(
        _stands(part, source) or _is_known(part, known, source) for part in parts
    )


def _check_names(text: str, source: str, language: str) -> None:
    framed = frames(language)
    ours = _plain(" ".join((framed.customer, framed.ai, framed.agent, framed.subject)))
    said = (pattern.findall(source) for pattern in (WORD, PART, LATIN))
    known = NO_NAMES.union(WORD.findall(ours), *said)
    for sentence in sentences(unicodedata.normalize("NFKC", text)):
        strange = [one for one in _named(sentence, language) if not _is_word(one, known, language)]
        if language in CAPITALISED_NOUNS:  # one such word is a noun; two in a row are a name
            pairs = zip(strange, strange[1:], strict=False)
            strange = [b for a, b in pairs if b.start() - a.end() == 1]
        if strange:
            raise Unusable("invented_name", "it has a name that nobody wrote.")


def _named(sentence: str, language: str) -> list[re.Match[str]]:
    """The words of a sentence that may be names by their capitals."""
    if language in CASELESS:
        return [one for one in LATIN.finditer(sentence) if not one[0].islower()]
    return [
        one
        for nth, one in enumerate(WORD.finditer(sentence))
        if not one[0].islower() and nth and not QUOTED.search(sentence[: one.start()])
    ]


def _is_word(found: re.Match[str], known: Set[str], language: str) -> bool:
    """Whether the transcript has the word, or the same one with another ending."""
    word = re.sub(r"['’].{0,4}$", "", _plain(found[0]))
    if word in known or set(PART.findall(word)) <= known:
        return True
    if language not in INFLECTED or len(word) <= ENDING + 1:
        return False
    return any(
        one.startswith(word[:-ENDING]) and abs(len(one) - len(word)) <= ENDING for one in known
    )


def _stands(part: str, source: str) -> bool:
    """Whether `part` is in `source` by itself, not as a piece of a longer word."""
    around = r"(?<![a-z0-9])(?<![0-9][.,]){}(?![a-z0-9])(?![.,][0-9])"
    return bool(re.search(around.format(re.escape(part)), source))


def _compact(number: str) -> str:
    return "".join(c for c in number if c.isdigit())


def _plain(text: str) -> str:
    """One spelling: no case, no variants of letters, and the digits of every script as 0 to 9."""
    text = unicodedata.normalize("NFKC", text).casefold().replace(DOT_ABOVE, "")
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if c.isdigit() else c for c in text)
