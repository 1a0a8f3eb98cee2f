"""Conversations that are over, in one language or of one channel, without reading the others."""

from alembic import op

revision = "0020"
down_revision = "0019"

OVER = "speaker = 'ai' and not waiting and state <> 'live'"


def upgrade() -> None:
    for column in ("language", "channel"):
        op.execute(
            f"create index if not exists ix_conversations_ended_{column}"
            f" on conversations (workspace_id, {column}, id) where {OVER}"
        )
