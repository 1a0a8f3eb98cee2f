"""What a ticket costs with nothing of ours in it: the same answers, calls, job and commits, bare.

No hub that is made of Flask, requests, the queue and PostgreSQL can be cheaper on this machine: it
would verify, summarise, map, record and publish for nothing.
"""

import time
from collections.abc import Callable
from typing import Any

import requests

from tests.bench import bare, clients, machine
from tests.bench.flow import CALLS
from tests.bench.rig import CONNECTIONS, Bench, Figures

ANSWERS = 3  # the platform's event, and two webhooks of the desk about what we wrote there
COMMITS = 4  # acknowledged, begun, linked, and the webhook about the note; the job ends in another
CLIENTS = 8  # who commit
SIZE = 4096  # bytes of a transcript
NOTE = 600  # bytes of a note


def measure(bench: Bench, number: int) -> Figures:
    """CPU seconds for 1,000 tickets, by part; the desk's own are not among them."""
    each = {
        "answers": ANSWERS * _cost_of_an_answer(bench, number),
        "calls": _cost_of_the_calls(bench, number // 4),
        "job": _cost_of_a_job(bench, number),
        "commits": COMMITS * _cost_of_a_commit(bench),
    }
    return {"cpu_seconds_per_1000": {name: 1000 * seconds for name, seconds in each.items()}}


def _cost_of_an_answer(bench: Bench, number: int) -> float:
    """Of web, for a route that does nothing."""
    nothing = [clients.plain("h", "GET", "/healthz")] * number
    began = bench.cpu()["web"]
    clients.burst(bench.town.port, nothing, CONNECTIONS)
    return (bench.cpu()["web"] - began) / number


def _cost_of_the_calls(bench: Bench, number: int) -> float:
    """Of who makes a ticket, lists its requester's, and writes a note, by a session of requests."""
    with bench.store.transaction() as tx:
        row = tx.one("select * from connections where desk = 'zendesk'")
    connector: Any = bench.town.house.desks.open(row)
    root = f"{connector.config.root}/api/v2"
    with requests.Session() as session:
        session.auth = connector.api.http.auth

        def call(method: str, path: str, ticket: Any = None) -> Any:
            body = None if ticket is None else {"ticket": ticket}
            answer = session.request(method, f"{root}{path}", json=body, timeout=20)
            answer.raise_for_status()
            return answer.json()

        assert CALLS == 3
        call("GET", "/users/me")  # the session is connected, and has its token
        began = time.process_time()
        for n in range(number):
            asks = {"name": "Ada", "email": f"bare-{n}@example.com"}
            told = {"subject": "Bare", "comment": {"body": "x" * SIZE}, "requester": asks}
            note = {"comment": {"body": "x" * NOTE, "public": False}}
            made = call("POST", "/tickets", told)["ticket"]
            call("GET", f"/users/{made['requester_id']}/tickets/requested")
            call("PUT", f"/tickets/{made['id']}", note)
        return (time.process_time() - began) / number


def _cost_of_a_job(bench: Bench, number: int) -> float:
    """Of the queue's loop and of PostgreSQL, for a job that does nothing but end."""
    return _spent(bench, lambda: bare.work_off(bench, number)) / number


def _cost_of_a_commit(bench: Bench, seconds: float = 2.0) -> float:
    """Of the driver and of PostgreSQL, for one row."""
    done = 0.0

    def commit() -> None:
        nonlocal done
        done = seconds * machine.commits(bench.store.url, CLIENTS, seconds)

    return _spent(bench, commit) / done


def _spent(bench: Bench, work: Callable[[], object]) -> float:
    """CPU seconds of this process and of PostgreSQL."""
    began = time.process_time() + bench.cpu()["postgres"]
    work()
    return time.process_time() + bench.cpu()["postgres"] - began
