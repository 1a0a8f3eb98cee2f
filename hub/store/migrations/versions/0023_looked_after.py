"""Creates whose end nobody knows are found; webhooks are looked after."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        "create index if not exists ix_escalations_doubts on escalations (created_at)"
        " where state = 'returned' and create_started_at is not null and ticketed_at is null"
    )
    op.execute("alter table connections add column if not exists webhook_looked_at timestamptz")
