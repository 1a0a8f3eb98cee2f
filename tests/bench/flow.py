"""The way of an escalation, measured: acknowledged, and a ticket."""

import statistics
import time

import requests

from tests.bench import clients
from tests.bench.rig import CONNECTIONS, WIDTH, Bench, Figures, quantile

CALLS = 3  # calls to the desk for one ticket: create, earlier tickets, note


def burst(bench: Bench, number: int) -> Figures:
    """Acks of a burst while worker and desk work off what is acknowledged."""
    before = bench.tickets()
    floor_seconds, _ = clients.burst(
        bench.town.port, [clients.plain("h", "GET", "/healthz")] * number, CONNECTIONS
    )
    seconds, times = bench.send(number)
    bench.wait(before + number)
    return {
        "acks_per_second": number / seconds,
        "p50_ms": 1000 * statistics.median(times),
        "p99_ms": 1000 * quantile(times, 0.99),
        "bare_route_per_second": number / floor_seconds,
    }


def backlog(bench: Bench, number: int, delay_ms: int) -> Figures:
    """Tickets a second of a backlog, and what each costs."""
    bench.town.stop("worker")
    before = bench.tickets()
    bench.send(number)
    if delay_ms:
        bench.zendesk.fault("latency", ms=delay_ms)
    bench.town.start("worker")
    bench.wait(before + max(1, number // 20))  # the worker is warm
    began, first, spent = time.perf_counter(), bench.tickets(), bench.cpu()
    bench.wait(before + number)
    done = before + number - first
    seconds = time.perf_counter() - began
    cost = {n: (v - spent[n]) * 1000 / done for n, v in bench.cpu().items()}
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    figures = {"tickets_per_second": done / seconds, "cpu_seconds_per_1000": cost}
    if delay_ms:
        ideal = WIDTH / (CALLS * delay_ms / 1000)
        figures |= {"ideal_per_second": ideal, "of_ideal": done / seconds / ideal}
    return figures


def steady(bench: Bench, rate: float, seconds: float) -> Figures:
    """From the webhook's first byte to the ticket in the desk, at a steady rate."""
    number = int(rate * seconds)
    spent = bench.cpu()
    pending = bench.requests(number)
    first = bench.tickets()
    sent = clients.steady(bench.town.port, ((n / rate, r) for n, r in enumerate(pending)))
    arrived = (number - 1) / (max(sent.values()) - min(sent.values()))
    bench.wait(first + number)
    delays = [at - sent[key] for key, at in bench.opened() if key in sent]
    cost = {n: (v - spent[n]) * 1000 / number for n, v in bench.cpu().items()}
    return {
        "rate": rate,
        "arrivals_per_second": arrived,
        "p50_ms": 1000 * statistics.median(delays),
        "p99_ms": 1000 * quantile(delays, 0.99),
        "tickets": len(delays),
        "cpu_seconds_per_1000": cost,
    }
