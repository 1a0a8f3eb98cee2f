"""A support lead connects desks, maps a field, and brings parked escalations on their way."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from connectors import registry
from hub.house import House
from tests.console.office import Office
from tests.console.tabs import NARROW, WIDE, open_tab, sign_in
from tests.hub.authorizing import form

pytestmark = pytest.mark.browser
DESKS = [name for name in registry.names() if name != "live_chat"]
SHOTS = os.environ.get("SCREENSHOTS")  # a folder, for who wants to look


@pytest.fixture
def page(chromium: Chromium, site: str, house: House, office: Office) -> Iterator[Page]:
    """A tab in which an admin is signed in; the browser may complain of nothing."""
    for desk in DESKS:
        requests.post(f"{house.settings.sandbox_url}/_reset", json={"desk": desk}, timeout=10)
    house.settings = replace(house.settings, public_url=site)
    office.hire("admin@example.com", "admin", "Amy Admin")
    # Chromium's password manager does not know what to make of several secrets in one form.
    with open_tab(chromium, site, forgiven=("status of 4", "[DOM]")) as tab:
        sign_in(tab, "admin@example.com")
        yield tab


def look(page: Page, name: str) -> None:
    """No page is wider than a phone; keep pictures where they are wanted."""
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"], name
    for scheme in ("light", "dark") if SHOTS else ():
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size in (NARROW, WIDE):
            page.set_viewport_size(size)
            file = Path(str(SHOTS)) / f"{name}-{scheme}-{size['width']}.png"
            page.screenshot(path=file, full_page=True)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def account(house: House, desk: str) -> dict[str, Any]:
    """What the sandbox desk takes without its own page."""
    told = requests.get(f"{house.settings.sandbox_url}/_desks", timeout=10).json()["data"]
    (found,) = [one for one in told if one["desk"] == desk]
    config: dict[str, Any] = found["accounts"][0]["config"]
    return config


def fill_in(page: Page, values: dict[str, Any]) -> None:
    for name, value in values.items():
        field = page.locator(f"#{name}")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(str(value))
        else:
            field.fill(str(value))


def connect(page: Page, house: House, desk: str) -> None:
    """At the desk's own page where it has one, else with its key."""
    connector = registry.get(desk)
    page.goto("/connections/new")
    page.get_by_role("link", name=f"Connect {connector.title}", exact=True).click()
    if connector.consent is None:
        fill_in(page, account(house, desk))
        page.get_by_role("button", name="Connect", exact=True).click()
    else:
        fill_in(page, form(house, desk))
        page.get_by_role("button", name=f"Connect at {connector.title}").click()
        if not connector.consent.tells_redirect:
            there = f"{house.settings.public_url}/oauth/callback"
            page.get_by_label("redirection URL").fill(there)
        page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text("takes the hub for")).to_be_visible()


def test_each_of_the_seven_desks_is_connected(page: Page, house: House, office: Office) -> None:
    page.goto("/connections/new")
    look(page, "catalogue")
    for desk in DESKS:
        connect(page, house, desk)
    page.get_by_role("link", name="This connection").click()
    expect(page.get_by_role("heading", name="Health")).to_be_visible()
    look(page, "connection")
    page.goto("/connections")
    look(page, "connections")
    with house.store.transaction() as tx:
        rows = tx.all("select desk, account_id from connections where desk <> 'live_chat'")
    assert sorted(row["desk"] for row in rows) == DESKS
    told = {row["desk"] for row in rows if row["account_id"]}
    assert told == set(DESKS) - {"help_scout"}  # which tells users, and not their account


