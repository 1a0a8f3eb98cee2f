"""Text that every desk and the hub's database can hold."""


def clean(text: str) -> str:
    """`text` without NUL, which several desks refuse, and with lone surrogates replaced."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()
