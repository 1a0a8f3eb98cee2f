"""Who gets in, and with which headers."""

import re

import pytest
from flask import Flask

from tests.console.office import PASSWORD, Browser, Office

PAGES = ("/", "/escalations", "/connections", "/subscribers")


@pytest.mark.parametrize("path", [*PAGES, "/conversations/con_x", "/escalations/esc_x"])
def test_nobody_sees_a_page_without_signing_in(app: Flask, office: Office, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == 303
    assert answer.location.startswith("/sign-in?next=")


def test_one_signs_in_and_comes_to_the_page_one_wanted(app: Flask, agent: Browser) -> None:
    browser = Browser(app.test_client())
    answer = browser.sign_in("agent@example.com", path="/sign-in?next=/escalations")
    assert answer.location == "/escalations"
    assert "Olive Agent" in browser.get("/escalations").text


@pytest.mark.parametrize("next_", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_signing_in_leads_to_no_other_site(app: Flask, agent: Browser, next_: str) -> None:
    browser = Browser(app.test_client())
    answer = browser.sign_in("agent@example.com", path=f"/sign-in?next={next_}")
    assert answer.location == "/"


def test_an_unknown_user_and_a_wrong_password_get_the_same_answer(
    app: Flask, agent: Browser
) -> None:
    browser = Browser(app.test_client())
    wrong = browser.sign_in("agent@example.com", "not the password")
    unknown = browser.sign_in("nobody@example.com", PASSWORD)
    assert wrong.status_code == unknown.status_code == 401
    assert _plain(wrong.text) == _plain(unknown.text)


def _plain(text: str) -> str:
    """The page without what the visitor typed and without its token."""
    return re.sub(r'value="[^"]*"', "", text)


def test_the_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(
    app: Flask, agent: Browser
) -> None:
    answer = Browser(app.test_client()).sign_in("agent@example.com")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_copied_cookie_is_worth_nothing_after_signing_out(app: Flask, agent: Browser) -> None:
    cookie = agent.client.get_cookie("hub_session")
    assert cookie is not None
    assert agent.post("/sign-out").status_code == 303
    thief = app.test_client()
    thief.set_cookie("hub_session", cookie.value)
    assert thief.get("/").status_code == 303


def test_a_form_without_its_token_does_nothing(agent: Browser, office: Office) -> None:
    conversation = office.chat("chat-1")
    answer = agent.client.post(f"/conversations/{conversation}/takeover")
    assert answer.status_code == 400
    assert "Nothing was changed" in answer.text
    assert office.conversation(conversation)["speaker"] == "ai"


@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/nowhere"])
def test_every_page_allows_only_what_comes_from_the_hub_itself(agent: Browser, path: str) -> None:
    headers = agent.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "data:" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", [*PAGES, "/sign-in"])
def test_no_page_has_an_inline_script_or_style(agent: Browser, path: str) -> None:
    text = agent.get(path).text
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=", text)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', text)


def test_an_unknown_page_says_so_in_plain_words(agent: Browser) -> None:
    answer = agent.get("/nowhere")
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text


@pytest.mark.parametrize("path", ["/nowhere", "/conversations/nobodys", "/keys", "/sign-out"])
def test_what_cannot_be_shown_stands_in_the_usual_frame(agent: Browser, path: str) -> None:
    answer = agent.get(path)
    assert answer.status_code in (403, 404, 405)
    assert 'aria-label="Main"' in answer.text and "Olive Agent" in answer.text


def test_who_is_not_signed_in_is_sent_from_an_unknown_page_to_the_form(app: Flask) -> None:
    answer = app.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert ">Sign in</a>" in answer.text and 'aria-label="Main"' not in answer.text


def test_a_live_part_tells_a_signed_out_browser_so_without_a_page(
    app: Flask, office: Office
) -> None:
    answer = app.test_client().get("/", headers={"X-Part": "live"})
    assert (answer.status_code, answer.text) == (401, "")


def test_a_broken_hub_apologises_without_telling_its_secrets(
    agent: Browser, office: Office
) -> None:
    with office.house.store.transaction() as tx:
        tx.run("alter table escalations rename to gone")
    answer = agent.get("/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.text and 'aria-label="Main"' in answer.text
    assert "gone" not in answer.text and "select" not in answer.text
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
