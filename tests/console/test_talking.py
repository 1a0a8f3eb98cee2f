"""What teammates write: files, canned texts, briefs; and what open pages are told."""

import re
from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import TestResponse

from hub.console import canned
from hub.console.live import Feed
from tests.console.office import Browser, Office


@pytest.fixture
def taken(agent: Browser, office: Office) -> str:
    """A conversation that the agent has taken over, with its ticket."""
    conversation = office.chat("chat-1")
    agent.post(f"/conversations/{conversation}/takeover")
    office.work()
    return conversation


def send(agent: Browser, conversation: str, *files: tuple[str, bytes], **form: Any) -> TestResponse:
    """The composer with files chosen."""
    chosen = [(BytesIO(data), name) for name, data in files]
    form = {"text": "Here it is.", "kind": "reply"} | form
    return agent.post(f"/conversations/{conversation}/entries", files=chosen, **form)


def test_a_teammates_file_reaches_the_customers_platform(
    agent: Browser, office: Office, taken: str
) -> None:
    send(agent, taken, ("label ä.pdf", b"%PDF-1.7 label"))
    assert "label ä.pdf" in agent.get(f"/conversations/{taken}").text  # before its job has run
    office.work()
    told = office.row("select payload from events where type = 'message.created' and"
                      " direction = 'out'")["payload"]["message"]  # fmt: skip
    assert told["text"] == "Here it is."
    (file,) = told["attachments"]
    assert (file["name"], file["content_type"], file["size"]) == (
        "label ä.pdf", "application/pdf", 14)  # fmt: skip
    address = file["url"].removeprefix(office.house.settings.public_url)
    given = agent.client.get(address)
    assert (given.status_code, given.data) == (200, b"%PDF-1.7 label")
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert agent.client.get(address.replace("signature=", "signature=0")).status_code == 403


def test_a_file_without_words_is_sent_and_one_in_a_note_stays_inside(
    agent: Browser, office: Office, taken: str
) -> None:
    send(agent, taken, ("a.txt", b"for the customer"), text="")
    send(agent, taken, ("b.txt", b"for us"), text="Look", kind="note")
    office.work()
    rows = office.row("select jsonb_agg(payload -> 'message' -> 'attachments') as files from events"
                      " where type = 'message.created' and direction = 'out'")["files"]  # fmt: skip
    assert [[file["name"] for file in files] for files in rows] == [["a.txt"]]
    text = agent.get(f"/conversations/{taken}").text
    (link,) = re.findall(r'href="[^"]*(/files/[^"]+)"[^>]*><bdi>b.txt', text)
    assert agent.client.get(link.replace("&amp;", "&")).data == b"for us"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("setup.exe", b"MZ")], "is a program"),
        ([("empty.txt", b"")], "is empty"),
        ([(f"{n}.txt", b"x") for n in range(11)], "at most 10 files"),
        ([(f"{n}.bin", b"x" * 13 * 1024**2) for n in range(2)], "larger than 25 MB"),
        ([("huge.bin", b"x" * 28 * 1024**2)], "too large"),
    ],
)
def test_files_that_cannot_be_sent_are_refused_with_what_to_do(
    agent: Browser, office: Office, taken: str, files: list[tuple[str, bytes]], why: str
) -> None:
    answer = send(agent, taken, *files)
    text = answer.text if answer.status_code == 413 else agent.get(f"/conversations/{taken}").text
    assert why in text and "Nothing was sent" in text
    assert office.row("select count(*) as n from native_entries where kind = 'file'")["n"] == 0


def test_a_canned_text_greets_by_name(agent: Browser, office: Office, taken: str) -> None:
    text = "Hello {customer.first_name|there}, I am {agent.name}. {customer.email|}"
    agent.post("/canned-texts", name="Greeting", text=text)
    (told,) = agent.get(f"/conversations/{taken}/canned-texts").json["data"]
    filled = "Hello Ada, I am Olive Agent. ada@example.com"
    assert told == {"name": "Greeting", "text": filled}
    assert canned.fill(text, {"agent.name": "Bo"}) == "Hello there, I am Bo. "


def test_a_canned_text_is_changed_and_deleted(agent: Browser, office: Office) -> None:
    agent.post("/canned-texts", name="One", text="First")
    row = office.row("select id from canned_texts")
    agent.post("/canned-texts", id=row["id"], name="One", text="Second")
    assert office.row("select text from canned_texts")["text"] == "Second"
    assert "Second" in agent.get("/canned-texts").text
    agent.post(f"/canned-texts/{row['id']}/remove")
    assert "No text yet" in agent.get("/canned-texts").text


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("", "Words", "Give it a name"),
        ("Name", " ", "Write a text"),
        ("Name", "Hello {customer.shoe}", "{customer.shoe} is none of the placeholders"),
        ("Known", "Again", "Another text has this name"),
    ],
)
def test_a_wrong_canned_text_is_refused_at_its_field_and_kept(
    agent: Browser, office: Office, name: str, text: str, why: str
) -> None:
    agent.post("/canned-texts", name="Known", text="Words")
    answer = agent.post("/canned-texts", name=name, text=text)
    assert answer.status_code == 422 and why in answer.text
    assert f'value="{name}"' in answer.text
    assert office.row("select count(*) as n from canned_texts")["n"] == 1


