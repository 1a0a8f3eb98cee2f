"""`python -m tests.grades`: put the contract to every desk and write `docs/connectors.md` from it.

What a desk promises are the tests of `tests/contract` that it passed; what it cannot are those that
it skipped, with the reason that they gave. Nothing on the page is written by hand.
"""

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from connectors import registry

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/connectors.md"
NATIVE = "live_chat"
MIB = 1024 * 1024
MANY = 5  # tests that a reason may name

Results = dict[str, tuple[str, str]]  # by test: its outcome, and why it was skipped
Promises = Mapping[str, tuple[str, str]]  # by promise: "yes" or "no", and why not


@dataclass(frozen=True)
class Promise:
    """A group of tests that together keep one promise; the first that fits a test has it."""

    name: str
    tests: str  # a pattern of their names
    grade: str  # the lowest grade that needs it; "" is needed by none


PROMISES = (  # a test belongs to the first that fits
    Promise(
        "one ticket for one escalation",
        r"test_the_key_|found_by_its_key|exactly_one_ticket|a_create_that_",
        "bronze",
    ),
    Promise(
        "no message twice, none lost",
        r"entry_is_found|entry_that_never|message_is_found|taken_for_one|never_repeats|half_way",
        "bronze",
    ),
    Promise("refusals, limits, hangs: a clear error", r"test_faults", "bronze"),
    Promise("the account's fields listed", r"test_fields", "silver"),
    Promise("files", r"_files?_", "silver"),
    Promise(
        "news by webhook",
        r"test_news.*(\[|-)webhook|two_connections|again_repairs|double",
        "silver",
    ),
    Promise(
        "news by polling", r"test_news|test_polling(?!.*(one_ticket_tells|gone_tells))", "bronze"
    ),
    Promise("a hint is followed at once", r"test_polling", "silver"),
    Promise("notes stay inside", r"_note_", "silver"),
    Promise(
        "whole transcripts, messages in order",
        r"test_entries|test_an_odd_subject|is_enough",
        "bronze",
    ),
    Promise("webhooks signed over their bytes", r"one_altered_byte", "gold"),
    Promise("webhooks of strangers refused", r"test_signatures", "silver"),
    Promise("reopening", r"can_be_reopened", "silver"),
    Promise("statuses in both directions", r"status|_words?_", "bronze"),
    Promise("earlier tickets of the customer", r"previous", "silver"),
    Promise(
        "closed, merged and deleted tickets told apart",
        r"takes_no_further|never_was|is_not_found",
        "silver",
    ),
    Promise("tickets with key, subject, requester, link", r"test_tickets", "bronze"),
    Promise("let in on the desk's own page", r"test_consent", ""),
    Promise("dead tokens renewed", r"token_that_dies", ""),
    Promise("credentials and missing rights told", r"test_account", "bronze"),
    Promise("dials by checked addresses only", r"test_ways", "bronze"),
    Promise("form, README and sandbox", r"test_folder|test_sandbox", "bronze"),
)
GRADES = ("bronze", "silver", "gold")
RULE = """\
| grade | what it takes |
| --- | --- |
| bronze | all promises marked bronze below: a ticket once and whole, and its news by polling |
| silver | and all marked silver: news by webhook too, notes, files, earlier tickets |
| gold | and all marked gold: signed webhooks, which the hub registers by itself |
"""
HEAD = """\
# Connectors
What each desk can do, as the [contract tests](../tests/contract/README.md) found it. This page is
made by `python -m tests.grades` and never written by hand; a run of the whole contract fails when
it is stale. The tests' desks are the [sandbox desks](commands.md#the-sandboxs-own-addresses),
written from the vendors' documentation; what was not seen with a live account is said in each
desk's README.

"""
NOTHING = "Nothing is left out.\n"
NATIVES = (
    "\nThe built-in Help Desk is no vendor's: it is reached without a network and has no grade.\n"
)
RATES = "\nA rate is that of the desk's smallest plan; a connection may have another.\n"
YES = "*yes*: every test that applies to the desk passed. *no*: none applies; why stands below.\n\n"


def page(results: Results) -> str:
    """The whole page."""
    kept = {name: promises(name, results) for name in registry.names()}
    parts = [
        HEAD,
        "## Grades\n",
        RULE,
        "\n",
        grades(kept),
        NATIVES,
        "\n## Capabilities\n",
        capabilities(),
        RATES,
        f"\n## Promises\n{YES}",
        kept_table(kept),
        "\n## What does not apply, and why\n",
        left_out(results),
    ]
    return "".join(parts)


