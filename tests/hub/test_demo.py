"""The demo's screen: one table that fits, whatever the customers' scripts."""

import io
import os
import re
import unicodedata
from dataclasses import replace

from hub.demo_screen import Lines, Row, Table, choose, table
from hub.samples import SAMPLES

DESKS = ("freshdesk", "help_scout", "hubspot", "intercom", "live_chat", "salesforce", "zendesk")
URL = "http://127.0.0.1:8001/zoho_desk/support/acme/ShowHomePage.do#Cases/dv/2040002000001"


def rows() -> list[Row]:
    """One of each sample, all done."""
    times = {step: 1.25 for step in (
        "escalation.accepted", "ticket.created", "agent.replied", "ticket.closed",
        "conversation.resumed",
    )}  # fmt: skip
    return [
        Row(desk, sample.language, sample.opening, dict(times), URL)
        for desk, sample in zip((*DESKS, "zoho_desk"), SAMPLES, strict=True)
    ]


def cells(text: str) -> int:
    """Columns on a terminal, by Unicode's own properties."""
    marks, wide = ("Mn", "Me", "Cf"), ("W", "F")
    return sum(
        0 if unicodedata.category(c) in marks else 1 + (unicodedata.east_asian_width(c) in wide)
        for c in text
    )


class Terminal(io.StringIO):
    """Shows what a person would see: it knows the two movements that the table uses."""

    def isatty(self) -> bool:
        return True

    def shown(self) -> list[str]:
        lines, at = [""], 0
        for part in re.split(r"(\x1b\[\d+F|\x1b\[2K|\n)", self.getvalue()):
            if part == "\n":
                at += 1
                lines += [""] * (at + 1 - len(lines))
            elif part == "\x1b[2K":
                lines[at] = ""
            elif part.startswith("\x1b"):
                at -= int(part[2:-1])
            else:
                lines[at] += part
        return lines


def test_every_customer_writes_another_language() -> None:
    languages = [sample.language for sample in SAMPLES]
    assert len(set(languages)) == len(languages) == 8
    assert {"ja", "ar"} <= set(languages)


def test_a_samples_address_is_one_that_desks_take() -> None:
    for sample in SAMPLES:
        assert re.fullmatch(r"[a-z.]+@example\.com", sample.email)


def test_the_table_fits_a_small_and_a_large_terminal() -> None:
    for columns, lines in ((80, 24), (100, 40)):
        shown = table(rows(), columns)
        assert len(shown) < lines - 5  # the addresses above it, the last line below
        assert [text for text in shown if cells(text) > columns] == []


def test_no_script_moves_a_column() -> None:
    for text in table(rows(), 80)[1::2]:
        assert re.match(r"[a-z_]+ +[a-z]{2} ( {3}1\.25 s){5}  \S", text), text


def test_a_right_to_left_text_stands_fenced_behind_the_times() -> None:
    (line,) = [text for text in table(rows(), 80) if "مرحبًا" in text]
    assert line.index("1.25 s") < line.index("\u200e") < line.index("م") and line[-1] == "\u200e"


def test_an_address_that_is_too_long_leaves_its_host_out_and_nothing_else() -> None:
    assert f"   {URL}" in table(rows(), 100)
    assert "   " + URL.removeprefix("http://127.0.0.1:8001") in table(rows(), 80)


def test_the_table_is_drawn_over_itself() -> None:
    terminal, told = Terminal(), rows()
    for row in told:
        row.times = {}
    screen = Table(terminal, lambda: os.terminal_size((80, 24)))
    screen.begin(told)
    told[0].times["ticket.created"] = 0.5
    screen.line(told[0], 0.5, "ticket.created", URL)
    shown = terminal.shown()
    assert [text for text in shown if text.startswith("desk ")] == shown[:1]
    assert "0.50 s" in shown[1] and len(shown) == 18


def test_a_conversation_that_fails_says_why_in_its_place() -> None:
    row = replace(rows()[0], times={"escalation.accepted": 0.02}, failed="parked: no\nsuch field")
    _, line, place = table([row], 80)
    assert line.count(" - ") == 4 and place == "   parked: no such field"


def test_a_pipe_gets_plain_lines() -> None:
    assert isinstance(choose(8, io.StringIO()), Lines)
    assert isinstance(choose(8, Terminal()), Table)
    assert isinstance(choose(1, Terminal()), Lines)
