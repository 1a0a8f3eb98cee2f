"""How a process comes to each crash point: one scene a line, and none may be missing.

A scene brings about what leads there and says whom it is about, so that it is certain in whose
work a process dies.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests

from connectors import registry
from hub import admin
from hub.pipeline import retrying
from hub.telemetry import CRASHPOINTS
from tests.e2e.desks import Desk, HelpDesk, say
from tests.e2e.town import TRANSCRIPT, conversation_name
from tests.faults.stage import Stage, body_of, signed
from tests.hub.stories.file_house import FileHouse

EVERY_DESK = tuple(registry.names())


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


Deed = Callable[[Chat], str]  # brings it about; whom the line is about


@dataclass(frozen=True)
class Scene:
    """How processes come to a line: what happens before, at which desks, and in which process."""

    deed: Deed
    role: str = "worker"
    desks: Sequence[str] = ("zendesk",)
    before: Callable[[Chat], None] | None = None


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


SCENES: dict[str, Scene] = {
    # First: nobody else is on the way to its desk while it refuses.
    "retry.committed": Scene(let_go_on, desks=["help_scout"], before=refused),
    "intake.received": Scene(posted_to_a_source_of_its_own, "web", before=platform_of_its_own),
    "intake.verified": Scene(posted, "web"),
    "intake.before_commit": Scene(posted, "web"),
    "intake.committed": Scene(posted, "web"),
    "intake.acknowledged": Scene(posted_to_a_source_of_its_own, "web", before=platform_of_its_own),
    "webhook.committed": Scene(answered_there, "web", ["zendesk"], before=ticketed),
    "webhook.verified": Scene(answered_there, "web", ["intercom"], before=ticketed),
    # HubSpot sends it again and again.
    "webhook.before_commit": Scene(answered_there, "web", ["hubspot"], before=ticketed),
    "job.claimed": Scene(escalated),
    "job.before_put_off": Scene(sent_a_file_that_is_not_there_yet, before=ticketed),
    "job.put_off": Scene(sent_a_file_that_is_not_there_yet, before=ticketed),
    "job.done": Scene(escalated),
    "escalate.summarised": Scene(escalated),
    "escalate.looked": Scene(escalated),
    "escalate.before_request": Scene(escalated),
    "escalate.desk_committed": Scene(escalated, desks=EVERY_DESK),
    "escalate.before_commit": Scene(escalated),
    "escalate.linked": Scene(escalated),
    "escalate.noted": Scene(escalated),
    "relay.before_request": Scene(said, before=ticketed),
    "relay.desk_committed": Scene(said, desks=EVERY_DESK, before=ticketed),
    "relay.committed": Scene(said, before=ticketed),
    "files.before_request": Scene(sent_a_file, before=ticketed),
    "files.desk_committed": Scene(sent_a_file, before=ticketed),
    "catch_up.desk_committed": Scene(said_much, before=ticketed),
    "close.desk_committed": Scene(handed_back, before=ticketed),
    "hint.read": Scene(answered_there, desks=["freshdesk"], before=ticketed),
    "poll.fetched": Scene(answered_there, desks=["zoho_desk"], before=ticketed),
    "poll.committed": Scene(answered_there, desks=["salesforce"], before=ticketed),
    "sync.before_commit": Scene(answered, before=ticketed),
    "handover.before_commit": Scene(solved, before=ticketed),
    "deliver.begun": Scene(told),
    "deliver.signed": Scene(told),
    "deliver.answered": Scene(told),
    "replay.before_commit": Scene(sent_again, before=ticketed),
    "climb.before_commit": Scene(promise_broken),
    "clock.before_commit": Scene(lambda chat: "poll", "clock"),
    "token.answered": Scene(token_died, desks=["zoho_desk"]),
    "token.stored": Scene(token_died, desks=["zoho_desk"]),
    "rotation.before_commit": Scene(lambda chat: "", "rotate_keys"),
    "rotation.committed": Scene(lambda chat: "", "rotate_keys"),
    "migration.step": Scene(lambda chat: "", "migrate"),
    "migration.before_commit": Scene(lambda chat: "", "migrate"),
}
# A look happens only after an earlier run: the same escalation dies twice.
DIES_BEFORE = {"escalate.looked": "escalate.before_request"}


def missing() -> set[str]:
    """Lines without a scene, and scenes without a line."""
    return set(SCENES) ^ set(CRASHPOINTS)


def chats(stage: Stage, files: FileHouse) -> dict[tuple[str, str], Chat]:
    """A conversation for each scene at each of its desks."""
    return {
        (line, name): Chat(stage, stage.desks[name], conversation_name(), files=files)
        for line, scene in SCENES.items()
        for name in scene.desks
    }
