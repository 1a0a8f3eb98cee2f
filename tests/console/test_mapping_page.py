"""The page of a connection's mapping: without a browser, and in one."""

import os
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from hub import admin as administration
from tests.console.office import Browser, Office
from tests.console.tabs import WIDE, open_tab, sign_in

DEFAULT = "desk: zendesk\nticket:\n  subject: {from: summary.subject, max: 150}\n"
WRONG = DEFAULT + "  priority: {from: escalation.priority, lookup: {p1: urgant}}\n"


@pytest.fixture
def zendesk(office: Office, sandbox_url: str) -> str:
    """A connection to the sandbox's Zendesk; its id."""
    requests.post(f"{sandbox_url}/_reset", json={"desk": "zendesk"}, timeout=10)
    told = requests.get(f"{sandbox_url}/_desks", timeout=10).json()["data"]
    desk = next(one for one in told if one["desk"] == "zendesk")
    config: dict[str, Any] = desk["accounts"][0]["config"]
    made = administration.add_connection(
        office.house, office.workspace, "zendesk", "Support", config, verify=False
    )
    return str(made.row["id"])


def send(browser: Browser, path: str, do: str, text: str, **form: str) -> Any:
    return browser.post(path, token_from=path, do=do, text=text, **form)


def test_the_page_shows_the_mapping_the_desks_fields_and_what_each_takes(
    admin: Browser, zendesk: str
) -> None:
    page = unescape(admin.get(f"/connections/{zendesk}/mapping").text)
    assert "subject: {from: summary.subject, max: 150}" in page
    assert "custom_fields[360012345678]" in page and "Order number" in page
    assert "card_reader" in page and "360011111111" in page


def test_a_value_that_the_desk_has_not_is_told_beside_its_line(
    admin: Browser, office: Office, zendesk: str
) -> None:
    path = f"/connections/{zendesk}/mapping"
    answer = send(admin, path, "save", WRONG)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert "Line 4" in page and "did you mean `urgent`?" in page
    assert "lookup: {p1: urgant}" in page  # what was typed is not lost
    assert office.row("select count(*) as n from mappings")["n"] == 0


def test_a_version_is_saved_listed_opened_and_restored(
    admin: Browser, office: Office, zendesk: str
) -> None:
    path = f"/connections/{zendesk}/mapping"
    for number in (1, 2):
        text = DEFAULT + f"  type: {{value: {'question' if number == 1 else 'incident'}}}\n"
        assert send(admin, path, "save", text).status_code == 303
    assert "Saved as version 2" in admin.get(path).text
    assert "type: {value: question}" in admin.get(f"{path}?version=1").text
    first = office.row("select id from mappings where version = 1")["id"]
    assert admin.post(f"{path}/{first}/restore", token_from=path).status_code == 303
    assert "type: {value: question}" in admin.get(path).text
    assert office.row("select max(version) as v from mappings")["v"] == 3


def test_a_preview_shows_the_ticket_and_saves_nothing(
    admin: Browser, office: Office, zendesk: str
) -> None:
    conversation = office.chat("chat-1", "My parcel 4711 is lost.")
    path = f"/connections/{zendesk}/mapping"
    page = unescape(send(admin, path, "preview", DEFAULT, conversation=conversation).text)
    assert "What the desk would get" in page and "4711" in page and "Fits" in page
    assert office.row("select count(*) as n from mappings")["n"] == 0


def test_a_viewer_previews_but_does_not_save(viewer: Browser, office: Office, zendesk: str) -> None:
    conversation = office.chat("chat-1", "My parcel 4711 is lost.")
    path = f"/connections/{zendesk}/mapping"
    assert send(viewer, path, "preview", DEFAULT, conversation=conversation).status_code == 200
    assert send(viewer, path, "save", DEFAULT).status_code == 403


def test_an_escalation_leads_to_the_version_that_made_its_ticket(
    viewer: Browser, office: Office, zendesk: str
) -> None:
    administration.save_mapping(office.house, office.workspace, zendesk, DEFAULT)
    escalation_id = office.escalate("chat-1")
    office.ticket_at(zendesk, escalation_id)
    with office.house.store.transaction() as tx:
        tx.run("update tickets set mapping_version = 1")
    path = f"/connections/{zendesk}/mapping?version=1"
    assert path in viewer.get(f"/escalations/{escalation_id}").text
    assert "This is version 1" in viewer.get(path).text
    assert viewer.get(path.replace("=1", "=7")).status_code == 404


def test_another_workspaces_mapping_is_not_there(
    admin: Browser, strangers: Office, zendesk: str
) -> None:
    theirs = strangers.connect()
    assert admin.get(f"/connections/{theirs}/mapping").status_code == 404
    path = f"/connections/{theirs}/mapping"
    assert send(admin, f"/connections/{zendesk}/mapping", "refresh", "").status_code == 200
    assert admin.post(path, do="save", text=DEFAULT).status_code == 404


@pytest.fixture
def page(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """A tab in which an admin is signed in."""
    office.hire("admin@example.com", "admin", "Amy Admin")
    with open_tab(chromium, site, forgiven=("422",)) as tab:
        sign_in(tab, "admin@example.com")
        yield tab


def keep(page: Page, name: str) -> None:
    """A picture for whoever looks, where a folder is named."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


@pytest.mark.browser
def test_a_field_is_found_inserted_corrected_previewed_and_saved(
    page: Page, office: Office, zendesk: str
) -> None:
    office.escalate("chat-1", "My parcel 4711 is lost.", priority="P1")
    office.work()
    page.goto(f"/connections/{zendesk}/mapping")
    keep(page, "mapping")
    page.get_by_placeholder("Find a field").fill("product")
    page.get_by_role("button", name="Insert Product").click()
    text = page.get_by_label("The mapping", exact=True)
    expect(text).to_have_value(re.compile(r"custom_fields:\n    - id: \{value: 360012345679\}"))
    written = text.input_value()
    text.fill(written.replace("card_reader", "card_raeder"))
    page.get_by_role("button", name="Check and save").click()
    problem = page.get_by_role("alert")
    expect(problem).to_contain_text("did you mean `card_reader`?")
    keep(page, "mapping-wrong")
    page.set_viewport_size({"width": 390, "height": 800})
    keep(page, "mapping-wrong-phone")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"the page is {wide} px wide on a phone"
    problem.get_by_role("link", name=re.compile("Line")).first.press("Enter")
    chosen = text.evaluate("t => t.value.slice(t.selectionStart, t.selectionEnd)")
    assert "card_raeder" in chosen
    text.fill(written)
    page.get_by_label("Preview", exact=True).select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="What the desk would get")).to_be_visible()
    keep(page, "mapping-preview-phone")
    page.set_viewport_size(WIDE)
    keep(page, "mapping-preview")
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("Saved as version 1")).to_be_visible()
    page.set_viewport_size({"width": 390, "height": 800})
    keep(page, "mapping-phone")
    assert office.row("select checked from mappings")["checked"] is True


def test_the_help_desk_shows_the_priority_and_team_that_its_mapping_gave(
    agent: Browser, office: Office
) -> None:
    office.escalate("chat-1", priority="P1", team="billing")
    office.work()
    conversation = office.row("select id from conversations")["id"]
    agent.post(f"/conversations/{conversation}/takeover")
    office.work()
    page = agent.get(f"/conversations/{conversation}").text
    assert "Priority <bdi>urgent</bdi>" in page and "team <bdi>billing</bdi>" in page
