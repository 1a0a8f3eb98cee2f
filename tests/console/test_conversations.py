"""The list of conversations, one conversation, and what a teammate does there."""

import re

import psycopg
import pytest

from hub import admin as administration
from tests.console.office import Browser, Office, fresh_id


def test_an_empty_hub_says_which_command_connects_a_platform(agent: Browser) -> None:
    text = agent.get("/").text
    assert "No platform is connected yet" in text
    assert "python -m hub source add" in text


def test_the_list_shows_customer_last_words_language_channel_and_speaker(
    agent: Browser, office: Office
) -> None:
    office.chat("chat-1", "Hello?", "Hello! How can I help?", requester={"name": "Niels Bohr"},
                conversation={"language": "da", "channel": "whatsapp"})  # fmt: skip
    row = _row(agent.get("/").text, "Niels Bohr")
    for words in ("Hello! How can I help?", "DA", "whatsapp", ">AI<", "Take over"):
        assert words in row


def test_who_waits_stands_on_top_and_who_waits_longest_first(
    agent: Browser, office: Office
) -> None:
    office.escalate("first", requester={"name": "First Waiting"})
    office.escalate("second", requester={"name": "Second Waiting"})
    office.chat("third", requester={"name": "Newest Of All"})
    office.work()
    text = agent.get("/").text
    order = [text.index(name) for name in ("First Waiting", "Second Waiting", "Newest Of All")]
    assert order == sorted(order)
    assert "Waiting for a teammate" in text


@pytest.mark.parametrize(
    ("chip", "shown"), [("waiting", "Wanda"), ("human", "Hugo"), ("ai", "Ida"), ("ended", "Emil")]
)
def test_a_chip_shows_its_conversations_only(
    agent: Browser, office: Office, chip: str, shown: str
) -> None:
    office.escalate("w", requester={"name": "Wanda"})
    taken = office.chat("h", requester={"name": "Hugo"})
    office.chat("i", requester={"name": "Ida"})
    office.tell("conversation.ended", "e", requester={"name": "Emil"})
    office.work()
    agent.post(f"/conversations/{taken}/takeover")
    text = agent.get(f"/?show={chip}").text
    names = {name for name in ("Wanda", "Hugo", "Ida", "Emil") if name in text}
    assert names == {shown}


@pytest.mark.parametrize("words", ["bohr", "niels@", "4712", "100%"])
def test_search_finds_by_name_email_and_number_and_takes_signs_literally(
    agent: Browser, office: Office, words: str
) -> None:
    office.chat("chat-4712", requester={"name": "Niels Bohr 100%", "email": "niels@example.com"})
    office.chat("chat-2", requester={"name": "Lise Meitner", "email": "lise@example.com"})
    text = agent.client.get("/", query_string={"q": words}).text
    assert "Niels Bohr" in text
    assert "Lise Meitner" not in text


def test_who_waits_is_shown_even_after_the_platform_ended_the_chat(
    agent: Browser, office: Office
) -> None:
    office.escalate("chat-1", requester={"name": "Patient Zero"})
    office.work()
    office.tell("conversation.ended", "chat-1")
    assert "Take over" in _row(agent.get("/").text, "Ada Lovelace")


def test_a_search_without_a_hit_offers_the_way_back(agent: Browser, office: Office) -> None:
    office.chat("chat-1")
    text = agent.get("/?q=zebra").text
    assert "Nothing found" in text and "Show all" in text


def test_paging_shows_every_conversation_exactly_once(agent: Browser, office: Office) -> None:
    names = {f"Customer {n:03}" for n in range(120)}
    for name in sorted(names):
        office.chat(name, requester={"name": name})
    seen: list[str] = []
    path = "/?show=ai"
    while path:
        text = agent.get(path).text
        seen += re.findall(r"<bdi>(Customer \d+)</bdi></a>", text)
        following = re.search(r'id="page-next"[^>]* href="([^"]*)"', text)
        path = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(names)


