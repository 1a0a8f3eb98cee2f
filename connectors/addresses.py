"""Whether what a customer typed as an email address is one that desks take."""

import re

from connectors.text import clean

LONGEST = 254  # characters, of an address that can be sent to (RFC 5321)
ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def usable_email(text: str | None) -> str | None:
    """The address without the blanks around it; None for what desks refuse or nobody reaches."""
    address = clean(text or "").strip()
    return address if len(address) <= LONGEST and ADDRESS.fullmatch(address) else None
