"""Tabs of a real browser, for tests that use the console as a person does."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.console.office import PASSWORD

WIDE: ViewportSize = {"width": 1280, "height": 800}
NARROW: ViewportSize = {"width": 360, "height": 740}
PATIENCE = 60_000  # milliseconds; machines are slow

# A page is there before its modules have run, and a link that they help with is an ordinary link
# till then. They run before `DOMContentLoaded`:
# https://html.spec.whatwg.org/multipage/parsing.html#the-end
_TELL = (
    "addEventListener('DOMContentLoaded', () => { document.documentElement.dataset.read = ''; })"
)
_UNREAD = "html:not([data-read])"


@contextmanager
def open_tab(
    chromium: Browser, site: str, *, forgiven: tuple[str, ...] = (), **how: Any
) -> Iterator[Page]:
    """A tab of a browser of its own, in which nobody has signed in.

    Whatever is done or expected in it waits until the page's scripts have run. Leaving fails if
    the browser complained of anything that holds none of the `forgiven` words. `how` is what
    `new_context` takes.

    Leaving closes every page. Nothing else may close one that is on its way to another: with
    Playwright 1.65, Chromium 156 soon leaves that unanswered (six trials, the sixth such close at
    the latest). The end of a context it answered 80 times of 80.
    """
    complaints: list[str] = []
    context = chromium.new_context(base_url=site, **{"viewport": WIDE, **how})
    context.add_init_script(_TELL)
    tab = context.new_page()
    tab.add_locator_handler(tab.locator(_UNREAD), lambda: None)
    tab.set_default_timeout(PATIENCE)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda problem: complaints.append(str(problem)))
    yield tab
    context.close()
    assert [one for one in complaints if not any(words in one for words in forgiven)] == []


def sign_in(tab: Page, email: str, *, at: str | None = "/sign-in") -> None:
    """As a person does it, where the tab is if `at` is None; returns when somebody is signed in."""
    if at:
        tab.goto(at)
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("button", name="Sign out").first).to_be_attached()


def press(tab: Page, *keys: str) -> None:
    """Keys for whatever has the focus, once the page's scripts have run: no locator waits here."""
    expect(tab.locator(_UNREAD)).to_have_count(0)
    for key in keys:
        tab.keyboard.press(key)
