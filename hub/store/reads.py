"""How far each teammate has read each conversation."""

from hub.store import Tx


def mark(tx: Tx, workspace_id: str, user_id: str, conversation_id: str, seq: int) -> None:
    """The teammate has seen the conversation's messages up to `seq`; never less than before."""
    tx.run(
        "insert into reads (user_id, conversation_id, workspace_id, seq)"
        " values (:user, :conversation, :workspace, :seq)"
        " on conflict (user_id, conversation_id) do update set seq = excluded.seq"
        " where reads.seq < excluded.seq",
        user=user_id,
        conversation=conversation_id,
        workspace=workspace_id,
        seq=seq,
    )
