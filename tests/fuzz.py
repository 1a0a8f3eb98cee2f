"""The API held against its own description: `python -m tests.fuzz`, which `make fuzz` runs.

For every operation and every role schemathesis makes requests out of the OpenAPI document, fitting
and unfitting ones, half of them with ids of rows that are there. An answer must not be a 5xx; its
status, its media type and its shape must be described; and it must come within `SLOW` seconds.
"""

import argparse
import math
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, Response
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from connectors import sandbox
from hub import admin, migrate, postgres
from hub.auth import ROLES
from hub.house import House
from tests.conftest import settings_of
from tests.console.furnished import furnished

CALM = list(HealthCheck)
DESCRIBED = [status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW = 5.0  # seconds; on a machine that does other things at the same time
ROWS = 5  # of each noun are asked for by their ids
TABLES = {"team": "users", "days-off": "days_off"}  # where a noun has another name than its table
NOUNS = (
    "sources", "connections", "routes", "mappings", "conversations", "escalations", "tickets",
    "subscribers", "deliveries", "replays", "retries", "events", "users", "days_off", "keys",
    "erasures",
)  # fmt: skip
Known = Mapping[str, Sequence[str]]


@dataclass
class Report:
    """What was sent and how it was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")  # seconds, and of which operation

    @property
    def cases(self) -> int:
        """The requests that were answered."""
        return self.statuses.total()

    def add(self, role: str, case: Case, answer: Response, seconds: float) -> None:
        """Count an answer; one that is ours to mend is kept with how to ask for it again."""
        self.statuses[answer.status_code] += 1
        self.slowest = max(self.slowest, (seconds, case.operation.label))
        wrong = _wrong(case, answer, seconds)
        if wrong:
            self.failures.append(f"{role}: {wrong}: {case.as_curl_command()}")


def _wrong(case: Case, answer: Response, seconds: float) -> str | None:
    """What is wrong with an answer, in a line."""
    if answer.status_code >= 500:
        return str(answer.status_code)
    if seconds > SLOW:
        return f"{seconds:.1f} s"
    try:
        case.validate_response(answer, checks=DESCRIBED)
    except FailureGroup as problem:
        return "; ".join(f"{one.title} {one.message}" for one in problem.exceptions)
    return None


def run(app: Flask, workspace_id: str, *, cases: int, seed: int) -> Report:
    """About `cases` requests, shared by the operations and evenly by the roles."""
    house: House = app.extensions["house"]
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    schema.config.generation.update(with_security_parameters=False)  # the keys are our part
    plan = [(found.ok(), made) for found in schema.get_all_operations() for made in Made]
    report = Report()
    with house.store.transaction() as tx:
        keys = {one: admin.create_key(tx, workspace_id, one, one) for one in ROLES}
    ours = [str(key["id"]) for key in keys.values()]
    for done, (operation, made) in enumerate(plan):
        # What an operation has no use for, the others get: some know two requests, or no wrong one.
        share = (cases - report.cases) / (len(plan) - done) / len(ROLES)
        for case in made(operation, max(1, math.ceil(share)), seed, known(house, ours)):
            for role, key in keys.items():
                began = time.monotonic()
                answer = case.call(headers={"Authorization": f"Bearer {key['key']}"})
                report.add(role, case, answer, time.monotonic() - began)
    return report


def _fitting(operation: Any, number: int, seed: int, there: Known) -> Iterator[Case]:
    yield from _drawn(operation, GenerationMode.POSITIVE, number, seed, there)


def _unfitting(operation: Any, number: int, seed: int, there: Known) -> Iterator[Case]:
    yield from _drawn(operation, GenerationMode.NEGATIVE, number, seed, there)


Made = (_fitting, _unfitting)


def _drawn(
    operation: Any,
    mode: GenerationMode,
    number: int,
    seed: int,
    there: Known,
) -> Iterator[Case]:
    """Cases of one kind, the same for the same seed."""
    cases: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=number, database=None, deadline=None, phases=[Phase.generate],
                         suppress_health_check=CALM)  # fmt: skip
    @hypothesis.given(operation.as_strategy(mode), st.integers(0, ROWS - 1), st.booleans())
    def collect(case: Case, row: int, real: bool) -> None:
        if real:
            _ask_for(case, there, row)
        cases.append(case)

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:
        return  # without a parameter there is no unfitting request
    yield from cases


def _ask_for(case: Case, there: Known, row: int) -> None:
    """Put ids of rows that are there into the path and the body."""
    steps = case.path.split("/")
    for name in case.path_parameters or {}:
        noun = steps[steps.index(f"{{{name}}}") - 1]
        found = there.get(TABLES.get(noun, noun))
        if found:
            case.path_parameters[name] = found[row % len(found)]
    for name in case.body if isinstance(case.body, dict) else ():
        found = there.get(f"{name.removesuffix('_id')}s") if name.endswith("_id") else None
        if found:
            case.body[name] = found[row % len(found)]


def known(house: House, ours: Sequence[str]) -> dict[str, list[str]]:
    """Ids of rows that are there, by their table, but for `ours`."""
    with house.store.transaction() as tx:
        return {
            noun: [
                row["id"]
                for row in tx.all(
                    f"select id from {noun} where id <> all(:ours) order by id desc limit {ROWS}",
                    ours=list(ours),
                )
            ]
            for noun in NOUNS
        }


def main() -> int:
    """Fuzz a hub with something in every table; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    began = time.monotonic()
    with (
        sandbox.running() as desks,
        postgres.throwaway() as url,
        tempfile.TemporaryDirectory() as folder,
    ):
        migrate.upgrade(url)
        with furnished(settings_of(url, desks, Path(folder))) as place:
            report = run(place.app, place.office.workspace, cases=given.cases, seed=given.seed)
    minutes = (time.monotonic() - began) / 60
    seconds, operation = report.slowest
    print(f"{report.cases} requests as {len(ROLES)} roles in {minutes:.0f} minutes")
    print(f"by status: {dict(sorted(report.statuses.items()))}")
    print(f"the slowest answer: {seconds:.2f} s, {operation}")
    print(*report.failures[:20], sep="\n")
    print(f"{len(report.failures)} are ours to mend; again with --seed {given.seed}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