def test_the_live_part_is_sent_once_and_then_only_when_it_changed(
    agent: Browser, office: Office
) -> None:
    office.chat("chat-1")
    first = agent.get("/", **{"X-Part": "live"})
    assert "<html" not in first.text
    tag = first.headers["ETag"]
    again = agent.get("/", **{"X-Part": "live", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    office.chat("chat-1", "And another thing!")
    changed = agent.get("/", **{"X-Part": "live", "If-None-Match": tag})
    assert changed.status_code == 200 and "And another thing!" in changed.text


def test_the_number_of_queries_does_not_grow_with_the_list(
    agent: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []
    execute = psycopg.Cursor.execute

    def counted(self, query, *args, **kwargs):
        sent.append(query)
        return execute(self, query, *args, **kwargs)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)

    def queries() -> int:
        sent.clear()
        assert agent.get("/").status_code == 200
        return len(sent)

    office.escalate("chat-0")
    office.work()
    queries()  # with what a fresh connection asks once
    few = queries()
    for n in range(1, 12):
        office.escalate(f"chat-{n}")
    office.work()
    assert queries() == few > 3


def test_taking_over_silences_the_ai_and_opens_a_ticket_for_the_one_who_clicked(
    agent: Browser, office: Office
) -> None:
    conversation = office.chat("chat-1")
    assert agent.post(f"/conversations/{conversation}/takeover").status_code == 303
    assert office.conversation(conversation)["speaker"] == "human"
    office.work()
    text = agent.get(f"/conversations/{conversation}").text
    assert "Human speaks" in text
    assert re.search(r"selected>Olive Agent<", text)
    assert "Send to the customer" in text


def test_taking_over_twice_changes_nothing_and_says_so(agent: Browser, office: Office) -> None:
    conversation = office.chat("chat-1")
    agent.post(f"/conversations/{conversation}/takeover")
    epoch = office.conversation(conversation)["epoch"]
    agent.post(f"/conversations/{conversation}/takeover")
    assert office.conversation(conversation)["epoch"] == epoch
    assert "has this conversation already" in agent.get("/").text


def test_a_waiting_conversation_is_taken_over_with_its_summary(
    agent: Browser, office: Office
) -> None:
    escalation = office.escalate("chat-1")
    office.work()
    conversation = office.row("select conversation_id from escalations")["conversation_id"]
    agent.post(f"/conversations/{conversation}/takeover")
    office.work()
    assert office.row("select id from escalations")["id"] == escalation
    summary = office.row("select summary from escalations")["summary"]
    text = agent.get(f"/conversations/{conversation}").text
    assert summary["subject"] in text
    for sentence in summary["sentences"]:
        for message in sentence["message_ids"]:
            assert f'<li id="{message}"' in text


@pytest.fixture
def taken(agent: Browser, office: Office) -> str:
    """A conversation that the agent has taken over, with its ticket."""
    conversation = office.chat("chat-1")
    agent.post(f"/conversations/{conversation}/takeover")
    office.work()
    return conversation


def test_a_reply_shows_at_once_and_reaches_the_customer(
    agent: Browser, office: Office, taken: str
) -> None:
    agent.post(f"/conversations/{taken}/entries", text="It is on its way.", kind="reply")
    text = agent.get(f"/conversations/{taken}").text
    assert "It is on its way." in text and "on its way</span>" in text
    office.work()
    text = agent.get(f"/conversations/{taken}").text
    assert text.count("It is on its way.") == 1
    told = office.row("select payload from events where type = 'message.created' and"
                      " direction = 'out'")["payload"]  # fmt: skip
    assert told["message"]["text"] == "It is on its way."


def test_a_note_shows_to_the_team_and_not_to_the_customer(
    agent: Browser, office: Office, taken: str
) -> None:
    agent.post(f"/conversations/{taken}/entries", text="Careful, a lawyer.", kind="note")
    office.work()
    assert "Careful, a lawyer." in agent.get(f"/conversations/{taken}").text
    told = office.row("select count(*) as n from messages where text like 'Careful%'")
    assert told["n"] == 0


def test_an_empty_reply_is_not_sent(agent: Browser, office: Office, taken: str) -> None:
    agent.post(f"/conversations/{taken}/entries", text="  \n ", kind="reply")
    assert "The text is empty" in agent.get(f"/conversations/{taken}").text
    assert office.row("select count(*) as n from changes where kind = 'message'")["n"] == 0


def test_solving_the_ticket_gives_the_conversation_back_to_the_ai(
    agent: Browser, office: Office, taken: str
) -> None:
    agent.post(f"/conversations/{taken}/status", status="solved")
    office.work()
    assert office.conversation(taken)["speaker"] == "ai"
    text = agent.get(f"/conversations/{taken}").text
    assert "AI speaks" in text and "Send to the customer" not in text


def test_a_status_that_does_not_exist_is_refused(
    agent: Browser, office: Office, taken: str
) -> None:
    assert agent.post(f"/conversations/{taken}/status", status="eaten").status_code == 400
    assert office.row("select status from native_tickets")["status"] == "open"


def test_a_ticket_is_given_to_a_colleague_and_to_nobody(
    agent: Browser, office: Office, taken: str
) -> None:
    colleague = office.hire("bo@example.com", "agent", "Bo Diddley")
    agent.post(f"/conversations/{taken}/assignee", assignee=colleague)
    office.work()
    assert re.search(r"selected>Bo Diddley<", agent.get(f"/conversations/{taken}").text)
    agent.post(f"/conversations/{taken}/assignee", assignee="")
    assert office.row("select assignee_id from native_tickets")["assignee_id"] is None


def test_a_ticket_is_not_given_to_a_viewer_or_a_stranger(
    agent: Browser, office: Office, strangers: Office, taken: str
) -> None:
    viewer = office.hire("viewer@example.com", "viewer")
    stranger = strangers.hire("stranger@example.com")
    assert agent.post(f"/conversations/{taken}/assignee", assignee=viewer).status_code == 400
    assert agent.post(f"/conversations/{taken}/assignee", assignee=stranger).status_code == 404


def test_a_ticket_is_not_given_to_who_is_deactivated(
    agent: Browser, office: Office, taken: str
) -> None:
    gone = office.hire("gone@example.com", "agent", "Gone Away")
    with office.house.store.transaction() as tx:
        administration.deactivate_user(tx, office.workspace, gone)
    assert "Gone Away" not in agent.get(f"/conversations/{taken}").text
    answer = agent.post(f"/conversations/{taken}/assignee", assignee=gone)
    assert answer.status_code == 400 and "Gone Away is deactivated" in answer.text
    row = office.row("select u.name from native_tickets n join users u on u.id = n.assignee_id")
    assert row["name"] == "Olive Agent"


def test_who_is_deactivated_keeps_the_tickets_that_they_hold(
    agent: Browser, office: Office, taken: str
) -> None:
    gone = office.hire("gone@example.com", "agent", "Gone Away")
    agent.post(f"/conversations/{taken}/assignee", assignee=gone)
    with office.house.store.transaction() as tx:
        administration.deactivate_user(tx, office.workspace, gone)
    assert "selected>Gone Away (deactivated)<" in agent.get(f"/conversations/{taken}").text
    assert agent.post(f"/conversations/{taken}/assignee", assignee=gone).status_code == 303
    assert office.row("select assignee_id from native_tickets")["assignee_id"] == gone


def test_the_ai_resumes_with_what_the_teammate_tells_it(
    agent: Browser, office: Office, taken: str
) -> None:
    agent.post(f"/conversations/{taken}/resume", words="The refund is approved.")
    office.work()
    assert office.conversation(taken)["speaker"] == "ai"
    news = office.row("select payload from events where type = 'conversation.resumed'")["payload"]
    assert news["brief"]["text"] == "The refund is approved."
    assert office.row("select status from native_tickets")["status"] == "solved"


def test_a_ticket_at_another_desk_is_linked_and_cannot_be_answered_here(
    agent: Browser, office: Office
) -> None:
    escalation = office.escalate("chat-1")
    office.work()
    office.ticket_at(office.connect(), escalation)
    conversation = office.row("select id from conversations")["id"]
    text = agent.get(f"/conversations/{conversation}").text
    assert 'href="https://acme.zendesk.example/agent/tickets/35436"' in text
    assert "are made in Zendesk" in text
    assert "Send to the customer" not in text and "Resume AI" in text
    agent.post(f"/conversations/{conversation}/entries", text="Hello", kind="reply")
    assert "no open Help Desk ticket" in agent.get(f"/conversations/{conversation}").text


def test_the_customers_earlier_tickets_are_shown_over_all_desks(
    agent: Browser, office: Office
) -> None:
    escalation = office.escalate("old")
    office.work()
    office.ticket_at(office.connect(), escalation)
    new = office.chat("new")
    text = agent.get(f"/conversations/{new}").text
    assert "Parcel" in text.split("Earlier tickets")[1]


def test_what_customers_write_is_text_and_nothing_else(agent: Browser, office: Office) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    escalation = office.escalate("chat-1", evil, requester={"name": evil, "email": "e@example.com"})
    office.work()
    conversation = office.row("select id from conversations")["id"]
    for path in ("/", f"/conversations/{conversation}", f"/escalations/{escalation}"):
        text = agent.get(path).text
        assert "<script>alert" not in text and "<img" not in text


def test_a_tickets_address_leads_to_its_conversation(
    agent: Browser, office: Office, taken: str
) -> None:
    url = office.row("select url from tickets")["url"]
    public = office.house.settings.public_url
    assert url.startswith(f"{public}/tickets/")
    assert agent.get(url.removeprefix(public)).location == f"/conversations/{taken}"


def test_a_viewer_reads_everything_and_changes_nothing(
    viewer: Browser, agent: Browser, office: Office, taken: str
) -> None:
    text = viewer.get(f"/conversations/{taken}").text
    assert "Send to the customer" not in text and "Resume AI" not in text
    for deed in ("takeover", "resume", "entries", "status", "assignee"):
        answer = viewer.post(f"/conversations/{taken}/{deed}", text="x", status="solved")
        assert answer.status_code == 403
        assert "Your role does not allow this" in answer.text
    assert office.conversation(taken)["speaker"] == "human"


def test_another_workspaces_conversation_is_not_there(
    agent: Browser, strangers: Office, office: Office
) -> None:
    theirs = strangers.chat("theirs", requester={"name": "Not Yours"})
    assert "Not Yours" not in agent.get("/").text
    for conversation in (theirs, "theirs", fresh_id()):
        assert agent.get(f"/conversations/{conversation}").status_code == 404
        assert agent.post(f"/conversations/{conversation}/takeover").status_code == 404
    assert strangers.conversation(theirs)["speaker"] == "ai"


def test_a_conversation_of_thousands_of_messages_shows_its_end(
    agent: Browser, office: Office
) -> None:
    conversation = office.chat("long", *[f"Message number {n}." for n in range(700)])
    text = agent.get(f"/conversations/{conversation}").text
    assert "Message number 699." in text and "Message number 3." not in text
    assert "200 earlier messages are not shown" in text


def test_one_earlier_message_is_one(agent: Browser, office: Office) -> None:
    conversation = office.chat("chat-1", *(f"Message {n}" for n in range(501)))
    text = agent.get(f"/conversations/{conversation}").text
    assert "1 earlier message is not shown." in text


def test_messages_keep_their_order_whatever_their_clocks_say(
    agent: Browser, office: Office
) -> None:
    conversation = office.chat("chat-1", "Said first", minutes_ago=0)
    office.chat("chat-1", "Said second", minutes_ago=30)
    text = agent.get(f"/conversations/{conversation}").text
    assert text.index("Said first") < text.index("Said second")


def test_a_removed_teammate_leaves_the_page_readable(
    agent: Browser, viewer: Browser, office: Office, taken: str
) -> None:
    user = office.row("select id from users where email = 'agent@example.com'")["id"]
    with office.house.store.transaction() as tx:
        administration.remove_user(tx, office.workspace, user)
    assert viewer.get(f"/conversations/{taken}").status_code == 200


def _row(text: str, customer: str) -> str:
    """The table row of a customer."""
    return next(row for row in text.split("<tr")[1:] if customer in row).split("</tr>")[0]