def test_a_mapped_field_arrives_at_the_desk(page: Page, house: House, office: Office) -> None:
    page.goto("/connections/new/zendesk/credentials")
    look(page, "key-form")
    fill_in(page, account(house, "zendesk"))
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.get_by_text("takes the hub for")).to_be_visible()
    conversation = office.escalate("chat-1", target="zendesk", fields={"order_number": "A-4711"})
    page.get_by_role("link", name="This connection").click()
    page.get_by_role("link", name="Mapping").click()
    page.get_by_role("button", name="Insert Order number").click()
    page.get_by_label("Preview", exact=True).select_option(index=1)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("Request 1")).to_contain_text("A-4711")
    expect(page.get_by_label("Request 1")).to_contain_text(conversation)
    look(page, "mapping-preview")
    page.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("Saved as version 1")).to_be_visible()
    page.get_by_role("link", name="Compare version 1").click()
    expect(page.get_by_text("Added:").first).to_be_attached()
    look(page, "mapping-compared")
    office.work()
    ticket = office.row("select external_id from tickets")["external_id"]
    row = office.row("select * from connections where desk = 'zendesk'")
    api: Any = house.desks.open(row)
    at_desk = api.api.call("GET", f"/tickets/{ticket}")["ticket"]
    sent = {field["id"]: field["value"] for field in at_desk["custom_fields"]}
    assert "A-4711" in sent.values()
    page.goto(f"/escalations/{conversation}")
    page.get_by_text(re.compile(r"requests? to the desk")).first.click()
    expect(page.get_by_text(re.compile("POST .*/tickets")).first).to_be_visible()
    look(page, "escalation")


def test_parked_escalations_are_read_repaired_and_retried(
    page: Page, house: House, office: Office
) -> None:
    zendesk = office.connect()
    parked = [office.escalate(f"chat-{n}", minutes_ago=n) for n in range(4)]
    office.ticket_at(zendesk, office.escalate("chat-9", minutes_ago=90))
    office.work()
    for one in parked:
        office.park(one)
    page.goto("/overview")
    expect(page.get_by_role("img", name="Escalations by desk")).to_be_visible()
    look(page, "overview")
    page.get_by_role("link", name="parked now").click()
    look(page, "parked")
    page.get_by_role("link", name=re.compile("parcel", re.I)).first.click()
    expect(page.get_by_text("What to do:")).to_be_visible()
    look(page, "parked-one")
    page.get_by_role("button", name="Retry").click()
    expect(page.get_by_text("It goes on now.")).to_be_visible()
    page.goto("/escalations?show=parked")
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Retry those ticked").click()
    expect(page.get_by_role("heading", name="0 of 1")).to_be_visible()
    office.work()
    expect(page.get_by_role("heading", name="1 of 1")).to_be_visible()
    page.goto("/escalations?show=parked")
    page.get_by_role("button", name="Retry all 2").click()
    expect(page.get_by_role("heading", name="0 of 2")).to_be_visible()
    page.goto("/conversations")  # nobody looks
    office.work()
    page.go_back()
    expect(page.get_by_role("heading", name="2 of 2")).to_be_visible()
    look(page, "bulk-retry")
    assert office.row("select count(*) as n from escalations where parked is not null")["n"] == 0


def test_a_route_is_changed_and_switched_off_in_its_place(page: Page, office: Office) -> None:
    office.connect()
    page.goto("/routes")
    page.get_by_label("Desk 1").last.select_option(label="Zendesk")
    page.get_by_role("button", name="Add the route").click()
    page.get_by_text("Edit route 1").click()
    look(page, "route-edited")
    box = page.get_by_role("list", name="Routes in the order").get_by_label("When")
    box.fill("language is")
    page.get_by_role("button", name="Save route 1").click()
    expect(page.locator("#when-wrong")).to_be_visible()
    box.fill("language = en")
    page.get_by_role("button", name="Save route 1").click()
    expect(page.get_by_text("The route is changed.")).to_be_visible()
    page.get_by_role("button", name="Switch off route 1").click()
    expect(page.get_by_text("Off", exact=True)).to_be_visible()
    page.locator("#try-language").fill("en")
    page.get_by_role("button", name="Try it out").click()
    expect(page.locator("#tried")).to_contain_text("it is switched off")
    row = office.row("select condition, enabled from routes")
    assert (row["condition"], row["enabled"]) == ("language = en", False)
