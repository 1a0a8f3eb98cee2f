"""A source's rate; parked changes are found at once."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute("alter table sources add column rate integer not null default 60000")
    op.execute("create index ix_changes_parked on changes (workspace_id) where state = 'parked'")
