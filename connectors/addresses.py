"""What customers type where an e-mail address is asked for: some of it is none."""

LONGEST = 254  # characters, as long as a mail server takes one: RFC 5321, 4.5.3.1.3
SPECIAL = frozenset('()<>[],;:\\"')  # RFC 5322: only within quotes, which no desk takes


def usable_email(text: str | None) -> str | None:
    """`text` without the blanks around it, or None for what is clearly no e-mail address.

    Each desk has a grammar of its own: what is doubtful passes.
    """
    address = (text or "").strip()
    name, _, domain = address.partition("@")
    labels = domain.split(".")
    whole = name and "@" not in domain and len(labels) > 1 and all(labels)
    plain = " " not in address and address.isprintable() and SPECIAL.isdisjoint(address)
    return address if whole and plain and len(address) <= LONGEST else None
