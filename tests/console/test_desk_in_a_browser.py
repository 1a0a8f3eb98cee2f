"""The Help Desk as an agent works in it all day: the main walk, two at once, keys alone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from tests.console.office import Office
from tests.console.tabs import open_tab, press, sign_in

pytestmark = pytest.mark.browser


@pytest.fixture
def olive(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """Olive's tab, signed in; her browser may complain of nothing."""
    office.hire("olive@example.com", "agent", "Olive Agent")
    yield from _signed_in(chromium, site, "olive@example.com")


@pytest.fixture
def maria(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """Maria's tab, in a browser of her own."""
    office.hire("maria@example.com", "agent", "Maria Agent")
    yield from _signed_in(chromium, site, "maria@example.com")


def _signed_in(chromium: Chromium, site: str, email: str) -> Iterator[Page]:
    # Chromium writes down the 401 by which a page learns that its session has ended, and that a
    # page's own focus came after a person's.
    told = ("status of 401", "Autofocus processing was blocked")
    with open_tab(chromium, site, forgiven=told) as tab:
        sign_in(tab, email)
        yield tab


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
    expect(olive.get_by_text("is saved. Write / in a reply")).to_be_visible()
    olive.goto("/")
    olive.get_by_role("button", name="Take over the conversation with Ada Lovelace").click()
    expect(olive.get_by_text("The conversation is yours.")).to_be_visible()
    office.work()
    words = olive.get_by_label("Your words")
    words.press_sequentially("/on")
    expect(olive.get_by_role("option", name="On its way")).to_be_visible()
    words.press("Enter")
    expect(words).to_have_value("Hello Ada, your parcel is on its way.")
    label = tmp_path / "label.pdf"
    label.write_bytes(b"%PDF-1.7")
    olive.get_by_label("Files").set_input_files(label)
    words.press("Control+Enter")
    expect(olive.get_by_text("Sent to the customer.")).to_be_visible()
    expect(words).to_have_value("")
    office.work()
    expect(olive.locator(".said-by.agent").get_by_role("link", name="label.pdf")).to_be_visible()
    words.fill("The depot found it.")
    olive.get_by_role("button", name="Save as a note").click()
    expect(olive.get_by_text("Note saved.")).to_be_visible()
    olive.get_by_label("Assignee").select_option(label="Bo Diddley")
    olive.get_by_role("button", name="Save the assignee").click()
    expect(olive.get_by_text("The assignment is saved.")).to_be_visible()
    office.work()
    expect(olive.get_by_text("Ticket assigned to Bo Diddley")).to_be_visible()
    olive.get_by_label("What should it know?").fill("Found, arrives tomorrow.")
    olive.get_by_role("button", name="Resume AI").click()
    expect(olive.get_by_text("AI speaks", exact=True)).to_be_visible()
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
    expect(olive.get_by_text("Maria Agent is here")).to_be_visible()
    maria.get_by_label("Your words").press_sequentially("I will ")
    expect(olive.get_by_text("Maria Agent is replying", exact=False).last).to_be_visible()
    expect(olive.get_by_text("Wait, or tell them, before you send.")).to_be_visible()
    maria.get_by_label("Your words").fill("I will look.")
    maria.get_by_role("button", name="Send to the customer").click()
    expect(maria.get_by_text("Sent to the customer.")).to_be_visible()
    office.work()
    expect(olive.locator(".said-by.agent").get_by_text("I will look.")).to_be_visible()
    maria.goto("/")
    expect(olive.get_by_text("Maria Agent is here")).to_be_hidden()


def test_the_keys_alone_open_a_ticket_and_answer_it(olive: Page, office: Office) -> None:
    office.chat("chat-1", requester={"name": "First"})
    office.chat("chat-2", requester={"name": "Second"})
    olive.goto("/")
    press(olive, "j", "j", "k", "j", "Enter")
    expect(olive.get_by_role("heading", name="First")).to_be_visible()
    press(olive, "t")
    expect(olive.get_by_text("The conversation is yours.")).to_be_visible()
    office.work()
    expect(olive.get_by_label("Your words")).to_be_visible()
    press(olive, "n")
    olive.keyboard.type("r is a letter here, and so is ?")
    press(olive, "Control+Enter")
    expect(olive.get_by_text("Note saved.")).to_be_visible()
    press(olive, "r")
    olive.keyboard.type("Hello First")
    press(olive, "Control+Enter")
    expect(olive.get_by_text("Sent to the customer.")).to_be_visible()
    press(olive, "a")
    expect(olive.get_by_label("Assignee")).to_be_focused()
    press(olive, "Escape")
    olive.locator("body").evaluate("() => document.activeElement.blur()")
    press(olive, "e")
    expect(olive.get_by_label("Status")).to_be_focused()
    olive.locator("body").evaluate("() => document.activeElement.blur()")
    press(olive, "?")
    expect(olive.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    olive.get_by_label("Single keys do something").uncheck()
    press(olive, "g", "i")
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
    sign_in(olive, "olive@example.com", at=None)
    expect(words).to_have_value("A long answer that took an hour")
    olive.get_by_role("button", name="Sign out").click()
    sign_in(olive, "eve@example.com", at=None)
    olive.goto(f"/conversations/{conversation}")
    expect(words).to_have_value("")
    olive.get_by_role("button", name="Sign out").click()
    sign_in(olive, "olive@example.com", at=None)
    olive.goto(f"/conversations/{conversation}")
    expect(words).to_have_value("A long answer that took an hour")
    olive.get_by_role("button", name="Send to the customer").click()
    expect(olive.get_by_text("Sent to the customer.")).to_be_visible()
    expect(words).to_have_value("")
    olive.reload()
    expect(words).to_have_value("")
