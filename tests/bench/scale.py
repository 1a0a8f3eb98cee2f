"""More of the same process: what 1, 2 and 4 workers, 1 and 2 webs do on this one machine.

Every step has its own floor, measured right before it, and the load that the machine had: figures
of two steps compare by their ratio to that. What a ticket costs the database is read from
PostgreSQL's own counters.
"""

import os
from collections.abc import Mapping, Sequence

import psutil
import requests

from tests.bench import clients, limited, machine, workers
from tests.bench.rig import CONNECTIONS, WIDTH, Bench, Figures, quantile

WORKERS = (1, 2, 4)
WEBS = (1, 2)
DELAY = 200  # ms for each call to the desk: a vendor's usual answer
CALLS = 3  # calls to the desk for one ticket: create, earlier tickets, note
LIMIT = 600  # calls a minute of the limited desk
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
    quick = [_work_off(bench, n, number, 0) for n in WORKERS]
    slow = [_work_off(bench, n, number // 2, DELAY) for n in WORKERS]
    at_limit = [limited.at_its_limit(bench, n, LIMIT // 5, LIMIT) for n in WORKERS]
    bench.town.start("worker")
    return {"acks": acks, "quick": quick, "slow": slow, "limited": at_limit}


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


def _work_off(bench: Bench, several: int, number: int, delay_ms: int) -> Figures:
    """Tickets a second of a backlog that waits until every worker is up."""
    floor = machine.commits(bench.store.url)
    workers.hold(bench, True)
    since = bench.tickets()
    left = bench.escalations() - since + number
    bench.send(number)
    names = workers.start(bench, several)
    if delay_ms:
        bench.zendesk.fault("latency", ms=delay_ms)
    before, spent = _counters(bench), bench.cpu()
    psutil.cpu_percent()
    workers.hold(bench, False)
    bench.wait(since + left, 900)
    bench.settled()
    busy, after = psutil.cpu_percent(), _counters(bench)
    cost = {n: (v - spent[n]) * 1000 / left for n, v in bench.cpu().items()}
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    workers.stop(bench, names)
    rate = _rate(bench.ticket_times(left))
    return {
        "workers": several,
        "tickets": left,
        "tickets_per_second": rate,
        "ideal_per_second": WIDTH / (CALLS * delay_ms / 1000) if delay_ms else None,
        "commits_per_second": floor,
        "cpu_ms": _of_workers(cost, names) | {n: cost[n] for n in OTHERS},
        "database": _each(before, after, left),
        "machine_busy_percent": busy,
        "load": os.getloadavg()[0],
    }


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
