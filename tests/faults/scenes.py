"""How a process comes to each crash point: one scene a line, and none may be missing.

A scene brings about what leads there and says whom it is about, so that it is certain in whose
work a process dies.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connectors import registry
from hub.telemetry import CRASHPOINTS
from tests.e2e.town import conversation_name
from tests.faults.deeds import (
    Chat,
    answered,
    answered_there,
    escalated,
    handed_back,
    let_go_on,
    platform_of_its_own,
    posted,
    posted_to_a_source_of_its_own,
    promise_broken,
    refused,
    said,
    said_much,
    sent_a_file,
    sent_a_file_that_is_not_there_yet,
    sent_again,
    solved,
    ticketed,
    token_died,
    told,
)
from tests.faults.stage import Stage
from tests.hub.stories.file_house import FileHouse

EVERY_DESK = tuple(registry.names())


Deed = Callable[[Chat], str]  # brings it about; whom the line is about


@dataclass(frozen=True)
class Scene:
    """How processes come to a line: what happens before, at which desks, and in which process."""

    deed: Deed
    role: str = "worker"
    desks: Sequence[str] = ("zendesk",)
    before: Callable[[Chat], None] | None = None


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
