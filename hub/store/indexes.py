"""Indexes of words, which searches ask, and of the rows that one list shows."""

from sqlalchemy import Index, text

# Without these a word in an address, a number or a compound could not be found by itself.
JOINTS = "@._-/:+"
SEARCHED = 20_000  # characters of a text: PostgreSQL refuses more than 1 MB of different words


def searchable(words: str) -> str:
    """The words of a text, and its workspace as one more: the index then keeps tenants apart."""
    plain = f"translate(left({words}, {SEARCHED}), '{JOINTS}', '{' ' * len(JOINTS)}')"
    return f"(array_to_tsvector(ARRAY[workspace_id]) || to_tsvector('simple', {plain}))"


def told_of(requester: str) -> str:
    """What the customer may be called by."""
    names = (f"coalesce({requester} ->> '{name}', '')" for name in ("name", "email", "phone"))
    return " || ' ' || ".join(names)


WORDS = {  # what a search looks into, by table
    "conversations": searchable(f"external_id || ' ' || {told_of('requester')}"),
    "messages": searchable("text"),
    "escalations": searchable("coalesce(summary ->> 'subject', '')"),
}
# New words wait in a short list, so that no insert has many to file at once.
GIN = {"gin_pending_list_limit": 512}


def of_words(table: str) -> Index:
    """The index of a table's words."""
    return Index(
        f"ix_{table}_words", text(WORDS[table]), postgresql_using="gin", postgresql_with=GIN
    )


def of_some(table: str, name: str, where: str, *columns: str) -> Index:
    """An index of the rows that one list shows."""
    return Index(f"ix_{table}_{name}", *columns, postgresql_where=text(where))
