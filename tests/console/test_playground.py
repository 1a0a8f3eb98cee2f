"""The playground: the customer and the agent in one page, the real way in between."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Locator, Page, expect

from hub import admin as administration
from hub.clock import Clock
from hub.house import House
from hub.playground import script
from tests.console.office import Browser, Office
from tests.console.tabs import open_tab, sign_in

HUMAN = {
    "en": "human please", "de": "Ich will mit einem Menschen sprechen!", "fr": "un humain svp",
    "es": "quiero hablar con una persona", "it": "Mi serve una persona", "pt": "Quero um atendente",
    "ja": "担当の方をお願いします", "ar": "أريد التحدث إلى موظف",
}  # fmt: skip


@pytest.mark.parametrize("language", HUMAN)
def test_the_bot_understands_who_wants_a_human(language: str) -> None:
    assert script.asks_for_human(HUMAN[language])


@pytest.mark.parametrize("text", ["Where is my order?", "Wo ist mein Paket?", "¿Y mi pedido?"])
def test_the_bot_calls_nobody_for_a_question(text: str) -> None:
    assert not script.asks_for_human(text)


def test_the_bot_answers_in_the_customers_language() -> None:
    assert script.answer(["Wann kommt endlich mein Paket an?"]).startswith("Ihr Paket")
    assert script.answer(["Je voudrais être remboursé, s'il vous plaît."]).startswith("Je vois")


def begin(admin: Browser, office: Office, language: str = "en") -> str:
    """A test conversation; its page's address."""
    answer = admin.post("/playground", token_from="/playground", language=language)
    assert answer.status_code == 303
    return str(answer.location)


def said(office: Office) -> list[tuple[str, str]]:
    """Who said what, in order."""
    with office.house.store.transaction() as tx:
        return [(r["role"], r["text"]) for r in tx.all("select * from messages order by seq")]


def test_the_bot_answers_and_calls_a_human_the_real_way(admin: Browser, office: Office) -> None:
    place = begin(admin, office)
    admin.post(f"{place}/say", token_from=place, text="Where is my parcel?")
    admin.post(f"{place}/say", token_from=place, idea="A human, please.", text="not this")
    office.work()
    assert [role for role, _ in said(office)] == [
        "ai", "customer", "ai", "customer", "system"
    ]  # fmt: skip
    row = office.row("select e.*, c.waiting, c.channel, c.requester from escalations e"
                     " join conversations c on c.id = e.conversation_id")  # fmt: skip
    assert row["waiting"] and row["channel"] == "playground" and row["fields"]["playground"]
    assert "test" in row["requester"]["name"]
    events = office.row("select count(*) as n from events where direction = 'in'")
    assert events["n"] == 5  # started, two of the customer, one of the bot, escalated


def test_a_chosen_desk_gets_the_ticket(admin: Browser, office: Office) -> None:
    place = begin(admin, office)
    desk = office.connect()
    admin.post(f"{place}/say", token_from=place, text="Human please", desk=desk)
    assert office.row("select connection_id from escalations")["connection_id"] == desk


def test_while_a_human_speaks_the_bot_is_silent_and_then_goes_on_with_the_brief(
    admin: Browser, office: Office
) -> None:
    place = begin(admin, office)
    admin.post(f"{place}/agent", token_from=place, deed="take")
    office.work()
    admin.post(f"{place}/say", token_from=place, text="Is anybody there?")
    admin.post(f"{place}/agent", token_from=place, deed="reply", text="It comes tomorrow.")
    office.work()
    assert ("agent", "It comes tomorrow.") in said(office)
    assert [role for role, _ in said(office)].count("ai") == 1
    admin.post(f"{place}/agent", token_from=place, deed="resume", text="It comes tomorrow, free.")
    assert "Let the bot go on" in admin.get(place).text
    for _ in range(2):
        assert admin.post(f"{place}/hear", token_from=place).status_code == 303
    spoken = [text for role, text in said(office) if role == "ai"]
    assert len(spoken) == 2 and "It comes tomorrow, free." in spoken[1]
    assert "Let the bot go on" not in admin.get(place).text


def test_starting_over_ends_the_test_and_closes_its_ticket(admin: Browser, office: Office) -> None:
    place = begin(admin, office)
    admin.post(f"{place}/agent", token_from=place, deed="take")
    office.work()
    fresh = admin.post(f"{place}/reset", token_from=place).location
    office.work()
    assert fresh != place
    assert office.row("select status from native_tickets")["status"] == "solved"
    states = office.row("select array_agg(state order by id) as all from conversations")["all"]
    assert states == ["ended", "live"]


