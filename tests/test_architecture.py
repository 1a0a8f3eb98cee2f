"""Who may import whom, and where the outside libraries live."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = {"hub", "connectors", "mappings", "webhooks"}
MAY_IMPORT = {
    "mappings": {"mappings"},
    "connectors": {"connectors"},
    "webhooks": {"webhooks", "connectors"},
    "hub": OURS,
}
ONLY_IN_HUB = {"flask", "sqlalchemy", "psycopg", "asyncpg", "pgqueuer", "alembic", "apscheduler"}
ONLY_THERE = {
    "pgqueuer": {"hub/jobs.py", "hub/taking.py"},
    "asyncpg": {"hub/taking.py"},
    "apscheduler": {"hub/clock.py"},
    "gunicorn": {"hub/wsgi.py"},
    "structlog": {"hub"},
    "opentelemetry": {"hub/tracing.py"},
}


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """The modules that a file imports, whole names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {node.module or ""} | {f"{node.module}.{a.name}" for a in node.names}
    return frozenset(found)


def tops(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_a_package_imports_only_what_stands_below_it(package: str) -> None:
    wrong = {
        name(path): sorted(seen)
        for path in files(package)
        if (seen := (tops(path) & OURS) - MAY_IMPORT[package])
    }
    assert wrong == {}


@pytest.mark.parametrize("package", ["mappings", "connectors", "webhooks"])
def test_only_the_hub_knows_the_web_the_database_and_the_clock(package: str) -> None:
    wrong = {name(p): sorted(seen) for p in files(package) if (seen := tops(p) & ONLY_IN_HUB)}
    assert wrong == {}


@pytest.mark.parametrize("library", sorted(ONLY_THERE))
def test_a_library_that_may_be_exchanged_is_known_in_one_place(library: str) -> None:
    places = ONLY_THERE[library]
    wrong = [
        name(path)
        for package in OURS
        for path in files(package)
        if library in tops(path) and not any(name(path).startswith(place) for place in places)
    ]
    assert wrong == []


def test_desks_never_import_each_other() -> None:
    wrong = []
    for folder in (ROOT / "connectors").iterdir():
        if not folder.is_dir() or folder.name.startswith("_"):
            continue
        for path in folder.rglob("*.py"):
            for module in imports(path):
                parts = module.split(".")
                other = parts[1] if parts[0] == "connectors" and len(parts) > 1 else folder.name
                is_desk = (ROOT / "connectors" / other).is_dir()
                if is_desk and other != folder.name:
                    wrong.append(f"{name(path)} imports {module}")
    assert wrong == []


def test_a_connector_is_not_written_with_the_sandbox_at_hand() -> None:
    wrong = [
        name(path)
        for path in files("connectors")
        if path.name in {"connector.py", "webhook.py", "config.py", "base.py", "http.py"}
        and any("sandbox" in module for module in imports(path))
    ]
    assert wrong == []


def test_only_the_handover_changes_who_speaks() -> None:
    wrong = [
        name(path)
        for path in files("hub")
        if "set_speaker(" in path.read_text()
        and name(path) not in {"hub/store/conversations.py", "hub/pipeline/handover.py"}
    ]
    assert wrong == []


def test_only_the_worker_catches_every_error_of_a_connector() -> None:
    """Elsewhere an error is caught where something can be decided: the single ones, not all."""
    catchers = set()
    for path in files("hub"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                caught = {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
                if caught & {"Retryable", "Exception", "BaseException"}:
                    catchers.add(name(path))
    assert catchers <= {
        "hub/worker.py",
        "hub/cli.py",  # told as a sentence, or raised again
        "hub/api/answering.py",  # a bug in a view: logged, and a problem document
        "hub/crowd.py",  # raised again for each who waits
        "hub/taking.py",  # hands the worker's own failure to the queue
        "hub/postgres.py",  # releases its lock and raises again
    }
