"""The customer as Help Scout takes one: by an email address, which it finds or makes."""

import hashlib
from typing import Any

from connectors.help_scout.config import NAME_LIMIT, NO_MAIL
from connectors.transcript import clean
from connectors.types import Requester


def customer(who: Requester, key: str) -> dict[str, Any]:
    """The customer of a new conversation; nobody in particular gets an address by the key."""
    address = address_of(who) or _placeholder(f"key {key}")
    first, _, last = " ".join(clean(who.name or "").split()).partition(" ")
    names = {"firstName": first or "Customer", "lastName": last}
    return {"email": address} | {n: text[:NAME_LIMIT] for n, text in names.items() if text}


def address_of(who: Requester) -> str | None:
    """The customer's address, or one that gets no mail but is always the same for a bot's id."""
    if who.email:
        return who.email
    known = who.id or who.phone
    return _placeholder(f"bot {known}") if known else None


def _placeholder(known: str) -> str:
    return f"{hashlib.sha256(known.encode()).hexdigest()[:20]}@{NO_MAIL}"
