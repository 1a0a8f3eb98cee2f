"""The Help Desk's lists: what stands in which, what a search finds, what is unread."""

import re

import pytest
from flask import Flask

from hub.console import lists
from hub.store import presence, search
from tests.console.office import Browser, Office


def names(text: str) -> list[str]:
    """The customers of a list, from top to bottom."""
    return re.findall(r"data-row href=[^>]+><bdi>([^<]+)</bdi>", text)


def customer(name: str) -> dict[str, str]:
    return {"name": name, "email": f"{name.lower()}@example.com"}


@pytest.fixture
def olive(agent: Browser, office: Office) -> str:
    """The agent's id."""
    return str(office.row("select id from users where email = 'agent@example.com'")["id"])


def taken(agent: Browser, office: Office, chat: str, name: str) -> str:
    """A conversation whose ticket the agent has."""
    conversation = office.chat(chat, requester=customer(name))
    agent.post(f"/conversations/{conversation}/takeover")
    office.work()
    return conversation


def test_the_inbox_has_my_tickets_those_of_nobody_all_and_the_closed_ones(
    agent: Browser, office: Office, olive: str
) -> None:
    taken(agent, office, "chat-1", "Mine")
    theirs = taken(agent, office, "chat-2", "Nobody")
    agent.post(f"/conversations/{theirs}/assignee", assignee="")
    done = taken(agent, office, "chat-3", "Done")
    agent.post(f"/conversations/{done}/status", status="solved")
    outside = office.escalate("chat-4", requester=customer("Outside"))
    desk = office.connect()
    office.ticket_at(desk, outside)
    office.work()
    shown = {show: names(agent.get(f"/inbox?show={show}").text)
             for show in ("mine", "unassigned", "all", "closed")}  # fmt: skip
    assert shown == {
        "mine": ["Mine"],
        "unassigned": ["Nobody"],
        "all": ["Outside", "Nobody", "Mine"],
        "closed": ["Done"],
    }
    assert names(agent.get(f"/inbox?show=all&desk={desk}").text) == ["Outside"]


def test_a_list_of_tickets_shows_each_ticket_itself(agent: Browser, office: Office) -> None:
    desk = office.connect()
    office.ticket_at(desk, office.escalate("chat-1"))
    conversation = office.row("select id from conversations")["id"]
    agent.post(f"/conversations/{conversation}/resume")
    with office.house.store.transaction() as tx:
        tx.run("update tickets set status = 'solved', closed_at = now()")
    taken(agent, office, "chat-1", "Ada")
    (closed,) = rows(agent.get("/inbox?show=closed").text)
    assert "35436" in closed and "Solved" in closed and "Grace at Zendesk" in closed
    (open_,) = rows(agent.get("/inbox?show=all").text)
    assert "Help Desk" in open_ and "Olive Agent" in open_
    agent.post(f"/conversations/{conversation}/status", status="closed")
    office.work()
    text = agent.get("/inbox?show=closed").text
    assert ["35436" in row for row in rows(text)] == [False, True]
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def rows(text: str) -> list[str]:
    """The rows of a list, from top to bottom."""
    return re.findall(r"<tr id=.*?</tr>", text, re.DOTALL)


def test_an_empty_inbox_says_where_work_is(agent: Browser) -> None:
    text = agent.get("/inbox").text
    assert "No ticket is yours" in text and "/inbox?show=unassigned" in text


@pytest.mark.parametrize(
    "looked_for",
    ["4711", "parcel 4711", "PARC", "lovelace", "ada@example.com", "chat-1", "money back", "Ärger"],
)
def test_a_search_finds_what_was_said_and_who_said_it(
    agent: Browser, office: Office, looked_for: str
) -> None:
    office.chat("chat-1", "My parcel 4711 has not arrived, so I want my money back. Ärgerlich!")
    office.chat("other-2", "Where is my invoice?", requester=customer("Grace"))
    assert names(agent.get("/").text) == ["Grace", "Ada Lovelace"]
    found = agent.client.get("/", query_string={"q": looked_for}).text
    assert names(found) == ["Ada Lovelace"]


@pytest.mark.parametrize("looked_for", ["xylophone", "%", "'; drop", "!!!", "4711 xylophone", "\\"])
def test_a_search_without_a_find_says_what_to_do(
    agent: Browser, office: Office, looked_for: str
) -> None:
    office.chat("chat-1")
    answer = agent.client.get("/", query_string={"q": looked_for})
    assert answer.status_code == 200 and names(answer.text) == []
    assert "Nothing found" in answer.text and "search the ended ones" in answer.text


def test_a_search_finds_nothing_of_another_workspace(
    agent: Browser, office: Office, strangers: Office
) -> None:
    strangers.chat("theirs", "The secret word is rutabaga.")
    assert names(agent.get("/?q=rutabaga").text) == []


