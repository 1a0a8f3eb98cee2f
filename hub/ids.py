"""Identifiers: a prefix that tells the noun, and a UUIDv7 in Crockford's base32.

They sort by time of birth (https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-7), so that
"newest first" is an index scan on the primary key. The 12 bits after the milliseconds count on
within the millisecond (its method 3), so that the lines of one transaction keep their order.
"""

import hashlib
import os
import time
from datetime import datetime

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = tuple(a + b for a in ALPHABET for b in ALPHABET)
PREFIXES = {
    "workspace": "wsp",
    "source": "src",
    "conversation": "con",
    "message": "msg",
    "event": "evt",
    "escalation": "esc",
    "ticket": "tic",
    "entry": "ent",
    "file": "fil",
    "change": "chg",
    "connection": "cxn",
    "route": "rou",
    "mapping": "map",
    "subscriber": "sub",
    "delivery": "dlv",
    "replay": "rpl",
    "user": "usr",
    "shift": "shf",
    "days_off": "off",
    "key": "key",
    "audit": "aud",
    "retry": "ret",
    "canned": "can",
    "erasure": "ers",
}


def new(noun: str) -> str:
    """A fresh id, e.g. `new("escalation")` -> `esc_06d4k3…`."""
    milliseconds, rest = divmod(time.time_ns(), 1_000_000)
    number = (milliseconds << 80) | (0x7 << 76) | (rest * 4096 // 1_000_000 << 64)
    number |= (0x2 << 62) | int.from_bytes(os.urandom(8)) >> 2
    return f"{PREFIXES[noun]}_{_base32(number)}"


def derived(noun: str, parent: str, *parts: object) -> str:
    """The same id for the same parts each time, as old as the row with the id `parent`."""
    digest = hashlib.sha256(repr((parent, *parts)).encode()).digest()
    number = (0x7 << 76) | (int.from_bytes(digest[:10]) & ~((0xF << 76) | (0x3 << 62)) | 0x2 << 62)
    return f"{PREFIXES[noun]}_{parent[-26:-16]}{_base32(number)[-16:]}"


def first(noun: str, moment: datetime) -> str:
    """The smallest id that could have been made at `moment` or later."""
    return f"{PREFIXES[noun]}_{_base32(max(0, int(moment.timestamp() * 1000)) << 80)}"


def _base32(number: int) -> str:
    return "".join([PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])
