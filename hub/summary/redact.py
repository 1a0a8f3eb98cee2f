"""What a language model is not told: cards, accounts, addresses to reach someone, secrets.

Each value becomes a placeholder, the same one wherever it stands again: `[EMAIL_1]`. `restore` puts
e-mail addresses and telephone numbers back into an answer; of the others it names the kind alone.
Order numbers stay. Every expression here takes time linear in the text, whatever a stranger sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable

RESTORED = ("EMAIL", "PHONE")
KINDS = {"CARD": "card number", "IBAN": "account number", "SECRET": "secret"}
PLACEHOLDER = re.compile(r"\[(EMAIL|PHONE|CARD|IBAN|SECRET)_\d+\]")

EMAIL = re.compile(r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
# Where no number stands before a card its digits may be grouped in any way. Behind one they are in
# one piece or as on the card, 4-4-4-4 or 4-6-5: else many a list of numbers would have a card.
JOINT = r"[ \u00a0.\-–]"
CARD = re.compile(rf"(?<!\d)(?<!\d{JOINT})\d(?:{JOINT}?\d){{12,18}}")
PRINTED_CARD = re.compile(
    rf"(?<!\d)(?:\d{{13,19}}|\d{{4}}(?:{JOINT}\d{{4}}){{3}}(?:{JOINT}\d{{3}})?"
    rf"|\d{{4}}{JOINT}\d{{6}}{JOINT}\d{{4,5}})(?!\d)"
)
# What else parts the groups of a card parts a list's numbers, too. There a fifth number of four
# digits makes it a list; a year may come before.
SPREAD = r"(?!\d)\s{0,2}[/,.\-–]?\s{0,2}"
SPREAD_CARD = re.compile(
    rf"(?<!\d)(?!20)\d{{4}}(?:(?:{SPREAD}\d{{4}}){{3,}}|{SPREAD}\d{{6}}{SPREAD}\d{{4,5}})(?!\d)"
)
CARD_DIGITS = range(13, 20)
CARDS_BEGIN = range(22, 70)  # no card begins with 20, as years and numbers made of dates do
IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ \u00a0-]?[A-Za-z0-9]){11,30}")
SHORTEST_IBAN = 15

# Secrets that show what they are, and long words that only a machine writes.
SHAPES = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
    r"|(?<![A-Za-z0-9])eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|(?<![A-Za-z0-9])(?:sk|pk|rk)[-_][\w-]{16,}"
    r"|(?<![A-Za-z0-9])(?:gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|hub_|whsec_|AIza|ya29\.)[\w.-]{12,}"
    r"|(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{12,}"
    r"|(?i:(?<![a-z])(?:bearer|basic) )[\w.~+/=-]{12,}"
    r"|(?<=://)[^\s/@:]{1,100}:[^\s/@]{1,100}(?=@)"
)
MACHINE_MADE = re.compile(r"(?<![\w+/=-])[\w+/=-]{32,}", re.ASCII)
UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# A word for a secret, then ":" or "is" in the customer's language, then the secret.
NAMED = re.compile(
    r"(?:(?<![^\W_])(?:passwor[dt]e?|passwd|passcode|passphrase|pwd"
    r"|(?:pin|cvv2?|cvc2?)(?:[ -]?(?:code|number|nummer|n[uú]mero|numéro))?"
    r"|(?:api|secret|access|private)[ _-]?key|(?:access |auth |api )?token|secret|client_secret"
    r"|otp|contraseña|clave|mot de passe|code secret|kennwort|passwort|geheimzahl|senha"
    r"|palavra-passe|parola|wachtwoord|hasł[oa]|пароль|пин-?код|şifre(?:m|si)?|parolam)(?![^\W_])"
    r"|كلمة (?:المرور|السر)|पासवर्ड|密码|密碼|口令|パスワード|暗証番号|비밀번호)"
    r"(?P<by>[ \t]{0,3}(?:[:=：＝]|は|是|为|=>|->)[ \t]{0,3}"
    r"|[ \t]{1,3}(?:(?:is|was|ist|lautet|war|es|era|est|é|è|jest|это|هي|है)[ \t:]{1,3})?)"
    r"(?P<value>[!-~]{3,200}|\S{3,200})",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"(?:order|bestell\w*|auftrag\w*|pedido|commande|ordine|encomenda|zam[oó]wieni\w*|заказ\w*"
    r"|sipariş\w*|invoice|rechnung\w*|factura|facture|fattura|ticket|tracking|parcel|sendung\w*"
    r"|reference|referenz\w*|ref|case|№|#|订单\w*|注文\w*|주문\w*|طلب\w*|ऑर्डर)[\s.:#№-]{0,4}"
    r"(?:(?:number|nummer|número|numero|numéro|nr|no|id|is|ist|es|est)[\s.:#-]{0,3}){0,2}$",
    re.IGNORECASE,
)
ORDER_WITHIN = 32  # characters before a number that say what it is
COUNTRIES = {  # where customers of a language telephone, for numbers without a country's code
    "en": ("US", "GB"), "es": ("ES", "MX"), "fr": ("FR",), "de": ("DE", "AT"), "pt": ("BR", "PT"),
    "it": ("IT",), "nl": ("NL",), "pl": ("PL",), "ru": ("RU",), "tr": ("TR",), "ar": ("SA", "EG"),
    "hi": ("IN",), "zh": ("CN",), "ja": ("JP",), "ko": ("KR",), "sv": ("SE",), "da": ("DK",),
    "no": ("NO",), "fi": ("FI",), "cs": ("CZ",), "uk": ("UA",), "el": ("GR",), "he": ("IL",),
}  # fmt: skip


class Redaction:
    """The placeholders of one transcript."""

    def __init__(self, language: str) -> None:
        self.countries = COUNTRIES.get(language, ("US",))
        self.names: dict[tuple[str, str], str] = {}
        self.values: dict[str, str] = {}

    def hide(self, text: str) -> str:
        """`text` with a placeholder for each value that nobody else may read."""
        text = PLACEHOLDER.sub(r"(\1)", text)  # one that a stranger wrote stands for nothing
        text = SHAPES.sub(self._put("SECRET"), text)
        text = NAMED.sub(self._named, text)
        text = MACHINE_MADE.sub(self._machine_made, text)
        text = EMAIL.sub(self._put("EMAIL"), text)
        text = self._each("IBAN", IBAN, text)
        text = self._each("CARD", PRINTED_CARD, text)
        text = self._each("CARD", CARD, text)
        text = SPREAD_CARD.sub(self._spread_card, text)
        return self._without_phones(text)

    def restore(self, text: str) -> str:
        """`text` as teammates may read it; a placeholder that stands for nothing stays."""
        return PLACEHOLDER.sub(self._back, text)

    def _back(self, found: re.Match[str]) -> str:
        value = self.values.get(found[0])
        if value is None:
            return found[0]
        return value if found[1] in RESTORED else f"[{KINDS[found[1]]}]"

    def _name(self, kind: str, value: str) -> str:
        known = self.names.get((kind, value))
        if known is None:
            number = 1 + sum(1 for k, _ in self.names if k == kind)
            known = self.names[kind, value] = f"[{kind}_{number}]"
            self.values[known] = value
        return known

    def _put(self, kind: str) -> Callable[[re.Match[str]], str]:
        return lambda found: self._name(kind, found[0])

    def _named(self, found: re.Match[str]) -> str:
        value = found["value"]
        plain = value.rstrip(".,;:!?)\"'”»")
        if PLACEHOLDER.match(value) or not plain:
            return found[0]
        told = found["by"].strip()
        marked = bool(told) and told[-1] in ":=：＝は是为>"
        odd = not plain.isalpha() or not (plain.islower() or plain.istitle())
        ends = bool(told) and found.end() == len(found.string.rstrip())
        if not (marked or odd or ends):
            return found[0]  # "my password is not working", "password reset"
        start = found[0][: found.start("value") - found.start()]
        return start + self._name("SECRET", plain) + value[len(plain) :]

    def _machine_made(self, found: re.Match[str]) -> str:
        word = found[0]
        mixed = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
        return self._name("SECRET", word) if mixed and not UUID.fullmatch(word) else word

    def _each(self, kind: str, pattern: re.Pattern[str], text: str) -> str:
        """`text` with a name for each that is one: another number may stand before or after it."""
        told, start = "", 0
        while found := pattern.search(text, start):
            value = _longest(kind, found)
            start = found.start() + max(1, len(value))
            if value:
                told += text[: found.start()] + self._name(kind, value)
                text, start = text[start:], 0  # what follows is looked at as if nothing were before
        return told + text

    def _spread_card(self, found: re.Match[str]) -> str:
        return self._name("CARD", found[0]) if _is_card(found[0]) else found[0]

    def _without_phones(self, text: str) -> str:
        if sum(map(str.isdigit, text)) < 7:
            return text
        # Imported here: only who asks a language model needs it.
        from phonenumbers import Leniency, PhoneNumberMatcher

        for country in self.countries:
            found = [
                (match.start, match.end)
                for match in PhoneNumberMatcher(text, country, Leniency.VALID)
                if not ORDER.search(text[max(0, match.start - ORDER_WITHIN) : match.start])
            ]
            for start, end in reversed(found):
                text = text[:start] + self._name("PHONE", text[start:end]) + text[end:]
        return text


def _longest(kind: str, found: re.Match[str]) -> str:
    """The longest start that is one, or nothing: words or an expiry date may follow it."""
    whole, text = found.string, found[0]
    is_one = _is_iban if kind == "IBAN" else _is_card
    for end in range(len(text), 0, -1):
        after = whole[found.start() + end : found.start() + end + 1]
        goes_on = after.isdigit() or (kind == "IBAN" and after.isalpha())
        if not goes_on and text[end - 1].isalnum() and is_one(text[:end]):
            return text[:end]
    return ""


def _is_card(text: str) -> bool:
    """Luhn: every second digit from the right is doubled, and the sum ends with 0."""
    digits = [int(c) for c in text if c.isdigit()]
    if len(digits) not in CARD_DIGITS or 10 * digits[0] + digits[1] not in CARDS_BEGIN:
        return False
    doubled = sum(sum(divmod(2 * d, 10)) for d in digits[-2::-2])
    return (doubled + sum(digits[-1::-2])) % 10 == 0


def _is_iban(text: str) -> bool:
    """ISO 13616: country and check digits at the end, letters as numbers, and 1 is left of 97."""
    plain = "".join(c for c in text if c.isalnum()).upper()
    if not plain.isascii() or len(plain) < SHORTEST_IBAN:
        return False
    return int("".join(str(int(c, 36)) for c in plain[4:] + plain[:4])) % 97 == 1
