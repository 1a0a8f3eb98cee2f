"""Dates with a day and a month; with a year they become ISO, else they stay as they were said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import cache

from hub.summary.facts.found import Found, digits

YEARS = range(1950, 2100)
BUDDHIST = 543  # Thai years are that much later
BUDDHIST_YEARS = range(YEARS.start + BUDDHIST, YEARS.stop + BUDDHIST)
MONTHS = {
    "en": "january february march april may june july august september october november december",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre"
    " diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro"
    " dezembro",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre"
    " dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november"
    " december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października"
    " listopada grudnia",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "tr": "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "fa": "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "hi": "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "no": "januar februar mars april mai juni juli august september oktober november desember",
    "fi": "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta"
    " syyskuuta lokakuuta marraskuuta joulukuuta",
    "cs": "ledna února března dubna května června července srpna září října listopadu prosince",
    "ro": "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie"
    " decembrie",
    "el": "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου"
    " οκτωβρίου νοεμβρίου δεκεμβρίου",
    "id": "januari februari maret april mei juni juli agustus september oktober november desember",
    "th": "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม"
    " พฤศจิกายน ธันวาคม",
    "he": "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
}  # fmt: skip
SHORT = {name[:3]: n for n, name in enumerate(MONTHS["en"].split(), 1)} | {"sept": 9}

NUMERIC = re.compile(
    r"(?<![A-Za-z0-9.,/:#+-])(?:(?P<y>\d{4})(?P<m1>[-/.])(?P<m>\d\d?)(?P=m1)(?P<d>\d\d?)"
    r"|(?P<a>\d\d?)(?P<m2>[-/.])(?P<b>\d\d?)(?P=m2)(?P<z>\d{4}|\d\d))(?![A-Za-z0-9/:-]|[.,]\d)"
)
# 2026年5月3日, 2026년 5월 3일, 5月3日; in Vietnamese 3 tháng 5 năm 2026.
CHARACTERS = re.compile(
    r"(?<!\d)(?:(?P<y>\d{4}) ?[年년] ?)?(?P<m>\d\d?) ?[月월] ?(?P<d>\d\d?) ?[日号號일]"
    r"|(?<![\d/])(?P<d2>\d\d?) tháng (?P<m2>\d\d?)(?: năm (?P<y2>\d{4}))?(?![\d/])"
)
NAME = re.compile(
    r"(?:st|nd|rd|th|er|º|ª|°|\.)?[ \u00a0-]?(?:of |de |d['’]|di "
    r"|do )?([^\s\d.,;:!?()«»\"“”*#/،؛؟।、，。-]+)"
)
NAME_BEFORE = re.compile(r"([^\s\d.,;:!?()«»\"“”*#/،؛؟।、，。-]{3,12})\.? (?:the )?$")
ORDINAL = re.compile(r"(?:st|nd|rd|th)(?![a-z])")
YEAR = re.compile(r"\.?,? ?(?:de |del |do |г\. )?(\d{4})(?![\d:.-]\d|\d)")
PART_OF_MORE = re.compile(r"[A-Za-z0-9_#:/+.,'’@]$|\d ?[-–] ?$|[-–]$|[€$£] ?$")


def dates(page: str, numbers: list[re.Match[str]], language: str) -> Iterator[Found]:
    """Each date that was written out; of 03/04/2026 English does not say which is the month."""
    yield from _numeric(page, numbers, language)
    yield from _characters(page)
    months = _months(language)
    for number in numbers:
        start, end = number.span()
        if end - start > 2 or PART_OF_MORE.search(page[max(0, start - 4) : start]):
            continue
        found = _day_first(page, start, end, months) or _month_first(page, start, end, months)
        if found:
            yield found


def _numeric(page: str, numbers: list[re.Match[str]], language: str) -> Iterator[Found]:
    for number in numbers:
        match = NUMERIC.match(page, number.start())
        if match is None:
            continue
        if match["y"]:
            value = _iso(match["y"], match["m"], match["d"])
        else:
            value = _by_custom(match["a"], match["b"], match["z"], match["m2"], language)
        if value:
            yield Found("date", value if value != "?" else match[0], *match.span())


def _by_custom(a: str, b: str, year: str, mark: str, language: str) -> str | None:
    """The date of day and month in the order of the language; "?" where both could be."""
    whole = year if len(year) == 4 else f"20{digits(year)}"
    day_first, month_first = _iso(whole, b, a), _iso(whole, a, b)
    if len(year) == 2 and mark == "." and not day_first:  # version 11.10.32
        return None
    if mark == "." or language != "en":
        return day_first
    if day_first and month_first and day_first != month_first:
        return "?"
    return day_first or month_first


def _characters(page: str) -> Iterator[Found]:
    if not any(sign in page for sign in ("月", "월", "tháng")):
        return
    for match in CHARACTERS.finditer(page):
        day, month = match["d"] or match["d2"], match["m"] or match["m2"]
        year = match["y"] or match["y2"]
        if value := _iso(year or "2000", month, day):
            yield Found("date", value if year else match[0], *match.span())


def _day_first(page: str, start: int, end: int, months: dict[str, int]) -> Found | None:
    match = NAME.match(page, end, end + 24)
    month = months.get(match[1].lower()) if match else None
    if match is None or month is None or match[1] in ("may", "mar", "march"):
        return None
    year = YEAR.match(page, match.end())
    return _found(page, start, (year or match).end(), year[1] if year else "", month, start, end)


def _month_first(page: str, start: int, end: int, months: dict[str, int]) -> Found | None:
    match = NAME_BEFORE.search(page[max(0, start - 18) : start])
    month = months.get(match[1].lower()) if match else None
    if match is None or month is None or not match[1][0].isupper():
        return None
    ordinal = ORDINAL.match(page, end)
    last = ordinal.end() if ordinal else end
    if page[last : last + 1].isalnum() or re.match(r"[:/.%]\d|%|°", page[last : last + 2]):
        return None
    year = YEAR.match(page, last)
    first = start - len(match[0])
    return _found(page, first, year.end() if year else last, year[1] if year else "", month,
                  start, end)  # fmt: skip


def _found(
    page: str, first: int, last: int, year: str, month: int, start: int, end: int
) -> Found | None:
    if year and int(year) in BUDDHIST_YEARS:
        year = str(int(year) - BUDDHIST)
    if year and int(year) not in YEARS:
        return None
    value = _iso(year or "2000", str(month), page[start:end])
    return value and Found("date", value if year else page[first:last], first, last) or None


def _iso(year: str, month: str, day: str) -> str | None:
    if int(year) not in YEARS:
        return None
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


@cache
def _months(language: str) -> dict[str, int]:
    """The months by their names; English ones are met everywhere."""
    named = {name: n for n, name in enumerate(MONTHS.get(language, "").split(), 1)}
    english = {name: n for n, name in enumerate(MONTHS["en"].split(), 1)}
    return SHORT | english | named
