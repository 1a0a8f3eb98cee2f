"""The figures of a run as a table, each beside what was wanted."""

from typing import Any

Figures = dict[str, Any]
DESK = "sandbox"  # plays the vendor: its cost is told beside ours, not in it


def table(figures: Figures) -> str:
    """Lines of Markdown."""
    rows = [("what", "measured", "wanted"), ("---", "---", "---"), *_rows(figures)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _rows(figures: Figures) -> list[tuple[str, str, str]]:
    floor, burst, steady = figures["floor"], figures["burst"], figures["steady"]
    now, slow = figures["backlog_0_ms"], figures["backlog_200_ms"]
    memory = figures["memory_mb"]
    ours = sum(v for n, v in memory.items() if n != DESK)
    ratio = burst["acks_per_second"] / burst["bare_route_per_second"]
    return [
        ("machine", figures["machine"], ""),
        ("fdatasync a second", f"{floor['fdatasync_per_second']:.0f}", "floor"),
        ("PostgreSQL commits a second, 8 clients", f"{floor['commits_per_second']:.0f}", "floor"),
        ("bare Flask route a second", f"{burst['bare_route_per_second']:.0f}", "floor"),
        ("durable acks a second in a burst", f"{burst['acks_per_second']:.0f}", ">= 600"),
        ("- as part of the bare route", f"{ratio:.2f}", ""),
        ("- p50 / p99", f"{burst['p50_ms']:.0f} / {burst['p99_ms']:.0f} ms", "p99 <= 150 ms"),
        ("tickets a second, desk at 0 ms", f"{now['tickets_per_second']:.0f}", ">= 150"),
        ("tickets a second, desk at 200 ms", f"{slow['tickets_per_second']:.1f}", ""),
        ("- as part of the ideal of its concurrency", f"{slow['of_ideal']:.2f}", ""),
        (
            "webhook to ticket at 20/s, p50 / p99",
            f"{steady['p50_ms']:.0f} / {steady['p99_ms']:.0f} ms",
            "p50 <= 60 ms",
        ),
        ("CPU seconds per 1,000 in a backlog", _cost(now), "<= 8"),
        ("CPU seconds per 1,000 at 20/s", _cost(steady), ""),
        ("memory of all processes (PSS)", f"{ours:.0f} MB + desk {memory[DESK]:.0f}", "<= 400 MB"),
        ("- by process", ", ".join(f"{n} {v:.0f}" for n, v in memory.items()), ""),
    ]


def _cost(figures: Figures) -> str:
    cost = figures["cpu_seconds_per_1000"]
    ours = {n: v for n, v in cost.items() if n != DESK}
    parts = ", ".join(f"{n} {v:.1f}" for n, v in ours.items())
    return f"{sum(ours.values()):.1f} ({parts}) + desk {cost[DESK]:.1f}"
