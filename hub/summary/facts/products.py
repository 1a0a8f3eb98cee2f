"""Names of products, where the way they are written shows that they are names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hub.summary.facts.found import Found

# iPhone, MacBook, PlayStation: a capital within; Galaxy S8, Call Of Duty WW2: names and a model.
INNER = r"(?:[a-z][A-Z][a-z]{2,}|[A-Z][a-z]{2,}[A-Z][a-z]{2,})"
MORE = (
    r"(?: (?:Pro|Plus|Max|Mini|Air|Ultra|Lite|SE|XL|XR|XS|X|One)(?!\w))*"
    r"(?: ?\d{1,2}(?![\d.,:/%€$£])[a-z]{0,2}(?![a-z]))?"
    r"(?: (?:Pro|Plus|plus|Max|Mini|Air|Ultra|Lite|SE|XL|XR|XS|X)(?!\w))*"
)
CAMEL = re.compile(rf"(?<![\w@#./=-]){INNER}{MORE}(?![\w@:-]|\.\w|/)")
MODEL = re.compile(
    r"(?<=[a-z] )(?:[A-Z][a-z]+ (?:of |Of |the )?){0,2}[A-Z][A-Za-z]{2,15} "
    r"(?:[A-Z]{1,4}-?\d{1,5}[A-Z]{0,3}\d?)(?: (?:Pro|Plus|Max|Mini|Ultra|Lite))?(?![\w@%:-])"
)
# A cheap look whether there can be one.
HINT = re.compile(r"[A-Z](?:(?<=[a-z].)(?=[a-z]{2})|(?=[A-Z]{0,3}-?\d))")
# What people call themselves; places and faults have a number, too.
NAMED = re.compile(r"(?:\bis|\bam|name|user|login|account|gamer\s?tag|psn|id|skype)[ :=]+$", re.I)
PLACES = re.compile(
    r"(?:.* )?(?:Gate|Terminal|Zone|Platform|Seat|Room|Route|Bus|Train|Error|Code|Flight|Row|Exit"
    r"|Line"
    r"|Section|Floor|Unit|Level|Station|Street|Road|Track|Ticket|Order|Ref|Version|Windows|Use) "
)


def products(page: str, language: str) -> Iterator[Found]:
    """Each name that cannot be a word or a place; in German every noun has a capital."""
    if not HINT.search(page):
        return
    for match in CAMEL.finditer(page):
        if not NAMED.search(page[max(0, match.start() - 20) : match.start()]):
            yield Found("product", match[0], *match.span())
    if language == "de":
        return
    for match in MODEL.finditer(page):
        if not PLACES.match(match[0]):
            yield Found("product", match[0], *match.span())
