"""Plots as SVG: where each bar stands. The page draws them, with the numbers in a table beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 960, 230  # of the drawing, in its own units
LEFT, BOTTOM, TOP = 44, 24, 14  # room for the numbers and the times
MOST_LABELS = 8  # below the bars
GAP = 0.2  # of a bar's width
COLOURS = 8  # that the style has


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a column; `colour` is the number of its series."""

    x: float
    y: float
    width: float
    height: float
    colour: int
    text: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A number at the left, or a time below."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Columns of stacked bars."""

    width: int
    height: int
    left: int
    floor: int
    bars: Sequence[Bar]
    rungs: Sequence[Mark]
    labels: Sequence[Mark]
    series: Sequence[str]


def stacked(columns: Sequence[tuple[str, Mapping[str, int]]], series: Sequence[str]) -> Plot:
    """Columns of (label, number by series), stacked in the order of `series`."""
    tallest = max((sum(numbers.values()) for _, numbers in columns), default=0)
    top = _round_up(tallest)
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT) / max(1, len(columns))
    bars: list[Bar] = []
    for n, (label, numbers) in enumerate(columns):
        y = float(floor)
        for colour, name in enumerate(series):
            height = numbers.get(name, 0) / top * room
            if height:
                y -= height
                text = f"{label}, {name}: {numbers[name]}"
                x = LEFT + step * (n + GAP / 2)
                bars.append(_bar(x, y, step * (1 - GAP), height, colour % COLOURS, text))
    every = -(-len(columns) // MOST_LABELS) if columns else 1
    labels = [
        Mark(round(LEFT + step * (n + 0.5), 1), label)
        for n, (label, _) in enumerate(columns)
        if n % every == 0
    ]
    rungs = [Mark(round(floor - room * part, 1), f"{top * part:g}") for part in (0, 0.5, 1)]
    return Plot(
        width=WIDTH, height=HEIGHT, left=LEFT, floor=floor, bars=bars, rungs=rungs, labels=labels,
        series=series,
    )  # fmt: skip


def _bar(x: float, y: float, width: float, height: float, colour: int, text: str) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), colour, text)


def _round_up(number: int) -> int:
    """The next of 2, 4, 10, 20, 40, 100, …: its half is a whole number."""
    top = 1
    while True:
        for times in (2, 4):
            if top * times >= number:
                return top * times
        top *= 10
        if top >= number:
            return top
