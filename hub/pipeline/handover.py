"""Who speaks to the customer: the only place where speaker and epoch change."""

from typing import Any, Literal

from hub import views
from hub.pipeline.publish import publish
from hub.store import Row, Tx, audit, conversations
from hub.telemetry import crashpoint

Speaker = Literal["ai", "human"]
EVENT = {"human": "conversation.paused", "ai": "conversation.resumed"}


def hand_over(
    tx: Tx,
    conversation: Row,
    speaker: Speaker,
    *,
    why: str,
    actor: str = audit.HUB,
    escalation_id: str | None = None,
    brief: dict[str, Any] | None = None,
) -> int:
    """Give the conversation, locked by the caller, to `speaker`; the epoch from now on.

    Every bot answer that was made in an older epoch is refused from this commit on. A conversation
    that the AI has kept while it waited for a person is told of as resumed, in its epoch.
    """
    same = conversation["speaker"] == speaker
    if same and not conversation["waiting"]:
        return int(conversation["epoch"])
    epoch = (
        conversation["epoch"]
        if same
        else conversations.set_speaker(tx, conversation["id"], speaker)
    )
    shown = views.conversation(conversation) | {
        "speaker": speaker,
        "epoch": epoch,
        "waiting": False,
    }
    news: dict[str, Any] = {"conversation": shown, "escalation_id": escalation_id, "reason": why}
    if speaker == "ai":
        news["brief"] = brief or {}
    audit.record(
        tx,
        conversation["workspace_id"],
        EVENT[speaker],
        why,
        actor=actor,
        subject_id=conversation["id"],
        conversation_id=conversation["id"],
        escalation_id=escalation_id,
    )
    publish(
        tx,
        conversation["workspace_id"],
        EVENT[speaker],
        news,
        conversation_id=conversation["id"],
        escalation_id=escalation_id,
    )
    crashpoint("handover.before_commit", conversation["id"])
    return int(epoch)
