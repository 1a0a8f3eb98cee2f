"""The dialects that we understand, by name."""

from webhooks.dialects import bookbag, standard
from webhooks.dialects.base import Delivery, Dialect

__all__ = ["DIALECTS", "Delivery", "Dialect", "get"]

DIALECTS: dict[str, Dialect] = {"bookbag": bookbag, "standard": standard}


def get(name: str) -> Dialect:
    """The dialect called `name`; KeyError if there is none."""
    return DIALECTS[name]
