"""After which message the one who speaks began."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute("alter table conversations add column speaker_seq bigint not null default '0'")
    op.execute(
        "update conversations c set speaker_seq = coalesce("
        "(select max(t.transcript_seq) from tickets t where t.conversation_id = c.id), 0)"
    )
