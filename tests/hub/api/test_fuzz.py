"""A slice of `make fuzz`: every operation as every role, fitting and unfitting."""

from flask import Flask

from hub.api import NOUNS
from tests import fuzz

SEED = 20_261_123


def test_no_request_that_the_description_suggests_ends_with_a_failure(
    app: Flask, workspace: str
) -> None:
    report = fuzz.run(app, workspace, cases=1, seed=SEED)
    operations = sum(len(noun.operations) for noun in NOUNS)
    assert report.failures == []
    assert report.cases >= operations * len(fuzz.ROLES)
    assert {200, 403, 404, 422} <= set(report.statuses)
