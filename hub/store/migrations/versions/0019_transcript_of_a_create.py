"""How far the transcript went of a create that may be on its way."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("alter table escalations add column transcript_seq bigint")
