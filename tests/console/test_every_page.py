"""Every page of the console in a real Chromium: policy, accessibility, width, keyboard, scripts.

Pages are found in the application's map and opened once each, in a house whose guests are called,
and write, what somebody would who wants to run a script in a teammate's browser. What the visits
brought is then looked at from one side a test.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page, Response
from werkzeug.serving import make_server

from connectors import sandbox
from hub import house as houses
from hub.app import create_app
from tests.conftest import settings_of
from tests.console.furnished import Furnished, furnished
from tests.console.office import PASSWORD
from tests.console.pages import addresses, is_page
from tests.console.payloads import PAYLOADS
from tests.databases import copied

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}
LEVEL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
AXE = """async (how) => (await axe.run(document, how)).violations.map((v) =>
  `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")}`)"""

# What no page of ours has: any of it would have come in with somebody's words.
FOREIGN = """() => {
  const found = [...document.querySelectorAll("iframe, object, embed, base, math, audio, video," +
    "script:not([src]), meta[http-equiv], [href^='javascript:' i], [action^='javascript:' i]")];
  const handlers = [...document.querySelectorAll("*")].filter((one) =>
    one.getAttributeNames().some((name) => name.startsWith("on") || name === "srcdoc"));
  return [...found, ...handlers].map((one) => one.outerHTML.slice(0, 120));
}"""
WIDER = """() => [...document.body.querySelectorAll("*")]
  .filter((one) => document.documentElement.scrollWidth > innerWidth
    && one.getBoundingClientRect().right > innerWidth + 1 && one.checkVisibility())
  .slice(0, 3).map((one) => one.outerHTML.slice(0, 120))"""
# The skip link is the first stop; from it Enter and Tab lead into the content.
STOPPING = ":is(a[href], button, input:not([type=hidden]), select, textarea, summary)"
FIRST_STOP = f"() => document.querySelector('{STOPPING}')?.className"
STOPS = f"""() => [...document.querySelectorAll("main {STOPPING}")]
  .filter((one) => one.checkVisibility() && !one.disabled).length"""
INSIDE = "() => document.activeElement.closest('main') !== null"


@dataclass
class Visit:
    """What a page was like."""

    path: str
    status: int
    policy: str = ""
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    wider: list[str] = field(default_factory=list)
    axe: dict[str, list[str]] = field(default_factory=dict)
    keyboard: str | None = None


@pytest.fixture(scope="module")
def place(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Furnished]:
    """The furnished console, on loopback.

    Its desks are its own: others' may still repeat webhooks to hubs that are gone.
    """
    folder: Path = tmp_path_factory.mktemp("pages")
    with (
        sandbox.running() as desks,
        copied(server_url, "hub_pages") as url,
        furnished(settings_of(url, desks, folder)) as found,
    ):
        yield found


@pytest.fixture(scope="module")
def context(chromium: Chromium, place: Furnished) -> Iterator[BrowserContext]:
    """The owner's phone."""
    made = _phone(chromium, place.url)
    tab = made.new_page()
    tab.goto("/sign-in")
    tab.get_by_label("E-mail").fill("owner@example.com")
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in", exact=True).click()
    tab.wait_for_url("**/")
    tab.close()
    yield made
    made.close()


@pytest.fixture(scope="module")
def nobody(chromium: Chromium, place: Furnished, server_url: str) -> Iterator[BrowserContext]:
    """A phone before a hub that nobody has set up."""
    with copied(server_url, "hub_fresh") as url:
        house = houses.build(replace(place.house.settings, database_url=url))
        server = make_server("127.0.0.1", 0, create_app(house), threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        made = _phone(chromium, f"http://127.0.0.1:{server.server_port}")
        yield made
        made.close()
        server.shutdown()
        house.close()


@pytest.fixture(scope="module")
def visits(context: BrowserContext, nobody: BrowserContext, place: Furnished) -> dict[str, Visit]:
    """Every page, opened once; the first one of a hub that is new, too."""
    with place.house.store.transaction() as tx:
        found = addresses(place.app, tx, place.office.workspace, token=place.invitation)
        found |= {
            f"{endpoint} of the hostile one": place.app.url_map.bind("").build(
                endpoint, {"conversation_id": place.hostile}
            )
            for endpoint in ("conversations.one",)
        }
    cookies = {c["name"]: c["value"] for c in context.cookies()}
    pages = {name: path for name, path in found.items() if is_page(place.url + path, cookies)}
    assert len(pages) >= 15, pages
    first = _visits(nobody, {"sessions.setup": "/setup"})
    return first | _visits(context, pages)


def _phone(chromium: Chromium, url: str) -> BrowserContext:
    made = chromium.new_context(
        base_url=url,
        viewport=NARROW,  # type: ignore[arg-type]
        reduced_motion="reduce",  # a colour on its way to another has the contrast of neither
    )
    made.add_init_script("window.ran = (what) => { window.hasRun = what; }")
    return made


def _visits(context: BrowserContext, pages: dict[str, str]) -> dict[str, Visit]:
    tab = context.new_page()  # one for all: a fresh one would compile axe anew, 1 s a page
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda problem: complaints.append(str(problem)))
    tab.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
    seen = {name: _visit(tab, path, complaints) for name, path in pages.items()}
    tab.close()
    return seen


