"""A source's rate."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("alter table sources add column rate integer not null default 60000")
