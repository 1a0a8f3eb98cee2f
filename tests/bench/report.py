"""The figures of a run as a table, each beside what was wanted."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.bench.rig import DESK, Figures

Row = tuple[str, str, str]


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
    memory = _parts(figures["memory_mb"], ".0f")
    yield "memory of all processes (PSS), MB", memory, "<= 400 MB"


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
    rate = f"{steady['rate']:g}/s"
    yield f"webhook to ticket at {rate}, p50 / p99", times, "p50 <= 60 ms"
    yield f"- arrivals a second; CPU seconds per 1,000 at {rate}", (
        f"{steady['arrivals_per_second']:.1f}; {_cost(steady)}"
    ), ""  # fmt: skip


def _queue(found: Figures) -> Iterator[Row]:
    told = f"{found['jobs_per_second']:.0f} ({found['commits_per_second']:.0f})"
    yield "bare jobs of the queue a second (commits)", told, "floor"


def _least(found: Figures) -> Iterator[Row]:
    cost = found["cpu_seconds_per_1000"]
    parts = ", ".join(f"{name} {seconds:.1f}" for name, seconds in cost.items())
    what = "CPU seconds per 1,000 with nothing of ours: Flask, requests, the queue, commits"
    yield what, f"{sum(cost.values()):.1f} ({parts})", "floor"


def _outage(found: Figures) -> Iterator[Row]:
    what = f"desk down for {found['down_seconds']:g} s at {found['rate']:g}/s: then all is there in"
    ideal = found["ideal_seconds"]
    told = "none: more arrives than is worked off" if ideal is None else f"{ideal:.1f} s"
    yield what, f"{found['seconds']:.1f} s (ideal: {told})", ""
    pace = f"{found['waiting']}; {found['pace_per_second']:.0f}"
    yield "- tickets that waited; pace of a backlog a second right before", pace, ""
    yield "- lost, doubled, by the ledger", f"{found['lost']}, {found['doubled']}", "0, 0"


def _limited(found: Figures) -> Iterator[Row]:
    what = f"a limited desk alone, {found['limit']} calls a minute: time / ideal"
    yield what, f"{found['of_ideal']:.2f}", "<= 1.10"
    yield "- calls answered 429", f"{found['answers_429']} of {found['calls']}", "< 1 %"


def _memory(found: Figures) -> Iterator[Row]:
    points = [
        f"{sum(v for n, v in one['memory_mb'].items() if n != DESK):.0f} MB at {one['tickets']:,}"
        for one in found["points"]
    ]
    yield "memory (PSS) after so many escalations", ", ".join(points), ""
    slopes = ", ".join(f"{name} {mb:.1f}" for name, mb in found["mb_per_1000"].items())
    yield "- slope, MB per 1,000", f"{found['ours_mb_per_1000']:.1f} ({slopes})", ""


def _idle(found: Figures) -> Iterator[Row]:
    what = f"CPU seconds a minute at rest, {found['desks']} desks connected"
    yield what, _parts(found["cpu_seconds_a_minute"], ".2f"), ""
    yield "- memory (PSS), MB", _parts(found["memory_mb"], ".0f"), "<= 400 MB"


def _cold(found: Figures) -> Iterator[Row]:
    yield "`hub up` for the first time: ready", f"{found['first_ready_seconds']:.1f} s", ""
    for name, number in (("empty", 0), ("filled", found["escalations"])):
        times = f"{found[name]['ack_seconds']:.1f} / {found[name]['ticket_seconds']:.1f} s"
        yield f"`hub up` with {number:,} escalations: first ack / ticket", times, ""


def _big(found: Figures) -> Iterator[Row]:
    number = f"{found['escalations']:,}"
    size = f"{found['database_gb']:.1f} GB, filled in {found['filled_seconds']:.0f} s"
    yield f"with {number} escalations in the database", size, ""
    for part, rows in (("steady", _steady), ("burst", _burst)):
        yield from ((f"with {number}: {what}", told, "") for what, told, _ in rows(found[part]))
    for name, one in found["lists"].items():
        times = f"{one['p50_ms']:.0f} / {one['p95_ms']:.0f} ms"
        yield f"with {number}: {name}", times, "p95 <= 150 ms"


def _bulkhead(found: Figures) -> Iterator[Row]:
    """A figure of each round, in their order."""
    rounds = found["rounds"]
    limited = [one["with_both"]["limited"] for one in rounds]
    arrivals = f"{found['number']} at {found['rate']:g}/s over seven desks"
    for kind, what in (
        ("alone", f"five desks alone, p50 / p95 ({arrivals})"),
        ("with_both", "- beside one that hangs and one limited"),
        ("more", "- with as many arrivals as these, all of their own"),
    ):
        phases = [one[kind] for one in rounds]
        told = ", ".join(f"{phase['p50_ms']:.0f} / {phase['p95_ms']:.0f} ms" for phase in phases)
        busy = ", ".join(f"{phase['machine_busy_percent']:.0f}" for phase in phases)
        yield what, f"{told}; machine busy {busy} %", ""
    yield "- p95 beside them / alone, of all rounds", f"{found['p95_ratio']:.2f}", "<= 1.10"
    yield "- the same round by round", _ratios(found["p95_ratio_by_round"]), ""
    yield "- p95 with more of their own / alone", f"{found['p95_ratio_of_more']:.2f}", ""
    what = f"the limited desk, {found['limit']} calls a minute: time / ideal"
    yield what, _ratios([one["of_ideal"] for one in limited]), "<= 1.10"
    refused = ", ".join(f"{one['answers_429']} of {one['calls']}" for one in limited)
    yield "- calls answered 429", refused, "< 1 %"
    ends = ", ".join("{tickets} of {of}".format(**one["with_both"]["in_the_end"]) for one in rounds)
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
    "floor_of_the_queue": _queue,
    "floor_of_a_ticket": _least,
    "steady": _steady,
    "steady_50": _steady,
    "outage": _outage,
    "limited": _limited,
    "memory": _memory,
    "bulkhead": _bulkhead,
    "scale": _scale,
    "idle": _idle,
    "cold": _cold,
    "pages": _pages,
    "big": _big,
}


def _cost(figures: Figures) -> str:
    return _parts(figures["cpu_seconds_per_1000"], ".1f")


def _parts(of: Mapping[str, float], how: str) -> str:
    """The hub's sum, process by process, and what the desk takes beside it."""
    ours = {n: v for n, v in of.items() if n != DESK}
    parts = ", ".join(f"{n} {v:{how}}" for n, v in ours.items())
    return f"{sum(ours.values()):{how}} ({parts}) + desk {of[DESK]:{how}}"