def test_only_admins_play_and_only_with_test_conversations(
    admin: Browser, agent: Browser, office: Office, strangers: Office, app: Flask
) -> None:
    real = office.chat("real")
    place = begin(admin, office)
    for path in ("/playground", place):
        assert agent.get(path).status_code == 403
    assert agent.post(f"{place}/say", text="x").status_code == 403
    assert admin.get(f"/playground/{real}").status_code == 404
    assert admin.post(f"/playground/{real}/say", text="x").status_code == 404
    strangers.hire("boss@example.com", "owner")
    assert Browser.signed_in(app, "boss@example.com").get(place).status_code == 404


def test_one_workspace_has_one_playground_even_beside_a_platform_of_that_name(
    admin: Browser, office: Office
) -> None:
    with office.house.store.transaction() as tx:
        tx.run(
            "insert into sources (id, workspace_id, name, dialect, secret)"
            " values ('src_x', :id, 'Playground', 'bookbag', '')",
            id=office.workspace,
        )
    begin(admin, office)
    begin(admin, office)
    assert office.row("select count(*) as n from sources where playground")["n"] == 1


@pytest.fixture
def page(chromium: Chromium, site: str, office: Office) -> Iterator[Page]:
    """The admin's tab; the browser may complain of nothing."""
    office.hire("admin@example.com", "admin", "Amy Admin")
    with open_tab(chromium, site) as tab:
        sign_in(tab, "admin@example.com", at="/sign-in?next=/playground")
        yield tab


@pytest.mark.browser
def test_the_whole_loop_is_seen_without_leaving_the_page(page: Page, office: Office) -> None:
    page.get_by_role("button", name="Begin").click()
    chat, words = page.locator("#said"), page.get_by_label("The customer’s words")
    words.fill("Where is my parcel 4711?")
    words.press("Enter")
    expect(chat.locator(".ai").last).to_contain_text("left our warehouse")
    expect(words).to_have_value("")
    page.get_by_role("button", name="A human, please.").click()
    expect(chat.locator(".customer").last).to_contain_text("A human, please.")
    office.work()
    expect(chat.locator(".system")).to_contain_text("I am getting a colleague")
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("The ticket is being opened.")).to_be_visible()
    office.work()
    page.get_by_label("Reply to the customer").fill("It is at your neighbour's.")
    page.get_by_role("button", name="Send the reply").click()
    expect(page.get_by_label("Reply to the customer")).to_have_value("")
    office.work()
    expect(chat.locator(".agent")).to_contain_text("It is at your neighbour's.")
    page.get_by_label("Hand back to the AI").fill("At the neighbour's.")
    page.get_by_role("button", name="Resume AI").click()
    expect(chat.locator(".ai").last).to_contain_text("My colleague tells me: “At the neighbour's.”")
    expect(page.locator("#steps .done")).to_have_count(6)
    expect(page.locator("#told-events")).to_contain_text("conversation.resumed")


@pytest.mark.browser
def test_the_loop_goes_over_another_desk_and_back(page: Page, house: House, office: Office) -> None:
    house.settings = replace(house.settings, public_url=page.url.partition("/playground")[0])
    often = {"desk": "zendesk", "incremental_per_minute": 1e6, "incremental_holdback": 0}
    requests.post(f"{house.settings.sandbox_url}/_settings", json=often, timeout=10)
    told = requests.get(f"{house.settings.sandbox_url}/_desks", timeout=10).json()["data"]
    (account,) = [one["accounts"][0] for one in told if one["desk"] == "zendesk"]
    administration.add_connection(
        house, office.workspace, "zendesk", "Our Zendesk", account["config"]
    )
    page.reload()
    page.get_by_label("The ticket goes").select_option(label="to Our Zendesk")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="A human, please.").click()
    opened = page.get_by_role("link", name="Open the ticket in Zendesk")
    work_until_seen(office, opened)
    with page.expect_popup() as popup:
        opened.click()
    desk = popup.value
    desk.get_by_label("Answer or note").fill("It is at your neighbour's.")
    desk.get_by_role("button", name="Reply to the customer").click()
    said = page.locator("#said .agent", has_text="It is at your neighbour's.")
    work_until_seen(office, said)
    desk.get_by_label("Status").select_option("solved")
    desk.get_by_role("button", name="Change").click()  # to close it now would hang: tabs.py
    work_until_seen(office, page.locator("#said .ai", has_text="I am back."))
    expect(page.locator("#steps .done")).to_have_count(6)


def work_until_seen(office: Office, what: Locator) -> None:
    """Run jobs as they come in, the clock's too, until the page shows it.

    The desk's webhooks alone may be late: it first repeats those to hubs of tests before.
    """
    deadline = time.monotonic() + 60
    while not what.first.is_visible():
        assert time.monotonic() < deadline, f"{what} was not seen"
        with office.house.store.transaction() as tx:
            Clock(office.house).poll(tx)
        office.work()
        what.page.wait_for_timeout(50)