def _visit(tab: Page, path: str, complaints: list[str]) -> Visit:
    complaints.clear()
    answer = tab.goto(path, wait_until="load")
    assert answer is not None
    visit = _look(tab, path, answer)
    tab.evaluate(AXE_SCRIPT)
    for scheme, rules in (("light", None), ("dark", "color-contrast")):
        tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        visit.axe[scheme] = _axe(tab, rules)
    tab.emulate_media(color_scheme="light")
    visit.keyboard = _keyboard(tab)
    if tab.evaluate("window.hasRun") is not None:
        complaints.append("a payload ran")
    visit.complaints = [text for text in complaints if not _expected(text, visit)]
    return visit


def _look(tab: Page, path: str, answer: Response) -> Visit:
    policy = answer.headers.get("content-security-policy", "")
    return Visit(
        path, answer.status, policy, foreign=tab.evaluate(FOREIGN), wider=tab.evaluate(WIDER)
    )


def _expected(complaint: str, visit: Visit) -> bool:
    """Chromium says in its console that a page was answered 4xx: that is the page's point."""
    return visit.status >= 400 and f"status of {visit.status}" in complaint


def _axe(tab: Page, rule: str | None) -> list[str]:
    how: dict[str, Any] = {"resultTypes": ["violations"]}
    how["runOnly"] = (
        {"type": "rule", "values": [rule]} if rule else {"type": "tag", "values": LEVEL}
    )
    found: list[str] = tab.evaluate(AXE, how)
    return found


def _keyboard(tab: Page) -> str | None:
    """What is in the way of somebody without a mouse."""
    if "skip" not in (tab.evaluate(FIRST_STOP) or ""):
        return "the skip link is not the first stop"
    tab.locator(".skip").focus()
    tab.keyboard.press("Enter")
    stops = tab.evaluate(STOPS)
    tab.keyboard.press("Tab")
    if stops and not tab.evaluate(INSIDE):
        return "Tab does not lead from the skip link into the content"
    return None


Told = Callable[[Visit], Any]


def wrong(visits: dict[str, Visit], told: Told) -> dict[str, Any]:
    """What there is to tell of each page."""
    return {name: found for name, visit in visits.items() if (found := told(visit))}


def test_every_page_opens(visits: dict[str, Visit]) -> None:
    refused = wrong(visits, lambda visit: visit.status if visit.status in (403, 404) else None)
    broken = wrong(visits, lambda visit: visit.status if visit.status >= 500 else None)
    assert (refused, broken) == ({}, {})


def test_no_page_allows_inline_scripts_or_styles(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: "default-src 'self'" not in visit.policy) == {}
    assert wrong(visits, lambda visit: "unsafe" in visit.policy) == {}


def test_the_browser_complains_of_nothing_and_nothing_ran(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.complaints) == {}


def test_nobodys_words_become_elements_handlers_or_addresses(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.foreign) == {}


def test_axe_finds_no_violation_in_the_light(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.axe["light"]) == {}


def test_colours_have_contrast_in_the_dark(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.axe["dark"]) == {}


def test_no_page_scrolls_sideways_on_a_phone(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.wider) == {}


def test_the_keyboard_reaches_the_content_of_every_page(visits: dict[str, Visit]) -> None:
    assert wrong(visits, lambda visit: visit.keyboard) == {}


def test_every_payload_is_shown_as_it_was_written(
    context: BrowserContext, place: Furnished
) -> None:
    tab = context.new_page()
    tab.goto(f"/conversations/{place.hostile}")
    texts = set(tab.locator(".said-by .text").all_text_contents())
    names = "\n".join(tab.locator(".said-by .files").all_text_contents())
    tab.close()
    assert len(PAYLOADS) > 200
    assert [text for text in PAYLOADS if text not in texts] == []
    assert [text for text in PAYLOADS if text[:255] not in names] == []


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("/", (0, 4, 8, 12)),  # customers' names
        ("/connections", (3, 4)),
        ("/team", (0,)),
        ("/escalations", (4, 8)),
    ],
)
def test_names_are_shown_as_they_were_given(
    context: BrowserContext, place: Furnished, path: str, numbers: tuple[int, ...]
) -> None:
    tab = context.new_page()
    tab.goto(path)
    text = tab.locator("body").text_content() or ""
    tab.close()
    assert [n for n in numbers if f"{PAYLOADS[n]} {n}" not in text] == []


def test_what_desks_say_is_shown_as_they_said_it(context: BrowserContext, place: Furnished) -> None:
    tab = context.new_page()
    shown = {}
    for chat, payloads in (("chat-0", (9, 10)), ("chat-8", (15, 16))):
        row = place.office.row("select id from conversations where external_id = :c", c=chat)
        tab.goto(f"/conversations/{row['id']}")
        texts = tab.locator(".said-by .text").all_text_contents()
        shown[chat] = [n for n in payloads if not any(PAYLOADS[n] in text for text in texts)]
    row = place.office.row("select id from escalations where parked is not null")
    tab.goto(f"/escalations/{row['id']}")
    parked = tab.locator("#parked").text_content() or ""
    tab.close()
    assert shown == {"chat-0": [], "chat-8": []}
    assert PAYLOADS[12] in parked and PAYLOADS[14] in parked
