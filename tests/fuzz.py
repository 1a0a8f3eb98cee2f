"""The API held against its own description: `python -m tests.fuzz`, which `make fuzz` runs.

For every operation and every role schemathesis makes requests out of the OpenAPI document, fitting
and unfitting ones, half of them with ids of rows that are there. Nothing may end with a 5xx.
"""

import argparse
import base64
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import Case, GenerationMode

from hub import admin, migrate, postgres
from hub import house as houses
from hub.app import create_app
from hub.auth import ROLES
from hub.house import House
from hub.settings import Settings

CALM = list(HealthCheck)
NOUNS = ("sources", "connections", "routes", "mappings", "conversations", "escalations", "tickets",
         "subscribers", "events", "users")  # fmt: skip


@dataclass
class Report:
    """What was sent and how it was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """The requests that were answered."""
        return self.statuses.total()

    def add(self, role: str, case: Case, status: int) -> None:
        """Count an answer; one that is ours to mend is kept with how to ask for it again."""
        self.statuses[status] += 1
        if status >= 500:
            self.failures.append(f"{role}: {status} {case.as_curl_command()}")


def run(app: Flask, workspace_id: str, *, cases: int, seed: int) -> Report:
    """About `cases` requests, shared evenly by the operations and the roles."""
    house: House = app.extensions["house"]
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    each = max(1, -(-cases // (len(operations) * len(ROLES) * len(Made))))
    report = Report()
    with house.store.transaction() as tx:
        keys = {one: admin.create_key(tx, workspace_id, one, one)["key"] for one in ROLES}
    for operation in operations:
        for made in Made:
            for case in made(operation, each, seed, known(house)):
                for role, key in keys.items():
                    answer = case.call(headers={"Authorization": f"Bearer {key}"})
                    report.add(role, case, answer.status_code)
    return report


def _fitting(operation: Any, number: int, seed: int, ids: list[str]) -> Iterator[Case]:
    yield from _drawn(operation, GenerationMode.POSITIVE, number, seed, ids)


def _unfitting(operation: Any, number: int, seed: int, ids: list[str]) -> Iterator[Case]:
    yield from _drawn(operation, GenerationMode.NEGATIVE, number, seed, ids)


Made = (_fitting, _unfitting)


def _drawn(
    operation: Any,
    mode: GenerationMode,
    number: int,
    seed: int,
    ids: list[str],
) -> Iterator[Case]:
    """Cases of one kind, the same for the same seed."""
    cases: list[Case] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(max_examples=number, database=None, deadline=None, phases=[Phase.generate],
                         suppress_health_check=CALM)  # fmt: skip
    @hypothesis.given(operation.as_strategy(mode), st.sampled_from(ids), st.booleans())
    def collect(case: Case, known_id: str, real: bool) -> None:
        if real:
            case.path_parameters = dict.fromkeys(case.path_parameters or {}, known_id)
        cases.append(case)

    try:
        collect()
    except hypothesis.errors.Unsatisfiable:
        return  # without a parameter there is no unfitting request
    yield from cases


def known(house: House) -> list[str]:
    """Ids of rows that are there."""
    with house.store.transaction() as tx:
        found = [
            row["id"]
            for noun in NOUNS
            for row in tx.all(f"select id from {noun} order by id desc limit 3")
        ]
    return found or ["none"]


def main() -> int:
    """Fuzz a hub of its own; 1 when something failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    given = parser.parse_args()
    print(f"seed {given.seed}", flush=True)
    with postgres.throwaway() as url, tempfile.TemporaryDirectory() as folder:
        migrate.upgrade(url)
        house = houses.build(_settings(url, Path(folder)))
        with house.store.transaction() as tx:
            workspace_id = admin.add_workspace(tx, house, "default", "Default")
        report = run(create_app(house), workspace_id, cases=given.cases, seed=given.seed)
        house.close()
    print(f"{report.cases} requests, by status: {dict(sorted(report.statuses.items()))}")
    print(*report.failures[:20], sep="\n")
    print(f"{len(report.failures)} ended with a 5xx; again with --seed {given.seed}")
    return 1 if report.failures else 0


def _settings(url: str, folder: Path) -> Settings:
    return Settings(
        database_url=url, data_dir=folder, port=8000, public_url="http://127.0.0.1:8000",
        keys=(("fuzz", SecretStr(base64.b64encode(random.randbytes(32)).decode())),),
        secret_key=SecretStr(random.randbytes(32).hex()),
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
