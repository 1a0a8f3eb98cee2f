"""What Freshdesk makes of HTML: the text that a person reads, and back."""

import html
import re
from html.parser import HTMLParser

BLOCKS = frozenset(("p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "blockquote"))
SPACE = re.compile(r"[ \t\r\n\f]+")  # what a browser draws together


def rich(text: str) -> str:
    """Plain text as the editor of an agent makes it HTML."""
    lines = html.escape(text, quote=False).split("\n")
    return f"<div>{'<br>'.join(lines)}</div>"


def plain(markup: str) -> str:
    """The text of some HTML as a browser shows it."""
    reader = _Reader()
    reader.feed(markup.replace("\0", ""))
    reader.close()
    return "".join(reader.out).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.kept = 0  # inside so many <pre>

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "br":
            self.out.append("\n")
        elif tag in BLOCKS or tag == "pre":
            self._break()
        self.kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS or tag == "pre":
            self._break()
        self.kept -= tag == "pre"

    def handle_data(self, data: str) -> None:
        if self.kept:
            self.out.append(data)
            return
        text = SPACE.sub(" ", data)
        text = text.lstrip(" ") if self._at_start() else text
        if text:
            self.out.append(text)

    def _break(self) -> None:
        if not self._at_start():
            self.out.append("\n")

    def _at_start(self) -> bool:
        return not self.out or self.out[-1].endswith("\n")