def test_canned_texts_are_a_workspaces_own(
    agent: Browser, office: Office, strangers: Office, viewer: Browser
) -> None:
    with office.house.store.transaction() as tx:
        from hub.store import canned as store

        store.save(tx, strangers.workspace, None, "Theirs", "Secret")
    theirs = office.row("select id from canned_texts")["id"]
    assert "Theirs" not in agent.get("/canned-texts").text
    assert agent.get(f"/canned-texts/{theirs}").status_code == 404
    assert agent.post("/canned-texts", id=theirs, name="Mine", text="x").status_code == 404
    agent.post(f"/canned-texts/{theirs}/remove")
    assert office.row("select text from canned_texts")["text"] == "Secret"
    assert viewer.post("/canned-texts", name="A", text="b").status_code == 403


def test_a_waiting_conversation_is_given_back_to_the_ai_with_a_brief(
    agent: Browser, office: Office
) -> None:
    office.escalate("chat-1")
    office.work()
    conversation = office.row("select id from conversations")["id"]
    assert "Resume AI" in agent.get(f"/conversations/{conversation}").text
    agent.post(f"/conversations/{conversation}/resume", words="Ask for the order number.")
    office.work()
    row = office.conversation(conversation)
    assert (row["speaker"], row["waiting"]) == ("ai", False)
    news = office.row("select payload from events where type = 'conversation.resumed'")["payload"]
    assert news["brief"]["text"] == "Ask for the order number."
    assert "Waiting for a teammate" not in agent.get("/").text


def test_an_open_page_is_told_of_news_of_its_conversation_and_of_no_other(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Feed, "_look", lambda self: None)  # nobody looks but this test
    conversation, other = office.chat("chat-1"), office.chat("chat-2")
    stream = agent.client.get(f"/live?conversation={conversation}", buffered=False)
    lines = iter(stream.response)
    assert "event: news" in str(next(lines))  # whatever happened before
    live = office.house and agent.client.application.extensions["live"]
    live.look()
    (watcher,) = live.watchers
    watcher.news.clear()
    office.chat("chat-2", "Nothing for you.")
    live.look()
    assert not watcher.news.is_set()
    office.chat("chat-1", "Something for you.")
    live.look()
    assert watcher.news.is_set()
    watcher.news.clear()
    agent.post(f"/conversations/{conversation}/presence", doing="viewing")
    live.look()
    assert watcher.news.is_set()
    assert "event: news" in str(next(lines))
    stream.close()
    assert live.watchers == set()
    assert other


def test_open_pages_end_with_the_house_and_nobody_asks_the_database_any_more(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.console.live.HEARTBEAT", 0.5)
    monkeypatch.setattr("hub.console.live.LONGEST", 5.0)
    stream = agent.client.get("/live", buffered=False)
    lines = iter(stream.response)
    assert "event: news" in str(next(lines))
    live = agent.client.application.extensions["live"]
    looking = live.thread
    office.house.close()
    assert len(list(lines)) <= 1  # what it was about to say
    assert looking is None or not looking.is_alive()
    assert live.watchers == set()


def test_no_page_watches_what_its_workspace_does_not_have_nor_spoils_the_news_of_others(
    agent: Browser, office: Office, strangers: Office
) -> None:
    theirs = strangers.chat("chat-1")
    for wrong in (theirs, "a%00b", "con_nothing"):
        assert agent.get(f"/live?conversation={wrong}").status_code == 404
    stream = agent.client.get(f"/live?conversation={office.chat('chat-2')}", buffered=False)
    next(iter(stream.response))
    agent.client.application.extensions["live"].look()  # raises nothing
    stream.close()


def test_too_many_open_pages_are_sent_away_and_ask_by_themselves(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.console.live.MOST", 0)
    answer = agent.get("/live")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")


def test_who_is_signed_out_hears_no_news(agent: Browser, office: Office) -> None:
    office.chat("chat-1")
    agent.post("/sign-out")
    for path in ("/live", "/notices", "/conversations/chat-1/canned-texts"):
        assert agent.get(path).status_code == 401


def test_a_form_of_a_session_that_ended_leads_back_to_its_page(
    agent: Browser, office: Office, taken: str
) -> None:
    with office.house.store.transaction() as tx:
        tx.run("delete from sessions")
    where = f"/conversations/{taken}"
    answer = agent.client.post(
        f"{where}/entries", data={"text": "lost?"}, headers={"Referer": f"http://localhost{where}"}
    )
    assert answer.status_code == 303
    assert answer.location == f"/sign-in?next=/conversations/{taken}"
    elsewhere = agent.client.post(f"{where}/entries", headers={"Referer": "https://evil.example/x"})
    assert elsewhere.location == "/sign-in"


def test_notices_tell_of_who_waits_and_of_words_in_my_tickets(
    agent: Browser, office: Office, taken: str
) -> None:
    office.escalate("chat-2", requester={"name": "Grace"})
    office.work()
    agent.get(f"/conversations/{taken}")
    titles = {one["title"] for one in agent.get("/notices").json["data"]}
    assert titles == {"Grace waits for a human", "Ada Lovelace is yours"}
    office.chat("chat-1", "Hello?")
    told = {one["title"]: one for one in agent.get("/notices").json["data"]}
    assert told["Ada Lovelace wrote"]["body"] == "Hello?"
    assert told["Ada Lovelace wrote"]["url"] == f"/conversations/{taken}"