def promises(desk: str, results: Results) -> dict[str, tuple[str, str]]:
    """What a desk keeps of each promise: yes, no and why, or broken."""
    kept = {}
    for promise in PROMISES:
        told = [
            outcome
            for test, outcome in results.items()
            if desk in _parameters(test) and promise_of(test) is promise
        ]
        outcomes = {outcome for outcome, _ in told}
        word = "yes" if "passed" in outcomes else "no"
        kept[promise.name] = (
            "broken" if "failed" in outcomes else word,
            "; ".join(sorted({why for outcome, why in told if outcome == "skipped"})),
        )
    return kept


def promise_of(test: str) -> Promise | None:
    """The promise that a test belongs to."""
    return next((one for one in PROMISES if re.search(one.tests, _name(test))), None)


def _name(test: str) -> str:
    return test.rpartition("/")[2]


def _parameters(test: str) -> list[str]:
    return test.partition("[")[2].rstrip("]").split("-")


def grade(desk: str, kept: Promises) -> tuple[str, str]:
    """A desk's grade, and what keeps it from the next."""
    reached = "none"
    for one in GRADES:
        wanting = [
            f"{p.name} ({kept[p.name][1] or kept[p.name][0]})"
            for p in PROMISES
            if p.grade == one and kept[p.name][0] != "yes"
        ]
        if one == "gold" and not registry.get(desk).can.registers_webhooks:
            wanting.append("a person has to register its webhooks")
        if wanting:
            return reached, f"{one}: {'; '.join(wanting)}"
        reached = one
    return reached, ""


def grades(kept: Mapping[str, Promises]) -> str:
    """The table of grades."""
    rows = []
    for name, promised in kept.items():
        if name != NATIVE:
            reached, wanting = grade(name, promised)
            link = f"[{registry.get(name).title}](../connectors/{name}/README.md)"
            rows.append((link, f"**{reached}**", wanting))
    return _table(("desk", "grade", "what is wanting for the next"), rows)


def given() -> dict[str, str]:
    """Each desk's grade, as the page has it."""
    row = r"^\| \[.*?\]\(\.\./connectors/(\w+)/README\.md\) \| \*\*(\w+)\*\* \|"
    text = PAGE.read_text("utf-8") if PAGE.exists() else ""
    return dict(re.findall(row, text, re.MULTILINE))


def capabilities() -> str:
    """The table of what each desk says of itself."""
    rows = []
    for name in registry.names():
        can = registry.get(name).can
        file = f"{can.attachments / MIB:.0f} MiB" if can.attachments else "none"
        period = "" if can.rate_over == 60 else ", spread over the day"
        rows.append(
            (
                f"`{name}`",
                _yes(can.find_by_key),
                f"{can.find_lag} s",
                _yes(can.notes),
                file,
                can.webhooks,
                _yes(can.registers_webhooks),
                _yes(can.polling),
                _yes(can.reopen),
                _yes(registry.get(name).consent is not None),
                str(can.concurrency),
                "no limit" if can.rate is None else f"{can.rate}{period}",
            )
        )
    head = (
        *("desk", "found by our key", "at most late by", "notes", "largest file", "webhooks"),
        *(
            "registered by the hub",
            "polling",
            "reopens",
            "OAuth in the browser",
            "calls at once",
            "calls a minute",
        ),
    )
    return _table(head, rows)


def kept_table(kept: Mapping[str, Promises]) -> str:
    """Each promise with the desks that keep it."""
    rows = [
        (one.name, one.grade or "-", *(kept[desk][one.name][0] for desk in kept))
        for one in PROMISES
    ]
    return _table(("promise", "grade", *(f"`{desk}`" for desk in kept)), rows)


def left_out(results: Results) -> str:
    """The tests that a desk skipped, in their own words, and why; of many, their promises."""
    text = ""
    for name in registry.names():
        skipped: dict[str, list[str]] = {}
        for test, (outcome, why) in sorted(results.items()):
            if outcome == "skipped" and name in _parameters(test):
                skipped.setdefault(why, []).append(test)
        lines = [f"- {why}: {_told(tests)}.\n" for why, tests in sorted(skipped.items())]
        text += f"\n### {registry.get(name).title}\n{''.join(lines) or NOTHING}"
    return text


def _told(tests: Iterable[str]) -> str:
    words = dict.fromkeys(_words(test) for test in tests)
    if len(words) <= MANY:
        return ", ".join(f"*{one}*" for one in words)
    found = (promise_of(test) for test in tests)
    return "; ".join(dict.fromkeys(one.name for one in found if one is not None))


def _words(test: str) -> str:
    name = re.sub(r"\[.*", "", test.rpartition("::")[2])
    return name.removeprefix("test_").replace("_", " ")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def main() -> int:
    """Run the contract and write the page."""
    return int(pytest.main(["-n", "2", "--dist", "loadfile", "tests/contract", "--write-grades"]))


if __name__ == "__main__":
    sys.exit(main())
