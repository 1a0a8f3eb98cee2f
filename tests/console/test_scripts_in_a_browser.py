"""What the console's scripts do when something else happens meanwhile: news, errors, downloads."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.console.office import Office
from tests.console.tabs import open_tab, sign_in

pytestmark = pytest.mark.browser

# Notifications stand in the page, where a test can read them.
NOTIFY = """
  window.Notification = class extends EventTarget {
    static permission = "granted";
    constructor(title) { super(); document.body.append(new Text(`(Notified: ${title})`)); }
  };
  localStorage.setItem("notices-on", "yes");
"""


@pytest.fixture
def page(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """The admin's tab, signed in, with a clock that tests turn on."""
    office.hire("admin@example.com", "admin", "Amy Admin")
    with open_tab(chromium, site, forgiven=("ERR_FAILED", "422", "401")) as tab:
        tab.clock.install()
        sign_in(tab, "admin@example.com", at="/sign-in?next=/shortcuts")
        yield tab


def notify(page: Page) -> None:
    """Somebody asked for notifications; the first look tells of nothing that stood there before."""
    page.add_init_script(NOTIFY)
    with page.expect_response("**/notices"):
        page.reload()


def look(page: Page) -> None:
    """The next look at what is to be told of."""
    with page.expect_response("**/notices"):
        page.clock.run_for(20_000)


def test_a_page_without_news_of_its_own_tells_of_who_waits(page: Page, office: Office) -> None:
    notify(page)
    office.escalate("chat-1")
    office.work()
    look(page)
    expect(page.get_by_text("(Notified: Ada Lovelace waits for a human)")).to_be_visible()


def test_what_was_told_of_once_is_not_told_again_while_it_lasts(page: Page, office: Office) -> None:
    escalation = office.escalate("chat-1")
    office.work()
    told = [f"waiting:{escalation}", *(f"message:{n}" for n in range(200))]
    page.evaluate("told => localStorage.setItem('notices-told', told)", json.dumps(told))
    notify(page)
    look(page)
    look(page)
    expect(page.get_by_text("Notified")).to_have_count(0)


def test_who_looks_elsewhere_is_told_once_that_the_session_has_ended(
    page: Page, office: Office
) -> None:
    notify(page)
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    with office.house.store.transaction() as tx:
        tx.run("delete from sessions")
    for _ in range(3):
        look(page)
    told = page.locator("body").inner_text().count("(Notified: You are signed out of the hub)")
    assert told == 1


def test_a_file_is_fetched_by_the_same_button_again(page: Page, office: Office) -> None:
    page.goto(f"/privacy/customer/{office.chat('chat-1')}")
    export = page.get_by_role("button", name="Export")
    for _ in range(2):
        with page.expect_download() as fetched:
            export.click()
        assert fetched.value.suggested_filename == "customer.json"
        page.clock.run_for(5_000)


def test_the_list_of_canned_texts_stays_open_when_there_is_news(page: Page, office: Office) -> None:
    page.goto("/canned-texts")
    page.get_by_label("Name").fill("On its way")
    page.get_by_role("textbox", name="Text").fill("Your parcel is on its way.")
    page.get_by_role("button", name="Save").click()
    page.goto(f"/conversations/{office.chat('chat-1')}")
    page.get_by_role("button", name="Take over").click()
    office.work()
    page.clock.run_for(3_000)
    words = page.get_by_label("Your words")
    words.press_sequentially("/on")
    offered = page.get_by_role("option", name="On its way")
    expect(offered).to_be_visible()
    office.chat("chat-1", "Are you still there?")
    page.clock.run_for(3_000)
    expect(page.locator(".said-by.customer").last).to_contain_text("Are you still there?")
    expect(offered).to_be_visible()
    words.press("Enter")
    expect(words).to_have_value("Your parcel is on its way.")
    expect(offered).to_have_count(0)


def test_a_page_that_answers_a_form_goes_on_refreshing_itself(page: Page, office: Office) -> None:
    page.goto(f"/connections/{office.connect()}")
    page.get_by_label("Name").fill(" ")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.locator("#name-wrong")).to_be_visible()
    with page.expect_response(lambda answer: "x-part" in answer.request.headers) as refreshed:
        page.clock.run_for(3_000)
    assert refreshed.value.status in (200, 304)  # not 405
    expect(page.get_by_text("The hub does not answer.")).to_be_hidden()


def test_words_that_found_no_hub_are_sent_by_the_next_press(page: Page) -> None:
    page.goto("/playground")
    page.get_by_role("button", name="Begin").click()
    words = page.get_by_label("The customer’s words")
    words.fill("Where is my parcel 4711?")
    page.route("**/say", lambda route: route.abort())
    with page.expect_event("requestfailed"):
        words.press("Enter")
    page.unroute("**/say")
    expect(words).to_have_value("Where is my parcel 4711?")
    words.press("Enter")
    expect(words).to_have_value("")
    page.clock.run_for(3_000)
    expect(page.locator("#said .ai").last).to_contain_text("left our warehouse")
