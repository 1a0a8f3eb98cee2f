"""The whole database into a file, and back."""

import json
import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.house import House
    from hub.settings import Settings


def backup(given: Namespace) -> None:
    """Write the whole database to a file, while the hub runs or not."""
    from hub.backup import taking

    with _house(alone=False) as house:
        manifest = taking.take(house, Path(given.file), _say)
    _tell(given.file, manifest)


def restore(given: Namespace) -> None:
    """Bring a backup back into an empty database; nobody else may be at it."""
    from hub.backup import restoring

    with _house(alone=True) as house:
        manifest = restoring.restore(house, Path(given.file), _say)
    _tell(given.file, manifest)


@contextmanager
def _house(*, alone: bool) -> "Iterator[House]":
    """The house; the hub's own database is started for it if it does not run."""
    from hub import house, settings
    from hub.postgres import Embedded

    chosen = settings.read(settings.beside(os.environ))
    with ExitStack() as stack:
        if chosen.embedded and (alone or not _answers(chosen)):
            stack.enter_context(Embedded(chosen.data_dir))
        built = house.build(chosen, pool=1)
        stack.callback(built.close)
        yield built


def _answers(chosen: "Settings") -> bool:
    import psycopg

    try:
        psycopg.connect(chosen.database_url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _tell(file: str, manifest: dict[str, Any]) -> None:
    counts = {name: table["rows"] for name, table in manifest["tables"].items()}
    told = {name: manifest[name] for name in ("made_at", "revision")}
    whole = {"file": file, **told, "keys": list(manifest["keys"]), "rows": sum(counts.values())}
    print(json.dumps(whole, ensure_ascii=False, indent=2))
