"""What the README promises is what happens."""

import json
import re
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from mappings.engine import MappingError, load, render
from mappings.facts import FACTS, SAMPLE

README = (Path(__file__).parents[2] / "mappings" / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```\n```(json|text)\n(.*?)```", README, flags=re.DOTALL)
RESULTS = [(source, result) for source, kind, result in EXAMPLES if kind == "json"]
REFUSALS = [(source, result) for source, kind, result in EXAMPLES if kind == "text"]


def whole(example: str) -> str:
    if example.startswith("desk:"):
        return example
    return "desk: zendesk\nticket:\n" + indent(example, "  ")


def sample_of(path: str) -> Any:
    found: Any = SAMPLE
    for step in path.split("."):
        found = found[step]
    return found


def test_every_example_has_its_result_beside_it():
    assert len(EXAMPLES) == README.count("```yaml") >= 10
    assert len(REFUSALS) == 2


@pytest.mark.parametrize(("source", "result"), RESULTS)
def test_an_example_gives_the_result_written_beside_it(source, result):
    assert render(load(whole(source)), SAMPLE) == json.loads(result)


@pytest.mark.parametrize(("source", "result"), REFUSALS)
def test_a_wrong_example_gives_the_errors_written_beside_it(source, result):
    with pytest.raises(MappingError) as refused:
        render(load(whole(source)), SAMPLE)
    assert str(refused.value).splitlines() == result.splitlines()


@pytest.mark.parametrize(("path", "meaning"), FACTS.items(), ids=list(FACTS))
def test_every_fact_is_listed_with_its_meaning_and_its_sample(path, meaning):
    row = next((line for line in README.splitlines() if line.startswith(f"| `{path}` |")), "")
    assert meaning in row
    found = sample_of(path)
    assert isinstance(found, dict | list | type(None)) or str(found) in row


def test_no_fact_is_listed_that_does_not_exist():
    facts = README.split("## All facts")[1].split("## Errors")[0]
    assert set(re.findall(r"^\| `([^`]+)` \|", facts, flags=re.MULTILINE)) == set(FACTS)


def test_the_sample_has_no_fact_that_is_not_documented():
    def leaves(facts: dict[str, Any], prefix: str = "") -> set[str]:
        names = set()
        for name, inner in facts.items():
            path = f"{prefix}{name}"
            deeper = isinstance(inner, dict) and path not in FACTS
            names |= leaves(inner, f"{path}.") if deeper else {path}
        return names

    assert leaves(SAMPLE) == set(FACTS)
