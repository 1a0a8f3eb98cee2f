"""What a run came to, in words; and the place in the documentation where it stands."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.vitals import Vitals

BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
LOST, DOUBLED = "lost", "tickets"


def text(
    figures: Mapping[str, Any],
    broken: Mapping[str, Sequence[str]],
    *,
    command: str,
    commit: str,
    where: str,
    seed: int,
) -> str:
    """The report as a table, every line of it measured in this run."""
    rows = [
        ("acknowledged events", figures.get("events", 0)),
        ("of them escalations", figures.get("escalations", 0)),
        ("kills at random moments and lines, under load", figures.get("kills", 0)),
        ("kills at named lines", _named(figures)),
        ("sockets cut", f"{figures.get('cuts', 0)}, of {figures.get('cut_kinds', 0)} kinds"),
        ("PostgreSQL stopped at once, under load", figures.get("restarts", 0)),
        ("PostgreSQL back, median and longest", _seconds(figures.get("restart_seconds", []))),
        ("a killed worker's ticket, median and longest",
         _seconds(figures.get("recovery_seconds", []))),
        ("threads, files, MB of processes that nobody killed, first and last round",
         _held(figures.get("held", []))),
        ("lost", len([one for one in broken.get("I1", ()) if LOST in one])),
        ("tickets too many, or missing", len(broken.get("I2", ()))),
        ("invariants broken", ", ".join(sorted(broken)) or "none"),
    ]  # fmt: skip
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return (
        f"`{command}` (seed {seed}), {when}, {figures.get('minutes', 0):.0f} minutes, commit"
        f" {commit}, {where}:\n\n| what | how many |\n|---|---|\n{table}\n"
    )


def write(page: Path, told: str) -> None:
    """Put the report between its marks on a page, or into a new file."""
    told_before = page.read_text() if page.exists() else f"{BEGIN}{END}\n"
    before, _, rest = told_before.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{told}{END}{after}")


def _named(figures: Mapping[str, Any]) -> str:
    return f"{figures.get('point_kills', 0)}, at {figures.get('points', 0)} lines"


def _seconds(times: Sequence[float]) -> str:
    if not times:
        return "not measured"
    ordered = sorted(times)
    return f"{ordered[len(ordered) // 2]:.1f} s, {ordered[-1]:.1f} s ({len(ordered)} times)"


def _held(rounds: Sequence[Mapping[str, Vitals]]) -> str:
    """Process by process, what it held after the first round and holds after the last."""
    return (
        "; ".join(
            f"{name} {_of(base)} and {_of(rounds[-1][name])}" for name, base in rounds[0].items()
        )
        if rounds
        else "not measured"
    )


def _of(one: Vitals) -> str:
    return f"{one.threads}, {one.files}, {one.megabytes:.0f}"
