"""More of the same process: what 1, 2 and 4 workers, 1 and 2 webs do on this one machine.

Every step has its own floor, measured right before it, and the load that the machine had: figures
of two steps compare by their ratio to that. What a ticket costs the database is read from
PostgreSQL's own counters.
"""

import os
import time
from collections.abc import Mapping, Sequence

import psutil
import requests

from tests.bench import clients, machine
from tests.bench.rig import CONNECTIONS, NOBODY, WIDTH, Bench, Figures, epoch, quantile
from tests.e2e.town import eventually

WORKERS = (1, 2, 4)
WEBS = (1, 2)
DELAY = 200  # ms for each call to the desk: a vendor's usual answer
CALLS = 3  # calls to the desk for one ticket: create, earlier tickets, note
LIMIT = 600  # calls a minute of the limited desk
PLAN = {"rate_per_minute": LIMIT, "updates_per_minute": LIMIT, "updates_per_ticket": 30}
MINUTE = 60.0
OTHERS = ("web", "postgres", "sandbox")
COUNTERS = """
select (select sum(xact_commit) from pg_stat_database)::float as commits,
    pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float as wal,
    pg_database_size(current_database())::float as size
"""


def measure(bench: Bench, number: int) -> Figures:
    """Webs without workers, then workers: at a quick desk, a slow one, and one at its limit."""
    bench.town.stop("worker")
    acks = [_acks(bench, webs, number) for webs in WEBS]
    _start_web(bench, WEBS[-1])
    _work_off(bench, 1, 0, 0)  # what the webs left behind
    quick = [_work_off(bench, workers, number, 0) for workers in WORKERS]
    slow = [_work_off(bench, workers, number // 2, DELAY) for workers in WORKERS]
    limited = [_at_its_limit(bench, workers, LIMIT // 5) for workers in WORKERS]
    bench.town.start("worker")
    return {"acks": acks, "quick": quick, "slow": slow, "limited": limited}


def _acks(bench: Bench, webs: int, number: int) -> Figures:
    """Durable acknowledgements a second while nobody works them off."""
    _start_web(bench, webs)
    bench.send(50)  # warm
    plain = [clients.plain("h", "GET", "/healthz")] * number
    bare, _ = clients.burst(bench.town.port, plain, CONNECTIONS)
    before, spent = _counters(bench), bench.cpu()
    seconds, times = bench.send(number)
    cost = {name: (value - spent[name]) * 1000 / number for name, value in bench.cpu().items()}
    return {
        "webs": webs,
        "acks_per_second": number / seconds,
        "bare_route_per_second": number / bare,
        "p99_ms": 1000 * quantile(times, 0.99),
        "cpu_ms": {name: cost[name] for name in ("web", "postgres")},
        "database": _each(before, _counters(bench), number),
        "load": os.getloadavg()[0],
    }


def _start_web(bench: Bench, webs: int) -> None:
    bench.town.stop("web")
    bench.town.start("web", WEB_CONCURRENCY=str(webs))


def _work_off(bench: Bench, workers: int, number: int, delay_ms: int) -> Figures:
    """Tickets a second of a backlog that waits until every worker is up."""
    floor = machine.commits(bench.store.url)
    _hold(bench, True)
    since = bench.tickets()
    left = bench.escalations() - since + number
    bench.send(number)
    names = _start_workers(bench, workers)
    if delay_ms:
        bench.zendesk.fault("latency", ms=delay_ms)
    before, spent = _counters(bench), bench.cpu()
    psutil.cpu_percent()
    _hold(bench, False)
    bench.wait(since + left, 900)
    bench.settled()
    busy, after = psutil.cpu_percent(), _counters(bench)
    cost = {n: (v - spent[n]) * 1000 / left for n, v in bench.cpu().items()}
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    _stop(bench, names)
    rate = _rate(bench.ticket_times(left))
    return {
        "workers": workers,
        "tickets": left,
        "tickets_per_second": rate,
        "ideal_per_second": WIDTH / (CALLS * delay_ms / 1000) if delay_ms else None,
        "commits_per_second": floor,
        "cpu_ms": _of_workers(cost, names) | {n: cost[n] for n in OTHERS},
        "database": _each(before, after, left),
        "machine_busy_percent": busy,
        "load": os.getloadavg()[0],
    }


def _at_its_limit(bench: Bench, workers: int, number: int) -> Figures:
    """How well so many workers together keep to one desk's pace."""
    requests.post(f"{bench.town.sandbox}/_settings", json={"desk": "zendesk"} | PLAN, timeout=10)
    _pace(bench, LIMIT)
    time.sleep(MINUTE)  # earlier calls count at the desk for a minute
    refused = len(bench.zendesk.ledger(call="request_refused"))
    bench.zendesk.fault("latency", ms=0)  # counts its calls
    _hold(bench, True)
    since = bench.tickets()
    names = _start_workers(bench, workers)
    bench.send(number)
    _hold(bench, False)
    bench.wait(since + number, 600)
    bench.settled()
    faults = requests.get(f"{bench.town.sandbox}/_faults", timeout=10).json()["data"]
    calls = int(sum(fault["hits"] for fault in faults))
    notes = [epoch(row["at"]) for row in bench.zendesk.ledger(call="add_note")][-number:]
    opened = [epoch(row["at"]) for row in bench.zendesk.ledger(call="create_ticket")][-number:]
    seconds = max(notes) - min(opened)
    answers = bench.zendesk.ledger(call="request_refused")[refused:]
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    requests.post(f"{bench.town.sandbox}/_settings", json={"desk": "zendesk"} | NOBODY, timeout=10)
    _pace(bench, None)
    _stop(bench, names)
    return {
        "workers": workers,
        "limit": LIMIT,
        "calls": calls,
        "calls_per_minute": calls * 60 / seconds,
        "of_ideal": seconds / (calls * 60 / LIMIT),
        "answers_429": sum(row["status"] == 429 for row in answers),
        "load": os.getloadavg()[0],
    }


def _hold(bench: Bench, hold: bool) -> None:
    """Close the desk's lane, or open it: workers look at it once a second."""
    with bench.store.transaction() as tx:
        tx.run("update connections set state = :s where desk = 'zendesk'",
               s="paused" if hold else "active")  # fmt: skip


def _pace(bench: Bench, rate: int | None) -> None:
    with bench.store.transaction() as tx:
        tx.run(
            "update connections set rate = :rate, version = version + 1 where desk = 'zendesk'",
            rate=rate,
        )


def _start_workers(bench: Bench, number: int) -> Sequence[str]:
    """So many workers, each of which is up."""
    names = [f"worker-{n}" for n in range(number)]
    before = {name: _starts(bench, name) for name in names}
    for name in names:
        bench.town.start(name)
    for name in names:
        eventually(lambda n=name: _starts(bench, n) > before[n], f"{name} is up")  # type: ignore[misc]
    return names


def _starts(bench: Bench, name: str) -> int:
    log = bench.town.folder / f"{name}.log"
    return log.read_bytes().count(b"worker.started") if log.exists() else 0


def _stop(bench: Bench, names: Sequence[str]) -> None:
    for name in names:
        bench.town.stop(name)


def _rate(times: Sequence[float]) -> float:
    """Tickets a second between the first twentieth and the end."""
    warm = len(times) // 20
    return (len(times) - 1 - warm) / (times[-1] - times[warm]) if len(times) > 1 else 0.0


def _counters(bench: Bench) -> Mapping[str, float]:
    with bench.store.transaction() as tx:
        return dict(tx.one(COUNTERS))


def _each(before: Mapping[str, float], after: Mapping[str, float], number: int) -> Figures:
    spent = {name: (after[name] - value) / number for name, value in before.items()}
    return {"commits": spent["commits"], "wal_kb": spent["wal"] / 1024, "kb": spent["size"] / 1024}


def _of_workers(cost: Mapping[str, float], names: Sequence[str]) -> Figures:
    return {"workers": sum(cost[name] for name in names)}
