"""What each command does. Heavy modules are imported where they are used: `--help` is quick."""

import json
import os
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.house import House

ACTOR = "cli"  # in the audit


class BadFile(Exception):
    """A file that cannot be used; the message says why."""


@contextmanager
def built() -> "Iterator[House]":
    """The house of the settings; beside a running `up`, of that one's."""
    from hub import house, settings

    made = house.build(settings.read(settings.beside(os.environ)), pool=2)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def opened(given: Namespace) -> "Iterator[tuple[House, str]]":
    """The house, and the workspace that the command names."""
    from hub import admin

    with built() as house:
        with house.store.transaction() as tx:
            workspace_id = admin.workspace(tx, given.workspace)["id"]
        yield house, workspace_id


def show(value: Any) -> None:
    """Print it as JSON."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def told(problem: Exception) -> tuple[str, int] | None:
    """A sentence and an exit code for what a person can do something about, None for a bug."""
    from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError, TimeoutError

    from connectors.errors import ConnectorError
    from hub import admin
    from hub.backup.archive import BadArchive
    from hub.cluster import EmbeddedError
    from hub.setting_values import BadSetting

    if isinstance(problem, BadArchive | EmbeddedError):
        return str(problem), 1
    if isinstance(problem, BadSetting | admin.BadInput | admin.Conflict | admin.Unknown | BadFile):
        return str(problem.args[0] if isinstance(problem, LookupError) else problem), 2
    if isinstance(problem, ConnectorError):
        return f"The desk does not go along: {problem}", 1
    if isinstance(problem, OperationalError | InterfaceError | TimeoutError):
        why = str(getattr(problem, "orig", None) or problem).strip().splitlines()[0]
        return f"The database does not answer ({why}). Is the hub running, or DATABASE_URL set?", 1
    if isinstance(problem, ProgrammingError) and "UndefinedTable" in repr(problem.orig):
        return "The database has no schema: run `python -m hub migrate`.", 1
    return None
