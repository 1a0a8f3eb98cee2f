"""Intercom's bodies are HTML: made of plain words, cleaned, and read again."""

import html
import re
from html.parser import HTMLParser

ALLOWED = {"p", "br", "b", "strong", "i", "em", "ul", "ol", "li", "code", "pre", "h1", "h2"}
SILENT = {"script", "style"}


class _Cleaner(HTMLParser):
    """Keeps the allowed tags without their attributes, and every text in between."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self.silent += 1
        if tag in ALLOWED:
            self.out.append(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT and self.silent:
            self.silent -= 1
        if tag in ALLOWED and tag != "br":
            self.out.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.out.append(html.escape(data, quote=False))


def clean(body: str) -> str:
    """A body as Intercom keeps it: what is no allowed tag is gone, so unescaped text suffers."""
    cleaner = _Cleaner()
    cleaner.feed(body)
    cleaner.close()
    inner = "".join(cleaner.out)
    return inner if inner.startswith("<p>") else f"<p>{inner}</p>"


def from_words(text: str) -> str:
    """What the Inbox makes of the words that an agent types."""
    return "<p>" + html.escape(text, quote=False).replace("\n", "<br>") + "</p>"


def as_words(body: str | None) -> str:
    """A body as a person reads it."""
    text = re.sub(r"<br>\n?", "\n", body or "")
    text = re.sub(r"</(p|li|h1|h2|pre)>(?=.)", "\n", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "", text))
