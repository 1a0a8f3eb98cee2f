"""The way through an unfinished desk: what is to be written next, and which tests wait for it.

A desk made by `python -m connectors.new` has a note `WRITE: …` wherever somebody has to write
something. A test that meets an unwritten call (`raise NotImplementedError` below such a note) has
failed like any other, but it is counted instead of shown; so is an error that another test shows.
"""

import functools
import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from connectors import registry
from connectors.base import Connector

ROOT = Path(__file__).parents[2]
MARK = "WRITE: "
SIGN = re.compile(r"\s*(#|<!--)\s*")  # what a note stands behind
Problem = pytest.ExceptionInfo[BaseException]
# The vendor's facts first, then data, then calls; what people read comes last.
ORDER = ("sandbox", "config", "mapping", "api", "words", "connector", "webhook", "README")


@dataclass(frozen=True)
class Note:
    """Something to be written: `line` is the note's first, `end` the one below it."""

    path: Path
    line: int
    end: int
    text: str
    call: str | None = None  # the contract's call in which it stands

    @property
    def where(self) -> str:
        """The file as seen from here."""
        path = self.path
        return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)

    def __str__(self) -> str:
        promise = f"{self.call}: {getattr(Connector, self.call).__doc__}\n" if self.call else ""
        told = textwrap.fill(self.text, 88)
        return f"{self.where}:{self.line}\n{textwrap.indent(promise + told, '    ')}"


def left(desk: str) -> str:
    """What of a desk is to be written next, and where more is left; empty when it is finished."""
    found = [(path, list(notes(path))) for path in _files(desk)]
    todo = [(path, inside) for path, inside in found if inside]
    if not todo:
        return ""
    head = f"{desk} is not finished. Write this next, and remove each note when it is done:"
    later = ", ".join(f"{path.name} ({len(inside)})" for path, inside in todo[1:])
    then = textwrap.fill(f"Then: {later}", 92) if later else "That is all that is left."
    return "\n".join([head, *map(str, todo[0][1]), then])


@functools.cache
def is_unfinished(desk: str) -> bool:
    """True when something of a desk is to be written."""
    return bool(left(desk))


def notes(path: Path) -> Iterator[Note]:
    """The notes of one file, from top to bottom."""
    lines = path.read_text("utf-8").splitlines()
    for at, line in enumerate(lines):
        if SIGN.match(line) and MARK in line:
            end = at + 1
            while end < len(lines) and SIGN.match(lines[end]) and MARK not in lines[end]:
                end += 1
            words = " ".join(SIGN.sub("", one) for one in lines[at:end])
            text = words.removeprefix(MARK).removesuffix("-->").strip()
            yield Note(path, at + 1, end + 1, text, _call(lines[:at]))


def _call(above: Sequence[str]) -> str | None:
    """The contract's call whose first line stands just above."""
    found = re.match(r"    def (\w+)\(self", above[-1]) if above else None
    return found[1] if found and hasattr(Connector, found[1]) else None


def _files(desk: str) -> list[Path]:
    spec = find_spec(registry.home(desk))
    assert spec is not None and spec.origin is not None
    own = [p for p in Path(spec.origin).parent.iterdir() if p.suffix in (".py", ".md", ".yaml")]
    mapping = ROOT / "mappings" / "defaults" / f"{desk}.yaml"
    tests = sorted((ROOT / "tests" / "desks" / desk).glob("*.py"))
    return sorted(own, key=_rank) + [path for path in (mapping, *tests) if path.is_file()]


def _rank(path: Path) -> tuple[int, str]:
    known = (rank for rank, start in enumerate(ORDER) if path.name.startswith(start))
    return next(known, len(ORDER)), path.stem


def unwritten(problem: Problem) -> str | None:
    """The call that is not written yet, if a test met one."""
    if not problem.errisinstance(NotImplementedError):
        return None
    raised = problem.traceback[-1]
    found = (n for n in notes(Path(raised.path)) if n.end == raised.lineno + 1)
    return next((f"{raised.name} ({note.where}:{note.line})" for note in found), None)


def kind(problem: Problem) -> str | None:
    """An error with its place in our code, the same for all tests that stumble there.

    None for what a test finds by itself: each of these is shown.
    """
    ours = [e for e in problem.traceback if _is_ours(Path(e.path))] or [problem.traceback[-1]]
    path, line = Path(ours[-1].path), ours[-1].lineno + 1
    finding = problem.errisinstance((AssertionError, pytest.fail.Exception))
    if finding and path.is_relative_to(ROOT / "tests"):
        return None
    first = problem.exconly().splitlines()[0].partition("{")[0]
    first = re.sub(r"\d+", "#", first)[:80].strip()
    return f"{first} ({path.name}:{line})"


def _is_ours(path: Path) -> bool:
    return "site-packages" not in path.parts and path.is_relative_to(ROOT)


class Way:
    """Counts the tests of an unfinished desk that wait for a call, or for an error shown once."""

    def __init__(self) -> None:
        self.shown: set[tuple[str, str]] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> pytest.TestReport | None:
        what = self._waits_for(item, call)
        if what is None:
            return None
        report = pytest.TestReport(
            nodeid=item.nodeid,
            location=item.location,
            keywords=dict.fromkeys(item.keywords, 1),
            outcome="failed",
            longrepr=f"waits for {what}",
            when=call.when,
            duration=call.duration,
            start=call.start,
            stop=call.stop,
        )
        report.waits_for = what  # travels between the processes of a run
        return report

    def _waits_for(self, item: pytest.Item, call: pytest.CallInfo[None]) -> str | None:
        desk = getattr(getattr(item, "callspec", None), "params", {}).get("desk_name")
        if call.excinfo is None or desk is None or not is_unfinished(desk):
            return None
        if call.excinfo.errisinstance(pytest.skip.Exception):
            return None
        met = kind(call.excinfo)
        what = unwritten(call.excinfo) or (met if (desk, str(met)) in self.shown else None)
        if met is not None:
            self.shown.add((desk, met))
        return what

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        return ("waiting", "w", "WAITS") if hasattr(report, "waits_for") else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        waiting = terminalreporter.stats.get("waiting", [])
        if not waiting:
            return
        terminalreporter.section("tests that wait for something to be written")
        for what, number in Counter(report.waits_for for report in waiting).most_common():
            terminalreporter.line(f"{number:4} wait for {what}")
