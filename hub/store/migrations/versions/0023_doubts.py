"""Creates whose end nobody knows are found; a NULL that was written as JSON's null is one."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        "create index if not exists ix_escalations_doubts on escalations (created_at)"
        " where state = 'returned' and create_started_at is not null and ticketed_at is null"
    )
    op.execute("update escalations set parked = null where parked = 'null'")
