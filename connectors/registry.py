"""The desks that are installed: folders of this package and `hub.connectors` entry points."""

import functools
import importlib
import pkgutil
from importlib.metadata import entry_points
from pathlib import Path

from connectors.base import Connector


@functools.cache
def names() -> tuple[str, ...]:
    """Every desk's name, sorted; nothing is imported for it."""
    folders = {m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.ispkg}
    outside = {point.name for point in entry_points(group="hub.connectors")}
    return tuple(sorted({n for n in folders | outside if not n.startswith("_")}))


@functools.cache
def get(name: str) -> type[Connector]:
    """The connector class of a desk; `KeyError` with the known names for any other."""
    if name not in names():
        raise KeyError(f"no desk is called {name!r}; known are {', '.join(names())}")
    for point in entry_points(group="hub.connectors"):
        if point.name == name:
            found: type[Connector] = point.load()
            return found
    module = importlib.import_module(f"connectors.{name}")
    connector: type[Connector] = module.CONNECTOR
    return connector
