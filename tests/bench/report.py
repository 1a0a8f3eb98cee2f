"""The figures of a run as a table, each beside what was wanted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Figures = dict[str, Any]
Row = tuple[str, str, str]
DESK = "sandbox"  # plays the vendor: its cost is told beside ours, not in it


def table(figures: Figures) -> str:
    """Lines of Markdown."""
    rows = [("what", "measured", "wanted"), ("---", "---", "---"), *_rows(figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _rows(figures: Figures) -> Iterator[Row]:
    """The rows of every part that was measured."""
    floor = figures["floor"]
    yield "machine", figures["machine"], ""
    yield "load of the machine before", f"{figures['load_before']:.1f}", ""
    yield "fdatasync a second", f"{floor['fdatasync_per_second']:.0f}", "floor"
    commits = f"{floor['commits_per_second']:.0f}"
    yield "PostgreSQL commits a second, 8 clients", commits, "floor"
    for part, rows in PARTS.items():
        if part in figures:
            yield from rows(figures[part])
    memory = figures["memory_mb"]
    ours = sum(v for n, v in memory.items() if n != DESK)
    yield "memory of all processes (PSS)", f"{ours:.0f} MB + desk {memory[DESK]:.0f}", "<= 400 MB"
    yield "- by process", ", ".join(f"{n} {v:.0f}" for n, v in memory.items()), ""


def _burst(burst: Figures) -> Iterator[Row]:
    ratio = burst["acks_per_second"] / burst["bare_route_per_second"]
    yield "bare Flask route a second", f"{burst['bare_route_per_second']:.0f}", "floor"
    yield "durable acks a second in a burst", f"{burst['acks_per_second']:.0f}", ">= 600"
    yield "- as part of the bare route", f"{ratio:.2f}", ""
    yield "- p50 / p99", f"{burst['p50_ms']:.0f} / {burst['p99_ms']:.0f} ms", "p99 <= 150 ms"


def _backlog(now: Figures) -> Iterator[Row]:
    yield "tickets a second, desk at 0 ms", f"{now['tickets_per_second']:.0f}", ">= 150"
    yield "CPU seconds per 1,000 in a backlog", _cost(now), "<= 8"


def _slow_backlog(slow: Figures) -> Iterator[Row]:
    yield "tickets a second, desk at 200 ms", f"{slow['tickets_per_second']:.1f}", ""
    yield "- as part of the ideal of its concurrency", f"{slow['of_ideal']:.2f}", ""


def _steady(steady: Figures) -> Iterator[Row]:
    times = f"{steady['p50_ms']:.0f} / {steady['p99_ms']:.0f} ms"
    yield "webhook to ticket at 20/s, p50 / p99", times, "p50 <= 60 ms"
    yield "CPU seconds per 1,000 at 20/s", _cost(steady), ""


def _bulkhead(found: Figures) -> Iterator[Row]:
    """A figure of each pair of phases, in their order."""
    pairs = found["pairs"]
    phases = [pair[phase] for pair in pairs for phase in ("alone", "with_both")]
    limited = [pair["limited"] for pair in pairs]
    told = [f"{phase['p50_ms']:.0f} / {phase['p95_ms']:.0f} ms" for phase in phases]
    arrivals = f"{found['number']} at {found['rate']:g}/s over seven desks"
    yield f"five desks alone, p50 / p95 ({arrivals})", ", ".join(told[::2]), ""
    yield "- beside one that hangs and one limited", ", ".join(told[1::2]), ""
    yield "- p95 beside them / alone, of all pairs", f"{found['p95_ratio']:.2f}", "<= 1.10"
    yield "- the same pair by pair", _ratios(found["p95_ratio_by_pair"]), ""
    busy = ", ".join(f"{phase['machine_busy_percent']:.0f}" for phase in phases)
    yield "- the machine was busy, phase by phase", f"{busy} %", ""
    what = f"the limited desk, {found['limit']} calls a minute: time / ideal"
    yield what, _ratios([one["of_ideal"] for one in limited]), "<= 1.10"
    refused = ", ".join(f"{one['answers_429']} of {one['calls']}" for one in limited)
    yield "- calls answered 429", refused, "< 1 %"
    ends = ", ".join("{tickets} of {of}".format(**pair["in_the_end"]) for pair in pairs)
    yield "tickets once the desk no longer hangs", ends, "all"


def _scale(found: Figures) -> Iterator[Row]:
    """A row for each number of processes, with its floor or its ideal."""
    for one in found["acks"]:
        told = f"{one['acks_per_second']:.0f} ({one['bare_route_per_second']:.0f})"
        yield f"acks a second, {one['webs']} web (bare route)", told, ""
        ratio = one["acks_per_second"] / one["bare_route_per_second"]
        yield "- as part of the bare route; CPU of one", f"{ratio:.3f}; {_each(one)}", ""
    for kind in ("quick", "slow"):
        for one in found[kind]:
            told = f"{one['tickets_per_second']:.1f} ({one['commits_per_second']:.0f})"
            yield f"tickets a second, {kind} desk, {one['workers']} worker (commits)", told, ""
            busy = f"{one['machine_busy_percent']:.0f} % busy, load {one['load']:.0f}"
            yield "- CPU of one; the machine", f"{_each(one)}; {busy}", ""
    for one in found["limited"]:
        told = f"{one['calls_per_minute']:.0f} of {one['limit']}"
        yield f"calls a minute at a limited desk, {one['workers']} worker", told, ""
        yield "- time / ideal; answers 429", f"{one['of_ideal']:.2f}; {one['answers_429']}", ""


def _each(one: Figures) -> str:
    """What one acknowledgement or ticket costs."""
    cpu = ", ".join(f"{name} {ms:.1f}" for name, ms in one["cpu_ms"].items())
    base = one["database"]
    return f"{cpu} ms, {base['commits']:.1f} commits, {base['wal_kb']:.0f} KB of log"


def _pages(found: Figures) -> Iterator[Row]:
    """A row a list; a big table that was read from end to end would stand beside it."""
    number = found["conversations"]
    yield f"pages with {number:,} conversations, {10 * number:,} messages, p50 / p95", "", ""
    for name, one in found["lists"].items():
        whole = "".join(f", reads all {table}" for table in one["read_whole"])
        times = f"{one['p50_ms']:.0f} / {one['p95_ms']:.0f} ms"
        beside = f"CPU {one['cpu_ms']:.0f} ms, load {one['load']:.0f}"
        yield f"- {name}", f"{times}, {beside}{whole}", "p95 <= 150 ms"


def _ratios(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.2f}" for value in values)


PARTS: Mapping[str, Callable[[Figures], Iterator[Row]]] = {
    "burst": _burst,
    "backlog_0_ms": _backlog,
    "backlog_200_ms": _slow_backlog,
    "steady": _steady,
    "bulkhead": _bulkhead,
    "scale": _scale,
    "pages": _pages,
}


def _cost(figures: Figures) -> str:
    cost = figures["cpu_seconds_per_1000"]
    ours = {n: v for n, v in cost.items() if n != DESK}
    parts = ", ".join(f"{n} {v:.1f}" for n, v in ours.items())
    return f"{sum(ours.values()):.1f} ({parts}) + desk {cost[DESK]:.1f}"
