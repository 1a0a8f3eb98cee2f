"""Escalations that a backup brought back: their desks may know more than the database."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("alter table escalations add column restored_at timestamptz")
