"""Seven desks, of which one hangs and one is at its limit: what the other five notice of it.

The desks take turns in arrivals that come by chance, at the same moments in each phase of a round:
of evenly spaced ones no two would meet unless an ill desk is among them. A phase is the five
healthy desks alone; or the same arrivals with those of the two others between them; or as many
arrivals as these, all to the five, which tells what of the difference is only that there is more to
do. Every other round goes backwards, so that what grows with time weighs on no kind: what differs
between two of a kind is the machine, which other programs share. So a ratio is that of all tickets
of one kind to all of the other; the ratios of the rounds tell how far to trust it. Many short
rounds tell more than two long ones: the machine's speed has less time to change between two phases
that are compared.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import NamedTuple

import psutil
import requests

from connectors.sandbox import Harness
from hub.store import connections
from tests.bench import clients
from tests.bench.rig import Bench, Figures, epoch, quantile
from tests.e2e.town import eventually

LIMITED, HANGING = "zendesk", "freshdesk"
HEALTHY = ("salesforce", "intercom", "hubspot", "help_scout", "zoho_desk")
SEVEN = ("salesforce", "intercom", HANGING, "hubspot", LIMITED, "help_scout", "zoho_desk")
KINDS = ("alone", "with_both", "more")
UPDATES = {"updates_per_minute": 100, "updates_per_ticket": 30}  # Zendesk's smallest plan
NO_LIMITS = {
    "freshdesk": ("rate_per_minute", "creates_per_minute", "updates_per_minute",
                  "ticket_lists_per_minute", "contact_lists_per_minute"),
    "intercom": ("rate_per_minute",),
    "salesforce": ("calls_per_day",),
    "zoho_desk": ("credits_per_day",),
}  # fmt: skip
Desks = Mapping[str, Harness]
Sent = Mapping[str, float]  # when, by escalation
Delays = Sequence[float]  # seconds from webhook to ticket at a healthy desk


class Plan(NamedTuple):
    """So many escalations over seven desks, `rate` a second, in so many rounds of phases."""

    number: int
    rate: float
    rounds: int
    limit: int  # calls a minute; less than what comes takes, or the desk is not at its limit
    turn: int = 0  # the round at hand: each has arrivals of its own


def measure(bench: Bench, plan: Plan) -> Figures:
    """How long the healthy desks' tickets take alone and beside the others."""
    desks = _connect(bench, plan.limit)
    _phase(bench, desks, plan._replace(number=plan.number // 10), HEALTHY)  # warm
    # Earlier calls count at the limited desk for a minute.
    time.sleep(max(0.0, 60 - plan.number / plan.rate))
    found: list[Figures] = []
    delays: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for turn in range(plan.rounds):
        figures: Figures = {}
        for kind in KINDS if turn % 2 == 0 else reversed(KINDS):
            figures[kind], some = _measured(bench, desks, plan._replace(turn=turn), kind)
            delays[kind] += some
        found.append(figures)
    p95 = {kind: quantile(some, 0.95) for kind, some in delays.items()}
    ratios = [one["with_both"]["p95_ms"] / one["alone"]["p95_ms"] for one in found]
    return {"number": plan.number, "rate": plan.rate, "limit": plan.limit,
            "p95_ratio": p95["with_both"] / p95["alone"], "p95_ratio_by_round": ratios,
            "p95_ratio_of_more": p95["more"] / p95["alone"], "rounds": found}  # fmt: skip


def _measured(bench: Bench, desks: Desks, plan: Plan, kind: str) -> tuple[Figures, Delays]:
    """One phase of this kind."""
    if kind == "with_both":
        return _with_both(bench, desks, plan)
    turns = HEALTHY if kind == "more" else SEVEN
    figures, _, delays = _phase(bench, desks, plan, HEALTHY, turns)
    return figures, delays


def _connect(bench: Bench, limit: int) -> Desks:
    """Every desk, without limits but for the one."""
    desks = {name: bench.connected(name) for name in SEVEN}
    for name, settings in NO_LIMITS.items():
        desks[name].set(**dict.fromkeys(settings, 1e9))
    desks[LIMITED].set(rate_per_minute=limit, **UPDATES)
    with bench.store.transaction() as tx:
        tx.run(
            "update connections set rate = :rate, concurrency = 8, version = version + 1"
            " where desk = :desk",
            rate=limit,
            desk=LIMITED,
        )
    return desks


def _with_both(bench: Bench, desks: Desks, plan: Plan) -> tuple[Figures, Delays]:
    """The healthy desks beside the two others; at the end every ticket is there."""
    desks[LIMITED].fault("latency", ms=0)  # counts its calls
    desks[HANGING].fault("hang")
    refused = _refused(desks[LIMITED])
    figures, sent, delays = _phase(bench, desks, plan, SEVEN)
    eventually(lambda: _idle(bench, LIMITED), f"{LIMITED} is drained", 900)
    hung = _calls(bench, HANGING)
    limited = _drained(bench, desks, plan, sent, refused)
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    eventually(lambda: _idle(bench, *SEVEN), "every desk has what was sent to it", 900)
    tickets = {"tickets": len(_opened(desks, SEVEN, sent)), "of": plan.number}
    return figures | {"limited": limited, "hanging": {"calls": hung}, "in_the_end": tickets}, delays


def _phase(
    bench: Bench,
    desks: Desks,
    plan: Plan,
    who: Sequence[str],
    turns: Sequence[str] = SEVEN,
) -> tuple[Figures, Sent, Delays]:
    """The arrivals of these desks, when each was sent, and how long the healthy ones' took."""
    chance = Random(f"{plan.number}/{plan.turn}")
    moments = accumulate(chance.expovariate(plan.rate) for _ in range(plan.number))
    everything = enumerate(zip(moments, bench.requests(plan.number, turns), strict=True))
    arrivals = [one for n, one in everything if turns[n % len(turns)] in who]
    spent = bench.cpu()
    psutil.cpu_percent()
    sent = clients.steady(bench.town.port, arrivals)
    busy = psutil.cpu_percent()
    eventually(lambda: _idle(bench, *HEALTHY), "the healthy desks' tickets", 300)
    delays = [at - sent[key] for key, at in _opened(desks, HEALTHY, sent)]
    figures = {
        "p50_ms": 1000 * statistics.median(delays),
        "p95_ms": 1000 * quantile(delays, 0.95),
        "tickets": len(delays),
        "arrivals_per_second": (len(sent) - 1) / (max(sent.values()) - min(sent.values())),
        "machine_busy_percent": busy,
        "cpu_seconds": {name: value - spent[name] for name, value in bench.cpu().items()},
    }
    return figures, sent, delays


def _drained(bench: Bench, desks: Desks, plan: Plan, sent: Sent, refused: int) -> Figures:
    """From the limited desk's first webhook to its last call, beside the ideal of its limit."""
    desk, calls = desks[LIMITED], _calls(bench, LIMITED)
    first = min(sent[key] for key, _ in _opened(desks, [LIMITED], sent))
    last = max(epoch(row["at"]) for row in desk.ledger(call="add_note") if row["key"] in sent)
    seconds, ideal = last - first, calls * 60 / plan.limit
    return {
        "calls": calls,
        "seconds": seconds,
        "ideal_seconds": ideal,
        "of_ideal": seconds / ideal,
        "answers_429": _refused(desk) - refused,
    }


def _opened(desks: Desks, names: Sequence[str], sent: Sent) -> list[tuple[str, float]]:
    """The tickets that these desks opened: the escalation of each, and when."""
    rows = [row for name in names for row in desks[name].ledger(call="create_ticket")]
    return [(row["key"], epoch(row["at"])) for row in rows if row["key"] in sent]


def _idle(bench: Bench, *names: str) -> bool:
    """True when no job waits or runs for these desks."""
    with bench.store.transaction() as tx:
        rows = tx.all("select id from connections where desk = any(:names)", names=list(names))
        return not tx.value(
            "select count(*) from pgqueuer"
            " where entrypoint = any(:lanes) and status in ('queued', 'picked')",
            lanes=[connections.lane(row["id"]) for row in rows],
        )


def _calls(bench: Bench, name: str) -> int:
    """The calls that met the desk's fault."""
    faults = requests.get(f"{bench.town.sandbox}/_faults", timeout=10).json()["data"]
    return int(sum(fault["hits"] for fault in faults if fault["desk"] == name))


def _refused(desk: Harness) -> int:
    return sum(row["status"] == 429 for row in desk.ledger(call="request_refused"))
