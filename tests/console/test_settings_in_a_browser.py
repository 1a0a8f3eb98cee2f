"""The settings' pages in Chromium: by mouse once, by keyboard once."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from hub import admin
from hub.house import House
from tests.console.office import PASSWORD, Office
from tests.console.tabs import NARROW, open_tab, sign_in
from tests.console.test_in_a_browser import TOO_FAINT

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Chromium, site: str, house: House, workspace: str) -> Iterator[Page]:
    """A tab at a hub that nobody has signed in to yet; the browser may complain of nothing."""
    house.settings = replace(house.settings, public_url=site)
    how = {"reduced_motion": "reduce", "permissions": ["clipboard-read", "clipboard-write"]}
    with open_tab(chromium, site, forgiven=("422",), **how) as tab:
        yield tab


def begin(page: Page, office: Office) -> None:
    office.hire("admin@example.com", "admin", "Amy Admin")
    sign_in(page, "admin@example.com", at="/sign-in?next=/sources")
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()


def test_the_first_owner_adds_a_source_and_its_request_opens_an_escalation(
    page: Page, house: House, office: Office
) -> None:
    page.goto(admin.setup_url(house))
    page.get_by_label("Your name").fill("Olive Owner")
    page.get_by_label("E-mail").fill("olive@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Repeat it").fill(PASSWORD)
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_text("The hub is yours.")).to_be_visible()
    page.locator("#nothing").get_by_role("link", name="Add a source").click()
    page.get_by_label("Name").fill("Website bot")
    page.get_by_role("button", name="Add the source").click()
    expect(page.get_by_text("The secret is shown this once.")).to_be_visible()
    page.get_by_role("button", name="Copy A signed request").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    pasted = page.evaluate("navigator.clipboard.readText()")
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, timeout=60)
    assert '"accepted"' in done.stdout and "esc_" in done.stdout, done.stderr
    page.reload()  # asks for no form to be sent again
    expect(page.get_by_text("Put its secret in place of")).to_be_visible()
    office.work()
    page.goto("/")
    expect(page.get_by_role("link", name="Ada")).to_be_visible()


def test_a_key_is_made_copied_used_and_revoked(page: Page, office: Office, site: str) -> None:
    begin(page, office)
    page.get_by_role("link", name="API keys").click()
    page.get_by_label("What is it for?").fill("My script")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("button", name="Make the key").click()
    page.get_by_role("button", name="Copy Key").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    headers = {"Authorization": f"Bearer {page.evaluate('navigator.clipboard.readText()')}"}
    url = f"{site}/v1/escalations"
    assert requests.get(url, headers=headers, timeout=60).status_code == 200
    page.reload()
    expect(page.get_by_text("This key is shown this once.")).to_have_count(0)
    expect(page.locator(".c-used time")).to_be_visible()
    page.get_by_text("Revoke My script…").click()
    page.get_by_role("button", name="Revoke My script, really").click()
    expect(page.get_by_text("My script opens nothing any more.")).to_be_visible()
    assert requests.get(url, headers=headers, timeout=60).status_code == 401


def test_the_keyboard_alone_rotates_a_subscribers_secret_on_a_phone(
    page: Page, office: Office
) -> None:
    made = admin.add_subscriber(office.house, office.workspace, "http://127.0.0.1:9999/hook")
    page.set_viewport_size(NARROW)
    begin(page, office)
    press_at(page, "Subscribers")
    expect(page.get_by_role("heading", name="Subscribers")).to_be_visible()
    press_at(page, "http://127.0.0.1:9999/hook")
    expect(page.get_by_role("heading", name="Deliveries")).to_be_visible()
    press_at(page, "Make a new secret")
    expect(page.get_by_text("This secret is shown this once.")).to_be_visible()
    assert page.get_by_label("Secret", exact=True).input_value() != made["secret"]
    row = office.row("select previous_secret is not null as two, previous_until from subscribers")
    assert row["two"] and row["previous_until"] is not None
    press_at(page, "Send a test event")
    expect(page.get_by_role("heading", name="subscriber.test")).to_be_visible()


def press_at(page: Page, name: str) -> None:
    """Go to what is called so with the Tab key, and press Enter there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.textContent.trim()")
        if text == name:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the Tab key does not reach {name}")


def test_what_was_chosen_stays_chosen_while_the_list_refreshes_itself(
    page: Page, office: Office
) -> None:
    made = admin.add_subscriber(office.house, office.workspace, "http://127.0.0.1:9999/hook")
    with office.house.store.transaction() as tx:
        admin.send_test_event(tx, office.workspace, made["id"])
        admin.send_test_event(tx, office.workspace, made["id"])
        tx.finish()
        tx.run("update deliveries set state = 'failed'")
    begin(page, office)
    page.goto(f"/subscribers/{made['id']}")
    page.get_by_role("button", name="Choose all").click()
    with office.house.store.transaction() as tx:
        admin.send_test_event(tx, office.workspace, made["id"])
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(2)
    page.get_by_role("button", name="Send the chosen again").click()
    expect(page.get_by_text("2 are sent again.")).to_be_visible()


def test_the_pages_fit_a_phone_and_can_be_read_in_both_lights(page: Page, office: Office) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitän" * 5
    hook = f"http://127.0.0.1:9999/{long}"
    subscriber = admin.add_subscriber(office.house, office.workspace, hook)["id"]
    with office.house.store.transaction() as tx:
        delivery = admin.send_test_event(tx, office.workspace, subscriber)["id"]
        tx.finish()
        tx.run("update deliveries set state = 'failed', last_error = :why, tries = 3", why=long)
        admin.create_key(tx, office.workspace, long, "viewer")
    person = office.hire("new@example.com", "agent", long)
    source = admin.add_source(office.house, office.workspace, long, "bookbag")["id"]
    begin(page, office)
    page.set_viewport_size(NARROW)
    for path in (
        "/sources", "/sources/new", f"/sources/{source}", "/subscribers", "/subscribers/new",
        f"/subscribers/{subscriber}", f"/subscribers/{subscriber}/deliveries/{delivery}", "/keys",
        "/people", f"/people/{person}", "/audit", "/account",
    ):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            expect(page.locator("html")).to_have_attribute("data-bs-theme", scheme)
            assert page.evaluate(TOO_FAINT) == [], path
        tree = page.locator("body").aria_snapshot()
        nameless = r"^\s*- (?:button|link|textbox|combobox|searchbox|checkbox|radio)\s*:?\s*$"
        assert re.findall(nameless, tree, re.M) == [], path


def test_the_appearance_that_was_chosen_wins_over_the_systems(page: Page, office: Office) -> None:
    begin(page, office)
    page.goto("/account")
    page.get_by_label("Appearance").select_option("dark")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
