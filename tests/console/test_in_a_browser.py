"""What only a browser can tell: scripts, policy, width, focus."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.console.office import Office
from tests.console.tabs import NARROW, WIDE, open_tab, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """A tab in which nobody has signed in yet; the browser may complain of nothing."""
    office.hire("agent@example.com", "agent", "Olive Agent")
    with open_tab(chromium, site, forgiven=("ERR_FAILED",)) as tab:
        yield tab


def begin(page: Page) -> None:
    sign_in(page, "agent@example.com")
    expect(page.get_by_role("heading", name="Conversations")).to_be_visible()


def test_one_signs_in_takes_over_replies_and_resumes(page: Page, office: Office) -> None:
    office.escalate("chat-1", "My parcel is lost.", "I cannot find it.", "A human please!")
    office.work()
    begin(page)
    page.get_by_role("button", name="Take over the conversation with Ada Lovelace").click()
    expect(page.get_by_text("The conversation is yours.")).to_be_visible()
    office.work()
    page.get_by_label("Your words").fill("I found it: it comes tomorrow.")
    page.get_by_role("button", name="Send to the customer").click()
    expect(page.get_by_text("Sent to the customer.")).to_be_visible()
    office.work()
    expect(page.locator(".said-by.agent .text")).to_have_text("I found it: it comes tomorrow.")
    page.get_by_label("What should it know?").fill("Found, arrives tomorrow.")
    page.get_by_role("button", name="Resume AI").click()
    expect(page.get_by_text("AI speaks", exact=True)).to_be_visible()
    assert office.row("select speaker from conversations")["speaker"] == "ai"


def test_the_list_shows_a_new_conversation_by_itself_and_keeps_the_focus(
    page: Page, office: Office
) -> None:
    office.chat("chat-1", requester={"name": "First Customer"})
    begin(page)
    page.get_by_role("link", name="First Customer").focus()
    office.escalate("chat-2", requester={"name": "Second Customer"})
    office.work()
    expect(page.get_by_role("link", name="Second Customer")).to_be_visible()
    expect(page.get_by_role("link", name="First Customer")).to_be_focused()


def test_a_message_appears_by_itself_and_a_half_written_reply_stays(
    page: Page, office: Office
) -> None:
    conversation = office.chat("chat-1")
    begin(page)
    page.goto(f"/conversations/{conversation}")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("The ticket is being opened.")).to_be_visible()
    office.work()
    words = page.get_by_label("Your words")
    words.fill("Half of a sentence")
    office.chat("chat-1", "Are you still there?")
    expect(page.locator(".said-by.customer").last).to_contain_text("Are you still there?")
    expect(words).to_have_value("Half of a sentence")
    expect(words).to_be_focused()
    page.reload()
    expect(words).to_have_value("Half of a sentence")


def test_a_sent_reply_leaves_no_draft(page: Page, office: Office) -> None:
    conversation = office.chat("chat-1")
    begin(page)
    page.goto(f"/conversations/{conversation}")
    page.get_by_role("button", name="Take over").click()
    office.work()
    page.get_by_label("Your words").fill("Done.")
    page.get_by_role("button", name="Save as a note").click()
    expect(page.get_by_text("Note saved.")).to_be_visible()
    expect(page.get_by_label("Your words")).to_have_value("")
    expect(page.locator("#text[data-kept]")).to_be_attached()  # the page's scripts have run
    page.reload()
    expect(page.get_by_label("Your words")).to_have_value("")


def test_a_second_click_sends_no_second_reply(page: Page, office: Office) -> None:
    conversation = office.chat("chat-1")
    begin(page)
    page.goto(f"/conversations/{conversation}")
    page.get_by_role("button", name="Take over").click()
    office.work()
    page.get_by_label("Your words").fill("Only once.")
    page.get_by_role("button", name="Send to the customer").dblclick()
    expect(page.get_by_text("Sent to the customer.")).to_be_visible()
    assert office.row("select count(*) as n from changes where kind = 'message'")["n"] == 1


def test_a_sentence_of_the_summary_marks_the_messages_it_rests_on(
    page: Page, office: Office
) -> None:
    office.escalate("chat-1", "My parcel 4711 is lost since Monday.", "I cannot find parcel 4711.",
                    "I want to talk to a human, please.")  # fmt: skip
    office.work()
    row = office.row("select conversation_id, summary from escalations")
    rests_on = set(row["summary"]["sentences"][0]["message_ids"])
    begin(page)
    page.goto(f"/conversations/{row['conversation_id']}")
    page.locator("#sentence-1").click()
    marked = page.locator(".said-by.marked")
    expect(marked).to_have_count(len(rests_on))
    assert {marked.nth(n).get_attribute("id") for n in range(marked.count())} == rests_on
    (fact,) = [one for one in row["summary"]["facts"] if one["kind"] == "reference"]
    page.get_by_role("link", name="4711 “parcel 4711”").click()
    expect(marked).to_have_count(1)
    assert marked.get_attribute("id") == fact["message_id"]


def test_right_to_left_words_run_right_to_left(page: Page, office: Office) -> None:
    conversation = office.chat("chat-1", "مرحبا، أين طلبي؟", "Hello, one moment.")
    begin(page)
    page.goto(f"/conversations/{conversation}")
    direction = "element => getComputedStyle(element).direction"
    texts = page.locator(".said-by .text")
    assert [texts.nth(n).evaluate(direction) for n in range(2)] == ["rtl", "ltr"]


@pytest.mark.parametrize(
    "path", ["/", "/escalations", "/connections", "/subscribers", "one", "esc"]
)
def test_no_page_scrolls_sideways_at_360_pixels(page: Page, office: Office, path: str) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitän" * 6
    escalation = office.escalate(
        "x" * 200, long, requester={"name": long, "email": "d@example.com"}
    )
    office.work()
    office.park(escalation)
    office.connect(name=long)
    conversation = office.row("select id from conversations")["id"]
    places = {"one": f"/conversations/{conversation}", "esc": f"/escalations/{escalation}"}
    begin(page)
    page.set_viewport_size(NARROW)
    page.goto(places.get(path, path))
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= NARROW["width"]


def test_the_keyboard_alone_takes_a_conversation_over(page: Page, office: Office) -> None:
    office.chat("chat-1")
    begin(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Take over"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("The conversation is yours.")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "one", "/routes"])
def test_what_the_keyboard_has_reached_is_outlined(page: Page, office: Office, path: str) -> None:
    conversation = office.chat("chat-1")
    begin(page)
    page.goto(path.replace("one", f"/conversations/{conversation}"))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert {"A", "BUTTON"} <= {name for name, _ in reached}
    assert [name for name, outline in reached if outline == "none" and name != "BODY"] == []


FOCUSED = """() => [
  document.activeElement.tagName, getComputedStyle(document.activeElement).outlineStyle]"""


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("path", ["/", "/escalations"])
def test_a_long_number_of_a_ticket_stays_in_its_column(
    page: Page, office: Office, path: str, size: dict[str, int]
) -> None:
    desk = office.connect("salesforce", "Salesforce")
    office.ticket_at(desk, office.escalate("chat-1"), "5005g000000GmnsAAC of long ago")
    begin(page)
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.goto(path)
    cell = page.locator("td.c-ticket")
    assert cell.evaluate("one => one.scrollWidth <= one.clientWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_with_enough_contrast(
    page: Page, office: Office, scheme: str
) -> None:
    escalation = office.escalate("chat-1")
    office.work()
    office.park(escalation)
    conversation = office.row("select id from conversations")["id"]
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    begin(page)
    for path in ("/", f"/conversations/{conversation}", "/escalations", "/connections"):
        page.goto(path)
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        assert page.evaluate(TOO_FAINT) == []


# Texts whose contrast with the nearest painted ground is below 4.5 (WCAG 2.2, 1.4.3).
TOO_FAINT = """() => {
  const parse = (c) => (c.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 4.5) faint.push(`${contrast.toFixed(2)} ${e.outerHTML.slice(0, 90)}`);
  }
  return faint;
}"""


def test_every_field_and_button_has_a_name(page: Page, office: Office) -> None:
    conversation = office.chat("chat-1")
    begin(page)
    page.goto(f"/conversations/{conversation}")
    page.get_by_role("button", name="Take over").click()
    office.work()
    expect(page.get_by_label("Your words")).to_be_visible()
    tree = page.locator("body").aria_snapshot()
    nameless = re.findall(r"^\s*- (?:button|link|textbox|combobox|searchbox)\s*:?\s*$", tree, re.M)
    assert nameless == []


def test_a_hub_that_does_not_answer_is_said_so(page: Page, office: Office) -> None:
    office.chat("chat-1")
    begin(page)
    page.route("**/*", lambda route: route.abort())
    office.chat("chat-2")  # news: the page asks, and is not answered
    expect(page.get_by_text("The hub does not answer.")).to_be_visible(timeout=60_000)
    page.unroute("**/*")
    expect(page.get_by_text("The hub does not answer.")).to_be_hidden(timeout=60_000)


def test_routes_are_added_moved_and_tried_out_by_keyboard_on_a_phone(
    page: Page, office: Office
) -> None:
    office.connect()
    with office.house.store.transaction() as tx:
        tx.run("update users set role = 'admin'")
    page.set_viewport_size(NARROW)
    begin(page)
    for when in ("language = de", "language = fr and weekday in mon-fri and time in 09:00-17:30"):
        page.goto("/routes")
        added = page.get_by_role("region", name="Add a route")
        added.get_by_label("When").fill(when)
        added.get_by_label("Desk 1").select_option(label="Zendesk")
        added.get_by_label("Desk 2").select_option(label="Help Desk")
        page.keyboard.press("Tab")  # past the third desk
        page.get_by_role("button", name="Add the route").press("Enter")
        expect(page.get_by_text("The route is added.")).to_be_visible()
    page.get_by_role("button", name="Up route 2").press("Enter")
    expect(page.locator(".route-when").first).to_contain_text("language = fr")
    page.get_by_label("Language").fill("de-CH")
    page.get_by_label("Language").press("Enter")
    expect(page.locator("#tried")).to_contain_text("Goes to Zendesk because language is de-CH")
    page.wait_for_load_state()  # with its styles
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
