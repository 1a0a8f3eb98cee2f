"""What the demo shows: a table that fills on a terminal, plain lines anywhere else.

A row's times stand before what the customer wrote, so that no script, whatever its direction and
the width of its letters, can move a column.
"""

import os
import shutil
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TextIO

STEPS = {  # of the timeline, and how a column calls them
    "escalation.accepted": "accepted",
    "ticket.created": "ticket",
    "agent.replied": "replied",
    "ticket.closed": "solved",
    "conversation.resumed": "AI back",
}
TITLES = {  # of the timeline, and how a line calls them
    "escalation.summarised": "summarised",
    "conversation.waiting": "waiting",
    "conversation.paused": "AI paused",
    "escalation.parked": "PARKED",
    **STEPS,
}
NAME, LANGUAGE, TIME = 12, 3, 9  # widths of the columns
FENCE = "\N{LEFT-TO-RIGHT MARK}"  # keeps a right-to-left text from turning its line around


@dataclass
class Row:
    """One conversation on its way."""

    desk: str
    language: str
    opening: str
    times: dict[str, float] = field(default_factory=dict)  # seconds by step
    url: str | None = None  # of the ticket
    failed: str | None = None  # why it will not arrive


class Screen(Protocol):
    """Where the demo is told."""

    def begin(self, rows: Sequence[Row]) -> None: ...

    def line(self, row: Row, seconds: float, what: str, detail: str) -> None: ...

    def end(self) -> None: ...


class Lines:
    """One line a step, as it happens: for a pipe, a log, or a small window."""

    def begin(self, rows: Sequence[Row]) -> None:
        for row in rows:
            print(f"For {row.desk}, a customer writes ({row.language}): {row.opening}", flush=True)

    def line(self, row: Row, seconds: float, what: str, detail: str) -> None:
        title = TITLES.get(what)
        if title is not None:
            print(f"  {seconds:6.2f} s  {row.desk:<11} {title:<11} {detail}".rstrip(), flush=True)

    def end(self) -> None:
        """Nothing is left to draw."""


class Table:
    """All conversations on one screen, drawn anew with each step."""

    def __init__(self, out: TextIO, size: Callable[[], os.terminal_size]) -> None:
        self.out = out
        self.size = size
        self.rows: Sequence[Row] = ()

    def begin(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._draw()

    def line(self, row: Row, seconds: float, what: str, detail: str) -> None:
        self.out.write(f"\x1b[{height(self.rows)}F")  # up, to its beginning
        self._draw()

    def end(self) -> None:
        """The table stays as it is."""

    def _draw(self) -> None:
        for text in table(self.rows, self.size().columns):
            self.out.write(f"\x1b[2K{text}\n")  # the older line goes
        self.out.flush()


def choose(rows: int, out: TextIO) -> Screen:
    """A table where one fits, else lines."""
    size = shutil.get_terminal_size()
    fits = size.lines > 2 * rows + 2 and size.columns >= 72
    if rows > 1 and out.isatty() and fits:
        return Table(out, shutil.get_terminal_size)
    return Lines()


def table(rows: Sequence[Row], columns: int) -> list[str]:
    """The lines of the table, none wider than the terminal."""
    steps = "".join(f"{title:>{TIME}}" for title in STEPS.values())
    lines = [clip(f"{'desk':<{NAME}}{'':<{LANGUAGE}}{steps}  the customer", columns)]
    for row in rows:
        lines += [_row(row, columns), _place(row, columns)]
    return lines


def height(rows: Sequence[Row]) -> int:
    """How many lines the table has."""
    return 1 + 2 * len(rows)


def _row(row: Row, columns: int) -> str:
    times = "".join(f"{_time(row, step):>{TIME}}" for step in STEPS)
    begin = f"{row.desk:<{NAME}}{row.language:<{LANGUAGE}}{times}  "
    return f"{begin}{FENCE}{clip(row.opening, columns - len(begin))}{FENCE}"


def _time(row: Row, step: str) -> str:
    return f"{row.times[step]:.2f} s" if step in row.times else "-" if row.failed else "."


def _place(row: Row, columns: int) -> str:
    """Where the ticket is: without its host where that is too long; or what went wrong."""
    said = "".join(c if c.isprintable() else " " for c in row.failed or row.url or "")
    if len(said) > columns - LANGUAGE and said.startswith("http"):
        said = "/" + said.split("/", 3)[3]
    return clip(f"{'':<{LANGUAGE}}{said}", columns)


def clip(text: str, columns: int) -> str:
    """`text` on one line in at most so many columns of a terminal."""
    if width(text) <= columns:
        return text
    kept, used = "", 1  # the ellipsis
    for letter in text:
        used += width(letter)
        if used > columns:
            break
        kept += letter
    return f"{kept}…"


def width(text: str) -> int:
    """The columns that a terminal needs: two for a wide letter, none for a mark on another."""
    return sum(_width(letter) for letter in text)


def _width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
