"""Little Desk, the worked example of docs/add-a-connector.md: made, written, and right."""

import re
import shutil
import textwrap
from pathlib import Path

import pytest

from connectors import new
from tests.connectors import workshop
from tests.contract import way
from tests.pages import blocks

# What does not apply to a desk whose token is copied from its pages, and never dies.
LEFT_OUT = {
    "this desk's credentials are fixed",
    "this desk has no page on which a person lets the hub in",
}
PAGE = workshop.ROOT / "docs" / "add-a-connector.md"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project to which Little Desk was added as the page says."""
    folder = workshop.copy(tmp_path_factory.mktemp("project"))
    made = workshop.run(folder, "connectors.new", "little_desk")
    assert made.returncode == 0, made.stderr
    shutil.copytree(workshop.EXAMPLE, folder / "connectors" / "little_desk", dirs_exist_ok=True)
    mapping = folder / "mappings" / "defaults" / "little_desk.yaml"
    tests = folder / "tests" / "desks" / "little_desk" / "test_sandbox.py"
    workshop.finish(folder / "connectors" / "little_desk", mapping, tests)
    return folder


def test_it_passes_every_test_of_the_contract(project: Path) -> None:
    suite = ("tests/contract", "tests/desks/little_desk")
    done = workshop.contract(project, "little_desk", *suite, "-rs")
    told = workshop.counts(done)
    assert done.returncode == 0, done.stdout
    assert told["passed"] > 370 and set(told) <= {"passed", "skipped", "deselected"}, told
    why = set(re.findall(r"^SKIPPED .*?:\d+: (.*)$", done.stdout, re.MULTILINE))
    assert why == LEFT_OUT


def test_the_checks_have_nothing_against_it(project: Path) -> None:
    for words in (["ruff", "check", "--no-cache"], ["ruff", "format", "--check", "--no-cache"]):
        done = workshop.run(project, *words, "connectors/little_desk", "tests/desks/little_desk")
        assert done.returncode == 0, done.stdout
    done = workshop.run(project, "mypy", "connectors/little_desk")
    assert done.returncode == 0, done.stdout


def test_what_the_page_quotes_is_the_example() -> None:
    whole = [path.read_text("utf-8") for path in workshop.EXAMPLE.glob("*.py")]
    code = blocks(PAGE, "python")
    assert len(code) >= 5
    for block in code:
        for part in re.split(r"^ *# …$", block, flags=re.MULTILINE):
            quoted = part.strip("\n")
            method = textwrap.indent(quoted, "    ")  # shown without the class around it
            assert any(quoted in text or method in text for text in whole), part


def test_what_the_page_shows_of_the_suite_is_what_it_says() -> None:
    page = PAGE.read_text("utf-8").replace("connectors/little_desk", "connectors/_template")
    notes = {note.call: note for note in way.notes(new.TEMPLATE / "connector.py")}
    assert str(notes["verify"]) in page
    waiting = re.findall(r"wait for (\w+) \(\S+:(\d+)\)", page)
    assert waiting == [(call, str(notes[call].line)) for call, _ in waiting] and waiting
