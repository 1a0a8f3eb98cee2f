"""How the customer can be reached: e-mail addresses and telephone numbers that they gave."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.summary.facts.found import Found, digits

EMAIL = re.compile(
    r"(?<![A-Za-z0-9_.+-])[A-Za-z0-9_+-][A-Za-z0-9_.+-]{0,63}@[A-Za-z0-9-]{1,63}"
    r"(?:\.[A-Za-z0-9-]{1,63}){1,4}(?<!-)"
)
# The company's own, not the customer's.
SHARED = re.compile(
    r"(?:support|info|help|service|services|contact|sales|care|customer\w*|kundenservice|office"
    r"|hello"
    r"|no-?reply|billing|orders?|soporte|ayuda|atendimento|contacto|contato|assistenza|klant\w*"
    r"|biuro"
    r"|pomoc|destek)@",
    re.I,
)
CALLABLE = re.compile(
    r"(?<![A-Za-z0-9.,/#@+-])(?:\+|00)?\(?\d[\d()./ \u00a0-]{5,20}\d(?![A-Za-z0-9@%€$£/]|[.,:-]\d)"
)
CUE = re.compile(
    r"(?:phone|telephone|mobile|cell|call me|text me|ring me|reach me|whats ?app|tel|telefon\w*"
    r"|tel[ée]fono|telefone|celular|m[óo]vil|llam\w+|handy\w*|mobil\w*|r[üu]ckruf\w*|erreichbar"
    r"|t[ée]l[ée]phone|portable|appele[rz]\w*|cellulare|chiamat\w+|ligar?|ligue\w*|bel me|bellen"
    r"|telefoon\w*|kom[óo]rk\w*|zadzwo\w*|телефон\w*|позвон\w*|numaram|aray\w*|هاتف\w*|جوال\w*"
    r"|رقمي|اتصل\w*|फ़ोन|फोन|मोबाइल|电话|電話|手机|手機|携帯|전화\w*|휴대폰|연락처|โทร|เบอร์"
    r"|telepon"
    r"|điện thoại|טלפון|תלפن|تلفن)[^\d\n]{0,24}$",
    re.I,
)
INTERNATIONAL = re.compile(r"\+|00[1-9]")
VERSION = re.compile(r"\.\d\.|^\d\.")
DIGITS = range(7, 16)


def emails(page: str) -> Iterator[Found]:
    """Personal addresses; one that belongs to a whole company's desk is not a way to reach"
    " them."""
    if "@" not in page:
        return
    for match in EMAIL.finditer(page):
        if not SHARED.match(match[0]) and not match[0].rpartition(".")[2].isdigit():
            yield Found("email", match[0].lower(), *match.span())


def phones(page: str, region: str | None) -> Iterator[Found]:
    """Numbers with a country's code, and national ones that the words before call a phone's."""
    for match in CALLABLE.finditer(page):
        written = digits(match[0])
        if sum(map(str.isdigit, written)) not in DIGITS or VERSION.search(written):
            continue
        abroad = INTERNATIONAL.match(written)
        if not abroad and not CUE.search(page[max(0, match.start() - 48) : match.start()]):
            continue
        value = _callable(written, None if abroad else region)
        if value is None and not abroad and region is None:
            value = " ".join(match[0].split())
        if value:
            yield Found("phone", value, *match.span())


def _callable(written: str, region: str | None) -> str | None:
    """The number in E.164 if its country has such numbers."""
    # Imported here: few conversations hold one, and its tables take memory.
    import phonenumbers

    if region is None:
        written = re.sub(r"^00", "+", written)
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
