"""What brings a process to a line: what customers, agents, platforms and teammates do."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests

from hub import admin
from hub.pipeline import retrying
from tests.e2e.desks import Desk, HelpDesk, say
from tests.e2e.town import TRANSCRIPT
from tests.faults.stage import Stage, body_of, signed
from tests.hub.stories.file_house import FileHouse


@dataclass
class Chat:
    """A conversation that goes to a desk."""

    stage: Stage
    desk: Desk
    conversation: str
    escalation_id: str = ""
    files: FileHouse | None = None

    def escalate(self) -> None:
        """The bot gives up."""
        self.escalation_id = self.desk.escalate(self.conversation)

    @property
    def id(self) -> str:
        """The conversation's own id."""
        return self._value("select id from conversations where external_id = :c")

    @property
    def ticket_id(self) -> str:
        """The ticket's own id."""
        return self._value("select id from tickets where escalation_id = :e")

    @property
    def ticket(self) -> str:
        """The ticket's number at its desk."""
        return self._value("select external_id from tickets where escalation_id = :e")

    @property
    def connection_id(self) -> str:
        """Its desk's connection."""
        return self._value("select id from connections where desk = :d")

    def _value(self, sql: str) -> str:
        row = self.stage.row(sql, c=self.conversation, e=self.escalation_id, d=self.desk.name)
        assert row is not None, sql
        return str(next(iter(row.values())))


def escalated(chat: Chat) -> str:
    chat.escalate()
    return chat.escalation_id


def told(chat: Chat) -> str:
    """News of the conversation is on its way to the subscriber."""
    chat.escalate()
    return chat.id


def promise_broken(chat: Chat) -> str:
    """The desk's time is over before a worker came."""
    stage = chat.stage
    with stage.house.store.transaction() as tx:
        admin.add_route(tx, stage.workspace, ["zendesk", "hubspot"], "priority = urgent")
    chat.escalation_id = stage.say(
        "conversation.escalated", conversationId=chat.conversation, transcript=TRANSCRIPT,
        priority="urgent",
    ).json()["accepted"][0]["escalation_id"]  # fmt: skip
    with stage.house.store.transaction() as tx:
        tx.run("update escalations set promised_at = now() where id = :id", id=chat.escalation_id)
    return chat.escalation_id


def token_died(chat: Chat) -> str:
    chat.escalate()
    assert not isinstance(chat.desk, HelpDesk)
    chat.desk.fault("expired_token")
    return chat.connection_id


def said(chat: Chat) -> str:
    """The customer adds something."""
    say(chat.desk, chat.conversation, "Hallo?")
    return chat.ticket_id


def said_much(chat: Chat) -> str:
    """The customer adds something that the note has to tell."""
    text = "Die Bestellung 4711 ging an die falsche Adresse in Hamburg, bitte stornieren."
    say(chat.desk, chat.conversation, text)
    return chat.ticket_id


def sent_a_file(chat: Chat) -> str:
    assert chat.files is not None
    return _attach(chat, chat.files.put(f"{chat.conversation}.png"))


def sent_a_file_that_is_not_there_yet(chat: Chat) -> str:
    assert chat.files is not None
    return _attach(chat, chat.files.put(f"{chat.conversation}.png", status=503))


def _attach(chat: Chat, url: str) -> str:
    message = {"role": "user", "content": "So sieht es aus.", "attachments": [{"url": url}]}
    chat.stage.say("conversation.replied", conversationId=chat.conversation, message=message)
    return chat.ticket_id


def handed_back(chat: Chat) -> str:
    """A teammate gives the conversation back to the AI: the ticket is to be solved."""
    chat.stage.api("POST", f"/conversations/{chat.conversation}/resume")
    return chat.ticket_id


def answered(chat: Chat) -> str:
    """An agent writes: whose ticket."""
    chat.desk.reply(chat.conversation, chat.ticket, "Ich sehe nach.")
    return chat.ticket_id


def answered_there(chat: Chat) -> str:
    """An agent writes: at whose desk."""
    answered(chat)
    return chat.connection_id


def solved(chat: Chat) -> str:
    """An agent solves the ticket: the AI gets its word."""
    chat.desk.solve(chat.conversation, chat.ticket)
    return chat.id


def sent_again(chat: Chat) -> str:
    """All news of the last hour is to be sent once more."""
    since = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    (subscriber,) = chat.stage.api("GET", "/subscribers")["data"]
    path = f"/subscribers/{subscriber['id']}/replays"
    return str(chat.stage.api("POST", path, which="all", since=since)["id"])


def ticketed(chat: Chat) -> None:
    """The conversation is to have a ticket before."""
    chat.escalate()


def platform_of_its_own(chat: Chat) -> None:
    chat.stage.add_source(chat.conversation)


def refused(chat: Chat) -> None:
    """The desk does not take the ticket: it is parked."""
    stage = chat.stage
    assert not isinstance(chat.desk, HelpDesk)
    chat.desk.fault("refuse", status=422, call="create_ticket")
    chat.escalate()
    stage.finish()
    requests.delete(f"{stage.sandbox}/_faults", timeout=10).raise_for_status()


def let_go_on(chat: Chat) -> str:
    """A person lets it go on."""
    stage = chat.stage
    with stage.house.store.transaction() as tx:
        parked = tx.value("select state from escalations where id = :e", e=chat.escalation_id)
        assert parked == "parked"
        return retrying.begin(tx, stage.workspace, [chat.escalation_id], actor="tests")


def posted(chat: Chat) -> str:
    """The platform posts, and hears nothing."""
    _post(chat, chat.stage.source)
    return chat.conversation


def posted_to_a_source_of_its_own(chat: Chat) -> str:
    source = chat.stage.sources[chat.conversation]
    _post(chat, source)
    return source["id"]


def _post(chat: Chat, source: dict[str, str]) -> None:
    data = {"conversationId": chat.conversation, "transcript": TRANSCRIPT, "target": chat.desk.name}
    body = body_of("conversation.escalated", data)
    chat.stage.owed.append((source, body, data))
    with suppress(requests.ConnectionError):
        signed(source, body)
