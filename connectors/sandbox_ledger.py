"""What really happened at the sandbox desks: append-only, the oracle of tests."""

import hashlib
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

EXCERPT = 200  # characters of a text that an entry shows


class Ledger:
    """One numbered list of everything that changed at any desk."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.lock = threading.Lock()
        self.entries: list[dict[str, Any]] = []

    def add(self, desk: str, call: str, **facts: Any) -> None:
        """Write down one `call`; a `text` among the facts is kept as hash, length and excerpt."""
        if "text" in facts:
            facts |= told(facts.pop("text"))
        entry = {"desk": desk, "call": call, "ticket_id": None, "key": None} | facts
        with self.lock:
            place = {"seq": len(self.entries) + 1, "at": self.now().isoformat()}
            self.entries.append(place | entry)

    def since(
        self, after: int = 0, desk: str | None = None, call: str | None = None
    ) -> list[dict[str, Any]]:
        """The entries after number `after`, of one desk and one call if given."""
        with self.lock:
            later = self.entries[after:]
        return [e for e in later if desk in (None, e["desk"]) and call in (None, e["call"])]


def told(text: str) -> dict[str, Any]:
    """What the ledger keeps of a text, so that order and wholeness can be checked."""
    return {
        "text": text[:EXCERPT],
        "length": len(text),
        "sha256": hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
    }
