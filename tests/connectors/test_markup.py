"""Plain text as HTML and back."""

import pytest

from connectors.markup import as_html, as_text


def test_what_a_person_typed_cannot_become_markup() -> None:
    assert as_html("<b>&amp;</b> \"q\" 'q'") == "&lt;b&gt;&amp;amp;&lt;/b&gt; \"q\" 'q'"


def test_lines_and_indents_are_kept_as_a_browser_shows_them() -> None:
    assert as_html("a\r\n  b  c\rd") == "a<br>&nbsp;&nbsp;b&nbsp;&nbsp;c<br>d"


def test_html_reads_as_a_browser_shows_it() -> None:
    markup = "<p>a\n  b</p>\n<div>c&nbsp;d<br/>\ne &lt;f&gt;</div><script>alert(1)</script>"
    assert as_text(markup) == "a b\nc d\ne <f>"


@pytest.mark.parametrize(
    "text", ["a\nb", "a\n\nb", "  x  y", "語 👩‍👩‍👧 \u200b\u2028 z", "1 < 2 && 3"]
)
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert as_text(as_html(text)) == text


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('See <a href="https://x.example/y">here</a>.', "See here (https://x.example/y)."),
        ('<a href="https://x.example">https://x.example</a>', "https://x.example"),
        ('<a href="javascript:alert(1)">here</a>', "here"),
    ],
)
def test_a_link_keeps_its_address(markup: str, text: str) -> None:
    assert as_text(markup) == text
