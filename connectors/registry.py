"""The desks that are installed: folders of this package, and packages with an entry point.

A package brings a desk by an entry point of the group `hub.connectors`: its name is the desk's, its
value is `package:CONNECTOR`, where `package` has `sandbox.py`, `README.md` and `mapping.yaml` too.
"""

import functools
import importlib
import pkgutil
import re
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from connectors.base import Connector

GROUP = "hub.connectors"
NATIVE = "live_chat"  # the hub's own desk, which nobody connects to
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@functools.cache
def names() -> tuple[str, ...]:
    """Every desk's name, sorted; nothing is imported for it."""
    return tuple(sorted({*built_in(), *_brought()}))


@functools.cache
def built_in() -> tuple[str, ...]:
    """The desks that are folders of this package, sorted."""
    found = pkgutil.iter_modules([str(Path(__file__).parent)])
    return tuple(sorted(m.name for m in found if m.ispkg and not m.name.startswith("_")))


def home(name: str) -> str:
    """The import name of the package that has a desk's connector, sandbox and README."""
    point = _brought().get(name)
    return point.module if point else f"connectors.{name}"


@functools.cache
def get(name: str) -> type[Connector]:
    """The connector class of a desk; `KeyError` with the known names for any other."""
    if name not in names():
        raise KeyError(f"no desk is called {name!r}; known are {', '.join(names())}")
    connector = getattr(importlib.import_module(home(name)), "CONNECTOR", None)
    if not (isinstance(connector, type) and issubclass(connector, Connector)):
        raise TypeError(f"{home(name)} has no CONNECTOR that is a Connector")
    if connector.name != name:
        raise TypeError(f"{home(name)}: the connector is called {connector.name!r}, not {name!r}")
    return connector


@functools.cache
def _brought() -> dict[str, EntryPoint]:
    """The entry points of other packages by desk; `ValueError` for a name that is taken or odd."""
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=GROUP):
        where = f"the entry point {point.name} = {point.value} of the group {GROUP}"
        if not NAME.fullmatch(point.name):
            raise ValueError(f"{where}: a desk's name is lower-case words joined by _")
        known = {name: f"connectors/{name}" for name in built_in()}
        known |= {name: other.value for name, other in found.items()}
        if known.get(point.name, point.value) != point.value:
            raise ValueError(f"{where}: there is another desk of this name, {known[point.name]}")
        found[point.name] = point
    return found
