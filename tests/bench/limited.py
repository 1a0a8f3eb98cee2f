"""One desk at its limit, and nothing beside it."""

import os
import time

import requests

from tests.bench import workers
from tests.bench.rig import NOBODY, Bench, Figures, epoch

MINUTE = 60.0
LIMIT = 200  # calls a minute: Zendesk's smallest plan, and the default of its connections


def measure(bench: Bench, number: int) -> Figures:
    """So many escalations to a desk with `LIMIT` calls a minute, by the usual one worker."""
    bench.town.stop("worker")
    figures = at_its_limit(bench, 1, number, LIMIT)
    bench.town.start("worker")
    return figures


def at_its_limit(bench: Bench, several: int, number: int, limit: int) -> Figures:
    """How well so many workers together keep to one desk's pace."""
    bench.zendesk.set(rate_per_minute=limit, updates_per_minute=limit, updates_per_ticket=30)
    workers.pace(bench, limit)
    time.sleep(MINUTE)  # earlier calls count at the desk for a minute
    refused = len(bench.zendesk.ledger(call="request_refused"))
    bench.zendesk.fault("latency", ms=0)  # counts its calls
    workers.hold(bench, True)
    since = bench.tickets()
    names = workers.start(bench, several)
    bench.send(number)
    workers.hold(bench, False)
    bench.wait(since + number, 600)
    bench.settled()
    faults = requests.get(f"{bench.town.sandbox}/_faults", timeout=10).json()["data"]
    calls = int(sum(fault["hits"] for fault in faults))
    notes = [epoch(row["at"]) for row in bench.zendesk.ledger(call="add_note")][-number:]
    opened = [epoch(row["at"]) for row in bench.zendesk.ledger(call="create_ticket")][-number:]
    seconds = max(notes) - min(opened)
    answers = bench.zendesk.ledger(call="request_refused")[refused:]
    requests.delete(f"{bench.town.sandbox}/_faults", timeout=10)
    bench.zendesk.set(**NOBODY)
    workers.pace(bench, None)
    workers.stop(bench, names)
    return {
        "workers": several,
        "limit": limit,
        "calls": calls,
        "calls_per_minute": calls * 60 / seconds,
        "of_ideal": seconds / (calls * 60 / limit),
        "answers_429": sum(row["status"] == 429 for row in answers),
        "load": os.getloadavg()[0],
    }
