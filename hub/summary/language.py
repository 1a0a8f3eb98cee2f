"""Which language a customer writes, from short chat text and the channel's locale."""

from __future__ import annotations

import mmap
import re
import tempfile
import threading
from array import array
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

DEFAULT = "en"
# The languages most customers write; choosing among these alone is what makes short texts work.
COMMON = ("en", "es", "fr", "de", "pt", "it", "nl", "pl", "ru", "tr", "ar", "hi", "zh", "ja", "ko")
# What the unrestricted model calls everyday English, Chinese, Arabic, ... in a chat.
NEAR = {
    "pcm": "en", "yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar", "vec": "it", "lij": "it",
    "oc": "fr", "wa": "fr", "ext": "es", "an": "es", "gl": "pt", "nn": "no",
}  # fmt: skip
NON_LATIN = (
    "ru", "uk", "bg", "sr", "mk", "be", "el", "ar", "fa", "ur", "he", "hi", "bn", "ta", "te", "mr",
    "ne", "th", "ka", "hy", "zh", "ja", "ko",
)  # fmt: skip
OLD_CODES = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "cmn": "zh", "yue": "zh"}

PIECE = 65_536  # bytes written at once
READ = 600  # characters: more do not change the answer
SHORT = 16  # letters: below, the channel's locale knows better
LETTERS_PER_SIGN = 3  # a Chinese character says as much as three letters
SURE = 0.6  # of the unrestricted model, to overrule the common languages
UNSURE = 0.3  # of the restricted model, to be no better than a guess
MIXED = 0.1  # share of another script that makes Latin words names within it

CODE = re.compile(r"([a-z]{2,3})(?:[-_].*)?$", re.I)
COUNTRY = re.compile(r"[-_]([A-Za-z]{2})$")
LATIN = re.compile(r"[A-Za-z\u00aa-\u024f\u1e00-\u1eff]+")
SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_loading = threading.Lock()


def detect(texts: Iterable[str], hint: str | None = None) -> str:
    """The ISO 639 code of the language of a customer's `texts`; `hint` is the channel's locale."""
    text = " ".join(texts)[:READ]
    known = base(hint)
    if known and _is_short(text) and not _contradicts(text, known):
        return known
    return _classify(_without_names(text)) or known or DEFAULT


def base(locale: str | None) -> str | None:
    """`pt` of `pt-BR`; None for what is no locale."""
    match = CODE.match(locale or "")
    return OLD_CODES.get(match[1].lower(), match[1].lower()) if match else None


def region(locale: str | None) -> str | None:
    """`BR` of `pt-BR`; None where the locale names no country."""
    match = COUNTRY.search(locale or "")
    return match[1].upper() if match else None


def _is_short(text: str) -> bool:
    signs = len(SIGN.findall(text))
    return _letters(text) + signs * (LETTERS_PER_SIGN - 1) < SHORT


def _contradicts(text: str, language: str) -> bool:
    """Whether the text is in a script that the language, if written in Latin letters, lacks."""
    return _other_share(text) > 0.5 and language not in NON_LATIN


def _without_names(text: str) -> str:
    return LATIN.sub(" ", text) if _other_share(text) >= MIXED else text


def _other_share(text: str) -> float:
    """The share of the letters that are not Latin."""
    letters = _letters(text)
    return 1 - sum(map(len, LATIN.findall(text))) / letters if letters else 0.0


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _classify(text: str) -> str | None:
    """The likeliest common language, unless another one is sure; None if all is a guess.

    One run over all languages serves both: what `set_languages` would give for the common ones
    are the same scores, divided by their sum.
    """
    ranked: list[tuple[str, float]] = _identifier().rank(text)
    first, chance = ranked[0]
    if chance >= SURE and NEAR.get(first, first) not in COMMON:
        return NEAR.get(first, first)
    common = [(code, chance) for code, chance in ranked if code in COMMON]
    language, chance = common[0]
    return language if chance >= UNSURE * sum(share for _, share in common) else None


def _identifier() -> LanguageIdentifier:
    with _loading:  # a second thread waits instead of loading it again
        return _load()


@cache
def _load() -> LanguageIdentifier:
    # Imported here: it brings numpy, and a model that takes 0.7 s.
    import numpy as np
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    whole = LanguageIdentifier.from_model_file(MODEL_FILE)
    scores, steps = whole.nb_ptc, whole.tk_nextmove
    lean = LanguageIdentifier(
        np.frombuffer(_on_disk(scores), scores.dtype).reshape(scores.shape),
        whole.nb_pc,
        whole.nb_classes,
        _on_disk(steps).cast(steps.typecode),
        array("i", whole.tk_output),
        tk_row=whole.tk_row,
        norm_probs=True,
    )
    lean._rowbase = array("I", lean._rowbase)  # like the outputs: 100,000 objects less
    return lean


def _on_disk(table: Any) -> memoryview:
    """A numeric array's bytes in a file without a name, of which memory holds what is in use.

    The model's two tables are 68 MB; a text touches one or two. Written in large pieces, the
    kernel would keep and map them by 2 MB.
    """
    with tempfile.TemporaryFile() as file:
        whole = memoryview(table).cast("B")
        for start in range(0, len(whole), PIECE):
            file.write(whole[start : start + PIECE])
        file.flush()
        pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return memoryview(pages)
