"""Who looks at a conversation, or writes in it: what browsers tell every few seconds."""

from collections.abc import Sequence
from datetime import timedelta

from hub.store import Row, Tx

GOOD_FOR = timedelta(seconds=25)  # after a sign of life: two and a half of them
DOING = ("viewing", "replying")


def here(tx: Tx, workspace_id: str, conversation_id: str, user_id: str, doing: str) -> None:
    """The teammate is in the conversation, `viewing` or `replying`."""
    tx.run(
        "insert into presence (conversation_id, user_id, workspace_id, doing, seen_at)"
        " values (:conversation, :user, :workspace, :doing, :now)"
        " on conflict (conversation_id, user_id) do update set"
        " doing = excluded.doing, seen_at = excluded.seen_at",
        conversation=conversation_id,
        user=user_id,
        workspace=workspace_id,
        doing=doing,
        now=tx.now,
    )


def gone(tx: Tx, workspace_id: str, conversation_id: str, user_id: str) -> None:
    """The teammate has left the conversation."""
    tx.run(
        "delete from presence where workspace_id = :workspace"
        " and conversation_id = :conversation and user_id = :user",
        workspace=workspace_id,
        conversation=conversation_id,
        user=user_id,
    )


def of(tx: Tx, workspace_ids: Sequence[str], conversation_ids: Sequence[str]) -> Sequence[Row]:
    """Who is in these conversations, by name."""
    return tx.all(
        "select p.conversation_id, p.user_id, p.doing, u.name from presence p"
        " join users u on u.id = p.user_id where p.workspace_id = any(:workspaces)"
        " and p.conversation_id = any(:conversations) and p.seen_at > :since"
        " order by p.conversation_id, u.name, p.user_id",
        workspaces=list(workspace_ids),
        conversations=list(conversation_ids),
        since=tx.now - GOOD_FOR,
    )


def sweep(tx: Tx) -> int:
    """Forget who left without a word; how many."""
    return tx.run("delete from presence where seen_at < :old", old=tx.now - GOOD_FOR)
