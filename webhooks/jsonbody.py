"""Reads the JSON of a stranger: strict, linear in time, and bounded in memory.

What passes can be stored in PostgreSQL as it is: no NUL, no lone surrogate, no NaN. A megabyte
of brackets costs what a megabyte of text costs, because depth and number of containers are
counted on the bytes before a single Python object is made.
"""

import json
import math
import re
from typing import Any, NoReturn

from webhooks.errors import Unreadable

MAX_BODY = 1_048_576  # bytes; the reader of the request keeps to it (`inbound.read_body`)
MAX_DEPTH = 64
MAX_CONTAINERS = 50_000  # objects and lists together: 20 bytes each in the largest body

NOT_BRACKETS = bytes(set(range(256)) - set(b'[]{}"'))
SQUARE = bytes.maketrans(b"{}", b"[]")
# An even number of backslashes before it, else the backslash itself is escaped.
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`, which holds nothing that a later step would choke on; Unreadable
    otherwise."""
    _check_shape(body)
    if b"\\u0000" in body and ESCAPED_NUL.search(body):
        raise Unreadable("a string holds NUL (\\u0000)")
    value = _decode(body)
    if not isinstance(value, dict):
        raise Unreadable("the body is not a JSON object")
    if ESCAPED_SURROGATE.search(body):
        _refuse_lone_surrogates(value)
    return value


def _check_shape(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    brackets = _brackets(body)
    if len(brackets) > 2 * MAX_CONTAINERS:
        raise Unreadable(f"more than {MAX_CONTAINERS} objects and lists")
    for _ in range(MAX_DEPTH):
        if not brackets:
            return
        brackets = brackets.replace(b"[]", b"")  # the innermost level of all
    if brackets:
        raise Unreadable(f"nested deeper than {MAX_DEPTH}, or brackets that do not match")


def _brackets(body: bytes) -> bytes:
    """The brackets outside strings, all as square ones."""
    unescaped = body.replace(b"\\\\", b"").replace(b'\\"', b"")
    # Without escapes every quote begins or ends a string.
    return b"".join(unescaped.translate(SQUARE, NOT_BRACKETS).split(b'"')[::2])


def _decode(body: bytes) -> Any:
    try:
        return DECODER.decode(body.decode())
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"not JSON: {error.msg} at character {error.pos}") from None
    except ValueError:
        # int() is quadratic, so Python stops at sys.get_int_max_str_digits(), 4300.
        raise Unreadable("a number has too many digits") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Unreadable("an object has the same key twice")
    return found


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Unreadable("a number is too large")
    return number


def _constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is not JSON")


DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)


def _refuse_lone_surrogates(value: dict[str, Any]) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise Unreadable("a string holds half a surrogate pair") from None
