"""`python -m connectors.new`: what it makes is right, and it refuses what cannot be."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors import new, registry
from connectors.base import Connector
from mappings import engine
from mappings.facts import SAMPLE
from tests.connectors import workshop
from tests.contract import way

LONGEST = "a_desk_with_the_longest_of_nam"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return workshop.copy(tmp_path_factory.mktemp("project"))


@pytest.fixture
def desk(project: Path) -> Iterator[str]:
    """A new desk of the project, for one test."""
    made = new.make("corner_desk", root=project)
    yield "corner_desk"
    for path in made:
        (project / path).unlink(missing_ok=True)
    shutil.rmtree(project / "connectors" / "corner_desk")


def test_the_command_says_what_it_made_and_what_is_next(project: Path) -> None:
    done = workshop.run(project, "connectors.new", "told_desk", "--title", "Told-Desk 2.0")
    made = [line.strip() for line in done.stdout.split("Next:")[0].splitlines()[1:]]
    folder = "connectors/told_desk"
    needed = [f"{folder}/{name}.py" for name in ("__init__", "config", "connector", "webhook")]
    needed += [f"{folder}/sandbox.py", f"{folder}/README.md", "mappings/defaults/told_desk.yaml"]
    assert set(needed) <= set(made) and "tests/desks/told_desk/test_sandbox.py" in made
    assert all((project / path).is_file() for path in made)
    assert "pytest tests/contract -k told_desk" in done.stdout
    assert "docs/add-a-connector.md" in done.stdout
    texts = {path: (project / path).read_text("utf-8") for path in made}
    assert "# Told-Desk 2.0" in texts[f"{folder}/README.md"]
    assert "class ToldDesk(Connector)" in texts[f"{folder}/connector.py"]
    for path, text in texts.items():
        assert not [w for w in ("_template", "new_desk", "NewDesk", "New Desk") if w in text], path


def test_the_command_refuses_in_a_sentence(project: Path) -> None:
    done = workshop.run(project, "connectors.new", "told_desk_2", "--title", "Told & Sons")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("Nothing was made: the title 'Told & Sons' is not")
    assert not (project / "connectors" / "told_desk_2").exists()


def test_a_new_desk_fails_the_contract_and_is_told_what_to_write(project: Path, desk: str) -> None:
    slow = "--ignore=tests/contract/test_faults.py"
    done = workshop.contract(project, desk, "tests/contract", slow)
    assert done.returncode == 1, done.stdout + done.stderr
    told = workshop.counts(done)
    assert told["failed"] == 1 and told["waiting"] > 100 and told["passed"] > 10, told
    assert "corner_desk is not finished. Write this next" in done.stdout
    sandbox, last = "connectors/corner_desk/sandbox.py:", "Then: sandbox_fields.py (1)"
    assert done.stdout.index(sandbox) < done.stdout.index(last)
    assert "wait for create_ticket (connectors/corner_desk/connector.py:" in done.stdout
    assert "Traceback" not in done.stdout and len(done.stdout.splitlines()) < 70


def test_an_error_that_many_tests_of_an_unfinished_desk_meet_is_shown_once(
    project: Path, desk: str
) -> None:
    config = project / "connectors" / desk / "config.py"
    text = config.read_text("utf-8")
    config.write_text(text.replace("    token: SecretStr", "    api_key: SecretStr"), "utf-8")
    done = workshop.contract(project, desk, "tests/contract/test_tickets.py")
    told = workshop.counts(done)
    assert done.returncode == 1 and told["waiting"] > 15, done.stdout
    # Its traceback once; pytest's summary cuts its line unless the environment has CI.
    shown = [line for line in done.stdout.splitlines() if line.startswith("E ")]
    assert sum("Field required" in line for line in shown) == 1 and "api_key" in done.stdout
    assert "validation errors for Config (desk.py:" in done.stdout


def test_every_call_of_the_contract_has_a_note_with_its_promise() -> None:
    found = {note.call: note for note in way.notes(new.TEMPLATE / "connector.py")}
    assert "with a cheap read" in str(found["verify"])
    in_webhook_py = {"verify_signature", "parse_webhook"}
    optional = {"fields", "read_changes"}
    assert set(found) == set(Connector.__abstractmethods__) - in_webhook_py | optional
    assert len(list(way.notes(new.TEMPLATE / "webhook.py"))) == 2


@pytest.mark.parametrize("file", ["README.md", "sandbox.py"])
def test_a_desk_without_a_readme_or_a_sandbox_fails_the_suite(
    project: Path, desk: str, file: str
) -> None:
    (project / "connectors" / desk / file).unlink()
    done = workshop.contract(project, desk, "tests/contract/test_folder.py")
    assert done.returncode == 1
    assert f"corner_desk/{file} is missing" in done.stdout


def test_every_folder_of_a_desk_is_found() -> None:
    here = Path(registry.__file__).parent
    folders = {path.name for path in here.iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert folders == set(registry.built_in())


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("Zendesk2", "lower-case"),
        ("my-desk", "lower-case"),
        ("2desk", "lower-case"),
        ("desk_", "lower-case"),
        ("../desk", "lower-case"),
        ("", "lower-case"),
        ("x" * 31, "at most 30"),
        ("class", "cannot be"),
        ("zendesk", "there is a desk called zendesk already"),
        ("http", "connectors/http.py is a module"),
        ("ticket", "its class would be Ticket, which is taken; try ticket_desk"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(
    tmp_path: Path, name: str, why: str
) -> None:
    for file in ("http.py", "base.py"):
        (tmp_path / "connectors").mkdir(exist_ok=True)
        (tmp_path / "connectors" / file).touch()
    with pytest.raises(new.Refused, match=why):
        new.make(name, root=tmp_path)
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == ["base.py", "http.py"]


def test_nothing_is_made_when_one_of_its_files_is_there(tmp_path: Path) -> None:
    mapping = tmp_path / "mappings" / "defaults" / "corner_desk.yaml"
    mapping.parent.mkdir(parents=True)
    mapping.write_text("mine")
    with pytest.raises(new.Refused, match=r"corner_desk\.yaml exists"):
        new.make("corner_desk", root=tmp_path)
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [mapping]
    assert mapping.read_text() == "mine"


@pytest.mark.parametrize("name", ["a", "m1", "zz_top", LONGEST])
def test_the_linter_has_nothing_against_a_new_desk(tmp_path: Path, name: str) -> None:
    shutil.copy(workshop.ROOT / "pyproject.toml", tmp_path)
    new.make(name, root=tmp_path, title="M" * 30)
    new.make(name, outside=tmp_path / "own", title="M" * 30)
    for words in (["check"], ["format", "--check"]):
        done = workshop.run(tmp_path, "ruff", *words, "--no-cache", ".")
        assert done.returncode == 0, done.stdout


def test_the_mapping_of_a_new_desk_makes_a_ticket(tmp_path: Path) -> None:
    new.make("corner_desk", root=tmp_path)
    text = (tmp_path / "mappings" / "defaults" / "corner_desk.yaml").read_text("utf-8")
    mapping = engine.load(text)
    assert mapping.desk == "corner_desk"
    assert engine.render(mapping, SAMPLE)["priority"] == "high"
