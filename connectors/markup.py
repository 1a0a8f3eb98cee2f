"""Plain text as HTML and back, for the desks whose messages are HTML."""

import html
import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    ("p", "div", "li", "ul", "ol", "tr", "table", "blockquote", "h1", "h2", "h3", "h4")
)
UNSEEN = frozenset(("script", "style", "head", "title"))
SPACE = re.compile(r"[ \t\r\n\f]+")  # what a browser draws as one space
INDENT = re.compile(r"^ +| {2,}", re.MULTILINE)


def as_html(text: str) -> str:
    """`text` escaped, with its line ends and its runs of spaces as a browser shows them."""
    escaped = html.escape(re.sub(r"\r\n?", "\n", text), quote=False)
    spaced = INDENT.sub(lambda found: "&nbsp;" * len(found[0]), escaped)
    return spaced.replace("\n", "<br>")


def as_text(markup: str) -> str:
    """What a person reads of `markup`, with the addresses of links; spaces are plain ones."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return "".join(reader.out).strip("\n")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.unseen = 0  # inside so many elements that nobody sees
        self.link, self.linked = "", 0  # the open link, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN
        if tag == "br":
            self.out.append("\n")
        elif tag in BLOCKS:
            self._new_line()
        elif tag == "a":
            self.link, self.linked = dict(attrs).get("href") or "", len(self.out)

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN and self.unseen > 0
        if tag in BLOCKS:
            self._new_line()
        elif tag == "a":
            self._end_link()

    def handle_data(self, data: str) -> None:
        text = SPACE.sub(" ", data)
        text = text.lstrip(" ") if self._at_start() else text
        if text and not self.unseen:
            self.out.append(text.replace("\xa0", " "))

    def _end_link(self) -> None:
        """The address after the words, unless they are the address."""
        shown = "".join(self.out[self.linked :])
        if self.link.startswith(("http://", "https://")) and self.link not in shown:
            self.out.append(f" ({self.link})")
        self.link = ""

    def _new_line(self) -> None:
        if not self._at_start():
            self.out.append("\n")

    def _at_start(self) -> bool:
        return not self.out or self.out[-1].endswith("\n")
