"""A copy of this project in which desks are made, as an engineer would make them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.contract import way

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "little_desk"
# The contract needs no plugin of pytest, and to import those that are installed takes 2.5 s.
ALONE = {"PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
PARTS = ("connectors", "docs", "hub", "mappings", "tests", "webhooks")


def copy(folder: Path) -> Path:
    """The project's code in a new folder."""
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def run(
    folder: Path, *words: object, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """`python -m words` in a folder, apart from the test run that this test belongs to."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=folder,
        env=own | ALONE | (env or {}),
        capture_output=True,
        text=True,
        timeout=300,
    )


def contract(folder: Path, desk: str, *more: object) -> subprocess.CompletedProcess[str]:
    """The contract's tests on one desk, with every outcome counted at the end."""
    return run(folder, "pytest", "-p", "no:cacheprovider", *more, "-o", "addopts=", "-k", desk)


def counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """How many tests passed, failed, wait ..., as pytest's last line says."""
    last = done.stdout.strip().splitlines()[-1]
    return {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last)}


def finish(desk: Path, *others: Path) -> None:
    """What is left after the engineer has written the example: the notes are taken out."""
    for path in [*desk.iterdir(), *others]:
        if path.suffix in (".py", ".md", ".yaml"):
            lines = path.read_text("utf-8").splitlines(keepends=True)
            told = {n for note in way.notes(path) for n in range(note.line, note.end)}
            kept = [line for number, line in enumerate(lines, 1) if number not in told]
            path.write_text("".join(kept), "utf-8")
