"""The Help Desk as an agent works in it all day: the main walk, two at once, keys alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.console.office import PASSWORD, Office

pytestmark = pytest.mark.browser

PATIENCE = 60_000  # milliseconds


@pytest.fixture
def olive(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """Olive's tab, signed in; her browser may complain of nothing."""
    office.hire("olive@example.com", "agent", "Olive Agent")
    with_policy = chromium.new_context(base_url=site, viewport={"width": 1280, "height": 800})
    yield from _signed_in(with_policy, "olive@example.com")


@pytest.fixture
def maria(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """Maria's tab, in a browser of her own."""
    office.hire("maria@example.com", "agent", "Maria Agent")
    yield from _signed_in(chromium.new_context(base_url=site), "maria@example.com")


def _signed_in(context: BrowserContext, email: str) -> Iterator[Page]:
    complaints: list[str] = []
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda problem: complaints.append(str(problem)))
    tab.goto("/sign-in")
    _sign_in(tab, email)
    yield tab
    context.close()
    # Chromium writes down the 401 by which a page learns that its session has ended, and that a
    # page's own focus came after a person's.
    told = ("status of 401", "Autofocus processing was blocked")
    assert [one for one in complaints if not any(words in one for words in told)] == []


def _sign_in(tab: Page, email: str) -> None:
    tab.get_by_label("E-mail").fill(email)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    tab.get_by_role("button", name="Sign out").wait_for()


def eventually(locator: Locator) -> None:
    """It is there, and the scripts of its page have begun."""
    expect(locator).to_be_visible(timeout=PATIENCE)
    locator.page.wait_for_load_state("load")


def test_an_escalated_conversation_is_taken_answered_noted_assigned_and_given_back(
    olive: Page, office: Office, tmp_path: Path
) -> None:
    office.hire("bo@example.com", "agent", "Bo Diddley")
    office.escalate("chat-1", "My parcel 4711 is lost.", "I cannot find it.", "A human please!")
    office.work()
    olive.goto("/canned-texts")
    olive.get_by_label("Name").fill("On its way")
    olive.get_by_role("textbox", name="Text").fill(
        "Hello {customer.first_name|there}, your parcel is on its way."
    )
    olive.get_by_role("button", name="Save").click()
    eventually(olive.get_by_text("is saved. Write / in a reply"))
    olive.goto("/")
    olive.get_by_role("button", name="Take over the conversation with Ada Lovelace").click()
    eventually(olive.get_by_text("The conversation is yours."))
    office.work()
    words = olive.get_by_label("Your words")
    words.press_sequentially("/on")
    eventually(olive.get_by_role("option", name="On its way"))
    words.press("Enter")
    expect(words).to_have_value("Hello Ada, your parcel is on its way.")
    label = tmp_path / "label.pdf"
    label.write_bytes(b"%PDF-1.7")
    olive.get_by_label("Files").set_input_files(label)
    words.press("Control+Enter")
    eventually(olive.get_by_text("Sent to the customer."))
    expect(words).to_have_value("")
    office.work()
    eventually(olive.locator(".said-by.agent").get_by_role("link", name="label.pdf"))
    words.fill("The depot found it.")
    olive.get_by_role("button", name="Save as a note").click()
    eventually(olive.get_by_text("Note saved."))
    olive.get_by_label("Assignee").select_option(label="Bo Diddley")
    olive.get_by_role("button", name="Save the assignee").click()
    eventually(olive.get_by_text("The assignment is saved."))
    office.work()
    eventually(olive.get_by_text("Ticket assigned to Bo Diddley"))
    olive.get_by_label("What should it know?").fill("Found, arrives tomorrow.")
    olive.get_by_role("button", name="Resume AI").click()
    eventually(olive.get_by_text("AI speaks", exact=True))
    row = office.row("select payload from events where type = 'conversation.resumed'")
    assert row["payload"]["brief"]["text"] == "Found, arrives tomorrow."


