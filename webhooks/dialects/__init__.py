"""The dialects that we understand, by name."""

from collections.abc import Mapping
from typing import Any

from webhooks.dialects import bookbag, botpress, chatwoot, mapped, standard
from webhooks.dialects.base import Delivery, Dialect, Replying, Speaking, Told
from webhooks.errors import WrongField

__all__ = [
    "DIALECTS",
    "REPLYING",
    "SPEAKING",
    "Delivery",
    "Dialect",
    "Told",
    "check_options",
    "get",
]

SPEAKING: Mapping[str, Speaking] = {"botpress": botpress, "chatwoot": chatwoot}
REPLYING: Mapping[str, Replying] = {"botpress": botpress}
DIALECTS: Mapping[str, Dialect] = {
    "bookbag": bookbag,
    "botpress": botpress,
    "chatwoot": chatwoot,
    "json": mapped,
    "standard": standard,
}


def get(name: str) -> Dialect:
    """The dialect called `name`; KeyError if there is none."""
    return DIALECTS[name]


def check_options(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a source of this dialect as they are kept; WrongField names what is wrong."""
    if name == "json":
        return mapped.check_options(options)
    if options:
        raise WrongField([{"field": next(iter(options)), "message": "this dialect has no options"}])
    return {}
