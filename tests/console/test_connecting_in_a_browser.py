"""A desk is connected in a real browser, through the sandbox desk's own page."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from hub.house import House
from tests.console.office import Office
from tests.console.tabs import open_tab, sign_in
from tests.hub.authorizing import form

pytestmark = pytest.mark.browser
WIDTHS = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SHOTS = os.environ.get("SCREENSHOTS")  # a folder, for who wants to look


# The wider one is what `test_administration_in_a_browser` sees; pictures are taken of both.
@pytest.fixture(params=WIDTHS if SHOTS else ["phone"])
def page(
    request: pytest.FixtureRequest, chromium: Chromium, site: str, house: House, office: Office
) -> Iterator[Page]:
    """A tab in which an admin is signed in; the browser may complain of nothing."""
    house.settings = replace(house.settings, public_url=site)
    office.hire("admin@example.com", "admin", "Amy Admin")
    size = WIDTHS[request.param]
    with open_tab(chromium, site, forgiven=("status of 4",), viewport=size) as tab:
        sign_in(tab, "admin@example.com")
        yield tab


def look(page: Page, name: str) -> None:
    """No page is wider than its window; keep a picture where one is wanted."""
    page.wait_for_load_state()  # with its styles and pictures
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"]  # type: ignore[index]
    if SHOTS:
        size = page.viewport_size["width"]  # type: ignore[index]
        page.screenshot(path=Path(SHOTS) / f"{name}-{size}.png", full_page=True)


def choose(page: Page, desk: str) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("link", name="Connect a desk").first.click()
    expect(page.get_by_role("heading", name="Connect a desk")).to_be_visible()
    look(page, "choose")
    page.get_by_role("link", name=f"Connect {desk}").click()
    expect(page.get_by_role("heading", name=f"Connect {desk}")).to_be_visible()


def fill_in(page: Page, house: House, desk: str, **other: str) -> None:
    for name, value in (form(house, desk) | other).items():
        field = page.locator(f"#{name}")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(str(value))
        else:
            field.fill(str(value))


def test_zendesk_is_connected_by_who_presses_allow(page: Page, house: House) -> None:
    choose(page, "Zendesk")
    look(page, "form")
    fill_in(page, house, "zendesk")
    page.get_by_label("Name", exact=True).fill("Support")
    page.get_by_role("button", name="Connect at Zendesk").click()
    expect(page.get_by_text("would like to work in the name of")).to_be_visible()
    assert "code_challenge_method=S256" in page.url
    look(page, "allow")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("takes the hub for")).to_be_visible()
    look(page, "connected")
    page.get_by_role("link", name="To the connections").click()
    expect(page.get_by_text("Webhook registered")).to_be_visible()
    look(page, "connections")


def test_who_presses_deny_may_begin_again(page: Page, house: House) -> None:
    choose(page, "Zendesk")
    fill_in(page, house, "zendesk")
    page.get_by_role("button", name="Connect at Zendesk").click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Not allowed at the desk")).to_be_visible()
    look(page, "denied")
    page.get_by_role("link", name="Begin again").click()
    expect(page.get_by_role("heading", name="Connect Zendesk")).to_be_visible()


def test_who_is_not_taken_along_finds_a_link_to_the_desk(page: Page, house: House) -> None:
    page.route(f"{house.settings.sandbox_url}/**", lambda route: route.fulfill(status=204))
    choose(page, "Zendesk")
    fill_in(page, house, "zendesk")
    page.get_by_role("button", name="Connect at Zendesk").click()
    link = page.get_by_role("link", name="Go on to Zendesk")
    expect(link).to_be_visible()
    assert str(link.get_attribute("href")).startswith(f"{house.settings.sandbox_url}/zendesk/")
    look(page, "leave")


def test_help_scout_sends_back_to_the_address_of_its_app(
    page: Page, house: House, site: str
) -> None:
    choose(page, "Help Scout")
    fill_in(page, house, "help_scout")
    page.get_by_role("button", name="Connect at Help Scout").click()
    page.get_by_label("redirection URL").fill(f"{site}/oauth/callback")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("takes the hub for")).to_be_visible()


def test_what_is_left_to_do_is_told_and_a_mistake_stands_beside_its_field(
    page: Page, house: House
) -> None:
    choose(page, "HubSpot")
    fill_in(page, house, "hubspot", portal_id="thirty-three")
    page.get_by_role("button", name="Connect at HubSpot").click()
    expect(page.locator("#portal_id-wrong")).to_be_visible()
    look(page, "mistake")
    fill_in(page, house, "hubspot")
    page.get_by_role("button", name="Connect at HubSpot").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Left for you to do")).to_be_visible()
    look(page, "steps")


def test_a_paused_connection_is_authorised_again(page: Page, house: House, office: Office) -> None:
    test_zendesk_is_connected_by_who_presses_allow(page, house)
    page.get_by_role("button", name="Pause Support").click()
    page.get_by_role("link", name="Authorise again").click()
    expect(page.get_by_label("Subdomain")).to_have_value("acme")
    look(page, "again")
    page.get_by_role("button", name="Authorise at Zendesk").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("Connected", exact=True)).to_be_visible()
    assert office.row("select state from connections where name = 'Support'")["state"] == "active"