def test_two_agents_at_once_see_each_other_and_each_others_words(
    olive: Page, maria: Page, office: Office
) -> None:
    conversation = office.chat("chat-1")
    olive.goto(f"/conversations/{conversation}")
    olive.get_by_role("button", name="Take over").click()
    office.work()
    maria.goto(f"/conversations/{conversation}")
    eventually(olive.get_by_text("Maria Agent is here"))
    maria.get_by_label("Your words").press_sequentially("I will ")
    eventually(olive.get_by_text("Maria Agent is replying", exact=False).last)
    eventually(olive.get_by_text("Wait, or tell them, before you send."))
    maria.get_by_label("Your words").fill("I will look.")
    maria.get_by_role("button", name="Send to the customer").click()
    eventually(maria.get_by_text("Sent to the customer."))
    office.work()
    eventually(olive.locator(".said-by.agent").get_by_text("I will look."))
    maria.goto("/")
    expect(olive.get_by_text("Maria Agent is here")).to_be_hidden(timeout=PATIENCE)


def test_the_keys_alone_open_a_ticket_and_answer_it(olive: Page, office: Office) -> None:
    office.chat("chat-1", requester={"name": "First"})
    office.chat("chat-2", requester={"name": "Second"})
    olive.goto("/")
    for key in ("j", "j", "k", "j", "Enter"):
        olive.keyboard.press(key)
    eventually(olive.get_by_role("heading", name="First"))
    olive.keyboard.press("t")
    eventually(olive.get_by_text("The conversation is yours."))
    office.work()
    eventually(olive.get_by_label("Your words"))
    olive.keyboard.press("n")
    olive.keyboard.type("r is a letter here, and so is ?")
    olive.keyboard.press("Control+Enter")
    eventually(olive.get_by_text("Note saved."))
    olive.keyboard.press("r")
    olive.keyboard.type("Hello First")
    olive.keyboard.press("Control+Enter")
    eventually(olive.get_by_text("Sent to the customer."))
    olive.keyboard.press("a")
    expect(olive.get_by_label("Assignee")).to_be_focused()
    olive.keyboard.press("Escape")
    olive.locator("body").evaluate("() => document.activeElement.blur()")
    olive.keyboard.press("e")
    expect(olive.get_by_label("Status")).to_be_focused()
    olive.locator("body").evaluate("() => document.activeElement.blur()")
    olive.keyboard.press("?")
    eventually(olive.get_by_role("heading", name="Keyboard shortcuts"))
    olive.get_by_label("Single keys do something").uncheck()
    olive.keyboard.press("g")
    olive.keyboard.press("i")
    expect(olive).to_have_url(re.compile("/shortcuts$"))
    said = office.row("select jsonb_agg(jsonb_build_array(kind, text) order by seq) as said"
                      " from native_entries where body ->> 'agent' = 'true'"
                      " and kind in ('message', 'note')")  # fmt: skip
    assert said["said"] == [["note", "r is a letter here, and so is ?"], ["message", "Hello First"]]


def test_a_draft_survives_the_end_of_the_session_and_is_its_writers_alone(
    olive: Page, office: Office
) -> None:
    office.hire("eve@example.com", "agent", "Eve")
    conversation = office.chat("chat-1")
    olive.goto(f"/conversations/{conversation}")
    olive.get_by_role("button", name="Take over").click()
    office.work()
    words = olive.get_by_label("Your words")
    words.fill("A long answer that took an hour")
    with office.house.store.transaction() as tx:
        tx.run("delete from sessions")
    send = olive.get_by_role("button", name="Send to the customer")
    # Or the page has asked for its news meanwhile, and found out by itself.
    send.or_(olive.get_by_role("button", name="Sign in")).click()
    _sign_in(olive, "olive@example.com")
    expect(words).to_have_value("A long answer that took an hour", timeout=PATIENCE)
    olive.get_by_role("button", name="Sign out").click()
    _sign_in(olive, "eve@example.com")
    olive.goto(f"/conversations/{conversation}")
    expect(words).to_have_value("")
    olive.get_by_role("button", name="Sign out").click()
    _sign_in(olive, "olive@example.com")
    olive.goto(f"/conversations/{conversation}")
    expect(words).to_have_value("A long answer that took an hour")
    olive.get_by_role("button", name="Send to the customer").click()
    eventually(olive.get_by_text("Sent to the customer."))
    expect(words).to_have_value("")
    olive.reload()
    expect(words).to_have_value("")
