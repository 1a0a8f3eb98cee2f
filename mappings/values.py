"""Whether a value is one that a field of a desk takes, and what to say when it is not."""

import difflib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from mappings.rules import is_empty

if TYPE_CHECKING:
    from mappings.fit import Field

MOST_TOLD = 8  # allowed values that a message lists
KINDS = {
    "text": "a text (put a number in quotes)",
    "number": "a number (without quotes)",
    "boolean": "true or false",
    "date": 'a date as text, "2026-11-22"',
    "choice": "one value",
    "choices": "a value or a list of them",
    "tags": "a text or a list of texts",
}


def complaint(field: "Field", value: Any) -> str | None:
    """Why the desk would refuse the value, or None."""
    if field.type == "other" or is_empty(value):
        return None
    items = value if isinstance(value, list) else [value]
    if isinstance(value, list) and field.type not in ("choices", "tags"):
        return f"is a list; `{field.path}` takes {KINDS[field.type]}"
    return next((wrong for item in items if (wrong := _of_one(field, item))), None)


def told(field: "Field") -> str:
    """The first of the allowed values, with their labels where those say more."""
    some = [_choice(c.value, c.label) for c in field.choices[:MOST_TOLD]]
    more = len(field.choices) - len(some)
    return ", ".join(some) + (f" and {more} more" if more > 0 else "")


def _of_one(field: "Field", value: Any) -> str | None:
    if field.choices:
        return None if field.others else _not_allowed(field, value)
    if not _fits(field, value):
        return f"{_shown(value)} does not fit: `{field.path}` takes {KINDS[field.type]}"
    if field.max is not None and isinstance(value, str) and len(value) > field.max:
        return f"has {len(value)} characters; `{field.path}` takes {field.max}: add `max`"
    return None


def _fits(field: "Field", value: Any) -> bool:
    if isinstance(value, dict):
        return False
    if field.as_text:
        return True
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if field.type == "number":
        return number
    if field.type == "boolean":
        return isinstance(value, bool)
    if field.type == "date":
        return isinstance(value, str) and _is_date(value)
    return isinstance(value, str) if field.type in ("text", "tags") else True


def _is_date(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _not_allowed(field: "Field", value: Any) -> str | None:
    parts = [value]
    if field.type == "choices" and isinstance(value, str):
        parts = [part.strip() for part in value.split(";")]
    wrong = next((part for part in parts if not _among(field, part)), None)
    if wrong is None:
        return None
    message = f"{_shown(wrong)} is not allowed: `{field.path}` takes {told(field)}"
    return f"{message}; did you mean {close}?" if (close := _meant(field, wrong)) else message


def _among(field: "Field", value: Any) -> bool:
    if field.as_text:
        value = str(value).lower() if isinstance(value, bool) else str(value)
        return value in [str(choice.value) for choice in field.choices]
    return any(type(c.value) is type(value) and c.value == value for c in field.choices)


def _meant(field: "Field", value: Any) -> str | None:
    words: dict[str, str] = {}
    for choice in field.choices:
        shown = _shown(choice.value)
        words |= {choice.label.casefold(): shown, str(choice.value).casefold(): shown}
    close = difflib.get_close_matches(str(value).casefold()[:80], words, n=1)
    return words[close[0]] if close else None


def _choice(value: Any, label: str) -> str:
    return _shown(value) if label == str(value) else f"{_shown(value)} ({label})"


def _shown(value: Any) -> str:
    """As the mapping would write it: a text that looks like a number in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)[:80]
    return f'"{text}"' if isinstance(value, str) and text.lstrip("-").isdecimal() else f"`{text}`"
