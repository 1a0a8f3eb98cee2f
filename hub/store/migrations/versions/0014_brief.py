"""What a language model wrote of a human's stretch, for the moment that hands back."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("alter table escalations add column brief jsonb")