def test_a_common_word_is_found_near_the_top_of_a_list_without_all_that_have_it(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_with_a_common_word(office, monkeypatch)
    monkeypatch.setattr(lists, "SIZE", 1)
    monkeypatch.setattr(lists, "AMONG", "false")
    assert names(agent.get("/?q=parcel").text) == ["Barbara"]


def test_a_common_word_is_found_further_down_by_all_that_have_it(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _two_with_a_common_word(office, monkeypatch)
    monkeypatch.setattr(lists, "MANY", 2)
    assert names(agent.get("/?q=parcel").text) == ["Barbara", "Ada Lovelace"]


def _two_with_a_common_word(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """And two above them that have it not."""
    office.chat("chat-1", "parcel one", "parcel two", "parcel three")
    for name, said in (("Barbara", "parcel four"), ("Grace", "no"), ("Edsger", "no")):
        office.chat(f"chat-{name}", said, requester=customer(name))
    monkeypatch.setattr(search, "COMMON", 3)
    monkeypatch.setattr(lists, "FEW", 1)


def test_lists_are_narrowed_down_by_language_channel_and_desk(
    agent: Browser, office: Office
) -> None:
    office.chat("chat-1", requester=customer("German"), conversation={"language": "de"})
    office.chat("chat-2", requester=customer("Mailer"), conversation={"channel": "mail"})
    outside = office.escalate("chat-3", requester=customer("Outside"))
    desk = office.connect()
    office.ticket_at(desk, outside)
    assert names(agent.get("/?language=de").text) == ["German"]
    assert names(agent.get("/?channel=mail").text) == ["Mailer"]
    assert names(agent.get(f"/?desk={desk}").text) == ["Outside"]
    assert names(agent.get("/?language=de&channel=mail").text) == []


def test_the_way_to_the_ended_ones_keeps_the_filters(agent: Browser) -> None:
    text = agent.get("/?q=parcel&language=de").text
    assert "/?show=ended&amp;q=parcel&amp;language=de" in text


def test_who_waits_longest_is_on_top_with_the_time_that_was_promised(
    agent: Browser, office: Office
) -> None:
    office.chat("chat-1", requester=customer("Chatting"))
    office.escalate("chat-2", requester=customer("First"))
    parked = office.escalate("chat-3", requester=customer("Second"))
    office.work()
    office.park(parked)
    with office.house.store.transaction() as tx:
        tx.run("update escalations set promised_at = :at where id = :id", id=parked, at=tx.now)
    text = agent.get("/").text
    assert names(text)[:3] == ["First", "Second", "Chatting"]
    assert text.count("promised in") == 1 and 'data-form="until"' in text


def test_what_was_said_since_i_looked_is_marked_for_me_alone(
    app: Flask, agent: Browser, office: Office
) -> None:
    office.hire("other@example.com", "agent", "Bo Other")
    other = Browser.signed_in(app, "other@example.com")
    conversation = taken(agent, office, "chat-1", "Ada")

    def is_unread(browser: Browser) -> bool:
        return "Unread: " in browser.get("/inbox?show=all").text

    assert is_unread(agent) and is_unread(other)
    agent.get(f"/conversations/{conversation}")
    assert not is_unread(agent) and is_unread(other)
    office.chat("chat-1", "Are you there?")
    assert is_unread(agent)


def test_what_an_agent_wrote_is_unread_for_nobody(agent: Browser, office: Office) -> None:
    conversation = taken(agent, office, "chat-1", "Ada")
    agent.get(f"/conversations/{conversation}")
    agent.post(f"/conversations/{conversation}/entries", text="I look into it.", kind="reply")
    office.work()
    text = agent.get("/inbox?show=all").text
    assert "I look into it." in text and "Unread: " not in text
    office.chat("chat-1", "Thank you!", roles=("customer",))
    assert "Unread: " in agent.get("/inbox?show=all").text


def test_a_conversation_with_the_ai_is_unread_for_nobody(agent: Browser, office: Office) -> None:
    office.chat("chat-1")
    assert "Unread: " not in agent.get("/").text


def test_a_list_goes_on_where_the_page_before_ended(agent: Browser, office: Office) -> None:
    for n in range(55):
        office.chat(f"chat-{n}", requester=customer(f"Nr{n}"))
    for path in ("/", "/?q=parcel"):
        first = agent.get(path).text
        (after,) = re.findall(r'id="page-next"[^>]+href="([^"]+)"', first)
        second = agent.get(after.replace("&amp;", "&")).text
        assert names(first) + names(second) == [f"Nr{n}" for n in range(54, -1, -1)], path


def test_who_is_in_a_conversation_shows_in_it_and_in_the_lists(
    app: Flask, agent: Browser, office: Office
) -> None:
    office.hire("maria@example.com", "agent", "Maria")
    maria = Browser.signed_in(app, "maria@example.com")
    conversation = taken(agent, office, "chat-1", "Ada")
    there = f"/conversations/{conversation}/presence"
    assert maria.post(there, doing="replying").status_code == 204
    assert "<bdi>Maria</bdi> is replying" in agent.get(f"/conversations/{conversation}").text
    assert "Maria" in agent.get("/inbox?show=all").text
    assert "is replying" not in maria.get(f"/conversations/{conversation}").text
    maria.post(there, doing="gone")
    assert "Maria</bdi> is" not in agent.get(f"/conversations/{conversation}").text
    assert maria.post(there, doing="dancing").status_code == 400


def test_who_gives_no_sign_of_life_is_gone(agent: Browser, office: Office) -> None:
    maria = office.hire("maria@example.com", "agent", "Maria")
    conversation = taken(agent, office, "chat-1", "Ada")
    with office.house.store.transaction() as tx:
        presence.here(tx, office.workspace, conversation, maria, "viewing")
        tx.run("update presence set seen_at = :old", old=tx.now - presence.GOOD_FOR)
    assert "Maria" not in agent.get("/inbox?show=all").text
    with office.house.store.transaction() as tx:
        assert presence.sweep(tx) == 1


def test_the_shortcuts_are_listed(agent: Browser) -> None:
    text = agent.get("/shortcuts").text
    assert "<kbd>j</kbd>" in text and "Write a note" in text


def test_who_is_on_the_way_to_a_desk_stands_among_the_waiting_and_nowhere_else(
    agent: Browser, office: Office
) -> None:
    office.escalate("chat-1")  # its job has not run yet
    text = agent.get("/").text
    assert names(text) == ["Ada Lovelace"] and 'id="waiting"' in text
