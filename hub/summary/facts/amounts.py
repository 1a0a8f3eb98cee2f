"""Amounts of money: a number with its currency beside it, in the formats of many countries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from hub.summary.facts.found import Found, digits

# What stands for one currency only becomes its code; $, kr, ¥ and the like stay as they are.
SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₴": "UAH",
    "฿": "THB", "₫": "VND", "₪": "ILS", "₱": "PHP", "₦": "NGN", "us$": "USD", "r$": "BRL",
    "c$": "CAD", "a$": "AUD", "hk$": "HKD", "nt$": "TWD", "s$": "SGD", "mx$": "MXN",
    "$": "$", "＄": "$", "¥": "¥", "￥": "¥", "rp": "IDR", "rs": "Rs", "rs.": "Rs", "fr.": "CHF",
    "kr": "kr", "kr.": "kr",
}  # fmt: skip
CODES = frozenset(
    (
        *("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "RMB", "KRW", "INR", "BRL", "MXN", "PLN"),
        *("CZK", "HUF", "RON", "SEK", "NOK", "DKK", "TRY", "RUB", "UAH", "SAR", "AED", "EGP"),
        *("QAR", "ILS", "CAD", "AUD", "NZD", "ZAR", "SGD", "HKD", "TWD", "THB", "IDR", "VND"),
        *("MYR", "NGN"),
    )
)
# After the number alone; "pounds" may be a weight and is left out.
WORDS = {
    "euro": "EUR", "euros": "EUR", "eur": "EUR", "евро": "EUR", "يورو": "EUR", "यूरो": "EUR",
    "欧元": "EUR", "ユーロ": "EUR", "유로": "EUR", "ευρώ": "EUR",
    "dollar": "$", "dollars": "$", "dólares": "$", "dollari": "$", "долларов": "$", "دولار": "$",
    "dolar": "$", "ドル": "$", "달러": "$", "डॉलर": "$", "美元": "USD", "美金": "USD",
    "zł": "PLN", "zl": "PLN", "złotych": "PLN", "руб": "RUB", "рублей": "RUB", "рубля": "RUB",
    "грн": "UAH", "гривень": "UAH", "kč": "CZK", "korun": "CZK", "forint": "HUF", "lei": "RON",
    "tl": "TRY", "lira": "TRY", "reais": "BRL", "pesos": "pesos", "kronor": "SEK",
    "rupees": "Rs", "rs": "Rs", "रुपये": "INR", "रुपए": "INR", "रुपयों": "INR", "naira": "NGN",
    "ريال": "ريال", "درهم": "درهم", "دينار": "دينار", "جنيه": "جنيه", "تومان": "تومان",
    "元": "元", "块钱": "元", "人民币": "CNY", "日元": "JPY", "円": "JPY", "원": "KRW",
    "บาท": "THB", "đồng": "VND", "đ": "VND", "שקל": "ILS", "ש״ח": "ILS", 'ש"ח': "ILS",
}  # fmt: skip


def _any(words: object) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))  # type: ignore[call-overload]


UNITS = {code.lower(): code for code in CODES} | WORDS | SIGNS | {"rmb": "CNY"}
# "TRY 5 times" is English: before a number, only what is no word.
LEADING = set(SIGNS) | {code for code in CODES if code != "TRY"}
UNIT_BEFORE = re.compile(rf"(?<![A-Za-zÀ-ÿ])({_any(LEADING)}|Rs\.?|Rp|R\$|US\$)[ \u00a0]?$")
UNIT_AFTER = re.compile(
    rf"[ \u00a0\u202f]?({_any(SIGNS)}|{_any([*CODES, *WORDS, 'Euro', 'Euros', 'TL', 'Kč'])})"
    r"(?![A-Za-zÀ-ÿа-яА-Я])",
)
# "49,-"; what follows a number that is not the whole amount: "$5 million", "$5-10", "5万".
DASH = re.compile(r",[-–—]+")
GOES_ON = re.compile(
    r"[ \u00a0]?(?:k\b|m\b|[km][ln]|bn|mio|mill|mld|mrd|тыс|млн|bin\b|hundred|thousand|lakh|crore"
    r"|लाख|करोड़|हज़ार|हजार|ألف|الف|مليون|[万萬億亿千百만천억])|[-–/]\d"
    r"|[ \u00a0]?(?:-|–|to|bis|à)[ \u00a0]?[€$£]?\d",
    re.I,
)
PART_OF_MORE = re.compile(r"[A-Za-z0-9_#:/+.,'’@]$|\d[ \u00a0]?[-–][ \u00a0]?$|[A-Za-z]-$")


def amounts(page: str, numbers: list[re.Match[str]]) -> Iterator[Found]:
    """Each number that has a currency at its left or right, with its value in plain digits."""
    for number in numbers:
        start, end = number.span()
        before = UNIT_BEFORE.search(page[max(0, start - 6) : start])
        dash = DASH.match(page, end)
        if dash:
            end = dash.end()
        after = None if before else UNIT_AFTER.match(page, end, end + 14)
        if before:
            unit, start = before[1], start - len(before[0])
        elif after:
            unit, end = after[1], after.end()
        else:
            continue
        if PART_OF_MORE.search(page[max(0, start - 3) : start]) or GOES_ON.match(
            page, end, end + 14
        ):
            continue
        value = decimal(number[0])
        if value is not None:
            yield Found("amount", f"{value} {UNITS[unit.lower()]}", start, end)


def decimal(text: str) -> str | None:
    """The number with a point for its decimals and nothing else; None for what is no number.

    Three digits after a single mark are a thousand: nobody writes prices with three decimals.
    """
    plain = digits(text).replace("٫", ".").replace("٬", "'").replace("\u00a0", " ")
    marks = [c for c in plain if not c.isdigit()]
    whole, fraction = plain, ""
    if marks and marks[-1] in ".,":
        head, _, tail = plain.rpartition(marks[-1])
        if len(tail) < 3 or head == "0":
            whole, fraction = head, tail
    groups = re.split(r"\D", whole)
    rest = {c for c in whole if not c.isdigit()}
    if len(rest) > 1 or fraction and marks[-1] in rest:
        return None
    if len(groups) > 1 and (
        len(groups[-1]) != 3 or not groups[0] or any(len(g) not in (2, 3) for g in groups[1:])
    ):
        return None
    if len("".join(groups)) > 12:
        return None
    return str(Decimal("".join(groups) + (f".{fraction}" if fraction.strip("0") else "")))
